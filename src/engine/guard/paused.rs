//! P1: the shop is paused.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "P1",
    condition: "the shop or the account is paused",
    demands: "escalate",
    source: "one switch that stops every automatic answer",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    case.ctx.switches.paused.as_ref().map(|why| Objection::escalate(why.clone()))
}
