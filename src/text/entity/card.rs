//! Payment card numbers: known only so that nothing else takes them for an order, a parcel or a telephone.
//!
//! They are no kind of value: whatever touches one is dropped, so no reply and no ticket ever repeats it.

use std::ops::Range;

use crate::text::entity::passage::Passage;

/// Lengths of card numbers (ISO/IEC 7812-1).
const LENGTHS: std::ops::RangeInclusive<usize> = 13..=19;
/// How the digits are grouped when they are typed as on the card; Amex, Diners Club and nineteen digits included.
const GROUPS: &[&[usize]] = &[&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3], &[4, 4, 4, 1], &[6, 13]];
/// The first digits that issuers have, lowest and highest of each range; four digits each.
const ISSUERS: &[(u32, u32)] = &[
    (3000, 3059),
    (3400, 3499),
    (3528, 3589),
    (3600, 3699),
    (3700, 3799),
    (3800, 3999),
    (4000, 4999),
    (5000, 5099),
    (5100, 5599),
    (5600, 5899),
    (2221, 2720),
    (6011, 6011),
    (6200, 6299),
    (6304, 6304),
    (6440, 6599),
    (6759, 6763),
];

/// Returns the bytes of the original on which card numbers stand, in order.
pub fn find(passage: &Passage<'_>) -> Vec<Range<usize>> {
    let numbers = passage.numbers().filter_map(|at| card_at(passage, at));
    numbers.map(|words| passage.found("", String::new(), words).span).collect()
}

fn card_at(passage: &Passage<'_>, at: usize) -> Option<Range<usize>> {
    let form = passage.form(at);
    if form.len() >= *LENGTHS.start() {
        let digits: String = form.chars().filter(|character| *character != '-').collect();
        let groups: Vec<usize> = form.split('-').map(str::len).collect();
        let shaped = groups.len() == 1 || GROUPS.contains(&groups.as_slice());
        return (shaped && is_card(&digits)).then_some(at..at + 1);
    }
    GROUPS.iter().find_map(|lengths| {
        let words = at..at + lengths.len();
        let fits = |(word, length): (usize, &usize)| passage.is_digits(word) && passage.form(word).len() == *length;
        let joined = |word: usize| matches!(passage.gap(word), " " | "-" | " - " | ".");
        let shaped = words.clone().zip(*lengths).all(fits) && (at..words.end - 1).all(joined);
        let digits = || words.clone().map(|word| passage.form(word)).collect::<String>();
        (shaped && is_card(&digits())).then(|| words.clone())
    })
}

/// Returns whether digits are a card number: length, issuer and Luhn's check digit.
fn is_card(digits: &str) -> bool {
    let issuer = digits.get(..4).and_then(|first| first.parse::<u32>().ok());
    LENGTHS.contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && issuer.is_some_and(|issuer| ISSUERS.iter().any(|(low, high)| (low..=high).contains(&&issuer)))
        && luhn(digits)
}

fn luhn(digits: &str) -> bool {
    let doubled = |(at, byte): (usize, u8)| {
        let digit = u32::from(byte - b'0') * if at % 2 == 1 { 2 } else { 1 };
        digit / 10 + digit % 10
    };
    digits.bytes().rev().enumerate().map(doubled).sum::<u32>().is_multiple_of(10)
}
