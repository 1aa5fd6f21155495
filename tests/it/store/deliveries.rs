//! Promises about how sends end.

use nightdesk::{
    model::{
        ids::{OutboxId, TicketId},
        outbound::{OutboundKind, Phase},
        ticket::{EventKind, TicketState, Urgency},
    },
    store::{error::StoreError, outbox::Settlement},
};

use super::{
    Case,
    bench::{Bench, Plan, at},
    changes,
    outboxes::claim,
};

pub(super) const CASES: &[Case] = &[
    ("a_sent_message_keeps_its_proof", |b| Box::pin(keeps_its_proof(b))),
    ("a_failed_answer_becomes_a_persons_case", |b| Box::pin(failed_answer(b))),
    ("an_uncertain_send_is_never_claimed_again", |b| Box::pin(uncertain_send(b))),
    ("proof_may_come_late", |b| Box::pin(proof_may_come_late(b))),
    ("a_settlement_repeated_changes_nothing", |b| Box::pin(settled_twice(b))),
    ("a_row_that_is_not_being_sent_cannot_be_settled", |b| Box::pin(not_sending(b))),
    ("a_restart_sends_again_only_what_cannot_have_arrived", |b| Box::pin(restart(b))),
    ("delivery_trouble_joins_the_open_ticket", |b| Box::pin(joins_the_open_ticket(b))),
    ("a_bounced_answer_opens_a_ticket", |b| Box::pin(bounced_answer(b))),
    ("a_bounced_ack_without_ticket_is_nobodys_case", |b| Box::pin(bounced_ack(b))),
    ("a_permanent_bounce_switches_answers_off", |b| Box::pin(permanent_bounce(b))),
    ("a_bounce_of_a_strangers_id_is_ignored", |b| Box::pin(strangers_bounce(b))),
];

const ANA: &str = "ana@buyer.example";

/// Sends one answer up to its dot.
async fn begun(b: &Bench) -> OutboxId {
    let id = b.decide(&b.mail(ANA, "q", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    assert_eq!(claim(b, 0).await.map(|row| row.id), Some(id));
    b.store.set_phase(id, Phase::Dot).await.expect("written");
    id
}

async fn settle(b: &Bench, id: OutboxId, settlement: &Settlement) -> Option<TicketId> {
    b.store.settle(id, settlement, at(1)).await.expect("settled")
}

fn sent() -> Settlement {
    Settlement::Sent { proof: "250 2.0.0 queued as 4F".to_owned() }
}

fn failed() -> Settlement {
    Settlement::Failed { reason: "550 5.1.1 no such user".to_owned() }
}

fn uncertain() -> Settlement {
    Settlement::Uncertain { reason: "connection lost after the dot".to_owned() }
}

async fn delivery_events(b: &Bench, ticket: TicketId) -> Vec<String> {
    let file = b.store.ticket(ticket).await.expect("read").expect("there");
    file.events.into_iter().filter(|event| event.what == EventKind::Delivery).map(|event| event.text).collect()
}

async fn keeps_its_proof(b: Bench) {
    let id = begun(&b).await;
    assert_eq!(settle(&b, id, &sent()).await, None);
    let sql = format!(
        "SELECT COUNT(*) FROM outbox WHERE state = 'sent' AND proof LIKE '250%' AND settled_at = {}",
        at(1).as_millisecond()
    );
    assert_eq!(b.number(&sql).await, 1);
    assert!(b.listed(&[]).await.is_empty());
}

async fn failed_answer(b: Bench) {
    let id = begun(&b).await;
    let ticket = settle(&b, id, &failed()).await.expect("a person must look");
    assert!(b.is(id, "cancelled").await);
    assert_eq!(delivery_events(&b, ticket).await, ["550 5.1.1 no such user"]);
    let file = b.store.ticket(ticket).await.expect("read").expect("there");
    assert_eq!((file.ticket.state, file.ticket.urgency), (TicketState::Open, Urgency::High));
    assert_eq!((file.ticket.subject.as_str(), file.ticket.buyer.as_str()), ("Order", "Ana"));
    let counts = b.store.counts().await.expect("read");
    assert_eq!(counts.inbound.get("escalated"), Some(&1), "what will never arrive did not answer");
}

async fn uncertain_send(b: Bench) {
    let id = begun(&b).await;
    let ticket = settle(&b, id, &uncertain()).await.expect("a person must look");
    assert_eq!(delivery_events(&b, ticket).await, ["connection lost after the dot"]);
    assert_eq!(claim(&b, 9999).await, None);
    assert_eq!(b.store.recover(at(9999)).await.expect("recovered"), nightdesk::store::outbox::Recovered::default());
}

async fn proof_may_come_late(b: Bench) {
    let id = begun(&b).await;
    let ticket = settle(&b, id, &uncertain()).await.expect("a person must look");
    settle(&b, id, &sent()).await;
    assert!(b.is(id, "sent").await);
    assert_eq!(delivery_events(&b, ticket).await.len(), 2);
}

async fn settled_twice(b: Bench) {
    let id = begun(&b).await;
    let ticket = settle(&b, id, &failed()).await.expect("a person must look");
    assert_eq!(settle(&b, id, &failed()).await, None);
    assert_eq!(delivery_events(&b, ticket).await.len(), 1);
}

async fn not_sending(b: Bench) {
    let id = b.decide(&b.mail(ANA, "q", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    let refused = b.store.settle(id, &sent(), at(0)).await;
    assert!(matches!(refused, Err(StoreError::NotSending { state, .. }) if state == "ready"));
    claim(&b, 1).await;
    settle(&b, id, &sent()).await;
    assert!(
        matches!(b.store.settle(id, &uncertain(), at(2)).await, Err(StoreError::NotSending { .. })),
        "sent is sent"
    );
}

async fn restart(b: Bench) {
    let before = b.decide(&b.chat(5, "a", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    let dot = b.decide(&b.chat(6, "b", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    claim(&b, 1).await;
    claim(&b, 1).await;
    b.store.set_phase(dot, Phase::Dot).await.expect("written");
    let b = b.reopened().await;
    let recovered = b.store.recover(at(2)).await.expect("recovered");
    assert_eq!((recovered.requeued, recovered.uncertain.len()), (1, 1));
    assert!(b.is(dot, "uncertain").await);
    let again = claim(&b, 2).await.expect("it is due");
    assert_eq!((again.id, again.attempts), (before, 1));
    assert_eq!(delivery_events(&b, recovered.uncertain[0]).await.len(), 1);
}

async fn joins_the_open_ticket(b: Bench) {
    let done = b.decide(&b.mail(ANA, "q", at(0)).await, Plan::escalate(), at(0)).await;
    let ticket = done.ticket.expect("a ticket");
    changes::reply(&b, ticket, "hello", at(1)).await;
    let row = claim(&b, 1).await.expect("the reply is due");
    assert_eq!(settle(&b, row.id, &failed()).await, Some(ticket));
    let file = b.store.ticket(ticket).await.expect("read").expect("there");
    assert_eq!(file.ticket.state, TicketState::Open, "it is not the buyer's turn after all");
}

async fn bounced_answer(b: Bench) {
    let id = begun(&b).await;
    settle(&b, id, &sent()).await;
    let ours = "ar.i1-answer@shop.example";
    let ticket = b.store.bounced(ours, "4.2.2 mailbox full", at(5)).await.expect("noted").expect("a person must look");
    assert_eq!(delivery_events(&b, ticket).await, ["4.2.2 mailbox full"]);
    assert_eq!(b.store.bounced(ours, "again", at(6)).await.expect("noted"), Some(ticket));
    let buyer = b.context(&b.mail(ANA, "x", at(7)).await, at(7)).await.buyer.expect("known");
    assert!(!buyer.suppressed, "a full mailbox is not for ever");
}

async fn bounced_ack(b: Bench) {
    let plan = Plan::suppress().sending(&[OutboundKind::Ack]);
    b.decide(&b.mail(ANA, "q", at(0)).await, plan, at(0)).await;
    assert_eq!(b.store.bounced("ar.i1-ack@shop.example", "4.0.0", at(1)).await.expect("noted"), None);
}

async fn permanent_bounce(b: Bench) {
    for (number, (reason, permanent)) in [
        ("smtp; 550 5.1.1 <ana@buyer.example>: unknown", true),
        ("permanent failure", true),
        ("delayed: 4.5.5.1", false),
        ("rejected by 192.5.1.1", false),
    ]
    .into_iter()
    .enumerate()
    {
        let address = format!("buyer{number}@buyer.example");
        let letter = b.mail(&address, "q", at(0)).await;
        b.decide(&letter, Plan::answer(), at(0)).await;
        let ours = format!("ar.i{}-answer@shop.example", letter.id);
        b.store.bounced(&ours, reason, at(5)).await.expect("noted");
        let buyer = b.context(&b.mail(&address, "x", at(7)).await, at(7)).await.buyer.expect("known");
        assert_eq!(buyer.suppressed, permanent, "{reason}");
    }
}

async fn strangers_bounce(b: Bench) {
    let letter = b.mail_as(ANA, "q", "theirs@x", &[], at(0)).await;
    b.decide(&letter, Plan::answer(), at(0)).await;
    for id in ["theirs@x", "nobody@x"] {
        assert_eq!(b.store.bounced(id, "550 5.1.1", at(1)).await.expect("noted"), None);
    }
}
