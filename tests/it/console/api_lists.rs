//! Lists that people have at the desk and programs have too: machine mail, the quarantine, ready words. What is told is held
//! against the OpenAPI file each time.

use jiff::Timestamp;
use nightdesk::{
    library::Sources,
    model::{
        agent::Role,
        ids::{AccountName, InboundId},
    },
    store::quarantine::Cause,
};
use serde_json::{Value, json};

use super::{
    desk::mail,
    house::{House, stock},
    program::{Heard, Program},
};
use crate::store::bench::{Bench, Plan};

/// A token of each kind: of all accounts, and of one where nothing came in.
async fn programs(house: &House, role: Role) -> (Program<'_>, Program<'_>) {
    let other = [AccountName::from("other")];
    (Program::of(house, "all", role, None).await, Program::of(house, "far", role, Some(&other)).await)
}

fn numbers(heard: &Heard) -> Vec<i64> {
    let messages = heard.at("/messages").as_array().expect("a list").iter();
    messages.map(|message| message["message"].as_i64().expect("a number")).collect()
}

#[tokio::test]
async fn machine_mail_is_listed_page_by_page_and_becomes_a_ticket() {
    let house = House::stocked().await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    let mut ids = Vec::new();
    for subject in ["Ten ideas for boxes", "Out of office"] {
        let letter = bench.received(&mail("News", "news@letters.example", subject, "Unsubscribe below."), now).await;
        bench.decide(&letter, Plan::suppress(), now).await;
        ids.insert(0, letter.id.0);
    }
    let (all, far) = programs(&house, Role::Agent).await;
    let list = all.get("/api/v1/machine-mail").await;
    assert_eq!((numbers(&list), list.at("/next")), (ids.clone(), &Value::Null));
    let line = ["account", "from", "subject", "preview", "reason"].map(|key| list.at("/messages/0")[key].clone());
    assert_eq!(line, ["shop", "News", "Out of office", "Unsubscribe below.", "B3"].map(Value::from));
    let first = all.get("/api/v1/machine-mail?limit=1").await;
    let next = first.at("/next").as_str().expect("there is more").to_owned();
    let second = all.get(&format!("/api/v1/machine-mail?limit=1&from={next}")).await;
    assert_eq!((numbers(&first), numbers(&second)), (vec![ids[0]], vec![ids[1]]));
    assert_eq!(numbers(&far.get("/api/v1/machine-mail").await), Vec::<i64>::new(), "it came in elsewhere");
    for wrong in ["limit=201", "from=here", "before=3"] {
        assert_eq!(all.get(&format!("/api/v1/machine-mail?{wrong}")).await.problem(), (422, "invalid"), "{wrong}");
    }
    let take = format!("/api/v1/messages/{}/ticket", ids[0]);
    assert_eq!(far.post(&take, &json!({})).await.problem(), (404, "not_found"));
    let taken = all.post(&take, &json!({})).await;
    assert_eq!((taken.status, taken.at("/opened")), (200, &json!(true)));
    assert_eq!(numbers(&all.get("/api/v1/machine-mail").await), [ids[1]], "what has a ticket is machine mail no more");
}

#[tokio::test]
async fn editors_list_the_quarantine_and_have_its_messages_decided_again() {
    let house = House::stocked().await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    let letter = bench.received(&mail("Ana", "ana@buyer.example", "A box in a box", "Open it."), now).await;
    let reason = "Reading it failed inside.";
    house.store.quarantine(letter.id, Cause::Panicked, reason, now).await.expect("a ticket");
    let usual = bench.received(&mail("Bo", "bo@buyer.example", "Blue?", "Is it blue?"), now).await;
    bench.decide(&usual, Plan::escalate().sending(&[]), now).await;
    let (all, far) = programs(&house, Role::Editor).await;
    let agent = Program::of(&house, "agent", Role::Agent, None).await;
    let rerun = |id: InboundId| format!("/api/v1/quarantine/{id}/rerun");
    assert_eq!(agent.get("/api/v1/quarantine").await.problem(), (403, "forbidden"));
    assert_eq!(agent.post(&rerun(letter.id), &json!({})).await.problem(), (403, "forbidden"));
    assert_eq!(numbers(&far.get("/api/v1/quarantine?all=true").await), Vec::<i64>::new());
    assert_eq!(far.post(&rerun(letter.id), &json!({})).await.problem(), (404, "not_found"));
    let list = all.get("/api/v1/quarantine").await;
    assert_eq!((numbers(&list), list.at("/next")), (vec![letter.id.0], &Value::Null));
    let line = ["ticket", "account", "cause", "reason", "waits", "reruns", "left_at"];
    let line = line.map(|key| list.at("/messages/0")[key].clone());
    let told = [json!(1), json!("shop"), json!("panicked"), json!(reason), json!(false), json!(0), Value::Null];
    assert_eq!(line, told);
    for _ in 0..2 {
        let again = all.post(&rerun(letter.id), &json!({})).await;
        assert_eq!((again.status, again.at("/ticket")), (200, &json!(1)), "asked twice, it is decided once");
    }
    let list = all.get("/api/v1/quarantine").await;
    assert_eq!((list.at("/messages/0/waits"), list.at("/messages/0/reruns")), (&json!(true), &json!(1)));
    let ticket = all.get("/api/v1/tickets/1").await;
    let conversation = ticket.at("/conversation").as_array().expect("a list");
    assert!(conversation.iter().any(|item| item["by"] == json!("token:all")), "{conversation:#?}");
    assert_eq!(all.post(&rerun(usual.id), &json!({})).await.problem(), (422, "refused"));
    assert_eq!(all.post("/api/v1/quarantine/99/rerun", &json!({})).await.problem(), (404, "not_found"));
    for wrong in ["limit=0", "all=perhaps", "account=shop"] {
        assert_eq!(all.get(&format!("/api/v1/quarantine?{wrong}")).await.problem(), (422, "invalid"), "{wrong}");
    }
}

/// The shop's replies, with one that needs an order, and one whose words become a promise once they are filled.
fn more_replies(edited: bool) -> Sources {
    let mut sources = stock(edited);
    for (reply, text) in [
        ("on_its_way", "Your parcel is {{ order.tracking }}.\n"),
        ("too_much", "We guarantee {{ buyer.first_name or \"it\" }}.\n"),
    ] {
        let file = sources.map.add(format!("replies/{reply}/en.txt"), text);
        sources.replies.push(file);
    }
    sources
}

#[tokio::test]
async fn ready_words_are_told_filled_with_what_is_missing_or_better_not_said() {
    let house = House::furnished("", more_replies).await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    let letter = bench.received(&mail("A1", "a1@buyer.example", "A gift", "Can you wrap it as a gift?"), now).await;
    bench.decide(&letter, Plan::escalate().sending(&[]), now).await;
    let (all, far) = programs(&house, Role::Agent).await;
    let heard = all.get("/api/v1/tickets/1/texts").await;
    assert_eq!(heard.status, 200, "{:#}", heard.body);
    let texts = heard.at("/texts").as_array().expect("a list").clone();
    let named = |reply: &str| {
        let text = texts.iter().find(|text| text["reply"] == json!(reply));
        text.unwrap_or_else(|| panic!("no {reply} in {texts:#?}")).clone()
    };
    let gift = named("gift_wrapping");
    assert!(gift["text"].as_str().is_some_and(|text| text.contains("Yes, we wrap gifts")), "{gift:#}");
    let plain = (&gift["language"], &gift["missing"], &gift["doubtful"], &gift["in_own_words"]);
    assert_eq!(plain, (&json!("en"), &Value::Null, &json!([]), &Value::Null));
    let missing = named("on_its_way");
    assert_eq!((&missing["text"], &missing["language"]), (&Value::Null, &Value::Null));
    assert!(missing["missing"].as_str().is_some_and(|why| why.contains("order.tracking")), "{missing:#}");
    assert_eq!(named("too_much")["doubtful"], json!(["we guarantee it"]));
    let heard = all.get("/api/v1/tickets/1/texts?language=zh").await;
    let own = heard.at("/texts").as_array().expect("a list").iter().find(|text| text["reply"] == "gift_wrapping");
    assert!(own.is_some_and(|text| text["in_own_words"].as_str().is_some_and(|own| own.contains("礼品包装免费"))));
    assert_eq!(all.get("/api/v1/tickets/1/texts?language=klingon").await.problem(), (422, "invalid"));
    assert_eq!(far.get("/api/v1/tickets/1/texts").await.problem(), (404, "not_found"));
    assert_eq!(all.get("/api/v1/tickets/9/texts").await.problem(), (404, "not_found"));
}
