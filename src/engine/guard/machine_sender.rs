//! B9: the sender's local part names a machine.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "B9",
    condition: "the sender's local part names a machine",
    demands: "record / escalate",
    source: "RFC 5230 section 4.6, RFC 3834 section 2; Pigeonhole, Stalwart, Zammad",
    stage: Stage::Message,
    objects,
};

use std::sync::LazyLock;

use regex::Regex;

use crate::model::{inbound::ReturnPath, profile::Relayed};

/// Local parts that no person writes from. Not here, because people use them: mail@, info@, kontakt@, abuse@.
static MACHINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?:mail(?:er)?[-_.]?daemon|mdaemon|root|daemon|nobody|uucp",
        r"|bounces?(?:[-+=_.].*)?|.*-bounces?(?:[+=].*)?",
        r"|no[-_.]?reply.*|.*[-_.]no[-_.]?reply|do[-_.]?not[-_.]?reply.*",
        r"|owner-.*|.*-owner|.*-request|listserv|majordomo|lyris|sympa|mailman",
        r"|auto[-_.]?(?:reply|responder|response|confirm)s?|fbl|complaints?",
        r"|microsoftexchange[0-9a-f]{8,})$",
    ))
    .expect("the pattern is a constant that the guard's fixtures compile")
});
/// Postmaster is often a person (RFC 5230 section 4.6), so a person looks.
static POSTMASTER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("^post[-_.]?master$").expect("the pattern is a constant that the guard's fixtures compile")
});
/// Senders of feedback-loop reports whose local part looks like a person.
const FEEDBACK_LOOPS: [&str; 2] = ["staff@hotmail.com", "staff@outlook.com"];

fn objects(case: &Case<'_>) -> Option<Objection> {
    // Forms and marketplaces write from addresses of machines for people.
    if case.inbound.relay.read().is_some_and(Relayed::is_message) {
        return None;
    }
    let mail = case.mail()?;
    let return_path = match &mail.return_path {
        ReturnPath::Address(address) => Some(address.as_str()),
        ReturnPath::Absent | ReturnPath::Null => None,
    };
    let authors = mail.from.iter().chain(&mail.sender).map(|mailbox| mailbox.address.as_str());
    let addresses: Vec<String> = authors.map(str::to_lowercase).collect();
    let local = |address: &String| address.rsplit_once('@').map_or(address.clone(), |(local, _)| local.to_owned());
    let machine = |address: &&String| FEEDBACK_LOOPS.contains(&address.as_str()) || MACHINE.is_match(&local(address));
    if let Some(address) = addresses.iter().find(machine) {
        return Some(Objection::record(format!("sent by {address}")));
    }
    if let Some(postmaster) = addresses.iter().find(|address| POSTMASTER.is_match(&local(address))) {
        return Some(Objection::escalate(format!("sent by {postmaster}")));
    }
    // People who write through a form, a relay or a help desk share their envelope sender with machines.
    let envelope = return_path.map(str::to_lowercase)?;
    let shared = machine(&&envelope) || POSTMASTER.is_match(&local(&envelope));
    shared.then(|| Objection::escalate(format!("Return-Path: <{envelope}>")))
}
