//! What people do with the machine's drafts, counted for each rule.

use jiff::Timestamp;

use crate::{
    model::{
        agent_command::DraftOutcome,
        ids::{AccountName, AgentName, IntentId, OutboxId},
    },
    store::{Store, database::Tx, error::StoreError, queue::named},
};

/// Why a draft ended whose words a person sent as they stood.
pub(super) const SENT: &str = "sent by a person";

/// Why a draft ended whose words a person changed and sent.
pub(super) const EDITED: &str = "a person edited it";

/// Why drafts ended that stand below as what a person sent.
pub const IN_A_REPLY: [&str; 2] = [SENT, EDITED];

/// What became of the drafts of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftCounts {
    /// The rule.
    pub rule: IntentId,
    /// Sent as they stood.
    pub sent: u32,
    /// Sent with other words.
    pub edited: u32,
    /// Thrown away as wrong.
    pub rejected: u32,
    /// Passed over.
    pub unused: u32,
}

impl Store {
    /// Returns what became of the drafts of every rule since that moment, sorted by the name of the rule: of these accounts,
    /// or of all. A draft of several rules counts for each of them.
    pub async fn draft_counts(
        &self,
        accounts: Option<&[AccountName]>,
        since: Timestamp,
    ) -> Result<Vec<DraftCounts>, StoreError> {
        let accounts = named(accounts);
        let rows = self
            .db
            .ask(
                "counting drafts",
                "SELECT d.intent, d.outcome, COUNT(*) AS drafts FROM draft_outcome d
                 WHERE d.at >= $1
                   AND ($2 IS NULL OR EXISTS (
                     SELECT o.id FROM outbox o
                     WHERE o.id = d.outbox AND REPLACE($2, '\n' || o.account || '\n', '') <> $2))
                 GROUP BY d.intent, d.outcome ORDER BY d.intent, d.outcome",
                &[since.into(), accounts.as_deref().into()],
            )
            .await?;
        let mut counts: Vec<DraftCounts> = Vec::new();
        for row in rows {
            let rule = IntentId::new(row.get::<String>("intent")?);
            if counts.last().is_none_or(|last| last.rule != rule) {
                counts.push(DraftCounts { rule, sent: 0, edited: 0, rejected: 0, unused: 0 });
            }
            let Some(last) = counts.last_mut() else { continue };
            let drafts = row.count("drafts")?;
            match row.word("outcome", DraftOutcome::from_word)? {
                DraftOutcome::Sent => last.sent = drafts,
                DraftOutcome::Edited => last.edited = drafts,
                DraftOutcome::Rejected => last.rejected = drafts,
                DraftOutcome::Unused => last.unused = drafts,
            }
        }
        Ok(counts)
    }
}

/// Notes what a person did with a draft.
pub(super) async fn count(
    tx: &mut Tx,
    draft: OutboxId,
    outcome: DraftOutcome,
    by: &AgentName,
    now: Timestamp,
) -> Result<(), StoreError> {
    for rule in rules_of(tx, draft).await? {
        tx.execute(
            "INSERT INTO draft_outcome (outbox, intent, outcome, actor, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (outbox, intent) DO NOTHING",
            &[draft.0.into(), rule.as_str().into(), outcome.as_str().into(), by.as_str().into(), now.into()],
        )
        .await?;
    }
    Ok(())
}

/// Returns the rules that a draft speaks for.
pub(super) async fn rules_of(tx: &mut Tx, draft: OutboxId) -> Result<Vec<IntentId>, StoreError> {
    let row = tx.first("SELECT intents FROM outbox WHERE id = $1", &[draft.0.into()]).await?;
    row.map_or_else(|| Ok(Vec::new()), |row| row.json("intents"))
}

/// Takes back what was noted of a draft, and lets it wait again. A message that ended stays so; what waits again is a new
/// row with its words.
pub(super) async fn restore(tx: &mut Tx, draft: OutboxId, version: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.execute("DELETE FROM draft_outcome WHERE outbox = $1", &[draft.0.into()]).await?;
    tx.execute(
        "INSERT INTO outbox (key, thread, inbound, account, kind, human, epoch, recipient_key, recipient_domain,
                             intents, replies, message_id, payload, state, due_at, created_at, changed_at)
         SELECT d.key || '-v' || $2, d.thread, d.inbound, d.account, d.kind, d.human, d.epoch, d.recipient_key,
                d.recipient_domain, d.intents, d.replies, d.message_id, d.payload, 'held', $3, $3, $3
         FROM outbox d
         WHERE d.id = $1 AND d.state = 'cancelled'
           AND NOT EXISTS (SELECT 1 FROM outbox h WHERE h.thread = d.thread AND h.state = 'held')",
        &[draft.0.into(), (&version.to_string()).into(), now.into()],
    )
    .await?;
    Ok(())
}
