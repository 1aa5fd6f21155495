//! M3: a marketplace's mail that its profile cannot read with certainty.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "M3",
    condition: "a mail of a marketplace or form that its profile cannot read with certainty",
    demands: "escalate",
    source: "a changed form of the mail must not be answered by chance",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let relayed = case.inbound.relay.read()?;
    if relayed.problems.is_empty() {
        return None;
    }
    Some(Objection::escalate(format!("{}: {}", relayed.profile.title, relayed.problems.join("; "))))
}
