//! The program as it is called: exit codes, last line, JSON, and folders that it refuses.

use std::{
    fs,
    process::{Command, Output},
};

use serde_json::Value;

use crate::{
    folder::{Folder, History},
    generator::tell,
    script,
};

/// Damage to a sound folder: what it is, the file, what is replaced by what, and what the checker says.
const DAMAGE: &[(&str, &str, &str, &str, &str)] = &[
    (
        "a line was changed",
        "truth/mailbox-1.jsonl",
        "\"anna@example.net\"",
        "\"otto@example.net\"",
        "truth/mailbox-1.jsonl:2: `prev` is not the hash of the line before: a line was changed, added or taken away",
    ),
    (
        "a number was changed",
        "truth/mailbox-1.jsonl",
        "\"seq\":1",
        "\"seq\":2",
        "truth/mailbox-1.jsonl:1: `seq` is 2 where 1 is due: lines are missing or out of place",
    ),
    (
        "a line is no JSON",
        "truth/mailbox-1.jsonl",
        "{\"account\"",
        "{account",
        "truth/mailbox-1.jsonl:1: is not a JSON object: key must be a string at line 1 column 2",
    ),
    (
        "a table was cut short",
        "dump/outbox.jsonl",
        "{\"rows\":",
        "",
        "dump/outbox.jsonl: does not end with {\"rows\": N}: the dump was cut short",
    ),
    (
        "a row is missing",
        "dump/ticket.jsonl",
        "{\"rows\":0}",
        "{\"rows\":1}",
        "dump/ticket.jsonl: says that it has 1 rows, and has 0",
    ),
    (
        "a row has no state",
        "dump/outbox.jsonl",
        "\"state\"",
        "\"stat\"",
        "dump/outbox.jsonl:1: is not a row of this table: missing field `state` at line 1 column ",
    ),
];

#[test]
fn a_good_run_ends_with_zero_and_says_so_last() {
    let folder = Folder::new();
    tell(1, 20).write(folder.path());
    let output = checker(&folder, &[]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout).lines().last(), Some("9 passed, 0 failed"));
}

#[test]
fn a_bad_run_ends_with_one_and_names_the_place() {
    let folder = Folder::new();
    script::read(include_str!("../histories/double-answer/history.txt")).history.write(folder.path());
    let output = checker(&folder, &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(said.contains("a: 2 automatic messages were taken: truth/sink-1.jsonl:1, truth/sink-1.jsonl:2"), "{said}");
    assert_eq!(said.lines().last(), Some("8 passed, 1 failed"));
}

#[test]
fn programs_read_the_same_as_people() {
    let folder = Folder::new();
    script::read(include_str!("../histories/late-send-after-pause/history.txt")).history.write(folder.path());
    let output = checker(&folder, &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&said["passed"], &said["failed"]), (&8.into(), &1.into()));
    let broken = said["invariants"].as_array().expect("a list").iter().find(|invariant| invariant["passed"] == false);
    let broken = broken.expect("one is broken");
    assert_eq!(broken["id"], "I10");
    assert_eq!(broken["breaches"][0]["place"], "truth/sink-1.jsonl:1");
    assert_eq!(said["measures"]["mails"], 1);
}

#[test]
fn only_the_first_findings_are_shown_unless_all_are_asked_for() {
    let folder = Folder::new();
    let mut history = tell(2, 40);
    history.rows("inbound").clear();
    history.write(folder.path());
    let (few, all) = (text(&checker(&folder, &[]).stdout), text(&checker(&folder, &["--all"]).stdout));
    assert!(few.contains("more (--all shows them)") && !all.contains("more (--all"), "{few}");
    assert!(few.lines().count() < all.lines().count());
}

#[test]
fn damaged_folders_are_refused_with_the_place() {
    for (what, file, from, to, expected) in DAMAGE {
        let folder = sound();
        let path = folder.path().join(file);
        let before = fs::read_to_string(&path).expect("written just now");
        let after = before.replacen(from, to, 1);
        assert_ne!(before, after, "{what}");
        fs::write(path, after).expect("a folder of our own");
        refuses(&folder, what, expected);
    }
}

#[test]
fn a_missing_line_in_the_middle_is_refused() {
    let folder = sound();
    let path = folder.path().join("truth/mailbox-1.jsonl");
    let log = fs::read_to_string(&path).expect("written just now");
    let (_, rest) = log.split_once('\n').expect("two lines");
    fs::write(path, rest).expect("a folder of our own");
    refuses(&folder, "no first line", "truth/mailbox-1.jsonl:1: `seq` is 2 where 1 is due");
}

#[test]
fn a_line_after_the_end_is_refused() {
    let folder = sound();
    let path = folder.path().join("truth/mailbox-1.jsonl");
    let log = fs::read_to_string(&path).expect("written just now");
    let last = log.lines().last().expect("two lines");
    fs::write(path, format!("{log}{last}\n")).expect("a folder of our own");
    refuses(&folder, "closed twice", "truth/mailbox-1.jsonl:3: the log goes on after `closed`");
}

#[test]
fn a_missing_table_or_folder_is_refused() {
    let folder = sound();
    fs::remove_file(folder.path().join("dump/ticket.jsonl")).expect("a folder of our own");
    refuses(&folder, "no tickets", "dump/ticket.jsonl: cannot be read");
    refuses(&Folder::new(), "an empty folder", "truth: cannot be read");
}

#[test]
fn events_that_contradict_themselves_are_refused() {
    let one = |line: &str| script::read(&format!("breaks nothing\n10-12 mailbox delivered a\n{line}")).history;
    let cases = [
        ("20 sink celebrated", "is not an event of README.md: unknown variant `celebrated`"),
        ("20 sink delivered b", "party `sink` cannot see such an event"),
        ("20 agents pause acknowledge=true", "is not an event of README.md: unknown field `acknowledge`"),
        (
            "20-25 sink transaction o1 re=a phase=body taken=true",
            "a message that never came to its final dot cannot be taken",
        ),
        ("20-25 sink transaction o1 re=a dot_ns=26", "`start_ns`, `data_ns`, `dot_ns`, `end_ns` are not in this order"),
        ("20-25 sink transaction o1 re=a sha256=null", "`dot_ns` and `sha256` belong to phase `dot`, and to no other"),
        ("30-25 agents pause", "ends before it begins"),
        ("20 run began", "`began` is there a second time"),
    ];
    for (line, expected) in cases {
        let folder = Folder::new();
        let mut history = one(line);
        if line.ends_with("began") {
            let second = history.truth.iter().find(|happened| happened.is("began")).expect("the line itself").clone();
            history.truth.push(second);
        }
        history.write(folder.path());
        refuses(&folder, line, expected);
    }
}

#[test]
fn a_torn_last_line_is_reported_and_not_held_against_anybody() {
    let folder = sound();
    let path = folder.path().join("truth/mailbox-1.jsonl");
    let log = fs::read_to_string(&path).expect("written just now");
    fs::write(path, &log[..log.len() - 20]).expect("a folder of our own");
    let output = checker(&folder, &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&said["measures"]["torn_logs"], &said["measures"]["unclosed_logs"]), (&1.into(), &1.into()));
}

#[test]
fn unknown_options_are_refused() {
    let output = checker(&sound(), &["--quick"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("usage: "));
}

/// A folder with one answered mail.
fn sound() -> Folder {
    let folder = Folder::new();
    let history: History = script::read(include_str!("../histories/answered/history.txt")).history;
    history.write(folder.path());
    folder
}

fn refuses(folder: &Folder, what: &str, expected: &str) {
    let output = checker(folder, &[]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{what}: {said}");
    assert!(said.contains(expected), "{what}: {said}");
}

fn checker(folder: &Folder, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_checker"));
    command.args(options).arg(folder.path()).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
