//! Where deciding for each account stands: what was begun, and which messages are decided while their neighbors go on.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::task::JoinSet;

use crate::{
    model::ids::{AccountName, InboundId},
    store::error::StoreError,
};

/// Where deciding for one account stands.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// Messages whose try was counted in the life of this process and that are not decided yet.
    pub begun: BTreeSet<InboundId>,
    /// Messages that are decided while their neighbors go on.
    pub slow: Slow,
}

/// Messages of an account that are being decided while their neighbors go on.
#[derive(Debug, Default)]
pub(super) struct Slow {
    /// Which.
    pub ids: Vec<InboundId>,
    /// How each ends.
    pub tasks: JoinSet<(InboundId, Result<(), StoreError>)>,
}

impl Slow {
    /// Waits until one of them is decided; without any, for ever.
    pub(super) async fn one_ended(&mut self) {
        match self.tasks.join_next().await {
            None => std::future::pending().await,
            Some(Ok((id, done))) => {
                self.ids.retain(|slow| *slow != id);
                if let Err(error) = done {
                    tracing::error!(inbound.id = id.0, "a slow message could not be decided yet: {error}");
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
