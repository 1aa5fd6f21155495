//! What happened lately, message by message, for people who watch.

use crate::{
    model::{
        ids::{InboundId, TicketId},
        outbound::{OutboundKind, Payload},
        satisfaction,
    },
    store::{
        Store,
        database::{Row, Tx},
        error::StoreError,
        ticket,
    },
};

/// One decided message and what went out because of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// The message.
    pub id: InboundId,
    /// Who wrote it: name, else address or chat.
    pub sender: Option<String>,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// How it ended; none while it is undecided.
    pub outcome: Option<String>,
    /// Why, for messages that ended in silence.
    pub reason: Option<String>,
    /// The ticket of its thread that is not closed.
    pub ticket: Option<TicketId>,
    /// What was said because of it, drafts included.
    pub messages: Vec<ActivityMessage>,
}

/// One message of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityMessage {
    /// Ack, ask, answer or draft.
    pub kind: OutboundKind,
    /// Where it stands: `ready`, `sent`, …
    pub state: String,
    /// Its text.
    pub text: String,
}

impl Activity {
    /// Returns whether the message is decided and nothing it caused is still on its way.
    pub fn is_settled(&self) -> bool {
        let moving = |message: &ActivityMessage| matches!(message.state.as_str(), "ready" | "sending" | "uncertain");
        self.outcome.is_some() && !self.messages.iter().any(moving)
    }
}

impl Store {
    /// Returns messages received after that one, oldest first, without what lies in the Sent folder: that is ours.
    pub async fn activity(&self, after: InboundId, limit: u32) -> Result<Vec<Activity>, StoreError> {
        let mut tx = self.db.read("reading what happened").await?;
        let rows = tx
            .all(
                "SELECT id, COALESCE(sender_name, sender_key) AS sender, COALESCE(subject, '') AS subject,
                        COALESCE(text, '') AS text, outcome, outcome_reason, thread
                 FROM inbound WHERE id > $1 AND in_sent = 0 ORDER BY id LIMIT $2",
                &[after.0.into(), limit.into()],
            )
            .await?;
        let mut activities = Vec::with_capacity(rows.len());
        for row in &rows {
            activities.push(activity_of(&mut tx, row).await?);
        }
        Ok(activities)
    }
}

async fn activity_of(tx: &mut Tx, row: &Row) -> Result<Activity, StoreError> {
    let id = InboundId(row.get("id")?);
    let ticket = match row.get::<Option<i64>>("thread")? {
        Some(thread) => ticket::open_of(tx, crate::model::ids::ThreadId(thread)).await?,
        None => None,
    };
    let messages =
        tx.all("SELECT kind, state, payload FROM outbox WHERE inbound = $1 ORDER BY id", &[id.0.into()]).await?;
    let message = |row: &Row| {
        Ok(ActivityMessage {
            kind: row.word("kind", OutboundKind::from_word)?,
            state: row.get("state")?,
            text: satisfaction::without_links(row.json::<Payload>("payload")?.text()),
        })
    };
    Ok(Activity {
        id,
        sender: row.get("sender")?,
        subject: row.get("subject")?,
        text: row.get("text")?,
        outcome: row.get("outcome")?,
        reason: row.get("outcome_reason")?,
        ticket,
        messages: messages.iter().map(message).collect::<Result<_, StoreError>>()?,
    })
}
