//! E8: a forwarded mail: the question is somebody else's.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "E8",
    condition: "a forwarded mail: the question is somebody else's",
    demands: "escalate",
    source: "Discourse trimmer, extract_embedded_email",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    case.mail()?.forwarded.then(|| Objection::escalate("a forwarded mail with its header block"))
}
