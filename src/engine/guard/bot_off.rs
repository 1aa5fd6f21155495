//! P3: a person switched the machine off in this conversation.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "P3",
    condition: "a person switched the machine off in this conversation",
    demands: "escalate",
    source: "one switch per conversation, for a buyer whom only people answer",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let thread = case.ctx.thread.as_ref().filter(|thread| thread.bot_off)?;
    Some(Objection::escalate(format!("the machine is off in conversation {} until a person switches it on", thread.id)))
}
