//! The one entry for everything a person does to a ticket, whichever way it comes in.

use jiff::Timestamp;

use crate::{
    desk::transition::{self, Refusal},
    engine::settings::Settings,
    model::{
        agent_command::AgentCommand,
        ids::{AgentName, TicketId},
        outbound::{NewOutbound, OutboundKind},
        ticket::Ticket,
    },
    service::{
        accounts::Accounts,
        outgoing::{self, OutgoingError, Words},
        reading::{self, Parsed},
    },
    store::{
        Store,
        error::StoreError,
        ticket::{ChangeOutcome, TicketFile},
    },
};

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
    #[error("ticket {} was changed meanwhile and is now {}{}", .0.id, .0.state.as_str(), owner(.0))]
    Conflict(Box<Ticket>),
    /// There is no draft to send.
    #[error("ticket {0} has no draft; write the reply yourself")]
    NoDraft(TicketId),
    /// There is no message to answer.
    #[error("ticket {0} has no message that can be answered")]
    NothingToAnswer(TicketId),
    /// The answer cannot be put on its way.
    #[error(transparent)]
    Outgoing(#[from] OutgoingError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Performs one act of a person and returns the ticket as it is afterwards.
///
/// The change, the message it sends and the take-over are one transaction; if somebody changed the ticket since it was
/// read, nothing happens and the caller is told what it is now.
///
/// `settings` are those of the engine: how marketplaces write, and whom we trust.
pub async fn act(
    store: &Store,
    accounts: &Accounts,
    settings: &Settings,
    by: &AgentName,
    id: TicketId,
    command: &AgentCommand,
    now: Timestamp,
) -> Result<Ticket, ActError> {
    crate::failpoint::reach("agent.act.before");
    let file = store.ticket(id).await?.ok_or(ActError::NoTicket(id))?;
    let mut change = transition::transition(&file.ticket, by, command)?;
    match command {
        AgentCommand::Reply(text) => change.outbound = Some(answer(accounts, settings, &file, text, now)?),
        AgentCommand::SendDraft => {
            let (_, draft) = file.draft.as_ref().ok_or(ActError::NoDraft(id))?;
            let text = draft.text().to_owned();
            change.outbound = Some(answer(accounts, settings, &file, &text, now)?);
            change.text = text;
        }
        AgentCommand::Claim | AgentCommand::Note(_) | AgentCommand::Close(_) => {}
    }
    crate::failpoint::reach("agent.change.before");
    match store.change_ticket(id, by, &change, now).await? {
        ChangeOutcome::Changed => Ok(store.ticket(id).await?.ok_or(ActError::NoTicket(id))?.ticket),
        ChangeOutcome::Conflict(ticket) => Err(ActError::Conflict(ticket)),
        ChangeOutcome::Gone => Err(ActError::NoTicket(id)),
    }
}

/// Composes a person's answer to the newest message of the ticket. A human message carries no mark of a machine.
fn answer(
    accounts: &Accounts,
    settings: &Settings,
    file: &TicketFile,
    text: &str,
    now: Timestamp,
) -> Result<NewOutbound, ActError> {
    let id = file.ticket.id;
    let stored = file.last_inbound.as_ref().ok_or(ActError::NothingToAnswer(id))?;
    let Parsed::Message(inbound) = reading::parse(&stored.received, settings) else {
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
    let mut rows = outgoing::compose(accounts, &inbound, &words, now)?;
    if rows.len() > 1 {
        return Err(ActError::Outgoing(OutgoingError::TooLong));
    }
    rows.pop().ok_or(ActError::NothingToAnswer(id))
}

fn owner(ticket: &Ticket) -> String {
    ticket.assignee.as_ref().map(|owner| format!(" by {owner}")).unwrap_or_default()
}
