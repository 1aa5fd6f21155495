//! What a person may do to a ticket, wherever they do it.

use crate::model::{
    outbound::NewOutbound,
    ticket::{EventKind, TicketState},
};

/// One act of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentCommand {
    /// Take the ticket.
    Claim,
    /// Answer the buyer with this text.
    Reply(String),
    /// Send the newest draft as it stands.
    SendDraft,
    /// Write something for colleagues only.
    Note(String),
    /// Close it; the text says how it ended.
    Close(String),
}

/// What an allowed act changes, computed by `desk` and written by the store in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketChange {
    /// The version the change was computed on.
    pub version: i64,
    /// The new state.
    pub state: TicketState,
    /// The acting person becomes (or stays) the owner.
    pub assign: bool,
    /// The event to write, with its text.
    pub event: EventKind,
    /// The text of the event.
    pub text: String,
    /// The human takes the conversation over: the thread's epoch rises and pending automatic sends are cancelled.
    pub take_over: bool,
    /// The message to send, composed, if the act sends one.
    pub outbound: Option<NewOutbound>,
}

impl TicketChange {
    /// Returns whether the buyer waits for a person as before: only an answer, or the end of the case, stops the response
    /// clock.
    pub fn keeps_waiting(&self) -> bool {
        self.event != EventKind::Reply && self.state != TicketState::Closed
    }
}
