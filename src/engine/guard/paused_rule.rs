//! P2: a rule that would speak is paused.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "P2",
    condition: "a rule that would speak is paused",
    demands: "escalate",
    source: "one switch per rule, for an answer that turns out wrong at night",
    stage: Stage::Answer,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    objection(case, &case.proposal?.intents)
}

/// Returns the objection to words of these intents, whatever they are.
pub(super) fn objection(case: &Case<'_>, intents: &[crate::model::ids::IntentId]) -> Option<Objection> {
    let paused = &case.ctx.switches.rules;
    let (rule, why) = intents.iter().find_map(|intent| paused.get_key_value(intent))?;
    Some(Objection::escalate(format!("the rule {rule} is paused ({why})")))
}
