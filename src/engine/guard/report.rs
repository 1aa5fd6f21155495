//! B2: a delivery, disposition or feedback report.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "B2",
    condition: "a delivery, disposition or feedback report",
    demands: "bounce / record",
    source: "RFC 6522, RFC 3464, RFC 8098, RFC 5965",
    stage: Stage::Message,
    objects,
};

/// Reports about one of our messages that could not be delivered.
const DELIVERY: [&str; 2] = ["message/delivery-status", "message/global-delivery-status"];
/// Reports that ask for nothing.
const OTHER: [&str; 5] = [
    "multipart/report",
    "message/disposition-notification",
    "message/global-disposition-notification",
    "message/feedback-report",
    "text/rfc822-headers",
];

fn objects(case: &Case<'_>) -> Option<Objection> {
    let types = &case.mail()?.part_types;
    let find = |list: &[&str]| types.iter().find(|part| list.contains(&part.as_str()));
    if let Some(part) = find(&DELIVERY) {
        return Some(Objection::bounce(format!("a part of type {part}")));
    }
    find(&OTHER).map(|part| Objection::record(format!("a part of type {part}")))
}
