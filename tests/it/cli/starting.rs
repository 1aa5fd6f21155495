//! First steps: the demo, twice, and a message typed into it.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    cli::nightdesk,
    support::until::{until, within},
};

/// Runs the demo's tour to its end and returns what it printed.
pub(crate) fn tour(folder: &Path) -> String {
    let output = nightdesk(folder).args(["demo", "--once"]).stdin(Stdio::null()).output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).expect("the tour is text")
}

#[test]
fn the_tour_shows_every_kind_of_ending() {
    let folder = tempfile::tempdir().expect("a folder");
    let tour = tour(folder.path());
    for (number, ending) in [
        (1, "→ answer (sent)"),
        (2, "→ question (sent)"),
        (3, "→ answer (sent)"),
        (4, "→ answer (sent)"),
        (5, "→ ticket 1"),
        (6, "→ answer (sent)"),
        (7, "→ ticket 2"),
        (8, "→ recorded, no answer"),
        (9, "→ recorded, no answer"),
    ] {
        let start = tour.find(&format!("\n{number}. ")).unwrap_or_else(|| panic!("no part {number} in\n{tour}"));
        let part = tour[start + 1..].split("\n\n\n").next().unwrap_or_default();
        let part = part.split(&format!("\n{}. ", number + 1)).next().unwrap_or_default();
        assert!(part.contains(ending), "{ending} is missing in\n{part}");
    }
    let answers = fs::read_dir(folder.path().join("nightdesk-demo/outbox/new")).expect("an outbox").count();
    assert_eq!(answers, 7, "five answers or questions and two acks");
}

#[test]
fn a_second_start_continues_and_answers_nothing_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let answers = || fs::read_dir(folder.path().join("nightdesk-demo/outbox/new")).expect("an outbox").count();
    tour(folder.path());
    let before = answers();
    let again = tour(folder.path());
    assert!(again.contains("Welcome back") && !again.contains("\n1. "), "{again}");
    assert_eq!(answers(), before);
}

#[test]
fn what_is_typed_is_answered_and_ctrl_c_ends_it_well() {
    let folder = tempfile::tempdir().expect("a folder");
    tour(folder.path());
    let log = folder.path().join("screen");
    // `script` lends the demo a terminal; `exec` because a shell that stays gets the Ctrl-C too, and some then say 130.
    let demo = format!("exec {} demo", env!("CARGO_BIN_EXE_nightdesk"));
    let command = Command::new("script")
        .args(["-qefc", &demo])
        .arg(&log)
        .current_dir(folder.path())
        .env("TERM", "dumb")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut script = command.expect("`script` is part of every Debian");
    let mut keyboard = script.stdin.take().expect("piped");
    let shows = |what: &str| {
        until(what, || fs::read(&log).ok().filter(|bytes| String::from_utf8_lossy(bytes).contains(what)));
    };
    shows("Or write as a buyer would");
    keyboard.write_all("do you ship for free?\n".as_bytes()).expect("the terminal takes a line");
    shows("Standard shipping is free");
    keyboard.write_all(b"\x03").expect("the terminal takes Ctrl-C");
    shows("the next start continues there");
    let ended = within(crate::support::until::PATIENCE, || script.try_wait().expect("a child can be waited for"));
    assert_eq!(ended.and_then(|status| status.code()), Some(0), "Ctrl-C is a good end");
}
