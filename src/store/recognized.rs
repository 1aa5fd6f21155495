//! Which intents a decision recognized: written beside it, so that reports count without reading decisions.

use crate::{
    model::{
        commit::Commit,
        figures::Said,
        ids::IntentId,
        outbound::OutboundKind,
        verdict::{Outcome, Verdict},
    },
    store::{database::Tx, error::StoreError},
};

/// Notes the intents of a decision, the most important first; of what is kept quiet none.
pub(super) async fn note(tx: &mut Tx, commit: &Commit) -> Result<(), StoreError> {
    if matches!(commit.verdict.outcome, Outcome::Suppressed { .. }) {
        return Ok(());
    }
    for (place, intent) in (0_i64..).zip(commit.verdict.intents()) {
        tx.execute(
            "INSERT INTO recognized (inbound, place, intent, said, account, received_at)
             SELECT i.id, $2, $3, $4, i.account, i.received_at FROM inbound i WHERE i.id = $1",
            &[
                commit.inbound.0.into(),
                place.into(),
                intent.as_str().into(),
                said(&commit.verdict, &intent).as_str().into(),
            ],
        )
        .await?;
    }
    Ok(())
}

/// Returns what is said to that intent at once; an answer counts before what else there may be.
fn said(verdict: &Verdict, intent: &IntentId) -> Said {
    let messages = verdict.messages.iter().filter(|message| message.intents.contains(intent));
    let kinds = messages.map(|message| match message.kind {
        OutboundKind::Ack => Said::Ack,
        OutboundKind::Ask => Said::Ask,
        OutboundKind::Draft => Said::Draft,
        OutboundKind::Answer => Said::Answer,
    });
    kinds.max().unwrap_or(Said::Nothing)
}
