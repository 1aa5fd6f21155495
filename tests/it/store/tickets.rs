//! Promises about the queue's lists and the figures of the status page.

use std::collections::BTreeMap;

use nightdesk::{
    model::{
        ids::TicketId,
        ticket::{TicketState, Urgency},
    },
    store::ticket::TicketFilter,
};

use super::{
    Case,
    bench::{Bench, Plan, at},
    changes,
};

pub(super) const CASES: &[Case] = &[
    ("the_queue_lists_the_most_urgent_then_the_oldest", |b| Box::pin(the_queue_is_ordered(b))),
    ("the_queue_is_filtered_by_state_and_person", |b| Box::pin(the_queue_is_filtered(b))),
    ("a_ticket_that_is_not_there_is_none", |b| Box::pin(not_there(b))),
    ("a_chat_ticket_is_named_by_its_first_words", |b| Box::pin(first_words(b))),
    ("status_counts_everything", |b| Box::pin(status_counts_everything(b))),
    ("pause_and_resume_are_kept_with_who_and_when", |b| Box::pin(pause_is_kept(b))),
];

async fn opened(b: &Bench, chat: i64, urgency: Urgency, minute: i64) -> TicketId {
    let plan = Plan::escalate().urgent(urgency).sending(&[]);
    b.decide(&b.chat(chat, "a", at(minute)).await, plan, at(minute)).await.ticket.expect("a ticket")
}

async fn the_queue_is_ordered(b: Bench) {
    let normal = opened(&b, 1, Urgency::Normal, 0).await;
    let late = opened(&b, 2, Urgency::Urgent, 9).await;
    let high = opened(&b, 3, Urgency::High, 1).await;
    let early = opened(&b, 4, Urgency::Urgent, 2).await;
    assert_eq!(b.listed(&[]).await, [early, late, high, normal]);
}

async fn the_queue_is_filtered(b: Bench) {
    let (first, second, third) = (
        opened(&b, 1, Urgency::Normal, 0).await,
        opened(&b, 2, Urgency::Normal, 1).await,
        opened(&b, 3, Urgency::Normal, 2).await,
    );
    changes::close(&b, first, at(3)).await;
    b.store.change_ticket(second, &"lin".into(), &changes::take_over(&b, second).await, at(3)).await.expect("written");
    assert_eq!(b.listed(&[TicketState::Open]).await, [third]);
    assert_eq!(b.listed(&[TicketState::Closed, TicketState::Claimed]).await, [first, second]);
    let mut filter = TicketFilter { states: Vec::new(), assignee: Some("lin".into()), limit: 9 };
    let ids =
        |tickets: Vec<nightdesk::model::ticket::Ticket>| tickets.iter().map(|ticket| ticket.id).collect::<Vec<_>>();
    assert_eq!(ids(b.store.tickets(&filter).await.expect("read")), [first, second]);
    filter = TicketFilter { assignee: None, limit: 2, ..filter };
    assert_eq!(ids(b.store.tickets(&filter).await.expect("read")), [first, second]);
}

async fn not_there(b: Bench) {
    assert_eq!(b.store.ticket(TicketId(7)).await.expect("read"), None);
}

async fn first_words(b: Bench) {
    let text = "where  is\nmy parcel ".to_owned() + &"包".repeat(200);
    let done = b.decide(&b.chat(5, &text, at(0)).await, Plan::escalate(), at(0)).await;
    // A chat has no subject line.
    let ticket = b.store.ticket(done.ticket.expect("a ticket")).await.expect("read").expect("there").ticket;
    assert!(
        ticket.subject.starts_with("where is my parcel 包包") && ticket.subject.ends_with('…'),
        "{}",
        ticket.subject
    );
    assert_eq!(ticket.subject.chars().count(), 81);
}

async fn status_counts_everything(b: Bench) {
    let first = b.mail("ana@buyer.example", "a", at(0)).await;
    b.decide(&first, Plan::escalate(), at(0)).await;
    b.decide(&b.mail("ben@buyer.example", "b", at(1)).await, Plan::suppress(), at(1)).await;
    b.mail("cleo@buyer.example", "c", at(2)).await;
    b.mail("dora@buyer.example", "d", at(3)).await;
    let counts = b.store.counts().await.expect("read");
    let one = |word: &str| (word.to_owned(), 1);
    assert_eq!(counts.inbound, BTreeMap::from([one("escalated"), one("suppressed")]));
    assert_eq!((counts.undecided, counts.oldest_undecided), (2, Some(at(2))));
    assert_eq!((counts.outbox, counts.tickets), (BTreeMap::from([one("ready")]), BTreeMap::from([one("open")])));
}

async fn pause_is_kept(b: Bench) {
    assert_eq!(b.store.paused().await.expect("read"), None);
    b.store.set_paused(Some("warehouse flooded"), "lin", at(0)).await.expect("paused");
    let b = b.reopened().await;
    assert_eq!(b.store.paused().await.expect("read").as_deref(), Some("lin: warehouse flooded"));
    b.store.set_paused(None, "kim", at(5)).await.expect("resumed");
    assert_eq!(b.store.paused().await.expect("read"), None);
    assert_eq!(
        b.number("SELECT COUNT(*) FROM audit WHERE (actor, what) IN (('lin', 'paused'), ('kim', 'resumed'))").await,
        2
    );
}
