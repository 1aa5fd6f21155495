//! Promises about response clocks, and about messages that wait for the buyer's morning.

use jiff::Timestamp;
use nightdesk::{
    model::{
        commit::CommitOutcome,
        ids::TicketId,
        outbound::{OutboundKind, Phase},
        ticket::Due,
    },
    store::outbox::Settlement,
};

use super::{
    Case,
    bench::{Bench, Done, Letter, Plan, at},
    changes::{close, reply, take_over},
    outboxes::claim,
};

pub(super) const CASES: &[Case] = &[
    ("the_clock_of_the_longest_wait_runs_until_a_person_answers", |b| Box::pin(longest_wait(b))),
    ("a_closed_ticket_that_opens_again_has_a_new_clock", |b| Box::pin(opened_again(b))),
    ("an_answer_that_failed_lets_the_clock_of_its_message_run", |b| Box::pin(failed_answer(b))),
    ("what_waits_for_the_morning_is_not_taken_before", |b| Box::pin(waits_for_the_morning(b))),
    ("a_new_message_wakes_what_waits_for_the_morning", |b| Box::pin(woken(b))),
    ("a_person_who_takes_over_cancels_what_waits_for_the_morning", |b| Box::pin(taken_over(b))),
];

const ANA: &str = "ana@buyer.example";

/// Decides on a message that must be answered by then, and may be answered from then on.
async fn decide(b: &Bench, letter: &Letter, plan: Plan, now: Timestamp, due: i64, not_before: Option<i64>) -> Done {
    let mut commit = b.commit_of(letter, plan, now).await;
    commit.verdict.due = Some(Due { at: at(due), clock: "email 24h".to_owned() });
    commit.verdict.not_before = not_before.map(at);
    match b.store.commit(&commit).await.expect("the commit runs") {
        CommitOutcome::Committed { thread, ticket, outbox } => Done { thread, ticket, outbox },
        other => panic!("not committed: {other:?}"),
    }
}

async fn due(b: &Bench, ticket: TicketId) -> Option<Timestamp> {
    b.store.ticket(ticket).await.expect("read").expect("there").ticket.respond_by
}

async fn longest_wait(b: Bench) {
    let first = b.chat(7, "does it hum?", at(0)).await;
    let ticket = decide(&b, &first, Plan::escalate(), at(0), 60, None).await.ticket.expect("a ticket");
    assert_eq!(due(&b, ticket).await, Some(at(60)));
    let second = b.chat(7, "hello?", at(10)).await;
    decide(&b, &second, Plan::escalate().sending(&[]), at(10), 70, None).await;
    assert_eq!(due(&b, ticket).await, Some(at(60)), "the first message waits longer");
    let change = take_over(&b, ticket).await;
    b.store.change_ticket(ticket, &"lin".into(), &change, at(11)).await.expect("claimed");
    assert_eq!(due(&b, ticket).await, Some(at(60)), "nobody has answered yet");
    assert_eq!(b.store.counts().await.expect("counted").first_due, Some(at(60)));
    reply(&b, ticket, "It does not hum.", at(12)).await;
    assert_eq!(due(&b, ticket).await, None);
    assert_eq!(b.store.counts().await.expect("counted").first_due, None);
}

async fn opened_again(b: Bench) {
    let first = b.chat(7, "does it hum?", at(0)).await;
    let ticket = decide(&b, &first, Plan::escalate(), at(0), 60, None).await.ticket.expect("a ticket");
    close(&b, ticket, at(1)).await;
    assert_eq!(due(&b, ticket).await, None);
    let second = b.chat(7, "does it?", at(100)).await;
    let again = decide(&b, &second, Plan::escalate().sending(&[]), at(100), 160, None).await.ticket;
    assert_eq!((again, due(&b, ticket).await), (Some(ticket), Some(at(160))));
}

async fn failed_answer(b: Bench) {
    let letter = b.mail(ANA, "q", at(0)).await;
    let done = decide(&b, &letter, Plan::answer(), at(0), 60, None).await;
    assert_eq!(done.ticket, None);
    claim(&b, 0).await.expect("it is due");
    b.store.set_phase(done.outbox[0], Phase::Dot).await.expect("written");
    let failed = Settlement::Failed { reason: "550 no".to_owned() };
    let ticket = b.store.settle(done.outbox[0], &failed, at(1)).await.expect("settled").expect("a ticket");
    assert_eq!(due(&b, ticket).await, Some(at(60)), "the buyer has no answer");
}

async fn waits_for_the_morning(b: Bench) {
    let letter = b.mail(ANA, "q", at(0)).await;
    let done = decide(&b, &letter, Plan::answer(), at(90), 600, Some(400)).await;
    assert_eq!(claim(&b, 399).await, None);
    assert_eq!(claim(&b, 400).await.map(|row| row.id), Some(done.outbox[0]));
}

async fn woken(b: Bench) {
    let first = b.chat(7, "is it free?", at(0)).await;
    let held = decide(&b, &first, Plan::answer(), at(90), 600, Some(400)).await.outbox[0];
    let second = b.chat(7, "and does it hum?", at(95)).await;
    let fresh = decide(&b, &second, Plan::answer(), at(95), 600, None).await.outbox[0];
    let first = claim(&b, 96).await.expect("the older one goes first");
    assert_eq!(first.id, held);
    b.store.settle(held, &Settlement::Sent { proof: "ok".to_owned() }, at(96)).await.expect("settled");
    assert_eq!(claim(&b, 97).await.map(|row| row.id), Some(fresh));
}

async fn taken_over(b: Bench) {
    let letter = b.chat(7, "is it free?", at(0)).await;
    let plan = Plan::escalate().sending(&[OutboundKind::Ack]);
    let done = decide(&b, &letter, plan, at(90), 600, Some(400)).await;
    let ticket = done.ticket.expect("a ticket");
    let change = take_over(&b, ticket).await;
    b.store.change_ticket(ticket, &"lin".into(), &change, at(91)).await.expect("claimed");
    assert!(b.is(done.outbox[0], "cancelled").await);
    assert_eq!(claim(&b, 500).await, None);
}
