//! I3: a send that may have arrived is verified or has exactly one ticket, and is never sent again; no mail opens two
//! tickets.

use std::collections::HashMap;

use super::{Findings, Invariant, ending::WAITING};
use crate::{
    dump::Outbox,
    world::{NOTICE, Send, World},
};

/// The invariant.
pub(super) const I3: Invariant =
    Invariant { id: "I3", title: "uncertain: verified or one ticket", unit: "uncertain sends", check };

/// What has become of uncertain sends of one conversation.
#[derive(Default)]
struct Tally {
    /// Rows that a person was asked about.
    for_people: usize,
    /// Times that a ticket says so.
    notices: usize,
}

fn check(world: &World<'_>) -> Findings {
    let mut findings = Findings::default();
    let mut tallies: HashMap<i64, Tally> = HashMap::new();
    for (row, sends) in world.run.dump.outbox.iter().zip(&world.sends_of_row) {
        let sends: Vec<&Send<'_>> = sends.iter().map(|send| &world.sends[*send]).collect();
        never_again(row, &sends, &mut findings);
        let tally = tallies.entry(row.thread).or_default();
        findings.looked_at += usize::from(settled(world, row, &sends, tally, &mut findings));
    }
    notices(world, tallies, &mut findings);
    one_ticket(world, &mut findings);
    findings
}

/// After a final dot without a reply nothing of this message leaves, and its row says so.
fn never_again(row: &Outbox, sends: &[&Send<'_>], findings: &mut Findings) {
    let place = || format!("outbox {}", row.id);
    let Some(at) = sends.iter().position(|send| send.is_unclear()) else { return };
    let unclear = sends[at];
    if let Some(again) = sends.get(at + 1) {
        findings
            .breach(place(), format!("was sent again at {} after an uncertain send at {}", again.place, unclear.place));
    }
    let state = row.state.as_str();
    let confirmed = sends.iter().any(|send| send.is_confirmed());
    if WAITING.contains(&state) {
        findings.breach(place(), format!("is `{state}` after an uncertain send at {}", unclear.place));
    } else if state == "sent" && !confirmed && unclear.transaction.taken {
        findings.breach(place(), format!("is `sent` without proof: no reply was written at {}", unclear.place));
    } else if state == "cancelled" {
        findings.breach(place(), format!("is `cancelled` after an uncertain send at {}", unclear.place));
    }
}

/// Counts the row for its conversation; returns whether it is or was uncertain.
fn settled(world: &World<'_>, row: &Outbox, sends: &[&Send<'_>], tally: &mut Tally, findings: &mut Findings) -> bool {
    let place = || format!("outbox {}", row.id);
    match row.state.as_str() {
        "verified_sent" => {
            tally.for_people += usize::from(row.ticket.is_some());
            if row.message_id.is_some() && !sends.iter().any(|send| send.transaction.taken) {
                findings.breach(place(), "is `verified_sent` and the sink never took it");
            }
        }
        "uncertain" if row.verify_by.is_some_and(|by| by > world.run.dumped_ms) => {}
        "uncertain" => findings.breach(place(), "is still `uncertain` though its time for verification is over"),
        "escalated" => {
            tally.for_people += 1;
            if row.ticket.is_none() {
                findings.breach(place(), "is `escalated` and names no ticket");
            }
        }
        _ => return false,
    }
    let ticket = row.ticket.map(|id| world.ticket(id));
    if ticket.is_some_and(|ticket| ticket.is_none_or(|ticket| ticket.thread != row.thread)) {
        findings.breach(place(), "names a ticket that is not there or belongs to another conversation");
    }
    true
}

/// Each conversation's tickets say once for each uncertain send that it may have been sent.
fn notices(world: &World<'_>, mut tallies: HashMap<i64, Tally>, findings: &mut Findings) {
    for event in &world.run.dump.ticket_event {
        let opens = matches!(event.what.as_str(), "opened" | "reopened");
        if let Some(ticket) = world.ticket(event.ticket).filter(|_| opens && event.text.contains(NOTICE)) {
            tallies.entry(ticket.thread).or_default().notices += 1;
        }
    }
    let mut tallies: Vec<(i64, Tally)> = tallies.into_iter().collect();
    tallies.sort_by_key(|(thread, _)| *thread);
    for (thread, Tally { for_people, notices }) in tallies {
        if notices != for_people {
            let what = format!("has {for_people} uncertain sends for a person, and tickets speak of {notices}");
            findings.breach(format!("thread {thread}"), what);
        }
    }
}

/// No mail opens a second ticket.
fn one_ticket(world: &World<'_>, findings: &mut Findings) {
    let mut opened: HashMap<i64, i64> = HashMap::new();
    for ticket in &world.run.dump.ticket {
        if let Some(first) = opened.insert(ticket.inbound, ticket.id) {
            let place =
                world.mail_of(ticket.inbound).map_or(format!("inbound {}", ticket.inbound), |m| m.nonce.to_owned());
            findings.breach(place, format!("opened two tickets, {first} and {}", ticket.id));
        }
    }
}
