//! B10: no single valid author.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "B10",
    condition: "no single valid author",
    demands: "escalate",
    source: "RFC 5322 section 3.6.2, RFC 6854; Chatwoot, FreeScout",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let mail = case.mail()?;
    if case.inbound.from.is_some() {
        return None;
    }
    let found: Vec<&str> = mail.from.iter().map(|mailbox| mailbox.address.as_str()).collect();
    let evidence = if found.is_empty() { "no readable From field".to_owned() } else { field_of(&found) };
    Some(Objection::escalate(evidence))
}

fn field_of(found: &[&str]) -> String {
    format!("From names {} address(es), none usable alone: {}", found.len(), found.join(", "))
}
