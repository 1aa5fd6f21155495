//! A message read as the answer to our own question: what is no value in running text is one where we asked for it.
//!
//! Asked for the size, a buyer writes `42`; asked for the order number, `it's 10023`. Only a number that stands alone
//! of its sort is taken, in a message of a few words, and only where nothing else was recognised on it.

use std::ops::Range;

use crate::{
    model::verdict::EntityFound,
    text::{
        entity::{
            card, number, order_number,
            passage::{Passage, is_digits},
            phone, postcode, quantity, size, tracking_number,
        },
        reading::Reading,
    },
};

/// A longer message says more than the answer.
const MAX_WORDS: usize = 8;

/// Returns the value of a kind that a message gives when it was asked for; none if it may be something else.
pub fn read(kind: &str, reading: &Reading) -> Option<EntityFound> {
    let passage = Passage::new(reading.folded(), reading.original());
    if passage.len() > MAX_WORDS {
        return None;
    }
    let cards = card::find(&passage);
    let is_free = |words: &Range<usize>| {
        let span = passage.found(kind, String::new(), words.clone()).span;
        // A number alone passes for an amount as long as nothing else was asked for.
        let bare = |entity: &&EntityFound| {
            entity.kind != quantity::KIND || !is_digits(&reading.original()[entity.span.clone()])
        };
        let others = reading.entities().iter().filter(bare).map(|entity| &entity.span).chain(&cards);
        others.into_iter().all(|other| span.end <= other.start || other.end <= span.start)
    };
    let values: Vec<(String, Range<usize>)> =
        (0..passage.len()).filter_map(|at| value(kind, &passage, at)).filter(|(_, words)| is_free(words)).collect();
    match values.as_slice() {
        [(value, words)] => Some(passage.found(kind, value.clone(), words.clone())),
        _ => None,
    }
}

/// Returns what a word is worth as a value of a kind, and its words.
fn value(kind: &str, passage: &Passage<'_>, at: usize) -> Option<(String, Range<usize>)> {
    let form = passage.form(at);
    let digits = form.bytes().filter(u8::is_ascii_digit).count();
    let coded = form.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let value = match kind {
        order_number::KIND if coded && digits >= 3 && form.len() >= 4 => form.to_uppercase(),
        tracking_number::KIND if coded && digits >= 6 && (8..=30).contains(&form.len()) => form.to_uppercase(),
        postcode::KIND if is_digits(form) && (4..=7).contains(&form.len()) => form.to_owned(),
        phone::KIND if is_digits(form) && (7..=13).contains(&form.len()) => form.to_owned(),
        size::KIND if is_digits(form) && form.len() <= 3 => form.to_owned(),
        size::KIND if matches!(form, "s" | "m" | "l") => form.to_uppercase(),
        quantity::KIND => {
            let (value, length) = number::whole(passage, at)?;
            return Some((value.to_string(), at..at + length));
        }
        _ => return None,
    };
    Some((value, at..at + 1))
}
