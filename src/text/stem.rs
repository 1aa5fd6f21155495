//! Word stems by the Snowball algorithms, so that a pattern's `order` meets a buyer's `orders`.
//!
//! Folded words in, stems out; stems are keys for comparing and are never shown.

use std::borrow::Cow;

use snowball_stemmers_rs::{Algorithm, Stemmer};

use crate::model::language::Language;

/// The languages that have a stemmer, and theirs.
const ALGORITHMS: &[(&str, Algorithm)] = &[
    ("ar", Algorithm::Arabic),
    ("ca", Algorithm::Catalan),
    ("cs", Algorithm::Czech),
    ("da", Algorithm::Danish),
    ("de", Algorithm::German),
    ("el", Algorithm::Greek),
    ("en", Algorithm::English),
    ("es", Algorithm::Spanish),
    ("et", Algorithm::Estonian),
    ("fi", Algorithm::Finnish),
    ("fr", Algorithm::French),
    ("hi", Algorithm::Hindi),
    ("hu", Algorithm::Hungarian),
    ("id", Algorithm::Indonesian),
    ("it", Algorithm::Italian),
    ("lt", Algorithm::Lithuanian),
    ("nl", Algorithm::Dutch),
    ("no", Algorithm::Norwegian),
    ("pl", Algorithm::Polish),
    ("pt", Algorithm::Portuguese),
    ("ro", Algorithm::Romanian),
    ("ru", Algorithm::Russian),
    ("sv", Algorithm::Swedish),
    ("tr", Algorithm::Turkish),
    ("uk", Algorithm::Ukrainian),
];

/// Returns the stem of a folded word, or the word itself where the language has no stemmer. Words with digits have no
/// inflection and stay as they are.
pub fn stem(folded_word: &str, language: Language) -> Cow<'_, str> {
    let entry = ALGORITHMS.iter().find(|(code, _)| *code == language.as_str());
    match entry {
        // A stemmer is one function pointer; making it costs nothing and it needs no shared state.
        Some((_, algorithm)) if !folded_word.contains(|c: char| c.is_ascii_digit()) => {
            Stemmer::create(*algorithm).stem(folded_word)
        }
        _ => Cow::Borrowed(folded_word),
    }
}
