//! What other programs may be told of tickets.

use jiff::Timestamp;

use crate::model::{
    ids::{AccountName, TicketId},
    ticket::EventKind,
};

/// A thing that happens on a ticket and that other programs may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HookKind {
    /// It was opened, or a reason was added.
    Opened,
    /// A person took it.
    Claimed,
    /// A person answered the buyer.
    Replied,
    /// A person closed it.
    Closed,
    /// A new message opened it again.
    Reopened,
    /// The buyer has waited for a person for a day or longer.
    Alarm,
}

impl HookKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Opened, Self::Claimed, Self::Replied, Self::Closed, Self::Reopened, Self::Alarm];

    /// Returns the name that the configuration and the other side use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "ticket.opened",
            Self::Claimed => "ticket.claimed",
            Self::Replied => "ticket.replied",
            Self::Closed => "ticket.closed",
            Self::Reopened => "ticket.reopened",
            Self::Alarm => "ticket.alarm",
        }
    }

    /// Reads the name back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Returns what a line of a ticket's history is to other programs; most are nothing.
    pub fn of(what: EventKind) -> Option<Self> {
        match what {
            EventKind::Opened => Some(Self::Opened),
            EventKind::Claimed => Some(Self::Claimed),
            EventKind::Reply => Some(Self::Replied),
            EventKind::Closed => Some(Self::Closed),
            EventKind::Reopened => Some(Self::Reopened),
            EventKind::Alarm => Some(Self::Alarm),
            _ => None,
        }
    }
}

/// A line of a ticket's history with the ticket as it is when it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookEvent {
    /// The ticket.
    pub ticket: TicketId,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub by: String,
    /// The text of the line: words of buyers or colleagues.
    pub text: String,
    /// Where the ticket stands.
    pub state: String,
    /// Its subject: words of the buyer.
    pub subject: String,
    /// The intent the engine would name.
    pub intent: Option<String>,
    /// The mailbox or bot.
    pub account: AccountName,
    /// The kind of channel.
    pub channel: String,
}
