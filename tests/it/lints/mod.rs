//! Lints: every folder of `tests/data/lints/` shows one finding, named by its code.
//!
//! A folder holds `rules/` and `replies/` and the findings as people read them, in `expected.txt`; `UPDATE=1` rewrites it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use nightdesk::{
    check::lint::LINTS,
    diagnostic::{render::human, source::SourceMap},
    library::{Library, Sources},
    model::language::Language,
};

const EXPECTED: &str = "expected.txt";

#[test]
fn every_lint_finds_what_its_folder_shows() {
    let mut wrong = Vec::new();
    for folder in folders() {
        let library = library(&folder);
        let found = human::render(&library.sources, &library.diagnostics, false);
        let path = folder.join(EXPECTED);
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &found).expect("the data folder is writable");
        } else if found != expected {
            wrong.push(format!("== {} ==\n{found}\n-- expected --\n{expected}", folder.display()));
        }
        let code = name(&folder);
        let own = library.diagnostics.iter().filter(|found| found.code.as_str() == code).count();
        assert!(own > 0, "{code} finds nothing in its own folder:\n{found}");
        assert_eq!(own, library.diagnostics.len(), "a folder shows one kind of finding\n{found}");
        assert!(library.diagnostics.iter().all(|found| found.help.is_some()), "{code} does not say what to do");
    }
    assert!(wrong.is_empty(), "{}\n{} folders differ; UPDATE=1 rewrites them", wrong.join("\n"), wrong.len());
}

#[test]
fn every_lint_has_its_folder_and_every_folder_its_lint() {
    let lints: BTreeSet<String> = LINTS.iter().map(|lint| lint.code.as_str().to_owned()).collect();
    assert_eq!(lints.len(), LINTS.len(), "two lints share a code");
    let folders: BTreeSet<String> = folders().iter().map(|folder| name(folder)).collect();
    assert_eq!(folders, lints);
}

#[test]
fn the_starter_pack_has_only_its_marked_examples() {
    let library = Library::read(Sources::starter_pack(), &[Language::EN, Language::ZH]);
    let others: Vec<_> = library.diagnostics.iter().filter(|found| found.code.as_str() != "example-fact").collect();
    assert!(others.is_empty(), "{others:#?}");
    let marked: Vec<String> = library.replies.made_up().into_iter().map(|example| example.what).collect();
    assert_eq!(
        marked,
        [
            "the fact `shipping.free_from`",
            "the fact `shipping.free_weight`",
            "the situation `peak-season-2026`",
            "the situation `chinese-new-year-2027`"
        ]
    );
}

fn library(folder: &Path) -> Library {
    let sources = Sources::from_folders(SourceMap::default(), &folder.join("rules"), &folder.join("replies"));
    Library::read(sources.expect("a fixture can be read"), &[Language::EN, Language::ZH])
}

fn folders() -> BTreeSet<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lints");
    fs::read_dir(root).expect("the fixtures are there").map(|entry| entry.expect("readable").path()).collect()
}

fn name(folder: &Path) -> String {
    folder.file_name().expect("a folder has a name").to_string_lossy().into_owned()
}
