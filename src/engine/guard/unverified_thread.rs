//! C6: it names a thread of somebody else.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "C6",
    condition: "it names a thread of somebody else",
    demands: "escalate",
    source: "FreeScout GHSA-6r38-6mcf-2ww3; guessable or forwarded ids",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let thread = case.ctx.unverified_thread?;
    Some(Objection::escalate(format!("answers thread {thread}, but its author is not part of it")))
}
