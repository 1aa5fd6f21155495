//! A regular expression with letters or signs that folding never leaves: it can never match them.

use crate::{
    check::{
        lint::{Lint, Look},
        regexes::regexes,
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic},
    text::folded::Folded,
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("regex-unfolded");

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let found = regexes(trial).into_iter().filter_map(|regex| {
        let text = regex.source();
        let (at, written, folded) = text.char_indices().find_map(|(at, letter)| {
            let folded = folded(letter)?;
            // A sign among others that may stand there does no harm.
            let spare = !letter.is_alphanumeric() && in_class(&text[..at]);
            (!spare).then_some((at, letter, folded))
        })?;
        let place = regex.place(at..at + written.len_utf8());
        let message = format!("`{written}` never occurs in folded text, so this part never matches");
        let help = if written.is_alphanumeric() {
            format!("messages are compared without accents and in simplified characters: write `{folded}`")
        } else {
            format!("messages are compared with plain signs of half width: write `{folded}`")
        };
        let found = Diagnostic::warning(CODE, message, place.clone(), "folded away").help(help);
        let whole = regex.place(0..text.len());
        let exact = place.range.len() == written.len_utf8() && whole.range.len() == text.len();
        Some(if exact { found.fix(whole, all_folded(text)) } else { found })
    });
    found.collect()
}

/// Returns whether the end of a text lies between `[` and `]`.
fn in_class(before: &str) -> bool {
    let mut escaped = false;
    before.chars().fold(false, |inside, sign| {
        let plain = !escaped;
        escaped = plain && sign == '\\';
        match sign {
            '[' if plain => true,
            ']' if plain => false,
            _ => inside,
        }
    })
}

fn all_folded(text: &str) -> String {
    text.chars().map(|letter| folded(letter).unwrap_or_else(|| letter.to_string())).collect()
}

/// Returns what a letter or sign becomes, if that is another one; capitals do not count, because expressions ignore case.
fn folded(letter: char) -> Option<String> {
    if letter.is_ascii() && letter != '`' {
        return None;
    }
    let folded = Folded::new(letter.encode_utf8(&mut [0; 4]));
    let text = folded.text().trim();
    let same = letter.to_lowercase().eq(text.chars()) || text.is_empty();
    (!same).then(|| text.to_owned())
}
