//! B14: an invitation or an answer to one.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "B14",
    condition: "an invitation or an answer to one",
    demands: "escalate",
    source: "RFC 5546",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    case.mail()?.calendar_method.then(|| Objection::escalate("a text/calendar part with a METHOD"))
}
