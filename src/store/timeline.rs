//! Everything that was said and done in a case, in order, and what is about to be said.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    model::{
        delivery::DeliveryState,
        ids::{InboundId, IntentId, OutboxId, ThreadId, TicketId},
        inbound::ChannelKind,
        outbound::{OutboundKind, Payload},
        satisfaction,
        ticket::{EventKind, Ticket, TicketEvent},
    },
    store::{
        database::{Row, Tx},
        error::StoreError,
        inbound::channel_of,
        ticket,
    },
};

/// The newest messages each way that are shown; older ones are found by search.
const MOST_MESSAGES: u32 = 200;

/// One thing that happened in a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Happened,
}

/// What happened in a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Happened {
    /// The buyer wrote, or somebody in the shop with another program.
    Came(Came),
    /// We wrote.
    Went(Went),
    /// A line of history that is no message.
    Did(TicketEvent),
}

/// A message that came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Came {
    /// Its row.
    pub id: InboundId,
    /// How it came.
    pub channel: ChannelKind,
    /// The sender's name or address.
    pub from: String,
    /// Written by the shop itself, with another program: it lay in the Sent folder.
    pub in_sent: bool,
    /// The decoded subject.
    pub subject: String,
    /// The new text, without quote and signature.
    pub text: String,
    /// The machine took it for machine mail.
    pub suppressed: bool,
}

/// A message of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Went {
    /// Its row.
    pub id: OutboxId,
    /// What it is to the buyer.
    pub kind: OutboundKind,
    /// Who wrote it; none for the machine, and for people's messages of earlier releases.
    pub author: Option<String>,
    /// A person wrote it.
    pub human: bool,
    /// Its words.
    pub text: String,
    /// Where it stands.
    pub state: String,
    /// Until when it waits, if it does.
    pub leaves_at: Option<Timestamp>,
    /// Why it is tried again, uncertain or cancelled; the server's words if it left.
    pub reason: Option<String>,
}

/// A message of ours that has not left and can still be stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its row.
    pub id: OutboxId,
    /// What it is to the buyer.
    pub kind: OutboundKind,
    /// The rules it speaks for; none for a person's.
    pub rules: Vec<IntentId>,
    /// Its words.
    pub text: String,
    /// When it leaves at the earliest.
    pub at: Timestamp,
}

/// Returns what was said and done, oldest first, in all conversations of the ticket.
pub(super) async fn of(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<Moment>, StoreError> {
    let threads = ticket::threads_of(tx, ticket).await?;
    let mut moments = said(tx, &threads).await?;
    let of_ticket = [ticket.id.0.into()];
    let rows = tx
        .all(
            "SELECT at, actor, what, text, version FROM ticket_event
             WHERE ticket = $1 OR ticket IN (SELECT k.id FROM ticket k WHERE k.merged_into = $1) ORDER BY id",
            &of_ticket,
        )
        .await?;
    for row in &rows {
        let event = ticket::event_of(row)?;
        if !is_message(&event) {
            moments.push(Moment { at: event.at, what: Happened::Did(event) });
        }
    }
    moments.sort_by_key(|moment| (moment.at, rank(&moment.what)));
    Ok(moments)
}

/// Returns what was said in those conversations, oldest first: the newest messages of each.
pub(super) async fn said(tx: &mut Tx, threads: &[ThreadId]) -> Result<Vec<Moment>, StoreError> {
    let mut moments = Vec::new();
    for thread in threads {
        let rows = tx
            .all(
                "SELECT id, channel, sender_name, sender_key, in_sent, subject, text, received_at, outcome
                 FROM inbound WHERE thread = $1 ORDER BY id DESC LIMIT $2",
                &[thread.0.into(), MOST_MESSAGES.into()],
            )
            .await?;
        for row in rows.iter().rev() {
            moments.push(came(row)?);
        }
        let rows = tx
            .all(
                "SELECT id, kind, human, author, payload, state, leaves_at, COALESCE(proof, reason) AS words,
                        COALESCE(settled_at, created_at) AS at
                 FROM outbox WHERE thread = $1 ORDER BY id DESC LIMIT $2",
                &[thread.0.into(), MOST_MESSAGES.into()],
            )
            .await?;
        for row in rows.iter().rev() {
            moments.push(went(row)?);
        }
    }
    moments.sort_by_key(|moment| (moment.at, rank(&moment.what)));
    Ok(moments)
}

/// Returns whether a line of history only repeats a message.
fn is_message(event: &TicketEvent) -> bool {
    matches!(
        event.what,
        EventKind::Inbound | EventKind::Automatic | EventKind::Draft | EventKind::Reply | EventKind::Scheduled
    )
}

/// What comes first of things of one moment: the message, then what was done about it, then what was answered.
fn rank(what: &Happened) -> u8 {
    match what {
        Happened::Came(_) => 0,
        Happened::Did(_) => 1,
        Happened::Went(_) => 2,
    }
}

fn came(row: &Row) -> Result<Moment, StoreError> {
    let word = |column| row.get::<Option<String>>(column).map(Option::unwrap_or_default);
    let name = row.get::<Option<String>>("sender_name")?.filter(|name| !name.trim().is_empty());
    Ok(Moment {
        at: row.moment("received_at")?,
        what: Happened::Came(Came {
            id: InboundId(row.get("id")?),
            channel: row.word("channel", channel_of)?,
            from: name.map_or_else(|| word("sender_key"), Ok)?,
            in_sent: row.flag("in_sent")?,
            subject: word("subject")?,
            text: satisfaction::without_links(&word("text")?),
            suppressed: row.get::<Option<&str>>("outcome")? == Some("suppressed"),
        }),
    })
}

fn went(row: &Row) -> Result<Moment, StoreError> {
    let payload: Payload = row.json("payload")?;
    let state = row.word("state", DeliveryState::from_word)?;
    Ok(Moment {
        at: row.moment("at")?,
        what: Happened::Went(Went {
            id: OutboxId(row.get("id")?),
            kind: row.word("kind", OutboundKind::from_word)?,
            author: row.get("author")?,
            human: row.flag("human")?,
            text: satisfaction::without_links(payload.text()),
            state: state.as_str().to_owned(),
            leaves_at: row.maybe_moment("leaves_at")?,
            reason: row.get("words")?,
        }),
    })
}

/// Returns the oldest message of the machine that has not begun to leave, in a conversation and in those that go on in that
/// ticket.
pub(super) async fn pending(tx: &mut Tx, thread: ThreadId, ticket: TicketId) -> Result<Option<Waiting>, StoreError> {
    let row = tx
        .first(
            "SELECT id, kind, intents, payload, due_at FROM outbox
             WHERE human = 0 AND (state IN ('ready', 'retry_at') OR (state = 'sending' AND phase = 'before'))
               AND thread IN (SELECT t.id FROM thread t WHERE t.id = $1 OR t.merged_into = $2)
             ORDER BY id LIMIT 1",
            &[thread.0.into(), ticket.0.into()],
        )
        .await?;
    row.as_ref().map(waiting).transpose()
}

/// Returns the reply that waits for an hour a person chose.
pub(super) async fn scheduled(tx: &mut Tx, ticket: &Ticket) -> Result<Option<Waiting>, StoreError> {
    let row = tx
        .first(
            "SELECT id, kind, intents, payload, due_at FROM outbox
             WHERE scheduled = 1 AND attempts = 0 AND state IN ('ready', 'retry_at')
               AND thread IN (SELECT t.id FROM thread t WHERE t.id = $1 OR t.merged_into = $2)
             ORDER BY id LIMIT 1",
            &[ticket.thread.0.into(), ticket.id.0.into()],
        )
        .await?;
    row.as_ref().map(waiting).transpose()
}

fn waiting(row: &Row) -> Result<Waiting, StoreError> {
    let payload: Payload = row.json("payload")?;
    Ok(Waiting {
        id: OutboxId(row.get("id")?),
        kind: row.word("kind", OutboundKind::from_word)?,
        rules: row.json("intents")?,
        text: satisfaction::without_links(payload.text()),
        at: row.moment("due_at")?,
    })
}

/// Returns the tickets that go on in this one.
pub(super) async fn merged(tx: &mut Tx, id: TicketId) -> Result<Vec<TicketId>, StoreError> {
    let rows = tx.all("SELECT id FROM ticket WHERE merged_into = $1 ORDER BY id", &[id.0.into()]).await?;
    rows.iter().map(|row| row.get("id").map(TicketId)).collect()
}
