//! The practice chat and the switches through real HTTP.

use jiff::{Timestamp, ToSpan as _};
use nightdesk::model::{agent::Role, ids::AccountName, switch::Scope};

use super::house::{House, Seat};

async fn say(house: &House, seat: &Seat, text: &str) {
    let said = house.post("/practice/say", Some(seat), &[("act", "say"), ("text", text)]).await;
    assert_eq!((said.status, said.leads_to()), (303, "/practice#last"));
}

#[tokio::test]
async fn a_practice_conversation_goes_on_over_messages_and_reaches_nobody() {
    let house = House::stocked().await;
    house.person("ana", Role::Agent, None).await;
    house.person("kim", Role::Agent, None).await;
    let (ana, kim) = (house.seat("ana").await, house.seat("kim").await);
    assert_eq!(house.post("/practice", Some(&ana), &[("channel", "telegram"), ("name", "Li Na")]).await.status, 303);
    say(&house, &ana, "Can you wrap it as a gift?").await;
    let page = house.get("/practice", Some(&ana)).await;
    assert!(page.body.contains("Yes, we wrap gifts at no charge."), "{}", page.body);
    say(&house, &ana, "My lamp is <i>broken</i>").await;
    house.post("/practice/say", Some(&ana), &[("act", "hour")]).await;
    house.post("/practice/say", Some(&ana), &[("act", "claim")]).await;
    say(&house, &ana, "可以包成礼物吗？").await;
    let page = house.get("/practice", Some(&ana)).await;
    assert_eq!(page.body.matches("Yes, we wrap gifts at no charge.").count(), 1, "the colleague has it now");
    assert!(page.body.contains("A colleague takes the ticket"), "{}", page.body);
    assert!(page.body.contains("&#60;i&#62;broken") && !page.body.contains("<i>broken"), "{}", page.body);
    let other = house.get("/practice", Some(&kim)).await;
    assert!(!other.body.contains("broken"), "nobody sees what another one practices");
    let counts = house.store.counts().await.expect("counted");
    assert!(counts.inbound.is_empty() && counts.tickets.is_empty() && counts.outbox.is_empty(), "{counts:?}");
}

#[tokio::test]
async fn a_practice_conversation_ends_after_fifty_messages_and_begins_anew() {
    let house = House::stocked().await;
    house.person("ana", Role::Agent, None).await;
    let ana = house.seat("ana").await;
    assert_eq!(house.post("/practice/say", Some(&ana), &[("act", "hour")]).await.status, 404, "none was begun");
    house.post("/practice", Some(&ana), &[("channel", "email")]).await;
    for _ in 0..50 {
        assert_eq!(house.post("/practice/say", Some(&ana), &[("act", "hour")]).await.status, 303);
    }
    let full = house.post("/practice/say", Some(&ana), &[("act", "hour")]).await;
    assert!(full.status == 422 && full.body.contains("begin anew"), "{}", full.body);
    house.post("/practice", Some(&ana), &[("channel", "email")]).await;
    say(&house, &ana, "gift wrap?").await;
}

#[tokio::test]
async fn a_situation_switched_in_the_browser_is_seen_by_the_next_decision() {
    let house = House::stocked().await;
    house.person("ana", Role::Agent, None).await;
    house.person("edi", Role::Editor, None).await;
    let (ana, edi) = (house.seat("ana").await, house.seat("edi").await);
    let trial = [("text", "Will my parcel be late?")];
    let before = house.post("/rules/playground", Some(&ana), &trial).await;
    assert!(before.body.contains("wants situation storm"), "{}", before.body);
    let until = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().checked_add(3.days()).expect("a day");
    let until = until.to_string();
    let on = [("act", "on"), ("until", until.as_str()), ("reason", "the harbor is closed")];
    assert_eq!(house.post("/situations/storm", Some(&ana), &on).await.status, 403);
    for (path, fields, status) in [
        ("/situations/strom", &on[..], 404),
        ("/situations/storm", &[("act", "on"), ("until", "2020-01-01")][..], 422),
        ("/situations/storm", &[("act", "on"), ("until", "2099-01-01")][..], 422),
        ("/situations/storm", &on[..], 303),
    ] {
        assert_eq!(house.post(path, Some(&edi), fields).await.status, status, "{path} {fields:?}");
    }
    let page = house.get("/situations", Some(&edi)).await;
    assert!(page.body.contains("switched on") && page.body.contains("the harbor is closed"), "{}", page.body);
    let after = house.post("/rules/playground", Some(&ana), &trial).await;
    assert!(after.body.contains("<mark title=\"storm_questions\">"), "{}", after.body);
    assert_eq!(house.post("/situations/storm", Some(&edi), &[("act", "auto")]).await.status, 303);
    assert!(house.store.situation_switches().await.expect("read").is_empty());
}

#[tokio::test]
async fn the_shop_is_resumed_after_a_question_and_by_nobody_who_works_for_some_accounts() {
    let house = House::stocked().await;
    let only_other = [AccountName::from("other")];
    house.person("edi", Role::Editor, None).await;
    house.person("oli", Role::Editor, Some(&only_other)).await;
    let (edi, oli) = (house.seat("edi").await, house.seat("oli").await);
    for (scope, status) in [("shop", 422), ("account:shop", 404), ("account:nowhere", 404), ("account:other", 303)] {
        assert_eq!(house.post("/pauses", Some(&oli), &[("scope", scope)]).await.status, status, "{scope}");
    }
    assert_eq!(house.post("/pauses", Some(&edi), &[("scope", "shop"), ("reason", "stocktaking")]).await.status, 303);
    let page = house.get("/situations", Some(&edi)).await;
    assert!(page.body.contains("edi: stocktaking") && page.body.contains("href=\"/pauses/resume\""), "{}", page.body);
    let question = house.get("/pauses/resume", Some(&edi)).await;
    assert!(question.body.contains("Answer automatically again?"), "{}", question.body);
    assert_eq!(house.post("/pauses/resume", Some(&oli), &[("scope", "shop")]).await.status, 422);
    let left: Vec<Scope> = house.store.pauses().await.expect("read").into_iter().map(|pause| pause.scope).collect();
    assert_eq!(left, [Scope::Shop, Scope::Account("other".into())]);
    assert_eq!(house.post("/pauses/resume", Some(&edi), &[("scope", "shop")]).await.status, 303);
    let form = [("scope", "account"), ("name", "other")];
    assert_eq!(house.post("/pauses/resume", Some(&oli), &form).await.status, 303);
    assert!(house.store.pauses().await.expect("read").is_empty());
}
