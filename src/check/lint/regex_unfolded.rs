//! A regular expression with letters that folding never leaves: it can never match them.

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
            Some((at, letter, folded))
        })?;
        let place = regex.place(at..at + written.len_utf8());
        let message = format!("`{written}` never occurs in folded text, so this part never matches");
        let help = format!("messages are compared without accents and in simplified characters: write `{folded}`");
        let found = Diagnostic::warning(CODE, message, place.clone(), "folded away").help(help);
        let whole = regex.place(0..text.len());
        let exact = place.range.len() == written.len_utf8() && whole.range.len() == text.len();
        Some(if exact { found.fix(whole, all_folded(text)) } else { found })
    });
    found.collect()
}

fn all_folded(text: &str) -> String {
    text.chars().map(|letter| folded(letter).unwrap_or_else(|| letter.to_string())).collect()
}

/// Returns what a letter becomes, if that is another one; capitals do not count, because expressions ignore case.
fn folded(letter: char) -> Option<String> {
    if !letter.is_alphanumeric() {
        return None;
    }
    let folded = Folded::new(letter.encode_utf8(&mut [0; 4]));
    let text = folded.text().trim();
    let same = letter.to_lowercase().eq(text.chars()) || text.is_empty();
    (!same).then(|| text.to_owned())
}
