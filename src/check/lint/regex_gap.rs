//! A regular expression with `.*`: it joins words however far apart they stand.

use crate::{
    check::{
        lint::{Lint, Look},
        regexes::regexes,
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic},
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("regex-gap");

/// What repeats anything without an end.
const ENDLESS: [&str; 3] = [".*", ".+", ".{0,}"];

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let found = regexes(trial).into_iter().filter_map(|regex| {
        let text = regex.source();
        let (at, gap) = ENDLESS.iter().filter_map(|gap| Some((endless(text, gap)?, gap))).min()?;
        let edge = at == 0 || at + gap.len() == text.len();
        let (message, help) = if edge {
            let message = format!("`{gap}` at the edge of an expression does nothing but lengthen the hit");
            (message, "leave it out: an expression may stand anywhere in a sentence".to_owned())
        } else {
            let message = format!("`{gap}` joins words however far apart they stand in a sentence");
            (message, "bound it, `.{0,20}`, or write `all: [one, other]` if the distance does not matter".to_owned())
        };
        Some(Diagnostic::warning(CODE, message, regex.place(at..at + gap.len()), "without an end").help(help))
    });
    found.collect()
}

/// Returns where the dot repeats without end; an escaped dot is a dot.
fn endless(text: &str, gap: &str) -> Option<usize> {
    text.match_indices(gap).map(|(at, _)| at).find(|at| {
        let backslashes = text[..*at].len() - text[..*at].trim_end_matches('\\').len();
        backslashes.is_multiple_of(2)
    })
}
