//! Keeps what the store knows of orders at the state of the folder of exports.
//!
//! The folder is looked at every two seconds: it holds a few files, and notifications do not arrive from network drives.
//! A file is read once it has been left alone for one look, and thrown away again if it changed meanwhile: what counts is
//! always a whole file. A file that cannot be used changes nothing; what was known of it counts until it is too old.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    library::exports::{self, Found, Opened},
    model::order::OrderLine,
    orders::{
        settings::Settings,
        table::{Refused, Summary},
    },
    store::{
        Store,
        error::StoreError,
        orders::{BATCH, OrderFileSeen, OrderOutcome, OrderReading, stale},
    },
};

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// Batches that may wait for the store: reading is faster than writing, and memory is bounded by this.
const BATCHES: usize = 2;
/// How often rows that no longer count are deleted.
const TIDY: Duration = Duration::from_mins(10);

/// By which columns a file was read that could not be read at all: by none, so it is never taken for one that was looked
/// at already.
const AGAIN: &str = "";

/// How the folder of exports stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Why the folder cannot be looked at, if so.
    pub trouble: Option<String>,
    /// The files that count and those that could not be used.
    pub files: Vec<OrderFileSeen>,
    /// Names of files that are too old to be spoken of, and that no newer one replaced.
    pub stale: Vec<String>,
}

/// The folder of exports of a running service. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Orders {
    store: Store,
    settings: Settings,
    trouble: Arc<Mutex<Option<String>>>,
    /// The names of the files at the last look.
    there: Arc<Mutex<BTreeSet<String>>>,
}

/// A file as it was at the last look, by name.
type Looks = BTreeMap<String, (Timestamp, u64)>;

impl Orders {
    pub(super) fn new(store: Store, settings: Settings) -> Self {
        Self { store, settings, trouble: Arc::default(), there: Arc::default() }
    }

    /// Follows the folder until told to stop.
    pub(super) async fn run_until(self, stop: CancellationToken) {
        let (mut looks, mut stale, mut tidied) = (Looks::new(), Vec::new(), None::<Instant>);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                done = self.look(&mut looks, &mut stale) => if let Err(error) = done {
                    tracing::error!("the store refuses, orders are read later: {error}");
                }
            }
            if tidied.is_none_or(|tidied| tidied.elapsed() >= TIDY) {
                tokio::select! {
                    () = stop.cancelled() => return,
                    done = self.store.tidy_orders(Timestamp::now()) => if let Err(error) = done {
                        tracing::error!("the store refuses, old orders are deleted later: {error}");
                    }
                }
                tidied = Some(Instant::now());
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Returns how the folder stands.
    pub(super) async fn standing(&self) -> Result<Standing, StoreError> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut files = self.store.order_files().await?;
        // A file that could not be used and was taken away is nobody's concern any more.
        let there = self.there.lock().unwrap_or_else(PoisonError::into_inner).clone();
        files.retain(|file| !file.refused || there.contains(&file.name));
        Ok(Standing { trouble, stale: self.stale(&files), files })
    }

    fn stale(&self, files: &[OrderFileSeen]) -> Vec<String> {
        let stale = stale(files, self.settings.stale_after, Timestamp::now());
        stale.into_iter().map(|file| file.name.clone()).collect()
    }

    /// Looks at the folder and reads what is new and was left alone since the last look.
    async fn look(&self, looks: &mut Looks, stale_before: &mut Vec<String>) -> Result<(), StoreError> {
        let settings = self.settings.clone();
        let listed = tokio::task::spawn_blocking(move || exports::list(&settings, Timestamp::now())).await;
        let listed = match listed {
            Ok(listed) => listed.map_err(|error| error.to_string()),
            Err(panic) => Err(panic.to_string()),
        };
        let found = match listed {
            Ok(found) => found,
            Err(why) => {
                self.in_trouble(Some(format!("cannot read the folder {}: {why}", self.settings.folder.display())));
                return Ok(());
            }
        };
        self.in_trouble(None);
        *self.there.lock().unwrap_or_else(PoisonError::into_inner) =
            found.iter().map(|found| found.file.name.clone()).collect();
        let known = self.store.order_files().await?;
        for found in &found {
            let stamp = (found.file.as_of, found.file.size);
            let quiet = looks.insert(found.file.name.clone(), stamp) == Some(stamp);
            if quiet && !known.iter().any(|seen| is_known(seen, found)) {
                self.read(found, &known).await?;
            }
        }
        looks.retain(|name, _| found.iter().any(|found| found.file.name == *name));
        let now_stale = self.stale(&self.store.order_files().await?);
        for name in now_stale.iter().filter(|name| !stale_before.contains(name)) {
            let hours = self.settings.stale_after.as_hours();
            tracing::warn!(
                orders.file = name.as_str(),
                "{name} was not renewed for {hours} hours: buyers are not told of its orders until it is"
            );
        }
        *stale_before = now_stale;
        Ok(())
    }

    /// Remembers whether the folder can be looked at, and says it when that changes.
    fn in_trouble(&self, trouble: Option<String>) {
        let mut known = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = trouble.as_ref().filter(|_| *known != trouble) {
            tracing::error!("{why}; buyers are told of orders as long as what was read is not too old");
        }
        *known = trouble;
    }

    /// Reads one file and puts it in force, or notes why it cannot be used. What is `known` already is not said again.
    async fn read(&self, found: &Found, known: &[OrderFileSeen]) -> Result<(), StoreError> {
        let (looked, now) = (found.clone(), Timestamp::now());
        let opened = tokio::task::spawn_blocking(move || exports::open(looked)).await;
        let opened = match opened {
            Ok(opened) => opened,
            Err(panic) => Err(Refused::Unreadable(panic.to_string())),
        };
        let done = match opened {
            Ok(opened) => self.import(opened, now).await?,
            Err(refused) => Err(refused),
        };
        let Err(refused) = done else { return Ok(()) };
        let (name, why) = (&found.file.name, format!("{refused}; {}", refused.help()));
        // A file that is open elsewhere may be closed the next moment: it is tried again at every look.
        let how = if matches!(refused, Refused::Unreadable(_)) { AGAIN } else { &found.how };
        let said = known.iter().find(|seen| seen.refused && seen.name == *name && seen.note == why);
        if said.is_none() {
            tracing::warn!(orders.file = name.as_str(), "{name} is not used: {why}");
        }
        let as_noted = (how, found.file.as_of, found.file.size);
        if said.is_none_or(|seen| (seen.how.as_str(), seen.as_of, seen.size) != as_noted) {
            self.store.refuse_orders(&found.file, how, &why, now).await?;
        }
        Ok(())
    }

    /// Reads a file on a thread of its own, a batch at a time.
    async fn import(&self, opened: Opened, now: Timestamp) -> Result<Result<(), Refused>, StoreError> {
        let started = Instant::now();
        let found = opened.found.clone();
        let reading = self.store.begin_orders(&found.file, &found.how, now).await?;
        let done = self.fill(&reading, opened).await;
        if let Ok(Ok(Some(summary))) = &done {
            log(&found, summary, started.elapsed());
        } else {
            // The store may be at fault, and then the next tidying finds it; what went wrong first is told.
            let dropped = self.store.drop_orders(&reading).await;
            done.as_ref().map_or(Ok(()), |_| dropped)?;
        }
        done.map(|done| done.map(drop))
    }

    /// Puts what a file says in force; gives nothing where the file changed while it was read, so that it is read again
    /// at the next look.
    async fn fill(
        &self,
        reading: &OrderReading,
        opened: Opened,
    ) -> Result<Result<Option<Summary>, Refused>, StoreError> {
        let (batches, mut read) = mpsc::channel::<Vec<OrderLine>>(BATCHES);
        let reader = tokio::task::spawn_blocking(move || {
            let summary = opened.read(BATCH, |lines| batches.blocking_send(lines).is_ok());
            (summary, opened.is_unchanged(Timestamp::now()))
        });
        while let Some(lines) = read.recv().await {
            if let Err(error) = self.store.add_orders(reading, &lines).await {
                drop(read);
                drop(reader.await);
                return Err(error);
            }
        }
        let (summary, unchanged) =
            reader.await.unwrap_or_else(|panic| (Err(Refused::Unreadable(panic.to_string())), true));
        match summary {
            Ok(summary) if unchanged => {
                self.store.put_orders(reading, &outcome(&summary)).await?;
                Ok(Ok(Some(summary)))
            }
            Err(refused) if unchanged => Ok(Err(refused)),
            Ok(_) | Err(_) => Ok(Ok(None)),
        }
    }
}

/// Returns whether a file need not be read: it was, or something newer of the same name was. Copies of a folder that two
/// machines see at different times would be read in turn for ever otherwise.
fn is_known(seen: &OrderFileSeen, found: &Found) -> bool {
    let newer = !seen.refused && seen.name == found.file.name && seen.how == found.how && seen.as_of > found.file.as_of;
    newer
        || (seen.name.as_str(), seen.as_of, seen.size, seen.how.as_str())
            == (found.file.name.as_str(), found.file.as_of, found.file.size, found.how.as_str())
}

fn outcome(summary: &Summary) -> OrderOutcome {
    OrderOutcome {
        lines: summary.lines,
        without_email: summary.without_email,
        wrong: summary.wrong,
        note: summary.problems.first().map(ToString::to_string).unwrap_or_default(),
    }
}

fn log(found: &Found, summary: &Summary, took: Duration) {
    tracing::info!(
        orders.file = found.file.name.as_str(),
        orders.lines = summary.lines,
        orders.without_email = summary.without_email,
        orders.wrong = summary.wrong,
        duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "a file of orders was read"
    );
    for problem in &summary.problems {
        tracing::warn!(
            orders.file = found.file.name.as_str(),
            "{}: {problem}; {}",
            found.file.name,
            problem.kind.help()
        );
    }
}
