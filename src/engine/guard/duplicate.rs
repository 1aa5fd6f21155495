//! A2: the same Message-ID with the same body was stored before.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "A2",
    condition: "the same Message-ID with the same body was stored before",
    demands: "record",
    source: "FreeScout duplicate_message_id; a different body under the same id is new mail",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let earlier = case.ctx.duplicate_of?;
    Some(Objection::record(format!("same Message-ID and body as message {earlier}")))
}
