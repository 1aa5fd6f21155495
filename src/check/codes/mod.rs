//! Every kind of finding of the whole program: what it finds, why that matters, and how it is written right.
//!
//! The findings themselves are made where files are read, and by the lints; this table describes them. `check --explain`
//! and `docs/codes.md` print it. A test holds it to the source: no code without a row, no row without a code and a
//! fixture.

mod config;
mod lint;
mod reply;
mod rule;
mod story;
mod yaml;

use std::fmt::Write as _;

use crate::diagnostic::{Severity, nearest::nearest};

/// One kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Its code.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// Which files it is about.
    pub home: Home,
    /// What it finds, as a clause.
    pub finds: &'static str,
    /// Why that matters, one or two sentences.
    pub why: &'static str,
    /// What it objects to.
    pub wrong: &'static str,
    /// The same as it should be.
    pub right: &'static str,
}

/// Which files a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Home {
    /// Any YAML file.
    Yaml,
    /// Rule files and word lists.
    Rule,
    /// Replies, frames, facts, situations.
    Reply,
    /// The configuration.
    Config,
    /// Several files together.
    Lint,
    /// Stories.
    Story,
}

impl Home {
    /// Every kind of file with its heading, in the order of the page.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Yaml, "Every YAML file"),
        (Self::Rule, "Rules and word lists"),
        (Self::Reply, "Replies, facts and situations"),
        (Self::Config, "Configuration"),
        (Self::Lint, "Files together, and examples"),
        (Self::Story, "Stories"),
    ];
}

/// Every kind of finding, by kind of file.
pub fn all() -> Vec<Row> {
    [yaml::ROWS, rule::ROWS, reply::ROWS, config::ROWS, lint::ROWS, story::ROWS].concat()
}

/// A code that no finding has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no code `{written}`{}", match .meant {
    Some(meant) => format!("; did you mean `{meant}`?"),
    None => "; docs/codes.md lists them all".to_owned(),
})]
pub struct UnknownCode {
    /// What was asked for.
    pub written: String,
    /// The code that was probably meant.
    pub meant: Option<&'static str>,
}

/// Returns the paragraph about one code.
pub fn explain(code: &str) -> Result<String, UnknownCode> {
    let rows = all();
    let Some(row) = rows.iter().find(|row| row.code == code) else {
        let meant = nearest(code, rows.iter().map(|row| row.code));
        return Err(UnknownCode { written: code.to_owned(), meant });
    };
    let indented =
        |text: &str| text.lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n").collect::<String>();
    Ok(format!(
        "{}[{}]: {}\n\n{}\n\nWrong:\n\n{}\nRight:\n\n{}",
        row.severity.as_str(),
        row.code,
        row.finds,
        row.why,
        indented(row.wrong),
        indented(row.right)
    ))
}

/// Returns the page `docs/codes.md`.
pub fn page() -> String {
    let mut page = String::from(
        "# Codes\n\n\
         Every finding of `nightdesk check` has a code. An *error* keeps the files from being used; a *warning* does \
         not, and\n`nightdesk check --deny warnings` treats it as one. `nightdesk check --explain CODE` prints the \
         paragraph in a terminal.\n\n\
         `--format json` prints one object per line: `code`, `severity`, `message`, `file`, `line`, `column`, `end_line`, \
         `end_column`\n(from 1, in characters), `label`, `related` (places with a label), `help`, `fix` (a place and the text to \
         put there). `--format github`\nprints annotations for the lines of a pull request. Findings are sorted by file, place and \
         code.\n\nThis page is generated from the program.\n",
    );
    for (home, heading) in Home::ALL {
        let rows: Vec<Row> = all().into_iter().filter(|row| row.home == home).collect();
        let _infallible = write!(page, "\n## {heading}\n\n| code | | finds |\n| --- | --- | --- |\n");
        for row in &rows {
            let finds = row.finds.replace('|', "\\|");
            let _infallible = writeln!(page, "| [`{0}`](#{0}) | {1} | {finds} |", row.code, row.severity.as_str());
        }
        for row in &rows {
            let _infallible = write!(
                page,
                "\n### {}\n\n*{}.* {}.\n\n{}\n\n```text\n{}\n```\n\nRight:\n\n```text\n{}\n```\n",
                row.code,
                capitalized(row.severity.as_str()),
                capitalized(row.finds),
                row.why,
                row.wrong,
                row.right
            );
        }
    }
    page
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

const fn error(
    home: Home,
    code: &'static str,
    finds: &'static str,
    why: &'static str,
    wrong: &'static str,
    right: &'static str,
) -> Row {
    Row { code, severity: Severity::Error, home, finds, why, wrong, right }
}

const fn warning(
    home: Home,
    code: &'static str,
    finds: &'static str,
    why: &'static str,
    wrong: &'static str,
    right: &'static str,
) -> Row {
    Row { code, severity: Severity::Warning, home, finds, why, wrong, right }
}
