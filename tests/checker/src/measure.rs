//! What a run was like, beside right and wrong: how much there was, how long it took, what was uncertain.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::{
    truth::{Event, Phase},
    world::{Send, World},
};

/// The figures of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Measures {
    /// Mails delivered, each nonce once.
    pub mails: usize,
    /// Rows of mails that no party delivered (vacation notes, reports).
    pub strangers: usize,
    /// Mails that somebody else deleted before they were stored.
    pub vanished: usize,
    /// Rows beyond the first of a mail.
    pub stored_again: usize,
    /// MAIL commands at the sink.
    pub transactions: usize,
    /// Messages that the sink took.
    pub taken: usize,
    /// Final dots to which the sink wrote no reply: the window in which nobody can know.
    pub unclear: usize,
    /// Rows that are or were uncertain.
    pub uncertain: usize,
    /// Of these, rows to whose final dot the sink wrote a reply, or which never came to one: the process died beside the
    /// window, or the reply was lost on its way.
    pub uncertain_beside_the_window: usize,
    /// Rows whose uncertain send was verified.
    pub verified: usize,
    /// Rows left to a person.
    pub escalated: usize,
    /// Faults by what was done.
    pub faults: BTreeMap<String, usize>,
    /// Attempts after the first of a message, by the last fault before each.
    pub repeated_attempts: BTreeMap<String, usize>,
    /// Mails shown once more, by why.
    pub shown_again: BTreeMap<String, usize>,
    /// Processes started.
    pub starts: usize,
    /// From delivery to decision, in milliseconds.
    pub to_decision: Times,
    /// From delivery to the final dot of the first answer, in milliseconds.
    pub to_answer: Times,
    /// From a start to readiness, in milliseconds.
    pub to_ready: Times,
    /// Files of the truth.
    pub logs: usize,
    /// Of these, files whose writer was killed in a line.
    pub torn_logs: usize,
    /// Files whose writer did not say that it ended.
    pub unclosed_logs: usize,
}

/// How long something took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Times {
    /// How often it was seen.
    pub count: usize,
    /// Half took no longer, in milliseconds.
    pub p50: u64,
    /// 99 of 100 took no longer.
    pub p99: u64,
    /// None took longer.
    pub max: u64,
}

impl Times {
    fn of(mut nanoseconds: Vec<u64>) -> Self {
        nanoseconds.sort_unstable();
        let at = |percent: usize| {
            let rank = (nanoseconds.len() * percent).div_ceil(100).saturating_sub(1);
            nanoseconds.get(rank).copied().unwrap_or(0) / 1_000_000
        };
        Self { count: nanoseconds.len(), p50: at(50), p99: at(99), max: at(100) }
    }
}

/// Measures a run.
pub fn measure(world: &World<'_>) -> Measures {
    let is = |send: &&Send<'_>| send.transaction.taken;
    let state =
        |states: &[&str]| world.run.dump.outbox.iter().filter(|row| states.contains(&row.state.as_str())).count();
    let rows = world.run.dump.outbox.iter().zip(&world.sends_of_row);
    let doubtful = |state: &str| matches!(state, "uncertain" | "verified_sent" | "escalated");
    let clear = |sends: &[usize]| !sends.iter().any(|send| world.sends[*send].is_unclear());
    let vanished = world.mails.iter().filter(|mail| mail.rows.is_empty() && !mail.removed.is_empty()).count();
    let (faults, repeated_attempts) = faults(world);
    Measures {
        mails: world.mails.len(),
        strangers: world.strangers,
        vanished,
        stored_again: world.mails.iter().map(|mail| mail.rows.len().saturating_sub(1)).sum(),
        transactions: world.sends.len(),
        taken: world.sends.iter().filter(is).count(),
        unclear: world.sends.iter().filter(|send| send.is_unclear()).count(),
        uncertain: state(&["uncertain", "verified_sent", "escalated"]),
        uncertain_beside_the_window: rows.filter(|(row, sends)| doubtful(&row.state) && clear(sends)).count(),
        verified: state(&["verified_sent"]),
        escalated: state(&["escalated"]),
        faults,
        repeated_attempts,
        shown_again: shown_again(world),
        starts: world.run.truth.iter().filter(|seen| matches!(seen.event, Event::Started(_))).count(),
        to_decision: to_decision(world),
        to_answer: to_answer(world),
        to_ready: to_ready(world),
        logs: world.run.logs.files,
        torn_logs: world.run.logs.torn,
        unclosed_logs: world.run.logs.unclosed,
    }
}

/// Counts faults, and attempts after the first by the last fault before them.
fn faults(world: &World<'_>) -> (BTreeMap<String, usize>, BTreeMap<String, usize>) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut moments: Vec<(u64, &str)> = Vec::new();
    for seen in &world.run.truth {
        if let Event::Fault(fault) = &seen.event {
            *counts.entry(fault.what.clone()).or_default() += 1;
            moments.push((seen.span.start, &fault.what));
        }
    }
    let mut repeated: BTreeMap<String, usize> = BTreeMap::new();
    for sends in &world.sends_of_row {
        let attempts = sends.iter().map(|send| &world.sends[*send]).filter(|s| s.transaction.phase >= Phase::Body);
        for attempt in attempts.skip(1) {
            let before = moments.partition_point(|(at, _)| *at <= attempt.span.start);
            let what = before.checked_sub(1).map_or("no fault", |last| moments[last].1);
            *repeated.entry(what.to_owned()).or_default() += 1;
        }
    }
    (counts, repeated)
}

fn shown_again(world: &World<'_>) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for seen in &world.run.truth {
        if let Event::Again(again) = &seen.event {
            *counts.entry(again.why.clone()).or_default() += 1;
        }
    }
    counts
}

fn to_decision(world: &World<'_>) -> Times {
    let took = world.mails.iter().filter_map(|mail| {
        let decided = mail.rows.iter().filter_map(|row| world.run.dump.inbound[*row].decided_at).min()?;
        Some(world.monotonic(decided)?.saturating_sub(mail.first().0.end))
    });
    Times::of(took.collect())
}

fn to_answer(world: &World<'_>) -> Times {
    let mut first: HashMap<usize, u64> = HashMap::new();
    for send in world.sends.iter().filter(|send| send.is_automatic && send.transaction.taken) {
        if let (Some(mail), Some(dot)) = (send.mail, send.transaction.dot_ns) {
            let known = first.entry(mail).or_insert(dot);
            *known = dot.min(*known);
        }
    }
    Times::of(first.into_iter().map(|(mail, dot)| dot.saturating_sub(world.mails[mail].first().0.end)).collect())
}

fn to_ready(world: &World<'_>) -> Times {
    let mut starting: HashMap<&str, u64> = HashMap::new();
    let mut took = Vec::new();
    for seen in &world.run.truth {
        match &seen.event {
            Event::Started(process) => {
                starting.insert(&process.process, seen.span.start);
            }
            Event::Ready(process) => {
                let start = starting.remove(process.process.as_str());
                took.extend(start.map(|start| seen.span.end.saturating_sub(start)));
            }
            _ => {}
        }
    }
    Times::of(took)
}
