//! B4: Precedence says bulk, junk, list or auto-reply.

use crate::engine::guard::{Case, Guard, Objection, Stage, field, keyword};

pub(super) const GUARD: Guard = Guard {
    id: "B4",
    condition: "Precedence says bulk, junk, list or auto-reply",
    demands: "record",
    source: "RFC 3834 section 2; all peers",
    stage: Stage::Message,
    objects,
};

const MACHINES: [&str; 5] = ["bulk", "junk", "list", "auto_reply", "auto-reply"];

fn objects(case: &Case<'_>) -> Option<Objection> {
    let mail = case.mail()?;
    ["Precedence", "X-Precedence"].into_iter().find_map(|name| {
        let says = |value: &&str| MACHINES.contains(&keyword(value).as_str());
        mail.values(name).find(says).map(|value| Objection::record(field(name, value)))
    })
}
