//! B15: a marketplace's own notification.

use crate::engine::guard::{Case, Guard, Objection, Stage, field};

pub(super) const GUARD: Guard = Guard {
    id: "B15",
    condition: "a marketplace's own notification",
    demands: "record",
    source: "osTicket; Amazon relay",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let mut values = case.mail()?.values("X-Amazon-Mail-Relay-Type");
    let value = values.find(|value| value.trim().eq_ignore_ascii_case("notification"))?;
    Some(Objection::record(field("X-Amazon-Mail-Relay-Type", value)))
}
