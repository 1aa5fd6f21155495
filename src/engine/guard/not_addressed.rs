//! D1: none of our addresses is among the recipients.

use crate::engine::guard::{Case, Guard, Objection, Stage, plain_address};

pub(super) const GUARD: Guard = Guard {
    id: "D1",
    condition: "none of our addresses is among the recipients",
    demands: "escalate",
    source: "RFC 3834 section 2, RFC 5230 section 4.5",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let mail = case.mail()?;
    let ours = |address: &str| case.settings.own_addresses.contains(&plain_address(address));
    if mail.recipients.iter().any(|mailbox| ours(&mailbox.address)) {
        return None;
    }
    Some(Objection::escalate(format!("{} recipient(s), none of them ours", mail.recipients.len())))
}
