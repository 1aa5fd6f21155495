//! Values recognised in a text: one recogniser per file, all of them listed in [`ENTITIES`].

pub mod answer;
pub mod calendar;
pub mod card;
pub mod check_digit;
pub mod country;
pub mod date;
pub mod email;
pub mod lexicon;
pub mod mark;
pub mod money;
pub mod number;
pub mod order_number;
pub mod own_list;
pub mod passage;
pub mod phone;
pub mod postcode;
pub mod quantity;
pub mod size;
pub mod tracking_number;

use std::collections::BTreeMap;

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
        kind: tracking_number::KIND,
        summary: "a parcel's tracking number with the check digit or shape of its carrier, or announced as one; in \
                  capitals, without spaces",
        example: ("where is LX 123 456 785 CN", "LX123456785CN"),
        needs: Classes::DIGIT,
        find: tracking_number::find,
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
        kind: money::KIND,
        summary: "an amount with its currency, in the smallest unit and with the ISO 4217 code",
        example: ("I paid 129,00 €", "12900 EUR"),
        needs: Classes::NONE,
        find: money::find,
    },
    Recognizer {
        kind: date::KIND,
        summary: "a day: a date (`2026-11-21`, without its year `--11-21`), a weekday (`fri`), or counted from today \
                  (`+1d` is tomorrow)",
        example: ("can it be here by 21 November 2026?", "2026-11-21"),
        needs: Classes::NONE,
        find: date::find,
    },
    Recognizer {
        kind: phone::KIND,
        summary: "a telephone number, in digits, with `+` where the country code is written",
        example: ("my number is +49 170 1234567", "+491701234567"),
        needs: Classes::DIGIT,
        find: phone::find,
    },
    Recognizer {
        kind: postcode::KIND,
        summary: "a postcode as the country's post writes it; digits alone only behind a word such as `zip`",
        example: ("to London SW1A 1AA", "SW1A 1AA"),
        needs: Classes::DIGIT,
        find: postcode::find,
    },
    Recognizer {
        kind: size::KIND,
        summary: "a size of clothes or shoes, with its system where one is written",
        example: ("do you have it in EU 42?", "EU 42"),
        needs: Classes::NONE,
        find: size::find,
    },
    Recognizer {
        kind: quantity::KIND,
        summary: "how many, in digits or words, with a unit, a times sign or behind `qty`, `buy` and the like",
        example: ("I want two pairs", "2"),
        needs: Classes::NONE,
        find: quantity::find,
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
    let cards = if passage.has(Classes::DIGIT) { card::find(&passage) } else { Vec::new() };
    // What is taken, by its start; nothing in it overlaps.
    let mut taken: BTreeMap<usize, usize> = cards.iter().map(|span| (span.start, span.end)).collect();
    let mut found: Vec<EntityFound> = Vec::new();
    let own = lists.iter().map(|list| list.find(&passage));
    let built_in =
        ENTITIES.iter().filter(|recognizer| recognizer.needs == Classes::NONE || passage.has(recognizer.needs));
    for value in own.chain(built_in.map(|recognizer| (recognizer.find)(&passage))).flatten() {
        let before = taken.range(..value.span.end).next_back();
        if before.is_none_or(|(_, end)| *end <= value.span.start) {
            taken.insert(value.span.start, value.span.end);
            found.push(value);
        }
    }
    found.sort_by_key(|entity| entity.span.start);
    found
}
