//! Which hits stand: order, stealing, `unless`, negation, `when`, modes, combinations.

use nightdesk::model::verdict::LossReason;

use crate::rules::{evaluate, intents, rule};

fn why<'a>(evaluation: &'a nightdesk::rules::evaluate::Evaluation, intent: &str) -> &'a LossReason {
    let loser = evaluation.losers.iter().find(|loser| loser.rule.as_str() == intent);
    &loser.unwrap_or_else(|| panic!("{intent} is no loser: {evaluation:?}")).why
}

#[test]
fn more_words_steal_overlapping_ones() {
    let rules = [rule("card", "say: {en: [cancel]}"), rule("order", "say: {en: [cancel my order]}")];
    let evaluation = evaluate(&rules, "Please cancel my order");
    assert_eq!(intents(&evaluation), ["order"]);
    assert_eq!(*why(&evaluation, "card"), LossReason::StolenBy("order".into()));
}

#[test]
fn disjoint_hits_in_one_sentence_both_stand() {
    let rules = [rule("customs", "say: {en: [customs]}"), rule("shipping", "say: {en: [free shipping]}")];
    let evaluation = evaluate(&rules, "Is there free shipping, and who pays customs?");
    assert_eq!(intents(&evaluation), ["shipping", "customs"]);
    assert!(evaluation.losers.is_empty());
}

#[test]
fn higher_priority_wins_over_more_words() {
    let rules = [rule("card", "priority: 10\nsay: {en: [cancel]}"), rule("order", "say: {en: [cancel my order]}")];
    assert_eq!(intents(&evaluate(&rules, "cancel my order")), ["card"]);
}

#[test]
fn the_longer_span_wins_between_equal_numbers_of_words() {
    let rules = [rule("a_near", "say: {en: [cancel my]}"), rule("b_far", "say: {en: [cancel * order]}")];
    assert_eq!(intents(&evaluate(&rules, "cancel my order")), ["b_far"]);
}

#[test]
fn file_order_decides_what_nothing_else_does() {
    let rules = [rule("b_second", "say: {en: [cancel order]}"), rule("a_first", "say: {en: [cancel order]}")];
    let evaluation = evaluate(&rules, "cancel order");
    assert_eq!(intents(&evaluation), ["a_first"]);
    assert_eq!(*why(&evaluation, "b_second"), LossReason::StolenBy("a_first".into()));
}

#[test]
fn a_rule_robbed_of_one_place_stands_at_another() {
    let rules = [rule("card", "say: {en: [cancel]}"), rule("order", "say: {en: [cancel my order]}")];
    let evaluation = evaluate(&rules, "cancel my order and cancel the rest");
    assert_eq!(intents(&evaluation), ["order", "card"]);
    assert!(evaluation.losers.is_empty());
}

#[test]
fn hits_come_in_the_order_of_the_sentences() {
    let rules = [rule("a_customs", "say: {en: [customs]}"), rule("b_refund", "say: {en: [refund]}")];
    let evaluation = evaluate(&rules, "I want a refund. Who pays customs?");
    assert_eq!(intents(&evaluation), ["b_refund", "a_customs"]);
    assert_eq!(evaluation.hits.iter().map(|hit| hit.sentence).collect::<Vec<_>>(), [Some(0), Some(1)]);
}

#[test]
fn unless_switches_a_rule_off_in_its_sentence_only() {
    let rules = [rule("shipping", "say: {en: [shipping]}\nunless: {en: [free gift]}")];
    let evaluation = evaluate(&rules, "Is there a free gift with shipping?");
    assert_eq!(*why(&evaluation, "shipping"), LossReason::Unless("free gift".into()));
    assert_eq!(intents(&evaluate(&rules, "I like the free gift. How much is shipping?")), ["shipping"]);
}

#[test]
fn a_negator_before_the_words_takes_the_hit_away() {
    let rules = [rule("cancel", "say: {en: [cancel], zh: [取消]}")];
    let evaluation = evaluate(&rules, "I do not want to cancel");
    assert_eq!(*why(&evaluation, "cancel"), LossReason::Negated("do not".into()));
    assert!(intents(&evaluate(&rules, "我不取消订单")).is_empty());
}

#[test]
fn a_negator_in_another_clause_does_not_matter() {
    let rules = [rule("cancel", "say: {en: [cancel], zh: [取消]}")];
    assert_eq!(intents(&evaluate(&rules, "I do not need it, cancel")), ["cancel"]);
    assert_eq!(intents(&evaluate(&rules, "I do not need it but cancel the other")), ["cancel"]);
    assert_eq!(intents(&evaluate(&rules, "cancel, do not send")), ["cancel"]);
    assert_eq!(intents(&evaluate(&rules, "我不要了，取消订单")), ["cancel"]);
}

#[test]
fn a_word_of_another_language_ends_no_clause() {
    let rules = [rule("order", "say: {fr: [commande]}")];
    assert!(intents(&evaluate(&rules, "Ne pas annuler ma commande")).is_empty());
    let rules = [rule("refund", "say: {en: [refund]}")];
    assert!(intents(&evaluate(&rules, "do not cancel and refund")).is_empty());
}

#[test]
fn a_chinese_choice_question_is_no_negation() {
    let rules = [rule("free", "say: {zh: [包邮]}")];
    assert_eq!(intents(&evaluate(&rules, "你们能不能包邮")), ["free"]);
    assert_eq!(intents(&evaluate(&rules, "是不是包邮的")), ["free"]);
    assert!(intents(&evaluate(&rules, "你们不包邮")).is_empty());
}

#[test]
fn a_pattern_with_a_negator_is_not_negated() {
    let rules = [rule("late", "say: {en: [not arrived]}")];
    assert_eq!(intents(&evaluate(&rules, "It has not arrived")), ["late"]);
}

#[test]
fn negation_can_be_ignored() {
    let rules = [rule("cancel", "negation: ignore\nsay: {en: [cancel]}")];
    assert_eq!(intents(&evaluate(&rules, "do not cancel")), ["cancel"]);
}

#[test]
fn an_unmet_condition_is_named_with_the_actual_value() {
    let rules = [rule("chat", "say: {en: [shipping]}\nwhen: {channel: telegram}")];
    let evaluation = evaluate(&rules, "shipping?");
    assert_eq!(*why(&evaluation, "chat"), LossReason::When("wants channel telegram, found channel email".into()));
}

#[test]
fn a_rule_that_cannot_count_steals_nothing() {
    let rules = [
        rule("chat", "priority: 50\nsay: {en: [shipping]}\nwhen: {channel: telegram}"),
        rule("mail", "say: {en: [shipping]}"),
    ];
    assert_eq!(intents(&evaluate(&rules, "shipping?")), ["mail"]);
}

#[test]
fn a_shadow_rule_is_recorded_and_steals_nothing() {
    let rules =
        [rule("new", "mode: shadow\npriority: 50\nsay: {en: [free shipping]}"), rule("old", "say: {en: [shipping]}")];
    let evaluation = evaluate(&rules, "free shipping?");
    assert_eq!(intents(&evaluation), ["old"]);
    assert_eq!(*why(&evaluation, "new"), LossReason::Mode("shadow".into()));
}

#[test]
fn a_rule_that_is_off_leaves_no_trace() {
    let evaluation = evaluate(&[rule("new", "mode: off\nsay: {en: [shipping]}")], "shipping");
    assert!(evaluation.hits.is_empty() && evaluation.losers.is_empty());
}

#[test]
fn all_wants_every_part_in_one_sentence_in_any_order() {
    let rules = [rule("waive", "say: {en: [{all: [shipping, (waive|drop)]}]}")];
    assert_eq!(intents(&evaluate(&rules, "Could you drop the cost of shipping?")), ["waive"]);
    assert!(intents(&evaluate(&rules, "Drop me a line. How much is shipping?")).is_empty());
}

#[test]
fn all_can_be_widened_to_the_message() {
    let rules = [rule("waive", "say: {en: [{all: [shipping, (waive|drop)], within: message}]}")];
    let evaluation = evaluate(&rules, "I saw shipping costs 5 EUR. Could you drop them?");
    assert_eq!(intents(&evaluation), ["waive"]);
    assert_eq!((evaluation.hits[0].sentence, evaluation.hits[0].words), (Some(0), 2));
}

#[test]
fn none_takes_the_combination_away() {
    let rules = [rule("broken", "say: {en: [{any: [broken, cracked], none: [record]}]}")];
    assert_eq!(intents(&evaluate(&rules, "it came cracked")), ["broken"]);
    assert!(intents(&evaluate(&rules, "you sound like a broken record")).is_empty());
}

#[test]
fn a_regex_sees_the_folded_sentence() {
    let rules = [rule("number", r"say: {es: [{regex: 'pedido n[uo]m\w* (?P<order>\d+)'}]}")];
    let evaluation = evaluate(&rules, "Hola. Mi PEDIDO NÚMERO 4711, gracias");
    assert_eq!(intents(&evaluation), ["number"]);
    assert_eq!(evaluation.captured[0].value, "4711");
    assert!(intents(&evaluate(&rules, "mi pedido")).is_empty());
}

#[test]
fn word_lists_stand_for_their_entries_of_the_patterns_language() {
    let words = ("rules/_words/ship.yaml".to_owned(), "en: [ship, send, free of charge]\nde: [versand]\n".to_owned());
    let rules = [words, rule("free", "say: {en: [free <ship>], de: [gratis <ship>]}")];
    assert_eq!(intents(&evaluate(&rules, "free sending")), ["free"]);
    assert_eq!(intents(&evaluate(&rules, "gratis Versand")), ["free"]);
    assert!(intents(&evaluate(&rules, "gratis send")).is_empty());
}

#[test]
fn a_rule_that_counts_alone_stands_only_where_nothing_else_is_said() {
    let rules = [rule("greeting", "alone: true\nsay: {en: ['(hello|hi) [there]', how are you], zh: [你好]}")];
    let nothing = |text: &str| match evaluate(&rules, text).losers.first() {
        Some(loser) => panic!("{text:?}: {:?}", loser.why),
        None => intents(&evaluate(&rules, text)).len(),
    };
    for text in
        ["Hello", "hi there!", "Hello. How are you?", "Hello dear team, thanks", "你好", "Hi 👋", "Dear all,\nhello"]
    {
        assert!(nothing(text) > 0, "{text:?} is a greeting");
    }
    let other = |text: &str| match why(&evaluate(&rules, text), "greeting") {
        LossReason::NotAlone(other) => other.clone(),
        why => panic!("{text:?}: {why:?}"),
    };
    assert_eq!(other("hello, where is my parcel"), "where is my parcel");
    assert_eq!(other("Hello.\nStill broken.\nHow are you?"), "Still broken");
    assert_eq!(other("Where is it? Hello."), "Where is it");
    assert_eq!(other("你好，退款"), "退款");
}
