//! The generated reference of rules is complete and true: every key has a row, every pattern is tried, and the
//! tutorial leads to it.

use std::collections::BTreeSet;

use jiff::civil;
use nightdesk::{
    check::reference::{
        self,
        forms::FORMS,
        keys::{KEYS, meaning},
    },
    diagnostic::{has_errors, source::SourceMap},
    model::inbound::ChannelKind,
    rules::{condition::Moment, evaluate::ORDER, set::RuleSet},
    text::reading::Reading,
};

use crate::docs::{generated, read};

/// The generated page.
const REFERENCE: &str = "docs/rule-reference.md";
/// The tutorial, which leads to it.
const TUTORIAL: &str = "docs/rules.md";

#[test]
fn the_reference_is_the_programs() {
    generated(REFERENCE, &reference::page());
    assert!(read(TUTORIAL).contains("rule-reference.md"), "{TUTORIAL} does not lead to {REFERENCE}");
}

#[test]
fn every_pattern_of_the_reference_hits_and_spares_what_it_says() {
    assert!(FORMS.len() > 15, "only {} patterns", FORMS.len());
    let rows = FORMS.iter().map(|form| [form.written, form.language, form.hits, form.misses].map(str::to_owned));
    try_patterns(rows.collect());
}

#[test]
fn the_tutorial_tells_the_order_of_hits_in_the_words_of_the_code() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&read(TUTORIAL)).contains(&words(ORDER)), "{TUTORIAL} does not say: {ORDER}");
}

#[test]
fn every_key_that_a_rule_file_takes_has_its_row_and_its_meaning() {
    let mut sources = SourceMap::default();
    let file = sources.add("rules/other/probe.yaml", "qqqqqqqqqqqqqqqqqqqq: 1\n");
    let (_, found) = RuleSet::read(&sources, &[file]);
    let unknown = found.iter().find(|found| found.code.as_str() == "unknown-key").expect("there is no such key");
    let help = unknown.help.as_deref().expect("the known keys are named");
    let known: BTreeSet<&str> = help.split('`').skip(1).step_by(2).collect();
    assert!(!help.ends_with('…'), "the list of keys is cut: {help}");
    assert_eq!(KEYS.iter().map(|key| key.name).collect::<BTreeSet<_>>(), known);
    let silent: Vec<&str> = KEYS.iter().map(|key| key.name).filter(|key| meaning(key).is_empty()).collect();
    assert!(silent.is_empty(), "without a meaning: {silent:?}");
}

fn try_patterns(rows: Vec<[String; 4]>) {
    let mut wrong = Vec::new();
    for [written, language, hit, miss] in rows {
        let set = rule_with(&written, &language);
        for (text, expected) in [(hit, true), (miss, false)] {
            if hits(&set, &text) != expected {
                wrong.push(format!("{written} in “{text}”: expected {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Reads a rule with one pattern, written as on the page, beside the starter pack's word lists.
fn rule_with(pattern: &str, language: &str) -> RuleSet {
    let mut sources = SourceMap::default();
    let rule = format!(
        "intent: probe\ntitle: t\ncategory: other\naction: answer\nreply: r\nsay:\n  {language}:\n    - {pattern}\n"
    );
    let list = "rules/_words/shipping.yaml";
    let files = [sources.add("rules/other/probe.yaml", rule), sources.add(list, read(list))];
    let (set, found) = RuleSet::read(&sources, &files);
    assert!(!has_errors(&found), "{pattern}: {found:?}");
    set
}

fn hits(set: &RuleSet, text: &str) -> bool {
    let moment = Moment { desk_open: true, ..Moment::plain(ChannelKind::Email, civil::date(2026, 11, 21)) };
    !set.evaluate(&Reading::new(text), &moment).hits.is_empty()
}
