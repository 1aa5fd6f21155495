//! The second transaction of a message's life: everything one decision changes, written together or not at all.

use jiff::Timestamp;

use crate::model::{
    context::Counters,
    ids::{InboundId, OutboxId, ThreadId, TicketId},
    inbound::ChannelKind,
    language::Language,
    outbound::NewOutbound,
    verdict::Verdict,
};

/// A decision on its way into the store.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The message decided on; its row must still be undecided.
    pub inbound: InboundId,
    /// What the parser found, for lists, threading and duplicate detection.
    pub envelope: InboundEnvelope,
    /// The thread and the epoch the decision was made on.
    pub thread: ThreadChoice,
    /// The counters the decision was made on; counted again in the transaction.
    pub counters: Counters,
    /// The decision with its evidence.
    pub verdict: Verdict,
    /// Why it goes into quarantine all the same: part of it was not looked at, because it exceeds a limit.
    pub beyond_limits: Option<String>,
    /// A cap was reached: where the sender has an open ticket, the message joins it instead of beginning a conversation.
    pub over_cap: bool,
    /// It is known that nobody answered it in a time that the store does not know (restore mode).
    pub unanswered_before: bool,
    /// Messages to send or drafts to keep.
    pub outbound: Vec<NewOutbound>,
    /// Automatic messages wait until this moment, so that a person can stop them; none if they leave at once.
    pub stoppable_until: Option<Timestamp>,
    /// Earlier messages of the same burst, oldest first: the decision is about all of them, and they end as this one.
    pub joined: Vec<Joined>,
    /// When.
    pub now: Timestamp,
}

/// A message that is decided together with a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// Its row, which must still be undecided.
    pub inbound: InboundId,
    /// What the parser found in it.
    pub envelope: InboundEnvelope,
}

/// What the store keeps of a parsed message beside its raw bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundEnvelope {
    /// The kind of channel.
    pub channel: ChannelKind,
    /// The sender's key (lower-cased address or chat key), if there is one.
    pub sender_key: Option<String>,
    /// The sender's domain, lower case.
    pub sender_domain: Option<String>,
    /// The sender's name.
    pub sender_name: Option<String>,
    /// Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// The chat key, for Telegram.
    pub chat_key: Option<String>,
    /// The decoded subject.
    pub subject: String,
    /// The new text.
    pub text: String,
    /// Its hash.
    pub body_hash: [u8; 32],
    /// The language the engine found.
    pub language: Option<Language>,
}

/// The thread a message goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreadChoice {
    /// A new one.
    New,
    /// A known one, at this epoch.
    Existing {
        /// Row number.
        id: ThreadId,
        /// The epoch the decision saw.
        epoch: i64,
    },
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitOutcome {
    /// Written.
    Committed {
        /// The thread it went to.
        thread: ThreadId,
        /// The ticket opened or extended.
        ticket: Option<TicketId>,
        /// Rows put into the outbox, drafts included.
        outbox: Vec<OutboxId>,
    },
    /// The world changed since the context was read: decide again.
    Refused(Refusal),
    /// The row was decided already (another instance, or a repeated call).
    AlreadyDecided,
}

/// Why a commit was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A person acted in the thread, or another decision changed it.
    Epoch,
    /// A counter grew.
    Counters,
    /// The shop, the account or a rule was paused.
    Paused,
    /// The store was found to come from a backup, and it may have been answered before.
    Restored,
}
