//! Values recognised in texts: one table for each kind, and what holds for all kinds.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use nightdesk::text::{
    entity::{self, ENTITIES, answer},
    folded::Folded,
    reading::{MAX_TEXT_BYTES, Reading},
};
use proptest::prelude::*;

use crate::rules::{intents, moment, rule, valid};

/// Fewer rows of either sort say little about a kind.
const MIN_ROWS: usize = 12;

/// Rows of a kind's table: what is found, and the text.
fn rows(kind: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/text/entities").join(kind).with_extension("tsv");
    let table = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    lines
        .map(|line| {
            let (found, text) = line.split_once('\t').unwrap_or_else(|| panic!("{kind}: no tab in {line:?}"));
            (found.to_owned(), text.replace("\\n", "\n"))
        })
        .collect()
}

/// The values of one kind, each as `value` or `value=words`, with `;` between them.
fn found(kind: &str, text: &str) -> String {
    let reading = Reading::new(text);
    let of_kind = reading.entities().iter().filter(|entity| entity.kind == kind);
    let written = of_kind.map(|entity| match &text[entity.span.clone()] {
        words if words == entity.value => entity.value.clone(),
        words => format!("{}={words}", entity.value),
    });
    written.collect::<Vec<_>>().join(";")
}

#[test]
fn every_kind_of_entity_finds_what_its_table_says() {
    let mut wrong = Vec::new();
    for kind in ENTITIES.iter().map(|recognizer| recognizer.kind) {
        for (expected, text) in rows(kind) {
            let found = found(kind, &text);
            if found != expected {
                wrong.push(format!("{kind}: {text:?}\n    expected {expected:?}\n    found    {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} rows\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_kind_of_entity_has_a_table() {
    for kind in ENTITIES.iter().map(|recognizer| recognizer.kind) {
        let (nothing, something): (Vec<_>, Vec<_>) = rows(kind).into_iter().partition(|(found, _)| found.is_empty());
        assert!(nothing.len() >= MIN_ROWS && something.len() >= MIN_ROWS, "{kind}: too few rows");
    }
}

#[test]
fn every_kind_of_entity_shows_an_example_that_holds() {
    for recognizer in ENTITIES {
        let (text, value) = recognizer.example;
        let reading = Reading::new(text);
        let found = reading.entities().iter().find(|entity| entity.kind == recognizer.kind);
        assert_eq!(found.map(|entity| entity.value.as_str()), Some(value), "{}", recognizer.kind);
        assert!(!recognizer.summary.contains('\n') && !recognizer.summary.ends_with('.'), "{}", recognizer.kind);
    }
}

#[test]
fn a_card_number_is_never_a_value() {
    for text in [
        "my card 4111111111111111",
        "card 4111 1111 1111 1111",
        "order number 4111-1111-1111-1111",
        "order #5555555555554444",
        "tracking number 378282246310005",
        "call 6011 0009 9013 9424 please",
        "单号：6200000000000005",
        "qty 4111 1111 1111 1111",
    ] {
        assert_eq!(Reading::new(text).entities(), [], "{text}");
    }
}

#[test]
fn what_was_asked_for_is_a_value_where_it_stands_alone() {
    for (kind, text, expected) in [
        ("size", "42", Some("42")),
        ("size", "M please", Some("M")),
        ("size", "42 or 43", None),
        ("order_number", "it's 10023", Some("10023")),
        ("order_number", "sure: nd-20245x", Some("ND-20245X")),
        ("order_number", "4111111111111111", None),
        ("order_number", "I do not have it", None),
        ("order_number", "anna1234@example.com", None),
        ("postcode", "10115", Some("10115")),
        ("quantity", "I take three", Some("3")),
        ("quantity", "三个", None),
        ("phone", "600123456", Some("600123456")),
        ("tracking_number", "是 7755012345678", Some("7755012345678")),
        ("country", "10115", None),
    ] {
        let found = answer::read(kind, &Reading::new(text));
        assert_eq!(found.as_ref().map(|found| found.value.as_str()), expected, "{kind} {text}");
    }
}

#[test]
fn a_hostile_text_costs_no_more_than_its_length() {
    for pattern in [
        "3/4/2026 ",
        "零",
        "订单 12345 ",
        "US to ",
        "4111 ",
        "+1 ",
        "LX 12 ",
        "(",
        "two ",
        "size m, ",
        "1 000 ",
        "Nov 1 ",
        "$1 ",
        "5 ",
    ] {
        let text = pattern.repeat(MAX_TEXT_BYTES / pattern.len());
        let short = &text[..text.floor_char_boundary(MAX_TEXT_BYTES / 16)];
        let time = |text: &str| {
            let folded = Folded::new(text);
            let begin = Instant::now();
            let _found = entity::find(text, &folded, &[]);
            begin.elapsed()
        };
        let (whole, part) = (time(&text), (0..3).map(|_| time(short)).min().expect("three"));
        let allowed = part.max(Duration::from_millis(5)) * 16 * 6;
        assert!(whole < allowed, "{pattern:?}: {part:?} for a sixteenth, {whole:?} for the whole");
    }
}

const COLORS: (&str, &str) = (
    "rules/_entities/color.yaml",
    "red: {en: [red, crimson], zh: [红色], ru: [красный], ko: [빨간색]}\nnavy_blue: {en: [navy blue], de: [marineblau]}\n34: {en: [34, 'thirty four']}\n",
);

#[test]
fn a_list_of_the_shop_is_found_in_any_inflection_and_language() {
    let set = valid(&[COLORS]);
    for (text, expected) in [
        ("Do you have it in RED?", "red"),
        ("the crimsons are nice", "red"),
        ("the navy-blue one", "navy_blue"),
        ("gibt es das in Marineblau", "navy_blue"),
        ("有红色的吗", "red"),
        ("有紅色嗎", "red"),
        ("есть ли красного цвета", "red"),
        ("빨간색으로 주세요", "red"),
        ("size 34 or thirty four", "34,34"),
        ("I am bored, my credits are gone", ""),
        ("navy, blue", ""),
        ("the navy", ""),
    ] {
        let reading = set.reading(text);
        let found = reading.entities().iter().filter(|entity| entity.kind == "color");
        assert_eq!(found.map(|entity| entity.value.as_str()).collect::<Vec<_>>().join(","), expected, "{text}");
    }
}

#[test]
fn a_list_of_the_shop_is_a_part_of_patterns_like_any_entity() {
    let (path, text) = rule("color", "say:\n  en: ['(have|has) it in {color:wanted}', 'ship {color} to {country}']");
    let set = valid(&[COLORS, (&path, &text)]);
    let evaluation = set.evaluate(&set.reading("Do you have it in navy blue?"), &moment());
    assert_eq!(intents(&evaluation), ["color"]);
    let captured: Vec<_> = evaluation.captured.iter().map(|value| (&*value.kind, &*value.value)).collect();
    assert_eq!(captured, [("wanted", "navy_blue")]);
    assert_eq!(intents(&set.evaluate(&set.reading("ship red to Poland"), &moment())), ["color"]);
    assert_eq!(intents(&set.evaluate(&set.reading("do you have it in green"), &moment())), [""; 0]);
}

#[test]
fn a_list_of_the_shop_comes_before_the_kinds_built_in() {
    let set = valid(&[("rules/_entities/model.yaml", "berlin: {en: [berlin]}\n")]);
    let reading = set.reading("the Berlin to Berlin, Germany");
    let found: Vec<_> = reading.entities().iter().map(|entity| (&*entity.kind, &*entity.value)).collect();
    assert_eq!(found, [("model", "berlin"), ("model", "berlin"), ("country", "DE")]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_two_values_share_a_character(text in "([0-9]{1,12}|[ .,:/+#$€¥x-]|EUR|US|to|[a-z]{1,3}@b.co|号|月|年|日|个|元|Berlin|two){0,24}") {
        let reading = Reading::new(&text);
        let mut end = 0;
        for entity in reading.entities() {
            prop_assert!(entity.span.start >= end, "{:?}", reading.entities());
            prop_assert!(text.get(entity.span.clone()).is_some_and(|words| !words.is_empty()));
            prop_assert!(!entity.value.is_empty());
            end = entity.span.end;
        }
    }
}
