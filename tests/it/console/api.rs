//! The JSON API through real HTTP. What a program is told is held against the OpenAPI file each time.

use std::collections::BTreeSet;

use jiff::Timestamp;
use nightdesk::{
    console,
    model::{agent::Role, ids::AccountName, outbound::OutboundKind, switch::Scope},
    service::indexer::index_all,
};
use serde_json::{Value, json};

use super::{
    desk::mail,
    house::House,
    program::{Heard, Program, description, heard},
};
use crate::store::bench::{Bench, Plan};

/// Two tickets of one mailbox, the second with a draft.
async fn furnished() -> House {
    let house = House::stocked().await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    for (subject, drafts) in [("Where is my parcel?", &[][..]), ("退款 please", &[OutboundKind::Draft][..])] {
        let raw = mail("Ana", &format!("ana{}@buyer.example", drafts.len()), subject, "It was to be here today.");
        let letter = bench.received(&raw, now).await;
        bench.decide(&letter, Plan::escalate().sending(drafts), now).await;
    }
    index_all(&house.store).await.expect("everything is indexed");
    house
}

#[test]
fn every_route_below_api_is_described_and_nothing_else_is() {
    let routes: BTreeSet<String> = console::routes()
        .into_iter()
        .filter(|(_, path)| path.starts_with("/api/"))
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    let description = description();
    let paths = description["paths"].as_object().expect("paths");
    let described: BTreeSet<String> = paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().expect("methods").keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    assert_eq!(routes, described);
    let names = paths.values().flat_map(|item| item.as_object().expect("methods").values());
    let names: BTreeSet<&str> = names.map(|operation| operation["operationId"].as_str().expect("a name")).collect();
    assert_eq!(names.len(), described.len(), "generators make one function of each name: {names:?}");
    assert!(routes.len() >= 15, "only {routes:?}");
}

#[tokio::test]
async fn everything_that_can_be_read_is_read_as_it_is_described() {
    let house = furnished().await;
    house.store.pause(&Scope::Rule("gift_wrapping".into()), "a slip", "lin", Timestamp::now()).await.expect("paused");
    let erp = Program::of(&house, "erp", Role::Admin, None).await;
    let mut read = BTreeSet::new();
    for path in [
        "/api/v1/openapi.json",
        "/api/v1/tickets",
        "/api/v1/tickets/2",
        "/api/v1/tickets/2/texts",
        "/api/v1/answered",
        "/api/v1/machine-mail",
        "/api/v1/quarantine",
        "/api/v1/conversations/1",
        "/api/v1/search?q=parcel",
        "/api/v1/buyers",
        "/api/v1/buyers/1",
        "/api/v1/messages/1",
        "/api/v1/messages/1/raw",
        "/api/v1/rules",
        "/api/v1/rules/gift_wrapping/rejected",
        "/api/v1/situations",
        "/api/v1/pauses",
        "/api/v1/reports",
        "/api/v1/reports?since=night&account=shop",
        "/api/v1/reports/complaints?since=28d",
        "/api/v1/reports/unrecognized?since=3d",
        "/api/v1/health",
        "/api/v1/audit",
    ] {
        let heard = erp.get(path).await;
        assert_eq!(heard.status, 200, "{path}: {}", heard.told.body);
        read.insert(path.split('?').next().unwrap_or_default().replace(['1', '2'], "#"));
    }
    assert_eq!(erp.get("/api/v1/messages/1/files/0").await.problem(), (404, "not_found"), "the mail has no file");
    let routes = console::routes().into_iter().filter(|(method, path)| method == "GET" && path.starts_with("/api/"));
    assert_eq!(read.len() + 1, routes.count(), "a route that nobody reads: {read:?}");
}

#[tokio::test]
async fn a_list_goes_on_where_its_page_before_ended() {
    let house = furnished().await;
    let erp = Program::of(&house, "erp", Role::Agent, None).await;
    let first = erp.get("/api/v1/tickets?limit=1").await;
    assert_eq!(first.at("/tickets").as_array().map(Vec::len), Some(1));
    let next = first.at("/next").as_str().expect("there is more").to_owned();
    let second = erp.get(&format!("/api/v1/tickets?limit=1&from={next}")).await;
    assert_ne!(first.at("/tickets/0/ticket/id"), second.at("/tickets/0/ticket/id"));
    assert_eq!(*erp.get("/api/v1/tickets").await.at("/next"), Value::Null);
    for narrowed in ["view=mine", "assignee=lin", "tag=late", "intent=refund", "channel=telegram", "state=closed"] {
        let heard = erp.get(&format!("/api/v1/tickets?{narrowed}")).await;
        assert_eq!(*heard.at("/tickets"), json!([]), "{narrowed}");
    }
    let drafts = erp.get("/api/v1/tickets?view=drafts&state=open&channel=email").await;
    assert_eq!(*drafts.at("/tickets/0/has_draft"), json!(true));
    let found = erp.get("/api/v1/search?q=%E9%80%80%E6%AC%BE&limit=1").await;
    let pieces = found.at("/results/0/subject").as_array().expect("pieces");
    assert!(pieces.iter().any(|piece| piece["hit"] == json!(true) && piece["text"] == json!("退款")), "{pieces:?}");
}

#[tokio::test]
async fn every_list_takes_as_many_entries_as_is_written_of_it_and_no_more() {
    let house = furnished().await;
    let erp = Program::of(&house, "erp", Role::Admin, None).await;
    let (description, mut lists) = (description(), 0);
    for (path, item) in description["paths"].as_object().expect("paths") {
        let parameters: Vec<&Value> = item["get"]["parameters"].as_array().into_iter().flatten().collect();
        let named = |name: &str| parameters.iter().find(|parameter| parameter["name"] == json!(name));
        let Some(limit) = named("limit") else { continue };
        let most = limit["schema"]["maximum"].as_u64().expect("the most is written");
        let words = if named("q").is_some_and(|q| q["required"] == json!(true)) { "q=parcel&" } else { "" };
        for (asked, status) in [(most, 200), (most + 1, 422), (0, 422)] {
            let heard = erp.get(&format!("{path}?{words}limit={asked}")).await;
            assert_eq!(heard.status, status, "{path} with {asked}: {:#}", heard.body);
        }
        lists += 1;
    }
    assert!(lists >= 6, "only {lists} lists");
}

#[tokio::test]
async fn a_ticket_tells_what_was_said_by_whom_and_what_waits() {
    let house = furnished().await;
    let erp = Program::of(&house, "erp", Role::Agent, None).await;
    let ticket = erp.get("/api/v1/tickets/2").await;
    assert_eq!(*ticket.at("/ticket/state"), json!("open"));
    assert_eq!(*ticket.at("/conversation/0/type"), json!("received"));
    assert_eq!(*ticket.at("/conversation/0/text"), json!("It was to be here today."));
    assert!(ticket.at("/draft/text").is_string() && ticket.at("/why/outcome").is_string(), "{:#}", ticket.body);
    let buyer = ticket.at("/buyer/id").as_i64().expect("a buyer");
    assert_eq!(*erp.get(&format!("/api/v1/buyers/{buyer}")).await.at("/tickets/0/id"), json!(2));
}

#[tokio::test]
async fn a_token_of_one_mailbox_finds_nothing_of_another() {
    let house = furnished().await;
    let other = [AccountName::from("other")];
    let shop = [AccountName::from("shop")];
    let stranger = Program::of(&house, "other", Role::Editor, Some(&other)).await;
    let own = Program::of(&house, "own", Role::Editor, Some(&shop)).await;
    for path in ["/api/v1/tickets", "/api/v1/search?q=parcel", "/api/v1/buyers"] {
        let list = |heard: &Heard| {
            heard.body.as_object().and_then(|body| body.values().find_map(Value::as_array).map(Vec::len))
        };
        assert_eq!(list(&stranger.get(path).await), Some(0), "{path}");
        assert_ne!(list(&own.get(path).await), Some(0), "{path}");
    }
    for path in [
        "/api/v1/tickets/1",
        "/api/v1/conversations/1",
        "/api/v1/buyers/1",
        "/api/v1/messages/1",
        "/api/v1/messages/1/raw",
    ] {
        assert_eq!(stranger.get(path).await.problem(), (404, "not_found"), "{path}");
        assert_eq!(own.get(path).await.status, 200, "{path}");
    }
    let health = stranger.get("/api/v1/health").await;
    assert_eq!((health.at("/counts"), health.at("/accounts/0/name")), (&Value::Null, &json!("other")));
    assert_eq!(health.at("/accounts").as_array().map(Vec::len), Some(1));
    assert_eq!(stranger.get("/api/v1/reports?account=shop").await.problem(), (422, "invalid"));
}

#[tokio::test]
async fn what_cannot_be_done_is_said_as_a_problem_with_a_word_that_stays() {
    let house = furnished().await;
    let erp = Program::of(&house, "erp", Role::Agent, None).await;
    for (path, problem, says) in [
        ("/api/v1/tickets?veiw=mine", (422, "invalid"), "veiw"),
        ("/api/v1/tickets?view=other", (422, "invalid"), "unclaimed"),
        ("/api/v1/tickets?limit=0", (422, "invalid"), "1 to 200"),
        ("/api/v1/tickets?from=here", (422, "invalid"), "`next`"),
        ("/api/v1/tickets?language=klingon", (422, "invalid"), "klingon"),
        ("/api/v1/search", (422, "invalid"), "q"),
        ("/api/v1/reports?since=ever", (422, "invalid"), "7d"),
        ("/api/v1/tickets/99", (404, "not_found"), "no such"),
        ("/api/v1/tickets/x", (404, "not_found"), "no such"),
        ("/api/v1/nothing", (404, "not_found"), "no such"),
        ("/api/v1/messages/1/files/x", (404, "not_found"), "no such"),
        ("/api/v1/audit", (403, "forbidden"), "role"),
    ] {
        let heard = erp.get(path).await;
        assert_eq!(heard.problem(), problem, "{path}");
        assert_eq!(heard.told.header("content-type"), Some("application/problem+json"), "{path}");
        assert!(heard.at("/detail").as_str().is_some_and(|detail| detail.contains(says)), "{path}: {:#}", heard.body);
    }
    let method = erp.post("/api/v1/tickets", &json!({})).await;
    assert_eq!(method.problem(), (405, "method_not_allowed"));
    assert_eq!(method.told.header("allow"), Some("GET,HEAD"));
    let elsewhere = house.ask("GET", "/api/v1/tickets", &[("host", "evil.example")], "").await;
    assert_eq!(heard("GET", "/api/v1/tickets", elsewhere).problem(), (421, "misdirected"));
}

#[tokio::test]
async fn only_a_token_in_force_opens_the_api_and_it_opens_nothing_else() {
    let house = furnished().await;
    let erp = Program::of(&house, "erp", Role::Admin, None).await;
    house.person("lin", Role::Admin, None).await;
    let lin = house.seat("lin").await;
    let bearer = ("authorization", "Bearer nightdesk_erp");
    for (headers, challenge) in [
        (vec![], "Bearer realm=\"nightdesk\""),
        (vec![("cookie", lin.cookie.as_str())], "Bearer realm=\"nightdesk\""),
        (vec![("authorization", "Bearer nightdesk_guess")], "Bearer realm=\"nightdesk\", error=\"invalid_token\""),
        (vec![("authorization", "Basic bGluOmxpbg==")], "Bearer realm=\"nightdesk\", error=\"invalid_token\""),
    ] {
        let told = house.ask("GET", "/api/v1/tickets", &headers, "").await;
        assert_eq!(told.header("www-authenticate"), Some(challenge));
        assert_eq!(heard("GET", "/api/v1/tickets", told).problem(), (401, "unauthorized"), "{headers:?}");
    }
    assert_eq!(house.ask("GET", "/queue", &[bearer], "").await.leads_to(), "/login?next=%2Fqueue");
    assert_eq!(erp.get("/api/v1/tickets").await.status, 200);
    assert_eq!(house.post("/tokens/1/revoke", Some(&lin), &[]).await.status, 303);
    assert_eq!(erp.get("/api/v1/tickets").await.problem(), (401, "unauthorized"));
}
