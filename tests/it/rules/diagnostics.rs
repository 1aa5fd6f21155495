//! Findings as people see them: every folder of `tests/data/diagnostics/` holds files and the expected rendering.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

use nightdesk::{
    diagnostic::{
        Code, Diagnostic,
        render::{github, human, json},
        source::{SourceMap, Span},
    },
    rules::set::RuleSet,
};

use unicode_width::UnicodeWidthStr as _;

use crate::rules::read;

const EXPECTED: &str = "expected.txt";

#[test]
fn every_broken_folder_is_explained_as_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/diagnostics");
    let mut wrong = Vec::new();
    for case in folders(&root) {
        let found = rendered(&case);
        let expected_path = case.join(EXPECTED);
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        if env::var_os("UPDATE").is_some() {
            fs::write(&expected_path, &found).expect("the data folder is writable");
        } else if found != expected {
            wrong.push(format!("== {} ==\n{found}\n-- expected --\n{expected}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\n{} cases differ; UPDATE=1 rewrites them", wrong.join("\n"), wrong.len());
}

#[test]
fn every_case_has_rules_and_at_least_one_finding() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/diagnostics");
    let cases = folders(&root);
    assert!(cases.len() >= 14, "only {} cases", cases.len());
    for case in cases {
        assert!(case.join("rules").is_dir(), "{} has an expected file and no rules", case.display());
        let expected = fs::read_to_string(case.join(EXPECTED)).expect("UPDATE=1 writes it");
        assert!(expected.contains(" in "), "{} explains nothing", case.display());
    }
}

#[test]
fn programs_and_pull_requests_see_the_same_findings() {
    let broken = "intent: probe\ntitle: 50%, or so\ncategory: other\naction: answer\nreply: probe\nmood: auto\nsay: {zh: ['包邮(']}\n";
    let (sources, _, diagnostics) = read(&[("rules/other/probe.yaml", broken)]);
    let place = r#""file":"rules/other/probe.yaml","line":6,"column":1,"end_line":6,"end_column":5"#;
    let fix = format!(r#""fix":{{{place},"text":"mode"}}}}"#);
    let unknown = format!(
        r#"{{"code":"unknown-key","severity":"error","message":"unknown key `mood`",{place},"label":"not known here","related":[],"help":"did you mean `mode`?",{fix}"#
    );
    let bracket = r#"{"code":"bad-pattern","severity":"error","message":"`(` without its partner `)`","file":"rules/other/probe.yaml","line":7,"column":15,"end_line":7,"end_column":16,"label":"in this pattern","related":[],"help":"write both `(` and `)`, or neither","fix":null}"#;
    assert_eq!(json::render(&sources, &diagnostics), format!("{unknown}\n{bracket}\n"));
    let lines = "::error file=rules/other/probe.yaml,line=6,col=1,endLine=6,endColumn=5,title=unknown-key::unknown key `mood`%0Ahelp: did you mean `mode`?\n\
                 ::error file=rules/other/probe.yaml,line=7,col=15,endLine=7,endColumn=16,title=bad-pattern::`(` without its partner `)`%0Ahelp: write both `(` and `)`, or neither\n";
    assert_eq!(github::render(&sources, &diagnostics), lines);
}

#[test]
fn annotations_keep_what_the_runner_would_read_as_its_own() {
    let mut sources = SourceMap::default();
    let file = sources.add("rules/50%,a::b/x.yaml", "a: b\r\n");
    let found =
        Diagnostic::warning(Code::new("vague-word"), "50% :: off, ::error::\r\nhere", Span::new(file, 0..1), "here")
            .help("100%\n::set-output");
    let expected = "::warning file=rules/50%25%2Ca%3A%3Ab/x.yaml,line=1,col=1,endLine=1,endColumn=2,title=vague-word::50%25 :: off, \
                    ::error::%0D%0Ahere%0Ahelp: 100%25%0A::set-output\n";
    assert_eq!(github::render(&sources, &[found]), expected);
}

#[test]
fn findings_are_wrapped_to_the_terminal() {
    let broken = "intent: probe\ntitle: t\ncategory: other\naction: answer\nreply: probe\nsay:\n  zh: ['这个商品现在可以免费配送到德国吗 (包邮']\n";
    let (sources, _, diagnostics) = read(&[("rules/other/probe.yaml", broken)]);
    for width in [60, 80, 120] {
        let text = human::render_within(&sources, &diagnostics, false, Some(width));
        let long: Vec<&str> = text.lines().filter(|line| line.width() > width && !line.contains('^')).collect();
        assert!(long.is_empty(), "wider than {width}: {long:?}");
    }
}

#[test]
fn findings_do_not_depend_on_the_order_of_files() {
    let files = [("rules/other/b.yaml", "intent: b\n"), ("rules/other/a.yaml", "intent: x\n")];
    let turned = [files[1], files[0]];
    let (sources, _, diagnostics) = read(&files);
    let (turned_sources, _, turned_diagnostics) = read(&turned);
    assert_eq!(
        human::render(&sources, &diagnostics, false),
        human::render(&turned_sources, &turned_diagnostics, false)
    );
}

fn rendered(case: &Path) -> String {
    let mut sources = SourceMap::default();
    let mut ids = Vec::new();
    for path in files(&case.join("rules")) {
        let name = path.strip_prefix(case).expect("it was found there").to_string_lossy().replace('\\', "/");
        ids.push(sources.add(name, fs::read_to_string(&path).expect("fixtures are readable text")));
    }
    let (_, diagnostics) = RuleSet::read(&sources, &ids);
    human::render(&sources, &diagnostics, false)
}

fn folders(root: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(root).expect("the fixtures are there");
    entries.map(|entry| entry.expect("the fixtures are there").path()).filter(|path| path.is_dir()).collect()
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("every case has a rules folder") {
        let path = entry.expect("the fixtures are there").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path);
        }
    }
    found
}
