//! Follows the tutorials as a reader would: writes their files into a new shop, runs their commands in order, and
//! compares what the program prints with what the page shows.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::docs::{
    read,
    transcript::{Step, differs, steps},
};

/// Stands between the outputs of two blocks.
const MARK: &str = "--- next block ---";
/// Ends a file in the script.
const END: &str = "END-OF-THE-FILE";

#[test]
fn the_tutorial_about_rules_does_what_it_shows() {
    let page = "docs/rules.md";
    let steps = steps(page, &read(page));
    assert!(steps.len() > 15, "only {} steps", steps.len());
    let wrong = differences(&steps, &follow(&steps));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_page_about_testing_does_what_it_shows() {
    let page = "docs/testing.md";
    let steps = steps(page, &read(page));
    assert!(steps.len() >= 6, "only {} steps", steps.len());
    let wrong = differences(&steps, &follow(&steps));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_tutorial_about_marketplaces_does_what_it_shows() {
    let page = "docs/marketplaces.md";
    let steps = steps(page, &read(page));
    assert!(steps.len() >= 8, "only {} steps", steps.len());
    let wrong = differences(&steps, &follow(&steps));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_page_about_orders_does_what_it_shows() {
    let page = "docs/orders.md";
    let steps = steps(page, &read(page));
    assert!(steps.len() >= 9, "only {} steps", steps.len());
    let wrong = differences(&steps, &follow(&steps));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_rule_in_the_readme_works_in_a_new_shop() {
    let page = "README.md";
    let example = read(page);
    let (_, example) = example.split_once("## A new answer in five minutes").expect("the section is there");
    let (example, _) = example.split_once("\n## ").expect("it is not the last section");
    let begin = "```sh\nnightdesk init shop --yes\ncd shop\n```\n";
    let end = "```sh\nnightdesk check\nnightdesk test\nnightdesk explain \"Can you gift wrap it?\"\n```\n\
               ```text\n…\nChecked 19 rules and 12 replies of rules and replies.\n…\n\
               1 examples of 1 rules: 1 hold, 0 do not.\n…\nTICKET: gift_wrap\n…\n```\n";
    let steps = steps(page, &format!("{begin}{example}\n{end}"));
    assert_eq!(steps.iter().filter(|step| matches!(step, Step::File { .. })).count(), 2, "a rule and its reply");
    let wrong = differences(&steps, &follow(&steps));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Returns what each block of commands printed, both streams in the order of a terminal.
fn follow(steps: &[Step]) -> Vec<String> {
    let parts: Vec<String> = steps.iter().map(command).collect();
    let script = format!("exec 2>&1\n{}", parts.concat());
    let folder = tempfile::tempdir().expect("a folder for the shop");
    let program = Path::new(env!("CARGO_BIN_EXE_nightdesk")).parent().expect("it lies in a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("NIGHTDESK_CONFIG")
        .stdin(Stdio::null())
        .output()
        .expect("bash runs");
    let printed = String::from_utf8(output.stdout).expect("the program prints UTF-8");
    let mut blocks: Vec<String> = printed.split(&format!("{MARK}\n")).map(str::to_owned).collect();
    blocks.pop();
    blocks
}

/// Returns what does the step in a shell.
fn command(step: &Step) -> String {
    match step {
        Step::File { path, text } => {
            format!("mkdir -p $(dirname {path})\ncat > {path} <<'{END}'\n{text}{END}\n")
        }
        Step::Run { script, .. } => format!("{script}echo '{MARK}'\n"),
    }
}

fn differences(steps: &[Step], printed: &[String]) -> Vec<String> {
    let runs = steps.iter().filter_map(|step| match step {
        Step::Run { place, expected, .. } => Some((place, expected)),
        Step::File { .. } => None,
    });
    let runs: Vec<_> = runs.collect();
    assert_eq!(runs.len(), printed.len(), "every block ran: {printed:#?}");
    let shown = runs.into_iter().zip(printed).filter_map(|((place, expected), printed)| {
        let why = differs(expected.as_ref()?, printed)?;
        Some(format!("{place}: {why}\n--- it prints ---\n{printed}"))
    });
    shown.collect()
}
