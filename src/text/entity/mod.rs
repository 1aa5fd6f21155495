//! Values recognised in a text: one recogniser per file, all of them listed in [`ENTITIES`].

pub mod card;
pub mod country;
pub mod email;
pub mod lexicon;
pub mod order_number;
pub mod own_list;
pub mod passage;

use crate::{
    model::verdict::EntityFound,
    text::{
        entity::{own_list::OwnList, passage::Passage},
        folded::{Folded, classes::Classes},
    },
};

/// One kind of value and the function that finds it.
#[derive(Debug, Clone, Copy)]
pub struct Recognizer {
    /// The kind's name in rules: `{country}`, `entity.country`.
    pub kind: &'static str,
    /// What it finds and what its value looks like, in one line for the rule reference.
    pub summary: &'static str,
    /// What a buyer writes and the value found, for the rule reference: `shipping to Germany → DE`.
    pub example: (&'static str, &'static str),
    /// A text without any of these classes of characters holds no such value; [`Classes::NONE`]: always look.
    pub needs: Classes,
    /// Returns the values in a text, in order; they do not overlap.
    pub find: fn(&Passage<'_>) -> Vec<EntityFound>,
}

/// Every kind of value that is recognised. Where two kinds claim the same characters, the earlier one has them.
pub const ENTITIES: &[Recognizer] = &[
    Recognizer {
        kind: email::KIND,
        summary: "an e-mail address, in lower case",
        example: ("write to Anna.Maier@Example.com", "anna.maier@example.com"),
        needs: Classes::AT,
        find: email::find,
    },
    Recognizer {
        kind: order_number::KIND,
        summary: "an order number in the shape of a marketplace, or any number that the buyer calls one; in capitals, \
                  without `#`",
        example: ("where is order #1001?", "1001"),
        needs: Classes::DIGIT,
        find: order_number::find,
    },
    Recognizer {
        kind: country::KIND,
        summary: "a country by its name, a code in capitals or an unmistakable city, as ISO 3166-1 code",
        example: ("do you deliver to Berlin?", "DE"),
        needs: Classes::NONE,
        find: country::find,
    },
];

/// Returns the values of all kinds, the shop's own lists included, in the order of the text. No two overlap: a list of
/// the shop comes first, then the order of [`ENTITIES`]. What touches a payment card number is none.
pub fn find(original: &str, folded: &Folded, lists: &[OwnList]) -> Vec<EntityFound> {
    let passage = Passage::new(folded, original);
    let mut taken = if passage.has(Classes::DIGIT) { card::find(&passage) } else { Vec::new() };
    let mut found: Vec<EntityFound> = Vec::new();
    let own = lists.iter().map(|list| list.find(&passage));
    let built_in =
        ENTITIES.iter().filter(|recognizer| recognizer.needs == Classes::NONE || passage.has(recognizer.needs));
    for values in own.chain(built_in.map(|recognizer| (recognizer.find)(&passage))) {
        for value in values {
            if taken.iter().all(|other| value.span.end <= other.start || other.end <= value.span.start) {
                taken.push(value.span.clone());
                found.push(value);
            }
        }
    }
    found.sort_by_key(|entity| entity.span.start);
    found
}
