//! `nightdesk test`: every rule's examples against the whole rule set.

use std::path::Path;

use clap::Args;
use jiff::Timestamp;

use crate::{
    check::cases::{self, CaseOutcome, CaseResult},
    cli::{exit::Exit, files::Files, output},
    diagnostic::source::SourceMap,
};

/// Run every rule's examples against the whole rule set.
#[derive(Debug, Args)]
pub(super) struct Test {
    /// Also list the examples that hold
    #[arg(long)]
    all: bool,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

impl Test {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        let files = Files::read(config)?.usable()?;
        let sources = files.library.sources.clone();
        let engine = files.engine();
        let results = cases::run(&engine, Timestamp::now());
        let failed = results.iter().filter(|result| !result.outcome.holds()).count();
        for result in results.iter().filter(|result| self.all || !result.outcome.holds()) {
            output::data(&if self.json { json(result, &sources) } else { line(result, &sources) });
        }
        output::talk(&format!(
            "{} of {}: {} hold, {failed} do not.",
            output::counted(results.len(), "example"),
            output::counted(engine.rules().rules().len(), "rule"),
            results.len() - failed
        ));
        Ok(if failed == 0 { Exit::Success } else { Exit::Findings })
    }
}

fn line(result: &CaseResult, sources: &SourceMap) -> String {
    let (line, column) = sources.line_column(result.span.file, result.span.range.start);
    let path = &sources.file(result.span.file).path;
    let kind = if result.matches { "match" } else { "skip" };
    let what = match &result.outcome {
        CaseOutcome::AsWritten => "holds".to_owned(),
        CaseOutcome::Missed => "missed: no rule hits it; add a pattern under `say:`".to_owned(),
        CaseOutcome::StolenBy(rule) => format!("stolen: `{rule}` stands instead; make one of the two narrower"),
        CaseOutcome::FalseAlarm => "false alarm: the rule hits it; narrow a pattern, or add an `unless:`".to_owned(),
        CaseOutcome::Doubted(reason) => format!("hits, but would not be answered: {reason}"),
    };
    format!("{path}:{line}:{column}: {} {} {kind} “{}”: {what}", result.rule, result.language, result.text)
}

fn json(result: &CaseResult, sources: &SourceMap) -> String {
    let (line, column) = sources.line_column(result.span.file, result.span.range.start);
    let outcome = match &result.outcome {
        CaseOutcome::AsWritten => "as_written",
        CaseOutcome::Missed => "missed",
        CaseOutcome::StolenBy(_) => "stolen",
        CaseOutcome::FalseAlarm => "false_alarm",
        CaseOutcome::Doubted(_) => "doubted",
    };
    let by = match &result.outcome {
        CaseOutcome::StolenBy(rule) => Some(rule.as_str()),
        _ => None,
    };
    serde_json::json!({
        "rule": result.rule, "lang": result.language, "text": result.text, "expected": if result.matches { "match" } else { "skip" },
        "outcome": outcome, "stolen_by": by, "file": sources.file(result.span.file).path, "line": line, "column": column,
    })
    .to_string()
}
