//! A6: more than 25 Received fields (over 50: a loop).

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "A6",
    condition: "more than 25 Received fields (over 50: a loop)",
    demands: "escalate / drop",
    source: "Stalwart max_received_headers; RFC 5321 section 6.3",
    stage: Stage::Message,
    objects,
};

/// More hops than any honest path has; Stalwart refuses at the same order of magnitude.
const SUSPICIOUS_HOPS: usize = 25;
/// A message that passed this often runs in circles.
const LOOPING_HOPS: usize = 50;

fn objects(case: &Case<'_>) -> Option<Objection> {
    let hops = case.mail()?.values("Received").count();
    let evidence = format!("{hops} Received fields");
    if hops > LOOPING_HOPS {
        return Some(Objection::drop(evidence));
    }
    (hops > SUSPICIOUS_HOPS).then(|| Objection::escalate(evidence))
}
