//! The sweep: at the start and every few minutes it finds what does not end, and gives it an end.
//!
//! In a healthy run it finds nothing but questions that nobody answered. What it finds is logged and counted, so that the
//! reason can be found as well.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{
    failpoint,
    service::{Settings, Wake, accounts::Accounts, restore},
    store::{
        Store,
        sweep::{Bounds, Swept},
    },
};

/// How often: a person who waits for a lost message waits hours anyway, and a sweep costs a handful of queries.
const PERIOD: Duration = Duration::from_mins(5);

/// The same while restore mode is on, so that it ends soon after the last mailbox was looked through.
const RESTORE_PERIOD: Duration = Duration::from_secs(10);

/// A message is decided within seconds of its turn; this long means that its turn never comes.
const UNDECIDED: SignedDuration = SignedDuration::from_mins(30);

/// The longest a send can take: every step of the dialog has a limit, the wait for the last reply ten minutes.
const SENDING: SignedDuration = SignedDuration::from_hours(1);

/// How much longer than the schedule of retries a message may lie before it is given up from here.
const UNSENT_MARGIN: SignedDuration = SignedDuration::from_hours(2);

/// A question is answered the same day or forgotten.
const UNANSWERED: SignedDuration = SignedDuration::from_hours(24);

/// What the sweeps of this run found, for the status page. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Found(Arc<Mutex<Report>>);

/// How the sweep is doing.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Report {
    /// When the last sweep ended.
    pub last: Option<Timestamp>,
    /// What all sweeps of this run found.
    pub found: Swept,
}

impl Found {
    /// Returns what was found so far.
    pub(super) fn report(&self) -> Report {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, swept: &Swept, now: Timestamp) {
        let mut report = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        report.found.add(swept);
        report.last = Some(now);
    }
}

/// The sweeping task.
#[derive(Debug)]
pub(super) struct Sweep {
    pub store: Store,
    pub accounts: Arc<Accounts>,
    pub settings: Settings,
    pub wake: Wake,
    pub found: Found,
}

impl Sweep {
    /// Sweeps until told to stop.
    pub(super) async fn run_until(self, stop: CancellationToken) {
        let bounds = Bounds {
            undecided: UNDECIDED,
            sending: SENDING,
            unsent: self.settings.retry.give_up_after + UNSENT_MARGIN,
            unanswered: UNANSWERED,
            verify_for: self.settings.verify.verify_for,
        };
        loop {
            // A sweep that is broken off goes on with the next one.
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.once(&bounds) => {}
            }
            let period = if self.is_restored().await { RESTORE_PERIOD } else { PERIOD };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(period) => {}
            }
        }
    }

    /// Returns whether restore mode is on; a store that does not say is asked again at the usual time.
    async fn is_restored(&self) -> bool {
        self.store.restore().await.is_ok_and(|restore| restore.is_some())
    }

    async fn once(&self, bounds: &Bounds) {
        failpoint::reach("sweep.look.before");
        let now = Timestamp::now();
        match self.store.sweep(bounds, now).await {
            Ok(swept) => {
                self.found.add(&swept, now);
                if swept.total() > 0 {
                    tell(&swept);
                    self.wake.outbox.notify_one();
                }
            }
            Err(error) => tracing::error!("the store refuses, the sweep is put off: {error}"),
        }
        if let Err(error) = restore::end_if_worked_through(&self.store, &self.accounts, now).await {
            tracing::error!("the store refuses, restore mode goes on: {error}");
        }
    }
}

fn tell(swept: &Swept) {
    tracing::warn!(
        sweep.undecided = swept.undecided,
        sweep.broken_off = swept.broken_off,
        sweep.unsent = swept.unsent,
        sweep.unanswered = swept.unanswered,
        sweep.without_ticket = swept.without_ticket,
        sweep.unanswered_questions = swept.unanswered_questions,
        "the sweep found what did not end by itself; people were asked or it goes on"
    );
}
