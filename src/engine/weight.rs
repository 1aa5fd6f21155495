//! The words of a sentence one by one, with what each is worth: a whole word, or half a one in scripts without spaces; a
//! value or a part of one; a part of a phrase that only carries the sentence.
//!
//! What a word says is judged by who asks: [`evidence`](crate::engine::evidence), [`strange`](crate::engine::strange),
//! [`aside`](crate::engine::aside).

use std::ops::Range;

use crate::{
    model::verdict::EntityFound,
    text::{
        folded::Script,
        reading::Reading,
        sentence::{
            Sentence,
            phrases::{Part, phrases},
        },
    },
};

/// What a character of a script without spaces weighs: the words of such scripts are two of them, as a rule.
const OF_CHARACTER: f64 = 0.5;

/// One word of a sentence.
#[derive(Debug)]
pub(super) struct Weighed<'a> {
    /// Its place among the words of the text.
    pub index: usize,
    /// Its folded form.
    pub form: &'a str,
    /// Its bytes in the original.
    pub span: &'a Range<usize>,
    /// It is a character of a script without spaces.
    pub is_character: bool,
    /// It is part of a phrase of the kind that was asked for.
    pub is_hollow: bool,
    /// The value that it is part of.
    entity: Option<&'a EntityFound>,
}

impl Weighed<'_> {
    /// Returns what it counts for.
    pub(super) fn weight(&self) -> f64 {
        if self.is_character { OF_CHARACTER } else { 1.0 }
    }

    /// Returns whether it is part of a value of any kind.
    pub(super) fn is_value(&self) -> bool {
        self.entity.is_some()
    }

    /// Returns whether it is part of a value of one of these kinds.
    pub(super) fn is_value_of(&self, kinds: &[&str]) -> bool {
        self.entity.is_some_and(|entity| kinds.contains(&entity.kind.as_str()))
    }

    /// Returns whether it and these bytes of the original have some in common.
    pub(super) fn touches(&self, span: &Range<usize>) -> bool {
        span.start < self.span.end && self.span.start < span.end
    }
}

/// Returns the words of a sentence in their order. `hollow` names the phrases whose words are marked so.
pub(super) fn words<'a>(
    reading: &'a Reading,
    sentence: &Sentence,
    hollow: impl Fn(Part) -> bool,
) -> impl Iterator<Item = Weighed<'a>> {
    let (folded, entities) = (reading.folded(), reading.entities());
    let first = sentence.words.start;
    let mut marked = vec![false; sentence.words.len()];
    for found in phrases().find(folded, sentence.words.clone()).iter().filter(|found| hollow(found.part)) {
        marked[found.words.start - first..found.words.end - first].fill(true);
    }
    sentence.words.clone().zip(marked).map(move |(index, is_hollow)| {
        let word = &folded.words()[index];
        let span = &word.original;
        let entity = entities.get(entities.partition_point(|entity| entity.span.end <= span.start));
        Weighed {
            index,
            form: folded.form(word),
            span,
            is_character: word.script == Script::Dense,
            is_hollow,
            entity: entity.filter(|entity| entity.span.start < span.end),
        }
    })
}
