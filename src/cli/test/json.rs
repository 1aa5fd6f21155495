//! The results for programs: one JSON object per line, each with its `kind`.

use serde_json::{Value, json};

use crate::{
    check::{
        cases::{CaseOutcome, CaseResult},
        story::play::Telling,
    },
    cli::test::Report,
    diagnostic::source::Span,
};

/// Returns the lines of a report: examples and stories that do not hold (all of them with `all`), the table of
/// confusions, a summary.
pub(super) fn lines(report: &Report<'_>, all: bool) -> Vec<String> {
    let cases = report.cases.iter().filter(|case| all || !case.outcome.holds()).map(|case| example(report, case));
    let stories =
        report.tellings.iter().filter(|telling| all || !telling.holds()).map(|telling| story(report, telling));
    let confusion = report.confusion.iter().flat_map(|row| {
        row.elsewhere
            .iter()
            .map(|(other, count)| json!({"kind": "confusion", "of": row.rule, "as": other, "count": count}))
    });
    let reliability = report.reliability.iter().filter(|bin| bin.examples > 0).map(|bin| {
        json!({
            "kind": "reliability", "on": "your examples", "from": bin.from, "to": bin.to, "examples": bin.examples,
            "right": bin.right, "claimed": bin.predicted, "observed": bin.observed(),
        })
    });
    let mut lines: Vec<String> =
        cases.chain(stories).chain(confusion).chain(reliability).map(|line| line.to_string()).collect();
    lines.push(
        json!({
            "kind": "summary", "examples": report.cases.len(), "examples_failed": report.failed_cases(),
            "stories": report.tellings.len(), "stories_failed": report.failed_stories(),
            "story_mistakes": report.broken.len(),
        })
        .to_string(),
    );
    lines
}

fn example(report: &Report<'_>, case: &CaseResult) -> Value {
    let by = match &case.outcome {
        CaseOutcome::StolenBy(rule) => Some(rule.as_str()),
        _ => None,
    };
    let (file, line, column) = place(report, &case.span);
    json!({
        "kind": "example", "rule": case.rule, "lang": case.language, "text": case.text,
        "expected": if case.matches { "match" } else { "skip" }, "outcome": case.outcome.as_str(), "stolen_by": by,
        "why": case.why, "circumstance": case.circumstance, "confidence": case.confidence,
        "file": file, "line": line, "column": column,
    })
}

fn story(report: &Report<'_>, telling: &Telling<'_>) -> Value {
    let (file, line, _) = place(report, &telling.story.span);
    let misses = telling.turns.iter().enumerate().flat_map(|(step, turn)| {
        turn.misses.iter().map(move |miss| {
            let (_, line, column) = place(report, &miss.span);
            json!({"step": step + 1, "at": turn.at, "expected": miss.expected, "came": miss.came, "line": line, "column": column})
        })
    });
    let misses: Vec<Value> = misses.collect();
    json!({
        "kind": "story", "story": telling.story.name, "holds": telling.holds(), "steps": telling.turns.len(),
        "misses": misses, "file": file, "line": line,
    })
}

fn place<'r>(report: &'r Report<'_>, span: &Span) -> (&'r str, usize, usize) {
    let (line, column) = report.sources.line_column(span.file, span.range.start);
    (&report.sources.file(span.file).path, line, column)
}
