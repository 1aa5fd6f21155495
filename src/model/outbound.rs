//! A message of ours on its way out, and the states it passes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::ids::{AccountName, IntentId, OutboxId, ReplyId, ThreadId};

/// What an outgoing message is to the buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutboundKind {
    /// "We got it, a person will write." Stops no response clock.
    Ack,
    /// A question for a missing value; counted apart from answers.
    Ask,
    /// A reply that settles the question, by rule or by a person.
    Answer,
    /// An answer prepared for a person to send; never leaves by itself.
    Draft,
}

impl OutboundKind {
    /// Returns the word used in the store and in keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Ask => "ask",
            Self::Answer => "answer",
            Self::Draft => "draft",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Ack, Self::Ask, Self::Answer, Self::Draft].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A message to be put into the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct NewOutbound {
    /// Unique key: `i<inbound>-<kind>` for rules, `t<ticket>-<n>` for people. A second row of the same key is refused.
    pub key: String,
    /// Which mailbox or bot sends it.
    pub account: AccountName,
    /// What it is to the buyer.
    pub kind: OutboundKind,
    /// A person wrote it.
    pub human: bool,
    /// The buyer's key (lower-cased address or chat key), for the caps.
    pub recipient_key: String,
    /// The domain of the buyer's address, for the caps.
    pub recipient_domain: Option<String>,
    /// The intents it speaks to.
    pub intents: Vec<IntentId>,
    /// The replies it is made of.
    pub replies: Vec<ReplyId>,
    /// What goes over the wire, fixed once and for all attempts.
    pub payload: Payload,
}

/// The bytes of an outgoing message, fixed before the first attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Payload {
    /// A mail.
    Mail(MailPayload),
    /// A Telegram message.
    Telegram(TelegramPayload),
}

impl Payload {
    /// Returns the plain text a person reads in the terminal or on a ticket.
    pub fn text(&self) -> &str {
        match self {
            Self::Mail(mail) => &mail.text,
            Self::Telegram(telegram) => &telegram.text,
        }
    }
}

/// A composed mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailPayload {
    /// `MAIL FROM`; empty for the null sender.
    pub envelope_from: String,
    /// The one recipient, `RCPT TO`.
    pub envelope_to: String,
    /// Our Message-ID without angle brackets.
    pub message_id: String,
    /// The whole message in CRLF form, as base64 in records.
    #[serde(with = "bytes_as_base64")]
    pub bytes: Vec<u8>,
    /// The plain text part, for people.
    pub text: String,
}

/// A Telegram `sendMessage` call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelegramPayload {
    /// `chat_id`.
    pub chat_id: i64,
    /// `business_connection_id`.
    pub business_connection_id: Option<String>,
    /// `reply_parameters.message_id`.
    pub reply_to_message_id: Option<i32>,
    /// `text`, at most 4,096 UTF-16 units.
    pub text: String,
}

/// A claimed outbox row.
#[derive(Debug, Clone, PartialEq)]
pub struct Outbound {
    /// Row number.
    pub id: OutboxId,
    /// The unique key.
    pub key: String,
    /// Which mailbox or bot sends it.
    pub account: AccountName,
    /// What it is to the buyer.
    pub kind: OutboundKind,
    /// A person wrote it.
    pub human: bool,
    /// The thread it belongs to.
    pub thread: ThreadId,
    /// How many attempts were begun before this one.
    pub attempts: u32,
    /// When it was first due.
    pub created_at: Timestamp,
    /// What goes over the wire.
    pub payload: Payload,
}

/// Where a send stands; persisted so that a restart knows what may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Nothing has left that could be delivered: repeating is safe.
    Before,
    /// The final dot (SMTP) or the request body (Telegram) may have been written: repeating is not safe.
    Dot,
}

impl Phase {
    /// Returns the word used in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Dot => "dot",
        }
    }
}

/// Whom a failed attempt concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// This message; others may well be taken.
    Message,
    /// Everything that goes through the account: the server is away, refuses the login, or asks for less.
    Account,
}

/// What a channel reports about one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// The server took responsibility; its words are the proof.
    Sent {
        /// The server's reply, or the Telegram `message_id`.
        proof: String,
    },
    /// Nothing was delivered; try the same bytes again.
    Retry {
        /// What went wrong.
        reason: String,
        /// The server named a time to wait, in seconds (Telegram `retry_after`).
        after_seconds: Option<u32>,
        /// Whether other messages of the account wait as well.
        concerns: Concern,
    },
    /// Nothing was delivered and never will be.
    Failed {
        /// The server's reply.
        reason: String,
    },
    /// The server may or may not have delivered it. Never repeated automatically.
    Uncertain {
        /// What was seen last.
        reason: String,
    },
}

/// What a channel knows of a message that may have left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// It was seen outside, so it had left.
    Found {
        /// Where.
        proof: String,
    },
    /// It is not there, or not yet.
    Absent,
    /// The place cannot be looked at now, or there is none.
    Unknown {
        /// Why.
        reason: String,
    },
}

mod bytes_as_base64 {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(D::Error::custom)
    }
}
