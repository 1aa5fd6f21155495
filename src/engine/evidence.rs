//! What speaks for a hit and against it, as numbers: the pattern's share of the sentence, its rivals, and what the
//! examples say. Judged in [`confidence`](crate::engine::confidence).

use std::ops::Range;

use crate::{
    engine::{Engine, standing::Standing, understand::Understanding, weight},
    model::{
        language::Language,
        verdict::{Hit, SentenceKind},
    },
    rules::{
        rule::{Category, Rule},
        stop_word::is_stop_word_of_any_language,
    },
    text::sentence::{Sentence, phrases::Part},
};

/// A rule with fewer `match` examples in the language of the pattern has no second witness: two sentences say too
/// little about what else people write.
pub(super) const MIN_EXAMPLES: usize = 4;

/// What speaks for one hit and against it. Shares and likenesses are 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Evidence {
    /// The content words of the whole message.
    pub message: f64,
    /// The share of them that the patterns of all standing rules matched.
    pub covered: f64,
    /// A word of the hit is only a repair of what was written.
    pub repaired: bool,
    /// Other rules that stand in the same sentence.
    pub rivals: f64,
    /// The sentence asks or demands something, or it is courtesy and the rule is there for courtesy.
    pub asks: bool,
    /// The rule has enough examples for a second witness.
    pub heard: bool,
    /// Likeness to the rule's own examples.
    pub own: f64,
    /// The highest likeness to the examples of a rule that does not stand.
    pub other: f64,
    /// The highest likeness to a `skip` example of the rule.
    pub skip: f64,
}

impl Evidence {
    /// Gathers what is known about a hit.
    pub(super) fn of(
        engine: &Engine,
        understanding: &Understanding<'_>,
        whole: &Whole<'_>,
        rule: &Rule,
        hit: &Hit,
    ) -> Self {
        let sentence = hit.sentence.and_then(|index| understanding.reading.sentences().get(index));
        // A subject is a sentence above the text, and its words are no part of the text.
        let above = if hit.sentence.is_none() { counted(hit.words) } else { 0.0 };
        let part = whole.around(sentence);
        let message = part.all + above;
        let rivals = whole.standing.at(hit.sentence).iter().filter(|(other, _)| other.id != rule.id);
        let mut evidence = Self {
            message,
            covered: ((part.matched + above) / message.max(1.0)).min(1.0),
            repaired: !hit.repairs.is_empty(),
            rivals: counted(rivals.count()),
            asks: sentence.is_none_or(|sentence| match sentence.kind {
                SentenceKind::Asks => true,
                SentenceKind::Courtesy => rule.category == Category::Closing,
                SentenceKind::States => false,
            }),
            heard: has_examples(rule, hit.language),
            own: 0.0,
            other: 0.0,
            skip: 0.0,
        };
        evidence.ask_the_examples(engine, understanding, whole, rule, hit);
        evidence
    }

    fn ask_the_examples(
        &mut self,
        engine: &Engine,
        understanding: &Understanding<'_>,
        whole: &Whole<'_>,
        rule: &Rule,
        hit: &Hit,
    ) {
        let rules = engine.rules.rules();
        for found in understanding.witness.about(hit.sentence) {
            let known = &rules[found.rule];
            if known.id == rule.id {
                self.own = self.own.max(found.score);
                self.skip = self.skip.max(found.skip);
            } else if !whole.standing.stands(&known.id) {
                self.other = self.other.max(found.score);
            }
        }
    }
}

/// A longer new text is judged by its first paragraph, if the hit stands there or in the subject: people put what they
/// want first, and the story behind it.
const LONG_TEXT_CHARACTERS: usize = 1_200;

/// Returns where the first paragraph of a long text ends; nothing for a text that is not long.
fn opening(understanding: &Understanding<'_>) -> Option<usize> {
    let text = understanding.reading.original();
    let long = text.chars().count() > LONG_TEXT_CHARACTERS;
    long.then(|| text.find("\n\n").unwrap_or(text.len()))
}

/// What a message says, and what the opening of a long one says.
#[derive(Debug)]
pub(super) struct Whole<'u> {
    /// Who stands where.
    pub standing: Standing<'u>,
    content: Content,
    opening: Option<(usize, Content)>,
}

impl<'u> Whole<'u> {
    /// Weighs a message.
    pub(super) fn of(understanding: &'u Understanding<'_>) -> Self {
        let standing = Standing::of(understanding);
        let opening = opening(understanding).map(|end| (end, Content::of(understanding, &standing, end)));
        Self { content: Content::of(understanding, &standing, usize::MAX), opening, standing }
    }

    /// Returns where the first paragraph of a long text ends; nothing for a text that is not long.
    pub(super) fn opening_end(&self) -> Option<usize> {
        self.opening.map(|(end, _)| end)
    }

    /// Returns the part that a hit in that sentence is judged by; above a long text the subject stands for itself.
    fn around(&self, sentence: Option<&Sentence>) -> Content {
        match (self.opening, sentence) {
            (Some(_), None) => Content::default(),
            (Some((end, opening)), Some(sentence)) if sentence.span.start <= end => opening,
            _ => self.content,
        }
    }
}

/// The weight of the words that say something: without stop words, courtesy, the words that only ask, and recognized
/// values such as order numbers, unless a pattern matched them. In scripts without spaces two characters count as one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Content {
    /// All of them.
    all: f64,
    /// Those that a standing rule matched.
    matched: f64,
}

impl Content {
    /// Weighs the sentences that begin up to that byte.
    fn of(understanding: &Understanding<'_>, standing: &Standing<'_>, end: usize) -> Self {
        let mut content = Self::default();
        let sentences = understanding.reading.sentences().iter().enumerate();
        for (index, sentence) in sentences.filter(|(_, sentence)| sentence.span.start <= end) {
            let spans: Vec<&Range<usize>> = standing.spans(index).collect();
            if sentence.kind != SentenceKind::Courtesy || !spans.is_empty() {
                content.add(understanding, sentence, &spans);
            }
        }
        content
    }

    fn add(&mut self, understanding: &Understanding<'_>, sentence: &Sentence, spans: &[&Range<usize>]) {
        for word in weight::words(&understanding.reading, sentence, Part::is_hollow) {
            if spans.iter().any(|span| word.touches(span)) {
                self.matched += word.weight();
                self.all += word.weight();
            } else if !(is_stop_word_of_any_language(word.form) || word.is_hollow || word.is_value()) {
                self.all += word.weight();
            }
        }
    }
}

/// Returns whether the rule has a second witness in that language.
fn has_examples(rule: &Rule, language: Language) -> bool {
    let own = rule.examples.iter().filter(|example| example.matches && example.language == language);
    own.count() >= MIN_EXAMPLES
}

/// Counts are small: a text is cut at 64 KiB.
#[expect(clippy::cast_precision_loss, reason = "no text has 2^52 words")]
pub(super) fn counted(count: usize) -> f64 {
    count as f64
}
