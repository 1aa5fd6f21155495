//! F1: this sender got the same reply within a day.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "F1",
    condition: "this sender got the same reply within a day",
    demands: "escalate",
    source: "RFC 3834 section 2; Pigeonhole",
    stage: Stage::Answer,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let told = &case.ctx.counters.replies_sender_day;
    let reply = case.proposal?.replies.iter().find(|reply| told.contains(reply))?;
    Some(Objection::escalate(format!("the reply {reply} went to this sender within the last 24 hours")))
}
