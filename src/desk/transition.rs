//! The states of a ticket and the acts that move it: total over every state and every act.

use crate::model::{
    agent_command::{AgentCommand, TicketChange},
    ids::AgentName,
    ticket::{EventKind, Ticket, TicketState},
};

/// Why an act is not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody else works on it.
    #[error("ticket {ticket} is claimed by {owner}")]
    TakenBy {
        /// The ticket.
        ticket: crate::model::ids::TicketId,
        /// Who.
        owner: AgentName,
    },
    /// It is claimed by the acting person already.
    #[error("ticket {0} is yours already")]
    AlreadyYours(crate::model::ids::TicketId),
    /// It is closed.
    #[error("ticket {0} is closed; a new message of the buyer opens it again")]
    Closed(crate::model::ids::TicketId),
    /// A text is needed and none was given.
    #[error("the text is empty")]
    EmptyText,
}

/// Returns what an act changes, without the composed message, or why it is not possible.
///
/// | from \ act | claim | reply, send draft | note | close |
/// |---|---|---|---|---|
/// | open | claimed | waiting | open | closed |
/// | claimed by me | refused | waiting | claimed | closed |
/// | claimed by another | refused | refused | claimed | refused |
/// | waiting | claimed | waiting | waiting | closed |
/// | closed | refused | waiting | closed | refused |
pub fn transition(ticket: &Ticket, by: &AgentName, command: &AgentCommand) -> Result<TicketChange, Refusal> {
    let (event, text) = event_of(command)?;
    let stay = TicketChange {
        version: ticket.version,
        state: ticket.state,
        assign: false,
        event,
        text,
        take_over: false,
        outbound: None,
    };
    if matches!(command, AgentCommand::Note(_)) {
        return Ok(stay);
    }
    if let (TicketState::Claimed, Some(owner)) = (ticket.state, &ticket.assignee)
        && owner != by
    {
        return Err(Refusal::TakenBy { ticket: ticket.id, owner: owner.clone() });
    }
    let state = match (command, ticket.state) {
        (AgentCommand::Claim, TicketState::Claimed) => return Err(Refusal::AlreadyYours(ticket.id)),
        (AgentCommand::Claim | AgentCommand::Close(_), TicketState::Closed) => return Err(Refusal::Closed(ticket.id)),
        (AgentCommand::Claim, _) => TicketState::Claimed,
        (AgentCommand::Reply(_) | AgentCommand::SendDraft, _) => TicketState::Waiting,
        (AgentCommand::Close(_), _) => TicketState::Closed,
        (AgentCommand::Note(_), state) => state,
    };
    Ok(TicketChange { state, assign: true, take_over: true, ..stay })
}

fn event_of(command: &AgentCommand) -> Result<(EventKind, String), Refusal> {
    let written = |kind, text: &String| {
        if text.trim().is_empty() { Err(Refusal::EmptyText) } else { Ok((kind, text.clone())) }
    };
    match command {
        AgentCommand::Claim => Ok((EventKind::Claimed, String::new())),
        AgentCommand::SendDraft => Ok((EventKind::Reply, String::new())),
        AgentCommand::Reply(text) => written(EventKind::Reply, text),
        AgentCommand::Note(text) => written(EventKind::Note, text),
        AgentCommand::Close(text) => Ok((EventKind::Closed, text.clone())),
    }
}
