//! Promises about replies that are taken back after something else happened: only the reply goes, and the buyer waits as
//! long as before.

use jiff::{SignedDuration, Timestamp};
use nightdesk::{
    model::{
        agent_command::AgentCommand,
        ids::{InboundId, TicketId},
        ticket::{EventKind, TicketState},
    },
    service::agents::{UndoError, Wish},
};

use super::{
    Case,
    acts::{Desk, reply},
    bench::{Bench, at},
    outboxes::claim,
};

const BUYER: &str = "ana@buyer.example";

pub(super) const CASES: &[Case] = &[
    ("a_reply_stopped_after_the_buyer_wrote_again_leaves_the_older_clock", |b| Box::pin(the_buyer_wrote(b))),
    ("a_reply_stopped_after_a_colleagues_split_is_a_persons_business_again", |b| Box::pin(a_colleague_split(b))),
    ("a_reply_for_a_free_ticket_that_is_stopped_leaves_it_free", |b| Box::pin(nobody_had_it(b))),
];

fn seconds(minutes: i64, seconds: i64) -> Timestamp {
    at(minutes) + SignedDuration::from_secs(seconds)
}

/// What the ticket is worth after a reply was stopped: its state, whose it is, when an answer is due.
async fn stopped(desk: &Desk, id: TicketId) -> (TicketState, Option<String>, Option<Timestamp>) {
    let file = desk.file(id).await;
    assert_eq!(claim(&desk.b, 90).await, None, "the reply does not leave");
    assert_eq!(file.events.last().map(|event| event.what), Some(EventKind::Undone));
    (file.ticket.state, file.ticket.assignee.map(|name| name.to_string()), file.ticket.respond_by)
}

async fn the_buyer_wrote(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened(BUYER, &[]).await;
    desk.act("lin", id, AgentCommand::Claim, at(1)).await.expect("it is free");
    let done = desk.act("lin", id, reply("Tomorrow."), at(1)).await.expect("it is lin's");
    assert_eq!((done.ticket.state, done.ticket.respond_by), (TicketState::Waiting, None));
    desk.writes_again(BUYER, seconds(1, 3)).await;
    // The second message waits for an answer of its own, an hour longer than the first one had.
    desk.b.run(&format!("UPDATE ticket SET respond_by = {} WHERE id = {id}", at(180).as_millisecond())).await;
    desk.undo("lin", id, seconds(1, 9)).await.expect("it has not left");
    assert_eq!(stopped(&desk, id).await, (TicketState::Open, Some("lin".to_owned()), Some(at(120))));
    let again = desk.undo("lin", id, seconds(1, 9)).await.expect_err("once");
    assert!(matches!(again, UndoError::Nothing(_)), "{again}");
}

async fn a_colleague_split(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened(BUYER, &[]).await;
    desk.writes_again(BUYER, at(0)).await;
    desk.b.run(&format!("UPDATE ticket SET respond_by = {} WHERE id = {id}", at(120).as_millisecond())).await;
    desk.act("lin", id, AgentCommand::Claim, at(1)).await.expect("it is free");
    desk.act("lin", id, reply("Tomorrow."), at(1)).await.expect("it is lin's");
    let second = InboundId(desk.b.number("SELECT MAX(id) FROM inbound").await);
    let wish = Wish { despite: true, ..Wish::new("kim".into(), id, AgentCommand::Split(second)) };
    desk.wish(wish, seconds(1, 2)).await.expect("it has two messages");
    assert_eq!(desk.file(id).await.ticket.state, TicketState::Waiting);
    desk.undo("lin", id, seconds(1, 5)).await.expect("it has not left");
    assert_eq!(stopped(&desk, id).await, (TicketState::Claimed, Some("lin".to_owned()), Some(at(120))));
}

async fn nobody_had_it(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened(BUYER, &[]).await;
    desk.act("lin", id, reply("Tomorrow."), at(1)).await.expect("it can be answered");
    desk.undo("lin", id, seconds(1, 5)).await.expect("nothing else happened");
    assert_eq!(stopped(&desk, id).await, (TicketState::Open, None, Some(at(120))));
}
