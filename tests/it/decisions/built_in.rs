//! Rule files that are part of the engine: what turns a question into something else, and what may stand beside one.

use std::{collections::BTreeSet, fs};

use nightdesk::{
    diagnostic::render::human,
    engine::{aside, turn},
    model::language::Language,
    rules::{
        built_in::{self, BuiltIn},
        rule::Example,
    },
    text::reading::Reading,
};

use crate::cli::repository;

/// The languages in which the engine knows such phrases.
const LANGUAGES: [&str; 12] = ["ar", "de", "en", "es", "fr", "it", "ja", "ko", "pl", "pt", "ru", "zh"];
/// The sets, each with its folder.
const SETS: [(&str, &[BuiltIn]); 2] = [("src/engine/turns", turn::FILES), ("src/engine/asides", aside::FILES)];

#[test]
fn every_file_reads_without_findings_in_every_language() {
    for (folder, files) in SETS {
        let (rules, sources, found) = built_in::read(files);
        assert!(found.is_empty(), "{folder}: {}", human::render(&sources, &found, false));
        assert_eq!(rules.rules().len(), files.len(), "no class of {folder} is left out");
        for rule in rules.rules() {
            let languages: Vec<&str> = rule.languages.iter().map(Language::as_str).collect();
            assert_eq!(languages, LANGUAGES, "{folder}: {}", rule.id);
        }
    }
}

#[test]
fn every_file_is_part_of_the_program() {
    for (folder, files) in SETS {
        let named: BTreeSet<&str> = files.iter().filter_map(|file| file.path.rsplit('/').next()).collect();
        let entries = fs::read_dir(repository(folder)).expect("the folder is there");
        let there: BTreeSet<String> =
            entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
        assert_eq!(named, there.iter().map(String::as_str).collect(), "{folder}");
    }
}

#[test]
fn every_class_hits_what_its_examples_show_and_nothing_that_they_skip() {
    let mut wrong = Vec::new();
    for (folder, files) in SETS {
        let (rules, ..) = built_in::read(files);
        for (place, rule) in rules.rules().iter().enumerate() {
            for Example { text, matches, language, .. } in &rule.examples {
                let attempts = rules.attempts(&Reading::new(text));
                let hit =
                    attempts.iter().any(|found| found.rule == place && found.language == *language && !found.negated);
                if hit != *matches {
                    wrong.push(format!("{folder}: {} {language} {text}: hit is {hit}", rule.id));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_deadline_is_shown_by_examples_in_every_language() {
    let (rules, ..) = built_in::read(turn::FILES);
    let deadline = rules.rules().iter().find(|rule| rule.id.as_str() == "deadline").expect("there is such a class");
    for language in LANGUAGES {
        for matches in [true, false] {
            let own = |example: &&Example| example.language.as_str() == language && example.matches == matches;
            let shown = deadline.examples.iter().filter(own).count();
            assert!(shown >= 3, "{shown} examples in {language} with match {matches}");
        }
    }
}
