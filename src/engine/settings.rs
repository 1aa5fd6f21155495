//! What the engine is told once, when it is built.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    inbound::ChannelKind, language::Language, mode::Mode, profile::Profiles, time::DeskHours, wire_id::InstanceKey,
};

/// The shop's settings as far as decisions need them.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The shop's name, as it signs.
    pub shop_name: String,
    /// The languages the shop answers in, the default first.
    pub languages: Vec<Language>,
    /// The language of last resort.
    pub default_language: Language,
    /// When people sit at the desk.
    pub desk: DeskHours,
    /// Within how many minutes of desk time a person answers; buyers are told the resulting moment.
    pub reply_within_minutes: u32,
    /// All addresses and aliases of all accounts, lower case, without `+detail`.
    pub own_addresses: BTreeSet<String>,
    /// The names under which our own servers write Authentication-Results, lower case.
    pub trusted_authserv_ids: BTreeSet<String>,
    /// The installation's secret, for recognising our own Message-IDs.
    pub instance: InstanceKey,
    /// The highest mode per channel; a rule of a higher mode is lowered to it.
    pub max_mode: BTreeMap<ChannelKind, Mode>,
    /// How marketplaces and web forms write, and what they take for an answer.
    pub profiles: Profiles,
    /// The confidence from which on an answer goes out by itself, 0.5 to 1.
    pub answer_at: f64,
    /// Counts and ages at which the machine steps back.
    pub limits: Limits,
}

/// One automatic answer in twenty may at most be wrong by the engine's own claim; measured, it is fewer (docs/quality.md).
pub const DEFAULT_ANSWER_AT: f64 = 0.95;

/// Counts and ages at which the machine steps back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Automatic answers to one sender in 24 hours (F2).
    pub answers_per_sender_day: u32,
    /// Automatic answers to one sender in 7 days (F2).
    pub answers_per_sender_week: u32,
    /// Automatic messages in one chat within an hour (F5).
    pub sends_per_chat_hour: u32,
    /// Automatic messages of the whole shop in 10 minutes, acks included, before the breaker opens (F4).
    pub sends_per_ten_minutes: u32,
    /// Acks and questions to one sender in 24 hours; above, the ticket is opened in silence.
    pub notices_per_sender_day: u32,
    /// Older mail is a ticket, not an answer (E4), in hours.
    pub max_mail_age_hours: u32,
    /// Older chat messages are a ticket, not an answer (E4), in hours.
    pub max_chat_age_hours: u32,
    /// How long a person's message in a thread keeps the machine silent (E5), in hours.
    pub human_silence_hours: u32,
}

impl Default for Limits {
    fn default() -> Self {
        // The figures of the decision table in docs/security.md; each names the peer it is taken from.
        Self {
            answers_per_sender_day: 3,
            answers_per_sender_week: 10,
            sends_per_chat_hour: 20,
            sends_per_ten_minutes: 30,
            notices_per_sender_day: 3,
            max_mail_age_hours: 48,
            max_chat_age_hours: 6,
            human_silence_hours: 72,
        }
    }
}
