//! D3: answers to this address are switched off.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "D3",
    condition: "answers to this address are switched off",
    demands: "escalate",
    source: "Zammad mail_delivery_failed",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let buyer = case.ctx.buyer.as_ref().filter(|buyer| buyer.suppressed)?;
    Some(Objection::escalate(format!("{} is suppressed after a bounce, a complaint or an opt-out", buyer.key)))
}
