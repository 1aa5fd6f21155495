//! What must hold. `INVARIANTS` is the list; README.md defines each one in words.

mod caps;
mod ending;
mod once;
mod order;
mod pause;
mod recipients;
mod split;
mod takeover;
mod uncertain;

use crate::world::World;

/// One law over a whole run.
#[derive(Debug, Clone, Copy)]
pub struct Invariant {
    /// How the design calls it.
    pub id: &'static str,
    /// In a few words.
    pub title: &'static str,
    /// What is counted as looked at.
    pub unit: &'static str,
    /// Judges.
    pub check: fn(&World<'_>) -> Findings,
}

/// Every invariant that is decided, in the order of the report.
pub const INVARIANTS: &[Invariant] =
    &[ending::I1, once::I2, uncertain::I3, split::I4, takeover::I5, caps::I7, recipients::I8, pause::I10, order::I12];

/// What one invariant found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// How many things were looked at.
    pub looked_at: usize,
    /// Sends that overlap with what should stop them, which nobody can order: allowed, and counted.
    pub window_hits: usize,
    /// Where it does not hold.
    pub breaches: Vec<Breach>,
}

/// One place where an invariant does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// A mail, a row, or a line of a log.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

impl Findings {
    fn breach(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.breaches.push(Breach { place: place.into(), what: what.into() });
    }
}
