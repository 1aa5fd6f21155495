//! The states of a ticket and the acts that move it: total over every state and every act.

use jiff::{SignedDuration, Timestamp};

use crate::{
    desk::{
        close,
        schedule::{self, BadMoment},
    },
    model::{
        agent_command::{AgentCommand, DraftOutcome, Edit, Owner, TicketChange},
        ids::{AgentName, TicketId},
        ticket::{EventKind, Ticket, TicketState},
    },
};

/// A label is a word, not a letter.
const LONGEST_TAG: usize = 40;
/// More labels than this nobody reads.
const MOST_TAGS: usize = 20;

/// Why an act is not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody else works on it.
    #[error("ticket {ticket} is claimed by {owner}{}", since(.at.as_ref()))]
    TakenBy {
        /// The ticket.
        ticket: TicketId,
        /// Who.
        owner: AgentName,
        /// Since when.
        at: Option<Timestamp>,
    },
    /// It is claimed by the acting person already.
    #[error("ticket {0} is yours already")]
    AlreadyYours(TicketId),
    /// Nobody has it, so that it cannot be given back.
    #[error("ticket {0} is nobody's")]
    Nobodys(TicketId),
    /// It is closed.
    #[error("ticket {0} is closed; a new message of the buyer opens it again")]
    Closed(TicketId),
    /// It is not closed and does not wait for the buyer.
    #[error("ticket {0} is open already")]
    AlreadyOpen(TicketId),
    /// It goes on elsewhere.
    #[error("ticket {ticket} goes on in ticket {into}")]
    Merged {
        /// The ticket.
        ticket: TicketId,
        /// Where.
        into: TicketId,
    },
    /// A text is needed and none was given.
    #[error("the text is empty")]
    EmptyText,
    /// There is no draft.
    #[error("ticket {0} has no draft; write the reply yourself")]
    NoDraft(TicketId),
    /// No reply waits for its hour.
    #[error("no reply of ticket {0} waits for its hour")]
    NothingScheduled(TicketId),
    /// One does, and would leave after the one that is to be written.
    #[error("a reply of ticket {ticket} leaves at {at}; take it back first, or confirm that this one replaces it")]
    Scheduled {
        /// The ticket.
        ticket: TicketId,
        /// When it leaves.
        at: Timestamp,
    },
    /// The buyer is to be answered before that moment.
    #[error(
        "the buyer of ticket {ticket} is to be answered by {respond_by}, and this would wait until {at}; confirm that, or \
         answer sooner"
    )]
    PastDeadline {
        /// The ticket.
        ticket: TicketId,
        /// When it comes back, or its reply leaves.
        at: Timestamp,
        /// When its response clock ends.
        respond_by: Timestamp,
    },
    /// That label asks for an account when the ticket is closed.
    #[error(
        "with the label `{tag}` ticket {ticket} is accounted for before it is closed; confirm that it is no such case"
    )]
    KeepsAccount {
        /// The ticket.
        ticket: TicketId,
        /// The label that was to go.
        tag: String,
    },
    /// Several things stand in the way, each of which may be confirmed.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; and "))]
    Several(Vec<Self>),
    /// The machine is not about to say anything.
    #[error("nothing of the machine waits in ticket {0}; what had begun to leave cannot be stopped")]
    NothingPending(TicketId),
    /// It is not put off.
    #[error("ticket {0} is not put off")]
    NotSnoozed(TicketId),
    /// The moment does not do.
    #[error(transparent)]
    Moment(#[from] BadMoment),
    /// A dispute or complaint that is not accounted for.
    #[error("ticket {ticket} is a complaint: say {} before it is closed", .missing.join(", "))]
    Unaccounted {
        /// The ticket.
        ticket: TicketId,
        /// What is missing: `result`, `cause`, `compensation`.
        missing: Vec<&'static str>,
    },
    /// The shop has no such cause.
    #[error("`{cause}` is no cause of this shop; known are {}", .known.join(", "))]
    UnknownCause {
        /// What was given.
        cause: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A label that is none.
    #[error("`{0}` is no label: one to {LONGEST_TAG} letters, digits, `-` and `_`, without blanks")]
    BadTag(String),
    /// It has that label.
    #[error("the label `{0}` is there already")]
    HasTag(String),
    /// It does not have that label.
    #[error("there is no label `{0}`")]
    NoTag(String),
    /// It has enough of them.
    #[error("a ticket has {MOST_TAGS} labels at most; take one away first")]
    TooManyTags,
    /// A ticket cannot go on in itself.
    #[error("ticket {0} cannot go on in itself")]
    IntoItself(TicketId),
}

impl Refusal {
    /// Returns whether the same act is possible once the person has confirmed it.
    pub fn may_be_confirmed(&self) -> bool {
        match self {
            Self::TakenBy { .. } | Self::Scheduled { .. } | Self::PastDeadline { .. } | Self::KeepsAccount { .. } => {
                true
            }
            Self::Several(refusals) => refusals.iter().all(Self::may_be_confirmed),
            _ => false,
        }
    }
}

/// What an act must know beside the ticket.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// Now.
    pub now: Timestamp,
    /// The person knows what stands in the way and wants it all the same: somebody else's ticket, a reply that waits, a moment
    /// after the deadline.
    pub despite: bool,
    /// The text of the draft that waits.
    pub draft: Option<&'a str>,
    /// When the reply leaves that waits for its hour.
    pub scheduled: Option<Timestamp>,
    /// When the reply leaves that is to be written, if it waits for an hour.
    pub leaves_at: Option<Timestamp>,
    /// The machine is about to say something.
    pub pending: bool,
    /// It is a dispute or complaint, see [`close::is_accountable`].
    pub accountable: bool,
    /// The causes of the shop.
    pub causes: &'a [String],
}

impl Circumstances<'_> {
    /// Returns circumstances in which nothing waits and nothing is special.
    pub fn plain(now: Timestamp) -> Self {
        Self {
            now,
            despite: false,
            draft: None,
            scheduled: None,
            leaves_at: None,
            pending: false,
            accountable: false,
            causes: &[],
        }
    }
}

/// Returns what an act changes, without the composed message, or why it is not possible.
///
/// | from \ act | open | claimed by me | claimed by another | waiting | closed |
/// |---|---|---|---|---|---|
/// | claim | claimed, mine | refused | confirmed: claimed, mine | claimed, mine | refused |
/// | release | refused | open, nobody's | confirmed: open, nobody's | waiting, nobody's | refused |
/// | assign | claimed, theirs | claimed, theirs | confirmed: claimed, theirs | waiting, theirs | refused |
/// | reply | waiting, mine | waiting, mine | confirmed: waiting, mine | waiting, mine | waiting, mine |
/// | send draft | waiting, mine | waiting, mine | confirmed: waiting, mine | waiting, mine | waiting, mine |
/// | reject draft | open | claimed | confirmed: claimed | waiting | closed |
/// | cancel reply | claimed, mine | claimed, mine | confirmed: claimed, mine | claimed, mine | claimed, mine |
/// | stop pending | claimed, mine | claimed | claimed | claimed, mine | claimed, mine |
/// | note | open | claimed | claimed | waiting | closed |
/// | tag | open | claimed | claimed | waiting | closed |
/// | untag | open | claimed | claimed | waiting | closed |
/// | urgency | open | claimed | claimed | waiting | refused |
/// | snooze | open | claimed | confirmed: claimed | waiting | refused |
/// | wake | open | claimed | claimed | waiting | refused |
/// | close | closed, mine | closed, mine | confirmed: closed, mine | closed, mine | refused |
/// | reopen | refused | refused | refused | open | open |
/// | merge | closed | closed | confirmed: closed | closed | closed |
/// | split | open | claimed | confirmed: claimed | waiting | closed |
/// | hand back | open, nobody's | open, nobody's | confirmed: open, nobody's | waiting, nobody's | closed, nobody's |
/// | bot off | open | claimed | claimed | waiting | closed |
/// | bot on | open | claimed | claimed | waiting | closed |
///
/// What an act needs is taken to be there: a draft, a reply that waits, a message of the machine, a pause, a response clock
/// that runs; without it the act is refused, and a ticket handed back waits for the buyer where no clock runs. "Confirmed" is
/// what follows if the person wants it although a colleague has the ticket; a reply that replaces one that waits, and one that
/// leaves after the deadline, or a pause that lasts longer, want the same. A ticket that goes on in another one takes notes
/// only.
pub fn transition(
    ticket: &Ticket,
    by: &AgentName,
    command: &AgentCommand,
    around: &Circumstances<'_>,
) -> Result<TicketChange, Refusal> {
    let (event, text) = event_of(command)?;
    let stay = TicketChange::new(ticket.version, ticket.state, event, text);
    if matches!(command, AgentCommand::Note(_)) {
        return Ok(stay);
    }
    if let Some(into) = ticket.merged_into {
        return Err(Refusal::Merged { ticket: ticket.id, into });
    }
    let acting = Acting { ticket, by, around, stay };
    let change = match command {
        AgentCommand::Claim | AgentCommand::Release | AgentCommand::Assign(_) => acting.own(command),
        AgentCommand::Reply(_) | AgentCommand::SendDraft(_) => acting.answer(command),
        AgentCommand::RejectDraft(_) | AgentCommand::CancelReply | AgentCommand::StopPending => acting.stop(command),
        AgentCommand::Close(_) | AgentCommand::Reopen | AgentCommand::Merge(_) | AgentCommand::HandBack => {
            acting.end(command)
        }
        _ => acting.label(command),
    }?;
    // Nobody is asked to confirm what cannot be done.
    let mut doubts = if around.despite { Vec::new() } else { doubts(ticket, by, command, around) };
    match doubts.pop() {
        None => Ok(change),
        Some(doubt) if doubts.is_empty() => Err(doubt),
        Some(doubt) => Err(Refusal::Several([doubts, vec![doubt]].concat())),
    }
}

/// Returns everything that wants to be confirmed, at once: who confirms the one must have read the others.
fn doubts(ticket: &Ticket, by: &AgentName, command: &AgentCommand, around: &Circumstances<'_>) -> Vec<Refusal> {
    let id = ticket.id;
    let others = ticket.assignee.as_ref().filter(|owner| *owner != by && ticket.state == TicketState::Claimed);
    let taken = others.filter(|_| !is_free(command)).map(|owner| Refusal::TakenBy {
        ticket: id,
        owner: owner.clone(),
        at: ticket.claimed_at,
    });
    let answers = match command {
        AgentCommand::Reply(_) => true,
        AgentCommand::SendDraft(_) => around.draft.is_some(),
        _ => false,
    };
    let scheduled = around.scheduled.filter(|_| answers).map(|at| Refusal::Scheduled { ticket: id, at });
    let waits_until = match command {
        AgentCommand::Snooze(until) if ticket.state != TicketState::Closed => schedule::within(*until, around.now).ok(),
        _ => around.leaves_at.filter(|_| answers),
    };
    let late = waits_until.zip(ticket.respond_by).filter(|(at, respond_by)| at > respond_by);
    let late = late.map(|(at, respond_by)| Refusal::PastDeadline { ticket: id, at, respond_by });
    let accountable = match command {
        AgentCommand::Untag(tag) => {
            close::ACCOUNTABLE_TAGS.into_iter().find(|known| *known == tag.trim().to_lowercase())
        }
        _ => None,
    };
    let accountable = accountable.filter(|tag| ticket.tags.iter().any(|has| has == tag));
    let accountable = accountable.map(|tag| Refusal::KeepsAccount { ticket: id, tag: tag.to_owned() });
    taken.into_iter().chain(scheduled).chain(late).chain(accountable).collect()
}

/// Returns whether an act is possible on a ticket that somebody else works on: it takes nothing out of that person's hands.
fn is_free(command: &AgentCommand) -> bool {
    matches!(
        command,
        AgentCommand::Note(_)
            | AgentCommand::Tag(_)
            | AgentCommand::Untag(_)
            | AgentCommand::SetUrgency(_)
            | AgentCommand::Wake
            | AgentCommand::Reopen
            | AgentCommand::BotOff
            | AgentCommand::BotOn
            | AgentCommand::StopPending
    )
}

/// One act on one ticket.
struct Acting<'a> {
    ticket: &'a Ticket,
    by: &'a AgentName,
    around: &'a Circumstances<'a>,
    /// The change that changes nothing.
    stay: TicketChange,
}

impl Acting<'_> {
    /// Whose it is.
    fn own(self, command: &AgentCommand) -> Result<TicketChange, Refusal> {
        let id = self.ticket.id;
        let mine = self.ticket.assignee.as_ref() == Some(self.by);
        let (state, owner) = match (command, self.ticket.state) {
            (_, TicketState::Closed) => return Err(Refusal::Closed(id)),
            (AgentCommand::Claim, TicketState::Claimed) if mine => return Err(Refusal::AlreadyYours(id)),
            (AgentCommand::Release, _) if self.ticket.assignee.is_none() => return Err(Refusal::Nobodys(id)),
            (AgentCommand::Release, TicketState::Waiting) => (TicketState::Waiting, Owner::Nobody),
            (AgentCommand::Release, _) => (TicketState::Open, Owner::Nobody),
            (AgentCommand::Assign(person), TicketState::Claimed) if self.ticket.assignee.as_ref() == Some(person) => {
                let yours = person == self.by;
                return Err(if yours { Refusal::AlreadyYours(id) } else { self.taken(person) });
            }
            (AgentCommand::Assign(person), state) => {
                let state = if state == TicketState::Waiting { state } else { TicketState::Claimed };
                (state, Owner::Person(person.clone()))
            }
            _ => (TicketState::Claimed, Owner::Actor),
        };
        Ok(TicketChange { state, owner, take_over: *command != AgentCommand::Release, ..self.stay })
    }

    fn taken(&self, owner: &AgentName) -> Refusal {
        Refusal::TakenBy { ticket: self.ticket.id, owner: owner.clone(), at: self.ticket.claimed_at }
    }

    /// An answer to the buyer.
    fn answer(self, command: &AgentCommand) -> Result<TicketChange, Refusal> {
        let id = self.ticket.id;
        let (text, outcome) = match (command, self.around.draft) {
            (AgentCommand::Reply(answer), Some(draft)) if answer.text.trim() == draft.trim() => {
                (answer.text.clone(), Some(DraftOutcome::Sent))
            }
            (AgentCommand::Reply(answer), Some(_)) => {
                let outcome = if answer.from_draft { DraftOutcome::Edited } else { DraftOutcome::Unused };
                (answer.text.clone(), Some(outcome))
            }
            (AgentCommand::Reply(answer), None) => (answer.text.clone(), None),
            (_, Some(draft)) => (draft.to_owned(), Some(DraftOutcome::Sent)),
            (_, None) => return Err(Refusal::NoDraft(id)),
        };
        let edit = self.around.scheduled.map(|_| Edit::CancelReply);
        let (state, owner) = (TicketState::Waiting, Owner::Actor);
        Ok(TicketChange { state, owner, take_over: true, text, draft: outcome, edit, ..self.stay })
    }

    /// The end of something that was about to be said.
    fn stop(self, command: &AgentCommand) -> Result<TicketChange, Refusal> {
        let id = self.ticket.id;
        match command {
            AgentCommand::RejectDraft(_) if self.around.draft.is_none() => Err(Refusal::NoDraft(id)),
            AgentCommand::RejectDraft(_) => Ok(TicketChange { draft: Some(DraftOutcome::Rejected), ..self.stay }),
            AgentCommand::CancelReply if self.around.scheduled.is_none() => Err(Refusal::NothingScheduled(id)),
            AgentCommand::CancelReply => {
                let (state, owner, edit) = (TicketState::Claimed, Owner::Actor, Some(Edit::CancelReply));
                Ok(TicketChange { state, owner, take_over: true, edit, ..self.stay })
            }
            _ if !self.around.pending => Err(Refusal::NothingPending(id)),
            _ => {
                let others = self.ticket.state == TicketState::Claimed;
                let owner = if others { Owner::Same } else { Owner::Actor };
                let (state, edit) = (TicketState::Claimed, Some(Edit::StopPending));
                Ok(TicketChange { state, owner, take_over: true, edit, ..self.stay })
            }
        }
    }

    /// The end of a case, or of our part in it.
    fn end(self, command: &AgentCommand) -> Result<TicketChange, Refusal> {
        let (id, state) = (self.ticket.id, self.ticket.state);
        match (command, state) {
            (AgentCommand::Close(_), TicketState::Closed) => Err(Refusal::Closed(id)),
            (AgentCommand::Close(closing), _) => {
                let missing = if self.around.accountable { close::missing(closing) } else { Vec::new() };
                if !missing.is_empty() {
                    return Err(Refusal::Unaccounted { ticket: id, missing });
                }
                if let Some(cause) = closing.cause.as_ref().filter(|cause| !self.around.causes.contains(cause)) {
                    return Err(Refusal::UnknownCause { cause: cause.clone(), known: self.around.causes.to_vec() });
                }
                let (state, owner, edit) = (TicketState::Closed, Owner::Actor, Edit::Closing(closing.clone()));
                let draft = self.around.draft.map(|_| DraftOutcome::Unused);
                Ok(TicketChange { state, owner, take_over: true, draft, edit: Some(edit), ..self.stay })
            }
            (AgentCommand::Merge(into), _) if *into == id => Err(Refusal::IntoItself(id)),
            (AgentCommand::Merge(_), _) => {
                let draft = self.around.draft.map(|_| DraftOutcome::Unused);
                Ok(TicketChange { state: TicketState::Closed, owner: Owner::Same, take_over: true, draft, ..self.stay })
            }
            (AgentCommand::Reopen, TicketState::Closed | TicketState::Waiting) => {
                Ok(TicketChange { state: TicketState::Open, ..self.stay })
            }
            (AgentCommand::Reopen, _) => Err(Refusal::AlreadyOpen(id)),
            (_, state) => {
                let state = match state {
                    TicketState::Claimed if self.ticket.respond_by.is_none() => TicketState::Waiting,
                    TicketState::Claimed => TicketState::Open,
                    state => state,
                };
                Ok(TicketChange { state, owner: Owner::Nobody, edit: Some(Edit::HandBack), ..self.stay })
            }
        }
    }

    /// What changes neither state nor owner.
    fn label(self, command: &AgentCommand) -> Result<TicketChange, Refusal> {
        let closed = self.ticket.state == TicketState::Closed;
        let needs_life = matches!(command, AgentCommand::Snooze(_) | AgentCommand::Wake | AgentCommand::SetUrgency(_));
        if closed && needs_life {
            return Err(Refusal::Closed(self.ticket.id));
        }
        let edit = match command {
            AgentCommand::Snooze(until) => Some(Edit::Snooze(Some(schedule::within(*until, self.around.now)?))),
            AgentCommand::Wake if self.ticket.snoozed_until.is_none() => {
                return Err(Refusal::NotSnoozed(self.ticket.id));
            }
            AgentCommand::Wake => Some(Edit::Snooze(None)),
            AgentCommand::Tag(tag) => Some(Edit::Tags(self.tags_with(tag)?)),
            AgentCommand::Untag(tag) => Some(Edit::Tags(self.tags_without(tag)?)),
            AgentCommand::SetUrgency(urgency) => Some(Edit::Urgency(*urgency)),
            AgentCommand::BotOff => Some(Edit::BotOff(true)),
            AgentCommand::BotOn => Some(Edit::BotOff(false)),
            _ => None,
        };
        Ok(TicketChange { take_over: *command == AgentCommand::BotOff, edit, ..self.stay })
    }

    fn tags_with(&self, tag: &str) -> Result<Vec<String>, Refusal> {
        let tag = tag_of(tag)?;
        if self.ticket.tags.contains(&tag) {
            return Err(Refusal::HasTag(tag));
        }
        if self.ticket.tags.len() >= MOST_TAGS {
            return Err(Refusal::TooManyTags);
        }
        Ok(self.ticket.tags.iter().cloned().chain([tag]).collect())
    }

    fn tags_without(&self, tag: &str) -> Result<Vec<String>, Refusal> {
        let tag = tag.trim().to_lowercase();
        if !self.ticket.tags.contains(&tag) {
            return Err(Refusal::NoTag(tag));
        }
        Ok(self.ticket.tags.iter().filter(|known| **known != tag).cloned().collect())
    }
}

/// Returns a label as it is kept: small letters.
fn tag_of(written: &str) -> Result<String, Refusal> {
    let tag = written.trim().to_lowercase();
    let plain = tag.chars().all(|sign| sign.is_alphanumeric() || sign == '-' || sign == '_');
    if tag.is_empty() || !plain || tag.chars().count() > LONGEST_TAG {
        return Err(Refusal::BadTag(written.trim().to_owned()));
    }
    Ok(tag)
}

/// Returns the line of history that an act writes.
fn event_of(command: &AgentCommand) -> Result<(EventKind, String), Refusal> {
    let written = |kind, text: &String| {
        if text.trim().is_empty() { Err(Refusal::EmptyText) } else { Ok((kind, text.clone())) }
    };
    let bare = |kind| Ok((kind, String::new()));
    match command {
        AgentCommand::Claim => bare(EventKind::Claimed),
        AgentCommand::Release => bare(EventKind::Released),
        AgentCommand::Assign(person) => Ok((EventKind::Assigned, person.to_string())),
        AgentCommand::SendDraft(_) => bare(EventKind::Reply),
        AgentCommand::Reply(answer) => written(EventKind::Reply, &answer.text),
        AgentCommand::RejectDraft(why) => Ok((EventKind::Rejected, why.clone())),
        AgentCommand::CancelReply => bare(EventKind::TakenBack),
        AgentCommand::Note(text) => written(EventKind::Note, text),
        AgentCommand::Close(closing) => Ok((EventKind::Closed, close::words(closing))),
        AgentCommand::Reopen => bare(EventKind::Reopened),
        AgentCommand::Snooze(until) => Ok((EventKind::Snoozed, minutes(*until))),
        AgentCommand::Wake => bare(EventKind::Woken),
        AgentCommand::Tag(tag) => Ok((EventKind::Tagged, format!("+{}", tag_of(tag)?))),
        AgentCommand::Untag(tag) => Ok((EventKind::Tagged, format!("-{}", tag.trim().to_lowercase()))),
        AgentCommand::SetUrgency(urgency) => Ok((EventKind::Urgency, urgency.as_str().to_owned())),
        AgentCommand::Merge(into) => Ok((EventKind::Merged, format!("goes on in ticket {into}"))),
        AgentCommand::Split(_) => bare(EventKind::Split),
        AgentCommand::HandBack => bare(EventKind::HandedBack),
        AgentCommand::BotOff => bare(EventKind::BotOff),
        AgentCommand::BotOn => bare(EventKind::BotOn),
        AgentCommand::StopPending => bare(EventKind::Stopped),
    }
}

/// Returns a moment to the minute, in UTC: history is read in many zones.
fn minutes(at: Timestamp) -> String {
    let rounded = at.round(jiff::Unit::Minute).unwrap_or(at);
    format!("until {rounded}")
}

fn since(at: Option<&Timestamp>) -> String {
    let whole = |at: &Timestamp| *at - SignedDuration::from_millis(i64::from(at.subsec_millisecond()));
    at.map_or_else(String::new, |at| format!(" since {}", whole(at)))
}
