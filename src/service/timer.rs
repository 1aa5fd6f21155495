//! The timer: what happens because time passes and nobody writes. Buyers who wait too long ring an
//! alarm, tickets that were put off come back.
//!
//! It keeps nothing in memory: what is due stands in the store, each step is one transaction that looks again, so that a
//! process that is killed, or several that look at once, do everything once.

use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::{failpoint, service::changes::Changes, store::Store};

/// How often it looks: what it does is a matter of hours, and half a minute late is on time.
const PERIOD: Duration = Duration::from_secs(30);

/// The timer's task.
#[derive(Debug)]
pub(super) struct Timer {
    pub store: Store,
    /// Open pages learn at once what the timer did.
    pub changes: Changes,
}

impl Timer {
    /// Looks every half minute until told to stop. A look that is broken off goes on with the next one.
    pub(super) async fn run_until(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.once(Timestamp::now()) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(PERIOD) => {}
            }
        }
    }

    async fn once(&self, now: Timestamp) {
        failpoint::reach("timer.look.before");
        match self.store.ring_alarms(now).await {
            Ok(0) => {}
            Ok(rung) => {
                tracing::warn!(alarms = rung, "buyers have waited for a day or longer; their tickets say so");
                self.changes.happened();
            }
            Err(error) => tracing::error!("the store refuses, alarms are put off: {error}"),
        }
        match self.store.wake_snoozed(now).await {
            Ok(0) => {}
            Ok(woken) => {
                tracing::info!(tickets = woken, "tickets that were put off are in the queue again");
                self.changes.happened();
            }
            Err(error) => tracing::error!("the store refuses, tickets stay put off: {error}"),
        }
    }
}
