//! A5: the author is one of our own mailboxes or aliases.

use crate::engine::guard::{Case, Guard, Objection, Stage, plain_address};

pub(super) const GUARD: Guard = Guard {
    id: "A5",
    condition: "the author is one of our own mailboxes or aliases",
    demands: "escalate",
    source: "Pigeonhole, FreeScout, osTicket, Zammad",
    stage: Stage::Message,
    objects,
};

use crate::model::inbound::ReturnPath;

fn objects(case: &Case<'_>) -> Option<Objection> {
    let mail = case.mail()?;
    let return_path = match &mail.return_path {
        ReturnPath::Address(address) => Some(address.as_str()),
        ReturnPath::Absent | ReturnPath::Null => None,
    };
    // Whoever fills in a form may type our own address.
    let buyer = case.inbound.from.iter();
    let authors = mail.from.iter().chain(&mail.sender).chain(buyer);
    let authors = authors.map(|mailbox| mailbox.address.as_str()).chain(return_path);
    let own = authors.into_iter().find(|address| case.settings.own_addresses.contains(&plain_address(address)))?;
    Some(Objection::escalate(format!("written by our own address {own}")))
}
