//! A pattern that hits much of what other rules are about.

use std::collections::BTreeMap;

use crate::{
    check::{
        lint::{Lint, Look},
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic},
    model::{language::Language, mode::Mode},
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("broad-pattern");

/// A pattern may hit this share of the other rules' examples in its language, in percent: neighbors share some words, but
/// what every seventh other question holds recognizes nothing. The broadest pattern of the starter pack stays below half.
pub(in crate::check) const MAX_SHARE_PERCENT: usize = 15;
/// With fewer examples of other rules a share says nothing.
pub(in crate::check) const MIN_OTHERS: usize = 20;

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let mut examples: BTreeMap<Language, usize> = BTreeMap::new();
    let mut own: BTreeMap<(usize, Language), usize> = BTreeMap::new();
    let mut hits: BTreeMap<(usize, usize), Hits<'_>> = BTreeMap::new();
    for tried in &trial.tried {
        let language = tried.example.language;
        *examples.entry(language).or_default() += 1;
        *own.entry((tried.rule, language)).or_default() += 1;
        let mut matching: Vec<(usize, usize)> = tried
            .attempts
            .iter()
            .filter(|attempt| attempt.rule != tried.rule && !attempt.negated)
            .map(|attempt| (attempt.rule, attempt.phrase))
            .collect();
        matching.sort_unstable();
        matching.dedup();
        for pattern in matching {
            if trial.pattern(pattern.0, pattern.1).is_some_and(|written| written.language == language) {
                let hits = hits.entry(pattern).or_insert_with(|| Hits { count: 0, first: &tried.example.text });
                hits.count += 1;
            }
        }
    }
    let report = |((rule, phrase), hits): ((usize, usize), Hits<'_>)| {
        let language = trial.pattern(rule, phrase)?.language;
        let others = examples.get(&language)? - own.get(&(rule, language)).copied().unwrap_or(0);
        let share = hits.count * 100 / others.max(1);
        let broad = trial.rules()[rule].mode > Mode::Shadow && others >= MIN_OTHERS && share > MAX_SHARE_PERCENT;
        if !broad {
            return None;
        }
        let message = format!("this pattern hits {share} % of the other rules' examples in `{language}`");
        let help = format!("add a word that only this question has; it hits “{}”, for one", hits.first);
        Some(Diagnostic::warning(CODE, message, trial.place(rule, phrase)?, "too broad").help(help))
    };
    hits.into_iter().filter_map(report).collect()
}

/// What a pattern hits that it is not about.
struct Hits<'a> {
    count: usize,
    first: &'a str,
}
