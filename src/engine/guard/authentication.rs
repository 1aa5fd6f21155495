//! C1: our own server says that the author is forged.

use crate::{
    engine::guard::{Case, Guard, Objection, Stage, field},
    model::authentication::{self, Authentication},
};

pub(super) const GUARD: Guard = Guard {
    id: "C1",
    condition: "our own server says DMARC failed, or SPF and DKIM both failed",
    demands: "escalate",
    source: "RFC 8601 section 5; an answer would be backscatter",
    stage: Stage::Message,
    objects,
};

/// Returns what our own server says about the author. A marketplace that is proven answers for the alias of its buyer; what
/// somebody typed into a web form proves nobody, whoever signed the mail.
pub(in crate::engine) fn of_message(case: &Case<'_>) -> Authentication {
    if let Some(relayed) = case.inbound.relay.read() {
        return if relayed.proven { Authentication::Pass } else { Authentication::Unknown };
    }
    let Some(mail) = case.mail() else { return Authentication::Unknown };
    let author = case.inbound.sender_domain();
    let domains: Vec<&str> = author.as_deref().into_iter().collect();
    authentication::of(mail, &domains, &case.settings.trusted_authserv_ids)
}

fn objects(case: &Case<'_>) -> Option<Objection> {
    if of_message(case) != Authentication::Fail {
        return None;
    }
    let fields = authentication::fields(case.mail()?, &case.settings.trusted_authserv_ids);
    Some(Objection::escalate(field("Authentication-Results", &fields.join(" / "))))
}
