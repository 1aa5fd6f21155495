//! I1: every mail has exactly one ending, and the ending is true.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Findings, Invariant};
use crate::{
    dump::{Inbound, Outbox},
    invariant::pause,
    truth::{Event, Expect},
    world::{Mail, World},
};

/// The invariant.
pub(super) const I1: Invariant = Invariant { id: "I1", title: "every mail ends once, truly", unit: "mails", check };

/// States in which a message of ours still waits for its turn.
pub(super) const WAITING: &[&str] = &["ready", "sending", "retry_at"];

fn check(world: &World<'_>) -> Findings {
    let mut findings = Findings { looked_at: world.mails.len(), ..Findings::default() };
    let marks: HashMap<(&str, &str), u64> =
        world.run.dump.folder.iter().map(|row| ((row.account.as_str(), row.folder.as_str()), row.uid)).collect();
    let human = people(world);
    for mail in &world.mails {
        stored(world, mail, &marks, &mut findings);
        ended(world, mail, &mut findings);
        for row in mail.rows.iter().map(|row| &world.run.dump.inbound[*row]) {
            is_true(world, mail, row, &human, &mut findings);
        }
    }
    left_over(world, &mut findings);
    on_the_wire(world, &mut findings);
    findings
}

/// Every mailbox that took the mail brought it into the store.
fn stored(world: &World<'_>, mail: &Mail<'_>, marks: &HashMap<(&str, &str), u64>, findings: &mut Findings) {
    let accounts: HashSet<&str> = mail.rows.iter().map(|row| world.run.dump.inbound[*row].account.as_str()).collect();
    let mut missed = BTreeSet::new();
    for (_, delivered) in &mail.deliveries {
        let account = delivered.account.as_str();
        if accounts.contains(account) || mail.removed.contains(account) || !missed.insert(account) {
            continue;
        }
        let mark = marks.get(&(account, delivered.folder.as_str()));
        let passed = delivered.uid.zip(mark).is_some_and(|(uid, mark)| *mark >= uid);
        let more = if passed { ", and the mark of the folder is past it" } else { "" };
        findings.breach(mail.nonce, format!("was delivered to {account} and is not in the store{more}"));
    }
}

/// Its rows are decided, and one of them is the ending.
fn ended(world: &World<'_>, mail: &Mail<'_>, findings: &mut Findings) {
    let rows: Vec<&Inbound> = mail.rows.iter().map(|row| &world.run.dump.inbound[*row]).collect();
    for row in &rows {
        match &row.outcome {
            None => findings.breach(mail.nonce, format!("inbound {} is not decided", row.id)),
            Some(_) if row.state != "decided" => {
                findings.breach(mail.nonce, format!("inbound {} has an outcome and is `{}`", row.id, row.state));
            }
            Some(_) => late(world, mail, row, findings),
        }
    }
    let endings: Vec<&str> =
        rows.iter().filter_map(|row| row.outcome.as_deref()).filter(|o| *o != "suppressed").collect();
    let is_needed = matches!(mail.expect(), Expect::Help | Expect::Person);
    if endings.len() > 1 {
        findings.breach(mail.nonce, format!("ended {} times: {}", endings.len(), endings.join(", ")));
    }
    let decided = !rows.is_empty() && rows.iter().all(|row| row.outcome.is_some());
    if endings.is_empty() && is_needed && decided {
        let reason = rows[0].outcome_reason.as_deref().unwrap_or("no reason");
        findings.breach(mail.nonce, format!("a person's question was suppressed: {reason}"));
    }
    if mail.expect() == Expect::Person && endings.iter().any(|ending| *ending != "escalated") {
        findings.breach(mail.nonce, format!("was for a person and ended {}", endings.join(", ")));
    }
}

/// It was decided within the bound.
fn late(world: &World<'_>, mail: &Mail<'_>, row: &Inbound, findings: &mut Findings) {
    let Some(bound) = world.run.began.bound_ms else { return };
    let Some(decided) = row.decided_at.and_then(|at| world.monotonic(at)) else { return };
    let took = decided.saturating_sub(mail.first().0.end) / 1_000_000;
    if took > bound {
        findings.breach(mail.nonce, format!("was decided after {took} ms, more than {bound}"));
    }
}

/// What the ending says was done.
fn is_true(world: &World<'_>, mail: &Mail<'_>, row: &Inbound, human: &HashSet<i64>, findings: &mut Findings) {
    let kind = match row.outcome.as_deref() {
        Some("answered") => "answer",
        Some("asked") => "ask",
        Some("escalated") => {
            let ticket = row.thread.and_then(|thread| world.tickets_of_thread.get(&thread));
            if ticket.is_none() {
                findings
                    .breach(mail.nonce, format!("inbound {} is escalated and its conversation has no ticket", row.id));
            }
            return;
        }
        Some("suppressed") | None => return,
        Some(other) => {
            return findings.breach(mail.nonce, format!("inbound {} ended `{other}`, whatever that is", row.id));
        }
    };
    let answers = world.answers_of.get(&row.id).map(Vec::as_slice).unwrap_or_default();
    let answers = answers.iter().map(|index| &world.run.dump.outbox[*index]);
    let answers: Vec<&Outbox> = answers.filter(|answer| !answer.human && answer.kind == kind).collect();
    if answers.is_empty() {
        return findings.breach(mail.nonce, format!("inbound {} is {kind}ed and no such message exists", row.id));
    }
    let gone = answers.iter().all(|answer| matches!(answer.state.as_str(), "cancelled" | "held"));
    let looked_after = row.thread.is_some_and(|thread| human.contains(&thread));
    if gone && !looked_after {
        let reason = answers[0].reason.as_deref().unwrap_or("no reason");
        findings.breach(mail.nonce, format!("its {kind} was cancelled and nobody was asked: {reason}"));
    }
}

/// Returns the conversations that people know of: by a ticket, by a message of theirs, by taking them over.
fn people(world: &World<'_>) -> HashSet<i64> {
    let mut threads: HashSet<i64> = world.tickets_of_thread.keys().copied().collect();
    threads.extend(world.run.dump.outbox.iter().filter(|row| row.human).map(|row| row.thread));
    threads.extend(world.run.dump.inbound.iter().filter(|row| row.in_sent).filter_map(|row| row.thread));
    for seen in &world.run.truth {
        if let Event::TakeOver(taken) = &seen.event {
            threads.extend(world.thread_named(taken.ticket, taken.nonce.as_deref()));
        }
    }
    threads
}

/// Nothing waits when the run is over, but what a pause holds back.
fn left_over(world: &World<'_>, findings: &mut Findings) {
    let still_on = pause::still_on(world);
    for row in &world.run.dump.outbox {
        let held_back = !row.human && still_on.iter().any(|switch| switch.covers(row));
        if WAITING.contains(&row.state.as_str()) && !held_back {
            findings.breach(format!("outbox {}", row.id), format!("still waits as `{}`", row.state));
        }
    }
}

/// What the store calls sent was taken.
fn on_the_wire(world: &World<'_>, findings: &mut Findings) {
    for (row, sends) in world.run.dump.outbox.iter().zip(&world.sends_of_row) {
        if row.state != "sent" || row.message_id.is_none() {
            continue;
        }
        if !sends.iter().any(|send| world.sends[*send].came_to_dot()) {
            findings.breach(format!("outbox {}", row.id), "is `sent` and never came to a final dot");
        } else if !sends.iter().any(|send| world.sends[*send].transaction.taken) {
            findings.breach(format!("outbox {}", row.id), "is `sent` and the sink did not take it");
        }
    }
}
