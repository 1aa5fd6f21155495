//! I10: after a pause was acknowledged no automatic message in its scope starts, until it is lifted.

use std::collections::HashMap;

use super::{Findings, Invariant};
use crate::{
    chain::Span,
    dump::Outbox,
    truth::{Event, Scope, Switch},
    world::{Send, World},
};

/// The invariant.
pub(super) const I10: Invariant = Invariant { id: "I10", title: "silence while paused", unit: "pauses", check };

/// A pause and what it stops.
pub(super) struct Paused<'a> {
    place: &'a str,
    switch: &'a Switch,
    asked: Span,
    /// When it was lifted, at the earliest; none if it never was.
    lifted: Option<u64>,
}

impl Paused<'_> {
    /// Says whether it stops this message.
    pub(super) fn covers(&self, row: &Outbox) -> bool {
        match self.switch.scope {
            Scope::Shop | Scope::Restore => true,
            Scope::Account => row.account == self.switch.name,
            Scope::Rule => row.intents.contains(&self.switch.name),
        }
    }
}

/// Returns the pauses that were never lifted.
pub(super) fn still_on<'a>(world: &World<'a>) -> Vec<Paused<'a>> {
    pauses(world).into_values().flatten().filter(|paused| paused.lifted.is_none()).collect()
}

fn check(world: &World<'_>) -> Findings {
    let pauses = pauses(world);
    let mut findings = Findings { looked_at: pauses.values().map(Vec::len).sum(), ..Findings::default() };
    for send in world.sends.iter().filter(|send| send.is_automatic) {
        let Some(commit) = send.commit() else { continue };
        for paused in switches(world, send).into_iter().filter_map(|switch| pauses.get(&switch)) {
            // Both ends rise from one pause to the next, so those that touch the send stand together.
            let first = paused.partition_point(|paused| paused.lifted.is_some_and(|lifted| lifted <= commit.start));
            let end = paused.partition_point(|paused| paused.asked.start < commit.end);
            for paused in paused.get(first..end).unwrap_or_default() {
                judge(paused, send, commit, &mut findings);
            }
        }
    }
    findings
}

/// Judges a send that touches a pause.
fn judge(paused: &Paused<'_>, send: &Send<'_>, commit: Span, findings: &mut Findings) {
    if commit.start > paused.asked.end && paused.lifted.is_none_or(|lifted| commit.end < lifted) {
        findings.breach(send.place, format!("an automatic message started after the pause at {}", paused.place));
    } else {
        findings.window_hits += 1;
    }
}

/// Returns the switches that stop such a message.
fn switches<'a>(world: &World<'a>, send: &Send<'_>) -> Vec<(Scope, &'a str)> {
    let mut switches = vec![(Scope::Shop, ""), (Scope::Restore, "")];
    if let Some(row) = world.row(send) {
        switches.push((Scope::Account, &row.account));
        switches.extend(row.intents.iter().map(|intent| (Scope::Rule, intent.as_str())));
    }
    switches
}

/// Returns the acknowledged pauses of each switch in order, each with the first lifting that follows it.
fn pauses<'a>(world: &World<'a>) -> HashMap<(Scope, &'a str), Vec<Paused<'a>>> {
    let mut lifted: HashMap<(Scope, &str), Vec<u64>> = HashMap::new();
    for seen in &world.run.truth {
        if let Event::Resume(switch) = &seen.event {
            lifted.entry((switch.scope, &switch.name)).or_default().push(seen.span.start);
        }
    }
    let mut pauses: HashMap<(Scope, &str), Vec<Paused<'_>>> = HashMap::new();
    for seen in &world.run.truth {
        let Event::Pause(switch) = &seen.event else { continue };
        if switch.acknowledged {
            let key = (switch.scope, switch.name.as_str());
            let later = lifted.get(&key).map(Vec::as_slice).unwrap_or_default();
            // One that was asked for while the pause was may have come after it: the pause counts as lifted.
            let lifted = later.get(later.partition_point(|at| *at <= seen.span.start)).copied();
            pauses.entry(key).or_default().push(Paused { place: &seen.place, switch, asked: seen.span, lifted });
        }
    }
    pauses
}
