//! The examples of rules as tests: each against the whole rule set, by the engine that answers buyers.

use std::ops::Range;

use jiff::Timestamp;

use crate::{
    check::circumstance::{self, Circumstance},
    diagnostic::source::{SourceMap, Span},
    engine::Engine,
    model::{
        ids::IntentId,
        language::Language,
        mode::Mode,
        verdict::{Gate, LossReason, Verdict},
    },
    rules::{
        cores::spread,
        rule::{Action, Example, Rule},
    },
};

/// One example and what became of it.
#[derive(Debug, Clone, PartialEq)]
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
    /// The words of the text that made it happen, as byte ranges: those of the rule that hit.
    pub marked: Vec<Range<usize>>,
    /// Why it does not hold, as far as the engine knows; empty if it holds.
    pub why: String,
    /// How the message differed from an ordinary mail, where the rule's `when` asks for it.
    pub circumstance: Option<String>,
    /// How sure the engine is of the decision, 0 to 1.
    pub confidence: f64,
}

/// What became of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseOutcome {
    /// A `match` that the rule hits and that would be answered as the rule says.
    Matched,
    /// A `skip` that the rule leaves alone.
    Spared,
    /// A `match` that no rule hit.
    Missed,
    /// A `match` where another rule stands instead.
    StolenBy(IntentId),
    /// A `skip` that hit.
    FalseAlarm,
    /// A `match` that hits, but that the engine is not sure enough of to answer.
    BelowConfidence,
    /// A `match` of a rule whose `when` holds under no circumstance that could be found.
    NoCircumstance,
}

impl CaseOutcome {
    /// Returns whether the example holds.
    pub fn holds(&self) -> bool {
        matches!(self, Self::Matched | Self::Spared)
    }

    /// Returns the word used in records.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Spared => "spared",
            Self::Missed => "missed",
            Self::StolenBy(_) => "stolen",
            Self::FalseAlarm => "false_alarm",
            Self::BelowConfidence => "below_confidence",
            Self::NoCircumstance => "no_circumstance",
        }
    }
}

/// Runs the examples of all rules that are neither off nor in the shadow, in file order. `sources` are the texts that the
/// rules were read from.
pub fn run(engine: &Engine, sources: &SourceMap, now: Timestamp) -> Vec<CaseResult> {
    let rules: Vec<&Rule> = engine.rules().rules().iter().filter(|rule| rule.mode > Mode::Shadow).collect();
    let results = spread(&rules, |own| -> Vec<CaseResult> {
        own.iter().flat_map(|rule| of_rule(engine, sources, rule, now)).collect()
    });
    results.into_iter().flatten().collect()
}

/// Runs the examples of one rule, in file order.
pub(in crate::check) fn of_rule(engine: &Engine, sources: &SourceMap, rule: &Rule, now: Timestamp) -> Vec<CaseResult> {
    // Circumstances are looked for when the ordinary one does not do; what did for one example is tried first for the next.
    let mut known = vec![Circumstance::ordinary(now)];
    let mut proposed = None;
    let heard = rule.examples.iter().filter(|example| rule.speaks(example.language));
    let (matching, sparing): (Vec<&Example>, Vec<&Example>) = heard.partition(|example| example.matches);
    let mut results: Vec<CaseResult> = Vec::new();
    for example in matching.into_iter().chain(sparing) {
        let mut tried = tried(engine, rule, example, &known);
        if tried.is_none() && example.matches {
            let all = proposed.get_or_insert_with(|| circumstance::worth_trying(engine, sources, rule, now));
            tried = self::tried(engine, rule, example, all);
            if let Some((found, _)) = &tried {
                known.insert(0, found.clone());
            }
        }
        let (circumstance, verdict, possible) = if let Some((circumstance, verdict)) = tried {
            (circumstance, verdict, true)
        } else {
            let first = known[0].clone();
            let verdict = decide(engine, example, &first);
            (first, verdict, !example.matches)
        };
        results.push(result(engine, rule, example, &circumstance, &verdict, possible));
    }
    results.sort_by_key(|result| result.span.range.start);
    results
}

/// Decides under the first of these circumstances that the rule's `when` does not object to; none if it objects to all.
fn tried(
    engine: &Engine,
    rule: &Rule,
    example: &Example,
    circumstances: &[Circumstance],
) -> Option<(Circumstance, Verdict)> {
    circumstances.iter().find_map(|circumstance| {
        let verdict = decide(engine, example, circumstance);
        let stands = verdict.hits.iter().any(|hit| hit.rule == rule.id);
        (stands || unmet(&verdict, rule).is_none()).then(|| (circumstance.clone(), verdict))
    })
}

fn decide(engine: &Engine, example: &Example, circumstance: &Circumstance) -> Verdict {
    engine.decide(&circumstance.inbound(&example.text), &circumstance.context(&example.text), circumstance.now())
}

/// Returns the condition that keeps the rule from standing.
fn unmet<'v>(verdict: &'v Verdict, rule: &Rule) -> Option<&'v str> {
    verdict.losers.iter().filter(|loser| loser.rule == rule.id).find_map(|loser| match &loser.why {
        LossReason::When(unmet) => Some(unmet.as_str()),
        _ => None,
    })
}

fn result(
    engine: &Engine,
    rule: &Rule,
    example: &Example,
    circumstance: &Circumstance,
    verdict: &Verdict,
    possible: bool,
) -> CaseResult {
    let outcome = outcome(rule, example, verdict, possible);
    let marked_rule = match &outcome {
        CaseOutcome::StolenBy(thief) => thief,
        _ => &rule.id,
    };
    let marked = verdict.hits.iter().filter(|hit| hit.rule == *marked_rule);
    CaseResult {
        rule: rule.id.clone(),
        language: example.language,
        text: example.text.clone(),
        matches: example.matches,
        span: example.span.clone(),
        marked: marked.flat_map(|hit| hit.spans.iter().cloned()).collect(),
        why: why(&outcome, rule, verdict),
        circumstance: circumstance.words(&engine.settings().desk.zone),
        confidence: verdict.confidence,
        outcome,
    }
}

fn outcome(rule: &Rule, example: &Example, verdict: &Verdict, possible: bool) -> CaseOutcome {
    let intents = verdict.intents();
    let hit = intents.contains(&rule.id);
    match (example.matches, hit) {
        // A case for a person needs no certainty: in doubt it is one as well.
        (true, true) if rule.action == Action::Answer && !verdict.doubts.is_empty() => CaseOutcome::BelowConfidence,
        (true, true) => CaseOutcome::Matched,
        (false, false) => CaseOutcome::Spared,
        // Its question is there, and what stands beside it keeps the rule from answering: that is what the author wants.
        (false, true) if keeps_silent(rule, verdict) => CaseOutcome::Spared,
        (false, true) => CaseOutcome::FalseAlarm,
        (true, false) if !possible => CaseOutcome::NoCircumstance,
        (true, false) => {
            let thief =
                verdict.losers.iter().filter(|loser| loser.rule == rule.id).find_map(|loser| match &loser.why {
                    LossReason::StolenBy(thief) => Some(thief.clone()),
                    _ => None,
                });
            thief.or_else(|| intents.into_iter().next()).map_or(CaseOutcome::Missed, CaseOutcome::StolenBy)
        }
    }
}

/// Returns whether something beside the question keeps the rule from answering it.
fn keeps_silent(rule: &Rule, verdict: &Verdict) -> bool {
    verdict.doubts.iter().any(|doubt| doubt.rule == rule.id && doubt.gate == Gate::Aside)
}

/// Says what the engine knows of the reason.
fn why(outcome: &CaseOutcome, rule: &Rule, verdict: &Verdict) -> String {
    let pattern = |id: &IntentId| {
        let hit = verdict.hits.iter().find(|hit| hit.rule == *id);
        hit.map_or_else(String::new, |hit| format!("`{}`", hit.pattern))
    };
    match outcome {
        CaseOutcome::Matched | CaseOutcome::Spared => String::new(),
        CaseOutcome::Missed => lost(rule, verdict).unwrap_or_else(|| "no pattern hits it".to_owned()),
        CaseOutcome::StolenBy(thief) => format!("{} of {thief} stands instead", pattern(thief)),
        CaseOutcome::FalseAlarm => format!("{} hits it", pattern(&rule.id)),
        CaseOutcome::BelowConfidence => {
            let reasons = verdict.ticket.as_ref().map(|ticket| ticket.reasons.join(" ")).unwrap_or_default();
            if reasons.is_empty() { format!("its confidence is {:.2}", verdict.confidence) } else { reasons }
        }
        CaseOutcome::NoCircumstance => {
            format!(
                "no circumstance was found in which `when` holds: it wants {}",
                unmet(verdict, rule).unwrap_or("more")
            )
        }
    }
}

fn lost(rule: &Rule, verdict: &Verdict) -> Option<String> {
    let loser = verdict.losers.iter().find(|loser| loser.rule == rule.id)?;
    let pattern = &loser.pattern;
    Some(match &loser.why {
        LossReason::StolenBy(thief) => format!("`{pattern}` hits, and {thief} takes its words"),
        LossReason::Unless(unless) => format!("`{pattern}` hits, and `unless: {unless}` switches it off"),
        LossReason::Language { pattern: own, message } => {
            format!("`{pattern}` is {own}, and the message is {message} and holds other forms of its words")
        }
        LossReason::Negated(negator) => format!("`{pattern}` hits, and “{negator}” before it says no"),
        LossReason::When(unmet) => format!("`{pattern}` hits, and `when` does not hold: {unmet}"),
        LossReason::Mode(mode) => format!("`{pattern}` hits, and its mode is {mode}"),
        LossReason::NotAlone(other) => format!("`{pattern}` hits, and “{other}” is said as well"),
    })
}
