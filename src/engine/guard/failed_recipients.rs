//! B8: X-Failed-Recipients is present.

use crate::engine::guard::{Case, Guard, Objection, Stage, field};

pub(super) const GUARD: Guard = Guard {
    id: "B8",
    condition: "X-Failed-Recipients is present",
    demands: "bounce",
    source: "Exim; osTicket, Chatwoot",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let value = case.mail()?.values("X-Failed-Recipients").next()?;
    Some(Objection::bounce(field("X-Failed-Recipients", value)))
}
