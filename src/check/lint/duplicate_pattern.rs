//! The same pattern twice: in one rule it is superfluous, in two rules the second never gets a word.

use std::collections::BTreeMap;

use crate::{
    check::{
        lint::{Lint, Look},
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic, source::Span},
    model::{language::Language, mode::Mode},
    rules::{
        pattern::{Element, Sequence},
        syntax::phrase::{WrittenExpression, WrittenGroup},
    },
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("duplicate-pattern");

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let mut first: BTreeMap<(Language, String), (&str, Span)> = BTreeMap::new();
    let mut found = Vec::new();
    // A rule that is off competes with nobody; whoever switches it on sees the finding then.
    for rule in trial.written.values().filter(|rule| rule.mode != Mode::Off) {
        for phrase in &rule.say {
            let span = Span::new(rule.file, phrase.span.clone());
            let key = (phrase.language, meaning(&phrase.expression));
            let Some((owner, place)) = first.get(&key) else {
                first.insert(key, (rule.intent.value.as_str(), span));
                continue;
            };
            let (message, help) = if *owner == rule.intent.value.as_str() {
                ("this pattern stands twice in one rule".to_owned(), "remove one".to_owned())
            } else {
                let message = format!("`{}` and `{owner}` have the same pattern", rule.intent.value);
                (
                    message,
                    "keep it in the rule it belongs to, and add to the other a word that tells them apart".to_owned(),
                )
            };
            let second = Diagnostic::warning(CODE, message, span, "second");
            found.push(second.related(place.clone(), "first").help(help));
        }
    }
    found
}

/// Returns the expression in a form that is the same for all ways to write it.
pub(super) fn meaning(expression: &WrittenExpression) -> String {
    match expression {
        WrittenExpression::Words { sequence, .. } => sequence_meaning(sequence),
        WrittenExpression::Regular(regular) => format!("regex:{}", regular.source()),
        WrittenExpression::Group(WrittenGroup { all, any, none, message_wide }) => {
            let parts = |parts: &[WrittenExpression]| {
                let mut parts: Vec<String> = parts.iter().map(meaning).collect();
                parts.sort();
                parts.join("&")
            };
            format!("all:{};any:{};none:{};{message_wide}", parts(all), parts(any), parts(none))
        }
    }
}

fn sequence_meaning(sequence: &Sequence) -> String {
    let branches = |branches: &[Sequence]| {
        let mut branches: Vec<String> = branches.iter().map(sequence_meaning).collect();
        branches.sort();
        branches.join("|")
    };
    let element = |element: &Element| match element {
        Element::Choice(choice) => format!("({})", branches(choice)),
        Element::Optional(optional) => format!("[{}]", branches(optional)),
        Element::List { name, .. } => format!("<{name}>"),
        // The name under which a value is kept does not change what hits.
        Element::Entity { kind, .. } => format!("{{{kind}}}"),
        Element::Word(form) => form.clone(),
        Element::Character(form) => format!("'{form}"),
        Element::Beginning(form) => format!("{form}*"),
        Element::Exact(form) => format!("\"{form}\""),
        Element::Gap(longest) => format!("*{longest}"),
    };
    sequence.iter().map(element).collect::<Vec<_>>().join(" ")
}
