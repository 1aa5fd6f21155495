//! What is printed: a table for people, JSON for programs. Pure; `main` prints it.

use std::{
    collections::BTreeMap,
    fmt::{Display, Formatter},
};

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    invariant::{Findings, INVARIANTS, Invariant},
    measure::{Measures, Times, measure},
    run::Run,
    world::World,
};

/// Findings shown of each invariant unless all are asked for.
const SHOWN: usize = 10;

/// The judgement of a run.
#[derive(Debug, Clone)]
pub struct Report {
    /// What each invariant found.
    pub verdicts: Vec<(Invariant, Findings)>,
    /// The figures.
    pub measures: Measures,
    /// Show every finding.
    pub is_full: bool,
}

impl Report {
    /// Judges a run.
    pub fn of(run: &Run) -> Self {
        let world = World::of(run);
        let verdicts = INVARIANTS.iter().map(|invariant| (*invariant, (invariant.check)(&world))).collect();
        Self { verdicts, measures: measure(&world), is_full: false }
    }

    /// Returns the invariants that do not hold, in the order of the list.
    pub fn failed(&self) -> Vec<&'static str> {
        let broken = self.verdicts.iter().filter(|(_, findings)| !findings.breaches.is_empty());
        broken.map(|(invariant, _)| invariant.id).collect()
    }

    /// Returns it for programs.
    pub fn json(&self) -> Value {
        let invariant = |(invariant, findings): &(Invariant, Findings)| {
            let breaches = findings.breaches.iter().map(|breach| json!({"place": breach.place, "what": breach.what}));
            json!({
                "id": invariant.id,
                "title": invariant.title,
                "passed": findings.breaches.is_empty(),
                "looked_at": findings.looked_at,
                "window_hits": findings.window_hits,
                "breaches": breaches.collect::<Vec<_>>(),
            })
        };
        let failed = self.failed().len();
        json!({
            "invariants": self.verdicts.iter().map(invariant).collect::<Vec<_>>(),
            "measures": value(&self.measures),
            "passed": self.verdicts.len() - failed,
            "failed": failed,
        })
    }
}

impl Display for Report {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        for (invariant, findings) in &self.verdicts {
            let verdict = if findings.breaches.is_empty() { "passed" } else { "FAILED" };
            write!(
                formatter,
                "{:<4} {:<36} {verdict}  {} {}",
                invariant.id, invariant.title, findings.looked_at, invariant.unit
            )?;
            if findings.window_hits > 0 {
                write!(formatter, ", {} window hits", findings.window_hits)?;
            }
            writeln!(formatter)?;
            let shown = if self.is_full { findings.breaches.len() } else { SHOWN };
            for breach in findings.breaches.iter().take(shown) {
                writeln!(formatter, "       {}: {}", breach.place, breach.what)?;
            }
            if let Some(more @ 1..) = findings.breaches.len().checked_sub(shown) {
                writeln!(formatter, "       and {more} more (--all shows them)")?;
            }
        }
        writeln!(formatter)?;
        figures(formatter, &self.measures)?;
        let failed = self.failed().len();
        writeln!(formatter, "{} passed, {failed} failed", self.verdicts.len() - failed)
    }
}

fn figures(formatter: &mut Formatter<'_>, measures: &Measures) -> std::fmt::Result {
    let Measures { mails, strangers, vanished, stored_again, transactions, taken, unclear, .. } = measures;
    let Measures { uncertain, uncertain_beside_the_window: beside, verified, escalated, .. } = measures;
    let Measures { faults, repeated_attempts, shown_again, starts, logs, torn_logs, unclosed_logs, .. } = measures;
    let lines = [
        ("mails", format!("{mails}, {vanished} vanished, {stored_again} stored again, {strangers} rows of strangers")),
        ("mails shown again", counts(shown_again)),
        ("transactions", format!("{transactions}, {taken} taken, {unclear} unclear")),
        ("uncertain", format!("{uncertain}, {verified} verified, {escalated} escalated, {beside} beside the window")),
        ("faults", counts(faults)),
        ("repeated attempts after", counts(repeated_attempts)),
        ("starts", starts.to_string()),
        ("from start to ready", times(measures.to_ready)),
        ("from mail to decision", times(measures.to_decision)),
        ("from mail to answer", times(measures.to_answer)),
        ("logs", format!("{logs}, {torn_logs} torn, {unclosed_logs} not closed")),
    ];
    for (name, figure) in lines {
        writeln!(formatter, "{name:<24} {figure}")?;
    }
    writeln!(formatter)
}

fn counts(counts: &BTreeMap<String, usize>) -> String {
    if counts.is_empty() {
        return "none".to_owned();
    }
    counts.iter().map(|(word, count)| format!("{word} {count}")).collect::<Vec<_>>().join(", ")
}

fn times(Times { count, p50, p99, max }: Times) -> String {
    match count {
        0 => "not seen".to_owned(),
        _ => format!("p50 {p50} ms, p99 {p99} ms, longest {max} ms ({count} seen)"),
    }
}

fn value(serialize: &impl Serialize) -> Value {
    serde_json::to_value(serialize).expect("figures are numbers and words")
}
