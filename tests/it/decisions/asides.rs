//! What is said beside a question: the built-in files, and what the starter pack makes of such messages.

use std::{collections::BTreeSet, fs};

use nightdesk::{
    diagnostic::render::human,
    engine::aside::FILES,
    model::language::Language,
    rules::{built_in, rule::Example},
    text::reading::Reading,
};

use crate::cli::repository;

/// The languages in which plain words beside a question are known.
const LANGUAGES: [&str; 12] = ["ar", "de", "en", "es", "fr", "it", "ja", "ko", "pl", "pt", "ru", "zh"];

#[test]
fn every_aside_reads_without_errors_in_every_language() {
    let (rules, sources, found) = built_in::read(FILES);
    assert!(found.is_empty(), "{}", human::render(&sources, &found, false));
    assert_eq!(rules.rules().len(), FILES.len(), "no class is left out");
    for rule in rules.rules() {
        let languages: Vec<&str> = rule.languages.iter().map(Language::as_str).collect();
        assert_eq!(languages, LANGUAGES, "{}", rule.id);
    }
}

#[test]
fn every_file_of_asides_is_part_of_the_program() {
    let named: BTreeSet<&str> = FILES.iter().filter_map(|file| file.path.rsplit('/').next()).collect();
    let entries = fs::read_dir(repository("src/engine/asides")).expect("the folder is there");
    let there: BTreeSet<String> =
        entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(named, there.iter().map(String::as_str).collect());
}

#[test]
fn an_aside_hits_what_its_examples_show_and_nothing_that_they_skip() {
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
