//! Values recognised in a text: one recogniser per file, all of them listed in [`ENTITIES`].

pub mod country;
pub mod order_number;

use crate::{model::verdict::EntityFound, text::folded::Folded};

/// One kind of value and the function that finds it.
#[derive(Debug, Clone, Copy)]
pub struct Recognizer {
    /// The kind's name in rules: `{country}`, `entity.country`.
    pub kind: &'static str,
    /// Returns the values in the folded text, in order, with spans in the original (the second argument).
    pub find: fn(&Folded, &str) -> Vec<EntityFound>,
}

/// Every kind of value that is recognised.
pub const ENTITIES: &[Recognizer] = &[
    Recognizer { kind: country::KIND, find: country::find },
    Recognizer { kind: order_number::KIND, find: order_number::find },
];

/// Returns the values of all kinds in the order of the text.
pub fn find(original: &str, folded: &Folded) -> Vec<EntityFound> {
    let mut found: Vec<EntityFound> =
        ENTITIES.iter().flat_map(|recognizer| (recognizer.find)(folded, original)).collect();
    found.sort_by_key(|entity| (entity.span.start, entity.span.end));
    found
}
