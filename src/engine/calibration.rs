//! From a score to a probability, measured on the rule set's own examples.
//!
//! Each example is judged with itself left out of the second witness. What is shipped (`confidence`) was measured on
//! messages of strangers; the examples come from the hand that wrote the patterns, and their patterns cannot be left
//! out. So they may lower what is claimed and never raise it, and few of them move it little. Pure and deterministic;
//! no file is kept.

use std::hash::BuildHasher as _;

use jiff::Timestamp;
use rustc_hash::FxBuildHasher;

use crate::{
    engine::{Engine, alike, confidence, evidence::counted, understand::Understanding},
    model::{
        context::Context,
        inbound::{ChannelKind, Inbound},
    },
    rules::{cores::spread, rule::Example, similar::Known},
};

/// Examples judged to fit the curve, drawn by a hash of their texts: more change little and make the first decision slow.
/// Drawn by their places in the set, one example more would draw all others anew, and move messages over the line that
/// have nothing to do with it.
const MAX_JUDGED: usize = 256;
/// How firmly the slope stays at 1, as a variance: a hundred examples that contradict it move it by a quarter.
const SLOPE_VARIANCE: f64 = 0.06;
/// How firmly the offset stays at 0, as a variance.
const OFFSET_VARIANCE: f64 = 0.25;
/// The curve is never flatter: a higher score must stay a clearly higher probability.
const LEAST_SLOPE: f64 = 0.5;
/// Newton's method doubles the right digits with each step; from 1 and 0 ten are enough.
const STEPS: usize = 12;
/// Where the bins of the reliability table end; the upper ones are narrow because `answer_at` lies there.
const BIN_ENDS: [f64; 6] = [0.5, 0.7, 0.8, 0.9, 0.95, 1.0];

/// A logistic curve over a score in log-odds (Platt's method with a prior).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    slope: f64,
    offset: f64,
}

impl Calibration {
    /// The curve of a set without examples: the score as it was measured.
    pub const SHIPPED: Self = Self { slope: 1.0, offset: 0.0 };

    /// Fits the curve to judged scores, each with whether it was right.
    pub fn fit(judged: &[(f64, bool)]) -> Self {
        let (mut slope, mut offset) = (1.0_f64, 0.0_f64);
        for _ in 0..STEPS {
            // Gradient and curvature of the log-likelihood with both priors.
            let (mut to_slope, mut to_offset) = ((1.0 - slope) / SLOPE_VARIANCE, -offset / OFFSET_VARIANCE);
            let (mut of_slope, mut of_both, mut of_offset) = (1.0 / SLOPE_VARIANCE, 0.0, 1.0 / OFFSET_VARIANCE);
            for (score, right) in judged {
                let claimed = probability(slope * score + offset);
                let missing = f64::from(u8::from(*right)) - claimed;
                let spread = claimed * (1.0 - claimed);
                to_slope += missing * score;
                to_offset += missing;
                of_slope += spread * score * score;
                of_both += spread * score;
                of_offset += spread;
            }
            let determinant = of_slope * of_offset - of_both * of_both;
            slope += (to_slope * of_offset - to_offset * of_both) / determinant;
            offset += (to_offset * of_slope - to_slope * of_both) / determinant;
        }
        Self { slope: slope.clamp(LEAST_SLOPE, 1.0), offset: offset.min(0.0) }
    }

    /// Returns the probability that a hit of this score is right; it never falls where the score rises.
    pub fn probability(&self, score: f64) -> f64 {
        probability(self.slope * score + self.offset)
    }
}

fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// The examples that fall into one stretch of confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// The lowest confidence of the stretch.
    pub from: f64,
    /// Where it ends; only the last stretch includes its end.
    pub to: f64,
    /// How many judgements fell into it.
    pub examples: usize,
    /// How many of them were right.
    pub right: usize,
    /// The confidence claimed on average; the middle of the stretch if nothing fell into it.
    pub predicted: f64,
}

impl Bin {
    /// Returns the share that was right; nothing if nothing fell into the stretch.
    pub fn observed(&self) -> Option<f64> {
        (self.examples > 0).then(|| counted(self.right) / counted(self.examples))
    }
}

/// Judges every example of the rule set with itself left out, and returns what was claimed beside what was right.
///
/// This is reliability on the shop's own examples, where patterns have seen what they are judged by; strangers are less
/// kind.
pub fn reliability(engine: &Engine) -> Vec<Bin> {
    let calibration = engine.calibration();
    let claims = judged(engine, usize::MAX).into_iter();
    let claims: Vec<(f64, bool)> = claims.map(|(score, right)| (calibration.probability(score), right)).collect();
    let mut from = 0.0;
    let bins = BIN_ENDS.into_iter().map(|to| {
        let last = to >= 1.0;
        let inside = claims.iter().filter(|(claimed, _)| *claimed >= from && (*claimed < to || last));
        let inside: Vec<&(f64, bool)> = inside.collect();
        let sum: f64 = inside.iter().map(|(claimed, _)| claimed).sum();
        let examples = inside.len();
        let predicted = if examples == 0 { f64::midpoint(from, to) } else { sum / counted(examples) };
        let right = inside.iter().filter(|(_, right)| *right).count();
        let bin = Bin { from, to, examples, right, predicted };
        from = to;
        bin
    });
    bins.collect()
}

/// Returns the curve for an engine's rules.
pub(super) fn of(engine: &Engine) -> Calibration {
    Calibration::fit(&judged(engine, MAX_JUDGED))
}

/// Judges up to `most` examples: the score of each hit that one is about, and whether it is right.
fn judged(engine: &Engine, most: usize) -> Vec<(f64, bool)> {
    let known = engine.rules.similar().examples();
    let mut positions: Vec<usize> = (0..known.len()).collect();
    if most < known.len() {
        let text =
            |known: &Known| engine.rules.rules().get(known.rule)?.examples.get(known.example).map(|own| &own.text);
        positions.sort_by_cached_key(|position| (FxBuildHasher.hash_one(text(&known[*position])), *position));
        positions.truncate(most);
        positions.sort_unstable();
    }
    let judged = spread(&positions, |own| -> Vec<(f64, bool)> {
        own.iter().flat_map(|position| judge(engine, *position, known[*position])).collect()
    });
    judged.concat()
}

/// A `match` is right for its own rule, and wrong for a rule that hits in its place; a `skip` is wrong for its own rule
/// and says nothing about others.
fn judge(engine: &Engine, position: usize, known: Known) -> Vec<(f64, bool)> {
    let rules = engine.rules.rules();
    let Some(own) = rules.get(known.rule) else { return Vec::new() };
    let Some(Example { text, matches, .. }) = own.examples.get(known.example) else { return Vec::new() };
    // Conditions that look at the clock see the same moment whenever the curve is fitted.
    let now = Timestamp::UNIX_EPOCH;
    let inbound = Inbound::from_text(ChannelKind::Email, text, now);
    let understanding = Understanding::of(engine, &inbound, &Context::default(), now, Some(position));
    let meant = understanding.hits.iter().any(|(rule, _)| rule.id == own.id);
    let scores = confidence::log_odds(engine, &understanding);
    let hits = understanding.hits.iter().zip(scores).filter_map(|((rule, hit), score)| {
        if alike::stood_in(hit) {
            return None;
        }
        let right = match (rule.id == own.id, *matches) {
            (true, matches) => matches,
            (false, true) if !meant => false,
            (false, _) => return None,
        };
        Some((score, right))
    });
    hits.collect()
}
