//! From ticket to ticket in the list that one came from, and the parts of pages that are fetched anew.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use nightdesk::{
    console::guard::secret,
    model::{agent::Role, ids::AgentName},
    store::{
        audit::Actor,
        sessions::{NewSession, Stage},
    },
};

use super::{
    desk::{mail, shows},
    house::{House, Seat},
};
use crate::store::bench::{Bench, Plan};

/// Opens a console with ann and three tickets, the first of which must be worked first.
async fn opened() -> (House, Seat) {
    let house = House::open().await;
    house.person("ann", Role::Agent, None).await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    for (ago, subject) in [(30, "First"), (20, "Second"), (10, "Third")] {
        let at = now - SignedDuration::from_mins(ago);
        let letter =
            bench.received(&mail("Ana", &format!("{subject}@buyer.example"), subject, "A person, please."), at).await;
        bench.decide(&letter, Plan::escalate().sending(&[]), at).await;
    }
    let ann = house.seat("ann").await;
    (house, ann)
}

/// Returns where a page leads by the keys: to the ticket above and the one below.
async fn around(house: &House, seat: &Seat, page: &str) -> (Option<String>, Option<String>) {
    let page = house.get(page, Some(seat)).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let href = |key: &str| {
        let link = page.body.split("<a ").find(|link| link.contains(&format!("data-key=\"{key}\"")))?;
        Some(link.split("href=\"").nth(1)?.split('"').next()?.to_owned())
    };
    (href("k"), href("j"))
}

#[tokio::test]
async fn a_ticket_leads_on_to_the_next_one_of_its_list() {
    let (house, ann) = opened().await;
    let to = |path: &str| Some(path.to_owned());
    assert_eq!(around(&house, &ann, "/tickets/1").await, (None, to("/tickets/2")));
    assert_eq!(around(&house, &ann, "/tickets/2").await, (to("/tickets/1"), to("/tickets/3")));
    assert_eq!(around(&house, &ann, "/tickets/3").await, (to("/tickets/2"), None));
    for id in [1, 3] {
        assert_eq!(house.post(&format!("/tickets/{id}/act"), Some(&ann), &[("act", "claim")]).await.status, 303);
    }
    // What was claimed has left the list of what is nobody's.
    assert_eq!(around(&house, &ann, "/tickets/1").await, (None, to("/tickets/2")));
    shows(&house.get("/queue?view=mine", Some(&ann)).await, &["href=\"/tickets/1?list=view%3Dmine\""]);
    let (first, next) = ("/tickets/1?list=view%3Dmine", to("/tickets/3?list=view%3Dmine"));
    assert_eq!(around(&house, &ann, first).await, (None, next.clone()));
    let page = house.get(first, Some(&ann)).await;
    shows(&page, &["href=\"/queue?view=mine\"", "action=\"/tickets/1/act?list=view%3Dmine\""]);
    assert!(!page.body.contains("action=\"/tickets/1/act\""), "a form forgets the list: {}", page.body);
    let act = "/tickets/1/act?list=view%3Dmine";
    let tagged = house.post(act, Some(&ann), &[("act", "tag"), ("tag", "late")]).await;
    assert_eq!((tagged.status, tagged.leads_to()), (303, first));
    let undone = house.post(act, Some(&ann), &[("act", "undo")]).await;
    assert_eq!((undone.status, undone.leads_to()), (303, "/tickets/1?use=undone&list=view%3Dmine"));
    let closed = house.post(act, Some(&ann), &[("act", "close"), ("closing", "done")]).await;
    assert_eq!((closed.status, closed.leads_to()), (303, first));
    assert_eq!(around(&house, &ann, first).await, (None, next), "what is done leads to what must be worked first");
    let odd = "/tickets/1?list=%22%3E%3Cscript%3E%23%26from%3Dx";
    let page = house.get(odd, Some(&ann)).await;
    assert!(page.status == 200 && !page.body.contains("\"><script"), "{}", page.body);
}

#[tokio::test]
async fn the_way_from_ticket_to_ticket_goes_on_where_a_page_of_the_list_ends() {
    let house = House::open().await;
    house.person("ann", Role::Agent, None).await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    let many = 53;
    for number in 1..=many {
        let at = now - SignedDuration::from_mins(100 - number);
        let letter = bench.received(&mail("Ana", &format!("b{number}@buyer.example"), "Lamp", "Help."), at).await;
        bench.decide(&letter, Plan::escalate().sending(&[]), at).await;
    }
    let ann = house.seat("ann").await;
    let (mut seen, mut at) = (BTreeSet::new(), Some("/tickets/1".to_owned()));
    while let Some(path) = at {
        let id = path.split('?').next().unwrap_or_default().to_owned();
        assert!(seen.insert(id), "{path} was there before");
        at = around(&house, &ann, &path).await.1;
    }
    assert_eq!(seen.len(), usize::try_from(many).expect("few"));
}

#[tokio::test]
async fn what_pages_fetch_by_themselves_is_no_use_of_a_session() {
    let (house, ann) = opened().await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    let letter = bench.received(&mail("Bo", "bo@buyer.example", "Blue?", "Is it blue?"), now).await;
    bench.decide(&letter, Plan::answer(), now).await;
    let mut fetched = BTreeSet::from(["/queue/rows?view=all".to_owned()]);
    for page in ["/queue", "/answered", "/machine", "/quarantine", "/tickets/1", "/conversations/4"] {
        let told = house.get(page, Some(&ann)).await;
        let parts = told.body.split("data-live=\"").skip(1).filter_map(|rest| rest.split('"').next());
        fetched.extend(parts.map(|path| path.replace("&#38;", "&").replace("&amp;", "&")));
    }
    assert!(fetched.len() >= 6, "{fetched:?}");
    let (name, by, hash) = (AgentName::from("ann"), Actor::here("terminal"), secret::hash("old"));
    let new = NewSession { hash: &hash, agent: &name, stage: Stage::Whole, browser: "" };
    house.store.begin_session(&new, None, &by, now - SignedDuration::from_hours(1)).await.expect("begun");
    let old = Seat { cookie: "nightdesk=old".to_owned(), csrf: String::new() };
    let last_used = async || {
        let sessions = house.store.sessions_of(&name, now).await.expect("read");
        sessions.iter().find(|session| session.hash == hash).expect("it is in force").seen_at
    };
    let begun = last_used().await;
    for path in fetched {
        assert_eq!(house.get(&path, Some(&old)).await.status, 200, "{path}");
        assert_eq!(last_used().await, begun, "{path} counts as somebody who sits there");
    }
    assert_eq!(house.get("/queue", Some(&old)).await.status, 200);
    assert_ne!(last_used().await, begun, "whoever opens a page is there");
}

#[tokio::test]
async fn heads_numbers_and_conversations_are_fetched_anew() {
    let (house, ann) = opened().await;
    let page = house.get("/queue?view=mine", Some(&ann)).await;
    let tabs = "/queue/tabs?here=%2Fqueue%3Fview%3Dmine";
    shows(&page, &[&format!("data-live=\"{tabs}\"")]);
    let mine = |many: u32| format!("aria-current=\"page\">Mine <span class=\"count\">{many}</span>");
    shows(&house.get(tabs, Some(&ann)).await, &[&mine(0)]);
    shows(&house.get("/tickets/1", Some(&ann)).await, &["data-live=\"/tickets/1/head/live\""]);
    assert_eq!(house.post("/tickets/1/act", Some(&ann), &[("act", "claim")]).await.status, 303);
    let part = house.get(tabs, Some(&ann)).await;
    shows(&part, &[&mine(1)]);
    assert!(!part.body.contains("<html"), "the lists alone: {}", part.body);
    let head = house.get("/tickets/1/head/live", Some(&ann)).await;
    shows(&head, &["First", "claimed", "<bdi>you</bdi>"]);
    assert!(!head.body.contains("<html") && !head.body.contains("A person, please."), "{}", head.body);
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    let letter = bench.received(&mail("Bo", "bo@buyer.example", "Blue?", "Is it blue?"), now).await;
    bench.decide(&letter, Plan::answer(), now).await;
    shows(&house.get("/conversations/4", Some(&ann)).await, &["data-live=\"/conversations/4/live\""]);
    let talk = house.get("/conversations/4/live", Some(&ann)).await;
    shows(&talk, &["Is it blue?", "sent by the machine"]);
    assert!(!talk.body.contains("<html") && !talk.body.contains("has a ticket now"), "{}", talk.body);
    assert_eq!(house.post(&format!("/inbound/{}/take", letter.id), Some(&ann), &[]).await.status, 303);
    let taken = house.get("/conversations/4/live", Some(&ann)).await;
    shows(&taken, &["This conversation has a ticket now:", "href=\"/tickets/4\""]);
}
