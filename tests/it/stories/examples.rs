//! Examples are tried where their rule can stand: by its channel, on its days, of its buyers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightdesk::{
    check::{
        cases::{self, CaseOutcome, CaseResult},
        confusion,
    },
    diagnostic::source::SourceMap,
    engine::Engine,
    library::{Library, Sources},
};

use super::root;
use crate::decisions::world::{moment, settings};

/// A Wednesday in summer, by day: none of the circumstances holds by accident.
const NOW: &str = "2026-07-15T11:00+08:00";

fn read(sources: Sources) -> (Engine, SourceMap) {
    let settings = settings();
    let library = Library::read(sources, &settings.languages);
    (Engine::new(settings, library.rules, library.replies), library.sources)
}

fn results(now: Timestamp) -> Vec<CaseResult> {
    let folder = root().join("circumstances");
    let read_from = Sources::from_folders(SourceMap::default(), &folder.join("rules"), &folder.join("replies"));
    let (engine, sources) = read(read_from.expect("the folders are there"));
    cases::run(&engine, &sources, now)
}

#[test]
fn every_example_is_tried_circumstanceits_conditions_can_hold() {
    let results = results(moment(NOW));
    let matching: BTreeMap<&str, &CaseResult> =
        results.iter().filter(|case| case.matches).map(|case| (case.rule.as_str(), case)).collect();
    let circumstances: Vec<String> = matching
        .values()
        .map(|case| {
            let circumstance = case.circumstance.as_deref().unwrap_or("an ordinary mail");
            format!("{}: {} {circumstance}", case.rule, case.outcome.as_str())
        })
        .collect();
    let expected = [
        "chat_at_christmas: matched by telegram, on Thu 2026-12-24 12:00",
        "chat_only: matched by telegram",
        "christmas: matched on Thu 2026-12-24 12:00",
        "evening: matched on Wed 2026-07-15 01:00, from DE",
        "good_buyers: matched from a buyer of grade A",
        "later: matched after an earlier question",
        "mailbox: matched to sales",
        "never: no_circumstance an ordinary mail",
        "night: matched on Wed 2026-07-15 00:00",
        "not_by_mail: matched by telegram",
        "old_orders: matched about an order 30 days old",
        "once: matched on Fri 2030-02-01 12:00",
        "photo: matched with a file (image)",
        "shipped: matched about an order that is shipped",
        "sunday: matched on Sun 2026-07-19 12:00",
    ];
    assert_eq!(circumstances, expected);
    assert!(matching["never"].why.contains("no circumstance was found"), "{}", matching["never"].why);
    assert!(results.iter().filter(|case| !case.matches).all(|case| case.outcome == CaseOutcome::Spared));
}

#[test]
fn examples_of_the_starter_pack_hold_on_every_day_of_the_week() {
    let (engine, sources) = read(Sources::starter_pack());
    for day in 16..23 {
        let now = moment(&format!("2026-11-{day}T03:00+08:00"));
        let failed: Vec<CaseResult> =
            cases::run(&engine, &sources, now).into_iter().filter(|case| !case.outcome.holds()).collect();
        assert!(failed.is_empty(), "{now}: {failed:#?}");
    }
}

#[test]
fn every_outcome_says_why_and_the_table_counts_what_goes_elsewhere() {
    let rules = [
        (
            "free_shipping",
            "ship * free, free shipping",
            "[\"Is shipping free?\", \"do you ship for nothing\"]",
            "[\"free shipping fraud\"]",
        ),
        ("ship_date", "ship * free today", "[\"ship it for free today\"]", "[]"),
    ];
    let mut map = SourceMap::default();
    let mut files = Vec::new();
    for (name, patterns, matching, sparing) in rules {
        let patterns: Vec<String> = patterns.split(", ").map(|pattern| format!("\"{pattern}\"")).collect();
        let text = format!(
            "intent: {name}\ntitle: T\ncategory: pre_sale\naction: answer\nmode: auto\nsay: {{en: [{}]}}\nreply: r\n\
             examples: {{en: {{match: {matching}, skip: {sparing}}}}}\n",
            patterns.join(", ")
        );
        files.push(map.add(format!("rules/pre_sale/{name}.yaml"), text));
    }
    let (engine, sources) = read(Sources { map, rules: files, replies: Vec::new() });
    let results = cases::run(&engine, &sources, moment(NOW));
    let told: Vec<String> =
        results.iter().map(|case| format!("{}: {} ({})", case.text, case.outcome.as_str(), case.why)).collect();
    assert_eq!(
        told,
        [
            "Is shipping free?: matched ()",
            "do you ship for nothing: missed (no pattern hits it)",
            "free shipping fraud: false_alarm (`free shipping` hits it)",
            "ship it for free today: matched ()",
        ]
    );
    let table = confusion::table(&results);
    assert_eq!(table.len(), 1, "{table:#?}");
    assert_eq!((table[0].rule.as_str(), table[0].own, table[0].examples), ("free_shipping", 1, 2));
    assert_eq!(table[0].elsewhere, [(None, 1)]);
}
