//! A condition that names a situation or an intent that there is not: it never holds.

use std::collections::BTreeSet;

use crate::{
    check::lint::{Lint, Look, Material},
    diagnostic::{
        Code, Diagnostic,
        nearest::{advice, nearest},
    },
    rules::{condition::Mention, rule::Named},
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Files(run) };

const CODE: Code = Code::new("unknown-in-when");

const SITUATIONS: &str = "replies/_situations.yaml";

fn run(material: &Material<'_>) -> Vec<Diagnostic> {
    // A rule or a situation with errors has a name all the same.
    let stems = material.sources.iter().filter_map(|(_, source)| {
        let path = source.path.rsplit_once("rules/")?.1;
        path.rsplit('/').next()?.strip_suffix(".yaml")
    });
    let intents: BTreeSet<&str> = stems.chain(material.all_rules().map(|rule| rule.id.as_str())).collect();
    let situations: BTreeSet<&str> =
        material.replies.situations().iter().map(|situation| situation.id.as_str()).collect();
    let written = material.sources.iter().find(|(_, source)| source.path.ends_with(SITUATIONS));
    let written = written.map_or("", |(_, source)| source.text.as_str());
    let mentions = material.all_rules().flat_map(|rule| rule.when.mentions());
    let found = mentions.filter_map(|mention| match mention {
        Mention::Intent(name) => unknown("intent", name, &intents),
        Mention::Situation(name) if written.contains(&name.value) => None,
        Mention::Situation(name) => unknown("situation", name, &situations),
    });
    found.collect()
}

fn unknown(what: &str, name: &Named<String>, known: &BTreeSet<&str>) -> Option<Diagnostic> {
    if known.contains(name.value.as_str()) {
        return None;
    }
    let known: Vec<&str> = known.iter().copied().collect();
    let message = format!("there is no {what} `{}`", name.value);
    let help = if known.is_empty() {
        format!("describe it in {SITUATIONS}, or take the condition out")
    } else {
        advice(&name.value, &known)
    };
    let found = Diagnostic::error(CODE, message, name.span.clone(), "never holds").help(help);
    Some(match nearest(&name.value, known) {
        Some(meant) => found.fix(name.span.clone(), meant),
        None => found,
    })
}
