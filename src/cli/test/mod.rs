//! `nightdesk test`: every rule's examples against the whole rule set, and the stories of the folder.
//!
//! Here: what is run, and when again. How it is told is `human`'s, `json`'s and `junit`'s business.

mod human;
mod json;
mod junit;
mod watching;

use std::path::Path;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::{
    check::{
        cases::{self, CaseResult},
        confusion,
        story::{Story, play, read},
    },
    cli::{
        exit::Exit,
        files::{Files, stories_folder},
        output,
    },
    diagnostic::{Diagnostic, nearest::nearest, render::human as rendering, source::SourceMap},
    engine::calibration::{self, Bin},
    library,
};

/// Run every rule's examples against the whole rule set, and the stories of `tests/`.
///
/// An example holds if a `match` is recognized by its own rule and surely enough to be answered, and a `skip` is left
/// alone. A story is a conversation over several messages: see docs/testing.md.
#[derive(Debug, Args)]
pub(super) struct Test {
    /// Only rules and stories whose name contains one of these words
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Also list what holds
    #[arg(long)]
    all: bool,
    /// How to tell the results
    #[arg(long, value_enum, default_value_t = Format::Human, conflicts_with = "json")]
    format: Format,
    /// The same as `--format json`
    #[arg(long)]
    json: bool,
    /// Decide examples as if it were this moment (RFC 3339), so that runs can be compared
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Run again whenever a file is saved, until Ctrl-C
    #[arg(long)]
    watch: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One JSON object per line
    Json,
    /// JUnit XML, for build servers
    Junit,
}

/// Everything one run found.
struct Report<'a> {
    sources: &'a SourceMap,
    cases: Vec<CaseResult>,
    tellings: Vec<play::Telling<'a>>,
    confusion: Vec<confusion::Row>,
    /// How sure the engine was of the examples and how often it was right; empty where only some rules are run.
    reliability: Vec<Bin>,
    /// What is wrong with story files, which could not be played then.
    broken: Vec<Diagnostic>,
}

impl Report<'_> {
    fn failed_cases(&self) -> usize {
        self.cases.iter().filter(|case| !case.outcome.holds()).count()
    }

    fn failed_stories(&self) -> usize {
        self.tellings.iter().filter(|telling| !telling.holds()).count()
    }

    fn holds(&self) -> bool {
        self.failed_cases() + self.failed_stories() + self.broken.len() == 0
    }

    /// Returns `path:line:column` of a place.
    fn place(&self, span: &crate::diagnostic::source::Span) -> String {
        let (line, column) = self.sources.line_column(span.file, span.range.start);
        format!("{}:{line}:{column}", self.sources.file(span.file).path)
    }
}

impl Test {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        if self.watch { watching::run(&self, config) } else { self.once(config) }
    }

    /// Reads everything as it is now, runs it and tells what came of it.
    fn once(&self, config: &Path) -> anyhow::Result<Exit> {
        let files = Files::read(config)?.usable()?;
        let mut sources = files.library.sources.clone();
        let engine = files.engine();
        let story_files = library::add_stories(&mut sources, &stories_folder(config))?;
        let (stories, broken) = read::read(&sources, &story_files, &read::Names::of(&engine));
        let mut cases = cases::run(&engine, &sources, self.at.unwrap_or_else(Timestamp::now));
        cases.retain(|case| self.wants(case.rule.as_str()));
        let wanted: Vec<&Story> = stories.iter().filter(|story| self.wants(&story.name)).collect();
        if cases.is_empty() && wanted.is_empty() && !self.names.is_empty() {
            let rules = engine.rules().rules().iter().map(|rule| rule.id.as_str());
            let known: Vec<&str> = rules.chain(stories.iter().map(|story| story.name.as_str())).collect();
            return Ok(output::refusal(&self.unknown(&known)));
        }
        let report = Report {
            sources: &sources,
            confusion: confusion::table(&cases),
            reliability: if self.names.is_empty() { calibration::reliability(&engine) } else { Vec::new() },
            cases,
            tellings: wanted.into_iter().map(|story| play::play(&engine, story)).collect(),
            broken,
        };
        self.tell(&report)?;
        Ok(if report.holds() { Exit::Success } else { Exit::Findings })
    }

    /// Says that nothing is called so, and what was perhaps meant.
    fn unknown(&self, known: &[&str]) -> String {
        let meant = self.names.iter().find_map(|name| nearest(name, known.iter().copied()));
        let hint = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
        format!("no rule and no story is called {}{hint}", self.names.join(" or "))
    }

    fn wants(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.names.is_empty() || self.names.iter().any(|wanted| name.contains(&wanted.to_lowercase()))
    }

    fn tell(&self, report: &Report<'_>) -> anyhow::Result<()> {
        let format = if self.json { Format::Json } else { self.format };
        let lines = match format {
            Format::Human => human::lines(report, self.all),
            Format::Json => json::lines(report, self.all),
            Format::Junit => vec![junit::document(report)?],
        };
        for line in &lines {
            output::data(&output::plain(line));
        }
        if !report.broken.is_empty() {
            let shown = rendering::render(report.sources, &report.broken, output::talk_is_colored());
            output::excerpt(shown.trim_end());
        }
        output::talk(&human::totals(report));
        Ok(())
    }
}
