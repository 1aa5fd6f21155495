//! All that the engine may see beside the message itself, read from the store in one go.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::{
    buyer::Buyer,
    ids::{InboundId, IntentId, ReplyId},
    order::Order,
    switch::SituationSwitch,
    thread::ThreadState,
};

/// The state of the world for one decision.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Context {
    /// The thread the message belongs to; none for the first message of a conversation.
    pub thread: Option<ThreadState>,
    /// A thread named by In-Reply-To or References whose participant is somebody else.
    pub unverified_thread: Option<crate::model::ids::ThreadId>,
    /// The buyer, if seen before.
    pub buyer: Option<Buyer>,
    /// The orders that the shop's records hold under the sender's address, newest first; empty where there is no fresh
    /// record. Who decides looks at them only where the message proves its author: see `engine::identity`.
    pub orders: Vec<Order>,
    /// Why records that were there cannot be spoken of, such as a file that is too old.
    pub orders_missing: Option<String>,
    /// An earlier inbound with the same Message-ID and the same body hash, from any account, within 90 days.
    pub duplicate_of: Option<InboundId>,
    /// What caps count.
    pub counters: Counters,
    /// What people switched.
    pub switches: Switches,
    /// Messages the server took before this moment are never answered.
    pub go_live: Option<Timestamp>,
}

/// Counts that caps look at. The commit counts again in its transaction and refuses if any of them grew.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counters {
    /// Automatic answers to this sender in the last 24 hours.
    pub answers_sender_day: u32,
    /// Automatic answers to this sender in the last 7 days.
    pub answers_sender_week: u32,
    /// Automatic answers to the sender's domain in the last 24 hours; 0 for Telegram.
    pub answers_domain_day: u32,
    /// Automatic answers to the sender's domain in the last 7 days; 0 for Telegram.
    pub answers_domain_week: u32,
    /// Acks and asks to this sender in the last 24 hours.
    pub notices_sender_day: u32,
    /// Automatic messages to this chat in the last hour (Telegram's own cap).
    pub sends_chat_hour: u32,
    /// Automatic messages of the whole shop in the last 10 minutes, acks and questions included; possibly too many as long as
    /// they are fewer than the breaker allows.
    pub sends_shop_ten_minutes: u32,
    /// The median of the shop's busiest 10 minutes of each of the last 7 days.
    pub sends_shop_usual: u32,
    /// Messages with this body hash from this sender in the last 10 minutes, without this one.
    pub same_body_ten_minutes: u32,
    /// Replies sent automatically to this sender in the last 24 hours, sorted, without repeats.
    pub replies_sender_day: Vec<ReplyId>,
}

/// Switches that stop or change automatic answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Switches {
    /// Somebody paused the shop, or the account the message came to; the text says who and why.
    pub paused: Option<String>,
    /// Rules that somebody paused, with who and why.
    pub rules: BTreeMap<IntentId, String>,
    /// Situations that somebody switched by hand, also those whose time is over.
    pub situations: Vec<SituationSwitch>,
}
