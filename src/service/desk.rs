//! Where deciding for each account stands: what was begun, and which messages are decided while their neighbors go on.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::{
    model::ids::{AccountName, InboundId},
    service::burst::Gathering,
    store::error::StoreError,
};

/// So long a burst is waited for at least, lest a clock that stands still keeps the processor busy.
const SHORTEST: Duration = Duration::from_millis(5);

/// Where deciding for one account stands.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// Messages whose try was counted in the life of this process and that are not decided yet.
    pub begun: BTreeSet<InboundId>,
    /// Messages that are decided while their neighbors go on.
    pub slow: Slow,
    /// Messages that wait for more of the same buyer.
    pub gathering: Gathering,
}

/// Messages of an account that are being decided while their neighbors go on.
#[derive(Debug, Default)]
pub(super) struct Slow {
    /// Which.
    pub ids: Vec<InboundId>,
    /// How each ends.
    pub tasks: JoinSet<(Vec<InboundId>, Result<(), StoreError>)>,
}

impl Slow {
    /// Waits until one of them is decided; without any, for ever.
    pub(super) async fn one_ended(&mut self) {
        match self.tasks.join_next().await {
            None => std::future::pending().await,
            Some(Ok((ids, done))) => {
                self.ids.retain(|slow| !ids.contains(slow));
                if let Err(error) = done {
                    let last = ids.last().map(|id| id.0);
                    tracing::error!(inbound.id = last, "a slow message could not be decided yet: {error}");
                }
            }
            // Only a stop of the program ends such a task from outside; none is left to be known by its number then.
            Some(Err(_)) => self.ids.clear(),
        }
    }
}

/// Waits until one of the slow messages of all accounts is decided; without any, for ever.
pub(super) async fn one_slow_ended(desks: &mut BTreeMap<AccountName, Desk>) {
    let mut ends: FuturesUnordered<_> = desks.values_mut().map(|desk| desk.slow.one_ended()).collect();
    if ends.next().await.is_none() {
        std::future::pending::<()>().await;
    }
}

/// Returns how long it takes until the first burst of all accounts is complete; none if nothing is gathered.
pub(super) fn until_complete(desks: &BTreeMap<AccountName, Desk>, now: Timestamp) -> Option<Duration> {
    let next = desks.values().filter_map(|desk| desk.gathering.next()).min()?;
    Some(Duration::try_from(next.duration_since(now)).unwrap_or_default().max(SHORTEST))
}
