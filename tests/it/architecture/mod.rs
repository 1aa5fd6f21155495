//! Holds the shape of the code and of the repository: the layer table, purity, sizes, headers, cycles, dead paths in the
//! documents, and what may lie at the top level. There is no list of exceptions.

mod documents;
mod laws;
mod layers;
mod scan;
mod seeded;
mod sql;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use layers::{Layers, TABLE};
use scan::Source;

/// What may lie at the top level; everything else belongs into one of these.
const TOP_LEVEL: &[&str] = &[
    "askama.toml",
    "Cargo.toml",
    "Cargo.lock",
    "src",
    "rules",
    "replies",
    "tests",
    "config.example.yaml",
    "README.md",
    "docs",
    "benches",
    "fuzz",
    "CHANGELOG.md",
    "LICENSE",
    "justfile",
    "askama.toml",
    "deny.toml",
    "rustfmt.toml",
    ".ci",
    ".config",
    ".gitignore",
];

/// All that the checker of fault runs is built on.
const CHECKER_USES: &[&str] = &["serde", "serde_json", "sha2"];

/// What a working copy may hold beside it and git does not: the repository itself and an editor's folders.
const NOT_OURS: &[&str] = &[".git", ".idea", ".vscode"];

#[test]
fn sources_obey_every_law() {
    let layers = Layers::read(TABLE);
    let mut breaches = Vec::new();
    for source in sources() {
        for (name, law) in laws::LAWS {
            breaches.extend(law(&source, &layers).into_iter().map(|b| format!("{} [{name}]: {}", b.place, b.what)));
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn modules_import_one_another_without_a_cycle() {
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources() {
        let Some(module) = layers::module_of(&source.path) else { continue };
        let imports = laws::imports(&source).into_iter().map(|(import, _)| import);
        graph.entry(module.to_owned()).or_default().extend(imports);
    }
    assert_eq!(layers::cycle(&graph), None);
    assert_eq!(layers::cycle(&Layers::read(TABLE).may_import), None, "the layer table itself must be free of cycles");
}

#[test]
fn layer_table_is_the_one_in_the_document() {
    let page = read("docs/architecture.md");
    let header = TABLE.lines().next().expect("the table has a header row");
    let from_header = page.lines().skip_while(|line| *line != header);
    let written: Vec<&str> = from_header.take_while(|line| line.starts_with('|')).collect();
    assert_eq!(written.join("\n"), TABLE.trim_end(), "docs/architecture.md and layers.rs must hold the same table");
}

#[test]
fn every_path_in_the_documents_exists() {
    let mut dead = Vec::new();
    for page in documents::pages(&root()) {
        let text = read(&page);
        let named = documents::paths(&page, &text, TOP_LEVEL).into_iter().filter(|(path, _)| !exists(path));
        dead.extend(named.map(|(path, line)| format!("{page}:{line}: `{path}` does not exist")));
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn every_test_named_in_the_architecture_page_exists() {
    let tests: BTreeSet<String> = sources().iter().flat_map(Source::functions).map(|function| function.name).collect();
    let page = read("docs/architecture.md");
    let missing: Vec<String> = documents::named_tests(&page).into_iter().filter(|name| !tests.contains(name)).collect();
    assert!(missing.is_empty(), "docs/architecture.md names tests that do not exist: {}", missing.join(", "));
}

#[test]
fn checker_shares_no_code_with_what_it_judges() {
    let manifest = read("tests/checker/Cargo.toml");
    let mut section = "";
    let mut dependencies = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if section.contains("dependencies")
            && let Some((name, _)) = line.split_once('=')
        {
            dependencies.push(name.trim());
        }
    }
    assert_eq!(dependencies, CHECKER_USES, "tests/checker/Cargo.toml");
    let sources = sources();
    let own: Vec<&Source> = sources.iter().filter(|source| source.path.starts_with("tests/checker/")).collect();
    assert!(!own.is_empty(), "the checker has sources");
    for source in own {
        let named = source.tokens.iter().find(|token| token.text == "nightdesk");
        assert!(named.is_none(), "{} names the program it judges", source.path);
        assert!(!source.text.contains("include!"), "{} takes in code from elsewhere", source.path);
        assert!(!source.text.contains("#[path"), "{} takes in a module from elsewhere", source.path);
    }
}

#[test]
fn top_level_holds_only_what_belongs_there() {
    let ignored = read(".gitignore");
    let ignored: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('/')).collect();
    let strangers: Vec<String> = fs::read_dir(root())
        .expect("the repository is readable")
        .map(|entry| entry.expect("the repository is readable").file_name().to_string_lossy().into_owned())
        .filter(|name| {
            let known = TOP_LEVEL.contains(&name.as_str()) || NOT_OURS.contains(&name.as_str());
            !known && !ignored.contains(&name.as_str())
        })
        .collect();
    assert!(strangers.is_empty(), "these do not belong at the top level: {}", strangers.join(", "));
}

/// Reads every Rust file of the repository, in path order.
fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    for folder in ["src", "tests", "benches", "fuzz"] {
        collect(&root().join(folder), &mut paths);
    }
    paths.sort();
    let relative = |path: &PathBuf| path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
    paths.iter().map(relative).map(|path| Source::new(&path, &read(&path))).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("the repository is readable").path();
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, paths);
        } else if path.extension().is_some_and(|found| found == "rs") {
            paths.push(path);
        }
    }
}

/// Says whether a path written in a document leads somewhere: from the root, or from where Rust files live.
fn exists(path: &str) -> bool {
    let bases = if documents::has_extension(path, "rs") { &["", "src", "tests/it"][..] } else { &[""] };
    bases.iter().any(|base| root().join(base).join(path).exists())
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
