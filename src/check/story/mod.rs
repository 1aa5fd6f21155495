//! Stories: conversations that a seller wants to hold true, step by step.
//!
//! A story file is read ([`read`]) into steps of the buyer, of the people at the desk and of the clock; [`play`] has the
//! engine decide each message in a small world ([`world`]) that keeps what the store would keep, and compares the
//! verdicts with what the story expects ([`claim`]). Nothing is sent and nothing is stored.

pub mod claim;
pub mod play;
pub mod read;
pub mod world;

mod clock;
mod silence;
pub(in crate::check) mod steps;

use jiff::{SignedDuration, Timestamp, civil};

use crate::{
    check::story::claim::Claim,
    diagnostic::source::Span,
    model::{agent_command::AgentCommand, inbound::ChannelKind, language::Language, order::Order},
};

/// One conversation with what is expected of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// What it tells, one sentence.
    pub name: String,
    /// The moment of its first step.
    pub at: Timestamp,
    /// Where the buyer writes, unless a step says otherwise.
    pub channel: ChannelKind,
    /// What happens, in order; never empty.
    pub steps: Vec<Step>,
    /// Where its name is written.
    pub span: Span,
}

/// One thing that happens, and what is expected then.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What happens.
    pub act: Act,
    /// What must hold afterwards; empty if nothing is expected.
    pub claims: Vec<Claim>,
    /// Where it is written.
    pub span: Span,
}

/// What happens in one step.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// A buyer writes.
    Buyer(Box<Letter>),
    /// A person at the desk does something to the ticket of the conversation.
    Agent(AgentCommand),
    /// Time passes.
    Wait(SignedDuration),
    /// The clock goes on to a moment.
    At(Timestamp),
    /// The clock goes on to the next time it shows this at the desk.
    Clock(civil::Time),
    /// The shop's records know this order, of that address; without one it is the order of whoever writes.
    Order(Box<Order>, Option<String>),
    /// Somebody stops all automatic answers, for this reason.
    Pause(String),
    /// Automatic answers are on again.
    Resume,
}

/// A message of a buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The new text.
    pub text: String,
    /// The subject of a mail; none continues the conversation's, or leaves it empty.
    pub subject: Option<String>,
    /// The address, or for a chat any word that tells buyers apart; none is the buyer of the story.
    pub from: Option<String>,
    /// The name shown beside it.
    pub name: Option<String>,
    /// Where it comes in.
    pub channel: ChannelKind,
    /// Names of files that come along.
    pub attachments: Vec<String>,
    /// More header fields of a mail, name and value.
    pub headers: Vec<(String, String)>,
    /// The language that the buyer's Telegram claims.
    pub client_language: Option<Language>,
    /// It begins a new mail instead of answering the last one.
    pub new_mail: bool,
}
