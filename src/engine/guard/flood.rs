//! F4: the whole shop answers far more than usual.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "F4",
    condition: "the whole shop answers far more than usual",
    demands: "escalate",
    source: "global breaker; no peer has it",
    stage: Stage::Answer,
    objects,
};

/// How many times the usual peak is alarming.
const FACTOR: u32 = 5;

fn objects(case: &Case<'_>) -> Option<Objection> {
    case.proposal?;
    open(case)
}

/// Returns the objection if the breaker is open, whatever is about to be said.
pub(super) fn open(case: &Case<'_>) -> Option<Objection> {
    let counters = &case.ctx.counters;
    let limit = case.settings.limits.sends_per_ten_minutes.max(FACTOR * counters.sends_shop_usual);
    let sent = counters.sends_shop_ten_minutes;
    (sent >= limit)
        .then(|| Objection::escalate(format!("{sent} automatic messages in 10 minutes, the breaker is at {limit}")))
}
