//! The one entry for everything a person does to a ticket, whichever way it comes in.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    desk::{
        close,
        schedule::{self, BadMoment, BuyersZone},
        transition::{self, Circumstances, Refusal},
    },
    engine::Engine,
    model::{
        agent_command::{AgentCommand, Once, Schedule, TicketChange, UNDO},
        ids::{AccountName, AgentName, InboundId, TicketId},
        outbound::{NewOutbound, OutboundKind},
        ticket::{EventKind, Ticket, TicketEvent},
    },
    service::{
        canned,
        colleague::{self, CannotTake},
        handle::Handle,
        outgoing::{self, OutgoingError, Words},
        reading::{self, Parsed},
    },
    store::{
        Store,
        error::StoreError,
        merge::SplitOutcome,
        named::NamedAct,
        ticket::{ChangeOutcome, TicketFile},
        undo::UndoOutcome,
    },
};

/// What a person wants.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Who.
    pub by: AgentName,
    /// On which ticket.
    pub ticket: TicketId,
    /// The version of the ticket that the person looked at; none where nobody can know, as in a terminal. What happened
    /// since is a conflict, unless it is harmless ([`EventKind::is_harmless`]).
    pub seen: Option<i64>,
    /// What.
    pub command: AgentCommand,
    /// The person was told what stands in the way and wants it all the same: a colleague's ticket, a reply that waits for its
    /// hour, a moment after the deadline, another buyer's ticket to merge into, words that promise too much.
    pub despite: bool,
    /// The accounts that a program or a person in the browser works for, none being all. In a terminal they are those of
    /// the person of that name.
    pub accounts: Option<Vec<AccountName>>,
    /// The name that a program gave the act; none for people, who see what they did.
    pub once: Option<Once>,
}

impl Wish {
    /// Returns the wish of a person who has not been asked for confirmation, and of whom it is not known what was seen.
    pub fn new(by: AgentName, ticket: TicketId, command: AgentCommand) -> Self {
        Self { by, ticket, seen: None, command, despite: false, accounts: None, once: None }
    }
}

/// What an act led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The ticket as it is afterwards.
    pub ticket: Ticket,
    /// The ticket that a message of it began.
    pub made: Option<TicketId>,
    /// When the reply leaves that was written.
    pub leaves_at: Option<Timestamp>,
    /// Until when the act can be taken back; none if it cannot.
    pub undo_until: Option<Timestamp>,
    /// The act was done before, under the same name; now nothing was.
    pub repeated: bool,
}

/// Why an act did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// There is no such ticket.
    #[error("there is no ticket {0}")]
    NoTicket(TicketId),
    /// The ticket's state does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Somebody was faster.
    #[error("ticket {} was changed meanwhile and is now {}{}{}", .ticket.id, .ticket.state.as_str(), owner(.ticket),
        newest(.last.as_deref()))]
    Conflict {
        /// As it is now.
        ticket: Box<Ticket>,
        /// What happened last that the person had not seen.
        last: Option<Box<TicketEvent>>,
    },
    /// The colleague cannot be given the ticket.
    #[error(transparent)]
    Colleague(#[from] CannotTake),
    /// There is no message to answer.
    #[error("ticket {0} has no message that can be answered")]
    NothingToAnswer(TicketId),
    /// A ticket to merge into that takes nothing in.
    #[error("ticket {0} is closed or goes on elsewhere; open it first, or choose the other one")]
    TargetEnded(TicketId),
    /// The two tickets are of different people.
    #[error(
        "ticket {from} and ticket {into} are of different buyers: what is written in ticket {into} goes to its own buyer only, \
         who must not read of the other"
    )]
    OtherBuyer {
        /// The one.
        from: TicketId,
        /// The other.
        into: TicketId,
    },
    /// The message cannot begin a ticket.
    #[error("message {0} does not belong to this ticket, or was not written by the buyer")]
    NotHere(InboundId),
    /// The message cannot begin a ticket.
    #[error("message {0} is the only one of this ticket's own conversation")]
    OnlyMessage(InboundId),
    /// The words promise what a shop cannot keep everywhere; `also` stands in the way as well.
    #[error("a shop should not promise: {}{}", .phrases.join(", "), .also.as_ref().map(|also| format!("; and {also}")).unwrap_or_default())]
    Doubtful {
        /// The words.
        phrases: Vec<String>,
        /// What else wants to be confirmed.
        also: Option<Refusal>,
    },
    /// A program gave two acts one name.
    #[error("`{0}` is the name of another act of the last day; give every act a name of its own")]
    NameTaken(String),
    /// The answer cannot be put on its way.
    #[error(transparent)]
    Outgoing(#[from] OutgoingError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ActError {
    /// Returns whether the same act is possible once the person has confirmed it.
    pub fn may_be_confirmed(&self) -> bool {
        match self {
            Self::Refused(refused) => refused.may_be_confirmed(),
            Self::OtherBuyer { .. } | Self::Doubtful { .. } => true,
            _ => false,
        }
    }
}

/// Why an act was not taken back.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// There is none.
    #[error("there is nothing of yours to take back in ticket {0}")]
    Nothing(TicketId),
    /// Too long ago.
    #[error("too late: {what} cannot be taken back after {} seconds", UNDO.as_secs(), what = .0.as_str())]
    TooLate(EventKind),
    /// It has left.
    #[error("the reply of ticket {0} has left; write to the buyer again if it was wrong")]
    Left(TicketId),
    /// Something else happened since.
    #[error("ticket {0} was changed since, so that {what} stays", what = .1.as_str())]
    Overtaken(TicketId, EventKind),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Performs one act of a person and returns the ticket as it is afterwards.
///
/// The change, the message it sends and the take-over are one transaction; if somebody changed the ticket since it was
/// read, nothing happens and the caller is told what it is now. A reply waits ten seconds before it leaves, in which
/// [`undo`] takes it back. An act with a name is done once: whoever asks for it again is told what it led to.
pub async fn act(handle: &Handle, wish: &Wish, now: Timestamp) -> Result<Done, ActError> {
    crate::failpoint::reach("agent.act.before");
    let id = wish.ticket;
    let file = handle.store.ticket_at(id, now).await?.ok_or(ActError::NoTicket(id))?;
    // After the ticket was read: what was done since makes the change a conflict, and what was done before is found here.
    if let Some(done) = done_before(handle, wish, now).await? {
        return Ok(done);
    }
    if let Some(last) = unseen(wish, &file) {
        return Err(ActError::Conflict { ticket: Box::new(file.ticket), last: Some(Box::new(last)) });
    }
    if let AgentCommand::Assign(person) = &wish.command {
        colleague::look(&handle.store, &wish.by, person, id, &file.recipient.account).await??;
    }
    let engine = handle.live.engine();
    let zone = buyers_zone(&engine, &file).zone;
    let leaves = schedule_of(&wish.command).map(|schedule| schedule::leaves_at(schedule, &zone, now));
    let mut change = allowed(&engine, &file, wish, leaves, now)?;
    if let Some(leaves) = leaves {
        // The answer leaves through the account that the newest message came in by, which need not be the ticket's.
        if let Some(stored) = &file.last_inbound
            && !sees(&handle.store, wish, &stored.received.account).await?
        {
            return Err(ActError::NothingToAnswer(id));
        }
        let (leaves_at, scheduled) = leaves.map_err(Refusal::from)?;
        change.outbound = Some(answer(handle, &engine, &file, &change.text, now)?);
        change.leaves_at = Some(leaves_at);
        if scheduled {
            change.scheduled = true;
            change.event = EventKind::Scheduled;
        }
    }
    if can_be_undone(&wish.command) {
        change.undo_until = Some(now + UNDO);
    }
    change.once.clone_from(&wish.once);
    crate::failpoint::reach("agent.change.before");
    let made = match write(handle, wish, &file, &change, now).await {
        Err(conflict @ ActError::Conflict { .. }) => {
            return done_before(handle, wish, now).await?.ok_or(conflict);
        }
        made => made?,
    };
    handle.wake.outbox.notify_one();
    handle.changes.happened();
    let after = handle.store.ticket_at(id, now).await?.ok_or(ActError::NoTicket(id))?;
    let (leaves_at, undo_until) = (change.leaves_at, change.undo_until);
    Ok(Done { ticket: after.ticket, made, leaves_at, undo_until, repeated: false })
}

/// Returns the change that the act is, unless something stands in the way. What wants to be confirmed is said all at once: who
/// confirms the one must have read the other.
fn allowed(
    engine: &Engine,
    file: &TicketFile,
    wish: &Wish,
    leaves: Option<Result<(Timestamp, bool), BadMoment>>,
    now: Timestamp,
) -> Result<TicketChange, ActError> {
    let leaves_at = leaves.and_then(|leaves| leaves.ok().filter(|(_, waits)| *waits).map(|(at, _)| at));
    let around = Circumstances { leaves_at, ..around(engine, file, wish, now) };
    let change = transition::transition(&file.ticket, &wish.by, &wish.command, &around);
    let phrases = match &wish.command {
        AgentCommand::Reply(answer) if !wish.despite => canned::promises(engine, file, &answer.text),
        _ => Vec::new(),
    };
    match change {
        Err(refused) if phrases.is_empty() || !refused.may_be_confirmed() => Err(refused.into()),
        Err(also) => Err(ActError::Doubtful { phrases, also: Some(also) }),
        Ok(_) if !phrases.is_empty() => Err(ActError::Doubtful { phrases, also: None }),
        Ok(change) => Ok(change),
    }
}

/// Returns whether whoever acts works for that account.
async fn sees(store: &Store, wish: &Wish, account: &AccountName) -> Result<bool, StoreError> {
    match &wish.accounts {
        Some(accounts) => Ok(accounts.contains(account)),
        None => colleague::sees(store, &wish.by, account).await,
    }
}

/// Returns what an act led to that was done under the same name before.
async fn done_before(handle: &Handle, wish: &Wish, now: Timestamp) -> Result<Option<Done>, ActError> {
    let Some(once) = &wish.once else { return Ok(None) };
    let Some(named) = handle.store.named_act(&wish.by, &once.key, now).await? else { return Ok(None) };
    if named.request != once.request || named.ticket != wish.ticket {
        return Err(ActError::NameTaken(once.key.clone()));
    }
    let file = handle.store.ticket(named.ticket).await?.ok_or(ActError::NoTicket(named.ticket))?;
    let NamedAct { made, leaves_at, undo_until, .. } = named;
    Ok(Some(Done { ticket: file.ticket, made, leaves_at, undo_until, repeated: true }))
}

/// Takes back what that person did last to the ticket, within ten seconds: replies that have not begun to leave, and every
/// act but notes and splits. What the machine was about to say when the person took over is not brought back. Returns the
/// ticket as it is afterwards.
pub async fn undo(handle: &Handle, by: &AgentName, id: TicketId, now: Timestamp) -> Result<Ticket, UndoError> {
    match handle.store.undo(id, by, now).await? {
        UndoOutcome::Undone(_) | UndoOutcome::ReplyStopped => {}
        UndoOutcome::Nothing => return Err(UndoError::Nothing(id)),
        UndoOutcome::TooLate(what) => return Err(UndoError::TooLate(what)),
        UndoOutcome::Left => return Err(UndoError::Left(id)),
        UndoOutcome::Overtaken(what) => return Err(UndoError::Overtaken(id, what)),
    }
    handle.changes.happened();
    Ok(handle.store.ticket(id).await?.ok_or(UndoError::Nothing(id))?.ticket)
}

/// Returns the buyer's clock as far as anything is known of it.
pub fn buyers_zone(engine: &Engine, file: &TicketFile) -> BuyersZone {
    let language = file.recipient.language.or(file.card.language);
    schedule::buyers_zone(file.card.country.as_deref(), language, &zone_of(engine))
}

fn zone_of(engine: &Engine) -> TimeZone {
    engine.settings().desk.zone.clone()
}

/// Returns what happened that the person had not seen and should have.
fn unseen(wish: &Wish, file: &TicketFile) -> Option<TicketEvent> {
    let seen = wish.seen.filter(|seen| *seen < file.ticket.version)?;
    if matches!(wish.command, AgentCommand::Note(_)) {
        return None;
    }
    file.events.iter().rev().find(|event| event.version > seen && !event.what.is_harmless()).cloned()
}

fn around<'a>(engine: &'a Engine, file: &'a TicketFile, wish: &Wish, now: Timestamp) -> Circumstances<'a> {
    Circumstances {
        now,
        despite: wish.despite,
        draft: file.draft.as_ref().map(|(_, draft)| draft.text()),
        scheduled: file.scheduled.as_ref().map(|waiting| waiting.at),
        leaves_at: None,
        pending: file.pending.is_some(),
        accountable: close::is_accountable(&file.ticket),
        causes: &engine.settings().causes,
    }
}

fn schedule_of(command: &AgentCommand) -> Option<Schedule> {
    match command {
        AgentCommand::Reply(answer) => Some(answer.schedule),
        AgentCommand::SendDraft(schedule) => Some(*schedule),
        _ => None,
    }
}

/// A note leaves nothing behind that must be taken back; a split is taken back by merging.
fn can_be_undone(command: &AgentCommand) -> bool {
    !matches!(command, AgentCommand::Note(_) | AgentCommand::Split(_) | AgentCommand::StopPending)
}

async fn write(
    handle: &Handle,
    wish: &Wish,
    file: &TicketFile,
    change: &TicketChange,
    now: Timestamp,
) -> Result<Option<TicketId>, ActError> {
    let (id, store) = (wish.ticket, &handle.store);
    let outcome = match &wish.command {
        AgentCommand::Merge(into) => {
            let target = store.ticket(*into).await?.ok_or(ActError::NoTicket(*into))?;
            if !sees(store, wish, &target.recipient.account).await? {
                return Err(ActError::NoTicket(*into));
            }
            if target.recipient.key != file.recipient.key && !wish.despite {
                return Err(ActError::OtherBuyer { from: id, into: *into });
            }
            match store.merge_tickets(id, *into, &wish.by, change, now).await? {
                ChangeOutcome::Conflict(other) if other.id == *into => return Err(ActError::TargetEnded(*into)),
                outcome => outcome,
            }
        }
        AgentCommand::Split(message) => match store.split_ticket(id, *message, &wish.by, change, now).await? {
            SplitOutcome::Split(made) => return Ok(Some(made)),
            SplitOutcome::NotHere => return Err(ActError::NotHere(*message)),
            SplitOutcome::OnlyMessage => return Err(ActError::OnlyMessage(*message)),
            SplitOutcome::Conflict(ticket) => ChangeOutcome::Conflict(ticket),
            SplitOutcome::Gone => ChangeOutcome::Gone,
        },
        _ => store.change_ticket(id, &wish.by, change, now).await?,
    };
    match outcome {
        ChangeOutcome::Changed => Ok(None),
        ChangeOutcome::Gone => Err(ActError::NoTicket(id)),
        ChangeOutcome::Conflict(ticket) => {
            let last = store.ticket(ticket.id).await?.and_then(|file| file.events.into_iter().last());
            Err(ActError::Conflict { ticket, last: last.map(Box::new) })
        }
    }
}

/// Composes a person's answer to the newest message of the ticket. A human message carries no mark of a machine.
fn answer(
    handle: &Handle,
    engine: &Engine,
    file: &TicketFile,
    text: &str,
    now: Timestamp,
) -> Result<NewOutbound, ActError> {
    let id = file.ticket.id;
    let stored = file.last_inbound.as_ref().ok_or(ActError::NothingToAnswer(id))?;
    let Parsed::Message(inbound) = reading::parse(&stored.received, engine.settings()) else {
        return Err(ActError::NothingToAnswer(id));
    };
    let words = Words {
        key: format!("t{id}-{}", file.ticket.version + 1),
        kind: OutboundKind::Answer,
        ticket: Some(id),
        intents: file.ticket.intent.clone().into_iter().collect(),
        replies: Vec::new(),
        subject: None,
        text,
        html: None,
    };
    let mut rows = outgoing::compose(&handle.accounts, &inbound, &words, now)?;
    if rows.len() > 1 {
        return Err(ActError::Outgoing(OutgoingError::TooLong));
    }
    rows.pop().ok_or(ActError::NothingToAnswer(id))
}

fn owner(ticket: &Ticket) -> String {
    ticket.assignee.as_ref().map(|owner| format!(" by {owner}")).unwrap_or_default()
}

fn newest(event: Option<&TicketEvent>) -> String {
    event.map_or_else(String::new, |event| format!(" ({} by {} at {})", event.what.as_str(), event.by, event.at))
}
