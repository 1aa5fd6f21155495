//! What a person's act changes, in one transaction.

use jiff::Timestamp;

use crate::{
    model::{
        agent_command::{DraftOutcome, Edit, Owner, TicketChange},
        closing::CloseResult,
        ids::{AgentName, OutboxId, TicketId},
        ticket::{EventKind, Ticket, TicketState},
    },
    store::{
        Store,
        database::{Tx, resumed},
        drafts,
        error::StoreError,
        named,
        once::Call,
        outbox::{self, Entry},
        sent, thread,
        ticket::{self, ChangeOutcome, urgency_rank},
        undo::{self, Before, Undo},
    },
};

/// Why a reply that waited for its hour was cancelled.
const CANCELLED: &str = "a person took it back";

impl Store {
    /// Writes a change that was computed on one version of a ticket.
    ///
    /// A takeover raises the epoch of the ticket's threads and cancels their automatic messages that were not begun; from
    /// the moment this returns no automatic message of them can pass its last phase. A reply is queued in the same
    /// transaction and ends the draft.
    pub async fn change_ticket(
        &self,
        id: TicketId,
        by: &AgentName,
        change: &TicketChange,
        now: Timestamp,
    ) -> Result<ChangeOutcome, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("changing a ticket").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(ChangeOutcome::Changed);
            }
            let Some(ticket) = ticket::load(&mut tx, id).await? else { return Ok(ChangeOutcome::Gone) };
            if let Some(current) = overtaken(&mut tx, &ticket, change).await? {
                return Ok(ChangeOutcome::Conflict(Box::new(current)));
            }
            let before = undo::before(&mut tx, &ticket).await?;
            let _stopped = apply(&mut tx, &ticket, by, change, before, now).await?;
            crate::failpoint::reach("store.ticket.before");
            tx.commit().await?;
            crate::failpoint::reach("store.ticket.after");
            Ok(ChangeOutcome::Changed)
        })
        .await
    }
}

/// Returns the ticket that stands in the way: this one in a newer version, or another open one of the thread.
async fn overtaken(tx: &mut Tx, ticket: &Ticket, change: &TicketChange) -> Result<Option<Ticket>, StoreError> {
    if ticket.version != change.version {
        return Ok(Some(ticket.clone()));
    }
    if ticket.state != TicketState::Closed || change.state == TicketState::Closed {
        return Ok(None);
    }
    match ticket::open_of(tx, ticket.thread).await? {
        Some(open) => ticket::load(tx, open).await,
        None => Ok(None),
    }
}

/// Writes everything that a change changes, and how to take it back. Returns by when a message must be answered whose
/// automatic answer the change stopped.
pub(super) async fn apply(
    tx: &mut Tx,
    ticket: &Ticket,
    by: &AgentName,
    change: &TicketChange,
    mut before: Before,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let stopped = if change.take_over { sent::stop_answers(tx, ticket, now).await? } else { None };
    let mut looked_at = change.clone();
    if let Some(due) = stopped {
        // Another ticket of the conversation may be the open one; then it has the message.
        let alone = ticket.state != TicketState::Closed || ticket::open_of(tx, ticket.thread).await?.is_none();
        if alone {
            looked_at.state = looked_at_again(change);
            before.leave_waiting(due);
        }
    }
    let change = &looked_at;
    named::note(tx, ticket.id, by, change, now).await?;
    write(tx, ticket, by, change, stopped, now).await?;
    ticket::note(tx, ticket.id, by.as_str(), change.event, &change.text, now).await?;
    mark_threads(tx, ticket, change, now).await?;
    if change.edit == Some(Edit::CancelReply) {
        outbox::cancel_scheduled(tx, ticket, CANCELLED, now).await?;
    }
    let draft = end_draft(tx, ticket, by, change, now).await?;
    let queued = queue(tx, ticket, by, change, now).await?;
    if let Some(until) = change.undo_until {
        let undo = Undo { what: change.event, until, outbox: queued, draft, before };
        undo::remember(tx, ticket.id, by, &undo).await?;
    }
    Ok(stopped)
}

/// Returns the state of a ticket after an act that stopped an answer: whoever was to be answered waits for a person now, so
/// that only an answer or the end of the case takes the ticket out of the queue.
fn looked_at_again(change: &TicketChange) -> TicketState {
    let ended = matches!(change.event, EventKind::Closed | EventKind::Merged) || change.outbound.is_some();
    match (change.state, &change.owner) {
        (state, _) if ended => state,
        (TicketState::Waiting | TicketState::Closed, Owner::Person(_) | Owner::Actor) => TicketState::Claimed,
        (TicketState::Waiting | TicketState::Closed, _) => TicketState::Open,
        (state, _) => state,
    }
}

async fn write(
    tx: &mut Tx,
    ticket: &Ticket,
    by: &AgentName,
    change: &TicketChange,
    stopped: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let owner = match &change.owner {
        Owner::Same => ticket.assignee.as_ref(),
        Owner::Actor => Some(by),
        Owner::Person(person) => Some(person),
        Owner::Nobody => None,
    };
    let known = ticket.claimed_at.filter(|_| owner == ticket.assignee.as_ref());
    let claimed_at = owner.map(|_| known.unwrap_or(now));
    let respond_by = change.keeps_waiting().then_some(ticket.respond_by).flatten();
    let respond_by = respond_by.into_iter().chain(stopped.filter(|_| change.keeps_waiting())).min();
    let snoozed_until = match &change.edit {
        Some(Edit::Snooze(until)) => *until,
        _ => ticket.snoozed_until.filter(|_| change.event.is_harmless()),
    };
    let urgency = if let Some(Edit::Urgency(urgency)) = &change.edit { *urgency } else { ticket.urgency };
    let tags = if let Some(Edit::Tags(tags)) = &change.edit { tags } else { &ticket.tags };
    let tags = tx.json(tags)?;
    tx.execute(
        "UPDATE ticket SET state = $2, assignee = $3, claimed_at = $4, respond_by = $5, snoozed_until = $6, urgency = $7,
           tags = $8, closed_at = CASE WHEN state = 'closed' AND $9 = 1 THEN closed_at WHEN $9 = 1 THEN $10 END
         WHERE id = $1",
        &[
            ticket.id.0.into(),
            change.state.as_str().into(),
            owner.map(AgentName::as_str).into(),
            claimed_at.map(Timestamp::as_millisecond).into(),
            respond_by.map(Timestamp::as_millisecond).into(),
            snoozed_until.map(Timestamp::as_millisecond).into(),
            urgency_rank(urgency).into(),
            (&tags).into(),
            (change.state == TicketState::Closed).into(),
            now.into(),
        ],
    )
    .await?;
    account(tx, ticket.id, change).await
}

/// Writes how the case ended.
async fn account(tx: &mut Tx, id: TicketId, change: &TicketChange) -> Result<(), StoreError> {
    let Some(Edit::Closing(closing)) = &change.edit else { return Ok(()) };
    let compensation = closing.compensation.as_ref().map(ToString::to_string);
    tx.execute(
        "UPDATE ticket SET result = $2, cause = $3, compensation = $4 WHERE id = $1",
        &[
            id.0.into(),
            closing.result.map(CloseResult::as_str).into(),
            closing.cause.as_deref().into(),
            compensation.as_deref().into(),
        ],
    )
    .await?;
    Ok(())
}

/// Writes what the conversations of the ticket are told: its own, and those that go on in it.
async fn mark_threads(tx: &mut Tx, ticket: &Ticket, change: &TicketChange, now: Timestamp) -> Result<(), StoreError> {
    let own = [ticket.thread.0.into(), ticket.id.0.into(), now.into()];
    if change.take_over {
        tx.execute(
            "UPDATE thread SET epoch = epoch + 1, pending = NULL, changed_at = $3 WHERE id = $1 OR merged_into = $2",
            &own,
        )
        .await?;
        outbox::cancel_automatic(tx, ticket, now).await?;
    }
    if change.outbound.is_some() || change.event == EventKind::Reply {
        tx.execute("UPDATE thread SET last_human_reply = $3, changed_at = $3 WHERE id = $1 OR merged_into = $2", &own)
            .await?;
    }
    match &change.edit {
        Some(Edit::HandBack) => {
            tx.execute(
                "UPDATE thread SET last_human_reply = NULL, bot_off = 0, changed_at = $3
                 WHERE id = $1 OR merged_into = $2",
                &own,
            )
            .await?;
        }
        Some(Edit::BotOff(off)) => {
            let [thread, ticket, now] = own;
            tx.execute(
                "UPDATE thread SET bot_off = $4, changed_at = $3 WHERE id = $1 OR merged_into = $2",
                &[thread, ticket, now, (*off).into()],
            )
            .await?;
        }
        _ => {}
    }
    Ok(())
}

/// Puts the reply into the outbox; returns its row.
async fn queue(
    tx: &mut Tx,
    ticket: &Ticket,
    by: &AgentName,
    change: &TicketChange,
    now: Timestamp,
) -> Result<Option<OutboxId>, StoreError> {
    let Some(outbound) = &change.outbound else { return Ok(None) };
    let thread = ticket.thread;
    let epoch = thread::epoch(tx, thread).await?.unwrap_or_default();
    let id = outbox::insert(tx, outbound, &Entry { thread, inbound: None, epoch, now }).await?;
    outbox::sign(tx, id, by, change.leaves_at, change.scheduled).await?;
    Ok(Some(id))
}

/// A draft ends when a person sends it, answers otherwise, throws it away or closes the ticket. Returns its row.
async fn end_draft(
    tx: &mut Tx,
    ticket: &Ticket,
    by: &AgentName,
    change: &TicketChange,
    now: Timestamp,
) -> Result<Option<OutboxId>, StoreError> {
    let Some((id, draft)) = outbox::draft_of(tx, ticket.thread).await? else { return Ok(None) };
    let (outcome, reason) = match (change.draft, &change.outbound) {
        (Some(DraftOutcome::Rejected), _) => (DraftOutcome::Rejected, "a person rejected it"),
        (Some(DraftOutcome::Edited), _) => (DraftOutcome::Edited, drafts::EDITED),
        (Some(DraftOutcome::Sent), _) => (DraftOutcome::Sent, drafts::SENT),
        (_, Some(outbound)) if outbound.payload.text() == draft.text() => (DraftOutcome::Sent, drafts::SENT),
        (_, Some(_)) => (DraftOutcome::Unused, "a person answered otherwise"),
        (_, None) if change.state == TicketState::Closed => (DraftOutcome::Unused, "the ticket was closed"),
        _ => return Ok(None),
    };
    drafts::count(tx, id, outcome, by, now).await?;
    outbox::drop_draft(tx, ticket.thread, reason, now).await?;
    Ok(Some(id))
}
