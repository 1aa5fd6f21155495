//! Promises about how sends end.

use jiff::SignedDuration;
use nightdesk::{
    model::{
        ids::{AccountName, InboundId, OutboxId, TicketId},
        outbound::{OutboundKind, Phase},
        ticket::{EventKind, TicketState, Urgency},
        verdict::Outcome,
    },
    store::{
        error::StoreError,
        evidence::Evidence,
        outbox::{Recovered, Settlement},
    },
};

use super::{
    Case,
    bench::{Bench, Plan, account, at},
    changes,
    outboxes::claim,
};

pub(super) const CASES: &[Case] = &[
    ("a_sent_message_keeps_its_proof", |b| Box::pin(keeps_its_proof(b))),
    ("a_failed_answer_becomes_a_persons_case", |b| Box::pin(failed_answer(b))),
    ("a_part_that_was_answered_in_vain_was_not_answered", |b| Box::pin(failed_part(b))),
    ("an_uncertain_send_is_never_claimed_again", |b| Box::pin(uncertain_send(b))),
    ("a_doubt_is_looked_for_at_its_times", |b| Box::pin(looked_for_at_its_times(b))),
    ("doubts_of_an_account_nobody_serves_keep_no_others_waiting", |b| Box::pin(no_account_keeps_others_waiting(b))),
    ("evidence_ends_a_doubt", |b| Box::pin(evidence_ends_a_doubt(b))),
    ("evidence_after_the_ticket_is_noted_on_it", |b| Box::pin(evidence_after_the_ticket(b))),
    ("a_bounce_proves_that_a_message_left", |b| Box::pin(bounce_of_a_doubt(b))),
    ("proof_may_come_late", |b| Box::pin(proof_may_come_late(b))),
    ("an_account_whose_server_fails_rests", |b| Box::pin(account_rests(b))),
    ("a_clock_that_went_back_holds_nobody_up", |b| Box::pin(clock_that_went_back(b))),
    ("a_mail_broken_off_at_its_end_is_looked_for", |b| Box::pin(restart_with_a_mail(b))),
    ("a_settlement_repeated_changes_nothing", |b| Box::pin(settled_twice(b))),
    ("the_end_of_one_send_takes_the_next_message", |b| Box::pin(end_takes_the_next(b))),
    ("a_row_that_is_not_being_sent_cannot_be_settled", |b| Box::pin(not_sending(b))),
    ("a_restart_sends_again_only_what_cannot_have_arrived", |b| Box::pin(restart(b))),
    ("delivery_trouble_joins_the_open_ticket", |b| Box::pin(joins_the_open_ticket(b))),
    ("a_bounced_answer_opens_a_ticket", |b| Box::pin(bounced_answer(b))),
    ("a_bounced_ack_without_ticket_is_nobodys_case", |b| Box::pin(bounced_ack(b))),
    ("a_permanent_bounce_switches_answers_off", |b| Box::pin(permanent_bounce(b))),
    ("a_bounce_of_a_strangers_id_is_ignored", |b| Box::pin(strangers_bounce(b))),
];

const ANA: &str = "ana@buyer.example";

/// The report that tells of a bounce.
const REPORT: InboundId = InboundId(900);

const VERIFY_FOR: SignedDuration = SignedDuration::from_mins(15);

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
    Settlement::Uncertain { reason: "connection lost after the dot".to_owned(), verify_by: at(16) }
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

async fn failed_part(b: Bench) {
    let mut plan = Plan::escalate().sending(&[OutboundKind::Answer]);
    plan.outcome = Outcome::Escalated { with_answer: true };
    let id = b.decide(&b.mail(ANA, "q", at(0)).await, plan, at(0)).await.outbox[0];
    claim(&b, 0).await;
    settle(&b, id, &failed()).await.expect("a person must look");
    let whole =
        "SELECT COUNT(*) FROM inbound WHERE outcome = 'escalated' AND outcome_reason IS NULL AND with_answer = 0";
    assert_eq!(b.number(whole).await, 1);
}

async fn uncertain_send(b: Bench) {
    let id = begun(&b).await;
    assert_eq!(settle(&b, id, &uncertain()).await, None, "it is looked for first");
    assert!(b.listed(&[]).await.is_empty());
    assert_eq!(claim(&b, 9999).await, None);
    assert_eq!(b.store.recover(VERIFY_FOR, at(9999)).await.expect("recovered"), Recovered::default());
    let ticket = b.store.escalate_doubt(id, "not found", at(16)).await.expect("written").expect("a person must look");
    assert_eq!(delivery_events(&b, ticket).await, ["connection lost after the dot; not found"]);
    assert!(b.is(id, "escalated").await);
    assert_eq!(claim(&b, 9999).await, None);
    assert_eq!(b.store.escalate_doubt(id, "again", at(17)).await.expect("written"), Some(ticket), "one ticket");
    assert_eq!((b.listed(&[]).await.len(), delivery_events(&b, ticket).await.len()), (1, 1));
}

async fn looked_for_at_its_times(b: Bench) {
    let id = begun(&b).await;
    settle(&b, id, &uncertain()).await;
    let due = async |minute| b.store.doubts(at(minute)).await.expect("read");
    let doubt = due(1).await.pop().expect("the first look is at once");
    assert_eq!((doubt.id, doubt.looks, doubt.verify_by), (id, 0, at(16)));
    assert_eq!(doubt.message_id.as_deref(), Some("ar.i1-answer@shop.example"));
    b.store.look_again(id, at(4), at(2)).await.expect("written");
    assert!(due(3).await.is_empty());
    assert_eq!(due(4).await[0].looks, 1);
    b.store.escalate_doubt(id, "", at(16)).await.expect("written");
    assert!(due(99).await.is_empty(), "that is a person's now");
    b.store.look_again(id, at(5), at(17)).await.expect("written");
    assert!(b.is(id, "escalated").await);
}

async fn no_account_keeps_others_waiting(b: Bench) {
    const CROWD: usize = 150;
    let own = begun(&b).await;
    settle(&b, own, &uncertain()).await;
    b.run(&format!(
        "INSERT INTO outbox (key, thread, account, kind, human, epoch, recipient_key, intents, replies, payload, state,
                             reason, verify_by, due_at, created_at, changed_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {CROWD})
         SELECT 'crowd' || i, o.thread, 'gone', o.kind, 0, 0, o.recipient_key, o.intents, o.replies, o.payload, o.state,
                o.reason, o.verify_by, o.due_at - 1, o.created_at, o.changed_at FROM n, outbox o WHERE o.id = {own}"
    ))
    .await;
    let doubts = b.store.doubts(at(1)).await.expect("read");
    assert!(doubts.iter().any(|doubt| doubt.id == own), "nobody serves the account of the others");
    assert!(doubts.len() < CROWD, "a round is a round");
}

async fn evidence_ends_a_doubt(b: Bench) {
    let id = begun(&b).await;
    let ours = "ar.i1-answer@shop.example";
    let evidence = async |minute| b.store.evidence(ours, "message 7 in Sent", at(minute)).await.expect("written");
    assert_eq!(evidence(0).await, Evidence::Known(id), "it is being sent: its own end is waited for");
    settle(&b, id, &uncertain()).await;
    assert_eq!(evidence(2).await, Evidence::Verified(id));
    assert!(b.is(id, "verified_sent").await);
    assert_eq!(evidence(3).await, Evidence::Known(id));
    assert_eq!(b.store.escalate_doubt(id, "", at(16)).await.expect("written"), None);
    assert!(b.listed(&[]).await.is_empty(), "nobody need look");
    assert_eq!(claim(&b, 9999).await, None);
    assert_eq!(b.store.evidence("nobody@x", "x", at(4)).await.expect("read"), Evidence::Unknown);
}

async fn evidence_after_the_ticket(b: Bench) {
    let id = begun(&b).await;
    settle(&b, id, &uncertain()).await;
    let ticket = b.store.escalate_doubt(id, "", at(16)).await.expect("written").expect("a ticket");
    let seen = b.store.evidence("ar.i1-answer@shop.example", "the buyer answers it", at(20)).await.expect("written");
    assert_eq!(seen, Evidence::Verified(id));
    assert!(b.is(id, "verified_sent").await);
    let events = delivery_events(&b, ticket).await;
    assert_eq!(events[1], "the message in doubt was sent after all: the buyer answers it");
    assert_eq!(b.listed(&[]).await, [ticket], "a person closes it");
}

async fn bounce_of_a_doubt(b: Bench) {
    let id = begun(&b).await;
    settle(&b, id, &uncertain()).await;
    let ticket = b.store.bounced(REPORT, "ar.i1-answer@shop.example", "5.1.1 unknown", at(3)).await.expect("noted");
    assert!(ticket.is_some(), "the answer did not arrive");
    assert!(b.is(id, "verified_sent").await, "what came back had left");
    assert_eq!(b.listed(&[]).await.len(), 1);
}

async fn proof_may_come_late(b: Bench) {
    let id = begun(&b).await;
    settle(&b, id, &uncertain()).await;
    settle(&b, id, &sent()).await;
    assert!(b.is(id, "verified_sent").await);
    assert_eq!(b.number("SELECT COUNT(*) FROM outbox WHERE proof LIKE '250%'").await, 1);
}

async fn account_rests(b: Bench) {
    for chat in 0..2 {
        b.decide(&b.chat(chat, "a", at(0)).await, Plan::answer(), at(0)).await;
    }
    let mail = b.decide(&b.mail(ANA, "q", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    let bot = AccountName::from("bot");
    let first = claim(&b, 1).await.expect("due");
    let pause = |failures: u32| SignedDuration::from_mins((10 * failures).into());
    let until = b.store.rest(&bot, "connection refused", at(1), pause).await.expect("written");
    assert_eq!(until, at(11));
    let retry = Settlement::RetryAt { at: until, reason: "connection refused".to_owned() };
    b.store.settle(first.id, &retry, at(1)).await.expect("settled");
    assert_eq!(claim(&b, 2).await.map(|row| row.id), Some(mail), "other accounts go on");
    assert_eq!(claim(&b, 10).await, None, "the second message does not knock either");
    assert_eq!(b.store.rest(&bot, "again", at(11), pause).await.expect("written"), at(31), "each rest is longer");
    let b = b.reopened().await;
    assert_eq!(claim(&b, 12).await, None, "a restart does not forget it");
    b.store.recover(VERIFY_FOR, at(12)).await.expect("recovered");
    let again = claim(&b, 13).await.expect("but after a start an account is tried soon");
    b.store.settle(again.id, &sent(), at(13)).await.expect("settled");
    assert_eq!(b.number("SELECT COUNT(*) FROM account_rest").await, 0, "its server works");
    assert_eq!(b.store.rest(&bot, "again", at(13), pause).await.expect("written"), at(23), "counted anew");
}

async fn clock_that_went_back(b: Bench) {
    let id = b.decide(&b.mail(ANA, "q", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    claim(&b, 1000).await;
    let retry = Settlement::RetryAt { at: at(1060), reason: "451".to_owned() };
    b.store.settle(id, &retry, at(1000)).await.expect("settled");
    b.store.rest(&account(), "away", at(1000), |_| SignedDuration::from_mins(60)).await.expect("written");
    assert_eq!(claim(&b, 1001).await, None);
    assert_eq!(claim(&b, 5).await.map(|row| row.id), Some(id), "a pause set by a clock that was wrong holds nobody up");
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

async fn end_takes_the_next(b: Bench) {
    let id = begun(&b).await;
    let letter = b.mail("tom@buyer.example", "q", at(0)).await;
    let next = b.decide(&letter, Plan::answer(), at(0)).await.outbox[0];
    let taken = b.store.settle_and_claim(id, "250 taken", at(1)).await.expect("settled").expect("one waits");
    assert_eq!((taken.id, taken.attempts), (next, 0));
    assert!(b.is(id, "sent").await && b.is(next, "sending").await);
    assert_eq!(b.store.settle_and_claim(next, "250 taken", at(2)).await.expect("settled"), None, "nothing waits");
    assert_eq!(b.store.settle_and_claim(next, "250 taken", at(2)).await.expect("known"), None, "it was settled");
}

async fn restart(b: Bench) {
    let before = b.decide(&b.chat(5, "a", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    let dot = b.decide(&b.chat(6, "b", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    claim(&b, 1).await;
    claim(&b, 1).await;
    b.store.set_phase(dot, Phase::Dot).await.expect("written");
    let b = b.reopened().await;
    let recovered = b.store.recover(VERIFY_FOR, at(2)).await.expect("recovered");
    assert_eq!((recovered.requeued, recovered.uncertain), (1, 1));
    assert!(b.is(dot, "uncertain").await);
    let doubt = b.store.doubts(at(2)).await.expect("read").pop().expect("it is looked for");
    assert_eq!((doubt.id, doubt.verify_by), (dot, at(2)), "a chat cannot be searched: a person is asked at once");
    let again = claim(&b, 2).await.expect("it is due");
    assert_eq!((again.id, again.attempts), (before, 1));
    assert!(b.listed(&[]).await.is_empty());
}

async fn restart_with_a_mail(b: Bench) {
    let id = begun(&b).await;
    let recovered = b.store.recover(VERIFY_FOR, at(30)).await.expect("recovered");
    assert_eq!(recovered, Recovered { requeued: 0, uncertain: 1 });
    let doubt = b.store.doubts(at(30)).await.expect("read").pop().expect("it is looked for");
    assert_eq!((doubt.id, doubt.verify_by), (id, at(45)), "what the night brought is read before a person is asked");
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
    let ticket =
        b.store.bounced(REPORT, ours, "4.2.2 mailbox full", at(5)).await.expect("noted").expect("a person must look");
    assert_eq!(delivery_events(&b, ticket).await, ["4.2.2 mailbox full"]);
    assert_eq!(b.store.bounced(REPORT, ours, "4.2.2 mailbox full", at(6)).await.expect("noted"), Some(ticket));
    assert_eq!(delivery_events(&b, ticket).await, ["4.2.2 mailbox full"], "one report is noted once");
    let another = InboundId(REPORT.0 + 1);
    assert_eq!(b.store.bounced(another, ours, "again", at(6)).await.expect("noted"), Some(ticket));
    let buyer = b.context(&b.mail(ANA, "x", at(7)).await, at(7)).await.buyer.expect("known");
    assert!(!buyer.suppressed, "a full mailbox is not for ever");
}

async fn bounced_ack(b: Bench) {
    let plan = Plan::suppress().sending(&[OutboundKind::Ack]);
    b.decide(&b.mail(ANA, "q", at(0)).await, plan, at(0)).await;
    assert_eq!(b.store.bounced(REPORT, "ar.i1-ack@shop.example", "4.0.0", at(1)).await.expect("noted"), None);
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
        b.store.bounced(InboundId(900 + letter.id.0), &ours, reason, at(5)).await.expect("noted");
        let buyer = b.context(&b.mail(&address, "x", at(7)).await, at(7)).await.buyer.expect("known");
        assert_eq!(buyer.suppressed, permanent, "{reason}");
    }
}

async fn strangers_bounce(b: Bench) {
    let letter = b.mail_as(ANA, "q", "theirs@x", &[], at(0)).await;
    b.decide(&letter, Plan::answer(), at(0)).await;
    for id in ["theirs@x", "nobody@x"] {
        assert_eq!(b.store.bounced(REPORT, id, "550 5.1.1", at(1)).await.expect("noted"), None);
    }
}
