//! What the timer writes, cut at its COMMIT by `cuts.rs`.

use jiff::SignedDuration;
use nightdesk::model::{
    agent_command::{Edit, TicketChange},
    ticket::{EventKind, TicketState},
};

use super::{
    bench::{Plan, at},
    changes::{apply, change},
    cuts::{Run, say},
};

const DAY: i64 = 24 * 60;

pub(super) async fn ring(run: Run) -> (Run, String) {
    let letter = run.bench.mail("ana@buyer.example", "q", at(0)).await;
    run.bench.decide(&letter, Plan::escalate(), at(0)).await;
    say!(run, run.store.ring_alarms(at(DAY)))
}

pub(super) async fn wake(run: Run) -> (Run, String) {
    let letter = run.bench.mail("ana@buyer.example", "q", at(0)).await;
    let ticket = run.bench.decide(&letter, Plan::escalate(), at(0)).await.ticket.expect("a ticket");
    let until = at(0) + SignedDuration::from_mins(30);
    let snooze = TicketChange {
        edit: Some(Edit::Snooze(Some(until))),
        ..change(&run.bench, ticket, TicketState::Open, EventKind::Snoozed).await
    };
    apply(&run.bench, ticket, &snooze, at(1)).await;
    say!(run, run.store.wake_snoozed(at(30)))
}
