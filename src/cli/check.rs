//! `nightdesk check`: all mistakes at once, with place and help.

use std::path::Path;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::{
    check::{
        codes,
        coverage::{Coverage, TARGET_PERCENT},
        lint::{self, Material},
        trial::Trial,
    },
    cli::{exit::Exit, files::Files, output},
    diagnostic::{
        Diagnostic, has_errors,
        render::{github, human, json},
        source::SourceMap,
    },
    engine::Engine,
};

/// Look for mistakes in configuration, rules and replies.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// How findings are written: for people, one JSON object per line, or annotations of a pull request
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Also end with exit code 1 if there are warnings, as continuous integration wants it
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,
    /// Say what a code means, why it matters and how it is written right; nothing is checked
    #[arg(long, value_name = "CODE", conflicts_with_all = ["format", "deny"])]
    explain: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

impl Check {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        if let Some(code) = &self.explain {
            return Ok(explain(code));
        }
        let files = Files::read(config)?;
        let origin = files.origin.clone();
        let (sources, engine, found) = findings(files);
        self.show(&sources, &found);
        if self.format == Format::Human && !has_errors(&found) {
            let (rules, replies, languages) = (engine.rules(), engine.replies(), &engine.settings().languages);
            covered(&Coverage::of(&Material { sources: &sources, rules, replies, languages }));
        }
        let rules = output::counted(engine.rules().rules().len() + engine.rules().partial().len(), "rule");
        let replies = output::counted(engine.replies().all().len(), "reply");
        output::talk(&format!("Checked {rules} and {replies} of {origin}."));
        let denied = self.deny == Some(Deny::Warnings) && !found.is_empty();
        Ok(if denied || has_errors(&found) { Exit::Findings } else { Exit::Success })
    }

    fn show(&self, sources: &SourceMap, found: &[Diagnostic]) {
        let text = match self.format {
            Format::Human => human::render_within(sources, found, output::data_is_colored(), output::width()),
            Format::Json => json::render(sources, found),
            Format::Github => github::render(sources, found),
        };
        if !text.is_empty() {
            output::data(text.trim_end());
        }
    }
}

/// Returns everything that is wrong with files, with their texts and the engine they make.
pub(super) fn findings(mut files: Files) -> (SourceMap, Engine, Vec<Diagnostic>) {
    let sources = files.library.sources.clone();
    let mut found = std::mem::take(&mut files.library.diagnostics);
    let engine = files.engine();
    let trial = Trial::new(&sources, &engine, Timestamp::now());
    found.extend(engine.replies().check_dates(trial.today()));
    found.extend(lint::trial(&trial));
    (sources, engine, found)
}

fn explain(code: &str) -> Exit {
    match codes::explain(code) {
        Ok(paragraph) => {
            output::data(paragraph.trim_end());
            Exit::Success
        }
        Err(unknown) => {
            output::failure(&unknown.into());
            Exit::Usage
        }
    }
}

/// Says how much of what the shop knows is there in each of its languages.
fn covered(coverage: &Coverage<'_>) {
    if coverage.intents == 0 {
        return;
    }
    let rows = coverage.languages.iter();
    let rows: Vec<String> = rows
        .map(|row| format!("{} of {} in {}", coverage.intents - row.missing.len(), coverage.intents, row.language))
        .collect();
    let percent = coverage.percent();
    output::talk(&format!(
        "Intents covered: {}; together {percent} %, the target is {TARGET_PERCENT} %.",
        rows.join(", ")
    ));
}
