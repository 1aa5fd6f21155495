//! `nightdesk test` for programs: JUnit as build servers read it, JSON lines, the same twice, and again after a save.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::{cli::repository, support::until::within};

/// How long a run may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(45);
const AT: &str = "2026-11-20T02:10:00+08:00";

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightdesk"));
    command.stdin(Stdio::null()).env_remove("NIGHTDESK_CONFIG").env("NO_COLOR", "1");
    command
}

/// A folder with one rule, one reply and one story, each of which fails once.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let from = repository("tests/data/cli/example-that-does-not-hold/files");
    crate::cli::given::copy(&from, folder.path());
    fs::create_dir(folder.path().join("tests")).expect("the folder is writable");
    let story = "story: a box & a <bow>\nat: 2026-11-20T02:10+08:00\nsteps:\n  - buyer: Could it come in a nice box?\n    \
                 expect: {answer: gift_wrapping}\n";
    fs::write(folder.path().join("tests/box.yaml"), story).expect("the folder is writable");
    folder
}

fn tested(folder: &tempfile::TempDir, arguments: &[&str]) -> String {
    let output = program().arg("test").args(arguments).current_dir(folder.path()).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn junit_counts_what_it_lists_and_escapes_what_buyers_write() {
    let document = tested(&folder(), &["--format", "junit", "--at", AT]);
    let count = |words: &str| document.matches(words).count();
    assert!(document.contains(r#"<testsuites name="nightdesk test" tests="4" failures="3" errors="0">"#), "{document}");
    assert_eq!((count("<testcase "), count("<failure "), count("<testsuite ")), (4, 3, 2), "{document}");
    assert_eq!(count("</testcase>"), 4);
    assert!(document.contains("a box &amp; a &lt;bow"), "{document}");
    assert!(document.contains("- answer gift_wrapping"), "what was expected: {document}");
}

#[test]
fn json_lines_are_objects_with_a_kind_and_the_same_every_time() {
    let folder = folder();
    let first = tested(&folder, &["--format", "json", "--all", "--at", AT]);
    assert_eq!(first, tested(&folder, &["--json", "--all", "--at", AT]), "the same twice");
    let kinds: Vec<String> = first
        .lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).expect("every line is JSON");
            value["kind"].as_str().expect("every line has a kind").to_owned()
        })
        .collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "example").count(), 3, "{first}");
    assert_eq!(kinds.iter().filter(|kind| *kind == "story").count(), 1, "{first}");
    assert_eq!(kinds.last().map(String::as_str), Some("summary"));
    let summary: serde_json::Value = serde_json::from_str(first.lines().last().expect("lines")).expect("JSON");
    assert_eq!((&summary["examples_failed"], &summary["stories_failed"]), (&2.into(), &1.into()));
}

#[test]
fn a_failed_story_shows_the_conversation_with_what_was_expected_and_what_came() {
    let told = tested(&folder(), &["box"]);
    let lines: Vec<&str> = told.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("tests/box.yaml:1:8: story")).expect("the story's place");
    assert!(lines[at + 1].contains("buyer  Could it come in a nice box?"), "{told}");
    assert!(lines[at + 2].contains("shop"), "{told}");
    assert_eq!(lines[at + 3].trim(), "tests/box.yaml:5:22", "{told}");
    assert_eq!(lines[at + 4].trim(), "- answer gift_wrapping", "{told}");
    assert!(lines[at + 5].trim().starts_with("+ "), "{told}");
}

#[test]
fn watching_runs_again_after_a_save_and_ends_with_success() {
    let folder = folder();
    // setpriv passes our process id on and has the kernel end the program when this test is killed.
    let mut child = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--", env!("CARGO_BIN_EXE_nightdesk"), "test", "--watch", "--at", AT])
        .current_dir(folder.path())
        .env_remove("NIGHTDESK_CONFIG")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("setpriv is part of util-linux");
    let (sender, totals) = mpsc::channel();
    let errors = BufReader::new(child.stderr.take().expect("it is piped"));
    let reader = thread::spawn(move || {
        for line in errors.lines().map_while(Result::ok).filter(|line| line.contains("examples of")) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let first = totals.recv_timeout(PATIENCE).expect("the first run");
    assert!(first.contains("1 hold, 2 do not"), "{first}");
    let rule = folder.path().join("rules/pre_sale/gift_wrapping.yaml");
    let mended =
        fs::read_to_string(&rule).expect("a text file").replace("Could it come in a nice box?", "gift wrapping?");
    fs::write(&rule, mended).expect("the folder is writable");
    let second = totals.recv_timeout(PATIENCE).expect("the run after the save");
    assert!(second.contains("2 hold, 1 do not"), "{second}");
    let stopped = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill is installed");
    assert!(stopped.success());
    let status = within(PATIENCE, || child.try_wait().expect("the child is ours")).expect("Ctrl-C ends it");
    assert_eq!(status.code(), Some(0), "Ctrl-C ends it with success");
    reader.join().expect("the reader ends with the program");
}
