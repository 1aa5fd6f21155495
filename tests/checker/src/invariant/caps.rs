//! I7: no more leaves than the caps allow.

use std::collections::BTreeMap;

use super::{Findings, Invariant};
use crate::{
    dump::Outbox,
    truth::{Cap, Per},
    world::World,
};

/// The invariant.
pub(super) const I7: Invariant = Invariant { id: "I7", title: "no more than the caps allow", unit: "messages", check };

fn check(world: &World<'_>) -> Findings {
    let rows = world.run.dump.outbox.iter().zip(&world.sends_of_row);
    let left = |sends: &[usize]| sends.iter().any(|send| world.sends[*send].transaction.taken);
    let sent: Vec<&Outbox> = rows.filter(|(row, sends)| !row.human && left(sends)).map(|(row, _)| row).collect();
    let mut findings = Findings { looked_at: sent.len(), ..Findings::default() };
    for cap in &world.run.began.caps {
        let mut groups: BTreeMap<String, Vec<&Outbox>> = BTreeMap::new();
        for row in sent.iter().filter(|row| cap.kinds.contains(&row.kind)) {
            groups.entry(subject(cap, row)).or_default().push(row);
        }
        for (subject, mut rows) in groups {
            rows.sort_by_key(|row| (row.created_at, row.id));
            if let Some(last) = overrun(cap, &rows) {
                let Cap { at_most, window_ms, .. } = cap;
                let what = format!("is one more than the {at_most} in {window_ms} ms that {subject} may get");
                findings.breach(format!("outbox {}", last.id), what);
            }
        }
    }
    findings
}

fn subject(cap: &Cap, row: &Outbox) -> String {
    match cap.per {
        Per::Sender => format!("sender {}", row.recipient_key),
        Per::Domain => format!("domain {}", row.recipient_domain.as_deref().unwrap_or_default()),
        Per::Account => format!("account {}", row.account),
        Per::Thread => format!("thread {}", row.thread),
        Per::Shop => "the shop".to_owned(),
    }
}

/// Returns the first message that is one too many within the window that ends with it.
fn overrun<'a>(cap: &Cap, rows: &[&'a Outbox]) -> Option<&'a Outbox> {
    let first_too_many = rows.iter().skip(cap.at_most);
    first_too_many
        .zip(rows)
        .find(|(last, first)| last.created_at - first.created_at < cap.window_ms)
        .map(|(last, _)| *last)
}
