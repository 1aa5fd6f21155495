//! I5: after a take-over was acknowledged no automatic message starts in that conversation, until it is handed back.

use std::collections::HashMap;

use super::{Findings, Invariant};
use crate::{
    chain::Span,
    truth::Event,
    world::{Send, World},
};

/// The invariant.
pub(super) const I5: Invariant = Invariant { id: "I5", title: "silence after a take-over", unit: "take-overs", check };

/// A time in which a conversation belongs to a person.
struct Taken<'a> {
    place: &'a str,
    /// It holds for mails that come later as well.
    lasts: bool,
    asked: Span,
    /// When it was handed back, at the earliest; none if it never was.
    back: Option<u64>,
}

fn check(world: &World<'_>) -> Findings {
    let mut findings = Findings::default();
    let threads = world.automatic_by_thread();
    for (thread, taken) in taken(world, &mut findings) {
        findings.looked_at += 1;
        for send in threads.get(&thread).into_iter().flatten() {
            judge(world, &taken, send, &mut findings);
        }
    }
    findings
}

/// Returns the acknowledged take-overs by conversation.
fn taken<'a>(world: &World<'a>, findings: &mut Findings) -> Vec<(i64, Taken<'a>)> {
    let mut backs: HashMap<i64, Vec<u64>> = HashMap::new();
    for seen in &world.run.truth {
        if let Event::HandBack(back) = &seen.event
            && let Some(thread) = world.thread_named(back.ticket, back.nonce.as_deref())
        {
            backs.entry(thread).or_default().push(seen.span.start);
        }
    }
    let mut found = Vec::new();
    for seen in &world.run.truth {
        let Event::TakeOver(event) = &seen.event else { continue };
        if !event.acknowledged {
            continue;
        }
        let Some(thread) = world.thread_named(event.ticket, event.nonce.as_deref()) else {
            findings.breach(&seen.place, "the conversation that a person took is not in the store");
            continue;
        };
        let later = backs.get(&thread).map(Vec::as_slice).unwrap_or_default();
        // One that was asked for while the take-over was may have come after it: the conversation counts as given back.
        let next = later.get(later.partition_point(|at| *at <= seen.span.start)).copied();
        let back = next.filter(|_| event.how.lasts() || event.silent);
        let lasts = event.how.lasts() || event.silent;
        found.push((thread, Taken { place: &seen.place, lasts, asked: seen.span, back }));
    }
    found
}

fn judge(world: &World<'_>, taken: &Taken<'_>, send: &Send<'_>, findings: &mut Findings) {
    let Some(commit) = send.commit() else { return };
    if !taken.lasts && !is_older(world, send, taken) {
        return;
    }
    let is_before = commit.end <= taken.asked.start;
    let is_after = taken.back.is_some_and(|back| commit.start >= back);
    if is_before || is_after {
        return;
    }
    let is_inside = commit.start > taken.asked.end && taken.back.is_none_or(|back| commit.end < back);
    if is_inside {
        findings.breach(send.place, format!("an automatic message started after the take-over at {}", taken.place));
    } else {
        findings.window_hits += 1;
    }
}

/// Says whether the message answers a mail that was there when the person answered.
fn is_older(world: &World<'_>, send: &Send<'_>, taken: &Taken<'_>) -> bool {
    send.mail.is_some_and(|mail| world.mails[mail].first().0.end < taken.asked.start)
}
