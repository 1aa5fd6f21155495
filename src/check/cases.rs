//! The examples of rules as tests: each against the whole rule set, by the engine that answers buyers.

use jiff::Timestamp;

use crate::{
    diagnostic::source::Span,
    engine::Engine,
    model::{
        context::Context,
        ids::IntentId,
        inbound::{ChannelKind, Inbound},
        language::Language,
        mode::Mode,
    },
    rules::rule::{Example, Rule},
};

/// One example and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResult {
    /// The rule it belongs to.
    pub rule: IntentId,
    /// The language under which it is written.
    pub language: Language,
    /// The text.
    pub text: String,
    /// The rule is meant to hit.
    pub matches: bool,
    /// Where it stands.
    pub span: Span,
    /// What happened.
    pub outcome: CaseOutcome,
}

/// What became of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseOutcome {
    /// As written: a `match` hit, a `skip` did not.
    AsWritten,
    /// A `match` that no rule hit.
    Missed,
    /// A `match` where another rule stands instead.
    StolenBy(IntentId),
    /// A `skip` that hit.
    FalseAlarm,
    /// A `match` that hits, but that would not be answered for this reason.
    Doubted(String),
}

impl CaseOutcome {
    /// Returns whether the example holds.
    pub fn holds(&self) -> bool {
        *self == Self::AsWritten
    }
}

/// Runs the examples of all rules that are not off, in file order.
pub fn run(engine: &Engine, now: Timestamp) -> Vec<CaseResult> {
    let rules = engine.rules().rules().iter().filter(|rule| rule.mode > Mode::Shadow);
    let examples = rules.flat_map(|rule| rule.examples.iter().map(move |example| (rule, example)));
    examples
        .map(|(rule, example)| CaseResult {
            rule: rule.id.clone(),
            language: example.language,
            text: example.text.clone(),
            matches: example.matches,
            span: example.span.clone(),
            outcome: outcome(engine, rule, example, now),
        })
        .collect()
}

fn outcome(engine: &Engine, rule: &Rule, example: &Example, now: Timestamp) -> CaseOutcome {
    let inbound = Inbound::from_text(ChannelKind::Email, &example.text, now);
    let verdict = engine.decide(&inbound, &Context::default(), now);
    let intents = verdict.intents();
    let hit = intents.contains(&rule.id);
    match (example.matches, hit) {
        (true, true) if !verdict.confident => CaseOutcome::Doubted(reasons(&verdict)),
        (true, true) | (false, false) => CaseOutcome::AsWritten,
        (false, true) => CaseOutcome::FalseAlarm,
        (true, false) => intents.into_iter().next().map_or(CaseOutcome::Missed, CaseOutcome::StolenBy),
    }
}

fn reasons(verdict: &crate::model::verdict::Verdict) -> String {
    verdict.ticket.as_ref().map_or_else(String::new, |ticket| ticket.reasons.join(" "))
}
