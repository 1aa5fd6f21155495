//! Taking an act back: how everything stood before it is kept for ten seconds, and a reply has not left by then.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    model::{
        closing::CloseResult,
        ids::{AgentName, OutboxId, TicketId},
        ticket::{EventKind, Ticket, TicketState},
    },
    store::{
        Store,
        database::{Row, Tx, resumed},
        drafts,
        error::StoreError,
        once::Call,
        outbox, sent,
        ticket::{self, urgency_rank},
    },
};

/// Why a reply was cancelled.
const UNDONE: &str = "the person took it back at once";

/// How a ticket and its conversation stood before an act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Before {
    pub(super) ticket: Ticket,
    pub(super) closed_at: Option<i64>,
    /// Its conversation, and those that went on in it: each may have been silent for a reason of its own.
    #[serde(default)]
    pub(super) threads: Vec<Stance>,
    /// The conversations that went on in this ticket, or were it, before it was merged; empty for other acts.
    pub(super) moved: Vec<i64>,
    /// The ticket that this one was merged into.
    #[serde(default)]
    pub(super) target: Option<Target>,
    /// The tickets that went on in this one before it was merged.
    pub(super) tickets: Vec<i64>,
    /// The replies that waited for their hour.
    #[serde(default)]
    pub(super) scheduled: Vec<i64>,
}

/// Whether the machine may speak in a conversation, and what it waits for there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Stance {
    thread: i64,
    last_human_reply: Option<i64>,
    bot_off: bool,
    pending: Option<String>,
}

/// A ticket before another one was merged into it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) ticket: Ticket,
    /// The version that the merge gave it: a later one keeps what it took in.
    pub(super) version: i64,
}

impl Before {
    /// The act stopped an answer that is not brought back: whoever was to get it waits for a person, also once the act is
    /// taken back.
    pub(super) fn leave_waiting(&mut self, due: Timestamp) {
        if matches!(self.ticket.state, TicketState::Waiting | TicketState::Closed) {
            (self.ticket.state, self.closed_at) = (TicketState::Open, None);
        }
        self.ticket.respond_by = self.ticket.respond_by.into_iter().chain([due]).min();
        // A question that was stopped was never asked.
        for stance in &mut self.threads {
            stance.pending = None;
        }
    }
}

/// An act that can be taken back.
#[derive(Debug, Clone)]
pub(super) struct Undo {
    pub(super) what: EventKind,
    pub(super) until: Timestamp,
    pub(super) outbox: Option<OutboxId>,
    pub(super) draft: Option<OutboxId>,
    pub(super) before: Before,
}

/// An act that can still be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undoable {
    /// What it was.
    pub what: EventKind,
    /// Who did it; nobody else may take it back.
    pub by: AgentName,
    /// Until when.
    pub until: Timestamp,
}

/// What became of taking an act back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndoOutcome {
    /// Everything is as it was.
    Undone(EventKind),
    /// The reply will not leave; what others did since stays.
    ReplyStopped,
    /// There is nothing to take back, or somebody else did it.
    Nothing,
    /// It was done too long ago.
    TooLate(EventKind),
    /// The reply has begun to leave.
    Left,
    /// Somebody or something changed the ticket since.
    Overtaken(EventKind),
}

impl Store {
    /// Takes the last act of that person on the ticket back, if it was done within the last seconds. A reply is cancelled if
    /// nothing of it has left; where the buyer or a colleague did something since, only the reply is.
    ///
    /// What the machine was about to say when a person took over is not brought back.
    pub async fn undo(&self, id: TicketId, by: &AgentName, now: Timestamp) -> Result<UndoOutcome, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("taking an act back").await?;
            let Some((actor, version, undo)) = load(&mut tx, id).await? else {
                return Ok(if doubt { UndoOutcome::Undone(EventKind::Undone) } else { UndoOutcome::Nothing });
            };
            call.took_effect(&mut tx, doubt, now).await?;
            let Some(ticket) = ticket::load(&mut tx, id).await? else { return Ok(UndoOutcome::Nothing) };
            if actor != *by {
                return Ok(UndoOutcome::Nothing);
            }
            if now > undo.until {
                return Ok(UndoOutcome::TooLate(undo.what));
            }
            let overtaken = ticket::overtaken_since(&mut tx, id, version).await?.is_some();
            if overtaken && undo.outbox.is_none() {
                return Ok(UndoOutcome::Overtaken(undo.what));
            }
            if let Some(reply) = undo.outbox
                && !outbox::cancel_unbegun(&mut tx, reply, UNDONE, now).await?
            {
                return Ok(UndoOutcome::Left);
            }
            if overtaken {
                keep_clock(&mut tx, &ticket, &undo.before).await?;
            } else {
                let stances = stances_of(&mut tx, &ticket).await?;
                restore(&mut tx, &ticket, &undo, version).await?;
                for reply in &undo.before.scheduled {
                    outbox::wait_again(&mut tx, OutboxId(*reply), ticket.version, now).await?;
                }
                silence(&mut tx, &ticket, &undo.before, &stances, now).await?;
                if let Some(draft) = undo.draft {
                    drafts::restore(&mut tx, draft, ticket.version, now).await?;
                }
            }
            tx.execute("DELETE FROM undo WHERE ticket = $1", &[id.0.into()]).await?;
            ticket::note(&mut tx, id, by.as_str(), EventKind::Undone, undo.what.as_str(), now).await?;
            crate::failpoint::reach("store.undo.before");
            tx.commit().await?;
            crate::failpoint::reach("store.undo.after");
            Ok(if overtaken { UndoOutcome::ReplyStopped } else { UndoOutcome::Undone(undo.what) })
        })
        .await
    }
}

/// Returns how a ticket and its conversation stand.
pub(super) async fn before(tx: &mut Tx, ticket: &Ticket) -> Result<Before, StoreError> {
    let row = tx.one("SELECT closed_at FROM ticket WHERE id = $1", &[ticket.id.0.into()]).await?;
    Ok(Before {
        scheduled: outbox::scheduled_of(tx, ticket).await?,
        ticket: ticket.clone(),
        closed_at: row.get("closed_at")?,
        threads: stances_of(tx, ticket).await?,
        moved: Vec::new(),
        target: None,
        tickets: Vec::new(),
    })
}

async fn stances_of(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<Stance>, StoreError> {
    let rows = tx
        .all(
            "SELECT id, last_human_reply, bot_off, pending FROM thread WHERE id = $1 OR merged_into = $2 ORDER BY id",
            &[ticket.thread.0.into(), ticket.id.0.into()],
        )
        .await?;
    let stance = |row: &Row| {
        Ok(Stance {
            thread: row.get("id")?,
            last_human_reply: row.get("last_human_reply")?,
            bot_off: row.flag("bot_off")?,
            pending: row.get("pending")?,
        })
    };
    rows.iter().map(stance).collect()
}

/// Keeps an act as the one that can be taken back. The change must be written already.
pub(super) async fn remember(tx: &mut Tx, id: TicketId, by: &AgentName, undo: &Undo) -> Result<(), StoreError> {
    let record = tx.json(&undo.before)?;
    tx.execute(
        "INSERT INTO undo (ticket, actor, what, until, version, outbox, draft, record)
         VALUES ($1, $2, $3, $4, (SELECT k.version FROM ticket k WHERE k.id = $1), $5, $6, $7)
         ON CONFLICT (ticket) DO UPDATE SET actor = excluded.actor, what = excluded.what, until = excluded.until,
           version = excluded.version, outbox = excluded.outbox, draft = excluded.draft, record = excluded.record",
        &[
            id.0.into(),
            by.as_str().into(),
            undo.what.as_str().into(),
            undo.until.into(),
            undo.outbox.map(|id| id.0).into(),
            undo.draft.map(|id| id.0).into(),
            (&record).into(),
        ],
    )
    .await?;
    Ok(())
}

/// Returns the act on a ticket that can be taken back at that moment.
pub(super) async fn undoable(tx: &mut Tx, id: TicketId, now: Timestamp) -> Result<Option<Undoable>, StoreError> {
    let row = tx
        .first("SELECT what, actor, until FROM undo WHERE ticket = $1 AND until >= $2", &[id.0.into(), now.into()])
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Undoable {
        what: row.word("what", EventKind::from_word)?,
        by: AgentName::new(row.get::<String>("actor")?),
        until: row.moment("until")?,
    }))
}

async fn load(tx: &mut Tx, id: TicketId) -> Result<Option<(AgentName, i64, Undo)>, StoreError> {
    let row = tx
        .first("SELECT actor, what, until, version, outbox, draft, record FROM undo WHERE ticket = $1", &[id.0.into()])
        .await?;
    let Some(row) = row else { return Ok(None) };
    let undo = Undo {
        what: row.word("what", EventKind::from_word)?,
        until: row.moment("until")?,
        outbox: row.get::<Option<i64>>("outbox")?.map(OutboxId),
        draft: row.get::<Option<i64>>("draft")?.map(OutboxId),
        before: row.json("record")?,
    };
    Ok(Some((AgentName::new(row.get::<String>("actor")?), row.get("version")?, undo)))
}

/// The reply will not leave, so the buyer waits as long as before, and for a person again if they did before.
async fn keep_clock(tx: &mut Tx, ticket: &Ticket, before: &Before) -> Result<(), StoreError> {
    let respond_by = ticket.respond_by.into_iter().chain(before.ticket.respond_by).min();
    // What this reply replaced is not brought back, so nothing is on its way.
    let ours = !before.scheduled.is_empty() || matches!(before.ticket.state, TicketState::Open | TicketState::Claimed);
    let state = match (ticket.state, &ticket.assignee) {
        (TicketState::Waiting, Some(_)) if ours => TicketState::Claimed,
        (TicketState::Waiting, None) if ours => TicketState::Open,
        (state, _) => state,
    };
    tx.execute(
        "UPDATE ticket SET respond_by = $2, state = $3 WHERE id = $1 AND state <> 'closed'",
        &[ticket.id.0.into(), respond_by.map(Timestamp::as_millisecond).into(), state.as_str().into()],
    )
    .await?;
    Ok(())
}

/// Where the act had ended a silence, nothing may leave that was decided in between: as after any take-over. An act that ended
/// none leaves alone what the machine is about to say.
async fn silence(
    tx: &mut Tx,
    ticket: &Ticket,
    before: &Before,
    meanwhile: &[Stance],
    now: Timestamp,
) -> Result<(), StoreError> {
    let was = &before.ticket;
    let speaks_again = |old: &Stance| {
        let new = meanwhile.iter().find(|new| new.thread == old.thread);
        (old.bot_off && !new.is_some_and(|new| new.bot_off))
            || (old.last_human_reply.is_some() && new.is_none_or(|new| new.last_human_reply.is_none()))
    };
    let released = was.state == TicketState::Claimed && ticket.state != TicketState::Claimed;
    if was.state == TicketState::Closed || !(released || before.threads.iter().any(speaks_again)) {
        return Ok(());
    }
    let stopped = sent::stop_answers(tx, was, now).await?;
    tx.execute(
        "UPDATE thread SET epoch = epoch + 1, changed_at = $3 WHERE id = $1 OR merged_into = $2",
        &[was.thread.0.into(), was.id.0.into(), now.into()],
    )
    .await?;
    outbox::cancel_automatic(tx, was, now).await?;
    let Some(due) = stopped else { return Ok(()) };
    let state = if was.state == TicketState::Waiting { TicketState::Open } else { was.state };
    let respond_by = was.respond_by.into_iter().chain([due]).min();
    tx.execute(
        "UPDATE ticket SET state = $2, respond_by = $3 WHERE id = $1",
        &[was.id.0.into(), state.as_str().into(), respond_by.map(Timestamp::as_millisecond).into()],
    )
    .await?;
    Ok(())
}

/// Puts everything back. Labels that others gave in the meantime stay: they are put back only if nothing happened at all.
async fn restore(tx: &mut Tx, ticket: &Ticket, undo: &Undo, version: i64) -> Result<(), StoreError> {
    let before = &undo.before;
    let was = &before.ticket;
    let labels = if ticket.version == version { was } else { ticket };
    let tags = tx.json(&labels.tags)?;
    let compensation = was.compensation.as_ref().map(ToString::to_string);
    tx.execute(
        "UPDATE ticket SET state = $2, assignee = $3, claimed_at = $4, respond_by = $5, closed_at = $6, result = $7,
           cause = $8, compensation = $9, merged_into = $10, snoozed_until = $11, urgency = $12, tags = $13
         WHERE id = $1",
        &[
            was.id.0.into(),
            was.state.as_str().into(),
            was.assignee.as_ref().map(AgentName::as_str).into(),
            was.claimed_at.map(Timestamp::as_millisecond).into(),
            was.respond_by.map(Timestamp::as_millisecond).into(),
            before.closed_at.into(),
            was.result.map(CloseResult::as_str).into(),
            was.cause.as_deref().into(),
            compensation.as_deref().into(),
            was.merged_into.map(|id| id.0).into(),
            labels.snoozed_until.map(Timestamp::as_millisecond).into(),
            urgency_rank(labels.urgency).into(),
            (&tags).into(),
        ],
    )
    .await?;
    for stance in &before.threads {
        tx.execute(
            "UPDATE thread SET last_human_reply = $2, bot_off = $3, pending = $4 WHERE id = $1",
            &[
                stance.thread.into(),
                stance.last_human_reply.into(),
                stance.bot_off.into(),
                stance.pending.as_deref().into(),
            ],
        )
        .await?;
    }
    for thread in &before.moved {
        let home = Some(was.id.0).filter(|_| *thread != was.thread.0);
        tx.execute("UPDATE thread SET merged_into = $2 WHERE id = $1", &[(*thread).into(), home.into()]).await?;
    }
    for merged in &before.tickets {
        tx.execute("UPDATE ticket SET merged_into = $2 WHERE id = $1", &[(*merged).into(), was.id.0.into()]).await?;
    }
    match &before.target {
        Some(target) => put_back(tx, target).await,
        None => Ok(()),
    }
}

/// Takes back what a ticket took in of one that was merged into it, unless something happened to it since.
async fn put_back(tx: &mut Tx, target: &Target) -> Result<(), StoreError> {
    let was = &target.ticket;
    let (reasons, tags) = (tx.json(&was.reasons)?, tx.json(&was.tags)?);
    tx.execute(
        "UPDATE ticket SET state = $3, urgency = $4, respond_by = $5, reasons = $6, tags = $7, snoozed_until = $8,
           version = version + 1
         WHERE id = $1 AND version = $2",
        &[
            was.id.0.into(),
            target.version.into(),
            was.state.as_str().into(),
            urgency_rank(was.urgency).into(),
            was.respond_by.map(Timestamp::as_millisecond).into(),
            (&reasons).into(),
            (&tags).into(),
            was.snoozed_until.map(Timestamp::as_millisecond).into(),
        ],
    )
    .await?;
    Ok(())
}
