//! Drafts that people threw away, with what they said was wrong: what whoever mends a rule reads.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    model::{
        ids::{AccountName, IntentId, TicketId},
        outbound::Payload,
    },
    store::{Store, database::Row, error::StoreError, queue::named},
};

/// The most drafts one list holds, whatever is asked for.
pub const MOST_REJECTED: u32 = 100;

/// A draft that a person threw away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// In which ticket.
    pub ticket: TicketId,
    /// What they said was wrong; may be empty.
    pub reason: String,
    /// The words of the draft.
    pub text: String,
}

impl Store {
    /// Returns the drafts of a rule that people threw away, the newest first: in tickets of these accounts, or of all; at
    /// most [`MOST_REJECTED`], whatever `limit` says. A draft of several rules stands under each of them.
    pub async fn rejections(
        &self,
        rule: &IntentId,
        accounts: Option<&[AccountName]>,
        limit: u32,
    ) -> Result<Vec<Rejection>, StoreError> {
        let accounts = named(accounts);
        let rows = self
            .db
            .ask(
                "listing drafts that were thrown away",
                "SELECT d.at, d.actor, o.payload, e.ticket, e.text
                 FROM draft_outcome d
                 JOIN outbox o ON o.id = d.outbox
                 JOIN thread t ON t.id = o.thread
                 JOIN ticket_event e ON e.id = (
                   SELECT MAX(v.id) FROM ticket_event v
                   WHERE v.what = 'rejected' AND v.actor = d.actor AND v.at = d.at
                     AND v.ticket IN (SELECT k.id FROM ticket k WHERE k.thread = t.id OR k.id = t.merged_into))
                 JOIN ticket w ON w.id = e.ticket
                 WHERE d.intent = $1 AND d.outcome = 'rejected'
                   AND ($2 IS NULL OR (REPLACE($2, '\n' || o.account || '\n', '') <> $2
                                       AND REPLACE($2, '\n' || w.account || '\n', '') <> $2))
                 ORDER BY d.at DESC, d.outbox DESC LIMIT $3",
                &[rule.as_str().into(), accounts.as_deref().into(), limit.clamp(1, MOST_REJECTED).into()],
            )
            .await?;
        rows.iter().map(rejection).collect()
    }
}

fn rejection(row: &Row) -> Result<Rejection, StoreError> {
    Ok(Rejection {
        at: row.moment("at")?,
        by: row.get("actor")?,
        ticket: TicketId(row.get("ticket")?),
        reason: row.get("text")?,
        text: row.json::<Payload>("payload")?.text().to_owned(),
    })
}
