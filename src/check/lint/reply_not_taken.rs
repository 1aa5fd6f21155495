//! A reply that a marketplace on which the shop sells would not take.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    check::{
        lint::{Lint, Look},
        trial::Trial,
    },
    diagnostic::{
        Code, Diagnostic,
        source::{FileId, Span},
    },
    model::profile::Objection,
    text::forbidden,
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("reply-not-taken");

/// What opens and what closes a tag of a template.
const TAGS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let profiles = &trial.engine.settings().profiles;
    let mut found = Vec::new();
    for length in trial.material.replies.lengths() {
        let template = &trial.material.sources.file(length.file).text;
        let (written, facts) = (without_tags(template), facts(template));
        let mut refused: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for profile in profiles.all.iter().filter(|profile| profiles.used.contains(&profile.name)) {
            // With its frame it is longer than what stands in the file.
            let longer = profile.answers.max_characters.filter(|most| length.units > *most);
            let of_text = forbidden::objections(&written, &profile.answers).into_iter();
            let of_text = of_text.filter(|found| longer.is_none() || !matches!(found, Objection::Length { .. }));
            let of_length =
                longer.map(|most| format!("it has at least {} characters, and {most} are taken", length.units));
            let of_facts = facts.iter().filter_map(|name| {
                let words = trial.material.replies.fact_words(name);
                let why = words.iter().find_map(|words| forbidden::objections(words, &profile.answers).pop())?;
                Some(format!("the fact `{name}` says what is not taken, {why}"))
            });
            for objection in of_text.map(|found| found.to_string()).chain(of_length).chain(of_facts) {
                refused.entry(objection).or_default().push(&profile.title);
            }
        }
        found.extend(
            refused.into_iter().map(|(why, titles)| finding(length.reply.as_str(), length.file, &why, &titles)),
        );
    }
    found
}

fn finding(reply: &str, file: FileId, why: &str, titles: &[&str]) -> Diagnostic {
    let message = format!("the reply `{reply}` cannot be sent on {}: {why}", titles.join(", "));
    Diagnostic::warning(CODE, message, Span::new(file, 0..0), "becomes a draft there")
        .help("say it without that, or give marketplaces a rule of their own with `when: {marketplace: …}`")
}

/// Returns the text as it is written, without what the template fills in.
fn without_tags(template: &str) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((at, close)) = TAGS.iter().filter_map(|(open, close)| Some((rest.find(open)?, *close))).min() {
        text.push_str(&rest[..at]);
        let Some(end) = rest[at..].find(close) else { return text };
        rest = &rest[at + end + close.len()..];
    }
    text.push_str(rest);
    text
}

/// Returns the names of the facts that a template quotes.
fn facts(template: &str) -> BTreeSet<&str> {
    let calls = template.split("fact(\"").skip(1);
    calls.filter_map(|rest| rest.split_once('"').map(|(name, _)| name)).collect()
}
