//! Promises about the shop's records of orders.

use jiff::{SignedDuration, Timestamp};
use nightdesk::{
    model::order::{LineStatus, Order, OrderFile, OrderLine, OrderStatus},
    store::{
        Store,
        orders::{BATCH, OrderOutcome},
    },
};

use super::{
    Case,
    bench::{Bench, Plan, at},
};

pub(super) const CASES: &[Case] = &[
    ("orders_are_found_by_their_buyers_address_alone", |b| Box::pin(found_by_address(b))),
    ("a_reading_counts_whole_or_not_at_all", |b| Box::pin(whole_or_not(b))),
    ("a_file_that_cannot_be_used_hides_nothing", |b| Box::pin(refused_hides_nothing(b))),
    ("the_newest_file_says_whose_an_order_is", |b| Box::pin(newest_owner(b))),
    ("one_number_in_two_shops_is_two_orders", |b| Box::pin(two_shops(b))),
    ("a_list_of_numbers_adds_to_the_one_order_it_can_mean", |b| Box::pin(lists_add(b))),
    ("a_shop_that_is_not_renewed_has_its_numbers_still", |b| Box::pin(stale_shop(b))),
    ("an_export_without_addresses_is_a_shop_and_no_list", |b| Box::pin(shop_without_addresses(b))),
    ("daily_exports_of_a_month_make_no_address_everybodys", |b| Box::pin(daily_exports(b))),
    ("the_parts_of_an_order_are_put_together", |b| Box::pin(parts(b))),
    ("an_old_file_is_not_spoken_of_and_named", |b| Box::pin(old_files(b))),
    ("an_address_for_everybody_is_nobodys", |b| Box::pin(everybodys_address(b))),
    ("what_no_longer_counts_is_deleted", |b| Box::pin(tidied(b))),
    ("many_lines_are_written_once_even_if_written_twice", |b| Box::pin(many_lines(b))),
    ("a_ticket_shows_the_orders_of_its_buyer", |b| Box::pin(ticket_shows(b))),
    ("no_address_of_an_order_is_kept", |b| Box::pin(no_address_is_kept(b))),
];

const ANA: &str = "ana@buyer.example";
const BEN: &str = "ben@other.example";

pub(crate) fn file(name: &str, series: &str, minutes: i64) -> OrderFile {
    OrderFile { name: name.to_owned(), series: series.to_owned(), as_of: at(minutes), size: 100 }
}

pub(crate) fn line(number: &str, email: Option<&str>, status: OrderStatus) -> OrderLine {
    OrderLine {
        line: 0,
        number: number.to_owned(),
        email: email.map(str::to_owned),
        status: Some(LineStatus::Known(status)),
        ..OrderLine::default()
    }
}

pub(super) fn numbered(lines: Vec<OrderLine>) -> Vec<OrderLine> {
    (2..).zip(lines).map(|(number, line)| OrderLine { line: number, ..line }).collect()
}

/// Reads a file as the service does.
pub(crate) async fn put(store: &Store, file: &OrderFile, lines: Vec<OrderLine>) {
    let reading = store.begin_orders(file, "how", file.as_of).await.expect("begun");
    let without_email = lines.iter().filter(|line| line.email.is_none()).count() as u64;
    let outcome = OrderOutcome { lines: lines.len() as u64, without_email, ..OrderOutcome::default() };
    for batch in numbered(lines).chunks(BATCH) {
        store.add_orders(&reading, batch).await.expect("added");
    }
    store.put_orders(&reading, &outcome).await.expect("in force");
}

async fn orders(b: &Bench, address: &str) -> Vec<Order> {
    b.store.orders_of(address, Timestamp::MIN).await.expect("read")
}

async fn numbers(b: &Bench, address: &str) -> Vec<String> {
    orders(b, address).await.into_iter().map(|order| order.number).collect()
}

async fn found_by_address(b: Bench) {
    let lines = vec![
        line("#1001", Some("Ana@Buyer.example"), OrderStatus::Shipped),
        line("#1002", Some(BEN), OrderStatus::Paid),
    ];
    put(&b.store, &file("a.csv", "shop", 0), lines).await;
    let found = orders(&b, ANA).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].number.as_str(), found[0].status), ("#1001", Some(OrderStatus::Shipped)));
    let source = found[0].source.as_ref().expect("it stands in a file");
    assert_eq!((source.file.as_str(), source.line, source.as_of), ("a.csv", 2, at(0)));
    assert_eq!(numbers(&b, "cleo@buyer.example").await, [] as [&str; 0]);
    assert_eq!(numbers(&b, "no address").await, [] as [&str; 0]);
}

async fn whole_or_not(b: Bench) {
    put(&b.store, &file("a.csv", "shop", 0), vec![line("1001", Some(ANA), OrderStatus::Paid)]).await;
    let newer = file("a.csv", "shop", 10);
    let reading = b.store.begin_orders(&newer, "how", at(10)).await.expect("begun");
    let lines =
        numbered(vec![line("1001", Some(ANA), OrderStatus::Shipped), line("1002", Some(ANA), OrderStatus::Paid)]);
    b.store.add_orders(&reading, &lines).await.expect("added");
    assert_eq!(numbers(&b, ANA).await, ["1001"], "half a reading does not count");
    b.store.drop_orders(&reading).await.expect("given up");
    assert_eq!(orders(&b, ANA).await[0].status, Some(OrderStatus::Paid));
    put(&b.store, &newer, vec![line("1002", Some(ANA), OrderStatus::Paid)]).await;
    assert_eq!(numbers(&b, ANA).await, ["1002"], "what the new file does not say any more is gone");
}

async fn refused_hides_nothing(b: Bench) {
    put(&b.store, &file("a.csv", "shop", 0), vec![line("1001", Some(ANA), OrderStatus::Paid)]).await;
    for _ in 0..2 {
        b.store.refuse_orders(&file("a.csv", "", 10), "how", "it is empty", at(10)).await.expect("noted");
    }
    assert_eq!(numbers(&b, ANA).await, ["1001"]);
    let seen = b.store.order_files().await.expect("listed");
    let seen: Vec<_> = seen.iter().map(|file| (file.refused, file.as_of, file.note.as_str())).collect();
    assert_eq!(seen, [(false, at(0), ""), (true, at(10), "it is empty")]);
    put(&b.store, &file("a.csv", "shop", 20), vec![line("1001", Some(ANA), OrderStatus::Shipped)]).await;
    assert_eq!(b.store.order_files().await.expect("listed").len(), 1, "a good file ends it");
}

async fn newest_owner(b: Bench) {
    let old = OrderLine { tracking: Some("LX1".to_owned()), ..line("1001", Some(ANA), OrderStatus::Paid) };
    put(&b.store, &file("old.csv", "shop", 0), vec![old]).await;
    put(&b.store, &file("new.csv", "shop", 10), vec![line("1001", Some(BEN), OrderStatus::Shipped)]).await;
    assert_eq!(numbers(&b, ANA).await, [] as [&str; 0], "the buyer changed the address");
    let bens = orders(&b, BEN).await;
    assert_eq!((bens[0].status, bens[0].tracking.as_deref()), (Some(OrderStatus::Shipped), None), "Ana's parcel");
    let torn = vec![line("1002", Some(ANA), OrderStatus::Paid), line("1002", Some(BEN), OrderStatus::Paid)];
    put(&b.store, &file("torn.csv", "shop", 20), torn).await;
    assert_eq!((numbers(&b, ANA).await, numbers(&b, BEN).await), (vec![], vec!["1001".to_owned()]), "whose is it?");
}

async fn two_shops(b: Bench) {
    put(&b.store, &file("a.csv", "shopify", 0), vec![line("1001", Some(ANA), OrderStatus::Paid)]).await;
    put(&b.store, &file("b.csv", "ebay", 10), vec![line("1001", Some(BEN), OrderStatus::Delivered)]).await;
    put(&b.store, &file("c.csv", "etsy", 10), vec![line("1001", Some(ANA), OrderStatus::Canceled)]).await;
    assert_eq!(orders(&b, BEN).await[0].status, Some(OrderStatus::Delivered));
    let found = orders(&b, ANA).await;
    let mut statuses: Vec<_> = found.iter().map(|order| order.status).collect();
    statuses.sort();
    assert_eq!(statuses, [Some(OrderStatus::Paid), Some(OrderStatus::Canceled)]);
}

async fn lists_add(b: Bench) {
    put(&b.store, &file("a.csv", "shopify", 0), vec![line("1001", Some(ANA), OrderStatus::Paid)]).await;
    let sent = OrderLine { tracking: Some("LX1".to_owned()), ..line("1001", None, OrderStatus::Shipped) };
    put(&b.store, &file("dhl.csv", "dhl.csv", 10), vec![sent]).await;
    let found = orders(&b, ANA).await;
    assert_eq!((found[0].status, found[0].tracking.as_deref()), (Some(OrderStatus::Shipped), Some("LX1")));
    assert_eq!(numbers(&b, BEN).await, [] as [&str; 0]);
    put(&b.store, &file("b.csv", "ebay", 5), vec![line("1001", Some(BEN), OrderStatus::Unpaid)]).await;
    assert_eq!((orders(&b, ANA).await[0].tracking.clone(), orders(&b, BEN).await[0].tracking.clone()), (None, None));
}

async fn stale_shop(b: Bench) {
    put(&b.store, &file("old.csv", "shopify", 0), vec![line("1001", Some(ANA), OrderStatus::Paid)]).await;
    put(&b.store, &file("new.csv", "ebay", 100), vec![line("1001", Some(BEN), OrderStatus::Paid)]).await;
    let sent = OrderLine { tracking: Some("LX1".to_owned()), ..line("1001", None, OrderStatus::Shipped) };
    put(&b.store, &file("dhl.csv", "dhl.csv", 110), vec![sent]).await;
    let bens = b.store.orders_of(BEN, at(50)).await.expect("read");
    assert_eq!((bens[0].status, bens[0].tracking.as_deref()), (Some(OrderStatus::Paid), None), "perhaps Ana's parcel");
    assert!(b.store.orders_of(ANA, at(50)).await.expect("read").is_empty(), "her shop's file is too old");
}

async fn shop_without_addresses(b: Bench) {
    put(&b.store, &file("a.csv", "shopify", 0), vec![line("1001", Some(ANA), OrderStatus::Paid)]).await;
    let placed = Some(jiff::civil::date(2026, 11, 9));
    let others = OrderLine { placed, tracking: Some("LX1".to_owned()), ..line("1001", None, OrderStatus::Shipped) };
    put(&b.store, &file("etsy.csv", "etsy", 10), vec![others]).await;
    let found = orders(&b, ANA).await;
    assert_eq!((found.len(), found[0].status, found[0].tracking.as_deref()), (1, Some(OrderStatus::Paid), None));
    let blank = vec![line("1002", Some(BEN), OrderStatus::Paid), line("1001", None, OrderStatus::Canceled)];
    put(&b.store, &file("etsy.csv", "etsy", 20), blank).await;
    assert_eq!(orders(&b, ANA).await[0].status, Some(OrderStatus::Paid), "a blank address in a file of addresses");
}

async fn daily_exports(b: Bench) {
    for day in 0..30 {
        let lines = (0..40).map(|number| line(&format!("A{number}"), Some(ANA), OrderStatus::Paid));
        put(&b.store, &file(&format!("orders-{day}.csv"), "shop", day), lines.collect()).await;
    }
    assert_eq!(b.store.orders_of(ANA, at(29)).await.expect("read").len(), 40);
}

async fn parts(b: Bench) {
    let day = |day| jiff::civil::date(2026, 11, day);
    let part = |status, tracking: Option<&str>, shipped| OrderLine {
        tracking: tracking.map(str::to_owned),
        shipped,
        ..line("1001", Some(ANA), status)
    };
    let half = vec![part(OrderStatus::Shipped, Some("LX1"), Some(day(3))), part(OrderStatus::Paid, None, None)];
    put(&b.store, &file("a.csv", "shop", 0), half).await;
    let found = orders(&b, ANA).await;
    assert_eq!(
        (found.len(), found[0].status, found[0].shipped),
        (1, Some(OrderStatus::Paid), None),
        "half is not whole"
    );
    let whole = vec![
        part(OrderStatus::Shipped, Some("LX1"), Some(day(3))),
        part(OrderStatus::Delivered, Some("LX2"), Some(day(5))),
        OrderLine { status: None, email: None, ..part(OrderStatus::Paid, None, None) },
    ];
    put(&b.store, &file("a.csv", "shop", 1), whole).await;
    let found = orders(&b, ANA).await;
    let parcel = (found[0].status, found[0].shipped, found[0].tracking.as_deref());
    assert_eq!(parcel, (Some(OrderStatus::Shipped), Some(day(5)), Some("LX1, LX2")));
    let unclear = OrderLine {
        status: Some(LineStatus::Unclear),
        tracking: Some("LX3".to_owned()),
        placed: Some(day(1)),
        ..line("1001", Some(ANA), OrderStatus::Paid)
    };
    put(&b.store, &file("b.csv", "shop", 2), vec![unclear]).await;
    let found = orders(&b, ANA).await;
    assert_eq!(found[0].status, None, "an older file does not say what a newer one leaves unclear");
    assert_eq!((found[0].shipped, found[0].tracking.as_deref()), (Some(day(5)), Some("LX3")), "people see all of it");
    let store = b.store.clone().with_orders(Some(SignedDuration::from_hours(26)));
    let (told, _) = store.orders_for_decision(Some(ANA), at(3)).await.expect("read");
    let hidden = (told[0].shipped, told[0].delivered, told[0].tracking.as_deref(), told[0].placed);
    assert_eq!(hidden, (None, None, None, Some(day(1))), "a parcel that may have come back is not spoken of");
}

async fn old_files(b: Bench) {
    let store = b.store.clone().with_orders(Some(SignedDuration::from_hours(26)));
    put(&store, &file("a.csv", "shop", 0), vec![line("1001", Some(ANA), OrderStatus::Paid)]).await;
    let letter = b.mail(ANA, "where is it?", at(0)).await;
    let seen = async |minutes| store.context(letter.id, &letter.inbound, 30, at(minutes)).await.expect("read");
    let fresh = seen(26 * 60).await;
    assert_eq!((fresh.orders.len(), fresh.orders_missing), (1, None));
    let stale = seen(26 * 60 + 1).await;
    assert!(stale.orders.is_empty());
    assert!(stale.orders_missing.is_some_and(|why| why.contains("a.csv")));
    let without = b.store.context(letter.id, &letter.inbound, 30, at(1)).await.expect("read");
    assert_eq!((without.orders.len(), without.orders_missing), (0, None), "a shop that keeps no records");
    let chat = b.chat(5, "where is it?", at(0)).await;
    let chat = store.context(chat.id, &chat.inbound, 30, at(1)).await.expect("read");
    assert!(chat.orders.is_empty());
}

async fn everybodys_address(b: Bench) {
    let lines = (0..1_001).map(|number| line(&format!("A{number:05}"), Some("till@shop.example"), OrderStatus::Paid));
    put(&b.store, &file("a.csv", "shop", 0), lines.collect()).await;
    assert_eq!(numbers(&b, "till@shop.example").await.len(), 0);
    assert_eq!(b.number("SELECT COUNT(*) FROM order_line").await, 1_001);
}

async fn tidied(b: Bench) {
    let month = 31 * 24 * 60;
    put(&b.store, &file("old.csv", "shop", 0), vec![line("1", Some(ANA), OrderStatus::Paid)]).await;
    put(&b.store, &file("a.csv", "shop", month), vec![line("1001", Some(ANA), OrderStatus::Paid)]).await;
    put(&b.store, &file("a.csv", "shop", month + 1), vec![line("1001", Some(ANA), OrderStatus::Paid)]).await;
    let reading = b.store.begin_orders(&file("b.csv", "shop", month), "how", at(month)).await.expect("begun");
    b.store.add_orders(&reading, &numbered(vec![line("7", None, OrderStatus::Paid)])).await.expect("added");
    assert_eq!(b.store.tidy_orders(at(month + 2)).await.expect("tidied"), 2, "the replaced and the forgotten file");
    assert_eq!(b.number("SELECT COUNT(*) FROM order_file").await, 2, "a reading under way is left alone");
    assert_eq!(b.store.tidy_orders(at(month + 7 * 60)).await.expect("tidied"), 1, "a lost one is not");
    assert_eq!(numbers(&b, ANA).await, ["1001"]);
}

async fn many_lines(b: Bench) {
    let lines: Vec<OrderLine> = (0..5_123)
        .map(|number| line(&number.to_string(), Some(&format!("b{number}@x.example")), OrderStatus::Paid))
        .collect();
    let lines = numbered(lines);
    let reading = b.store.begin_orders(&file("a.csv", "shop", 0), "how", at(0)).await.expect("begun");
    for batch in lines.chunks(BATCH) {
        b.store.add_orders(&reading, batch).await.expect("added");
        b.store.add_orders(&reading, batch).await.expect("its answer was lost, so it is written again");
    }
    b.store.put_orders(&reading, &OrderOutcome { lines: 5_123, ..OrderOutcome::default() }).await.expect("in force");
    assert_eq!(b.number("SELECT COUNT(*) FROM order_line").await, 5_123);
    assert_eq!(numbers(&b, "b4999@x.example").await, ["4999"]);
    assert_eq!(b.store.order_files().await.expect("listed")[0].lines, 5_123);
}

async fn ticket_shows(b: Bench) {
    put(&b.store, &file("a.csv", "shop", 0), vec![line("1001", Some(ANA), OrderStatus::Paid)]).await;
    let letter = b.mail(ANA, "help", at(0)).await;
    let ticket = b.decide(&letter, Plan::escalate(), at(0)).await.ticket.expect("a ticket");
    let shown = b.store.ticket(ticket).await.expect("read").expect("it is there");
    assert_eq!(shown.orders.iter().map(|order| order.number.as_str()).collect::<Vec<_>>(), ["1001"]);
}

async fn no_address_is_kept(b: Bench) {
    put(&b.store, &file("a.csv", "shop", 0), vec![line("1001", Some(ANA), OrderStatus::Paid)]).await;
    let kept = b.text("SELECT email_key FROM order_line").await;
    assert!(!kept.contains("ana") && kept.len() == 16, "{kept}");
}
