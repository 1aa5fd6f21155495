//! Lints: every folder of `tests/data/lints/` shows what one code finds.
//!
//! A folder is called `<code>-<case>`; `<code>-spares-<case>` shows what the code must leave alone, and
//! `<code>-beside-<case>` that other findings do not hide it. It holds `rules/`,
//! `replies/` and perhaps `config.yaml`, and the findings as people read them in `expected.txt`; `UPDATE=1` rewrites it.
//! Frames that a folder does not hold itself come from `_shared/`.

mod damage;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use nightdesk::{
    check::{
        codes::{self, Home},
        lint::{self, LINTS},
        trial::Trial,
    },
    config,
    diagnostic::{
        Diagnostic, Severity,
        render::human,
        source::{FileId, SourceMap},
    },
    engine::Engine,
    library::{Library, Sources},
    model::wire_id::InstanceKey,
};

const EXPECTED: &str = "expected.txt";
const SHARED: &str = "_shared";
/// Between code and case in the name of a folder that shows what is left alone.
const SPARES: &str = "spares";
/// The same for one that shows that other findings do not hide it.
const BESIDE: &str = "beside";
const PLAIN: &str = "shop: {name: Lantern Home, languages: [en, zh]}\ndesk: {zone: UTC, hours: {mon-sun: 00:00-24:00}}\n\
    accounts: [{name: post, folder: {address: shop@shop.example, inbox: in, outbox: out}}]\n";

#[test]
fn every_folder_shows_what_its_code_finds_and_spares() {
    let mut wrong = Vec::new();
    for folder in folders() {
        let Checked { sources, found } = check(&folder);
        let text = human::render(&sources, &found, false);
        let path = folder.join(EXPECTED);
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &text).expect("the data folder is writable");
        } else if text != expected {
            wrong.push(format!("== {} ==\n{text}\n-- expected --\n{expected}", folder.display()));
        }
        let (code, case) = code_and_case(&folder);
        let own = found.iter().filter(|found| found.code.as_str() == code).count();
        let name = name(&folder);
        if case.starts_with(SPARES) != (own == 0) {
            wrong.push(format!("== {name} ==\n{own} findings of `{code}`\n{text}"));
        }
        if own != found.len() && !case.starts_with(BESIDE) {
            wrong.push(format!("== {name} ==\nnot only `{code}`\n{text}"));
        }
        assert!(found.iter().all(|found| found.help.is_some()), "`{code}` does not say what to do");
    }
    assert!(wrong.is_empty(), "{}\n{} folders differ; UPDATE=1 rewrites them", wrong.join("\n"), wrong.len());
}

#[test]
fn every_lint_has_a_folder_that_shows_it_and_one_that_it_leaves_alone() {
    let mut cases: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for folder in folders() {
        let (code, case) = code_and_case(&folder);
        cases.entry(code).or_default().push(case);
    }
    let codes: BTreeSet<&str> = LINTS.iter().map(|lint| lint.code.as_str()).collect();
    assert_eq!(codes.len(), LINTS.len(), "two lints share a code");
    for code in codes {
        let cases = cases.get(code).map(Vec::as_slice).unwrap_or_default();
        assert!(cases.iter().any(|case| !case.starts_with(SPARES)), "no folder shows `{code}`");
        assert!(cases.iter().any(|case| case.starts_with(SPARES)), "no folder shows what `{code}` leaves alone");
    }
}

#[test]
fn every_lint_has_its_row_among_the_codes_and_its_severity() {
    let rows: BTreeSet<&str> =
        codes::all().into_iter().filter(|row| row.home == Home::Lint).map(|row| row.code).collect();
    let lints: BTreeSet<&str> = LINTS.iter().map(|lint| lint.code.as_str()).collect();
    assert_eq!(rows, lints);
}

/// What the starter pack may be told: its values are examples.
const KNOWN_OF_THE_PACK: [&str; 1] = ["example-fact"];

#[test]
fn the_starter_pack_has_only_its_marked_examples() {
    let Checked { found, .. } = tried(Sources::starter_pack());
    let others: Vec<_> = found.iter().filter(|found| !KNOWN_OF_THE_PACK.contains(&found.code.as_str())).collect();
    assert!(others.is_empty(), "{others:#?}");
    let marked = Library::read(Sources::starter_pack(), &[]).replies.made_up();
    let written = Sources::starter_pack();
    let lines = written.map.iter().flat_map(|(_, source)| source.text.lines());
    assert_eq!(marked.len(), lines.filter(|line| line.trim() == "example: true").count());
    assert!(marked.iter().any(|example| example.what == "the fact `shipping.free_from`"), "{marked:?}");
}

#[test]
fn codes_of_lints_that_need_a_trial_are_warnings() {
    for folder in folders() {
        let Checked { sources, found } = check(&folder);
        let trial_codes = |found: &&Diagnostic| {
            let lint = LINTS.iter().find(|lint| lint.code == found.code);
            lint.is_some_and(|lint| matches!(lint.look, lint::Look::Trial(_)))
        };
        let error = found.iter().filter(trial_codes).find(|found| found.severity == Severity::Error);
        assert!(error.is_none(), "an error that only `check` sees lets bad files be used: {error:?} {sources:?}");
    }
}

/// The findings of one folder.
struct Checked {
    sources: SourceMap,
    found: Vec<Diagnostic>,
}

fn check(folder: &Path) -> Checked {
    let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
    collect(&folder.with_file_name(SHARED), "", &mut files);
    collect(folder, "", &mut files);
    let mut sources = Sources::default();
    for (path, file) in files {
        let text = fs::read_to_string(file).expect("a fixture is text");
        let id = sources.map.add(path.as_str(), text);
        if path.starts_with("rules/") {
            sources.rules.push(id);
        } else if path.starts_with("replies/") {
            sources.replies.push(id);
        }
    }
    tried(sources)
}

/// Does what the command does, on the day of the fixtures.
fn tried(mut sources: Sources) -> Checked {
    let config = sources.map.iter().find(|(_, source)| source.path == "config.yaml").map(|(file, _)| file);
    let config: FileId = config.unwrap_or_else(|| sources.map.add("config.yaml", PLAIN));
    let (config, found) = config::read(&sources.map, config, Path::new("."), &|_| None);
    let config = config.unwrap_or_else(|| panic!("the configuration is whole: {found:?}"));
    let library = Library::read(sources, &config.languages);
    let mut found = library.diagnostics;
    let engine = Engine::new(config.engine(InstanceKey::new([0; 32])), library.rules, library.replies);
    let now: Timestamp = "2026-11-21T12:00:00Z".parse().expect("a moment");
    let trial = Trial::new(&library.sources, &engine, config.desk_country.clone(), now);
    found.extend(engine.replies().check_dates(trial.today()));
    found.extend(lint::trial(&trial));
    Checked { found, sources: library.sources }
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, PathBuf>) {
    for entry in fs::read_dir(folder).expect("the fixtures are there") {
        let path = entry.expect("readable").path();
        let shown = format!("{prefix}{}", name(&path));
        if path.is_dir() {
            collect(&path, &format!("{shown}/"), files);
        } else if shown != EXPECTED {
            files.insert(shown, path);
        }
    }
}

fn folders() -> BTreeSet<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lints");
    let all = fs::read_dir(root).expect("the fixtures are there").map(|entry| entry.expect("readable").path());
    all.filter(|path| name(path) != SHARED).collect()
}

/// Returns the code and the case that a folder is named by.
fn code_and_case(folder: &Path) -> (String, String) {
    let name = name(folder);
    let codes = codes::all().into_iter().map(|row| row.code).filter(|code| name.starts_with(&format!("{code}-")));
    let code = codes.max_by_key(|code| code.len()).unwrap_or_else(|| panic!("{name} begins with no known code"));
    (code.to_owned(), name[code.len() + 1..].to_owned())
}

fn name(path: &Path) -> String {
    path.file_name().expect("it has a name").to_string_lossy().into_owned()
}
