//! A word list that no pattern names.

use std::collections::BTreeSet;

use crate::{
    check::{
        lint::{Lint, Look},
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic, nearest::nearest, source::Span},
    rules::{
        pattern::Element,
        syntax::phrase::{WrittenExpression, WrittenGroup},
    },
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("unused-word-list");

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let mut named = BTreeSet::new();
    for phrase in trial.written.values().flat_map(|rule| rule.say.iter().chain(&rule.unless)) {
        lists_of(&phrase.expression, &mut named);
    }
    // A mistyped name has a finding of its own, which tells what is meant.
    let mistyped = named.iter().filter(|name| !trial.lists.contains_key(**name));
    let meant: Vec<&str> = mistyped.filter_map(|name| nearest(name, trial.lists.keys().map(String::as_str))).collect();
    let used = |name: &str| named.contains(name) || meant.contains(&name) || trial.broken_file_mentions(name);
    let orphans = trial.lists.iter().filter(|(name, _)| !used(name));
    let found = orphans.map(|(name, list)| {
        let message = format!("no pattern names the word list `{name}`");
        Diagnostic::warning(CODE, message, Span::new(list.file, 0..0), "never used")
            .help(format!("write `<{name}>` in a pattern, or remove the file"))
    });
    found.collect()
}

fn lists_of<'e>(expression: &'e WrittenExpression, named: &mut BTreeSet<&'e str>) {
    match expression {
        WrittenExpression::Words { sequence, .. } => lists_in(sequence, named),
        WrittenExpression::Regular(_) => {}
        WrittenExpression::Group(WrittenGroup { all, any, none, .. }) => {
            for part in all.iter().chain(any).chain(none) {
                lists_of(part, named);
            }
        }
    }
}

fn lists_in<'e>(sequence: &'e [Element], named: &mut BTreeSet<&'e str>) {
    for element in sequence {
        match element {
            Element::List { name, .. } => {
                named.insert(name);
            }
            Element::Choice(branches) | Element::Optional(branches) => {
                for branch in branches {
                    lists_in(branch, named);
                }
            }
            _ => {}
        }
    }
}
