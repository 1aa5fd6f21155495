//! A text read once: folded, cut into sentences, its entities found. What the rules are handed; it judges nothing.

use std::sync::{Arc, LazyLock, OnceLock};

use crate::{
    model::verdict::EntityFound,
    text::{
        entity::{self, own_list::OwnList},
        folded::Folded,
        sentence::{self, Place, Sentence},
    },
};

/// 64 KiB: a hundred times the longest honest question; what lies beyond is pasted logs or an attack on our time.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;

/// A text read once: everything rules need. What sentences do and which values they hold is found out when it is first
/// asked for: most rules ask for neither.
#[derive(Debug, Clone)]
pub struct Reading {
    original: String,
    folded: Folded,
    places: Vec<Place>,
    lists: Arc<[OwnList]>,
    sentences: OnceLock<Vec<Sentence>>,
    entities: OnceLock<Vec<EntityFound>>,
}

impl Reading {
    /// Reads a text. Never fails; what lies beyond [`MAX_TEXT_BYTES`] is cut off at a character boundary.
    pub fn new(original: &str) -> Self {
        static NONE: LazyLock<Arc<[OwnList]>> = LazyLock::new(|| Arc::from([]));
        Self::with_lists(original, &NONE)
    }

    /// Reads a text in which a shop's own kinds of values are looked for too.
    pub fn with_lists(original: &str, lists: &Arc<[OwnList]>) -> Self {
        let original = &original[..original.floor_char_boundary(MAX_TEXT_BYTES)];
        let folded = Folded::new(original);
        let places = sentence::places(original, &folded);
        Self {
            original: original.to_owned(),
            folded,
            places,
            lists: Arc::clone(lists),
            sentences: OnceLock::new(),
            entities: OnceLock::new(),
        }
    }

    /// Returns the text as it was read; every span of this reading lies in it.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// Returns the folded text with its words.
    pub fn folded(&self) -> &Folded {
        &self.folded
    }

    /// Returns where the sentences stand, in order; none for a text without words.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Returns the sentences with what each does, as many as [`places`](Self::places) and in the same order.
    pub fn sentences(&self) -> &[Sentence] {
        self.sentences.get_or_init(|| sentence::judge(&self.places, &self.original, &self.folded))
    }

    /// Returns the entities in the order of the text.
    pub fn entities(&self) -> &[EntityFound] {
        self.entities.get_or_init(|| entity::find(&self.original, &self.folded, &self.lists))
    }
}
