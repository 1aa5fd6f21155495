//! Keeps the rules in force at the state of the files.
//!
//! Files are read and an engine is built on a thread of its own, away from the messages; only the finished engine is put
//! in force, in one step. What cannot be used changes nothing, and is said in the log and on the status pages.

use std::{sync::Arc, time::Instant};

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    library::{
        live::{Change, Live, Reading},
        watch::Watch,
    },
    model::reload::{Cause, Reload},
    store::Store,
};

/// Readings thrown away because files changed meanwhile, before one is taken all the same: something then writes without
/// end, and what it leaves behind is judged like any other edit.
const MAX_TORN: u32 = 5;

/// Follows the files until told to stop; `asked` makes it read them at once, changed or not.
pub(super) async fn follow(live: Arc<Live>, store: Store, asked: Arc<Notify>, stop: CancellationToken) {
    note(&store, &live, Cause::Start, None).await;
    let mut watch = Watch::new(live.first());
    if !watch.is_notified() {
        tracing::warn!("this system does not report changed files; edits of rules and replies take a few seconds");
    }
    loop {
        let cause = tokio::select! {
            () = stop.cancelled() => return,
            () = watch.changed() => Cause::Files,
            () = asked.notified() => Cause::Signal,
        };
        let started = Instant::now();
        crate::failpoint::reach("reload.read.before");
        let Some(mut reading) = untorn(&live, &mut watch).await else { continue };
        let roots = reading.roots.take();
        crate::failpoint::reach("reload.read.after");
        let change = live.take(reading, Timestamp::now());
        if let Some(roots) = roots {
            watch.follow(roots);
        }
        crate::failpoint::reach("reload.take.after");
        log(&live, &change, started);
        note(&store, &live, cause, Some(&change)).await;
    }
}

/// Keeps what became of a reading for people who ask later; the rules in force do not wait for that to work.
async fn note(store: &Store, live: &Live, cause: Cause, change: Option<&Change>) {
    let standing = live.standing();
    let refused = change.and_then(|change| change.taken.as_ref().err());
    let reload = Reload {
        at: Timestamp::now(),
        cause,
        rule_set: standing.rule_set,
        rules: u32::try_from(standing.rules).unwrap_or(u32::MAX),
        errors: refused.map_or(0, |refused| u32::try_from(refused.errors).unwrap_or(u32::MAX)),
        first: refused.map(|refused| refused.first.clone()),
        restart: standing.restart_to_apply,
    };
    if let Err(error) = store.note_reload(&reload).await {
        tracing::warn!("the history of the rules misses this reading: {error}");
    }
}

/// Reads the files while they are left alone; none if the reading came to grief.
async fn untorn(live: &Arc<Live>, watch: &mut Watch) -> Option<Reading> {
    for tries in 1.. {
        let reader = Arc::clone(live);
        let read = tokio::task::spawn_blocking(move || reader.read()).await;
        let torn = watch.look().await;
        match read {
            Ok(reading) if !torn || tries >= MAX_TORN => return Some(reading),
            Ok(_) => {}
            Err(_) => {
                tracing::error!("the rules could not be read: the reader failed; the last good rules stay in force");
                return None;
            }
        }
    }
    None
}

fn log(live: &Live, change: &Change, started: Instant) {
    let standing = live.standing();
    match &change.taken {
        Ok(()) => tracing::info!(
            rules = standing.rules,
            rule_set = standing.rule_set,
            duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "{}",
            if change.was_stale { "the files are mended, new rules are in force" } else { "new rules are in force" }
        ),
        Err(refused) => tracing::error!(
            errors = refused.errors,
            rule_set = standing.rule_set,
            "the edited files cannot be used, the last good rules stay in force; `nightdesk check` shows all: {}",
            refused.first
        ),
    }
    if !change.restart.is_empty() {
        tracing::warn!(
            "the configuration changed where it is read at the start: {}; restart to apply",
            change.restart.join(", ")
        );
    }
}
