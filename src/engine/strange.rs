//! What of a message neither the pattern nor the examples of a rule have seen.
//!
//! A buyer who asks what the rule answers uses its words and the words of every purchase. What else is said is another
//! matter: a sofa that must go to Alaska, a card that was declined.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use crate::{
    engine::{Engine, evidence::Whole, understand::Understanding, weight},
    model::verdict::{Hit, SentenceKind},
    rules::{rule::Rule, stop_word::is_stop_word_of_any_language},
    text::sentence::phrases::Part,
};

/// Words that say nothing unexpected, of all languages.
static PLAIN: LazyLock<FxHashSet<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("plain_words.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(':')).flat_map(|(_, words)| words.split_whitespace()).collect()
});

/// Kinds of values that any question may name.
const PLAIN_VALUES: [&str; 3] = ["country", "order_number", "tracking_number"];
/// A verdict names no more words than this.
const NAMED: usize = 6;

/// Returns whether a word is one of every purchase. Numbers say nothing of their own, and of "it's" the first half counts.
fn says_nothing(form: &str) -> bool {
    let root = form.split(['\'', '’']).next().unwrap_or(form);
    let plain = |word: &str| PLAIN.contains(word) || is_stop_word_of_any_language(word);
    plain(form) || plain(root) || form.bytes().all(|byte| byte.is_ascii_digit())
}

/// The words of a message that a rule's author has not shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Strange {
    /// The words, in the order of the text; neighbours of scripts without spaces are one.
    pub words: Vec<String>,
    /// Where those in the sentence of the hit stand among the words of the text.
    pub places: Vec<usize>,
    /// How many there are; two characters of a script without spaces are one word.
    pub weight: f64,
    /// The other words that say something, in the same measure.
    pub known: f64,
}

impl Strange {
    /// Looks at the sentence of a hit and at statements beside it that no other rule covers. A question beside it is left
    /// to a person anyway.
    pub(super) fn of(
        engine: &Engine,
        understanding: &Understanding<'_>,
        whole: &Whole<'_>,
        rule: &Rule,
        hit: &Hit,
    ) -> Self {
        let mut strange = Self::default();
        let Some(place) = engine.rules.place(&rule.id) else { return strange };
        let sentences = understanding.reading.sentences();
        let near = hit.sentence.map_or(0..sentences.len(), |own| own.saturating_sub(1)..(own + 2).min(sentences.len()));
        for index in near {
            let own = hit.sentence.is_none_or(|own| own == index);
            let states = sentences[index].kind == SentenceKind::States;
            if own || states && !whole.standing.is_covered(index, &rule.id) {
                strange.add(engine, understanding, whole, place, (index, own));
            }
        }
        strange
    }

    fn add(
        &mut self,
        engine: &Engine,
        understanding: &Understanding<'_>,
        whole: &Whole<'_>,
        rule: usize,
        (place, own): (usize, bool),
    ) {
        let sentence = &understanding.reading.sentences()[place];
        let folded = understanding.reading.folded();
        let knows = |word| engine.rules.similar().knows((rule, true), folded, word, understanding.witness.left_out());
        let mut last = None;
        for word in weight::words(&understanding.reading, sentence, Part::is_hollow) {
            if word.is_value_of(&PLAIN_VALUES) || word.is_hollow || says_nothing(word.form) {
                continue;
            }
            if whole.standing.spans(place).any(|span| word.touches(span)) || knows(word.index) {
                self.known += word.weight();
                continue;
            }
            self.weight += word.weight();
            if own {
                self.places.push(word.index);
            }
            let written = &understanding.reading.original()[word.span.clone()];
            match self.words.last_mut() {
                Some(before) if word.is_character && last == word.index.checked_sub(1) => before.push_str(written),
                _ => self.words.push(written.to_owned()),
            }
            last = Some(word.index);
        }
    }

    /// Returns the first of the words, quoted.
    pub(super) fn quoted(&self) -> String {
        let words: Vec<String> = self.words.iter().take(NAMED).map(|word| format!("“{word}”")).collect();
        words.join(", ")
    }
}
