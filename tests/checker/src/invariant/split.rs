//! I4: no mail is both answered and left to a person, unless the decision says so or its answer is in doubt.

use std::collections::HashSet;

use super::{Findings, Invariant};
use crate::{
    dump::{Inbound, Outbox},
    world::World,
};

/// The invariant.
pub(super) const I4: Invariant =
    Invariant { id: "I4", title: "answered or escalated, not both", unit: "endings", check };

fn check(world: &World<'_>) -> Findings {
    let mut findings = Findings::default();
    let dump = &world.run.dump;
    let delivery_trouble: HashSet<i64> =
        dump.ticket_event.iter().filter(|event| event.what == "delivery").map(|event| event.ticket).collect();
    let opened: HashSet<i64> = dump
        .ticket
        .iter()
        .filter(|ticket| !delivery_trouble.contains(&ticket.id))
        .map(|ticket| ticket.inbound)
        .collect();
    for row in dump.inbound.iter().filter(|row| row.outcome.is_some()) {
        findings.looked_at += 1;
        let place = || world.mail_of(row.id).map_or(format!("inbound {}", row.id), |mail| mail.nonce.to_owned());
        match row.outcome.as_deref() {
            Some("answered" | "asked") if opened.contains(&row.id) && !is_in_doubt(world, row) => {
                findings.breach(place(), "is answered and opened a ticket of its own");
            }
            Some("escalated") if !world.with_answer.contains(&row.id) => {
                if let Some(answer) = answer_taken(world, row) {
                    let what = format!("is escalated without an answered part, and outbox {} answers it", answer.id);
                    findings.breach(place(), what);
                }
            }
            Some("suppressed") => {
                if let Some(answer) = message_taken(world, row) {
                    findings.breach(place(), format!("is suppressed, and outbox {} answers it", answer.id));
                }
            }
            _ => {}
        }
    }
    findings
}

/// Says whether an answer to it may not have arrived, so that a person may know of it.
fn is_in_doubt(world: &World<'_>, row: &Inbound) -> bool {
    rows(world, row)
        .any(|(_, answer)| matches!(answer.state.as_str(), "uncertain" | "verified_sent" | "escalated" | "cancelled"))
}

/// Returns the automatic answer or question that left for sure.
fn answer_taken<'w>(world: &'w World<'_>, row: &Inbound) -> Option<&'w Outbox> {
    let full = |answer: &Outbox| matches!(answer.kind.as_str(), "answer" | "ask") && answer.state == "sent";
    rows(world, row).find(|(index, answer)| full(answer) && is_taken(world, *index)).map(|(_, answer)| answer)
}

/// Returns the automatic message that left.
fn message_taken<'w>(world: &'w World<'_>, row: &Inbound) -> Option<&'w Outbox> {
    rows(world, row).find(|(index, _)| is_taken(world, *index)).map(|(_, answer)| answer)
}

fn rows<'w>(world: &'w World<'_>, row: &Inbound) -> impl Iterator<Item = (usize, &'w Outbox)> {
    let indices = world.answers_of.get(&row.id).map(Vec::as_slice).unwrap_or_default();
    let rows = indices.iter().map(|index| (*index, &world.run.dump.outbox[*index]));
    rows.filter(|(_, answer)| !answer.human && answer.kind != "draft")
}

fn is_taken(world: &World<'_>, index: usize) -> bool {
    world.sends_of_row[index].iter().any(|send| world.sends[*send].transaction.taken)
}
