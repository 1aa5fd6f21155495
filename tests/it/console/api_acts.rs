//! What programs do through the API, with real HTTP. What they are told is held against the OpenAPI file each time.

use jiff::{SignedDuration, Timestamp};
use nightdesk::model::{agent::Role, ids::AccountName};
use serde_json::{Value, json};

use super::{
    desk::mail,
    house::House,
    program::{Heard, Program, heard},
};
use crate::store::bench::{Bench, Plan};

const ACTS: &str = "/api/v1/tickets/1/acts";

/// A house with a ticket, a second one of the same buyer, and ann.
async fn furnished() -> House {
    let house = House::stocked().await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    for subject in ["Where is my parcel?", "A gift"] {
        let letter = bench.received(&mail("Ana", "ana@buyer.example", subject, "It was to be here."), now).await;
        bench.decide(&letter, Plan::escalate().sending(&[]), now).await;
    }
    house.person("ann", Role::Agent, None).await;
    house
}

fn is_done(heard: &Heard) -> &Heard {
    assert_eq!(heard.status, 200, "{:#}", heard.body);
    heard
}

/// Says a number of things of the conversation, by the word of `type`.
async fn said(erp: &Program<'_>, kind: &str) -> Vec<Value> {
    let ticket = erp.get("/api/v1/tickets/1").await;
    let items = ticket.at("/conversation").as_array().expect("a list").clone();
    items.into_iter().filter(|item| item["type"] == json!(kind)).collect()
}

#[tokio::test]
async fn everything_that_people_do_to_a_ticket_programs_do_too() {
    let house = furnished().await;
    let erp = Program::of(&house, "erp", Role::Agent, None).await;
    let later = Timestamp::from_second(Timestamp::now().as_second()).expect("now") + SignedDuration::from_hours(3);
    let later = later.to_string();
    for (act, pointer, value) in [
        (json!({"type": "claim"}), "/ticket/assignee", json!("token:erp")),
        (json!({"type": "note", "text": "The carrier looks for it."}), "/ticket/state", json!("claimed")),
        (json!({"type": "tag", "tag": "carrier"}), "/ticket/tags/0", json!("carrier")),
        (json!({"type": "untag", "tag": "carrier"}), "/ticket/tags", json!([])),
        (json!({"type": "urgency", "urgency": "urgent"}), "/ticket/urgency", json!("urgent")),
        (json!({"type": "snooze", "until": later}), "/ticket/assignee", json!("token:erp")),
        (json!({"type": "wake"}), "/ticket/snoozed_until", json!(null)),
        (json!({"type": "bot_off"}), "/repeated", json!(false)),
        (json!({"type": "bot_on"}), "/repeated", json!(false)),
        (json!({"type": "release"}), "/ticket/assignee", json!(null)),
        (json!({"type": "assign", "to": "ann"}), "/ticket/assignee", json!("ann")),
        (json!({"type": "reply", "text": "Tomorrow.", "leaves_at": later}), "/leaves_at", json!(later)),
        (json!({"type": "cancel_reply"}), "/ticket/state", json!("claimed")),
        (json!({"type": "reply", "text": "Tomorrow.", "buyers_morning": true}), "/repeated", json!(false)),
        (json!({"type": "reply", "text": "Today."}), "/ticket/state", json!("waiting")),
        (json!({"type": "undo"}), "/ticket/state", json!("waiting")),
        (json!({"type": "close", "text": "It came.", "result": "solved"}), "/ticket/result", json!("solved")),
        (json!({"type": "reopen"}), "/ticket/state", json!("open")),
        (json!({"type": "hand_back"}), "/ticket/assignee", json!(null)),
        (json!({"type": "merge", "into": 2}), "/ticket/merged_into", json!(2)),
    ] {
        let heard = erp.post(ACTS, &json!({"act": act, "despite": true})).await;
        assert_eq!(*is_done(&heard).at(pointer), value, "{act}: {:#}", heard.body);
    }
    let notes: Vec<Value> = said(&erp, "done").await.into_iter().filter(|item| item["what"] == json!("note")).collect();
    assert_eq!(notes.len(), 1, "{notes:#?}");
    assert_eq!(notes[0]["by"], json!("token:erp"));
}

#[tokio::test]
async fn a_reply_that_is_asked_for_twice_is_sent_once() {
    let house = furnished().await;
    let (erp, chat) =
        (Program::of(&house, "erp", Role::Agent, None).await, Program::of(&house, "chat", Role::Agent, None).await);
    let key = [("idempotency-key", "8e03978e-40d5-43e8-bc93-6894a57f9324")];
    let seen = erp.get("/api/v1/tickets/1").await.at("/ticket/version").clone();
    let reply = json!({"act": {"type": "reply", "text": "Tomorrow."}, "seen": seen});
    let first = erp.post_with(ACTS, &key, &reply).await;
    let again = erp.post_with(ACTS, &key, &reply).await;
    assert_eq!((is_done(&first).at("/repeated"), is_done(&again).at("/repeated")), (&json!(false), &json!(true)));
    assert_eq!((first.at("/leaves_at"), first.at("/undo_until")), (again.at("/leaves_at"), again.at("/undo_until")));
    assert_eq!(said(&erp, "written").await.len(), 1);
    let other = json!({"act": {"type": "reply", "text": "Today."}, "seen": seen});
    assert_eq!(erp.post_with(ACTS, &key, &other).await.problem(), (422, "key_reused"));
    assert_eq!(chat.post_with(ACTS, &key, &reply).await.problem(), (409, "conflict"), "it is no name of this program");
    let many = tokio::join!(erp.post_with(ACTS, &key, &reply), erp.post_with(ACTS, &key, &reply));
    assert!(*is_done(&many.0).at("/repeated") == json!(true) && *is_done(&many.1).at("/repeated") == json!(true));
    assert_eq!(said(&erp, "written").await.len(), 1);
    for bad in ["", "two words", &"x".repeat(201)] {
        let refused = erp.post_with(ACTS, &[("idempotency-key", bad)], &reply).await;
        assert_eq!(refused.problem(), (422, "invalid"), "{bad}");
    }
}

#[tokio::test]
async fn whoever_comes_too_late_is_told_who_did_what_and_when() {
    let house = furnished().await;
    let erp = Program::of(&house, "erp", Role::Agent, None).await;
    let ann = house.seat("ann").await;
    let seen = erp.get("/api/v1/tickets/1").await.at("/ticket/version").clone();
    assert_eq!(house.post("/tickets/1/act", Some(&ann), &[("act", "claim")]).await.status, 303);
    let reply = |seen: &Value, despite: bool| json!({"act": {"type": "reply", "text": "Tomorrow."}, "seen": seen, "despite": despite});
    let late = erp.post(ACTS, &reply(&seen, false)).await;
    assert_eq!(late.problem(), (409, "conflict"));
    assert_eq!((late.at("/conflict/by"), late.at("/conflict/what")), (&json!("ann"), &json!("claimed")));
    assert!(late.at("/conflict/at").is_string() && late.at("/conflict/assignee") == &json!("ann"));
    let taken = erp.post(ACTS, &reply(late.at("/conflict/version"), false)).await;
    assert_eq!(taken.problem(), (409, "needs_confirmation"));
    assert!(taken.at("/detail").as_str().is_some_and(|detail| detail.contains("ann")), "{:#}", taken.body);
    is_done(&erp.post(ACTS, &reply(late.at("/conflict/version"), true)).await);
    let page = house.get("/tickets/1", Some(&ann)).await;
    assert!(page.body.contains("token:erp"), "people see which program it was: {}", page.body);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_what_and_where() {
    let house = furnished().await;
    let erp = Program::of(&house, "erp", Role::Agent, None).await;
    for (body, problem, says) in [
        (json!({"act": {"type": "sing"}}), (422, "invalid"), "sing"),
        (json!({"act": {"type": "claim", "by": "ann"}}), (422, "invalid"), "by"),
        (json!({"act": {"type": "claim"}, "sean": 1}), (422, "invalid"), "sean"),
        (json!({"act": {"type": "reply"}}), (422, "invalid"), "text"),
        (json!({}), (422, "invalid"), "act"),
        (json!({"act": {"type": "reply", "text": " "}}), (422, "refused"), "empty"),
        (json!({"act": {"type": "release"}}), (422, "refused"), "1"),
        (json!({"act": {"type": "assign", "to": "nobody"}}), (422, "refused"), "could take it: ann"),
        (json!({"act": {"type": "merge", "into": 99}}), (422, "refused"), "99"),
        (json!({"act": {"type": "close", "compensation": "much"}}), (422, "invalid"), "12.50 EUR"),
        (json!({"act": {"type": "snooze", "until": "tomorrow"}}), (422, "invalid"), "year"),
        (json!({"act": {"type": "snooze", "until": "2020-01-01T00:00:00Z"}}), (422, "refused"), "2020"),
        (json!({"act": {"type": "undo"}}), (422, "refused"), "nothing"),
    ] {
        let refused = erp.post(ACTS, &body).await;
        assert_eq!(refused.problem(), problem, "{body}: {:#}", refused.body);
        assert!(
            refused.at("/detail").as_str().is_some_and(|detail| detail.contains(says)),
            "{body}: {:#}",
            refused.body
        );
    }
    let bearer = ("authorization", "Bearer nightdesk_erp");
    let long = "x".repeat((1 << 20) + 1);
    for (kind, body, problem) in [
        ("text/plain", "{}", (415, "unsupported_media_type")),
        ("application/json", "{\"act\":", (400, "unreadable")),
        ("application/json; charset=utf-8", "", (400, "unreadable")),
        ("application/json", &long, (413, "too_large")),
    ] {
        let told = house.ask("POST", ACTS, &[bearer, ("content-type", kind)], body).await;
        assert_eq!(heard("POST", ACTS, told).problem(), problem);
    }
}

#[tokio::test]
async fn a_program_switches_what_its_role_allows() {
    let house = furnished().await;
    let agent = Program::of(&house, "agent", Role::Agent, None).await;
    let editor = Program::of(&house, "editor", Role::Editor, None).await;
    let rule = json!({"scope": "rule", "name": "gift_wrapping"});
    let paused =
        agent.post("/api/v1/pauses", &json!({"scope": "rule", "name": "gift_wrapping", "reason": "a slip"})).await;
    assert_eq!(*is_done(&paused).at("/pauses/0/by"), json!("token:agent"));
    assert_eq!(agent.post("/api/v1/pauses/resume", &rule).await.problem(), (403, "forbidden"));
    assert_eq!(*is_done(&editor.post("/api/v1/pauses/resume", &rule).await).at("/pauses"), json!([]));
    assert_eq!(
        *is_done(&agent.post("/api/v1/pauses", &json!({"scope": "shop"})).await).at("/pauses/0/scope"),
        json!("shop")
    );
    assert!(agent.get("/api/v1/health").await.at("/paused").is_string());
    assert_eq!(
        agent.post("/api/v1/pauses", &json!({"scope": "rule", "name": "none"})).await.problem(),
        (404, "not_found")
    );
    assert_eq!(agent.post("/api/v1/pauses", &json!({"scope": "all"})).await.problem(), (422, "invalid"));
    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let until = today.checked_add(jiff::ToSpan::days(7)).expect("a day").to_string();
    let storm = "/api/v1/situations/storm";
    let on = json!({"switch": "on", "until": until, "reason": "the harbor is closed"});
    assert_eq!(agent.post(storm, &on).await.problem(), (403, "forbidden"));
    let switched = editor.post(storm, &on).await;
    assert_eq!(*is_done(&switched).at("/situations/0/state"), json!("on"));
    assert_eq!(*switched.at("/situations/0/switched/by"), json!("token:editor"));
    let by_dates = editor.post(storm, &json!({"switch": "by_dates"})).await;
    assert_eq!(*is_done(&by_dates).at("/situations/0/state"), json!("later"));
    assert_eq!(editor.post(storm, &json!({"switch": "on"})).await.problem(), (422, "invalid"), "a last day is missing");
    assert_eq!(editor.post("/api/v1/situations/none", &on).await.problem(), (404, "not_found"));
    let by_dates = json!({"switch": "by_dates"});
    assert_eq!(editor.post("/api/v1/situations/none", &by_dates).await.problem(), (404, "not_found"));
    for more in ["until", "reason"] {
        let both = json!({"switch": "by_dates", more: "2030-01-01"});
        assert_eq!(editor.post(storm, &both).await.problem(), (422, "invalid"), "{more} says nothing of dates");
    }
}

#[tokio::test]
async fn a_token_of_one_mailbox_does_nothing_to_another() {
    let house = furnished().await;
    let other = [AccountName::from("other")];
    let stranger = Program::of(&house, "stranger", Role::Editor, Some(&other)).await;
    let claim = json!({"act": {"type": "claim"}});
    assert_eq!(stranger.post(ACTS, &claim).await.problem(), (404, "not_found"));
    let grade = json!({"type": "grade", "grade": "vip"});
    assert_eq!(stranger.post("/api/v1/buyers/1/acts", &grade).await.problem(), (404, "not_found"));
    for (path, body, problem) in [
        ("/api/v1/pauses", json!({"scope": "account", "name": "shop"}), (404, "not_found")),
        ("/api/v1/pauses", json!({"scope": "shop"}), (403, "forbidden")),
        ("/api/v1/pauses/resume", json!({"scope": "rule", "name": "gift_wrapping"}), (403, "forbidden")),
        ("/api/v1/situations/storm", json!({"switch": "by_dates"}), (403, "forbidden")),
    ] {
        assert_eq!(stranger.post(path, &body).await.problem(), problem, "{path} {body}");
    }
    is_done(&stranger.post("/api/v1/pauses", &json!({"scope": "account", "name": "other"})).await);
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    let own = Program::of(&house, "own", Role::Agent, Some(&[AccountName::from("shop")])).await;
    let letter = bench.received(&mail("Bo", "bo@buyer.example", "Hello", "Anybody?"), now).await;
    bench.decide(&letter, Plan::escalate().sending(&[]), now).await;
    house.run(&["UPDATE thread SET account = 'other' WHERE id = (SELECT thread FROM ticket WHERE id = 3)"]).await;
    let merge = json!({"act": {"type": "merge", "into": 3}, "despite": true});
    assert_eq!(own.post(ACTS, &merge).await.problem(), (422, "refused"), "a ticket that is not there takes nothing in");
}

#[tokio::test]
async fn what_a_program_says_of_a_buyer_stands_on_the_card() {
    let house = furnished().await;
    let erp = Program::of(&house, "erp", Role::Agent, None).await;
    let acts = "/api/v1/buyers/1/acts";
    for (body, pointer, value) in [
        (json!({"type": "grade", "grade": "vip"}), "/grade", json!("vip")),
        (json!({"type": "country", "country": "DE"}), "/country", json!("DE")),
        (json!({"type": "language", "language": "de"}), "/language", json!("de")),
        (json!({"type": "note", "text": "Pays at once."}), "/notes/0/by", json!("token:erp")),
        (json!({"type": "grade", "grade": null}), "/grade", json!(null)),
    ] {
        let heard = erp.post(acts, &body).await;
        assert_eq!(*is_done(&heard).at(pointer), value, "{body}");
    }
    assert_eq!(*erp.get("/api/v1/tickets/1").await.at("/buyer/zone"), json!("Europe/Berlin"));
    for body in [
        json!({"type": "grade", "grade": "the very best of them all"}),
        json!({"type": "country", "country": "Germany"}),
        json!({"type": "language", "language": "klingon"}),
        json!({"type": "note", "text": " "}),
    ] {
        assert_eq!(erp.post(acts, &body).await.problem(), (422, "invalid"), "{body}");
    }
}

#[tokio::test]
async fn two_addresses_that_a_program_calls_one_persons_are_told_one_beside_the_other_until_it_parts_them() {
    let house = furnished().await;
    let erp = Program::of(&house, "erp", Role::Agent, None).await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    let letter = bench.received(&mail("Ana", "ana@home.example", "Me again", "Hello."), now).await;
    bench.decide(&letter, Plan::escalate().sending(&[]), now).await;
    let other = house.store.buyer_of_key("ana@home.example").await.expect("read").expect("known").0;
    let (acts, others) = ("/api/v1/buyers/1/acts", format!("/api/v1/buyers/{other}"));
    let joined = erp.post(acts, &json!({"type": "same_person", "buyer": other})).await;
    assert_eq!(*is_done(&joined).at("/also/0/id"), json!(other));
    let tickets = |heard: &Heard| heard.at("/tickets").as_array().map_or(0, Vec::len);
    let also = |heard: &Heard| heard.at("/also/0/tickets").as_array().map_or(0, Vec::len);
    assert_eq!((tickets(&joined), also(&joined)), (2, 1), "each under its own address");
    let there = erp.get(&others).await;
    assert_eq!((tickets(&there), also(&there)), (1, 2));
    assert_eq!(*erp.get("/api/v1/tickets/1").await.at("/buyer/also/0/id"), json!(other));
    let again = erp.post(acts, &json!({"type": "same_person", "buyer": other})).await;
    assert_eq!((tickets(is_done(&again)), also(&again)), (2, 1));
    let parted = erp.post(&format!("{others}/acts"), &json!({"type": "apart"})).await;
    assert_eq!((is_done(&parted).at("/also"), tickets(&parted)), (&json!([]), 1));
    assert_eq!(erp.post(acts, &json!({"type": "same_person", "buyer": 99})).await.problem(), (404, "not_found"));
    assert_eq!(erp.post(acts, &json!({"type": "same_person", "buyer": 1})).await.problem(), (422, "invalid"));
}
