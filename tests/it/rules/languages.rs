//! Words that two languages share: what stands in a message of one language when patterns of others hit it as well.

use nightdesk::{
    diagnostic::{has_errors, source::SourceMap},
    model::language::Language,
    rules::{condition::Moment, set::RuleSet},
};

use crate::rules::{intents, moment, valid};

const TABLE: &str = include_str!("../../data/rules/languages.tsv");

const RULES: &[(&str, &str)] = &[
    (
        "rules/other/customs.yaml",
        "intent: customs\ntitle: t\ncategory: other\naction: answer\nreply: customs\nmode: auto\nsay:\n  en: [pay customs]\n  \
         fr: [payer * taxes]\n  it: [pagare customs]\n  de: [zoll zahlen]\nunless:\n  de: [will, als geschenk]\n  \
         pl: [ile]\n  es: [comida]\n  zh: [算了]\n",
    ),
    (
        "rules/other/credit_card.yaml",
        "intent: credit_card\ntitle: t\ncategory: other\naction: answer\nreply: credit_card\nmode: auto\nsay:\n  \
         zh: [信用卡]\nunless:\n  ja: [信用]\n",
    ),
    (
        "rules/other/free_shipping.yaml",
        "intent: free_shipping\ntitle: t\ncategory: other\naction: answer\nreply: free_shipping\nmode: auto\nsay:\n  \
         en: [free shipping]\n  es: [envio gratis]\nexamples:\n  en:\n    match: [Is there free shipping?]\n  es:\n    \
         match: [¿El envío es gratis?]\n",
    ),
    (
        "rules/other/complaint.yaml",
        "intent: complaint\ntitle: t\ncategory: other\naction: escalate\nsay:\n  en: [a complaint]\n  es: [una queja]\n",
    ),
];

#[test]
fn words_that_languages_share_count_in_their_own() {
    let set = valid(RULES);
    let mut wrong = Vec::new();
    for row in TABLE.lines().filter(|row| !row.starts_with('#')) {
        let [written_in, text, expected] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("three fields: {row}")
        };
        let moment = Moment { written_in: written_in.parse().ok(), ..moment() };
        let evaluation = set.evaluate(&set.reading(text), &moment);
        let found = intents(&evaluation).join(" ");
        if found != expected.trim_matches('-') {
            wrong.push(format!("{row}: {found:?}, {:?}", evaluation.losers));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_shop_does_not_speak_is_not_recognized_for_an_answer() {
    let mut sources = SourceMap::default();
    let files: Vec<_> = RULES.iter().map(|(path, text)| sources.add(*path, *text)).collect();
    let spanish: Language = "es".parse().expect("a language");
    for (languages, envio, queja) in [(&[][..], true, true), (&[Language::EN], false, true), (&[spanish], true, true)] {
        let (set, found) = RuleSet::read_for(languages, &sources, &files);
        assert!(!has_errors(&found), "{found:?}");
        let hits = |text: &str| !set.evaluate(&set.reading(text), &moment()).hits.is_empty();
        assert_eq!(hits("hay envío gratis?"), envio, "{languages:?}");
        assert_eq!(hits("tengo una queja"), queja, "a person may be told in any language: {languages:?}");
        let heard = set.similar().examples().len();
        assert_eq!(heard, if languages.is_empty() { 2 } else { 1 }, "examples: {languages:?}");
    }
}
