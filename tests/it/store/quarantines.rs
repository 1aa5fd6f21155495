//! Promises about messages that could not be decided on.

use nightdesk::{
    model::{
        ids::{AccountName, InboundId},
        outbound::OutboundKind,
        ticket::{EventKind, TicketState},
    },
    store::quarantine::{Cause, Quarantined, Rerun},
};

use super::{
    Case,
    bench::{self, Bench, Letter, Plan, at},
    changes,
};

pub(super) const CASES: &[Case] = &[
    ("a_message_put_aside_is_listed_with_its_bytes", |b| Box::pin(is_listed(b))),
    ("a_message_decided_again_joins_its_ticket", |b| Box::pin(joins_its_ticket(b))),
    ("a_chat_decided_again_becomes_the_chats_conversation", |b| Box::pin(becomes_the_chat(b))),
    ("a_message_put_aside_twice_keeps_one_ticket", |b| Box::pin(put_aside_twice(b))),
    ("a_message_beyond_the_limits_is_aside_and_decided", |b| Box::pin(beyond_the_limits(b))),
    ("what_was_answered_is_not_decided_again", |b| Box::pin(not_decided_again(b))),
    ("whoever_has_the_ticket_is_seen_by_the_second_decision", |b| Box::pin(second_decision_sees_the_owner(b))),
    ("the_schema_takes_only_the_four_ends", |b| Box::pin(the_four_ends(b))),
];

const ANA: &str = "ana@buyer.example";

async fn aside(b: &Bench) -> Letter {
    let letter = b.mail(ANA, "boom", at(0)).await;
    b.store.quarantine(letter.id, Cause::Panicked, "Reading it failed inside.", at(1)).await.expect("a ticket");
    letter
}

async fn list(b: &Bench, all: bool) -> Vec<Quarantined> {
    b.store.quarantined(all, None, None, 10).await.expect("read")
}

async fn rerun(b: &Bench, id: InboundId) -> Rerun {
    b.store.rerun(id, "lin", at(5)).await.expect("runs")
}

async fn is_listed(b: Bench) {
    let letter = aside(&b).await;
    let [message] = &list(&b, false).await[..] else { panic!("one message is aside") };
    assert_eq!((message.id, message.cause, message.waits, message.reruns), (letter.id, Cause::Panicked, false, 0));
    let (_, received) = b.store.quarantined_message(letter.id).await.expect("read").expect("there");
    assert!(received.raw.ends_with(b"boom"), "the bytes are those that came");
    assert_eq!(b.store.counts().await.expect("read").quarantined, 1);
    let page = async |accounts: Option<&[AccountName]>, before| {
        b.store.quarantined(false, accounts, before, 10).await.expect("read").len()
    };
    let (mine, other) = ([bench::account()], [AccountName::from("elsewhere")]);
    assert_eq!((page(Some(&mine), None).await, page(Some(&other), None).await, page(Some(&[]), None).await), (1, 0, 0));
    let newer = InboundId(letter.id.0 + 1);
    assert_eq!((page(None, Some(newer)).await, page(None, Some(letter.id)).await), (1, 0), "older than that one");
    assert_eq!(b.store.quarantined_message(InboundId(99)).await.expect("read"), None);
}

async fn joins_its_ticket(b: Bench) {
    let letter = aside(&b).await;
    let ticket = list(&b, false).await[0].ticket;
    assert_eq!(rerun(&b, letter.id).await, Rerun::Waits(ticket));
    assert_eq!(rerun(&b, letter.id).await, Rerun::Waits(ticket), "asked twice, decided once");
    assert!(list(&b, false).await[0].waits);
    assert_eq!(b.store.undecided(9).await.expect("read")[0].tries, 0, "it begins anew");
    let done = b.decide(&letter, Plan::escalate(), at(6)).await;
    assert_eq!(done.ticket, Some(ticket));
    let file = b.store.ticket(ticket).await.expect("read").expect("there");
    assert_eq!((file.ticket.subject.as_str(), file.ticket.buyer.as_str()), ("Order", "Ana"));
    assert_eq!(file.ticket.reasons, ["Reading it failed inside.", "no rule stands"]);
    assert_eq!(file.recipient.key, ANA, "it can be answered now");
    assert_eq!((list(&b, false).await.len(), list(&b, true).await[0].left_at), (0, Some(at(6))));
    assert_eq!(b.listed(&TicketState::ALL).await, [ticket]);
    assert_eq!(rerun(&b, letter.id).await, Rerun::NotInQuarantine);
}

async fn becomes_the_chat(b: Bench) {
    let letter = b.chat(5, "boom", at(0)).await;
    b.store.quarantine(letter.id, Cause::TooLong, "too long", at(1)).await.expect("a ticket");
    rerun(&b, letter.id).await;
    let first = b.decide(&letter, Plan::answer(), at(6)).await;
    let second = b.decide(&b.chat(5, "and?", at(7)).await, Plan::answer(), at(7)).await;
    assert_eq!(first.thread, second.thread);
    assert_eq!(first.outbox.len(), 1, "what is understood now is answered");
}

async fn put_aside_twice(b: Bench) {
    let letter = aside(&b).await;
    let before = list(&b, false).await[0].clone();
    rerun(&b, letter.id).await;
    let again = b.store.quarantine(letter.id, Cause::TooLong, "still", at(6)).await.expect("a ticket");
    let [message] = &list(&b, false).await[..] else { panic!("one message is aside") };
    assert_eq!((again, message.cause, message.reruns), (before.ticket, Cause::TooLong, 1));
    assert_eq!(b.listed(&[]).await, [before.ticket]);
    assert_eq!(b.number("SELECT COUNT(*) FROM inbound WHERE outcome = 'escalated'").await, 1);
}

async fn beyond_the_limits(b: Bench) {
    let letter = b.mail(ANA, "deep", at(0)).await;
    let mut commit = b.commit_of(&letter, Plan::escalate().sending(&[]), at(0)).await;
    commit.beyond_limits = Some("It is nested deeper than is read.".to_owned());
    b.store.commit(&commit).await.expect("runs");
    let [message] = &list(&b, false).await[..] else { panic!("one message is aside") };
    let ticket = message.ticket;
    assert_eq!(message.cause, Cause::Limits);
    assert_eq!(rerun(&b, letter.id).await, Rerun::Waits(ticket));
    let done = b.decide(&letter, Plan::answer(), at(6)).await;
    assert_eq!((done.ticket, done.outbox.len()), (Some(ticket), 1));
    assert!(list(&b, false).await.is_empty());
}

async fn not_decided_again(b: Bench) {
    let letter = b.mail(ANA, "deep", at(0)).await;
    let mut commit = b.commit_of(&letter, Plan::escalate().sending(&[OutboundKind::Ack]), at(0)).await;
    commit.beyond_limits = Some("deep".to_owned());
    b.store.commit(&commit).await.expect("runs");
    assert_eq!(rerun(&b, letter.id).await, Rerun::Answered);
    assert_eq!(rerun(&b, InboundId(99)).await, Rerun::NotInQuarantine);
}

async fn second_decision_sees_the_owner(b: Bench) {
    let letter = aside(&b).await;
    let ticket = list(&b, false).await[0].ticket;
    let change = changes::take_over(&b, ticket).await;
    b.store.change_ticket(ticket, &"kim".into(), &change, at(2)).await.expect("written");
    rerun(&b, letter.id).await;
    let thread = b.context(&letter, at(6)).await.thread.expect("its ticket's conversation");
    assert!(thread.claimed, "the machine is silent where a person has the ticket");
    let file = b.store.ticket(ticket).await.expect("read").expect("there");
    assert!(file.events.iter().any(|event| event.what == EventKind::Note && event.by == "lin"));
}

async fn the_four_ends(b: Bench) {
    let letter = b.mail(ANA, "q", at(0)).await;
    b.decide(&letter, Plan::answer(), at(0)).await;
    for broken in [
        "outcome = 'forgotten'",
        "outcome = NULL",
        "state = 'undecided'",
        "with_answer = 1",
        "outcome = 'suppressed'",
        "thread = NULL",
        "decided_at = NULL",
    ] {
        assert!(b.refuses(&format!("UPDATE inbound SET {broken}")).await, "taken: {broken}");
    }
    assert!(!b.refuses("UPDATE inbound SET outcome = 'escalated', with_answer = 1").await);
}
