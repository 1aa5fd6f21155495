//! F3: the same text from the same sender again within ten minutes.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "F3",
    condition: "the same text from the same sender again within ten minutes",
    demands: "record",
    source: "loops that change ids; impatient double sends",
    stage: Stage::Message,
    objects,
};

/// One repetition is a nervous finger, two are a machine.
const MAX_SAME: u32 = 2;

fn objects(case: &Case<'_>) -> Option<Objection> {
    let same = case.ctx.counters.same_body_ten_minutes;
    (same >= MAX_SAME).then(|| Objection::record(format!("the same text {same} times before, within 10 minutes")))
}
