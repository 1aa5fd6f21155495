//! Messages that could not be decided on: each is a ticket, its bytes are kept, and it can be decided again.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    failpoint,
    model::{
        commit::InboundEnvelope,
        ids::{AccountName, InboundId, ThreadId, TicketId},
        receive::Received,
        ticket::{EventKind, Urgency},
    },
    store::{
        Store,
        database::{Row, Tx, retried},
        error::StoreError,
        inbound::{self, channel_of},
        queue::named,
        thread::{self, NewThread, index_key},
        ticket::{self, Case, buyer_of, subject_of},
    },
};

/// What a ticket's buyer and subject say while nobody could read the message.
const UNREAD_SUBJECT: &str = "(message that could not be read)";
const UNREAD_BUYER: &str = "(unknown)";

/// Why a message is in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = QuarantineCause)]
pub enum Cause {
    /// Reading or deciding panicked.
    Panicked,
    /// Reading or deciding took longer than it may.
    TooLong,
    /// It was begun several times and the process never came to its end.
    Crashed,
    /// It is larger, deeper or has more parts than is read.
    Limits,
    /// Its conversation changed each time while it was being decided.
    Contested,
    /// Nobody decided it for a long time while later messages were decided.
    Stuck,
}

impl Cause {
    /// Returns the word used in the store and in lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Panicked => "panicked",
            Self::TooLong => "too_long",
            Self::Crashed => "crashed",
            Self::Limits => "limits",
            Self::Contested => "contested",
            Self::Stuck => "stuck",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Panicked, Self::TooLong, Self::Crashed, Self::Limits, Self::Contested, Self::Stuck]
            .into_iter()
            .find(|cause| cause.as_str() == word)
    }
}

/// A message in quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quarantined {
    /// The message.
    pub id: InboundId,
    /// Where it came in.
    pub account: AccountName,
    /// Its size on the server, in bytes.
    pub size: u64,
    /// Why.
    pub cause: Cause,
    /// The same in a sentence.
    pub reason: String,
    /// When it was put aside.
    pub put_at: Timestamp,
    /// The ticket that asks a person.
    pub ticket: TicketId,
    /// How often it was decided again.
    pub reruns: u32,
    /// It waits to be decided again.
    pub waits: bool,
    /// When a later run decided on it after all.
    pub left_at: Option<Timestamp>,
}

/// What became of the wish to decide a message again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rerun {
    /// The service decides it next.
    Waits(TicketId),
    /// It is not in quarantine, or was decided already.
    NotInQuarantine,
    /// Something was sent because of it, so a second decision could answer twice.
    Answered,
}

impl Store {
    /// Ends a message that cannot be decided on: outcome escalated, a ticket with the reason, the raw bytes kept.
    /// Repeated, it returns the same ticket; a message that was to be decided again stays in its conversation.
    pub async fn quarantine(
        &self,
        id: InboundId,
        cause: Cause,
        reason: &str,
        now: Timestamp,
    ) -> Result<TicketId, StoreError> {
        retried(|| async {
            let mut tx = self.db.write("putting a message into quarantine").await?;
            let ticket = put_aside(&mut tx, id, cause, reason, now).await?;
            failpoint::reach("store.quarantine.before");
            tx.commit().await?;
            failpoint::reach("store.quarantine.after");
            Ok(ticket)
        })
        .await
    }

    /// Returns messages in quarantine, of those accounts if any are named, the newest first, older than a message if one is
    /// named; with `all`, also those that were decided on after all.
    pub async fn quarantined(
        &self,
        all: bool,
        accounts: Option<&[AccountName]>,
        before: Option<InboundId>,
        limit: u32,
    ) -> Result<Vec<Quarantined>, StoreError> {
        let before = before.map_or(i64::MAX, |before| before.0);
        let accounts = named(accounts);
        let rows = self
            .db
            .ask(
                "listing the quarantine",
                "SELECT q.inbound, i.account, i.size, i.state, q.cause, q.reason, q.put_at, q.ticket, q.reruns, q.left_at
                 FROM quarantine q CROSS JOIN inbound i
                 WHERE i.id = q.inbound AND (q.left_at IS NULL OR $1 = 1) AND q.inbound < $2
                   AND ($3 IS NULL OR REPLACE($3, '\n' || i.account || '\n', '') <> $3)
                 ORDER BY q.inbound DESC LIMIT $4",
                &[all.into(), before.into(), accounts.as_deref().into(), limit.into()],
            )
            .await?;
        rows.iter().map(quarantined_of).collect()
    }

    /// Returns one message of the quarantine with its bytes; none if it never was in quarantine.
    pub async fn quarantined_message(&self, id: InboundId) -> Result<Option<(Quarantined, Received)>, StoreError> {
        let mut tx = self.db.read("reading a message of the quarantine").await?;
        let row = tx
            .first(
                "SELECT q.inbound, i.account, i.size, i.state, q.cause, q.reason, q.put_at, q.ticket, q.reruns, q.left_at
                 FROM quarantine q JOIN inbound i ON i.id = q.inbound WHERE q.inbound = $1",
                &[id.0.into()],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let quarantined = quarantined_of(&row)?;
        let stored = inbound::one(&mut tx, id).await?.ok_or_else(|| tx.missing("received message", id.0))?;
        Ok(Some((quarantined, stored.received)))
    }

    /// Has a message of the quarantine decided again; its result joins the same ticket.
    pub async fn rerun(&self, id: InboundId, by: &str, now: Timestamp) -> Result<Rerun, StoreError> {
        retried(|| async {
            let mut tx = self.db.write("deciding a message again").await?;
            let row = tx
                .first(
                    "SELECT q.ticket, q.reruns, i.state FROM quarantine q JOIN inbound i ON i.id = q.inbound
                     WHERE q.inbound = $1 AND q.left_at IS NULL",
                    &[id.0.into()],
                )
                .await?;
            let Some(row) = row else { return Ok(Rerun::NotInQuarantine) };
            let ticket = TicketId(row.get("ticket")?);
            if row.get::<&str>("state")? == "undecided" {
                return Ok(Rerun::Waits(ticket));
            }
            let sent = tx.first("SELECT id FROM outbox WHERE inbound = $1 LIMIT 1", &[id.0.into()]).await?;
            if sent.is_some() {
                return Ok(Rerun::Answered);
            }
            // Why it was put aside stays on the ticket; the verdict that comes is the one that counts.
            tx.execute("DELETE FROM verdict WHERE inbound = $1", &[id.0.into()]).await?;
            tx.execute(
                "UPDATE inbound SET state = 'undecided', outcome = NULL, outcome_reason = NULL, decided_at = NULL,
                   with_answer = 0, tries = 0
                 WHERE id = $1",
                &[id.0.into()],
            )
            .await?;
            tx.execute(
                "UPDATE quarantine SET reruns = reruns + 1, rerun_at = $2 WHERE inbound = $1",
                &[id.0.into(), now.into()],
            )
            .await?;
            ticket::note(&mut tx, ticket, by, EventKind::Note, "The message is decided again.", now).await?;
            failpoint::reach("store.rerun.before");
            tx.commit().await?;
            Ok(Rerun::Waits(ticket))
        })
        .await
    }
}

/// Ends a message that cannot be decided on; one that has ended already keeps its end. Returns the ticket.
pub(super) async fn put_aside(
    tx: &mut Tx,
    id: InboundId,
    cause: Cause,
    reason: &str,
    now: Timestamp,
) -> Result<TicketId, StoreError> {
    let row = tx
        .first("SELECT state, channel, account, thread FROM inbound WHERE id = $1", &[id.0.into()])
        .await?
        .ok_or_else(|| tx.missing("received message", id.0))?;
    if row.get::<&str>("state")? == "decided" {
        let ticket = ticket_of(tx, id).await?;
        return ticket.ok_or_else(|| tx.missing("ticket of the decided message", id.0));
    }
    let thread = match row.get::<Option<i64>>("thread")? {
        Some(thread) => ThreadId(thread),
        None => placeholder(tx, &row, now).await?,
    };
    inbound::end(tx, id, "escalated", reason, Some(thread), now).await?;
    let reasons = [reason.to_owned()];
    let matter = Case {
        thread,
        inbound: id,
        urgency: Urgency::High,
        reasons: &reasons,
        intent: None,
        tags: &[],
        subject: UNREAD_SUBJECT,
        buyer: UNREAD_BUYER,
        respond_by: None,
        now,
    };
    let ticket = ticket::raise(tx, &matter).await?;
    put(tx, id, cause, reason, ticket, now).await?;
    Ok(ticket)
}

/// Begins a conversation for a message whose sender nobody knows.
async fn placeholder(tx: &mut Tx, row: &Row, now: Timestamp) -> Result<ThreadId, StoreError> {
    let new = NewThread {
        channel: row.word("channel", channel_of)?,
        account: &row.get::<String>("account")?,
        participant: "",
        chat_key: None,
        language: None,
        pending: None,
    };
    thread::create(tx, &new, now).await
}

/// Returns the ticket of a message: that of its quarantine, or the one it opened.
async fn ticket_of(tx: &mut Tx, id: InboundId) -> Result<Option<TicketId>, StoreError> {
    let row = tx.first("SELECT ticket FROM quarantine WHERE inbound = $1", &[id.0.into()]).await?;
    match row {
        Some(row) => Ok(Some(TicketId(row.get("ticket")?))),
        None => ticket::of_inbound(tx, id).await,
    }
}

/// Lists a message as put aside.
pub(super) async fn put(
    tx: &mut Tx,
    id: InboundId,
    cause: Cause,
    reason: &str,
    ticket: TicketId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO quarantine (inbound, cause, reason, put_at, ticket) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (inbound) DO UPDATE SET cause = excluded.cause, reason = excluded.reason, put_at = excluded.put_at",
        &[id.0.into(), cause.as_str().into(), reason.into(), now.into(), ticket.0.into()],
    )
    .await?;
    Ok(())
}

/// Returns the conversation of a message that is decided again: the one its ticket stands in.
pub(super) async fn conversation(tx: &mut Tx, id: InboundId) -> Result<Option<ThreadId>, StoreError> {
    let row = tx
        .first(
            "SELECT i.thread FROM quarantine q JOIN inbound i ON i.id = q.inbound
             WHERE q.inbound = $1 AND q.left_at IS NULL AND i.thread IS NOT NULL",
            &[id.0.into()],
        )
        .await?;
    row.map(|row| row.get("thread").map(ThreadId)).transpose()
}

/// Ends the quarantine of a message that was decided on after all: its conversation and its ticket get the names that
/// nobody could read before.
pub(super) async fn leave(
    tx: &mut Tx,
    id: InboundId,
    envelope: &InboundEnvelope,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(thread) = conversation(tx, id).await? else { return Ok(()) };
    let sender = envelope.sender_key.as_deref().map(index_key);
    tx.execute(
        "UPDATE thread SET participant = $2 WHERE id = $1 AND participant = ''",
        &[thread.0.into(), sender.as_deref().unwrap_or_default().into()],
    )
    .await?;
    if let Some(chat) = &envelope.chat_key {
        tx.execute(
            "UPDATE thread SET chat_key = $2
             WHERE id = $1 AND chat_key IS NULL AND NOT EXISTS (SELECT 1 FROM thread t WHERE t.chat_key = $2)",
            &[thread.0.into(), index_key(chat).as_ref().into()],
        )
        .await?;
    }
    tx.execute(
        "UPDATE ticket SET subject = $2, buyer = $3
         WHERE id = (SELECT q.ticket FROM quarantine q WHERE q.inbound = $1) AND buyer = $4",
        &[
            id.0.into(),
            (&subject_of(&envelope.subject, &envelope.text)).into(),
            buyer_of(envelope.sender_name.as_deref(), envelope.sender_key.as_deref()).into(),
            UNREAD_BUYER.into(),
        ],
    )
    .await?;
    tx.execute("UPDATE quarantine SET left_at = $2 WHERE inbound = $1", &[id.0.into(), now.into()]).await?;
    Ok(())
}

fn quarantined_of(row: &Row) -> Result<Quarantined, StoreError> {
    Ok(Quarantined {
        id: InboundId(row.get("inbound")?),
        account: AccountName::new(row.get::<String>("account")?),
        size: u64::try_from(row.get::<i64>("size")?).map_err(|error| row.damaged(&error))?,
        cause: row.word("cause", Cause::from_word)?,
        reason: row.get("reason")?,
        put_at: row.moment("put_at")?,
        ticket: TicketId(row.get("ticket")?),
        reruns: row.count("reruns")?,
        waits: row.get::<&str>("state")? == "undecided",
        left_at: row.maybe_moment("left_at")?,
    })
}
