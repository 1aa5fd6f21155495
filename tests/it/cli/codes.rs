//! Exit codes: the list in the program, the table in the documents and what the cases reach are one.

use std::{collections::BTreeSet, fs};

use nightdesk::cli::exit::Exit;

use crate::cli::{cases::folders, repository};

#[test]
fn the_documented_codes_are_the_programs() {
    let page = fs::read_to_string(repository("docs/operating.md")).expect("the page is there");
    let (_, section) = page.split_once("## Exit codes").expect("the page has the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next()?.parse::<u8>().ok());
    let program: Vec<u8> = Exit::ALL.iter().map(|(_, number)| *number).collect();
    assert_eq!(rows.collect::<Vec<_>>(), program);
}

#[test]
fn every_code_is_reached_by_a_case_and_no_other() {
    let mut reached = BTreeSet::new();
    for case in folders() {
        let expected = fs::read_to_string(case.join("expected.txt")).expect("UPDATE=1 writes it");
        reached.extend(expected.lines().filter_map(|line| line.strip_prefix("exit ")?.parse::<u8>().ok()));
    }
    assert_eq!(reached, Exit::ALL.iter().map(|(_, number)| *number).collect());
}
