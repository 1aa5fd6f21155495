//! A conversation with one buyer: what was said by us, who owns it, what we wait for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    ids::{IntentId, ReplyId, ThreadId, TicketId},
    language::Language,
    outbound::OutboundKind,
};

/// A thread as the engine sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ThreadState {
    /// Row number.
    pub id: ThreadId,
    /// Rises with every human act in the thread; an automatic send of an older epoch is refused.
    pub epoch: i64,
    /// The lower-cased address or chat key of the buyer.
    pub participant: String,
    /// The ticket that is not closed, if any.
    pub open_ticket: Option<TicketId>,
    /// A person claimed the open ticket.
    pub claimed: bool,
    /// A person switched the machine off here.
    pub bot_off: bool,
    /// When a person last wrote to the buyer here.
    pub last_human_reply: Option<Timestamp>,
    /// Automatic messages already sent or about to be sent here, oldest first.
    pub said: Vec<Said>,
    /// The slot question whose answer we wait for.
    pub pending: Option<PendingAsk>,
    /// The language of this thread so far.
    pub language: Option<Language>,
}

/// One automatic message of ours in a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Ack, ask or answer.
    pub kind: OutboundKind,
    /// The intents it spoke to.
    pub intents: Vec<IntentId>,
    /// The replies it was made of.
    pub replies: Vec<ReplyId>,
    /// When it was decided.
    pub at: Timestamp,
}

/// A slot question that went out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingAsk {
    /// The rule that waits.
    pub intent: IntentId,
    /// The name of the slot asked for.
    pub slot: String,
    /// Values already known, by slot.
    pub known: BTreeMap<String, String>,
    /// When the question was decided.
    pub asked_at: Timestamp,
}
