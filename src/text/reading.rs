//! A text read once: folded, cut into sentences, its entities found. What the rules are handed; it judges nothing.

use crate::{
    model::verdict::EntityFound,
    text::{
        entity::{self, own_list::OwnList},
        folded::Folded,
        sentence::{self, Sentence},
    },
};

/// 64 KiB: a hundred times the longest honest question; what lies beyond is pasted logs or an attack on our time.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;

/// A text read once: everything rules need.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    original: String,
    folded: Folded,
    sentences: Vec<Sentence>,
    entities: Vec<EntityFound>,
}

impl Reading {
    /// Reads a text. Never fails; what lies beyond [`MAX_TEXT_BYTES`] is cut off at a character boundary.
    pub fn new(original: &str) -> Self {
        Self::with_lists(original, &[])
    }

    /// Reads a text in which a shop's own kinds of values are looked for too.
    pub fn with_lists(original: &str, lists: &[OwnList]) -> Self {
        let original = &original[..original.floor_char_boundary(MAX_TEXT_BYTES)];
        let folded = Folded::new(original);
        let sentences = sentence::split(original, &folded);
        let entities = entity::find(original, &folded, lists);
        Self { original: original.to_owned(), folded, sentences, entities }
    }

    /// Returns the text as it was read; every span of this reading lies in it.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// Returns the folded text with its words.
    pub fn folded(&self) -> &Folded {
        &self.folded
    }

    /// Returns the sentences in order; none for a text without words.
    pub fn sentences(&self) -> &[Sentence] {
        &self.sentences
    }

    /// Returns the entities in the order of the text.
    pub fn entities(&self) -> &[EntityFound] {
        &self.entities
    }
}
