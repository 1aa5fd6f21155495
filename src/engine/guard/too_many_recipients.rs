//! D2: more than five other recipients.

use crate::engine::guard::{Case, Guard, Objection, Stage, plain_address};

pub(super) const GUARD: Guard = Guard {
    id: "D2",
    condition: "more than five other recipients",
    demands: "escalate",
    source: "RFC 3834 section 3.1.3; Discourse TooManyRecipients",
    stage: Stage::Message,
    objects,
};

/// A buyer copies a partner or two; more than this is a circular.
const MAX_FOREIGN: usize = 5;

fn objects(case: &Case<'_>) -> Option<Objection> {
    let mail = case.mail()?;
    let foreign = mail.recipients.iter().filter(|mailbox| {
        let address = plain_address(&mailbox.address);
        !case.settings.own_addresses.contains(&address)
    });
    let count = foreign.count();
    (count > MAX_FOREIGN).then(|| Objection::escalate(format!("{count} other recipients")))
}
