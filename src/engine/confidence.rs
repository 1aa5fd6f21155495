//! How far a pattern explains the sentence it stands in.
//!
//! Version 1 has one witness, the pattern, so it answers only short, dense sentences: a keyword in a long story proves
//! nothing. The second witness, similarity to the examples, and calibration come with the complete rule language.

use crate::{
    engine::{clause, understand::Understanding},
    model::verdict::{Hit, SentenceKind},
    rules::rule::{Action, Category, Rule},
    text::{folded::Script, sentence::Sentence},
};

/// A sentence longer than this tells a story; measured on labelled customer messages (docs/decisions.md).
const MAX_SENTENCE_WORDS: usize = 30;
/// The same for scripts whose words are counted by character.
const MAX_SENTENCE_CHARACTERS: usize = 60;
/// New text longer than this is answered only for what its first paragraph or its subject asks.
const LONG_TEXT_CHARACTERS: usize = 1_200;

/// A sentence before a sale that asks nothing and has more words than this tells something: "you promised me free
/// shipping and you lied". Up to here it is a question without its mark: "free shipping or not".
const MAX_STATED_QUESTION_WORDS: usize = 5;
/// The same for scripts whose words are counted by character.
const MAX_STATED_QUESTION_CHARACTERS: usize = 8;

/// Returns the share of the sentence's words that the pattern matched, 0 to 1. It is no probability.
pub(super) fn explained(understanding: &Understanding<'_>, hit: &Hit) -> f64 {
    let Some(sentence) = sentence_of(understanding, hit) else { return 1.0 };
    let words = sentence.words.len().max(1);
    // Both counts are small; a sentence is capped by the reading.
    #[expect(clippy::cast_precision_loss, reason = "a sentence never has 2^52 words")]
    let share = hit.words as f64 / words as f64;
    share.min(1.0)
}

/// Returns why a hit is not enough to answer by itself, or nothing if it is.
pub(super) fn doubt(understanding: &Understanding<'_>, rule: &Rule, hit: &Hit) -> Option<String> {
    let sentence = sentence_of(understanding, hit)?;
    let Length { words, limit, stated_limit, unit } = length(understanding, sentence);
    if words > limit {
        return Some(format!("the sentence is too long to be sure: {words} {unit}, the limit is {limit}"));
    }
    let answers_a_question = rule.category == Category::PreSale && rule.action == Action::Answer;
    if answers_a_question && sentence.kind == SentenceKind::States && words > stated_limit {
        return Some("the sentence tells something and asks nothing".to_owned());
    }
    if let Some(open) =
        (rule.action == Action::Answer).then(|| clause::open_question(understanding, sentence)).flatten()
    {
        return Some(format!("a part of the sentence asks something else: “{open}”"));
    }
    let text = understanding.reading.original();
    let first_paragraph = text.find("\n\n").unwrap_or(text.len());
    let long = text.chars().count() > LONG_TEXT_CHARACTERS;
    if long && sentence.span.start > first_paragraph {
        return Some("a long message, and the question does not stand in its first paragraph".to_owned());
    }
    None
}

/// Returns how sure the verdict is as a whole: the share explained of the sentence of its first answering hit.
pub(super) fn of_verdict(understanding: &Understanding<'_>) -> f64 {
    let best = understanding.hits.iter().find(|(rule, _)| rule.action == Action::Answer);
    best.or(understanding.hits.first()).map_or(0.0, |(_, hit)| explained(understanding, hit))
}

/// Returns how many sentences ask something, and how many of them are covered.
pub(super) fn coverage(understanding: &Understanding<'_>) -> (usize, usize) {
    let asks = understanding.sentences().into_iter().filter(|trace| trace.kind == SentenceKind::Asks);
    asks.fold((0, 0), |(all, covered), trace| (all + 1, covered + usize::from(!trace.covered_by.is_empty())))
}

fn sentence_of<'u>(understanding: &'u Understanding<'_>, hit: &Hit) -> Option<&'u Sentence> {
    understanding.reading.sentences().get(hit.sentence?)
}

/// How long a sentence is and may be.
struct Length {
    words: usize,
    limit: usize,
    stated_limit: usize,
    unit: &'static str,
}

fn length(understanding: &Understanding<'_>, sentence: &Sentence) -> Length {
    let all = &understanding.reading.folded().words()[sentence.words.clone()];
    let dense = all.iter().filter(|word| word.script == Script::Dense).count();
    let words = all.len();
    if dense * 2 > words {
        let (limit, stated_limit) = (MAX_SENTENCE_CHARACTERS, MAX_STATED_QUESTION_CHARACTERS);
        return Length { words, limit, stated_limit, unit: "characters" };
    }
    Length { words, limit: MAX_SENTENCE_WORDS, stated_limit: MAX_STATED_QUESTION_WORDS, unit: "words" }
}
