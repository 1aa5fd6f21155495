//! A text as recognisers look at it: numbered words with what stands before, between and behind them.
//!
//! Looks only; what it means is decided by the recogniser of each kind.

use std::ops::Range;

use crate::{
    model::verdict::EntityFound,
    text::{
        entity::mark::{self, DIGIT},
        folded::{Folded, Script, Word, classes::Classes},
    },
};

/// A folded text beside its original.
#[derive(Debug)]
pub struct Passage<'a> {
    folded: &'a Folded,
    original: &'a str,
    /// What each word may begin.
    marks: Vec<u8>,
}

impl<'a> Passage<'a> {
    /// Puts a folded text beside the original it was made of.
    pub fn new(folded: &'a Folded, original: &'a str) -> Self {
        Self { folded, original, marks: mark::of(folded) }
    }

    /// Returns the folded text.
    pub(in crate::text) fn text(&self) -> &'a str {
        self.folded.text()
    }

    /// Returns how many words there are.
    pub(in crate::text) fn len(&self) -> usize {
        self.folded.words().len()
    }

    /// Returns a word; none beyond the end.
    pub(in crate::text) fn word(&self, at: usize) -> Option<&'a Word> {
        self.folded.words().get(at)
    }

    /// Returns a word's folded form; empty beyond the end.
    pub(in crate::text) fn form(&self, at: usize) -> &'a str {
        self.word(at).map_or("", |word| self.folded.form(word))
    }

    /// Returns the folded form of the word before one; empty before the first.
    pub(in crate::text) fn form_before(&self, at: usize) -> &'a str {
        at.checked_sub(1).map_or("", |before| self.form(before))
    }

    /// Returns a word as the buyer wrote it; empty beyond the end.
    pub(in crate::text) fn raw(&self, at: usize) -> &'a str {
        self.word(at).map_or("", |word| &self.original[word.original.clone()])
    }

    /// Returns the folded text before a word.
    pub(in crate::text) fn before(&self, at: usize) -> &'a str {
        let end = self.word(at).map_or(self.folded.text().len(), |word| word.folded.start);
        &self.folded.text()[..end]
    }

    /// Returns the folded text behind a word.
    pub(in crate::text) fn after(&self, at: usize) -> &'a str {
        let start = self.word(at).map_or(self.folded.text().len(), |word| word.folded.end);
        &self.folded.text()[start..]
    }

    /// Returns the folded text between a word and the next one, or the end.
    pub(in crate::text) fn gap(&self, at: usize) -> &'a str {
        let start = self.word(at).map_or(self.folded.text().len(), |word| word.folded.end);
        let end = self.word(at + 1).map_or(self.folded.text().len(), |word| word.folded.start);
        &self.folded.text()[start..end]
    }

    /// Returns the text between a word and the one before it, or the beginning.
    pub(in crate::text) fn gap_before(&self, at: usize) -> &'a str {
        match at.checked_sub(1) {
            Some(before) => self.gap(before),
            None => self.before(at),
        }
    }

    /// Returns whether a word is a character of a script without spaces.
    pub(in crate::text) fn is_dense(&self, at: usize) -> bool {
        self.word(at).is_some_and(|word| word.script == Script::Dense)
    }

    /// Returns whether a word is ASCII digits and nothing else.
    pub(in crate::text) fn is_digits(&self, at: usize) -> bool {
        is_digits(self.form(at))
    }

    /// Returns whether a word has any of these marks.
    pub(in crate::text) fn may_begin(&self, at: usize, marks: u8) -> bool {
        self.marks.get(at).is_some_and(|mark| mark & marks != 0)
    }

    /// Returns the words that have a digit, in order.
    pub(in crate::text) fn numbers(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).filter(|at| self.may_begin(*at, DIGIT))
    }

    /// Returns whether a word stands between spaces.
    pub(in crate::text) fn is_spaced(&self, at: usize) -> bool {
        self.word(at).is_some_and(|word| word.script == Script::Spaced)
    }

    /// Returns whether the text has any of these classes.
    pub(in crate::text) fn has(&self, classes: Classes) -> bool {
        self.folded.classes().has_any(classes)
    }

    /// Returns a value that stands on words.
    pub(in crate::text) fn found(&self, kind: &str, value: String, words: Range<usize>) -> EntityFound {
        let last = words.end.saturating_sub(1).max(words.start);
        let start = self.word(words.start).map_or(0, |word| word.original.start);
        let end = self.word(last).map_or(start, |word| word.original.end);
        EntityFound { kind: kind.to_owned(), value, span: start..end.max(start) }
    }

    /// Returns a value that stands on bytes of the folded text: a sign before its number belongs to it.
    pub(in crate::text) fn found_at(&self, kind: &str, value: String, folded: Range<usize>) -> EntityFound {
        EntityFound { kind: kind.to_owned(), value, span: self.folded.original_range(folded) }
    }
}

/// Returns whether a text is ASCII digits and nothing else.
pub(in crate::text) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
