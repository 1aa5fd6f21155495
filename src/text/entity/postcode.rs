//! Postcodes; value as the country's post writes it: `SW1A 1AA`, `10115`, `1012 AB`, `00-950`.
//!
//! British, Canadian and Dutch codes, `D-10115` and 〒 stand for themselves. Bare digits need a word such as "zip" or
//! "PLZ" before them, a US state, or a German, French, Spanish or Italian place behind five of them.

use crate::{
    model::verdict::EntityFound,
    text::entity::{
        country,
        mark::DIGIT,
        passage::{Passage, is_digits},
    },
};

/// The kind's name.
pub const KIND: &str = "postcode";

/// Words that announce a postcode.
const KEYWORDS: &[&str] = &[
    "zip",
    "zipcode",
    "postcode",
    "postcodes",
    "postal",
    "plz",
    "postleitzahl",
    "cp",
    "cep",
    "cap",
    "pin",
    "pincode",
    "индекс",
    "индекса",
    "почтовый",
    "kod",
    "pocztowy",
    "kodu",
    "우편번호",
    "우편번호는",
    "البريدي",
    "البريدية",
    "eircode",
    "codigo",
];
/// The same in scripts without spaces.
const DENSE_KEYWORDS: &[&str] = &["邮编", "邮政编码", "邮递区号", "邮便番号", "〒", "邮区"];
/// Words between the announcement and the code.
const LINKS: &[&str] = &[
    "code", "codes", "is", "ist", "est", "es", "e", "postal", "postale", "pocztowy", "to", "of", "the", "no", "nr",
    "number", "lautet", "هو", "die", "le", "el", "il", "o", "мой",
];
/// The states of the USA, before five digits.
const STATES: &[&str] = &[
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "ME",
    "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA",
    "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "DC", "PR",
];
/// Country letters before digits with a hyphen, as in `D-10115`, and how many digits follow.
const PREFIXES: &[(&str, usize)] = &[
    ("d", 5),
    ("de", 5),
    ("a", 4),
    ("at", 4),
    ("ch", 4),
    ("f", 5),
    ("fr", 5),
    ("i", 5),
    ("it", 5),
    ("b", 4),
    ("l", 4),
    ("lv", 4),
    ("dk", 4),
];
/// Two letters that are more often a word or a unit than the end of a Dutch code.
const NOT_DUTCH: &[&str] = &[
    "pc", "kg", "cm", "mm", "ml", "am", "pm", "sa", "sd", "ss", "eu", "us", "uk", "ok", "no", "or", "is", "in", "at",
    "on", "so", "it", "he", "we", "my", "by", "to",
];
/// Countries whose places stand behind a code of five digits.
const FIVE_DIGITS: &[&str] = &["DE", "FR", "ES", "IT"];

/// Returns the postcodes in a text, in order.
pub fn find(passage: &Passage<'_>) -> Vec<EntityFound> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < passage.len() {
        let may = passage.may_begin(at, DIGIT);
        let code = may
            .then(|| two_parts(passage, at).or_else(|| one_word(passage, at)).or_else(|| bare(passage, at)))
            .flatten();
        let Some((value, length)) = code else {
            at += 1;
            continue;
        };
        found.push(passage.found(KIND, value, at..at + length));
        at += length;
    }
    found
}

/// Codes of two parts: `SW1A 1AA`, `K1A 0B1`, `1012 AB`.
fn two_parts(passage: &Passage<'_>, at: usize) -> Option<(String, usize)> {
    let (first, second) = (passage.form(at), passage.form(at + 1));
    if passage.gap(at) != " " && passage.gap(at) != "-" || !first.is_ascii() || !second.is_ascii() {
        return None;
    }
    let shown = || format!("{} {}", first.to_uppercase(), second.to_uppercase());
    let capitals = passage.raw(at + 1).bytes().all(|byte| byte.is_ascii_uppercase());
    let dutch = is_digits(first)
        && first.len() == 4
        && !first.starts_with('0')
        && second.len() == 2
        && capitals
        && (is_announced(passage, at)
            || !NOT_DUTCH.contains(&second) && (is_city(passage, at + 2) || passage.len() <= 3));
    (dutch || is_british(first, second) || is_canadian(first, second)).then(|| (shown(), 2))
}

/// Codes of one word: `SW1A1AA`, `K1A0B1`, `1012AB`, `D-10115`, `94103-1234`, `100-0001`, `01310-100`, `00-950`.
fn one_word(passage: &Passage<'_>, at: usize) -> Option<(String, usize)> {
    let form = passage.form(at);
    if !form.is_ascii() {
        return None;
    }
    let upper = form.to_uppercase();
    if (5..=7).contains(&form.len()) {
        let (first, second) = form.split_at(form.len() - 3);
        if is_british(first, second) && (form.len() > 5 || is_announced(passage, at)) || is_canadian(first, second) {
            let (first, second) = upper.split_at(form.len() - 3);
            return Some((format!("{first} {second}"), 1));
        }
    }
    let (first, second) = form.split_once('-')?;
    if let Some((_, length)) = PREFIXES.iter().find(|(prefix, _)| *prefix == first) {
        return (is_digits(second) && second.len() == *length).then(|| (second.to_owned(), 1));
    }
    if !is_digits(first) || !is_digits(second) {
        return None;
    }
    let sure = match (first.len(), second.len()) {
        // Brazil, and the long form of the USA.
        (5, 3 | 4) => true,
        (2 | 4, 3) | (3, 4) => is_announced(passage, at) || passage.len() == 1 || is_city(passage, at + 1),
        _ => false,
    };
    sure.then_some((upper, 1))
}

/// Digits alone, with a reason to take them for a postcode; China and Russia have six.
fn bare(passage: &Passage<'_>, at: usize) -> Option<(String, usize)> {
    let form = passage.form(at);
    if !is_digits(form) || !(3..=7).contains(&form.len()) {
        return None;
    }
    if form.len() == 5
        && passage.gap_before(at).trim_start_matches(',') == " "
        && at > 0
        && STATES.contains(&passage.raw(at - 1))
    {
        return Some((form.to_owned(), 1));
    }
    let place = || country::at(passage, at + 1).is_some_and(|(code, _)| FIVE_DIGITS.contains(&code));
    let before_place = form.len() == 5 && matches!(passage.gap(at), " " | ", ") && !is_amount(passage, at) && place();
    if !before_place && !is_announced(passage, at) {
        return None;
    }
    // Sweden, Greece: 114 55; only where a postcode is announced.
    let second = passage.form(at + 1);
    if form.len() == 3 && passage.gap(at) == " " && is_digits(second) && second.len() == 2 {
        return Some((format!("{form} {second}"), 2));
    }
    (form.len() >= 4).then(|| (form.to_owned(), 1))
}

fn is_amount(passage: &Passage<'_>, at: usize) -> bool {
    passage.before(at).trim_end().ends_with(['$', '€', '£', '¥', '#', '+'])
}

/// Returns whether a word begins with a capital, as places do.
fn is_city(passage: &Passage<'_>, at: usize) -> bool {
    passage.raw(at).starts_with(char::is_uppercase) && passage.gap_before(at).trim_start_matches(',') == " "
}

/// Outward and inward part of a British code (BS 7666): `SW1A`, `1AA`. The inward letters never are C I K M O V.
fn is_british(outward: &str, inward: &str) -> bool {
    let inward = inward.as_bytes();
    let letter = |byte: u8| byte.is_ascii_lowercase() && !b"cikmov".contains(&byte);
    if inward.len() != 3 || !inward[0].is_ascii_digit() || !letter(inward[1]) || !letter(inward[2]) {
        return false;
    }
    let shape: String = outward.bytes().map(|byte| if byte.is_ascii_digit() { '9' } else { 'a' }).collect();
    matches!(shape.as_str(), "a9" | "a99" | "aa9" | "aa99" | "a9a" | "aa9a")
}

/// The two parts of a Canadian code: letter digit letter, digit letter digit; D F I O Q U are no letters of it.
fn is_canadian(first: &str, second: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() && !b"dfioqu".contains(&byte);
    let (first, second) = (first.as_bytes(), second.as_bytes());
    first.len() == 3
        && second.len() == 3
        && letter(first[0])
        && !b"wz".contains(&first[0])
        && first[1].is_ascii_digit()
        && letter(first[2])
        && second[0].is_ascii_digit()
        && letter(second[1])
        && second[2].is_ascii_digit()
}

/// Returns whether a postcode is announced right before a word.
fn is_announced(passage: &Passage<'_>, word: usize) -> bool {
    let dense = passage.before(word).trim_end_matches([' ', ':', '是', '为', 'は']);
    if DENSE_KEYWORDS.iter().any(|keyword| dense.ends_with(keyword)) {
        return true;
    }
    for at in (word.saturating_sub(4)..word).rev() {
        let form = passage.form(at);
        if passage.gap(at).contains(['?', '!', '。', ';']) {
            return false;
        }
        if KEYWORDS.contains(&form) {
            return true;
        }
        if !LINKS.contains(&form) {
            return false;
        }
    }
    false
}
