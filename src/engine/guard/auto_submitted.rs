//! B3: Auto-Submitted says anything but no.

use crate::engine::guard::{Case, Guard, Objection, Stage, field, keyword};

pub(super) const GUARD: Guard = Guard {
    id: "B3",
    condition: "Auto-Submitted says anything but no",
    demands: "record",
    source: "RFC 3834 sections 2 and 5.1",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let value = case.mail()?.values("Auto-Submitted").find(|value| {
        let keyword = keyword(value);
        !keyword.is_empty() && keyword != "no"
    })?;
    Some(Objection::record(field("Auto-Submitted", value)))
}
