//! What the timer and the webhooks write, cut at its COMMIT by `cuts.rs`.

use jiff::SignedDuration;
use nightdesk::{
    model::{
        agent_command::{Edit, TicketChange},
        ticket::{EventKind, TicketState},
    },
    store::webhook::HookOutcome,
};

use super::{
    bench::{Plan, at},
    changes::{apply, change},
    cuts::{Run, say},
    webhooks,
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

pub(super) async fn queue_calls(run: Run) -> (Run, String) {
    webhooks::queue(&run.bench, 0).await;
    webhooks::open(&run.bench, 1, 1).await;
    say!(run, run.store.queue_hook_calls(webhooks::HOOK, webhooks::told, at(2)))
}

pub(super) async fn claim_call(run: Run) -> (Run, String) {
    webhooks::queue(&run.bench, 0).await;
    webhooks::open(&run.bench, 1, 1).await;
    webhooks::queue(&run.bench, 2).await;
    say!(run, run.store.claim_hook_call(webhooks::HOOK, at(3)))
}

pub(super) async fn settle_call(run: Run) -> (Run, String) {
    webhooks::queue(&run.bench, 0).await;
    webhooks::open(&run.bench, 1, 1).await;
    webhooks::queue(&run.bench, 2).await;
    let call = run.bench.store.claim_hook_call(webhooks::HOOK, at(3)).await.expect("claimed").expect("due");
    say!(run, run.store.settle_hook_call(call.id, &HookOutcome::Told, at(3)))
}
