//! The results for people: a line for each rule and story, then everything that does not hold with its place, the words
//! that made it so, and what to do.

use std::{collections::BTreeMap, fmt::Write as _, ops::Range};

use unicode_width::UnicodeWidthStr as _;

use crate::{
    check::{
        cases::{CaseOutcome, CaseResult},
        confusion::Row,
        story::play::{Telling, Turn},
    },
    cli::{output, test::Report},
    engine::calibration::Bin,
    model::ids::IntentId,
};

/// Names longer than this push the numbers to the right; rules are named shorter.
const NAME_CELLS: usize = 28;

/// Returns the lines of a report. `all` lists the examples that hold as well.
pub(super) fn lines(report: &Report<'_>, all: bool) -> Vec<String> {
    let mut summary = rules(report);
    summary.extend(report.tellings.iter().map(story));
    let cases = report.cases.iter().filter(|case| all || !case.outcome.holds());
    let tellings = report.tellings.iter().filter(|telling| all || !telling.holds());
    let mut blocks = vec![summary];
    blocks.extend(cases.map(|case| vec![example(report, case)]));
    blocks.extend(tellings.map(|telling| vec![conversation(report, telling)]));
    blocks.push(confusion(&report.confusion));
    blocks.push(reliability(&report.reliability));
    blocks.retain(|block| !block.is_empty());
    // An empty line stands before every block but the first.
    blocks.join(&String::new())
}

/// Returns the last line: how much was run and how much of it holds.
pub(super) fn totals(report: &Report<'_>) -> String {
    let rules: std::collections::BTreeSet<&IntentId> = report.cases.iter().map(|case| &case.rule).collect();
    let failed = report.failed_cases();
    let mut said = format!(
        "{} of {}: {} hold, {failed} do not.",
        output::counted(report.cases.len(), "example"),
        output::counted(rules.len(), "rule"),
        report.cases.len() - failed
    );
    let failed = report.failed_stories();
    if !report.tellings.is_empty() {
        let held = report.tellings.len() - failed;
        let _infallible =
            write!(said, "\n{}: {held} hold, {failed} do not.", output::counted(report.tellings.len(), "story"));
    }
    if !report.broken.is_empty() {
        let _infallible = write!(said, "\n{} in story files.", output::counted(report.broken.len(), "mistake"));
    }
    said
}

/// Returns one line for each rule, in the order of the files.
fn rules(report: &Report<'_>) -> Vec<String> {
    let mut order: Vec<&IntentId> = Vec::new();
    let mut counts: BTreeMap<&IntentId, (usize, usize)> = BTreeMap::new();
    for case in &report.cases {
        let (all, failed) = counts.entry(&case.rule).or_insert_with(|| {
            order.push(&case.rule);
            (0, 0)
        });
        *all += 1;
        *failed += usize::from(!case.outcome.holds());
    }
    let line = |rule: &&IntentId| {
        let (all, failed) = counts[*rule];
        let more = if failed == 0 { String::new() } else { format!(", {failed} not") };
        format!("{} {} {}{more}", mark(failed == 0), padded(rule.as_str()), output::counted(all, "example"))
    };
    order.iter().map(line).collect()
}

fn story(telling: &Telling<'_>) -> String {
    let steps = output::counted(telling.turns.len(), "step");
    format!("{} {} {steps}", mark(telling.holds()), padded(&telling.story.name))
}

fn mark(holds: bool) -> &'static str {
    if holds { "ok  " } else { "FAIL" }
}

fn padded(name: &str) -> String {
    format!("{name}{}", " ".repeat(NAME_CELLS.saturating_sub(name.width())))
}

fn example(report: &Report<'_>, case: &CaseResult) -> String {
    let kind = if case.matches { "match" } else { "skip" };
    let mut lines = vec![format!("{}: {}: {}", report.place(&case.span), case.rule, word(&case.outcome))];
    let mut row = |label: &str, text: &str| lines.push(format!("  {label:<9} {text}"));
    row(&format!("{} {kind}", case.language), &marked(&case.text, &case.marked));
    if let Some(circumstance) = &case.circumstance {
        row("decided", circumstance);
    }
    if !case.outcome.holds() {
        row("because", &case.why);
        row("do", advice(&case.outcome));
    }
    lines.join("\n")
}

/// Returns the text on one line with the words that hit in ⟦ ⟧, as `explain` shows them.
fn marked(text: &str, spans: &[Range<usize>]) -> String {
    let mut spans: Vec<&Range<usize>> = spans.iter().collect();
    spans.sort_by_key(|span| span.start);
    let (mut out, mut at) = (String::new(), 0);
    for span in spans.into_iter().filter(|span| text.get((*span).clone()).is_some()) {
        if span.start < at {
            continue;
        }
        let _infallible = write!(out, "{}⟦{}⟧", &text[at..span.start], &text[span.clone()]);
        at = span.end;
    }
    out += &text[at..];
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn word(outcome: &CaseOutcome) -> String {
    match outcome {
        CaseOutcome::StolenBy(thief) => format!("stolen by {thief}"),
        other => other.as_str().replace('_', " "),
    }
}

fn advice(outcome: &CaseOutcome) -> &'static str {
    match outcome {
        CaseOutcome::Matched | CaseOutcome::Spared => "nothing",
        CaseOutcome::Missed => "add a pattern under `say:`, or correct the example",
        CaseOutcome::StolenBy(_) => "make one of the two narrower; a higher `priority` is the last resort",
        CaseOutcome::FalseAlarm => "narrow the pattern, or add an `unless:`",
        CaseOutcome::BelowConfidence => {
            "shorten the example, or add more like it; until then a person answers such messages"
        }
        CaseOutcome::NoCircumstance => "loosen `when:`, or tell the circumstance in a story",
    }
}

/// Returns the whole conversation, with what was expected and what came at the step that went another way.
fn conversation(report: &Report<'_>, telling: &Telling<'_>) -> String {
    let story = telling.story;
    let state = if telling.holds() { "holds" } else { "does not hold" };
    let mut lines = vec![format!("{}: story “{}”: {state}", report.place(&story.span), story.name)];
    for turn in &telling.turns {
        lines.push(said(turn));
        if !turn.came.is_empty() {
            lines.push(format!("         {:<6} {}", "shop", turn.came));
        }
        for miss in &turn.misses {
            lines.push(format!("  {}", report.place(&miss.span)));
            lines.push(format!("       - {}", miss.expected));
            lines.push(format!("       + {}", miss.came));
        }
    }
    lines.join("\n")
}

fn said(turn: &Turn) -> String {
    let text = turn.text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("  {}  {:<6} {text}", turn.clock, turn.who)
}

/// Returns the table of examples that go elsewhere: only the cells that hold something.
fn confusion(rows: &[Row]) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["Where examples go that their own rule does not get:".to_owned()];
    for row in rows {
        let cell = |(other, count): &(Option<IntentId>, usize)| {
            let to = other.as_ref().map_or_else(|| "to no rule".to_owned(), |other| format!("to {other}"));
            format!("{count} {to}")
        };
        let cells: Vec<String> = row.elsewhere.iter().map(cell).collect();
        lines.push(format!("  {} {} of {}, {}", padded(row.rule.as_str()), row.own, row.examples, cells.join(", ")));
    }
    lines
}

/// Returns the table that says what a confidence is worth: of the examples it was claimed for, how many were right.
fn reliability(bins: &[Bin]) -> Vec<String> {
    let filled: Vec<&Bin> = bins.iter().filter(|bin| bin.examples > 0).collect();
    if filled.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![
        "How sure it was and how often it was right, on your examples (each judged without itself):".to_owned(),
        "  confidence     examples  claimed    right".to_owned(),
    ];
    for bin in filled {
        let right = bin.observed().unwrap_or_default() * 100.0;
        let claimed = bin.predicted * 100.0;
        lines.push(format!("  {:.2} – {:.2} {:>12} {claimed:>6.1} % {right:>6.1} %", bin.from, bin.to, bin.examples));
    }
    lines
}
