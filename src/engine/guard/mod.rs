//! The guards that can never be switched off: may a machine answer this message at all?
//!
//! [`GUARDS`] is the table, in the order in which it is evaluated. The first guard that speaks decides, but every one
//! that speaks is recorded with its id and its evidence, so that a person can see why. A guard is a pure function of
//! the message, the context and the settings; it never looks at rules. Guards of [`Stage::Answer`] look at what is
//! about to be said as well.

mod answered_before;
mod authentication;
mod auto_submitted;
mod backlog;
mod bot_off;
mod bulk_precedence;
mod calendar;
mod chat_cap;
mod duplicate;
mod failed_recipients;
mod flood;
mod forwarded;
mod from_invalid;
mod human_owner;
mod junk;
mod list_mail;
mod machine_chat;
pub mod machine_header;
mod machine_sender;
pub mod machine_subject;
mod mass_mailer;
mod no_text;
mod not_addressed;
mod null_return_path;
mod own_address;
mod own_loop_header;
mod own_message_id;
mod paused;
mod paused_rule;
mod ping_pong;
mod received_hops;
mod relay_notice;
mod relay_notification;
mod relay_unclear;
mod relay_unproven;
mod repeated_body;
mod report;
mod return_path_differs;
mod same_reply;
mod sender_cap;
mod suppress_wish;
mod suppressed_buyer;
mod too_many_recipients;
mod unreadable;
mod unverified_thread;

use jiff::Timestamp;

use crate::{
    engine::settings::Settings,
    model::{
        authentication::{self as authenticity, Authentication},
        context::Context,
        ids::{IntentId, ReplyId},
        inbound::{Inbound, MailFacts},
        profile::Profile,
        verdict::{GuardAction, GuardHit},
    },
};

/// One line of the table.
#[derive(Debug)]
pub struct Guard {
    /// The id in the design's and the documentation's table.
    pub id: &'static str,
    /// The condition in a few words.
    pub condition: &'static str,
    /// What it demands, in words; a few guards demand different things for different evidence.
    pub demands: &'static str,
    /// Where the condition comes from.
    pub source: &'static str,
    /// When it is asked.
    pub stage: Stage,
    /// Returns what it found, if it objects.
    pub objects: fn(&Case<'_>) -> Option<Objection>,
}

/// When a guard is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Before anything is read of the text.
    Message,
    /// When an automatic answer is planned, before it is written.
    Answer,
}

/// What a guard may look at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The message.
    pub inbound: &'a Inbound,
    /// Thread, buyer, counters, switches.
    pub ctx: &'a Context,
    /// The shop's settings.
    pub settings: &'a Settings,
    /// The moment of the decision.
    pub now: Timestamp,
    /// What is about to be said; none at [`Stage::Message`].
    pub proposal: Option<&'a Proposal>,
}

impl<'a> Case<'a> {
    /// Returns the mail facts; none for Telegram and for plain text.
    pub fn mail(&self) -> Option<&'a MailFacts> {
        self.inbound.mail.as_ref()
    }

    /// Returns the profile of the marketplace that brought the message; none for direct mail and chats.
    pub fn profile(&self) -> Option<&'a Profile> {
        let named = || self.settings.profiles.get(self.inbound.marketplace.as_deref()?).map(AsRef::as_ref);
        self.inbound.relay.read().map(|relayed| relayed.profile.as_ref()).or_else(named)
    }
}

/// An automatic answer that is about to be written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proposal {
    /// The intents it speaks to.
    pub intents: Vec<IntentId>,
    /// The replies it is made of.
    pub replies: Vec<ReplyId>,
}

/// Why a guard objects, and what it wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// What is to become of the message.
    pub action: GuardAction,
    /// The header, address or count, as found.
    pub evidence: String,
}

impl Objection {
    /// The evidence kept of one guard: enough to recognise a header, not enough to store a body.
    const MAX_EVIDENCE: usize = 200;

    fn new(action: GuardAction, evidence: impl Into<String>) -> Self {
        let mut evidence = evidence.into();
        if evidence.len() > Self::MAX_EVIDENCE {
            evidence.truncate(evidence.floor_char_boundary(Self::MAX_EVIDENCE));
            evidence.push('…');
        }
        Self { action, evidence }
    }

    fn drop(evidence: impl Into<String>) -> Self {
        Self::new(GuardAction::Drop, evidence)
    }

    fn record(evidence: impl Into<String>) -> Self {
        Self::new(GuardAction::Record, evidence)
    }

    fn bounce(evidence: impl Into<String>) -> Self {
        Self::new(GuardAction::Bounce, evidence)
    }

    fn escalate(evidence: impl Into<String>) -> Self {
        Self::new(GuardAction::Escalate, evidence)
    }
}

/// The table. Order matters: the first guard that speaks decides.
pub const GUARDS: &[Guard] = &[
    duplicate::GUARD,
    own_message_id::GUARD,
    own_loop_header::GUARD,
    own_address::GUARD,
    received_hops::GUARD,
    ping_pong::GUARD,
    relay_notice::GUARD,
    relay_unproven::GUARD,
    relay_unclear::GUARD,
    null_return_path::GUARD,
    report::GUARD,
    auto_submitted::GUARD,
    bulk_precedence::GUARD,
    list_mail::GUARD,
    suppress_wish::GUARD,
    machine_header::GUARD,
    failed_recipients::GUARD,
    machine_sender::GUARD,
    machine_chat::GUARD,
    from_invalid::GUARD,
    machine_subject::GUARD,
    mass_mailer::GUARD,
    junk::GUARD,
    calendar::GUARD,
    relay_notification::GUARD,
    authentication::GUARD,
    unverified_thread::GUARD,
    not_addressed::GUARD,
    too_many_recipients::GUARD,
    suppressed_buyer::GUARD,
    return_path_differs::GUARD,
    unreadable::GUARD,
    no_text::GUARD,
    backlog::GUARD,
    human_owner::GUARD,
    forwarded::GUARD,
    repeated_body::GUARD,
    paused::GUARD,
    paused_rule::GUARD,
    bot_off::GUARD,
    answered_before::GUARD,
    same_reply::GUARD,
    sender_cap::GUARD,
    chat_cap::GUARD,
    flood::GUARD,
];

/// Returns the objections of all guards of that stage, in the order of the table.
pub fn objections(case: &Case<'_>, stage: Stage) -> Vec<GuardHit> {
    GUARDS
        .iter()
        .filter(|guard| guard.stage == stage)
        .filter_map(|guard| {
            let objection = (guard.objects)(case)?;
            Some(GuardHit { guard: guard.id.to_owned(), action: objection.action, evidence: objection.evidence })
        })
        .collect()
}

/// Returns whether our own server vouches for the author of a mail.
pub(super) fn proves_author(case: &Case<'_>) -> bool {
    authentication::of_message(case) == Authentication::Pass
}

/// Returns whether so much was said already, in this chat or by the whole shop, that even acks must stop.
pub(super) fn breaker_open(case: &Case<'_>) -> bool {
    flood::open(case).is_some() || chat_cap::reached(case).is_some()
}

/// Returns why words of these intents must not leave by themselves: one of their rules is paused.
pub(super) fn paused_rule(case: &Case<'_>, intents: &[IntentId]) -> Option<String> {
    paused_rule::objection(case, intents).map(|objection| objection.evidence)
}

/// Returns the address in lower case without its `+detail`, the form in which own addresses are compared.
pub fn plain_address(address: &str) -> String {
    let lower = address.trim().to_lowercase();
    let Some((local, domain)) = lower.rsplit_once('@') else { return lower };
    let base = local.split_once('+').map_or(local, |(base, _)| base);
    format!("{base}@{domain}")
}

/// Returns a header field as evidence.
fn field(name: &str, value: &str) -> String {
    format!("{name}: {value}")
}

/// Returns the first keyword of a structured field, lower case: `no (by hand)` and `no; x=1` are both `no`.
fn keyword(value: &str) -> String {
    let bare = authenticity::without_comments(value);
    let keyword = bare.split(';').next().unwrap_or_default();
    keyword.trim().to_ascii_lowercase()
}
