//! What the engine is told once, when it is built.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    inbound::ChannelKind,
    language::Language,
    mode::Mode,
    profile::{Profile, Profiles},
    time::{DeskHours, QuietHours, ResponseClock},
    wire_id::InstanceKey,
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
    /// What the starter pack made up may be told to buyers; otherwise an answer that rests on it waits for a person.
    pub tell_made_up_facts: bool,
    /// Counts and ages at which the machine steps back.
    pub limits: Limits,
    /// The highest mode while somebody is at the desk, where the machine is to answer by itself only when nobody is.
    pub overnight: Option<Mode>,
    /// Within which time people must have answered.
    pub clocks: Clocks,
    /// Hours of the buyer's clock in which nothing goes out that can wait.
    pub quiet_hours: Option<QuietHours>,
    /// The causes that people choose from when they close a dispute or a complaint; decisions do not look at them.
    pub causes: Vec<String>,
}

/// How far the machine may go at one moment, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling {
    /// The highest mode.
    pub mode: Mode,
    /// The setting that holds it down.
    pub by: HeldBy,
}

/// The setting behind a ceiling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldBy {
    /// `max_mode` of the channel, at any hour.
    MaxMode,
    /// `overnight`, because somebody is at the desk.
    Overnight,
    /// `max_mode` of the marketplace that brought the message.
    Marketplace {
        /// The name of its profile.
        name: String,
        /// What people call it.
        title: String,
    },
}

impl HeldBy {
    /// Returns what holds it down, as the subject of a clause.
    pub fn words(&self) -> String {
        match self {
            Self::MaxMode => "the channel's highest mode".to_owned(),
            Self::Overnight => "the highest mode while somebody is at the desk (`overnight`)".to_owned(),
            Self::Marketplace { title, .. } => format!("the highest mode of {title}"),
        }
    }
}

impl Settings {
    /// Returns the highest mode on a channel and, if one brought the message, behind a marketplace; of two settings that
    /// hold it down alike, the one of every hour is named.
    pub fn ceiling(&self, channel: ChannelKind, desk_open: bool, marketplace: Option<&Profile>) -> Ceiling {
        let channel = self.max_mode.get(&channel).copied().unwrap_or(Mode::Auto);
        let always = match marketplace {
            Some(Profile { max_mode, name, title, .. }) if *max_mode < channel => {
                let by = HeldBy::Marketplace { name: name.clone(), title: title.clone() };
                Ceiling { mode: *max_mode, by }
            }
            _ => Ceiling { mode: channel, by: HeldBy::MaxMode },
        };
        match self.overnight {
            Some(mode) if desk_open && mode < always.mode => Ceiling { mode, by: HeldBy::Overnight },
            _ => always,
        }
    }
}

/// Within which time people must have answered; of several clocks the tightest counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clocks {
    /// Mail.
    pub email: ResponseClock,
    /// Telegram.
    pub telegram: ResponseClock,
    /// Marketplaces by the names of their mail profiles, beside the clock of mail; each goes before the clock of its
    /// profile.
    pub marketplaces: BTreeMap<String, ResponseClock>,
}

impl Clocks {
    /// Returns the clock of a channel.
    pub fn channel(&self, channel: ChannelKind) -> ResponseClock {
        match channel {
            ChannelKind::Email => self.email,
            ChannelKind::Telegram => self.telegram,
        }
    }
}

impl Default for Clocks {
    fn default() -> Self {
        Self {
            // What buyers expect of mail, and of somebody in a chat once the desk is open.
            email: ResponseClock::SameDay,
            telegram: ResponseClock::Desk(2),
            // Their profiles say it.
            marketplaces: BTreeMap::new(),
        }
    }
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
