//! One folder of templates, each with what is said about it.

use std::fs;

use crate::replies::{catalog, data, expect, listed};

const FRAME: (&str, &str) = ("replies/_frame/en.txt", "{{ body }}");
const FACTS: (&str, &str) = (
    "replies/_facts/shop.yaml",
    "free_from: {value: 49 USD, source: our price list}\nlimit: {source: customs office, by: {DE: 150 EUR}}\n",
);

#[test]
fn every_template_is_judged_as_expected() {
    let mut names: Vec<String> = fs::read_dir(data("templates"))
        .expect("the fixtures")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .filter(|name| !name.contains(".expected"))
        .collect();
    names.sort();
    assert!(names.len() >= 15, "only {} templates", names.len());
    for name in names {
        let text = fs::read_to_string(data(&format!("templates/{name}"))).expect("a template");
        let (sources, _, diagnostics) = catalog(&[("replies/reply/en.txt", &text), FRAME, FACTS]);
        let stem = name.trim_end_matches(".txt");
        expect(&format!("templates/{stem}.expected"), &listed(&sources, &diagnostics));
    }
}

#[test]
fn a_language_without_a_frame_is_an_error() {
    let (sources, _, diagnostics) = catalog(&[("replies/reply/de.txt", "Guten Tag."), FRAME]);
    assert!(listed(&sources, &diagnostics).contains("error[frame-missing]"));
}

#[test]
fn a_frame_that_prints_no_body_is_an_error() {
    let (sources, _, diagnostics) = catalog(&[("replies/_frame/en.txt", "Hello")]);
    assert!(listed(&sources, &diagnostics).contains("error[frame-body]"));
}

#[test]
fn files_that_are_no_replies_are_named() {
    let files = [("replies/reply/english.txt", "x"), ("replies/notes.md", "x"), ("replies/_facts/a.csv", "x"), FRAME];
    let (_, catalog, diagnostics) = catalog(&files);
    assert_eq!(diagnostics.iter().filter(|found| found.code.as_str() == "reply-file").count(), 3);
    assert!(catalog.names().is_empty());
}

#[test]
fn chinese_promises_are_found_where_they_stand() {
    let (sources, _, diagnostics) =
        catalog(&[("replies/reply/zh.txt", "您好，我们包税，尽快发货。"), ("replies/_frame/zh.txt", "{{ body }}")]);
    expect("chinese-promises.expected", &listed(&sources, &diagnostics));
}
