//! D4: the envelope sender belongs to another domain than the author, and nothing proves the author.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "D4",
    condition: "the envelope sender belongs to another domain than the author, and nothing proves the author",
    demands: "escalate",
    source: "RFC 3834 section 4",
    stage: Stage::Message,
    objects,
};

use crate::{
    engine::guard::authentication::of_message,
    model::{
        authentication::{Authentication, organisation},
        inbound::ReturnPath,
    },
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let ReturnPath::Address(return_path) = &case.mail()?.return_path else { return None };
    // A relay that is proven writes for other people.
    if case.inbound.relay.read().is_some() {
        return None;
    }
    let author = &case.inbound.from.as_ref()?.address;
    let domain = |address: &str| address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase());
    let (envelope, header) = (domain(return_path)?, domain(author)?);
    if organisation(&envelope) == organisation(&header) || of_message(case) == Authentication::Pass {
        return None;
    }
    Some(Objection::escalate(format!("Return-Path: <{return_path}>, From: <{author}>")))
}
