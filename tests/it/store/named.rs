//! Promises about acts that programs name: under one name an act is done once.

use jiff::{SignedDuration, Timestamp};
use nightdesk::{
    model::{
        agent_command::{AgentCommand, Once},
        ids::{InboundId, TicketId},
    },
    service::agents::{ActError, Done, Wish},
};

use super::{
    Case,
    acts::{Desk, reply},
    bench::{Bench, at},
};

pub(super) const CASES: &[Case] = &[
    ("a_reply_with_a_name_is_sent_once_however_often_it_is_asked_for", |b| Box::pin(once(b))),
    ("of_many_at_once_under_one_name_one_acts_and_all_are_told_the_same", |b| Box::pin(at_once(b))),
    ("another_act_under_a_name_that_is_taken_is_refused", |b| Box::pin(taken(b))),
    ("a_name_is_the_programs_own_and_an_act_that_was_refused_leaves_it_free", |b| Box::pin(own(b))),
    ("a_split_that_is_asked_for_again_tells_of_the_ticket_it_began", |b| Box::pin(split(b))),
    ("a_name_is_forgotten_after_a_day", |b| Box::pin(forgotten(b))),
];

const ANA: &str = "ana@buyer.example";

/// Wishes for something under a name; `request` stands for all that was asked for.
fn named(by: &str, id: TicketId, command: AgentCommand, key: &str, request: &str) -> Wish {
    let once = Once { key: key.to_owned(), request: request.to_owned(), made: None };
    Wish { once: Some(once), ..Wish::new(by.into(), id, command) }
}

async fn written(desk: &Desk) -> i64 {
    desk.b.number("SELECT COUNT(*) FROM outbox WHERE human = 1").await
}

fn led_to(done: &Done) -> (Option<Timestamp>, Option<Timestamp>, Option<TicketId>) {
    (done.leaves_at, done.undo_until, done.made)
}

async fn once(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened(ANA, &[]).await;
    let wish =
        Wish { seen: Some(desk.file(id).await.ticket.version), ..named("token:erp", id, reply("Tomorrow."), "a", "r") };
    let first = desk.wish(wish.clone(), at(1)).await.expect("it is free");
    assert!(!first.repeated);
    for minutes in [1, 2, 60] {
        let again = desk.wish(wish.clone(), at(minutes)).await.expect("it is done");
        assert!(again.repeated, "what it looked at is old, and is not compared");
        assert_eq!(led_to(&again), led_to(&first));
    }
    assert_eq!(written(&desk).await, 1);
    assert_eq!(desk.file(id).await.ticket.version, first.ticket.version);
}

async fn at_once(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened(ANA, &[]).await;
    let wish = || desk.wish(named("token:erp", id, reply("Tomorrow."), "a", "r"), at(1));
    let all = tokio::join!(wish(), wish(), wish(), wish(), wish(), wish());
    let all = [all.0, all.1, all.2, all.3, all.4, all.5].map(|done| done.expect("nobody is refused"));
    assert_eq!(all.iter().filter(|done| !done.repeated).count(), 1);
    assert!(all.iter().all(|done| led_to(done) == led_to(&all[0])), "{all:?}");
    assert_eq!(written(&desk).await, 1);
}

async fn taken(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened(ANA, &[]).await;
    let other = desk.opened("bo@buyer.example", &[]).await;
    desk.wish(named("token:erp", id, reply("Tomorrow."), "a", "r"), at(1)).await.expect("it is free");
    let refused = desk.wish(named("token:erp", id, reply("Today."), "a", "other"), at(2)).await;
    assert!(matches!(refused, Err(ActError::NameTaken(ref name)) if name == "a"), "{refused:?}");
    let refused = desk.wish(named("token:erp", other, reply("Tomorrow."), "a", "r"), at(2)).await;
    assert!(matches!(refused, Err(ActError::NameTaken(_))), "{refused:?}");
    assert_eq!(written(&desk).await, 1);
}

async fn own(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened(ANA, &[]).await;
    let note = || AgentCommand::Note("called back".to_owned());
    for program in ["token:erp", "token:chat"] {
        let done = desk.wish(named(program, id, note(), "a", "r"), at(1)).await.expect("a note is always possible");
        assert!(!done.repeated, "{program}");
    }
    let release = || named("token:erp", id, AgentCommand::Release, "b", "r");
    desk.wish(release(), at(2)).await.expect_err("nobody has it");
    desk.act("token:erp", id, AgentCommand::Claim, at(3)).await.expect("it is free");
    assert!(!desk.wish(release(), at(4)).await.expect("now it is the program's").repeated);
}

async fn split(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened(ANA, &[]).await;
    desk.writes_again(ANA, at(2)).await;
    let second = InboundId(desk.b.number("SELECT MAX(id) FROM inbound").await);
    let wish = || desk.wish(named("token:erp", id, AgentCommand::Split(second), "a", "r"), at(3));
    let first = wish().await.expect("it is of this ticket");
    let again = wish().await.expect("it is done");
    assert!(first.made.is_some() && again.repeated);
    assert_eq!(led_to(&again), led_to(&first));
}

async fn forgotten(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened(ANA, &[]).await;
    let note = |hours: i64| {
        let wish = named("token:erp", id, AgentCommand::Note("so".to_owned()), "a", "r");
        desk.wish(wish, at(1) + SignedDuration::from_hours(hours))
    };
    for (hours, repeated) in [(0, false), (23, true), (25, false), (26, true)] {
        let done = note(hours).await.expect("a note is always possible");
        assert_eq!(done.repeated, repeated, "after {hours} hours");
    }
    let other = named("token:erp", id, AgentCommand::Note("no".to_owned()), "b", "r");
    desk.wish(other, at(1) + SignedDuration::from_hours(60)).await.expect("a note is always possible");
    assert_eq!(desk.b.number("SELECT COUNT(*) FROM named_act").await, 1, "nobody asks for the old ones any more");
}
