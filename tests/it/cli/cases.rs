//! Transcripts: every folder of `tests/data/cli/` is one case.
//!
//! `case.txt` holds remarks (`#`), what is given before (`given: …`, see [`crate::cli::given`]), the environment
//! (`env: NAME=value`) and the commands (`$ nightdesk …`, with `< file` for standard input); `files/` is copied into the
//! folder they run in; `expected.txt` is what they say. `UPDATE=1` rewrites the latter.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
};

use regex::Regex;

use crate::{
    cli::{
        given::{Given, copy},
        nightdesk, repository,
    },
    support::{needs, until},
};

const EXPECTED: &str = "expected.txt";

#[test]
fn every_case_says_what_is_expected() {
    let cases = folders();
    assert!(cases.len() >= 30, "only {} cases", cases.len());
    // Most of a case is waiting; a few at a time keep a small machine busy and no longer.
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            wrong.extend(difference(case));
        }
        wrong
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a case panicked")).collect()
    });
    assert!(wrong.is_empty(), "{}\n{} cases differ; UPDATE=1 rewrites them", wrong.join("\n"), wrong.len());
}

#[test]
fn no_file_lies_beside_the_cases_unused() {
    for case in folders() {
        let known: BTreeSet<&str> = ["case.txt", "files", EXPECTED].into();
        for entry in fs::read_dir(&case).expect("a case is a folder") {
            let name = entry.expect("readable").file_name().to_string_lossy().into_owned();
            assert!(known.contains(name.as_str()), "{}/{name} is used by nothing", case.display());
        }
        assert!(case.join("case.txt").is_file(), "{} has no case.txt", case.display());
    }
}

#[test]
fn no_case_shows_a_secret_or_speaks_of_invalid_things() {
    for case in folders() {
        let expected = fs::read_to_string(case.join(EXPECTED)).expect("UPDATE=1 writes it");
        // The argument parser's own words are not ours to choose.
        // An intent of the starter pack has one of the words in its name.
        let ours = expected.lines().filter(|line| !line.starts_with("error: invalid value '"));
        let ours = ours.map(|line| line.replace("invalid_tracking", ""));
        for line in ours {
            for word in ["hunter2", "Invalid", "invalid", "panicked", "\u{1b}["] {
                assert!(!line.contains(word), "{} says {word:?}: {line}", case.display());
            }
        }
    }
}

/// Returns the folders of all cases, sorted.
pub(crate) fn folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(repository("tests/data/cli")).expect("the cases are there");
    let folders: BTreeSet<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    folders.into_iter().collect()
}

/// Returns how a case differs from what is expected; none if it does not, or cannot be played on this machine.
fn difference(case: &Path) -> Option<String> {
    let name = case.file_name().expect("a folder has a name").to_string_lossy();
    let found = match played(case) {
        Ok(found) => found,
        Err(why) => {
            needs::skipped(&format!("the command line's case {name}: {why}"));
            return None;
        }
    };
    let path = case.join(EXPECTED);
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &found).expect("the data folder is writable");
        return None;
    }
    (found != expected).then(|| format!("== {name} ==\n{found}\n-- expected --\n{expected}"))
}

/// Plays a case; an error says why this machine cannot.
fn played(case: &Path) -> Result<String, String> {
    let script = fs::read_to_string(case.join("case.txt")).expect("every case has a script");
    let folder = tempfile::tempdir().expect("a folder");
    let mut given = Given::new(folder.path());
    copy(&case.join("files"), folder.path());
    let mut said = String::new();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(condition) = line.strip_prefix("given: ") {
            given.bring_about(condition)?;
        } else if let Some(variable) = line.strip_prefix("env: ") {
            let (name, value) = variable.split_once('=').expect("env: NAME=value");
            given.environment.push((name.to_owned(), value.to_owned()));
        } else {
            let words = line.strip_prefix("$ nightdesk").unwrap_or_else(|| panic!("unknown line {line:?}"));
            let output = run(&given, words);
            said += &transcript(line, &output);
        }
    }
    Ok(filtered(&said, &given))
}

fn run(given: &Given, words: &str) -> Output {
    let (words, input) = words.split_once(" < ").map_or((words, None), |(words, file)| (words, Some(file)));
    let mut command: Command = given.command(nightdesk(&given.folder));
    command.args(arguments(words)).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.envs(given.environment.iter().map(|(name, value)| (name, value)));
    if let Some(file) = input {
        command.stdin(fs::File::open(given.folder.join(file)).expect("the input is there"));
    }
    let mut child = command.spawn().expect("the program starts");
    let id = child.id();
    // A command that does not end by itself would hang the suite.
    let ended = until::within(until::PATIENCE * 2, || child.try_wait().expect("a child can be waited for"));
    if ended.is_none() {
        child.kill().expect("a child can be killed");
        panic!("`nightdesk{words}` (process {id}) does not end");
    }
    child.wait_with_output().expect("the program has ended")
}

/// Splits at blanks; what stands in double quotes is one word.
fn arguments(words: &str) -> Vec<String> {
    let mut list = Vec::new();
    for (index, part) in words.split('"').enumerate() {
        if index % 2 == 1 {
            list.push(part.to_owned());
        } else {
            list.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    list
}

fn transcript(line: &str, output: &Output) -> String {
    let code = output.status.code().expect("the program ends by itself");
    let mut text = format!("{line}\nexit {code}\n");
    for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        if !bytes.is_empty() {
            text.extend(["--- ", name, "\n", &String::from_utf8_lossy(bytes)]);
        }
    }
    text + "\n"
}

/// Returns the words without what differs between runs and machines.
fn filtered(text: &str, given: &Given) -> String {
    let mut text = text.replace(env!("CARGO_BIN_EXE_nightdesk"), "nightdesk");
    for (found, shown) in given.shown() {
        text = text.replace(&found, shown);
    }
    for (pattern, shown) in [
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "<time>"),
        (r"/setup/[A-Za-z0-9_-]{43}", "/setup/<token>"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
        // Which clock is the tightest depends on the hour.
        (r"(?m)^answer by  .*$", "answer by  <time> (<clock>)"),
        (r"\b[0-9a-f]{32}\b", "<id>"),
        (r"\b[0-9a-f]{16}\b", "<hash>"),
        (r#"(switched (?:on|off) until |"(?:until|since)":")20[2-8]\d-\d\d-\d\d"#, "$1<day>"),
        // Pauses before a new attempt are drawn by lot.
        (r"trying again in \d+ s", "trying again in <some> s"),
        // The starter pack grows.
        (r"\b\d{2,} (rules|replies|examples|hold)\b", "<many> $1"),
        // The model learns from the pack's examples; its own tests say how good it is.
        (r"(?m)(^  \d\.\d\d – \d\.\d\d +\d+ +[\d.]+ % +[\d.]+ %$\n)+", "  <rows of the model>\n"),
        (r"\b\d+ % sure", "<some> % sure"),
        (r#""confidence":0\.\d{2,}"#, r#""confidence":0.<some>"#),
        (r#""claimed":0\.\d+"#, r#""claimed":0.<some>"#),
        (r"(?m)[ \t]+$", ""),
    ] {
        text = Regex::new(pattern).expect("a pattern of ours").replace_all(&text, shown).into_owned();
    }
    text
}
