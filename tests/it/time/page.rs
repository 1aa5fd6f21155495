//! The page for sellers: every block of `docs/time.md` is read as what it says it is.

use std::{collections::BTreeMap, fs, path::Path};

use nightdesk::{
    diagnostic::{Diagnostic, Severity, render::human, source::SourceMap},
    library::{Library, Sources},
    model::language::Language,
};

use super::config;

#[test]
fn every_block_of_the_page_can_be_read() {
    let mut files: BTreeMap<String, usize> = BTreeMap::new();
    for block in blocks() {
        let (name, text) = block.split_once('\n').expect("a block has lines");
        let name = name.strip_prefix("# ").expect("the first line names the file");
        *files.entry(name.to_owned()).or_default() += 1;
        if name == "config.yaml" {
            config(text);
            continue;
        }
        let (sources, found) = read(name, text);
        let wrong: Vec<Diagnostic> = found.into_iter().filter(|found| found.severity == Severity::Error).collect();
        assert!(wrong.is_empty(), "{}", human::render(&sources, &wrong, false));
    }
    assert_eq!(files.values().sum::<usize>(), 6, "{files:?}");
}

fn read(name: &str, text: &str) -> (SourceMap, Vec<Diagnostic>) {
    let mut map = SourceMap::default();
    let file = map.add(name, text);
    let (rules, replies) = if name.starts_with("rules/") { (vec![file], Vec::new()) } else { (Vec::new(), vec![file]) };
    let library = Library::read(Sources { map, rules, replies }, &[Language::EN]);
    // What a block speaks of may stand in another one.
    let own = |found: &Diagnostic| found.primary.span.file == file && found.code.as_str() != "missing-reply";
    let found = library.diagnostics.into_iter().filter(own).collect();
    (library.sources, found)
}

/// Returns the YAML blocks of the page.
fn blocks() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/time.md");
    let page = fs::read_to_string(path).expect("the page is there");
    page.split("```yaml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0.to_owned())).collect()
}
