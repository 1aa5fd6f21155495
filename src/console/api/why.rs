//! Why the engine decided so, read from the record of the decision.

use std::ops::Range;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    console::ticket::why,
    engine::Engine,
    model::{
        order::Order,
        verdict::{FactUsed, Verdict},
    },
    store::ticket::TicketFile,
};

/// The decision on a message.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Why {
    /// When it was decided.
    decided_at: Timestamp,
    /// The hash of the rules, replies and facts that were in force.
    rule_set: String,
    /// How the message ended: `answered`, `asked`, `escalated`, `suppressed`.
    outcome: String,
    /// Beside a person's answer, the machine answered the safe part.
    answered_a_part: bool,
    /// The text that was decided on.
    text: String,
    /// The language that was recognized.
    detected: Option<String>,
    /// The language that is answered in.
    language: String,
    /// Rules that stand, the most important first.
    hits: Vec<RuleHit>,
    /// Rules that hit and do not stand.
    losers: Vec<RuleLoss>,
    /// Guards that spoke; the first one decided.
    guards: Vec<Evidence>,
    /// What always goes to people, whatever rules say.
    alarms: Vec<Evidence>,
    /// Why rules that stand might not answer by themselves.
    doubts: Vec<Evidence>,
    /// Values in the text: an order number, a country.
    values: Vec<NamedValue>,
    /// Facts that replies quote.
    facts: Vec<QuotedFact>,
    /// Rules whose examples resemble the message, the nearest first.
    similar: Vec<Resemblance>,
    /// The situation in force that a reply used.
    situation: Option<String>,
    /// The order that the message is about.
    order: Option<Order>,
}

/// A rule that stands.
#[derive(Debug, Serialize, ToSchema)]
struct RuleHit {
    /// The rule.
    rule: String,
    /// The pattern, as the rule file has it.
    pattern: String,
    /// What it hit in the text; empty for the subject.
    words: Vec<String>,
    /// How sure, 0 to 1.
    confidence: f64,
}

/// A rule that hit and does not stand.
#[derive(Debug, Serialize, ToSchema)]
struct RuleLoss {
    /// The rule.
    rule: String,
    /// Its pattern.
    pattern: String,
    /// Why it does not stand, in the words of rule files.
    why: String,
}

/// What spoke, with what it saw.
#[derive(Debug, Serialize, ToSchema)]
struct Evidence {
    /// The guard, topic or rule.
    name: String,
    /// What it saw.
    evidence: String,
}

/// A value in the text.
#[derive(Debug, Serialize, ToSchema)]
struct NamedValue {
    /// What it is.
    kind: String,
    /// The value.
    value: String,
}

/// A fact that a reply quotes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QuotedFact {
    /// Its name and key.
    name: String,
    /// The value quoted.
    value: String,
    /// Where the value comes from.
    source: String,
    /// The last day it may be quoted.
    valid_until: Option<String>,
    /// The starter pack made it up.
    made_up: bool,
}

/// A rule whose examples resemble the message.
#[derive(Debug, Serialize, ToSchema)]
struct Resemblance {
    /// The rule.
    rule: String,
    /// How much, 0 to 1.
    score: f64,
    /// The example that resembles it most.
    example: String,
}

/// Tells why the newest message of the ticket was decided as it was; none if none was decided on.
pub(super) fn newest(file: &TicketFile, engine: &Engine) -> Option<Why> {
    let verdict = file.last_verdict.as_ref()?;
    Some(of(file.last_text.clone().unwrap_or_default(), verdict, engine))
}

/// Tells why a message with that text was decided so.
pub(super) fn of(text: String, verdict: &Verdict, engine: &Engine) -> Why {
    Why {
        decided_at: verdict.decided_at,
        rule_set: verdict.rule_set_hash.clone(),
        outcome: verdict.outcome.as_str().to_owned(),
        answered_a_part: verdict.outcome == crate::model::verdict::Outcome::Escalated { with_answer: true },
        detected: verdict.language.detected.map(|code| code.to_string()),
        language: verdict.language.answer.to_string(),
        hits: hits(verdict, &text),
        losers: losers(verdict, engine),
        guards: evidence(verdict.guards.iter().map(|hit| (hit.guard.as_str(), &hit.evidence))),
        alarms: evidence(verdict.alarms.iter().map(|alarm| (alarm.topic.as_str(), &alarm.pattern))),
        doubts: evidence(verdict.doubts.iter().map(|doubt| (doubt.rule.as_str(), &doubt.evidence))),
        values: values(verdict),
        facts: quoted(&verdict.facts),
        similar: similar(verdict),
        situation: verdict.situation.clone(),
        order: verdict.order.clone(),
        text,
    }
}

fn hits(verdict: &Verdict, text: &str) -> Vec<RuleHit> {
    // A text that was cut since has other words there, or none.
    let word = |span: &Range<usize>| text.get(span.clone()).map(str::to_owned);
    let hits = verdict.hits.iter().map(|hit| RuleHit {
        rule: hit.rule.to_string(),
        pattern: hit.pattern.clone(),
        words: hit.spans.iter().filter_map(word).collect(),
        confidence: hit.confidence,
    });
    hits.collect()
}

fn losers(verdict: &Verdict, engine: &Engine) -> Vec<RuleLoss> {
    let losers = verdict.losers.iter().map(|loser| RuleLoss {
        rule: loser.rule.to_string(),
        pattern: loser.pattern.clone(),
        why: why::loss(&loser.why, engine),
    });
    losers.collect()
}

fn evidence<'a>(spoke: impl Iterator<Item = (&'a str, &'a String)>) -> Vec<Evidence> {
    spoke.map(|(name, evidence)| Evidence { name: name.to_owned(), evidence: evidence.clone() }).collect()
}

fn values(verdict: &Verdict) -> Vec<NamedValue> {
    let values = verdict.entities.iter();
    values.map(|found| NamedValue { kind: found.kind.clone(), value: found.value.clone() }).collect()
}

/// Tells of the facts that words quote.
pub(super) fn quoted(facts: &[FactUsed]) -> Vec<QuotedFact> {
    let facts = facts.iter().map(|fact| QuotedFact {
        name: fact.name.clone(),
        value: fact.value.clone(),
        source: fact.source.clone(),
        valid_until: fact.valid_until.clone(),
        made_up: fact.made_up,
    });
    facts.collect()
}

fn similar(verdict: &Verdict) -> Vec<Resemblance> {
    let similar = verdict.similar.iter().map(|like| Resemblance {
        rule: like.rule.to_string(),
        score: like.score,
        example: like.example.clone(),
    });
    similar.collect()
}
