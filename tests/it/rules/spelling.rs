//! Words that buyers misspell: which are repaired, which stay as they are, and what a repaired hit is worth.

use nightdesk::text::spelling::{Spelling, is_common};

use crate::rules::{evaluate, intents, rule};

/// Words as a shop's rules hold them.
const KNOWN: [&str; 16] = [
    "ship",
    "order",
    "orders",
    "refund",
    "cancel",
    "shipping",
    "delivery",
    "tracking",
    "tomorrow",
    "exploded",
    "expected",
    "address",
    "доставка",
    "bestellung",
    "envio",
    "info",
];

#[test]
fn every_row_of_the_table_is_repaired_as_written() {
    let spelling = Spelling::new(KNOWN.map(Box::from));
    let table = include_str!("../../data/rules/spelling.tsv");
    let rows: Vec<(&str, &str)> = table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split_once('\t').expect("two columns"))
        .collect();
    assert!(rows.len() >= 35, "the table is large enough to mean something");
    for (written, meant) in rows {
        let found = if is_common(written) { Vec::new() } else { spelling.meant(written) };
        let found: Vec<&str> = found.into_iter().map(|word| spelling.word(word)).collect();
        let expected: Vec<&str> = meant.split(' ').filter(|word| *word != "-").collect();
        assert_eq!(found, expected, "`{written}`");
    }
}

#[test]
fn a_repaired_hit_says_which_word_was_taken_for_which() {
    let evaluation = evaluate(&[rule("cancel_order", "say: {en: [cancel order]}")], "Please cancle ORDER 5");
    let hit = &evaluation.hits[0];
    assert_eq!(hit.repairs.len(), 1);
    assert_eq!((hit.repairs[0].span.clone(), hit.repairs[0].meant.as_str()), (7..13, "cancel"));
    assert_eq!(hit.spans.as_slice(), std::slice::from_ref(&(7..19)));
}

#[test]
fn a_hit_as_written_says_nothing_of_repairs() {
    let evaluation = evaluate(&[rule("cancel_order", "say: {en: [cancel order]}")], "cancel orders, recieve nothing");
    assert_eq!(evaluation.hits[0].repairs, []);
}

#[test]
fn a_hit_as_written_wins_over_a_longer_repaired_one() {
    let rules = [rule("long", "say: {en: [cancel order number]}"), rule("short", "say: {en: ['order *3 seven']}")];
    assert_eq!(intents(&evaluate(&rules, "cancel order numbre seven")), ["short"]);
    assert_eq!(intents(&evaluate(&rules, "cancel order number seven")), ["long"]);
}

#[test]
fn every_kind_of_pattern_takes_repaired_words() {
    for pattern in
        ["'cancel * order'", "{all: [cancel, order]}", "{any: [cancel order]}", "'(cancel|return) [my] order'"]
    {
        let rules = [rule("probe", &format!("say: {{en: [{pattern}]}}"))];
        assert_eq!(intents(&evaluate(&rules, "cancle order")), ["probe"], "{pattern}");
    }
    let rules = [rule("probe", "say: {en: [{all: [cancel, order], within: message}]}")];
    assert_eq!(intents(&evaluate(&rules, "My order. Cancle it.")), ["probe"]);
}

#[test]
fn what_switches_a_rule_off_is_never_repaired() {
    let rules = [rule("probe", "say: {en: [cancel order]}\nunless: {en: [subscription]}")];
    assert_eq!(intents(&evaluate(&rules, "cancel order subscribtion")), ["probe"]);
    let rules = [rule("probe", "say: {en: [{all: [cancel], none: [subscription]}]}")];
    assert_eq!(intents(&evaluate(&rules, "cancel subscribtion")), ["probe"]);
}

#[test]
fn negative_exact_and_regular_patterns_are_never_repaired() {
    for pattern in ["don't cancel order", "'\"cancel\" order'", "{regex: 'cancel order'}"] {
        let rules = [rule("probe", &format!("say: {{en: [{pattern}]}}"))];
        assert_eq!(intents(&evaluate(&rules, "I don't cancle order")), Vec::<&str>::new(), "{pattern}");
    }
}

#[test]
fn a_hit_needs_one_word_as_written() {
    let rules = [rule("probe", "say: {en: [refund, full refund, 'refund {country}']}")];
    assert_eq!(intents(&evaluate(&rules, "refudn")), Vec::<&str>::new());
    assert_eq!(intents(&evaluate(&rules, "full refudn")), ["probe"]);
}

#[test]
fn a_negator_before_a_repaired_word_negates_it() {
    let rules = [rule("probe", "say: {en: [cancel order]}")];
    assert_eq!(intents(&evaluate(&rules, "do not cancle order")), Vec::<&str>::new());
}

#[test]
fn a_word_that_any_rule_knows_is_not_repaired() {
    let rules = [rule("one", "say: {en: [cancel order]}"), rule("other", "say: {en: [cancle culture]}")];
    assert_eq!(intents(&evaluate(&rules, "cancle order")), Vec::<&str>::new());
}

#[test]
fn a_word_between_two_meanings_is_not_repaired() {
    let rules = [rule("one", "say: {en: [my seller]}"), rule("other", "say: {en: [my teller]}")];
    assert_eq!(intents(&evaluate(&rules, "my ssller")), ["one"]);
    let rules = [rule("one", "say: {en: [my planter]}"), rule("other", "say: {en: [my plaster]}")];
    assert_eq!(intents(&evaluate(&rules, "my plapter")), Vec::<&str>::new());
}

#[test]
fn the_lists_of_common_words_are_folded_and_without_the_shops_own_misspellings() {
    for word in ["form", "trail", "später", "größe", "quizás", "été", "perché", "não", "żeby", "ещё", "شكرا", "forms"]
    {
        let folded = nightdesk::text::folded::Folded::new(word);
        let form = folded.form(&folded.words()[0]).to_owned();
        assert!(is_common(&form) || ["nao", "zeby"].contains(&form.as_str()), "`{word}`");
    }
    for word in ["shiping", "cancle", "delivrey", "adress"] {
        assert!(!is_common(word), "`{word}`");
    }
}
