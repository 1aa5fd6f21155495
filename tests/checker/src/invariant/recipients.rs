//! I8: an automatic message goes to the one address that the mail may be answered at, and to nobody else.

use super::{Findings, Invariant};
use crate::{
    truth::Expect,
    world::{Mail, Send, World},
};

/// The invariant.
pub(super) const I8: Invariant =
    Invariant { id: "I8", title: "to the one right recipient", unit: "automatic messages", check };

fn check(world: &World<'_>) -> Findings {
    let mut findings = Findings::default();
    for send in world.sends.iter().filter(|send| send.is_automatic) {
        let Some(mail) = send.mail.map(|mail| &world.mails[mail]) else { continue };
        findings.looked_at += usize::from(send.came_to_dot());
        envelope(mail, send, &mut findings);
        if send.came_to_dot() {
            header(mail, send, &mut findings);
            allowed(world, mail, send, &mut findings);
        }
    }
    findings
}

fn envelope(mail: &Mail<'_>, send: &Send<'_>, findings: &mut Findings) {
    let may = mail.first().1.reply_to.as_deref();
    let to = &send.transaction.to;
    if let Some(stranger) = to.iter().find(|address| !is_same(address, may)) {
        findings
            .breach(send.place, format!("goes to {stranger}, and {} may be answered at {}", mail.nonce, shown(may)));
    }
    if send.came_to_dot() && to.len() != 1 {
        findings.breach(send.place, format!("goes to {} recipients", to.len()));
    }
}

fn header(mail: &Mail<'_>, send: &Send<'_>, findings: &mut Findings) {
    let may = mail.first().1.reply_to.as_deref();
    if let Some(copy) = send.transaction.header_cc.first() {
        findings.breach(send.place, format!("has a copy for {copy}"));
    }
    if let Some(stranger) = send.transaction.header_to.iter().find(|address| !is_same(address, may)) {
        findings.breach(
            send.place,
            format!("names {stranger} in To, and {} may be answered at {}", mail.nonce, shown(may)),
        );
    }
}

fn allowed(world: &World<'_>, mail: &Mail<'_>, send: &Send<'_>, findings: &mut Findings) {
    let kind = world.row(send).map_or("", |row| row.kind.as_str());
    match mail.expect() {
        Expect::Silence => findings.breach(send.place, format!("answers {}, which nobody may answer", mail.nonce)),
        Expect::Person if kind != "ack" => {
            findings.breach(send.place, format!("answers {}, which only a person may answer", mail.nonce));
        }
        Expect::Help | Expect::Person | Expect::Any => {}
    }
}

fn is_same(address: &str, may: Option<&str>) -> bool {
    may.is_some_and(|may| may.eq_ignore_ascii_case(address))
}

fn shown(may: Option<&str>) -> &str {
    may.unwrap_or("no address")
}
