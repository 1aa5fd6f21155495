//! What each word of a text may begin, found by one look-up per word, so that no recogniser looks at words in vain.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::text::{
    entity::{country, date, number, quantity},
    folded::{Folded, Script, Word, classes::Classes},
};

/// It has a digit.
pub(in crate::text) const DIGIT: u8 = 1;
/// It may begin a number in words.
pub(in crate::text) const NUMBER: u8 = 1 << 1;
/// It may begin a day in words.
pub(in crate::text) const DATE: u8 = 1 << 2;
/// It may begin an amount that is a phrase of its own.
pub(in crate::text) const QUANTITY: u8 = 1 << 3;
/// It may begin a country.
pub(in crate::text) const COUNTRY: u8 = 1 << 4;
/// Korean words have particles glued to them, so that a look-up of the whole word says nothing.
const ALL_WORDS: u8 = NUMBER | DATE | QUANTITY | COUNTRY;

/// The first words of all phrases.
static FIRST_WORDS: LazyLock<FxHashMap<&'static str, u8>> = LazyLock::new(|| {
    let numbers = number::first_words().map(|word| (word, NUMBER));
    let dates = date::first_words().map(|word| (word, DATE));
    let quantities = quantity::first_words().map(|word| (word, QUANTITY));
    let countries = country::first_words().map(|word| (word, COUNTRY));
    let mut marks = FxHashMap::default();
    for (word, mark) in numbers.chain(dates).chain(quantities).chain(countries) {
        *marks.entry(word).or_default() |= mark;
    }
    marks
});

/// Returns the marks of every word.
pub(in crate::text) fn of(folded: &Folded) -> Vec<u8> {
    let classes = folded.classes();
    // Most texts have neither, and are not asked word for word.
    let digits = classes.has_any(Classes::DIGIT);
    let inflects = classes.has_any(Classes::CYRILLIC.or(Classes::ARABIC));
    let of_word = |word: &Word| {
        let form = folded.form(word);
        let known = || FIRST_WORDS.get(form).copied().unwrap_or_default();
        match word.script {
            Script::Hangul => ALL_WORDS,
            Script::Spaced if digits && form.bytes().any(|byte| byte.is_ascii_digit()) => DIGIT | known(),
            Script::Spaced if inflects && country::may_be_inflected(form) => COUNTRY | known(),
            Script::Dense | Script::Spaced => known(),
        }
    };
    folded.words().iter().map(of_word).collect()
}
