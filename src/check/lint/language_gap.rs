//! Too many intents that the shop cannot recognize or answer in one of its languages.

use crate::{
    check::{
        coverage::{Coverage, TARGET_PERCENT},
        lint::{Lint, Look},
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic, source::Span},
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("language-gap");

/// So many intents are named for each language; the others are only counted.
const NAMED: usize = 5;

/// With fewer intents one missing text is a large share of everything, and has a finding of its own.
const MIN_INTENTS: usize = 5;

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    // What a broken rule covers is not known yet.
    if !trial.material.rules.partial().is_empty() {
        return Vec::new();
    }
    let coverage = Coverage::of(&trial.material);
    let percent = coverage.percent();
    let Some(worst) = coverage.languages.iter().max_by_key(|row| row.missing.len()) else { return Vec::new() };
    if coverage.intents < MIN_INTENTS || percent >= TARGET_PERCENT || worst.missing.is_empty() {
        return Vec::new();
    }
    let named: Vec<String> = worst.missing.iter().take(NAMED).map(|rule| format!("`{}`", rule.id)).collect();
    let more = if worst.missing.len() > NAMED { ", …" } else { "" };
    let message = format!(
        "{percent} % of what the shop knows is covered in its languages, the target is {TARGET_PERCENT} %; \
         `{}` lacks {} of {} intents",
        worst.language,
        worst.missing.len(),
        coverage.intents
    );
    let help = format!(
        "write patterns and replies in `{}` for {}{more}, or take the language out of `languages`",
        worst.language,
        named.join(", ")
    );
    let span = Span::new(worst.missing[0].file, 0..0);
    vec![Diagnostic::warning(CODE, message, span, "the first of them").help(help)]
}
