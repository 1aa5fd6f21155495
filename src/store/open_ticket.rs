//! The way from a message that needed no person to a ticket: somebody read what the machine said, or kept quiet about, and
//! goes on from there.

use jiff::Timestamp;

use crate::{
    failpoint,
    model::{
        agent_command::{Owner, TicketChange},
        ids::{AccountName, AgentName, InboundId, IntentId, ThreadId, TicketId},
        outbound::Payload,
        ticket::{EventKind, TicketState, Urgency},
        verdict::Verdict,
    },
    store::{
        Store, burst, change,
        database::{Row, Tx, resumed},
        error::StoreError,
        inbound::channel_of,
        once::Call,
        queue::named,
        thread::{self, NewThread},
        ticket::{self, Case, buyer_of, subject_of},
        undo,
    },
};

/// Whose the ticket is that a message becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hands {
    /// Nobody's yet: it waits in the queue. Only for a message that ended in silence.
    Queue,
    /// The person's who opens it. The machine is silent in the conversation from then on, and nothing that it was about to
    /// say leaves.
    Own,
}

/// Which message becomes a ticket, by whom.
#[derive(Debug, Clone, Copy)]
pub struct OpenTicket<'a> {
    /// The message.
    pub message: InboundId,
    /// Who wants it.
    pub by: &'a AgentName,
    /// Whose the ticket will be.
    pub hands: Hands,
    /// The accounts that the person works for; none: all of them.
    pub accounts: Option<&'a [AccountName]>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// The conversation has this ticket now.
    Opened(TicketId),
    /// Somebody or something was faster: its conversation has this ticket, which is not closed. Nothing was changed.
    Already(TicketId),
    /// There is no such message among those accounts, it was not decided yet, the shop itself wrote it, or, for
    /// [`Hands::Queue`], it did not end in silence.
    Gone,
}

impl Store {
    /// Makes a ticket of a message that had none, or opens the conversation's ticket again that was closed lately. A message
    /// that ended in silence is escalated from now on; one that the machine answered stays answered.
    ///
    /// With [`Hands::Own`] this is a take-over like any other: the epoch rises and what the machine was about to say is
    /// cancelled in the same transaction, so that nothing leaves after this returned.
    pub async fn open_ticket(&self, wanted: &OpenTicket<'_>, now: Timestamp) -> Result<Opening, StoreError> {
        let call = &Call::new()?;
        let accounts = &named(wanted.accounts);
        resumed(async |doubt| {
            let mut tx = self.db.write("opening a ticket of a message").await?;
            let row = tx
                .first(
                    "SELECT channel, account, thread, sender_key, sender_name, subject, text, outcome FROM inbound
                     WHERE id = $1 AND state = 'decided' AND in_sent = 0
                       AND ($2 IS NULL OR REPLACE($2, '\n' || account || '\n', '') <> $2)",
                    &[wanted.message.0.into(), accounts.as_deref().into()],
                )
                .await?;
            let Some(row) = row else { return Ok(Opening::Gone) };
            let open = match row.get::<Option<i64>>("thread")? {
                Some(thread) => ticket::open_of(&mut tx, ThreadId(thread)).await?,
                None => None,
            };
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(open.map_or(Opening::Gone, Opening::Opened));
            }
            match (wanted.hands, open) {
                (Hands::Queue, _) if !is_silent(&row)? => return Ok(Opening::Gone),
                (Hands::Own, Some(ticket)) => return Ok(Opening::Already(ticket)),
                _ => {}
            }
            let ticket = open_of(&mut tx, wanted, &row, now).await?;
            if wanted.hands == Hands::Own {
                take(&mut tx, ticket, wanted.by, now).await?;
            }
            failpoint::reach("store.opening.before");
            tx.commit().await?;
            failpoint::reach("store.opening.after");
            Ok(Opening::Opened(ticket))
        })
        .await
    }
}

fn is_silent(row: &Row) -> Result<bool, StoreError> {
    Ok(row.get::<Option<&str>>("outcome")? == Some("suppressed"))
}

/// Opens the ticket, with what was said about the message in its history.
async fn open_of(tx: &mut Tx, wanted: &OpenTicket<'_>, row: &Row, now: Timestamp) -> Result<TicketId, StoreError> {
    let (message, by) = (wanted.message, wanted.by);
    let thread = conversation(tx, row, now).await?;
    let silent = is_silent(row)?;
    let reasons = [match wanted.hands {
        Hands::Queue => format!("opened from machine mail by {by}"),
        Hands::Own => format!("{by} took the conversation over"),
    }];
    if silent {
        tx.execute(
            "UPDATE inbound SET outcome = 'escalated', outcome_reason = $2, thread = $3 WHERE id = $1",
            &[message.0.into(), (&reasons[0]).into(), thread.0.into()],
        )
        .await?;
    }
    let verdict: Option<Verdict> = tx
        .first("SELECT record FROM verdict WHERE inbound = $1", &[message.0.into()])
        .await?
        .map(|row| row.json("record"))
        .transpose()?;
    let intents: Vec<IntentId> = verdict.as_ref().map(Verdict::intents).unwrap_or_default();
    let word = |column| row.get::<Option<&str>>(column).map(Option::unwrap_or_default);
    let case = Case {
        thread,
        inbound: message,
        urgency: Urgency::Normal,
        reasons: &reasons,
        intent: intents.first(),
        tags: &[],
        subject: &subject_of(word("subject")?, word("text")?),
        buyer: buyer_of(row.get("sender_name")?, row.get("sender_key")?),
        // Whoever was answered waits for nobody; an answer that is stopped starts the clock (`change::apply`).
        respond_by: verdict.and_then(|verdict| verdict.due).filter(|_| silent).map(|due| due.at),
        now,
    };
    let ticket = ticket::raise(tx, &case).await?;
    if row.get::<Option<&str>>("outcome")? != Some("escalated") {
        let text = burst::text(tx, message).await?;
        ticket::note(tx, ticket, "buyer", EventKind::Inbound, &text, now).await?;
        note_answers(tx, ticket, thread, message, now).await?;
    }
    Ok(ticket)
}

/// Writes into the history what the machine has said to the message: what can no longer be stopped.
async fn note_answers(
    tx: &mut Tx,
    ticket: TicketId,
    thread: ThreadId,
    message: InboundId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = tx
        .all(
            "SELECT payload FROM outbox
             WHERE thread = $1 AND inbound = $2 AND human = 0 AND kind IN ('ack', 'ask', 'answer')
               AND (state IN ('sent', 'verified_sent', 'uncertain', 'escalated')
                    OR (state = 'sending' AND phase = 'dot'))
             ORDER BY id",
            &[thread.0.into(), message.0.into()],
        )
        .await?;
    for row in &rows {
        let payload: Payload = row.json("payload")?;
        ticket::note(tx, ticket, "nightdesk", EventKind::Automatic, payload.text(), now).await?;
    }
    Ok(())
}

/// Gives the ticket to the person, and takes the conversation out of the machine's hands.
async fn take(tx: &mut Tx, id: TicketId, by: &AgentName, now: Timestamp) -> Result<(), StoreError> {
    let ticket = ticket::load(tx, id).await?.ok_or_else(|| tx.missing("ticket", id.0))?;
    let before = undo::before(tx, &ticket).await?;
    let change = TicketChange {
        owner: Owner::Actor,
        take_over: true,
        ..TicketChange::new(ticket.version, TicketState::Claimed, EventKind::Claimed, "")
    };
    let _stopped = change::apply(tx, &ticket, by, &change, before, now).await?;
    Ok(())
}

/// Returns the conversation of a message, or begins one with its sender.
async fn conversation(tx: &mut Tx, row: &Row, now: Timestamp) -> Result<ThreadId, StoreError> {
    if let Some(thread) = row.get::<Option<i64>>("thread")? {
        return Ok(ThreadId(thread));
    }
    let new = NewThread {
        channel: row.word("channel", channel_of)?,
        account: &row.get::<String>("account")?,
        participant: &row.get::<Option<String>>("sender_key")?.unwrap_or_default(),
        chat_key: None,
        language: None,
        pending: None,
    };
    thread::create(tx, &new, now).await
}
