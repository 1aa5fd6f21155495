//! The page of proofs names nothing that does not exist, and the list of what tests need is the one they use.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use regex::Regex;

use crate::{
    docs::{read, root},
    support::needs::NEEDS,
};

const PAGE: &str = "docs/proof.md";

#[test]
fn every_proof_on_the_page_exists() {
    let page = read(PAGE);
    let rows: Vec<&str> = rows(&page, "| promised | shown by |").collect();
    assert!(rows.len() > 50, "only {} promises", rows.len());
    let known = names();
    let mut wrong = Vec::new();
    for row in rows {
        let shown = row.trim_end_matches([' ', '|']).rsplit(" | ").next().unwrap_or_default();
        let spans: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        if spans.is_empty() {
            wrong.push(format!("nothing shows: {row}"));
        }
        wrong.extend(spans.into_iter().filter(|span| !exists(span, &known)).map(|span| format!("no `{span}`: {row}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_page_and_the_test_command_know_what_tests_need() {
    let page = read(PAGE);
    let listed: Vec<String> = rows(&page, "| package | without it nobody sees |").map(str::to_owned).collect();
    let needed: Vec<String> = NEEDS.iter().map(|need| format!("| {} | {} |", need.package, need.shows)).collect();
    assert_eq!(listed, needed, "{PAGE} lists what tests/it/support/needs.rs lists");
    let command = read("tests/run");
    let list = command.split("missing_packages() {").nth(1).and_then(|rest| rest.split("\n}").next());
    let installed = list.expect("tests/run has the list").lines().filter_map(|line| line.rsplit_once("|| echo "));
    let installed: BTreeSet<&str> = installed.map(|(_, package)| package).collect();
    assert_eq!(installed, NEEDS.iter().map(|need| need.package).collect(), "tests/run installs what tests need");
}

/// Returns the rows of every table with that head.
fn rows<'p>(page: &'p str, head: &'p str) -> impl Iterator<Item = &'p str> {
    let tables = page.split(head).skip(1);
    tables.flat_map(|table| table.lines().skip(2).take_while(|line| line.starts_with('|')))
}

/// Says whether something is shown by that: a command, a path, or the name of a test, a case or a script.
fn exists(span: &str, known: &BTreeSet<String>) -> bool {
    if let Some(words) = span.strip_prefix("bash ") {
        return words.split(' ').next().is_some_and(|script| root().join(script).is_file());
    }
    if let Some(bench) = span.strip_prefix("cargo bench --bench ") {
        let name = bench.split(' ').next().unwrap_or_default();
        return root().join(format!("benches/{name}.rs")).is_file();
    }
    if span.contains('/') {
        return root().join(span).exists();
    }
    known.contains(span)
}

/// Returns the names of tests, of the store's and the fault suite's cases, and of scripts of mail servers.
fn names() -> BTreeSet<String> {
    let plain = r"#\[(?:tokio::)?test[^\]]*\](?:\s*#\[[^\]]*\])*\s*(?:async )?fn (\w+)\(";
    let property = r"#\[test\]\s*(?:///[^\n]*\s*)*fn (\w+)\(";
    let case = r#"\("(\w+)", \|b\|"#;
    let fault = r#"name: "(\w+)""#;
    let patterns = [plain, property, case, fault].map(|pattern| Regex::new(pattern).expect("well-formed"));
    let mut names = BTreeSet::new();
    for file in files(&["tests", "src"].map(|folder| root().join(folder))) {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => {
                let text = fs::read_to_string(&file).expect("a source is readable");
                let found = patterns.iter().flat_map(|pattern| pattern.captures_iter(&text));
                names.extend(found.map(|found| found[1].to_owned()));
            }
            Some("txt") if file.parent().is_some_and(|folder| folder.ends_with("imap/scripts")) => {
                names.insert(stem);
            }
            _ => {}
        }
    }
    names.insert("sabotage".to_owned());
    names
}

fn files(folders: &[PathBuf]) -> Vec<PathBuf> {
    let entries =
        |folder: &Path| fs::read_dir(folder).expect("a folder is readable").flatten().map(|entry| entry.path());
    let (inner, mut found): (Vec<PathBuf>, Vec<PathBuf>) =
        folders.iter().flat_map(|folder| entries(folder)).partition(|path| path.is_dir());
    if !inner.is_empty() {
        found.extend(files(&inner));
    }
    found
}
