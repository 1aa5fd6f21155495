//! What a person's act changes, in one transaction.

use jiff::Timestamp;

use crate::{
    model::{
        agent_command::TicketChange,
        ids::{AgentName, ThreadId, TicketId},
        ticket::{EventKind, Ticket, TicketState},
    },
    store::{
        Store,
        database::{Tx, resumed},
        error::StoreError,
        once::Call,
        outbox::{self, Entry},
        thread,
        ticket::{self, ChangeOutcome},
    },
};

impl Store {
    /// Writes a change that was computed on one version of a ticket.
    ///
    /// A takeover raises the thread's epoch and cancels its automatic messages that were not begun; from the moment
    /// this returns no automatic message of the thread can pass its last phase. A reply is queued in the same
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
            write(&mut tx, &ticket, by, change, now).await?;
            act(&mut tx, ticket.thread, change, now).await?;
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

async fn write(
    tx: &mut Tx,
    ticket: &Ticket,
    by: &AgentName,
    change: &TicketChange,
    now: Timestamp,
) -> Result<(), StoreError> {
    let assignee = if change.assign { Some(by) } else { ticket.assignee.as_ref() };
    let closed_at = (change.state == TicketState::Closed).then_some(now.as_millisecond());
    let respond_by = change.keeps_waiting().then_some(ticket.respond_by).flatten();
    tx.execute(
        "UPDATE ticket SET state = $2, assignee = $3, closed_at = $4, respond_by = $5 WHERE id = $1",
        &[
            ticket.id.0.into(),
            change.state.as_str().into(),
            assignee.map(AgentName::as_str).into(),
            closed_at.into(),
            respond_by.map(Timestamp::as_millisecond).into(),
        ],
    )
    .await?;
    ticket::note(tx, ticket.id, by.as_str(), change.event, &change.text, now).await
}

async fn act(tx: &mut Tx, thread: ThreadId, change: &TicketChange, now: Timestamp) -> Result<(), StoreError> {
    if change.take_over {
        tx.execute(
            "UPDATE thread SET epoch = epoch + 1, pending = NULL, changed_at = $2 WHERE id = $1",
            &[thread.0.into(), now.into()],
        )
        .await?;
        outbox::cancel_automatic(tx, thread, now).await?;
    }
    if change.event == EventKind::Reply {
        tx.execute(
            "UPDATE thread SET last_human_reply = $2, changed_at = $2 WHERE id = $1",
            &[thread.0.into(), now.into()],
        )
        .await?;
    }
    end_draft(tx, thread, change, now).await?;
    if let Some(outbound) = &change.outbound {
        let epoch = thread::epoch(tx, thread).await?.unwrap_or_default();
        outbox::insert(tx, outbound, &Entry { thread, inbound: None, epoch, now }).await?;
    }
    Ok(())
}

/// A draft ends when a person sends it, answers otherwise or closes the ticket.
async fn end_draft(tx: &mut Tx, thread: ThreadId, change: &TicketChange, now: Timestamp) -> Result<(), StoreError> {
    let Some((_, draft)) = outbox::draft_of(tx, thread).await? else { return Ok(()) };
    let reason = match &change.outbound {
        Some(outbound) if outbound.payload.text() == draft.text() => "sent by a person",
        Some(_) => "a person answered otherwise",
        None if change.state == TicketState::Closed => "the ticket was closed",
        None => return Ok(()),
    };
    outbox::drop_draft(tx, thread, reason, now).await
}
