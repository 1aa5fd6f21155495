//! B12: marks of a mass mailer.

use crate::{
    engine::guard::{Case, Guard, Objection, Stage, field},
    model::profile::Relayed,
};

pub(super) const GUARD: Guard = Guard {
    id: "B12",
    condition: "marks of a mass mailer",
    demands: "record",
    source: "bulk senders; 5 of 629 machine messages are caught by it alone",
    stage: Stage::Message,
    objects,
};

const FIELDS: [&str; 5] = ["Feedback-ID", "X-Feedback-ID", "X-SG-EID", "X-MC-User", "X-CSA-Complaints"];

fn objects(case: &Case<'_>) -> Option<Objection> {
    // Marketplaces and shop systems send the letters of people with the same tools.
    if case.inbound.relay.read().is_some_and(Relayed::is_message) {
        return None;
    }
    let found = case.mail()?.headers.iter().find(|header| {
        let campaign = header.name.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("X-Campaign-"));
        campaign || FIELDS.iter().any(|name| header.name.eq_ignore_ascii_case(name))
    })?;
    Some(Objection::record(field(&found.name, &found.value)))
}
