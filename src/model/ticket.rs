//! A case in the human queue.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{
    closing::{CloseResult, Compensation},
    ids::{AgentName, InboundId, IntentId, ThreadId, TicketId},
};

/// A ticket with what the queue shows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Row number.
    pub id: TicketId,
    /// The conversation.
    pub thread: ThreadId,
    /// The message that opened it.
    pub inbound: InboundId,
    /// Where it stands.
    pub state: TicketState,
    /// How soon a person must look.
    pub urgency: Urgency,
    /// The subject, or the first words of a chat message.
    pub subject: String,
    /// The buyer's name or address.
    pub buyer: String,
    /// The intent the engine would name.
    pub intent: Option<IntentId>,
    /// Why a machine did not settle it.
    pub reasons: Vec<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// Who owns it.
    pub assignee: Option<AgentName>,
    /// Rises with every change; a change against an older version is refused.
    pub version: i64,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When anything last changed.
    pub changed_at: Timestamp,
    /// By when a person must have answered; none while it is the buyer's turn and where no clock runs.
    pub respond_by: Option<Timestamp>,
    /// Since when the owner has it; none while nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<Timestamp>,
    /// Out of the queue until then, unless the buyer writes before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<Timestamp>,
    /// It goes on in that ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<TicketId>,
    /// What came of it when it was closed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<CloseResult>,
    /// Why it came to it, one of the shop's causes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What it cost the shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compensation: Option<Compensation>,
}

/// By when a person must have answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The moment.
    pub at: Timestamp,
    /// The clock that says so: `amazon 24h`, `email same_day`, `reply_within`.
    pub clock: String,
}

/// Where a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TicketState {
    /// Nobody has taken it.
    Open,
    /// A person works on it.
    Claimed,
    /// A person answered; it is the buyer's turn.
    Waiting,
    /// Done. A new message of the buyer opens it again.
    Closed,
}

impl TicketState {
    /// Every state, in the order of life.
    pub const ALL: [Self; 4] = [Self::Open, Self::Claimed, Self::Waiting, Self::Closed];

    /// Returns the word used in the store and in lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Claimed => "claimed",
            Self::Waiting => "waiting",
            Self::Closed => "closed",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// How soon a person must look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// In the order of arrival.
    #[default]
    Normal,
    /// Before the normal ones.
    High,
    /// Now: money or goods are about to move.
    Urgent,
}

impl Urgency {
    /// Returns the word used in files, in the store and in lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Normal, Self::High, Self::Urgent].into_iter().find(|urgency| urgency.as_str() == word)
    }
}

/// One line of a ticket's history, oldest first when listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketEvent {
    /// When.
    pub at: Timestamp,
    /// Who; `nightdesk` for the machine, `buyer` for the buyer.
    pub by: String,
    /// What.
    pub what: EventKind,
    /// The text of a message, note or reason; empty where there is none.
    pub text: String,
    /// The version of the ticket that it made; 0 for those of earlier releases.
    #[serde(skip)]
    pub version: i64,
}

/// What happened on a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The engine opened it, or added a reason.
    Opened,
    /// A message of the buyer.
    Inbound,
    /// An ack, ask or answer of the engine.
    Automatic,
    /// A draft the engine prepared.
    Draft,
    /// A person took it.
    Claimed,
    /// A person answered the buyer.
    Reply,
    /// An internal note; never leaves the house.
    Note,
    /// A person closed it.
    Closed,
    /// A new message opened it again.
    Reopened,
    /// A send failed or is uncertain, or a reply left that waited for its hour.
    Delivery,
    /// A person gave it back to the queue.
    Released,
    /// A person gave it to somebody; the text names who.
    Assigned,
    /// A person answered, and the answer waits for its hour; the text is the answer.
    Scheduled,
    /// A reply that waited for its hour was taken back, by a person or by the buyer's next message.
    TakenBack,
    /// A person threw the draft away.
    Rejected,
    /// A person put it off; the text says until when.
    Snoozed,
    /// It is in the queue again, by a person or by the hour.
    Woken,
    /// A label was added or taken away: `+late`, `-late`.
    Tagged,
    /// A person said how soon somebody must look.
    Urgency,
    /// It goes on in another ticket, or another one goes on in it.
    Merged,
    /// A message of it began a ticket of its own, or it began so.
    Split,
    /// A person let the machine speak again.
    HandedBack,
    /// A person switched the machine off in the conversation.
    BotOff,
    /// A person switched the machine on again in the conversation.
    BotOn,
    /// A person stopped what the machine was about to say.
    Stopped,
    /// A person took an act back; the text says which.
    Undone,
    /// The buyer has waited for a person for a day or longer.
    Alarm,
    /// The buyer said how content they were; the text begins with the score.
    Rated,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 28] = [
        Self::Opened,
        Self::Inbound,
        Self::Automatic,
        Self::Draft,
        Self::Claimed,
        Self::Reply,
        Self::Note,
        Self::Closed,
        Self::Reopened,
        Self::Delivery,
        Self::Released,
        Self::Assigned,
        Self::Scheduled,
        Self::TakenBack,
        Self::Rejected,
        Self::Snoozed,
        Self::Woken,
        Self::Tagged,
        Self::Urgency,
        Self::Merged,
        Self::Split,
        Self::HandedBack,
        Self::BotOff,
        Self::BotOn,
        Self::Stopped,
        Self::Undone,
        Self::Alarm,
        Self::Rated,
    ];

    /// Returns the word used in the store and in lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Inbound => "inbound",
            Self::Automatic => "automatic",
            Self::Draft => "draft",
            Self::Claimed => "claimed",
            Self::Reply => "reply",
            Self::Note => "note",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::Delivery => "delivery",
            Self::Released => "released",
            Self::Assigned => "assigned",
            Self::Scheduled => "scheduled",
            Self::TakenBack => "taken_back",
            Self::Rejected => "rejected",
            Self::Snoozed => "snoozed",
            Self::Woken => "woken",
            Self::Tagged => "tagged",
            Self::Urgency => "urgency",
            Self::Merged => "merged",
            Self::Split => "split",
            Self::HandedBack => "handed_back",
            Self::BotOff => "bot_off",
            Self::BotOn => "bot_on",
            Self::Stopped => "stopped",
            Self::Undone => "undone",
            Self::Alarm => "alarm",
            Self::Rated => "rated",
        }
    }

    /// Returns whether somebody who acts without having seen it does nothing wrong: it changes neither what the buyer was
    /// told or wrote nor whose the ticket is.
    pub fn is_harmless(self) -> bool {
        matches!(self, Self::Note | Self::Tagged | Self::Urgency | Self::Snoozed | Self::Woken | Self::Alarm)
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}
