//! What is printed: a table for people, JSON for programs. Pure; `main` prints it.

use std::fmt::{Display, Formatter};

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
    let Value::Object(fields) = value(measures) else { return Ok(()) };
    for (name, figure) in fields {
        let shown = match &figure {
            Value::Object(entries) if entries.is_empty() => "none".to_owned(),
            Value::Object(entries) if entries.contains_key("p99") => times(&figure),
            Value::Object(entries) => {
                entries.iter().map(|(key, count)| format!("{key} {count}")).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        };
        writeln!(formatter, "{:<24} {shown}", name.replace('_', " "))?;
    }
    writeln!(formatter)
}

fn times(figure: &Value) -> String {
    let Times { count, p50, p99, max } = Times {
        count: usize::try_from(figure["count"].as_u64().unwrap_or(0)).unwrap_or(usize::MAX),
        p50: figure["p50"].as_u64().unwrap_or(0),
        p99: figure["p99"].as_u64().unwrap_or(0),
        max: figure["max"].as_u64().unwrap_or(0),
    };
    format!("p50 {p50} ms, p99 {p99} ms, max {max} ms ({count} seen)")
}

fn value(serialize: &impl Serialize) -> Value {
    serde_json::to_value(serialize).expect("figures are numbers and words")
}
