//! What turns a question into something else: the built-in files, and the examples that they hold.

use std::{collections::BTreeSet, fs};

use nightdesk::{
    diagnostic::render::human,
    engine::turn::FILES,
    model::language::Language,
    rules::{built_in, rule::Example},
    text::reading::Reading,
};

use crate::cli::repository;

/// The languages in which turns are known.
const LANGUAGES: [&str; 12] = ["ar", "de", "en", "es", "fr", "it", "ja", "ko", "pl", "pt", "ru", "zh"];

#[test]
fn every_turn_reads_without_findings_in_every_language() {
    let (rules, sources, found) = built_in::read(FILES);
    assert!(found.is_empty(), "{}", human::render(&sources, &found, false));
    assert_eq!(rules.rules().len(), FILES.len(), "no class is left out");
    for rule in rules.rules() {
        let languages: Vec<&str> = rule.languages.iter().map(Language::as_str).collect();
        assert_eq!(languages, LANGUAGES, "{}", rule.id);
    }
}

#[test]
fn every_file_of_turns_is_part_of_the_program() {
    let named: BTreeSet<&str> = FILES.iter().filter_map(|file| file.path.rsplit('/').next()).collect();
    let entries = fs::read_dir(repository("src/engine/turns")).expect("the folder is there");
    let there: BTreeSet<String> =
        entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(named, there.iter().map(String::as_str).collect());
}

#[test]
fn a_turn_hits_what_its_examples_show_and_nothing_that_they_skip() {
    let (rules, ..) = built_in::read(FILES);
    let mut wrong = Vec::new();
    for (place, rule) in rules.rules().iter().enumerate() {
        for Example { text, matches, language, .. } in &rule.examples {
            let attempts = rules.attempts(&Reading::new(text));
            let hit = attempts.iter().any(|found| found.rule == place && found.language == *language);
            if hit != *matches {
                wrong.push(format!("{} {language} {text}: hit is {hit}", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_deadline_is_shown_by_examples_in_every_language() {
    let (rules, ..) = built_in::read(FILES);
    let deadline = rules.rules().iter().find(|rule| rule.id.as_str() == "deadline").expect("there is such a class");
    for language in LANGUAGES {
        for matches in [true, false] {
            let own = |example: &&Example| example.language.as_str() == language && example.matches == matches;
            let shown = deadline.examples.iter().filter(own).count();
            assert!(shown >= 3, "{shown} examples in {language} with match {matches}");
        }
    }
}
