//! Promises about messages that are decided together, and about answers that wait for a person to stop them.

use jiff::Timestamp;
use nightdesk::{
    model::{
        commit::{Commit, CommitOutcome, Joined, Refusal},
        ids::InboundId,
        outbound::OutboundKind::{Ack, Answer},
    },
    store::outbox::Settlement,
};

use super::{
    Case,
    bench::{Bench, Plan, at},
    changes::{apply, take_over},
    outboxes::claim,
};

pub(super) const CASES: &[Case] = &[
    ("a_burst_ends_as_its_last_message", |b| Box::pin(ends_as_its_last(b))),
    ("a_part_that_was_decided_meanwhile_refuses_the_burst", |b| Box::pin(part_decided_meanwhile(b))),
    ("a_burst_whose_answer_fails_is_escalated_whole", |b| Box::pin(answer_fails(b))),
    ("an_answer_waits_as_long_as_it_can_be_stopped", |b| Box::pin(waits(b))),
    ("a_takeover_in_the_cancel_window_leaves_nothing_to_send", |b| Box::pin(stopped_in_its_window(b))),
    ("what_waits_for_the_morning_can_be_stopped_when_it_is_woken", |b| Box::pin(woken(b))),
];

const ANA: &str = "ana@buyer.example";

/// Commits the last of two messages of a chat together with the first; returns both.
async fn burst(b: &Bench) -> ((InboundId, InboundId), Commit) {
    let first = b.chat(5, "Hi", at(0)).await;
    let last = b.chat(5, "do you ship to Germany?", at(0)).await;
    let mut commit = b.commit_of(&last, Plan::answer(), at(0)).await;
    let alone = b.commit_of(&first, Plan::answer(), at(0)).await;
    commit.joined = vec![Joined { inbound: first.id, envelope: alone.envelope }];
    ((first.id, last.id), commit)
}

async fn outcomes(b: &Bench) -> String {
    let mut outcomes = Vec::new();
    for id in 1..=b.number("SELECT MAX(id) FROM inbound").await {
        outcomes.push(b.text(&format!("SELECT COALESCE(outcome, '-') FROM inbound WHERE id = {id}")).await);
    }
    outcomes.join(" ")
}

async fn ends_as_its_last(b: Bench) {
    let ((first, last), commit) = burst(&b).await;
    let done = b.store.commit(&commit).await.expect("it runs");
    let CommitOutcome::Committed { thread, outbox, .. } = done else { panic!("not committed: {done:?}") };
    assert_eq!(outbox.len(), 1);
    assert_eq!(outcomes(&b).await, "answered answered");
    let of = |id: InboundId| format!("SELECT COUNT(*) FROM inbound WHERE id = {id} AND thread = {thread}");
    assert_eq!((b.number(&of(first)).await, b.number(&of(last)).await), (1, 1));
    assert_eq!(b.number("SELECT joined FROM inbound WHERE joined IS NOT NULL").await, last.0);
    assert_eq!(b.number("SELECT COUNT(*) FROM verdict").await, 1);
    assert!(b.store.undecided(10).await.expect("read").is_empty());
    assert_eq!(b.store.commit(&commit).await.expect("it runs"), CommitOutcome::AlreadyDecided);
}

async fn part_decided_meanwhile(b: Bench) {
    let ((first, last), commit) = burst(&b).await;
    b.store.ignore(first, "edited", at(0)).await.expect("ended");
    assert_eq!(b.store.commit(&commit).await.expect("it runs"), CommitOutcome::Refused(Refusal::Epoch));
    let waits: Vec<InboundId> = b.store.undecided(10).await.expect("read").iter().map(|row| row.id).collect();
    assert_eq!(waits, [last]);
    let rest = b.store.still_undecided(&[first, last]).await.expect("read");
    assert_eq!(rest.iter().map(|row| row.id).collect::<Vec<_>>(), [last]);
}

async fn answer_fails(b: Bench) {
    let (_, commit) = burst(&b).await;
    b.store.commit(&commit).await.expect("it runs");
    let claimed = claim(&b, 0).await.expect("it is due");
    let failed = Settlement::Failed { reason: "403 blocked".to_owned() };
    b.store.settle(claimed.id, &failed, at(1)).await.expect("settled");
    assert_eq!(outcomes(&b).await, "escalated escalated");
    let ticket = b.number("SELECT MAX(id) FROM ticket").await;
    let file = b.store.ticket(nightdesk::model::ids::TicketId(ticket)).await.expect("read").expect("there");
    assert_eq!(file.last_text.as_deref(), Some("Hi\ndo you ship to Germany?"), "what the decision was about");
}

async fn decided_in_a_window(b: &Bench, plan: Plan, until: Timestamp) -> super::bench::Done {
    let letter = b.mail(ANA, "where is it", at(0)).await;
    let mut commit = b.commit_of(&letter, plan, at(0)).await;
    commit.stoppable_until = Some(until);
    match b.store.commit(&commit).await.expect("it runs") {
        CommitOutcome::Committed { thread, ticket, outbox } => super::bench::Done { thread, ticket, outbox },
        other => panic!("not committed: {other:?}"),
    }
}

async fn waits(b: Bench) {
    let done = decided_in_a_window(&b, Plan::answer().sending(&[Answer]), at(5)).await;
    assert!(b.is(done.outbox[0], "retry_at").await);
    assert_eq!(claim(&b, 4).await, None);
    assert_eq!(claim(&b, 5).await.map(|claimed| claimed.id), Some(done.outbox[0]));
}

async fn stopped_in_its_window(b: Bench) {
    let done = decided_in_a_window(&b, Plan::escalate().sending(&[Ack]), at(5)).await;
    let ticket = done.ticket.expect("a ticket");
    let taken = take_over(&b, ticket).await;
    apply(&b, ticket, &taken, at(1)).await;
    assert_eq!(claim(&b, 9).await, None);
    assert!(b.is(done.outbox[0], "cancelled").await);
}

async fn woken(b: Bench) {
    let first = b.chat(5, "a", at(0)).await;
    let mut night = b.commit_of(&first, Plan::answer(), at(0)).await;
    night.verdict.not_before = Some(at(400));
    b.store.commit(&night).await.expect("it runs");
    let second = b.chat(5, "b", at(10)).await;
    let mut awake = b.commit_of(&second, Plan::answer(), at(10)).await;
    awake.stoppable_until = Some(at(12));
    b.store.commit(&awake).await.expect("it runs");
    assert_eq!(claim(&b, 11).await, None, "it can still be stopped");
    assert_eq!(claim(&b, 12).await.map(|claimed| claimed.key), Some(night.outbound[0].key.clone()));
}
