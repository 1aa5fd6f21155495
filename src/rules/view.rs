//! A message as the compiled rules see it: every word with its atoms, every entity with its words.

use std::{cell::OnceCell, ops::Range};

use crate::{
    model::verdict::EntityFound,
    rules::{
        entity_list::Kinds,
        memory::{Misspelt, WordAtoms},
        program::Words,
        vocabulary::AtomId,
    },
    text::reading::Reading,
};

/// A reading with what the vocabulary knows of it.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct View<'a> {
    pub(in crate::rules) reading: &'a Reading,
    pub(in crate::rules) atoms: &'a WordAtoms,
    pub(in crate::rules) entities: &'a Entities<'a>,
    /// Words that stand for others and are no part of an entity: which, and what for.
    pub(in crate::rules) misspelt: &'a [Misspelt],
    /// Misspelt words have the atoms of what they stand for.
    pub(in crate::rules) repaired: bool,
}

/// An entity by the words it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rules) struct EntityWords {
    pub(in crate::rules) kind: u16,
    pub(in crate::rules) words: Range<usize>,
    /// Index into the reading's entities.
    pub(in crate::rules) index: usize,
}

/// The entities of a reading that cover words, looked for when something first asks for them.
#[derive(Debug)]
pub(in crate::rules) struct Entities<'a> {
    reading: &'a Reading,
    kinds: Kinds<'a>,
    found: OnceCell<Vec<EntityWords>>,
}

impl<'a> Entities<'a> {
    /// Looks for nothing yet.
    pub(in crate::rules) fn new(reading: &'a Reading, kinds: Kinds<'a>) -> Self {
        Self { reading, kinds, found: OnceCell::new() }
    }

    /// Returns the entities in the order of the text.
    pub(in crate::rules) fn all(&self) -> &[EntityWords] {
        self.found.get_or_init(|| {
            let words = self.reading.folded().words();
            let covered = |(index, entity): (usize, &EntityFound)| {
                let kind = self.kinds.number(&entity.kind)?;
                let start = words.partition_point(|word| word.original.end <= entity.span.start);
                let end = words.partition_point(|word| word.original.start < entity.span.end);
                (start < end).then_some(EntityWords { kind, words: start..end, index })
            };
            self.reading.entities().iter().enumerate().filter_map(covered).collect()
        })
    }
}

impl View<'_> {
    /// Returns whether one of these words is misspelt.
    pub(in crate::rules) fn is_misspelt(&self, words: &Range<usize>) -> bool {
        let first = self.misspelt.partition_point(|misspelt| misspelt.word < words.start);
        self.misspelt.get(first).is_some_and(|misspelt| misspelt.word < words.end)
    }

    /// Returns the folded text of a sentence, with the punctuation up to the next one.
    pub(in crate::rules) fn sentence_text(&self, words: &Range<usize>) -> Range<usize> {
        let folded = self.reading.folded();
        let all = folded.words();
        let start = all.get(words.start).map_or(0, |word| word.folded.start);
        let end = all.get(words.end).map_or(folded.text().len(), |next| next.folded.start);
        start..end.max(start)
    }

    /// Returns the words that a range of the folded text touches.
    pub(in crate::rules) fn words_at(&self, folded: &Range<usize>) -> Range<usize> {
        let all = self.reading.folded().words();
        let start = all.partition_point(|word| word.folded.end <= folded.start);
        let end = all.partition_point(|word| word.folded.start < folded.end);
        start..end.max(start)
    }
}

impl Words for View<'_> {
    fn atoms(&self, word: usize) -> &[AtomId] {
        self.atoms.of(word)
    }

    fn is_apart(&self, word: usize) -> bool {
        self.reading.folded().words()[word].apart
    }

    fn entity_end(&self, word: usize, kind: u16) -> Option<usize> {
        let entities = self.entities.all();
        let first = entities.partition_point(|entity| entity.words.start < word);
        let here = entities[first..].iter().take_while(|entity| entity.words.start == word);
        here.filter(|entity| entity.kind == kind).map(|entity| entity.words.end).max()
    }
}
