//! The table of codes is complete: no code in the source without a row, no row without a code, a fixture and its place
//! on the page.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use nightdesk::check::codes;
use regex::Regex;

use crate::docs::{generated, root};

#[test]
fn every_code_of_the_source_has_one_row_and_every_row_a_code() {
    let made = Regex::new(r#"Code::new\(\s*"([a-z0-9-]+)"\s*\)"#).expect("it is written here");
    let mut sources: BTreeMap<String, PathBuf> = BTreeMap::new();
    for file in files(&root().join("src"), &["rs"]) {
        let text = fs::read_to_string(&file).expect("the source is text");
        for code in made.captures_iter(&text).map(|found| found[1].to_owned()) {
            let earlier = sources.insert(code.clone(), file.clone());
            assert!(
                earlier.is_none(),
                "`{code}` is made in {} and in {}",
                file.display(),
                earlier.unwrap_or_default().display()
            );
        }
    }
    let rows: Vec<&str> = codes::all().iter().map(|row| row.code).collect();
    let unique: BTreeSet<String> = rows.iter().map(|code| (*code).to_owned()).collect();
    assert_eq!(unique.len(), rows.len(), "a code has two rows");
    let made: BTreeSet<String> = sources.into_keys().collect();
    let odd: Vec<&String> = made.symmetric_difference(&unique).collect();
    assert!(odd.is_empty(), "only in src, or only in src/check/codes: {odd:?}");
}

#[test]
fn every_code_is_shown_by_a_fixture_with_its_severity() {
    let shown = Regex::new(r"(?m)(error|warning)\[([a-z0-9-]+)\]: ").expect("it is written here");
    let mut severities: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files(&root().join("tests/data"), &["txt", "expected"]) {
        let text = fs::read_to_string(&file).unwrap_or_default();
        for found in shown.captures_iter(&text) {
            severities.entry(found[2].to_owned()).or_default().insert(found[1].to_owned());
        }
    }
    let mut wrong = Vec::new();
    for row in codes::all() {
        match severities.get(row.code) {
            None => wrong.push(format!("no fixture shows `{}`", row.code)),
            Some(found) if *found != BTreeSet::from([row.severity.as_str().to_owned()]) => {
                wrong.push(format!("`{}` is {found:?}, the table says {}", row.code, row.severity.as_str()));
            }
            Some(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_page_of_codes_is_the_programs() {
    generated("docs/codes.md", &codes::page());
}

#[test]
fn every_row_shows_two_ways_to_write_it() {
    for row in codes::all() {
        assert_ne!(row.wrong, row.right, "{}", row.code);
        assert!(row.finds.chars().next().is_some_and(|first| !first.is_uppercase() || first == 'H'), "{}", row.code);
        assert!(!row.finds.ends_with('.') && row.why.ends_with('.'), "{}: a clause, then sentences", row.code);
    }
}

#[test]
fn an_unknown_code_is_answered_by_the_nearest() {
    let paragraph = codes::explain("missing-reply").expect("it is known");
    assert!(paragraph.starts_with("error[missing-reply]: "), "{paragraph}");
    let error = codes::explain("mising-repli").expect_err("it is not known");
    assert_eq!(error.to_string(), "there is no code `mising-repli`; did you mean `missing-reply`?");
    let error = codes::explain("E0502").expect_err("it is not known");
    assert_eq!(error.to_string(), "there is no code `E0502`; docs/codes.md lists them all");
}

fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("it is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(files(&path, endings));
        } else if path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known)) {
            found.push(path);
        }
    }
    found
}
