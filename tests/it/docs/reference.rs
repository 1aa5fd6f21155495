//! The tables of the page about rules: patterns are tried, conditions and the order of hits are those of the code.

use std::{fmt::Write as _, fs};

use jiff::civil;
use nightdesk::{
    diagnostic::{has_errors, source::SourceMap},
    model::inbound::ChannelKind,
    rules::{
        condition::{KINDS, Moment},
        evaluate::ORDER,
        set::RuleSet,
    },
    text::reading::Reading,
};

use crate::docs::{read, root};

const PAGE: &str = "docs/rules.md";

#[test]
fn every_pattern_of_the_page_hits_and_spares_what_it_says() {
    let mut wrong = Vec::new();
    let page = read(PAGE);
    let rows: Vec<Vec<String>> = table(&page, "patterns").lines().skip(2).map(cells).collect();
    assert!(rows.len() > 15, "only {} patterns", rows.len());
    for row in rows {
        let [written, language, _, hit, miss] = row.as_slice() else { panic!("five cells: {row:?}") };
        let pattern = written.trim_matches('`');
        let set = rule_with(pattern, language);
        for (text, expected) in [(hit, true), (miss, false)] {
            if hits(&set, text) != expected {
                wrong.push(format!("{written} in “{text}”: expected {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_page_lists_every_condition() {
    let mut rows = String::from("| key | holds when | example |\n| --- | --- | --- |\n");
    for kind in KINDS {
        writeln!(rows, "| `{}` | {} | `{}: {}` |", kind.name, kind.summary, kind.name, kind.example)
            .expect("writing to a String never fails");
    }
    let page = read(PAGE);
    let written = table(&page, "conditions");
    if std::env::var_os("UPDATE").is_some() {
        let begin = "<!-- conditions -->\n";
        let page = page.replace(&format!("{begin}{written}"), &format!("{begin}{rows}"));
        fs::write(root().join(PAGE), page).expect("the page is writable");
        return;
    }
    assert_eq!(written, rows, "run the test with UPDATE=1 and review {PAGE}");
}

#[test]
fn the_page_tells_the_order_of_hits_in_the_words_of_the_code() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&read(PAGE)).contains(&words(ORDER)), "{PAGE} does not say: {ORDER}");
}

/// Returns the lines between `<!-- name -->` and `<!-- /name -->`.
fn table<'p>(page: &'p str, name: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!("<!-- {name} -->\n")).expect("the page marks where the table begins");
    rest.split_once(&format!("<!-- /{name} -->")).expect("the page marks where the table ends").0
}

/// Returns the cells of a row; `\|` is a bar within one.
fn cells(row: &str) -> Vec<String> {
    let escaped = row.trim_matches('|').replace("\\|", "\u{0}");
    escaped.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
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
