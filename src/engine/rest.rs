//! What is left to a person, named in the buyer's own words.
//!
//! Words of strangers that go out in our mail are an invitation to send their advertisement through us, so only short,
//! plain questions are repeated: no addresses, no links, no long numbers. What may not be repeated stays unnamed.

use crate::{engine::understand::Understanding, model::language::Language};

/// Longer questions are cut at a word: the buyer knows the rest.
const MAX_CHARACTERS: usize = 90;
/// More questions than this are not listed.
const MAX_QUESTIONS: usize = 2;
/// So many digits are a telephone number or an account, and nothing to repeat.
const MAX_DIGITS: usize = 6;

/// Returns the sentences at these indices as one quotation; none if one of them may not be repeated.
pub(super) fn name(understanding: &Understanding<'_>, sentences: &[usize]) -> Option<String> {
    if sentences.is_empty() || sentences.len() > MAX_QUESTIONS {
        return None;
    }
    let language = understanding.language.answer;
    let (open, close) = marks(language);
    let quoted: Option<Vec<String>> = sentences
        .iter()
        .map(|index| {
            let sentence = understanding.reading.sentences().get(*index)?;
            let text = plain(&understanding.reading.original()[sentence.span.clone()])?;
            Some(format!("{open}{text}{close}"))
        })
        .collect();
    let comma = if matches!(language.as_str(), "zh" | "ja") { "、" } else { ", " };
    quoted.map(|quoted| quoted.join(comma))
}

/// Returns a question as it may be repeated.
fn plain(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let digits = line.chars().filter(|letter| letter.is_numeric()).count();
    let marks = ['@', '/', '\\', '<', '>', '{', '}', '“', '”', '„', '«', '»', '「', '」', '"'];
    if digits > MAX_DIGITS || line.contains(marks) || has_domain(&line) || line.chars().any(is_hidden) {
        return None;
    }
    if line.chars().count() <= MAX_CHARACTERS {
        return Some(line);
    }
    let cut: String = line.chars().take(MAX_CHARACTERS).collect();
    let end = cut.rfind(' ').unwrap_or(cut.len());
    Some(format!("{}…", cut[..end].trim_end_matches([',', ';', ':'])))
}

/// Returns whether a dot or colon joins two words, as in `example.org`.
fn has_domain(line: &str) -> bool {
    let letters: Vec<char> = line.chars().collect();
    let joins = |three: &[char]| {
        three[0].is_alphanumeric() && matches!(three[1], '.' | ':' | '。' | '．') && three[2].is_alphabetic()
    };
    letters.windows(3).any(joins)
}

/// Returns whether a character is not seen, or turns the direction of writing.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

fn marks(language: Language) -> (&'static str, &'static str) {
    match language.as_str() {
        "de" => ("„", "“"),
        "pl" => ("„", "”"),
        "fr" => ("« ", " »"),
        "es" | "it" | "pt" | "ru" | "ar" => ("«", "»"),
        "ja" => ("「", "」"),
        _ => ("“", "”"),
    }
}
