//! The regular expressions of all rules with their places.

use std::ops::Range;

use crate::{
    check::trial::Trial,
    diagnostic::{source::Span, yaml::inside},
    rules::{
        regular::Regular,
        syntax::phrase::{WrittenExpression, WrittenGroup},
    },
};

/// One expression.
#[derive(Debug)]
pub struct Found<'a> {
    regular: &'a Regular,
    text: &'a str,
    phrase: Span,
}

impl Found<'_> {
    /// Returns the expression as written.
    pub fn source(&self) -> &str {
        self.regular.source()
    }

    /// Returns the place of a part of it in the file; of the whole pattern if it is written with escapes.
    pub fn place(&self, part: Range<usize>) -> Span {
        Span::new(self.phrase.file, inside(self.text, &self.phrase.range, self.source(), part))
    }
}

/// Returns every expression of `say` and `unless`, in the order of the files.
pub fn regexes<'a>(trial: &'a Trial<'_>) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    for rule in trial.written.values() {
        let text = trial.material.sources.file(rule.file).text.as_str();
        for phrase in rule.say.iter().chain(&rule.unless) {
            let mut regulars = Vec::new();
            collect(&phrase.expression, &mut regulars);
            let span = Span::new(rule.file, phrase.span.clone());
            found.extend(regulars.into_iter().map(|regular| Found { regular, text, phrase: span.clone() }));
        }
    }
    found
}

fn collect<'e>(expression: &'e WrittenExpression, found: &mut Vec<&'e Regular>) {
    match expression {
        WrittenExpression::Words { .. } => {}
        WrittenExpression::Regular(regular) => found.push(regular),
        WrittenExpression::Group(WrittenGroup { all, any, none, .. }) => {
            for part in all.iter().chain(any).chain(none) {
                collect(part, found);
            }
        }
    }
}
