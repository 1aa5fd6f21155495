//! What always goes to a person: a table of sentences in twelve languages, and the built-in files themselves.

use std::{collections::BTreeSet, fs};

use nightdesk::{
    diagnostic::render::human,
    engine::alarm::FILES,
    model::{
        context::Context,
        inbound::{ChannelKind, Inbound},
        verdict::Outcome,
    },
    rules::built_in,
};

use crate::decisions::{engine, root, topics, world};

/// The product's languages.
const LANGUAGES: [&str; 12] = ["ar", "de", "en", "es", "fr", "it", "ja", "ko", "pl", "pt", "ru", "zh"];

#[test]
fn every_sentence_raises_what_the_table_says() {
    let engine = engine(world::settings(), &[]);
    let now = world::moment(world::NIGHT);
    let mut wrong = Vec::new();
    for (topic, language, text) in rows() {
        let inbound = Inbound::from_text(ChannelKind::Email, &text, now);
        let verdict = engine.decide(&inbound, &Context::default(), now);
        let raised = topics(&verdict).join("+");
        let expected = if topic == "-" { "" } else { &topic };
        if raised != expected {
            wrong.push(format!("{language} {text}: expected {topic}, raised {raised:?}"));
        }
        let escalated = matches!(verdict.outcome, Outcome::Escalated { with_answer: false });
        assert!(raised.is_empty() || escalated, "{text}: {:?}", verdict.outcome);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_topic_is_known_in_every_language() {
    let known: BTreeSet<(String, String)> = rows().into_iter().map(|(topic, language, _)| (topic, language)).collect();
    for file in FILES {
        let topic = file.path.rsplit('/').next().and_then(|name| name.strip_suffix(".yaml")).expect("a rule file");
        for language in LANGUAGES {
            assert!(known.contains(&(topic.to_owned(), language.to_owned())), "{topic} has no sentence in {language}");
        }
    }
}

#[test]
fn the_built_in_files_are_without_findings() {
    let (rules, sources, found) = built_in::read(FILES);
    assert!(found.is_empty(), "{}", human::render(&sources, &found, false));
    assert_eq!(rules.rules().len(), FILES.len());
    for rule in rules.rules() {
        let languages: Vec<&str> = rule.languages.iter().map(nightdesk::model::language::Language::as_str).collect();
        assert_eq!(languages, LANGUAGES, "{}", rule.id);
    }
}

/// Returns topic, language and text of every row.
fn rows() -> Vec<(String, String, String)> {
    let table = fs::read_to_string(root().join("alarms.tsv")).expect("the table is there");
    let lines = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let cells = lines.map(|line| {
        let mut cells = line.split('\t').map(str::to_owned);
        let mut next = || cells.next().expect("three cells");
        (next(), next(), next())
    });
    cells.collect()
}
