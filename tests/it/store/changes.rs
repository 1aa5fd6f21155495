//! Promises about what people do to tickets.

use jiff::Timestamp;
use nightdesk::{
    model::{
        agent_command::{Owner, TicketChange},
        ids::{AgentName, TicketId},
        outbound::{NewOutbound, OutboundKind},
        ticket::{EventKind, Ticket, TicketState},
    },
    store::ticket::ChangeOutcome,
};

use super::{
    Case,
    bench::{Bench, Letter, Plan, at, outbound},
    outboxes::claim,
};

pub(super) const CASES: &[Case] = &[
    ("a_change_on_an_older_version_is_a_conflict", |b| Box::pin(older_version(b))),
    ("of_two_people_at_once_one_wins", |b| Box::pin(two_people(b))),
    ("a_change_of_a_missing_ticket_is_gone", |b| Box::pin(missing_ticket(b))),
    ("a_new_message_is_a_new_version", |b| Box::pin(new_message_is_new_version(b))),
    ("a_reply_is_queued_with_the_change", |b| Box::pin(a_reply_is_queued(b))),
    ("a_reply_whose_key_exists_changes_nothing", |b| Box::pin(a_reply_whose_key_exists(b))),
    ("a_sent_draft_ends_as_sent_by_a_person", |b| Box::pin(a_sent_draft(b))),
    ("another_reply_or_a_close_ends_the_draft", |b| Box::pin(an_ended_draft(b))),
    ("a_note_takes_nothing_over", |b| Box::pin(a_note_takes_nothing_over(b))),
    ("a_closed_ticket_cannot_stand_beside_an_open_one", |b| Box::pin(one_open_ticket(b))),
];

async fn ticket(b: &Bench, id: TicketId) -> Ticket {
    b.store.ticket(id).await.expect("read").expect("there").ticket
}

pub(super) async fn change(b: &Bench, id: TicketId, state: TicketState, event: EventKind) -> TicketChange {
    let version = ticket(b, id).await.version;
    TicketChange { owner: Owner::Actor, ..TicketChange::new(version, state, event, "because") }
}

/// Returns the change of a person who takes the ticket and the conversation.
pub(super) async fn take_over(b: &Bench, id: TicketId) -> TicketChange {
    TicketChange { take_over: true, ..change(b, id, TicketState::Claimed, EventKind::Claimed).await }
}

/// Closes a ticket.
pub(super) async fn close(b: &Bench, id: TicketId, now: Timestamp) {
    let close = change(b, id, TicketState::Closed, EventKind::Closed).await;
    apply(b, id, &close, now).await;
}

/// Replies on a ticket, as a person does.
pub(super) async fn reply(b: &Bench, id: TicketId, text: &str, now: Timestamp) {
    let change = reply_change(b, id, text).await;
    apply(b, id, &change, now).await;
}

async fn reply_change(b: &Bench, id: TicketId, text: &str) -> TicketChange {
    let file = b.store.ticket(id).await.expect("read").expect("there");
    let key = format!("t{id}-{}", file.recipient.human_messages + 1);
    let letter = b.chat(0, "-", at(0)).await;
    b.store.ignore(letter.id, "only a shape", at(0)).await.expect("ignored");
    let outbound = Some(human(&letter, &key, text));
    TicketChange { take_over: true, outbound, ..change(b, id, TicketState::Waiting, EventKind::Reply).await }
}

/// Returns a person's message.
fn human(letter: &Letter, key: &str, text: &str) -> NewOutbound {
    let mut message = outbound(letter, OutboundKind::Answer);
    key.clone_into(&mut message.key);
    message.human = true;
    if let nightdesk::model::outbound::Payload::Telegram(telegram) = &mut message.payload {
        text.clone_into(&mut telegram.text);
    }
    message
}

pub(super) async fn apply(b: &Bench, id: TicketId, change: &TicketChange, now: Timestamp) {
    let outcome = b.store.change_ticket(id, &"lin".into(), change, now).await.expect("the change runs");
    assert_eq!(outcome, ChangeOutcome::Changed);
}

async fn opened(b: &Bench, kinds: &[OutboundKind]) -> TicketId {
    let plan = Plan::escalate().sending(kinds);
    b.decide(&b.chat(5, "a", at(0)).await, plan, at(0)).await.ticket.expect("a ticket")
}

async fn older_version(b: Bench) {
    let id = opened(&b, &[]).await;
    let stale = take_over(&b, id).await;
    apply(&b, id, &stale, at(1)).await;
    let outcome = b.store.change_ticket(id, &"kim".into(), &stale, at(2)).await.expect("runs");
    let ChangeOutcome::Conflict(current) = outcome else { panic!("{outcome:?}") };
    assert_eq!(*current, ticket(&b, id).await);
    assert_eq!((current.assignee, current.state), (Some(AgentName::from("lin")), TicketState::Claimed));
}

async fn two_people(b: Bench) {
    let id = opened(&b, &[]).await;
    let claim = take_over(&b, id).await;
    let racers: Vec<_> = ["lin", "kim", "max"]
        .into_iter()
        .map(|name| {
            let (store, claim) = (b.store.clone(), claim.clone());
            tokio::spawn(async move { store.change_ticket(id, &name.into(), &claim, at(1)).await.expect("runs") })
        })
        .collect();
    let mut changed = 0;
    for racer in racers {
        changed += u32::from(racer.await.expect("no panic") == ChangeOutcome::Changed);
    }
    assert_eq!(changed, 1);
}

async fn missing_ticket(b: Bench) {
    let id = opened(&b, &[]).await;
    let change = take_over(&b, id).await;
    let outcome = b.store.change_ticket(TicketId(99), &"lin".into(), &change, at(1)).await.expect("runs");
    assert_eq!(outcome, ChangeOutcome::Gone);
}

async fn new_message_is_new_version(b: Bench) {
    let id = opened(&b, &[]).await;
    let stale = reply_change(&b, id, "it is on its way").await;
    b.decide(&b.chat(5, "cancel it!", at(1)).await, Plan::escalate().sending(&[]), at(1)).await;
    let outcome = b.store.change_ticket(id, &"lin".into(), &stale, at(2)).await.expect("runs");
    assert!(matches!(outcome, ChangeOutcome::Conflict(_)), "the answer was written without having read it");
}

async fn a_reply_is_queued(b: Bench) {
    let id = opened(&b, &[OutboundKind::Ack]).await;
    reply(&b, id, "hello", at(1)).await;
    let after = b.store.ticket(id).await.expect("read").expect("there");
    assert_eq!((after.ticket.state, after.recipient.human_messages), (TicketState::Waiting, 1));
    assert_eq!(after.events.last().map(|event| (event.what, event.by.as_str())), Some((EventKind::Reply, "lin")));
    let row = claim(&b, 1).await.expect("it is due");
    assert_eq!((row.human, row.payload.text()), (true, "hello"), "the ack was overtaken");
    let thread = b.context(&b.chat(5, "thanks", at(2)).await, at(2)).await.thread.expect("there");
    assert_eq!((thread.epoch, thread.last_human_reply), (1, Some(at(1))));
}

async fn a_reply_whose_key_exists(b: Bench) {
    let id = opened(&b, &[]).await;
    reply(&b, id, "one", at(1)).await;
    let before = ticket(&b, id).await;
    let mut again = reply_change(&b, id, "two").await;
    again.outbound.as_mut().expect("it sends").key = format!("t{id}-1");
    assert!(b.store.change_ticket(id, &"lin".into(), &again, at(2)).await.is_err());
    assert_eq!(ticket(&b, id).await, before);
}

async fn reason_of_draft(b: &Bench, reason: &str) -> bool {
    let sql =
        format!("SELECT COUNT(*) FROM outbox WHERE kind = 'draft' AND state = 'cancelled' AND reason = '{reason}'");
    b.number(&sql).await == 1
}

async fn a_sent_draft(b: Bench) {
    let id = opened(&b, &[OutboundKind::Draft]).await;
    let (_, draft) = b.store.ticket(id).await.expect("read").expect("there").draft.expect("it waits");
    reply(&b, id, draft.text(), at(1)).await;
    assert!(reason_of_draft(&b, "sent by a person").await);
    assert_eq!(b.store.ticket(id).await.expect("read").expect("there").draft, None);
}

async fn an_ended_draft(b: Bench) {
    let id = opened(&b, &[OutboundKind::Draft]).await;
    reply(&b, id, "my own words", at(1)).await;
    assert!(reason_of_draft(&b, "a person answered otherwise").await);
    b.decide(&b.chat(5, "b", at(2)).await, Plan::escalate().sending(&[OutboundKind::Draft]), at(2)).await;
    close(&b, id, at(3)).await;
    assert!(reason_of_draft(&b, "the ticket was closed").await);
}

async fn a_note_takes_nothing_over(b: Bench) {
    let id = opened(&b, &[OutboundKind::Ack, OutboundKind::Draft]).await;
    let note = TicketChange { owner: Owner::Same, ..change(&b, id, TicketState::Open, EventKind::Note).await };
    apply(&b, id, &note, at(1)).await;
    let file = b.store.ticket(id).await.expect("read").expect("there");
    assert_eq!((file.ticket.assignee, file.draft.is_some()), (None, true));
    assert!(claim(&b, 1).await.is_some_and(|row| row.kind == OutboundKind::Ack));
}

async fn one_open_ticket(b: Bench) {
    let days = |days: i64| at(days * 24 * 60);
    let old = opened(&b, &[]).await;
    close(&b, old, at(1)).await;
    let new = b.decide(&b.chat(5, "b", days(40)).await, Plan::escalate().sending(&[]), days(40)).await.ticket;
    let reopen = change(&b, old, TicketState::Claimed, EventKind::Claimed).await;
    let outcome = b.store.change_ticket(old, &"lin".into(), &reopen, days(41)).await.expect("runs");
    assert!(matches!(outcome, ChangeOutcome::Conflict(other) if Some(other.id) == new));
}
