//! The one decision: guards, hits, policy, rendered reply.
//!
//! [`Engine::decide`] is a function of its arguments. `run`, `test`, `match`, `explain`, benches and fuzzers call
//! exactly this; nothing else decides what a buyer is told.

pub mod alarm;
pub mod burst;
pub mod calibration;
pub mod guard;
pub mod settings;

mod alike;
pub mod aside;
mod circumstances;
mod clause;
mod clock;
mod compose;
mod confidence;
mod consent;
mod destination;
mod doubt;
mod escalate;
mod evidence;
pub mod identity;
mod language;
mod named;
mod policy;
mod relay;
mod rest;
mod shadow;
mod slots;
mod standing;
mod strange;
mod told;
pub mod turn;
mod understand;
mod weight;
mod witness;

use std::sync::OnceLock;

use jiff::{Timestamp, civil};
use sha2::{Digest as _, Sha256};

use crate::{
    engine::{
        calibration::Calibration,
        escalate::Reasons,
        guard::{Case, Stage},
        policy::Plan,
        settings::Settings,
        understand::Understanding,
    },
    model::{
        context::Context,
        ids::ReplyId,
        inbound::Inbound,
        profile::Relayed,
        verdict::{GuardAction, GuardHit, LanguageChoice, Outcome, Verdict},
        wire_id::hex,
    },
    replies::{catalog::Catalog, situations::Situation},
    rules::set::RuleSet,
};

/// The bytes kept of the hash over rules and replies: enough to tell the sets of one shop apart.
const HASH_BYTES: usize = 8;

/// Rules, replies and settings in force, ready to decide.
#[derive(Debug)]
pub struct Engine {
    settings: Settings,
    rules: RuleSet,
    replies: Catalog,
    hash: String,
    /// Fitted on the first decision, so that starting stays quick; a function of the rules.
    calibration: OnceLock<Calibration>,
}

impl Engine {
    /// Puts the parts together; whether they fit one another is `check`'s business.
    pub fn new(settings: Settings, rules: RuleSet, replies: Catalog) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(rules.hash());
        hasher.update(replies.hash());
        let hash = hex(&hasher.finalize()[..HASH_BYTES]);
        Self { settings, rules, replies, hash, calibration: OnceLock::new() }
    }

    /// Returns the settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the rules.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Returns the replies.
    pub fn replies(&self) -> &Catalog {
        &self.replies
    }

    /// Returns the hash over rules, word lists, replies and facts that every verdict records.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Decides what is to become of one message.
    ///
    /// Guards come first. A guard that suppresses ends it without a look at the text; one that escalates keeps the
    /// machine silent but lets rules name the intent for the person. Then every rule is tried, and the policy turns
    /// what stands into an answer, a question, a draft or a ticket. Orders are looked at only where the message proves
    /// whose they are.
    pub fn decide(&self, inbound: &Inbound, ctx: &Context, now: Timestamp) -> Verdict {
        let own = identity::with_own_orders(&Case { inbound, ctx, settings: &self.settings, now, proposal: None });
        let ctx = own.as_ref();
        let case = Case { inbound, ctx, settings: &self.settings, now, proposal: None };
        let guards = guard::objections(&case, Stage::Message);
        match guards.first().map(|guard| guard.action) {
            Some(GuardAction::Drop | GuardAction::Bounce | GuardAction::Record) => {
                self.suppressed(inbound, guards, now)
            }
            Some(GuardAction::Escalate) => {
                let understanding = self.understand(inbound, ctx, now);
                let reasons = Reasons::of_guards(&guards);
                let plan = Plan::silent_ticket(reasons);
                compose::verdict(self, &case, &understanding, plan, guards)
            }
            None => {
                let understanding = self.understand(inbound, ctx, now);
                let plan = policy::plan(self, &case, &understanding);
                compose::verdict(self, &case, &understanding, plan, guards)
            }
        }
    }

    fn understand(&self, inbound: &Inbound, ctx: &Context, now: Timestamp) -> Understanding<'_> {
        let mut understanding = Understanding::of(self, inbound, ctx, now, None);
        confidence::assign(self, &mut understanding);
        doubt::assign(self, &mut understanding);
        understanding
    }

    /// Learns the examples and fits the curve now, so that the first buyer does not wait for it; whoever replaces an
    /// engine at work calls this before.
    pub fn warm(&self) {
        self.calibration();
    }

    /// Returns the curve from scores to probabilities, fitted to the rules' examples on the first call.
    fn calibration(&self) -> &Calibration {
        self.calibration.get_or_init(|| calibration::of(self))
    }

    /// Returns the day at the desk.
    fn today(&self, now: Timestamp) -> civil::Date {
        now.to_zoned(self.settings.desk.zone.clone()).date()
    }

    /// Returns the situation in force, by its dates or by hand.
    fn situation(&self, ctx: &Context, now: Timestamp) -> Option<&Situation> {
        self.replies.situation(self.today(now), &ctx.switches.situations)
    }

    fn suppressed(&self, inbound: &Inbound, guards: Vec<GuardHit>, now: Timestamp) -> Verdict {
        let reason = guards.first().map_or_else(String::new, |guard| guard.guard.clone());
        let answer = inbound.language_hint.unwrap_or(self.settings.default_language);
        let language = LanguageChoice { detected: None, confidence: 0.0, answer, reason: "default".to_owned() };
        Verdict {
            decided_at: now,
            rule_set_hash: self.hash.clone(),
            outcome: Outcome::Suppressed { reason },
            guards,
            relay: inbound.relay.read().map(Relayed::record),
            language,
            sentences: Vec::new(),
            hits: Vec::new(),
            losers: Vec::new(),
            alarms: Vec::new(),
            doubts: Vec::new(),
            entities: Vec::new(),
            facts: Vec::new(),
            order: None,
            orders_unseen: None,
            situation: None,
            messages: Vec::new(),
            shadow: Vec::new(),
            mode: None,
            ticket: None,
            pending: None,
            due: None,
            not_before: None,
            learned: std::collections::BTreeMap::new(),
            confident: false,
            confidence: 0.0,
            similar: Vec::new(),
        }
    }
}

/// Reads the rules that are part of the program now, so that the first decision finds them ready; any thread may do it,
/// beside the one that reads the seller's.
pub fn read_built_in() {
    alarm::read();
    aside::read();
    turn::read();
}

/// The reply that tells a buyer that a person will write, when the rule names none.
pub const UNKNOWN_ACK: &str = "unknown_ack";

fn unknown_ack() -> ReplyId {
    ReplyId::new(UNKNOWN_ACK)
}
