//! Reads a page as steps, and compares an output with what a page shows of it.

use std::iter::Peekable;

use regex::Regex;

/// One thing a reader does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Writes a file: its first line names it in a comment.
    File { path: String, text: String },
    /// Runs commands, and sees this if the page shows it.
    Run { place: String, script: String, expected: Option<String> },
}

/// Returns the steps of a page in order. Every fenced block is one of them; another one is a mistake of the page.
pub(crate) fn steps(page: &str, text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else { continue };
        let place = format!("{page}:{}", index + 1);
        let body = body(&mut lines);
        match kind {
            "sh" => steps.push(Step::Run { place, script: body, expected: None }),
            "text" => match steps.iter_mut().rev().find(|step| matches!(step, Step::Run { .. })) {
                Some(Step::Run { expected, .. }) if expected.is_none() => *expected = Some(body),
                _ => panic!("{place}: an output without a command"),
            },
            _ => {
                let path = named(&body).unwrap_or_else(|| panic!("{place}: neither a command nor a named file"));
                steps.push(Step::File { path, text: body });
            }
        }
    }
    steps
}

/// Says what the output lacks, or nothing if it is as shown. A line `…` stands for any lines, `…` in a line for any
/// text. Numbers that grow with the starter pack, hashes and moments do not count.
pub(crate) fn differs(expected: &str, printed: &str) -> Option<String> {
    let mut rest: Vec<String> = printed.lines().map(steady).collect();
    let mut skips = false;
    for line in expected.lines() {
        if line == "…" {
            skips = true;
            continue;
        }
        let wanted = line_pattern(&steady(line));
        let found = rest.iter().position(|line| wanted.is_match(line)).filter(|found| skips || *found == 0);
        let Some(found) = found else { return Some(format!("it does not print: {line}")) };
        rest.drain(..=found);
        skips = false;
    }
    let more = rest.first().filter(|_| !skips)?;
    Some(format!("it prints more: {more}"))
}

#[test]
fn an_output_is_compared_line_by_line() {
    let printed = "3 rules\na b\nc\nrule set 0123456789abcdef\n";
    for same in [printed, "5 rules\na b\n…\n", "…\nc\nrule set fedcba9876543210\n", "…\na …\n…\n"] {
        assert_eq!(differs(same, printed), None, "{same}");
    }
    for other in ["3 rules\n", "a b\n…\n", "3 rules\nc\n…\n", "…\na c\n…\n", "…\nc\n", "3 rulez\n…\n"] {
        assert!(differs(other, printed).is_some(), "{other}");
    }
}

#[test]
fn a_page_is_read_as_files_commands_and_outputs() {
    let page = "```yaml\n# rules/a.yaml\na: b\n```\ntext\n```sh\nnightdesk check\n```\n\n```text\nfine\n```\n";
    let file = Step::File { path: "rules/a.yaml".to_owned(), text: "# rules/a.yaml\na: b\n".to_owned() };
    let run = Step::Run {
        place: "p.md:6".to_owned(),
        script: "nightdesk check\n".to_owned(),
        expected: Some("fine\n".to_owned()),
    };
    assert_eq!(steps("p.md", page), [file, run]);
}

fn body<'t>(lines: &mut Peekable<impl Iterator<Item = (usize, &'t str)>>) -> String {
    let inside = lines.map(|(_, line)| line).take_while(|line| *line != "```");
    inside.fold(String::new(), |body, line| body + line + "\n")
}

/// Returns the path that a comment in the first line names.
fn named(body: &str) -> Option<String> {
    let first = body.lines().next()?;
    let path = first.strip_prefix("# ").or_else(|| first.strip_prefix("{# ")?.strip_suffix(" #}"))?;
    let folders = ["rules/", "replies/", "profiles/", "orders/", "tests/"];
    folders.iter().any(|folder| path.starts_with(folder)).then(|| path.to_owned())
}

/// Returns the line without what may change from day to day.
fn steady(line: &str) -> String {
    let changes = [
        (r"\b[0-9a-f]{16}\b", "<hash>"),
        (r"\b[A-Z][a-z]+day, \d+ [A-Z][a-z]+, \d\d:\d\d \(UTC[^)]*\)", "<moment>"),
        (r"\b\d+ (examples|rules|replies|hold)\b", "<n> $1"),
        (r"\.yaml:\d+:\d+:", ".yaml:<place>:"),
    ];
    let apply = |line: String, (pattern, with): (&str, &str)| {
        Regex::new(pattern).expect("the patterns are written here").replace_all(&line, with).into_owned()
    };
    changes.into_iter().fold(line.trim_end().to_owned(), apply)
}

fn line_pattern(line: &str) -> Regex {
    let parts: Vec<String> = line.split('…').map(regex::escape).collect();
    Regex::new(&format!("^{}$", parts.join(".*"))).expect("escaped text is an expression")
}
