//! What people choose from lists at a ticket, and what stays at hand when they take something back.

use jiff::{SignedDuration, Timestamp};
use nightdesk::model::{agent::Role, ids::TicketId, outbound::OutboundKind};
use serde_json::json;

use super::{
    desk::{mail, shows},
    house::{House, Seat},
    program::Program,
};
use crate::store::bench::{Bench, Plan};

/// Opens a console with ann and bob, who have a ticket with a draft, and far, who works elsewhere.
async fn opened() -> (House, Seat, Seat) {
    let house = House::open().await;
    house.person("ann", Role::Agent, None).await;
    house.person("bob", Role::Agent, None).await;
    house.person("far", Role::Agent, Some(&["other".into()])).await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    let letter = bench.received(&mail("Ana", "ana@buyer.example", "Where?", "It was to be here today."), now).await;
    bench.decide(&letter, Plan::escalate().sending(&[OutboundKind::Draft]), now).await;
    let (ann, bob) = (house.seat("ann").await, house.seat("bob").await);
    (house, ann, bob)
}

#[tokio::test]
async fn the_words_of_a_reply_that_was_taken_back_stand_in_the_field_again() {
    let (house, ann, bob) = opened().await;
    let seen = house.get("/tickets/1", Some(&ann)).await.field("seen");
    let reply = [("act", "reply"), ("text", "It comes <soon>."), ("seen", &seen)];
    assert_eq!(house.post("/tickets/1/act", Some(&ann), &reply).await.status, 303);
    let undone = house.post("/tickets/1/act", Some(&ann), &[("act", "undo")]).await;
    assert_eq!((undone.status, undone.leads_to()), (303, "/tickets/1?use=undone"));
    let field = "It comes &#60;soon&#62;.</textarea>";
    shows(&house.get(undone.leads_to(), Some(&ann)).await, &[field]);
    let others = house.get(undone.leads_to(), Some(&bob)).await;
    assert!(!others.body.contains(field), "they are ann's words");
    // What is taken back after it was no reply.
    assert_eq!(house.post("/tickets/1/act", Some(&ann), &[("act", "claim")]).await.status, 303);
    assert_eq!(house.post("/tickets/1/act", Some(&ann), &[("act", "undo")]).await.status, 303);
    assert!(!house.get(undone.leads_to(), Some(&ann)).await.body.contains(field));
}

#[tokio::test]
async fn a_ticket_is_given_to_one_of_those_who_can_take_it() {
    let (house, ann, _) = opened().await;
    let page = house.get("/tickets/1", Some(&ann)).await;
    shows(&page, &["<option value=\"ann\"", "<option value=\"bob\""]);
    assert!(!page.body.contains("<option value=\"far\""), "far does not work for this mailbox");
}

#[tokio::test]
async fn a_language_that_a_person_sets_wins_until_the_messages_say_again() {
    let (house, ann, _) = opened().await;
    let chosen = |code: &str| format!("<option value=\"{code}\" selected>");
    for (path, code) in [("/tickets/1", "ja"), ("/buyers/1", "pl")] {
        let set = [("act", "language"), ("language", code)];
        assert_eq!(house.post(&format!("{path}/act"), Some(&ann), &set).await.status, 303, "{path}");
        for page in ["/tickets/1", "/buyers/1"] {
            shows(&house.get(page, Some(&ann)).await, &[&chosen(code)]);
        }
        let wrong = [("act", "language"), ("language", "klingon")];
        assert!((400..500).contains(&house.post(&format!("{path}/act"), Some(&ann), &wrong).await.status), "{path}");
        let taken_back = [("act", "language"), ("language", "")];
        assert_eq!(house.post(&format!("{path}/act"), Some(&ann), &taken_back).await.status, 303, "{path}");
        assert!(!house.get(path, Some(&ann)).await.body.contains(&chosen(code)), "{path}");
    }
}

#[tokio::test]
async fn a_draft_waits_for_its_hour_as_it_stands() {
    let (house, ann, _) = opened().await;
    let page = house.get("/tickets/1", Some(&ann)).await;
    shows(&page, &["name=\"when\" value=\"morning\""]);
    let in_two_days = (Timestamp::now() + SignedDuration::from_hours(48)).strftime("%Y-%m-%dT%H:%M").to_string();
    let later = [("act", "send_draft"), ("when", "at"), ("at", &in_two_days), ("seen", &page.field("seen"))];
    assert_eq!(house.post("/tickets/1/act", Some(&ann), &later).await.status, 303);
    let file = house.store.ticket(TicketId(1)).await.expect("read").expect("there");
    let leaves = file.scheduled.expect("it waits").at;
    assert!(leaves > Timestamp::now(), "{leaves}");
    shows(&house.get("/tickets/1", Some(&ann)).await, &["value=\"cancel_reply\""]);
}

/// The buyer waits for an answer within the hour.
const DUE: &str = "UPDATE ticket SET respond_by = CAST(unixepoch('subsec') * 1000 AS INTEGER) + 3600000";

#[tokio::test]
async fn what_would_wait_beyond_the_deadline_is_told_and_done_once_it_is_confirmed() {
    let (house, ann, _) = opened().await;
    house.run(&[DUE]).await;
    let seen = house.get("/tickets/1", Some(&ann)).await.field("seen");
    let in_two_days = (Timestamp::now() + SignedDuration::from_hours(48)).strftime("%Y-%m-%dT%H:%M").to_string();
    let snooze = vec![("act", "snooze"), ("until", "week"), ("seen", &*seen)];
    let reply = vec![("act", "reply"), ("text", "Hello"), ("when", "at"), ("at", &*in_two_days), ("seen", &*seen)];
    for (act, kept) in [(snooze, "name=\"until\" value=\"week\""), (reply, "name=\"text\" value=\"Hello\"")] {
        let told = house.post("/tickets/1/act", Some(&ann), &act).await;
        assert_eq!(told.status, 409, "{act:?}");
        for part in ["The buyer is to be answered by", kept, "Do it all the same"] {
            assert!(told.body.contains(part), "{part} in {}", told.body);
        }
    }
    let file = house.store.ticket(TicketId(1)).await.expect("read").expect("there");
    assert_eq!((file.ticket.snoozed_until, file.scheduled), (None, None), "nothing was done");
    let erp = Program::of(&house, "erp", Role::Agent, None).await;
    let later = (Timestamp::now() + SignedDuration::from_hours(3)).to_string();
    let reply = json!({"act": {"type": "reply", "text": "Good morning", "leaves_at": later}});
    let told = erp.post("/api/v1/tickets/1/acts", &reply).await;
    assert_eq!(told.problem(), (409, "needs_confirmation"));
    assert!(
        told.at("/detail").as_str().is_some_and(|detail| detail.contains("is to be answered by")),
        "{:#}",
        told.body
    );
    let sure = [("act", "snooze"), ("until", "week"), ("seen", &seen), ("despite", "yes")];
    assert_eq!(house.post("/tickets/1/act", Some(&ann), &sure).await.status, 303);
    let file = house.store.ticket(TicketId(1)).await.expect("read").expect("there");
    assert!(file.ticket.snoozed_until.is_some());
}
