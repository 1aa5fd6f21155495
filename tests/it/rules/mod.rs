//! The rule language: patterns, judging, reading, findings, properties.

mod diagnostics;
mod differential;
mod judging;
mod languages;
mod patterns;
mod properties;
mod spelling;

use jiff::civil;
use nightdesk::{
    diagnostic::{Diagnostic, render::human, source::SourceMap},
    model::{inbound::ChannelKind, language::Language},
    rules::{condition::Moment, evaluate::Evaluation, set::RuleSet},
    text::reading::Reading,
};

/// Returns a Thursday in November on which the desk is closed and a mail came in.
pub(crate) fn moment() -> Moment<'static> {
    Moment { language: Some(Language::EN), ..Moment::plain(ChannelKind::Email, civil::date(2026, 11, 19)) }
}

/// Reads rule files given as path and text.
pub(crate) fn read(files: &[(&str, &str)]) -> (SourceMap, RuleSet, Vec<Diagnostic>) {
    let mut sources = SourceMap::default();
    let ids: Vec<_> = files.iter().map(|(path, text)| sources.add(*path, *text)).collect();
    let (set, diagnostics) = RuleSet::read(&sources, &ids);
    (sources, set, diagnostics)
}

/// Reads rule files that must be free of errors.
pub(crate) fn valid(files: &[(&str, &str)]) -> RuleSet {
    let (sources, set, diagnostics) = read(files);
    assert!(
        !nightdesk::diagnostic::has_errors(&diagnostics),
        "the files of this test must be right:\n{}",
        human::render(&sources, &diagnostics, false)
    );
    set
}

/// Returns a rule file of the category `other` that answers; `body` is everything below the head.
pub(crate) fn rule(intent: &str, body: &str) -> (String, String) {
    let head = format!("intent: {intent}\ntitle: {intent}\ncategory: other\naction: answer\nreply: {intent}\n");
    let mode = if body.contains("mode:") { "" } else { "mode: auto\n" };
    (format!("rules/other/{intent}.yaml"), format!("{head}{mode}{body}\n"))
}

/// Reads rules made by [`rule`] and evaluates a text.
pub(crate) fn evaluate(rules: &[(String, String)], text: &str) -> Evaluation {
    let files: Vec<(&str, &str)> = rules.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    valid(&files).evaluate(&Reading::new(text), &moment())
}

/// Returns the intents that stand.
pub(crate) fn intents(evaluation: &Evaluation) -> Vec<&str> {
    evaluation.hits.iter().map(|hit| hit.rule.as_str()).collect()
}
