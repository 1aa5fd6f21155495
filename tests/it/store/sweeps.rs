//! Promises about the sweep: what does not end by itself is found once and given an end.

use jiff::{SignedDuration, Timestamp};
use nightdesk::{
    model::{
        ids::TicketId,
        outbound::{OutboundKind, Phase},
        thread::PendingAsk,
        ticket::TicketState,
        verdict::Outcome,
    },
    store::{
        outbox::Settlement,
        quarantine::Cause,
        sweep::{Bounds, Swept},
    },
};

use super::{
    Case,
    bench::{Bench, Plan, at},
    changes,
    outboxes::claim,
};

pub(super) const CASES: &[Case] = &[
    ("a_sweep_of_a_healthy_store_finds_nothing", |b| Box::pin(finds_nothing(b))),
    ("a_message_that_is_passed_over_goes_into_quarantine", |b| Box::pin(passed_over(b))),
    ("a_long_queue_is_not_passed_over", |b| Box::pin(a_long_queue(b))),
    ("a_send_that_stopped_goes_on_by_its_phase", |b| Box::pin(a_send_that_stopped(b))),
    ("a_message_nobody_sends_becomes_a_ticket", |b| Box::pin(nobody_sends(b))),
    ("an_answer_that_never_left_is_no_answer", |b| Box::pin(never_left(b))),
    ("an_escalation_without_ticket_gets_one", |b| Box::pin(without_ticket(b))),
    ("a_question_nobody_answers_is_told_to_a_person", |b| Box::pin(nobody_answers(b))),
    ("an_answered_question_is_nobodys_case", |b| Box::pin(an_answered_question(b))),
    ("sweeps_at_once_find_a_case_once", |b| Box::pin(at_once(b))),
];

const ANA: &str = "ana@buyer.example";

const BOUNDS: Bounds = Bounds {
    undecided: SignedDuration::from_mins(30),
    sending: SignedDuration::from_mins(60),
    unsent: SignedDuration::from_mins(26 * 60),
    unanswered: SignedDuration::from_mins(24 * 60),
    verify_for: SignedDuration::from_mins(15),
};

/// Sweeps twice; what the first found, the second finds no more.
async fn sweep(b: &Bench, minute: i64) -> Swept {
    let found = b.store.sweep(&BOUNDS, at(minute)).await.expect("swept");
    assert_eq!(b.store.sweep(&BOUNDS, at(minute)).await.expect("swept"), Swept::default(), "once is enough");
    found
}

async fn reasons(b: &Bench, ticket: TicketId) -> Vec<String> {
    b.store.ticket(ticket).await.expect("read").expect("there").ticket.reasons
}

fn asking(now: Timestamp) -> Plan {
    let pending = PendingAsk {
        intent: "tracking".into(),
        slot: "order_number".to_owned(),
        known: std::collections::BTreeMap::default(),
        asked_at: now,
    };
    let mut plan = Plan::answer().sending(&[OutboundKind::Ask]);
    plan.outcome = Outcome::Asked;
    plan.pending = Some(pending);
    plan
}

async fn finds_nothing(b: Bench) {
    let done = b.decide(&b.mail(ANA, "q", at(0)).await, Plan::answer(), at(0)).await;
    b.decide(&b.chat(5, "q", at(0)).await, Plan::escalate().sending(&[]), at(0)).await;
    b.decide(&b.chat(6, "q", at(0)).await, Plan::suppress(), at(0)).await;
    claim(&b, 1).await;
    let sent = Settlement::Sent { proof: "250".to_owned() };
    b.store.settle(done.outbox[0], &sent, at(1)).await.expect("settled");
    b.mail(ANA, "just came", at(5_000)).await;
    assert_eq!(sweep(&b, 5_001).await, Swept::default());
}

async fn passed_over(b: Bench) {
    let old = b.mail(ANA, "poison", at(0)).await;
    b.decide(&b.mail(ANA, "q", at(1)).await, Plan::answer().sending(&[]), at(1)).await;
    assert_eq!(sweep(&b, 20).await, Swept::default(), "it may be its turn yet");
    assert_eq!(sweep(&b, 40).await, Swept { undecided: 1, ..Swept::default() });
    let aside = b.store.quarantined(false, None, None, 9).await.expect("read");
    assert_eq!((aside[0].id, aside[0].cause), (old.id, Cause::Stuck));
    // What a person wants decided again is not late the moment it waits.
    b.store.rerun(old.id, "lin", at(50)).await.expect("runs");
    assert_eq!(sweep(&b, 51).await, Swept::default());
    assert_eq!(sweep(&b, 90).await.undecided, 1);
}

async fn a_long_queue(b: Bench) {
    for _ in 0..3 {
        b.mail(ANA, "q", at(0)).await;
    }
    assert_eq!(sweep(&b, 600).await, Swept::default(), "nothing later was decided: it waits, and is not stuck");
}

async fn a_send_that_stopped(b: Bench) {
    let before = b.decide(&b.chat(5, "a", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    let after = b.decide(&b.chat(6, "a", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    claim(&b, 1).await;
    claim(&b, 1).await;
    b.store.set_phase(after, Phase::Dot).await.expect("written");
    assert_eq!(sweep(&b, 60).await, Swept::default(), "it may still be at it");
    assert_eq!(sweep(&b, 62).await, Swept { broken_off: 2, ..Swept::default() });
    assert!(b.is(before, "ready").await && b.is(after, "uncertain").await);
}

async fn nobody_sends(b: Bench) {
    let done = b.decide(&b.chat(5, "a", at(0)).await, Plan::answer(), at(0)).await;
    assert_eq!(sweep(&b, 25 * 60).await, Swept::default());
    assert_eq!(sweep(&b, 27 * 60).await, Swept { unsent: 1, ..Swept::default() });
    assert!(b.is(done.outbox[0], "cancelled").await);
    let [ticket] = b.listed(&[]).await[..] else { panic!("one ticket") };
    assert_eq!(reasons(&b, ticket).await, ["a message to the buyer could not be delivered"]);
    assert_eq!(b.number("SELECT COUNT(*) FROM inbound WHERE outcome = 'escalated'").await, 1);
}

async fn never_left(b: Bench) {
    let done = b.decide(&b.chat(5, "a", at(0)).await, Plan::answer(), at(0)).await;
    let cancel = "UPDATE outbox SET state = 'cancelled', reason = 'gone', settled_at = changed_at";
    assert!(!b.refuses(cancel).await);
    assert_eq!(sweep(&b, 5).await, Swept { unanswered: 1, ..Swept::default() });
    let [ticket] = b.listed(&[]).await[..] else { panic!("one ticket") };
    assert_eq!(reasons(&b, ticket).await, ["The answer that was decided on never left."]);
    // A person who took over is that person already.
    let other = b.decide(&b.chat(6, "a", at(6)).await, Plan::escalate(), at(6)).await;
    b.decide(&b.chat(6, "b", at(7)).await, Plan::answer(), at(7)).await;
    let owned = other.ticket.expect("a ticket");
    b.store.change_ticket(owned, &"lin".into(), &changes::take_over(&b, owned).await, at(8)).await.expect("written");
    assert_eq!(sweep(&b, 9).await.unanswered, 0, "the message is that person's since then");
    assert_eq!(reasons(&b, owned).await, ["no rule stands"], "no second reason for what a person works on");
    assert_eq!(b.number("SELECT COUNT(*) FROM inbound WHERE outcome = 'answered'").await, 0);
    drop(done);
}

async fn without_ticket(b: Bench) {
    let letter = b.decide(&b.chat(5, "a", at(0)).await, Plan::answer(), at(0)).await;
    assert!(!b.refuses("UPDATE inbound SET outcome = 'escalated'").await);
    assert_eq!(sweep(&b, 1).await, Swept { without_ticket: 1, ..Swept::default() });
    let [ticket] = b.listed(&[]).await[..] else { panic!("one ticket") };
    assert_eq!(b.store.ticket(ticket).await.expect("read").expect("there").ticket.thread, letter.thread);
}

async fn nobody_answers(b: Bench) {
    let done = b.decide(&b.chat(5, "where is it", at(0)).await, asking(at(0)), at(0)).await;
    claim(&b, 1).await;
    let sent = Settlement::Sent { proof: "250".to_owned() };
    b.store.settle(done.outbox[0], &sent, at(1)).await.expect("settled");
    assert_eq!(sweep(&b, 23 * 60).await, Swept::default(), "the day is not over");
    assert_eq!(sweep(&b, 25 * 60).await, Swept { unanswered_questions: 1, ..Swept::default() });
    let [ticket] = b.listed(&[TicketState::Open]).await[..] else { panic!("one ticket") };
    assert_eq!(reasons(&b, ticket).await, ["We asked for something that is missing, and nobody answered for a day."]);
}

async fn an_answered_question(b: Bench) {
    let done = b.decide(&b.chat(5, "where is it", at(0)).await, asking(at(0)), at(0)).await;
    claim(&b, 1).await;
    let sent = Settlement::Sent { proof: "250".to_owned() };
    b.store.settle(done.outbox[0], &sent, at(1)).await.expect("settled");
    let second = b.decide(&b.chat(5, "A-1", at(9)).await, Plan::answer(), at(9)).await;
    claim(&b, 9).await;
    b.store.settle(second.outbox[0], &sent, at(9)).await.expect("settled");
    assert_eq!(sweep(&b, 25 * 60).await, Swept::default());
}

async fn at_once(b: Bench) {
    for chat in 0..20 {
        b.decide(&b.chat(chat, "a", at(0)).await, Plan::answer(), at(0)).await;
    }
    for _ in 0..5 {
        b.mail(ANA, "passed over", at(0)).await;
    }
    b.decide(&b.mail("tom@buyer.example", "later", at(1)).await, Plan::suppress(), at(1)).await;
    let sweeps = (0..4).map(|_| {
        let store = b.store.clone();
        tokio::spawn(async move { store.sweep(&BOUNDS, at(27 * 60)).await.expect("swept") })
    });
    let mut found = Swept::default();
    for sweep in sweeps.collect::<Vec<_>>() {
        found.add(&sweep.await.expect("no panic"));
    }
    assert_eq!(found, Swept { unsent: 20, undecided: 5, ..Swept::default() });
    assert_eq!(b.listed(&[]).await.len(), 25, "one ticket each");
}
