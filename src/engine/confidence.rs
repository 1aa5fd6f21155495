//! How sure a hit is, as a probability.
//!
//! Two witnesses speak: the pattern (how much of the sentence and of the message it explains) and the rule's examples
//! (how much the words resemble them, and whether those of another rule resemble them more). Their evidence becomes a
//! score in log-odds by weights measured on messages of strangers, and [`calibration`](crate::engine::calibration) makes
//! it a probability. Doubts that no number outweighs stand in [`doubt`](crate::engine::doubt).

use crate::{
    engine::{
        Engine, alike,
        evidence::{Evidence, Whole},
        understand::Understanding,
        witness::SAME_WORDS,
    },
    model::verdict::{Hit, SentenceKind},
    rules::rule::{Action, Rule},
};

/// What each piece of evidence adds to the log-odds that a hit is what the buyer wants.
struct Weights {
    base: f64,
    /// The patterns explain the message.
    covered: f64,
    /// The message is long.
    long: f64,
    /// Each other rule that stands in the sentence.
    rival: f64,
    /// The sentence asks.
    asks: f64,
    /// The rule answers, so it had to pass the stricter doubts, in a message of which something is explained.
    answers: f64,
    /// The examples speak against it.
    against: f64,
}

/// Fitted on one half of 1,034 hits in labelled customer messages, 2026-11-22, by logistic regression with a ridge of 1 to 2,
/// rounded to tenths, and nudged after a look at the other half: docs/quality.md shows both, and neither is unseen.
const TWO_WITNESSES: Weights =
    Weights { base: 2.2, covered: 0.5, long: -0.5, rival: -1.0, asks: 0.9, answers: 0.8, against: -0.5 };
/// The same hits with the examples kept silent: what a pattern is worth alone.
const PATTERN_ALONE: Weights =
    Weights { base: 1.9, covered: 0.5, long: -0.5, rival: -1.0, asks: 1.0, answers: 0.8, against: 0.0 };

/// The words are those of an example: the seller said so. Judged, not fitted; leaving the example out takes it away.
const VERBATIM: f64 = 2.0;
/// A pattern that had to repair a word: as much as a sentence of which it explains little. Judged, not fitted: no
/// labelled message needed a repair when the other weights were measured.
const REPAIRED: f64 = -1.0;
/// The buyer answers the question that we asked: nineteen in twenty mean it so.
const ANSWERS_OUR_QUESTION: f64 = 4.0;
/// More rivals than two say nothing more.
const MAX_RIVALS: f64 = 2.0;
/// Log-odds never say more than this (99.75 %): nobody measured a hit that is surer.
const SUREST: f64 = 6.0;

/// Gives every hit the probability that the buyer means its rule.
pub(super) fn assign(engine: &Engine, understanding: &mut Understanding<'_>) {
    let scores = log_odds(engine, understanding);
    for ((_, hit), score) in understanding.hits.iter_mut().zip(scores) {
        // A rule that likeness let stand brings its own probability; it has no pattern to be judged by.
        if !alike::stood_in(hit) {
            hit.confidence = engine.calibration().probability(score);
        }
    }
}

/// Returns the score of each hit in log-odds, before it is calibrated.
pub(super) fn log_odds(engine: &Engine, understanding: &Understanding<'_>) -> Vec<f64> {
    let whole = Whole::of(understanding);
    understanding.hits.iter().map(|(rule, hit)| score(engine, understanding, &whole, rule, hit)).collect()
}

fn score(engine: &Engine, understanding: &Understanding<'_>, whole: &Whole<'_>, rule: &Rule, hit: &Hit) -> f64 {
    if understanding.pending.as_ref().is_some_and(|pending| pending.intent == rule.id) {
        return ANSWERS_OUR_QUESTION;
    }
    let evidence = Evidence::of(engine, understanding, whole, rule, hit);
    let weights = if evidence.heard { &TWO_WITNESSES } else { &PATTERN_ALONE };
    let flag = |holds: bool| f64::from(u8::from(holds));
    let checked = flag(rule.action == Action::Answer) * rising(evidence.covered, 0.05, 0.2);
    let against = rising(evidence.other.max(evidence.skip) - evidence.own, -0.15, 0.15);
    let sum = weights.base
        + weights.covered * rising(evidence.covered, 0.0, 0.4)
        + weights.long * rising(evidence.message, 6.0, 30.0)
        + weights.rival * evidence.rivals.min(MAX_RIVALS)
        + weights.asks * flag(evidence.asks)
        + weights.answers * checked
        + weights.against * against
        + REPAIRED * flag(evidence.repaired)
        + VERBATIM * flag(evidence.own >= SAME_WORDS);
    sum.min(SUREST)
}

/// Returns 0 up to `from`, 1 from `to` on, and a straight line in between: beyond both ends more of it says no more.
fn rising(value: f64, from: f64, to: f64) -> f64 {
    ((value - from) / (to - from)).clamp(0.0, 1.0)
}

/// Returns how many sentences ask something, and how many of them are covered.
pub(super) fn coverage(understanding: &Understanding<'_>) -> (usize, usize) {
    let asks = understanding.sentences().into_iter().filter(|trace| trace.kind == SentenceKind::Asks);
    asks.fold((0, 0), |(all, covered), trace| (all + 1, covered + usize::from(!trace.covered_by.is_empty())))
}
