//! One buyer with several addresses: whoever reads them together sees what belongs to which.

use jiff::{Timestamp, tz::TimeZone};
use nightdesk::{
    model::{
        agent::Role,
        ids::{AccountName, BuyerId},
        language::Language,
        order::{Order, OrderLine, OrderStatus},
        verdict::FactUsed,
    },
    store::{audit::Actor, card::BuyerAct, people::AgentChange},
};
use serde_json::{Value, json};

use super::{
    desk::{mail, shows},
    house::{House, Seat, Told},
    program::Program,
};
use crate::store::{
    bench::{Bench, Plan},
    orders,
};

/// Opens a console with ann, two addresses of an Ana that were called one person's, each with a ticket and an order, and a
/// note of the second one.
async fn joined() -> (House, Seat) {
    let house = House::open().await;
    house.person("ann", Role::Agent, None).await;
    let bench = Bench::over(&house.store);
    for (address, subject) in [("ana@buyer.example", "Broken"), ("ana@home.example", "Missing")] {
        ticket(&bench, address, subject, Plan::escalate()).await;
    }
    let mut shipped = orders::line("#1001", Some("ana@buyer.example"), OrderStatus::Shipped);
    shipped.tracking = Some("LX1".to_owned());
    let paid = OrderLine {
        tracking: Some("LX2".to_owned()),
        ..orders::line("#1002", Some("ana@home.example"), OrderStatus::Paid)
    };
    orders::put(&house.store, &orders::file("shop.csv", "shop", 0), vec![shipped, paid]).await;
    let (lin, now) = ("lin".into(), Timestamp::now());
    let note = BuyerAct::Note("rings twice".to_owned());
    house.store.change_buyer("ana@home.example", &lin, &note, now).await.expect("written");
    let joining = house.store.join_buyers(BuyerId(1), BuyerId(2), &lin, now).await.expect("the call runs");
    assert!(joining.is_done());
    let ann = house.seat("ann").await;
    (house, ann)
}

async fn ticket(bench: &Bench, address: &str, subject: &str, plan: Plan) {
    let now = Timestamp::now();
    let letter = bench.received(&mail("Ana", address, subject, "A person, please."), now).await;
    bench.decide(&letter, plan.sending(&[]), now).await;
}

/// Has ann read Chinese from now on.
async fn chinese(house: &House) {
    let (change, by) = (AgentChange::Language(Language::ZH), Actor { name: "terminal", address: "" });
    house.store.change_agent(&"ann".into(), &change, &by, Timestamp::now()).await.expect("changed");
}

/// Holds that these parts stand on the page in this order.
fn in_order(page: &Told, parts: &[&str]) {
    assert_eq!(page.status, 200, "{}", page.body);
    let mut rest = page.body.as_str();
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} is not behind the ones before it: {}", page.body));
        rest = &rest[at + part.len()..];
    }
}

#[tokio::test]
async fn what_belongs_to_another_address_stands_under_its_heading() {
    let (house, ann) = joined().await;
    for path in ["/tickets/1", "/buyers/1"] {
        let page = house.get(path, Some(&ann)).await;
        let heading = "id=\"other-2\">Under the other address <a href=\"/buyers/2\"><bdi>ana@home.example</bdi>";
        in_order(
            &page,
            &["#1001: shipped, LX1", "What stands there belongs to that address", heading, "#1002: paid, LX2"],
        );
        in_order(&page, &[heading, "href=\"/tickets/2\"", "rings twice"]);
        for once in ["#1002", "LX2", "rings twice", ">#2 <span"] {
            assert_eq!(page.body.matches(once).count(), 1, "{once} of {path}: {}", page.body);
        }
    }
    let there = house.get("/buyers/2", Some(&ann)).await;
    in_order(&there, &["#1002: paid", "rings twice", "id=\"other-1\"", "#1001: shipped"]);
    chinese(&house).await;
    let page = house.get("/tickets/1", Some(&ann)).await;
    in_order(
        &page,
        &["#1001：已发货，LX1（shop.csv 第 2 行，", "另一地址 <a href=\"/buyers/2\">", "#1002：已付款，LX2"],
    );
}

#[tokio::test]
async fn a_program_is_told_the_orders_and_notes_of_the_address_apart_from_those_of_others() {
    let (house, _) = joined().await;
    let erp = Program::of(&house, "erp", Role::Agent, None).await;
    let ticket = erp.get("/api/v1/tickets/1").await;
    let buyer = ticket.at("/buyer").clone();
    for buyer in [buyer, erp.get("/api/v1/buyers/1").await.body] {
        let numbers = |orders: &Value| -> Vec<Value> {
            orders.as_array().expect("a list").iter().map(|order| order["number"].clone()).collect()
        };
        assert_eq!((numbers(&buyer["orders"]), &buyer["notes"]), (vec![json!("#1001")], &json!([])));
        assert_eq!((&buyer["messages"], buyer["tickets"].as_array().map(Vec::len)), (&json!(1), Some(1)));
        let also = &buyer["also"][0];
        assert_eq!((&also["key"], numbers(&also["orders"])), (&json!("ana@home.example"), vec![json!("#1002")]));
        assert_eq!((&also["notes"][0]["text"], &also["tickets"][0]["id"]), (&json!("rings twice"), &json!(2)));
    }
}

#[tokio::test]
async fn a_ticket_is_joined_by_a_press_only_with_one_of_its_own_address() {
    let (house, ann) = joined().await;
    ticket(&Bench::over(&house.store), "ana@buyer.example", "Again", Plan::escalate()).await;
    let page = house.get("/tickets/1", Some(&ann)).await;
    shows(&page, &["name=\"into\" value=\"3\""]);
    assert!(!page.body.contains("name=\"into\" value=\"2\""), "it would be refused: {}", page.body);
    let typed = [("act", "merge"), ("into", "2"), ("seen", &page.field("seen"))];
    let asked = house.post("/tickets/1/act", Some(&ann), &typed).await;
    assert!(asked.status == 409 && asked.body.contains("name=\"despite\""), "who types it is asked: {}", asked.body);
}

#[tokio::test]
async fn who_is_limited_neither_counts_nor_parts_what_came_to_other_mailboxes() {
    let (house, _) = joined().await;
    ticket(&Bench::over(&house.store), "ana@buyer.example", "Elsewhere", Plan::escalate()).await;
    house
        .run(&[
            "UPDATE thread SET account = 'other' WHERE id IN (2, 3)",
            "UPDATE inbound SET account = 'other' WHERE thread IN (2, 3)",
        ])
        .await;
    house.person("near", Role::Agent, Some(&["shop".into()])).await;
    let near = house.seat("near").await;
    for path in ["/tickets/1", "/buyers/1"] {
        let page = house.get(path, Some(&near)).await;
        shows(&page, &["<dt>Messages</dt><dd>1</dd>", "#1001"]);
        assert!(!page.body.contains("home.example") && !page.body.contains("#1002"), "{}", page.body);
    }
    let shop = [AccountName::from("shop")];
    let erp = Program::of(&house, "erp", Role::Agent, Some(&shop)).await;
    let buyer = erp.get("/api/v1/buyers/1").await;
    assert_eq!((buyer.at("/messages"), buyer.at("/also")), (&json!(1), &json!([])));
    let apart = erp.post("/api/v1/buyers/1/acts", &json!({"type": "apart"})).await;
    assert_eq!(apart.problem(), (422, "refused"), "{:#}", apart.body);
    let whole = Program::of(&house, "whole", Role::Agent, None).await;
    let buyer = whole.get("/api/v1/buyers/1").await;
    assert_eq!((buyer.at("/messages"), buyer.at("/also/0/id")), (&json!(2), &json!(2)), "they are one person still");
    let apart = whole.post("/api/v1/buyers/1/acts", &json!({"type": "apart"})).await;
    assert_eq!((apart.status, apart.at("/also")), (200, &json!([])));
    let again = whole.post("/api/v1/buyers/1/acts", &json!({"type": "apart"})).await;
    assert_eq!(again.status, 200, "a repeated call is no mistake");
}

#[tokio::test]
async fn the_card_beside_a_ticket_shows_the_clock_on_the_buyers_wall() {
    let (house, ann) = joined().await;
    let country = BuyerAct::Country(Some("JP".to_owned()));
    let now = Timestamp::now();
    house.store.change_buyer("ana@buyer.example", &"lin".into(), &country, now).await.expect("written");
    let tokyo = TimeZone::get("Asia/Tokyo").expect("a zone");
    let wall = || Timestamp::now().to_zoned(tokyo.clone()).strftime("%a %H:%M (UTC+9)").to_string();
    // The minute may turn while the page is made.
    let before = wall();
    let page = house.get("/tickets/1", Some(&ann)).await;
    let shown = |wall: &str| {
        page.body.contains(&format!("<dt>Local time</dt><dd>{wall}<br><span class=\"soft\">by the country"))
    };
    assert!(shown(&before) || shown(&wall()), "{before}: {}", page.body);
    let unknown = house.get("/tickets/2", Some(&ann)).await;
    assert!(!unknown.body.contains("(UTC+9)"), "a country is of one address: {}", unknown.body);
}

#[tokio::test]
async fn a_ticket_tells_the_facts_and_the_order_that_were_used() {
    let house = House::open().await;
    house.person("ann", Role::Agent, None).await;
    let fact = |name: &str, value: &str, until: Option<&str>, made_up| FactUsed {
        name: name.to_owned(),
        value: value.to_owned(),
        source: "carrier's price list".to_owned(),
        valid_until: until.map(str::to_owned),
        made_up,
    };
    let mut plan = Plan::escalate();
    plan.facts = vec![
        fact("shipping_days[DE]", "9 to <14>", Some("2027-01-31"), false),
        fact("return_window", "30", None, true),
    ];
    plan.order = Some(Order {
        number: "#77".to_owned(),
        status: Some(OrderStatus::Packed),
        placed: None,
        shipped: None,
        delivered: None,
        carrier: None,
        tracking: None,
        source: None,
    });
    ticket(&Bench::over(&house.store), "ana@buyer.example", "When?", plan).await;
    let ann = house.seat("ann").await;
    let page = house.get("/tickets/1", Some(&ann)).await;
    let source = "<span class=\"small soft\"><bdi>carrier&#39;s price list</bdi>";
    in_order(
        &page,
        &[
            "<dt>Order it was about</dt><dd>#77: packed</dd>",
            "<h3>Facts used</h3>",
            "<code>shipping_days[DE]</code> = <strong><bdi>9 to &#60;14&#62;</bdi></strong>",
            source,
            "valid until 2027-01-31",
            "<code>return_window</code> = <strong><bdi>30</bdi></strong>",
            source,
            "of the starter pack, not yours yet",
        ],
    );
    assert_eq!(page.body.matches("of the starter pack").count(), 1, "only the one that is made up: {}", page.body);
    chinese(&house).await;
    in_order(&house.get("/tickets/1", Some(&ann)).await, &["#77：已打包", "引用的事实", "有效至 2027-01-31"]);
}
