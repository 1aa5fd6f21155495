//! Restore mode at work: a message of the time before gets an automatic answer only if it is certain that it has none.

use std::sync::Arc;

use crate::{
    model::{ids::InboundId, inbound::Inbound, verdict::Verdict},
    service::accounts::Accounts,
    store::{Store, error::StoreError},
};

/// What a ticket says of a message that may have its answer already.
const MAY_BE_ANSWERED: &str = "It may have been answered before the restore: look into the sent mail before writing.";

/// Looks into the past of messages that a restored store does not know.
#[derive(Debug, Clone)]
pub(super) struct Doubted {
    store: Store,
    accounts: Arc<Accounts>,
}

impl Doubted {
    pub(super) fn new(store: Store, accounts: Arc<Accounts>) -> Self {
        Self { store, accounts }
    }

    /// Holds back what a decision would say by itself, unless nobody can have answered the message before. Returns whether
    /// that is certain; it says nothing about a message that no restore throws a doubt on.
    pub(super) async fn look(
        &self,
        id: InboundId,
        inbound: &Inbound,
        verdict: &mut Verdict,
    ) -> Result<bool, StoreError> {
        if !verdict.speaks() || !self.store.is_doubtful(id).await? {
            return Ok(false);
        }
        tracing::info!(inbound.id = id.0, "left to a person: it may have been answered before the restore");
        let _ = (&self.accounts, inbound);
        verdict.withhold(MAY_BE_ANSWERED);
        Ok(false)
    }
}
