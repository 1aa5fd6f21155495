//! Promises about claiming messages and how far a send has come.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use nightdesk::{
    model::{
        ids::OutboxId,
        outbound::{Outbound, OutboundKind, Phase},
    },
    store::{error::StoreError, outbox::Settlement},
};

use super::{
    Case,
    bench::{Bench, Plan, at},
    changes::{self, take_over},
};

pub(super) const CASES: &[Case] = &[
    ("a_claimed_message_carries_its_bytes", |b| Box::pin(carries_its_bytes(b))),
    ("one_threads_messages_leave_in_order", |b| Box::pin(leave_in_order(b))),
    ("drafts_never_leave", |b| Box::pin(drafts_never_leave(b))),
    ("a_retry_waits_for_its_time", |b| Box::pin(a_retry_waits_for_its_time(b))),
    ("a_pause_holds_automatic_messages_only", |b| Box::pin(a_pause_holds_automatic_messages_only(b))),
    ("a_takeover_cancels_what_was_not_begun", |b| Box::pin(a_takeover_cancels(b))),
    ("a_takeover_stops_a_send_before_its_last_bytes", |b| Box::pin(a_takeover_stops_a_send(b))),
    ("a_pause_stops_a_send_before_its_last_bytes", |b| Box::pin(a_pause_stops_a_send(b))),
    ("a_persons_message_passes_pause_and_epoch", |b| Box::pin(a_persons_message_passes(b))),
    ("only_a_row_that_is_being_sent_has_phases", |b| Box::pin(only_sending_has_phases(b))),
    ("eight_workers_claim_each_row_once", |b| Box::pin(eight_workers(b))),
];

const ANA: &str = "ana@buyer.example";

pub(super) async fn claim(b: &Bench, minute: i64) -> Option<Outbound> {
    b.store.claim(at(minute), &[]).await.expect("the claim runs")
}

async fn settle_sent(b: &Bench, id: OutboxId, minute: i64) {
    let sent = Settlement::Sent { proof: "250 ok".to_owned() };
    b.store.settle(id, &sent, at(minute)).await.expect("settled");
}

async fn carries_its_bytes(b: Bench) {
    let letter = b.mail(ANA, "q", at(0)).await;
    let commit = b.commit_of(&letter, Plan::answer(), at(0)).await;
    b.store.commit(&commit).await.expect("runs");
    let claimed = claim(&b, 0).await.expect("it is due");
    let queued = &commit.outbound[0];
    assert_eq!((&claimed.payload, &claimed.key, claimed.kind), (&queued.payload, &queued.key, queued.kind));
    assert_eq!((claimed.attempts, claimed.created_at, claimed.human), (0, at(0), false));
    assert!(b.is(claimed.id, "sending").await);
    assert_eq!(claim(&b, 0).await, None, "nobody else may take it");
}

async fn leave_in_order(b: Bench) {
    let kinds = [OutboundKind::Answer, OutboundKind::Ack];
    let first = b.decide(&b.chat(5, "a", at(0)).await, Plan::answer().sending(&kinds), at(0)).await;
    let other = b.decide(&b.chat(6, "b", at(0)).await, Plan::answer(), at(0)).await;
    assert_eq!(claim(&b, 1).await.map(|row| row.id), Some(first.outbox[0]));
    assert_eq!(claim(&b, 1).await.map(|row| row.id), Some(other.outbox[0]), "other threads do not wait");
    assert_eq!(claim(&b, 1).await, None, "the first is being sent");
    let retry = Settlement::RetryAt { at: at(9), reason: "451".to_owned() };
    b.store.settle(first.outbox[0], &retry, at(1)).await.expect("settled");
    assert_eq!(claim(&b, 2).await, None, "the first comes again");
    assert_eq!(claim(&b, 9).await.map(|row| row.id), Some(first.outbox[0]));
    settle_sent(&b, first.outbox[0], 9).await;
    assert_eq!(claim(&b, 9).await.map(|row| row.id), Some(first.outbox[1]));
}

async fn drafts_never_leave(b: Bench) {
    let plan = Plan::escalate().sending(&[OutboundKind::Draft, OutboundKind::Ack]);
    let done = b.decide(&b.chat(5, "a", at(0)).await, plan, at(0)).await;
    assert_eq!(claim(&b, 99).await.map(|row| row.id), Some(done.outbox[1]), "and hold up nothing");
    assert_eq!(claim(&b, 99).await, None);
}

async fn a_retry_waits_for_its_time(b: Bench) {
    let id = b.decide(&b.mail(ANA, "q", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    claim(&b, 0).await;
    b.store.set_phase(id, Phase::Dot).await.expect("written");
    let retry = Settlement::RetryAt { at: at(5), reason: "451 after the dot".to_owned() };
    assert_eq!(b.store.settle(id, &retry, at(1)).await.expect("settled"), None);
    assert_eq!(claim(&b, 4).await, None);
    let again = claim(&b, 5).await.expect("it is due");
    assert_eq!((again.id, again.attempts), (id, 1));
    let recovered = b.store.recover(SignedDuration::from_mins(15), at(6)).await.expect("recovered");
    assert_eq!((recovered.requeued, recovered.uncertain), (1, 0), "the new attempt begins before the dot");
}

async fn a_pause_holds_automatic_messages_only(b: Bench) {
    let done = b.decide(&b.chat(5, "a", at(0)).await, Plan::escalate(), at(0)).await;
    b.store.set_paused(Some("sale"), "lin", at(0)).await.expect("paused");
    assert_eq!(claim(&b, 1).await, None);
    let ticket = done.ticket.expect("a ticket");
    changes::reply(&b, ticket, "hello from lin", at(2)).await;
    assert!(claim(&b, 3).await.is_some_and(|row| row.human), "people may always write");
    b.store.set_paused(None, "lin", at(4)).await.expect("resumed");
    assert_eq!(claim(&b, 5).await, None, "the ack was overtaken by the reply");
}

async fn a_takeover_cancels(b: Bench) {
    let first = b.decide(&b.chat(5, "a", at(0)).await, Plan::escalate(), at(0)).await;
    let ticket = first.ticket.expect("a ticket");
    b.store.change_ticket(ticket, &"lin".into(), &take_over(&b, ticket).await, at(1)).await.expect("written");
    assert!(b.is(first.outbox[0], "cancelled").await);
    assert_eq!(b.number("SELECT COUNT(*) FROM outbox WHERE reason = 'a person took over'").await, 1);
    let thread = b.context(&b.chat(5, "b", at(2)).await, at(2)).await.thread.expect("there");
    assert_eq!((thread.epoch, thread.claimed, thread.said.len()), (1, true, 0), "what was cancelled was not said");
}

async fn a_takeover_stops_a_send(b: Bench) {
    let done = b.decide(&b.chat(5, "a", at(0)).await, Plan::escalate(), at(0)).await;
    let (id, ticket) = (done.outbox[0], done.ticket.expect("a ticket"));
    claim(&b, 1).await;
    b.store.set_phase(id, Phase::Before).await.expect("written");
    b.store.change_ticket(ticket, &"lin".into(), &take_over(&b, ticket).await, at(1)).await.expect("written");
    assert!(matches!(b.store.set_phase(id, Phase::Dot).await, Err(StoreError::Overtaken { .. })));
    let retry = Settlement::RetryAt { at: at(2), reason: "stopped".to_owned() };
    b.store.settle(id, &retry, at(1)).await.expect("settled");
    assert_eq!(claim(&b, 3).await, None);
    assert!(b.is(id, "cancelled").await, "the claim finds the older epoch");
}

async fn a_pause_stops_a_send(b: Bench) {
    let id = b.decide(&b.mail(ANA, "q", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    claim(&b, 1).await;
    b.store.set_paused(Some("sale"), "lin", at(1)).await.expect("paused");
    assert!(matches!(b.store.set_phase(id, Phase::Dot).await, Err(StoreError::Overtaken { .. })));
    b.store.set_paused(None, "lin", at(2)).await.expect("resumed");
    b.store.set_phase(id, Phase::Dot).await.expect("written");
}

async fn a_persons_message_passes(b: Bench) {
    let done = b.decide(&b.chat(5, "a", at(0)).await, Plan::escalate().sending(&[]), at(0)).await;
    let ticket = done.ticket.expect("a ticket");
    changes::reply(&b, ticket, "one", at(1)).await;
    b.store.change_ticket(ticket, &"kim".into(), &take_over(&b, ticket).await, at(2)).await.expect("written");
    b.store.set_paused(Some("sale"), "lin", at(2)).await.expect("paused");
    let row = claim(&b, 3).await.expect("it is due");
    assert!(row.human);
    b.store.set_phase(row.id, Phase::Dot).await.expect("a person wrote it");
    settle_sent(&b, row.id, 3).await;
}

async fn only_sending_has_phases(b: Bench) {
    let id = b.decide(&b.mail(ANA, "q", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    let refused = b.store.set_phase(id, Phase::Dot).await;
    assert!(matches!(refused, Err(StoreError::NotSending { state, .. }) if state == "ready"));
    assert!(matches!(b.store.set_phase(OutboxId(999), Phase::Dot).await, Err(StoreError::Missing { .. })));
}

async fn eight_workers(b: Bench) {
    const ROWS: usize = 200;
    for chat in 0..200 {
        b.decide(&b.chat(chat, "a", at(0)).await, Plan::answer(), at(0)).await;
    }
    let workers = (0..8).map(|_| {
        let store = b.store.clone();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            while let Some(row) = store.claim(at(1), &[]).await.expect("the claim runs") {
                mine.push(row.id);
            }
            mine
        })
    });
    let mut claimed = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        claimed.extend(worker.await.expect("no panic"));
    }
    let different: BTreeSet<OutboxId> = claimed.iter().copied().collect();
    assert_eq!((claimed.len(), different.len()), (ROWS, ROWS));
}
