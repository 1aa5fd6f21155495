//! Promises about persons: that people may read several addresses as one buyer's, and that nothing else changes.

use nightdesk::{
    model::{
        ids::{AccountName, BuyerId},
        order::OrderStatus,
    },
    store::{
        card::BuyerAct,
        person::{Joining, Known, MOST_ADDRESSES},
    },
};

use super::{
    Case,
    bench::{Bench, Plan, account, at},
    orders::{self, line},
};

pub(super) const CASES: &[Case] = &[
    ("what_was_said_under_all_addresses_of_a_person_is_read_under_each_of_them", |b| Box::pin(together(b))),
    ("who_joins_joined_ones_joins_everybody", |b| Box::pin(everybody(b))),
    ("a_parted_address_is_alone_and_the_others_stay_together", |b| Box::pin(parted(b))),
    ("a_grade_is_the_persons_under_every_address", |b| Box::pin(graded(b))),
    ("who_parts_has_the_grade_again_that_was_given_to_it", |b| Box::pin(returned(b))),
    ("addresses_of_foreign_accounts_are_not_told", |b| Box::pin(foreign(b))),
    ("messages_to_foreign_mailboxes_are_not_counted", |b| Box::pin(two_mailboxes(b))),
    ("a_person_has_only_so_many_addresses", |b| Box::pin(many(b))),
];

const ANA: &str = "ana@buyer.example";
const HOME: &str = "home@buyer.example";
const WORK: &str = "work@buyer.example";

/// Buyers who wrote once each, by their row numbers, each with a ticket.
async fn known(b: &Bench, addresses: &[&str]) -> Vec<BuyerId> {
    let mut ids = Vec::new();
    for (minute, address) in (0..).zip(addresses) {
        let letter = b.mail(address, "a person please", at(minute)).await;
        b.decide(&letter, Plan::escalate().sending(&[]), at(minute)).await;
        ids.push(b.store.buyer_of_key(address).await.expect("read").expect("known"));
    }
    ids
}

async fn join(b: &Bench, one: BuyerId, other: BuyerId) -> Joining {
    b.store.join_buyers(one, other, &"lin".into(), at(9)).await.expect("the call runs")
}

async fn others(b: &Bench, key: &str) -> Vec<String> {
    b.store.other_addresses(key, None).await.expect("read").into_iter().map(|other| other.key).collect()
}

async fn together(b: Bench) {
    let ids = known(&b, &[ANA, HOME, WORK]).await;
    let note = BuyerAct::Note("rings twice".to_owned());
    b.store.change_buyer(HOME, &"lin".into(), &note, at(8)).await.expect("written");
    assert_eq!(join(&b, ids[0], ids[1]).await, Joining::Joined);
    assert_eq!(join(&b, ids[1], ids[0]).await, Joining::Already);
    assert_eq!(join(&b, ids[0], ids[0]).await, Joining::Itself);
    assert_eq!(join(&b, ids[0], BuyerId(99)).await, Joining::Gone);
    let lines = vec![line("#1001", Some(ANA), OrderStatus::Shipped), line("#1002", Some(HOME), OrderStatus::Paid)];
    orders::put(&b.store, &orders::file("a.csv", "shop", 0), lines).await;
    let told = |known: &Known| {
        let tickets: Vec<i64> = known.tickets.iter().map(|ticket| ticket.id.0).collect();
        let notes: Vec<String> = known.notes.iter().map(|note| note.text.clone()).collect();
        let orders: Vec<String> = known.orders.iter().map(|order| order.number.clone()).collect();
        (tickets, known.conversations.len(), known.messages, notes, orders)
    };
    let of_ana = (vec![1], 1, 1, vec![], vec!["#1001".to_owned()]);
    let of_home = (vec![2], 1, 1, vec!["rings twice".to_owned()], vec!["#1002".to_owned()]);
    for (key, own, other, others) in [(ANA, &of_ana, HOME, &of_home), (HOME, &of_home, ANA, &of_ana)] {
        let person = b.store.person(key, None).await.expect("read");
        assert_eq!(told(&person.own), *own, "{key}");
        let [also] = person.others.as_slice() else { panic!("one other address of {key}: {person:?}") };
        assert_eq!((also.buyer.key.as_str(), told(&also.known)), (other, others.clone()), "{key}");
    }
    assert_eq!(b.store.person(WORK, None).await.expect("read").others, []);
    let card = b.store.buyer_card(ANA).await.expect("read");
    assert_eq!((card.messages, card.notes.len()), (1, 0), "what the machine reads stays the address's own");
    assert_eq!(b.text("SELECT text FROM audit WHERE what = 'buyers_joined'").await, "buyer 1 and buyer 2");
}

async fn everybody(b: Bench) {
    let ids = known(&b, &[ANA, HOME, WORK, "d@buyer.example"]).await;
    assert_eq!(join(&b, ids[3], ids[2]).await, Joining::Joined);
    assert_eq!(join(&b, ids[0], ids[1]).await, Joining::Joined);
    assert_eq!(join(&b, ids[1], ids[3]).await, Joining::Joined);
    assert_eq!(others(&b, ANA).await, [HOME, WORK, "d@buyer.example"]);
    assert_eq!(join(&b, ids[0], ids[2]).await, Joining::Already);
    assert_eq!(others(&b, "").await, Vec::<String>::new());
}

async fn parted(b: Bench) {
    let ids = known(&b, &[ANA, HOME, WORK, "d@buyer.example"]).await;
    for other in &ids[1..3] {
        join(&b, ids[0], *other).await;
    }
    let part = async |id| b.store.part_buyer(id, &"lin".into(), at(10)).await.expect("the call runs");
    assert!(part(ids[0]).await, "the one whom the person was named by");
    assert!(!part(ids[0]).await, "it is alone already");
    assert!(!part(ids[3]).await, "it never was another's");
    assert_eq!((others(&b, ANA).await, others(&b, HOME).await), (vec![], vec![WORK.to_owned()]));
    assert_eq!(join(&b, ids[0], ids[3]).await, Joining::Joined);
    assert_eq!((others(&b, ANA).await, others(&b, HOME).await), (vec!["d@buyer.example".into()], vec![WORK.into()]));
    assert!(part(ids[1]).await);
    assert_eq!(others(&b, WORK).await, Vec::<String>::new());
    assert_eq!(b.number("SELECT COUNT(*) FROM buyer WHERE person IS NULL").await, 2, "whoever is left is alone too");
}

async fn graded(b: Bench) {
    let ids = known(&b, &[ANA, HOME, WORK]).await;
    let grade = async |key: &str, grade: Option<&str>| {
        let act = BuyerAct::Grade(grade.map(str::to_owned));
        b.store.change_buyer(key, &"lin".into(), &act, at(5)).await.expect("written");
    };
    grade(ANA, Some("vip")).await;
    grade(WORK, Some("c")).await;
    join(&b, ids[0], ids[1]).await;
    join(&b, ids[1], ids[2]).await;
    let ranks = async || b.text("SELECT CAST(SUM(grade_rank) AS TEXT) FROM ticket").await;
    let of = async |key: &str| b.store.buyer_card(key).await.expect("read").grade.unwrap_or_default();
    assert_eq!((of(ANA).await, of(HOME).await, of(WORK).await), ("vip".into(), "vip".into(), "c".into()));
    assert_eq!(ranks().await, "4", "who had no grade is served like the best");
    grade(HOME, Some("b")).await;
    assert_eq!((of(ANA).await, of(WORK).await, ranks().await), ("b".into(), "b".into(), "3".into()));
    grade(WORK, None).await;
    assert_eq!((of(ANA).await, ranks().await), (String::new(), "0".into()));
}

async fn returned(b: Bench) {
    let ids = known(&b, &[ANA, HOME, WORK]).await;
    let grade = async |key: &str, grade: &str| {
        let act = BuyerAct::Grade(Some(grade.to_owned()));
        b.store.change_buyer(key, &"lin".into(), &act, at(5)).await.expect("written");
    };
    let join_all = async || {
        for other in &ids[1..] {
            assert_eq!(join(&b, ids[0], *other).await, Joining::Joined);
        }
    };
    let part = async |id| assert!(b.store.part_buyer(id, &"lin".into(), at(10)).await.expect("the call runs"));
    let graded = async || {
        let mut told = Vec::new();
        for key in [ANA, HOME, WORK] {
            told.push(b.store.buyer_card(key).await.expect("read").grade.unwrap_or_default());
        }
        let ranks = b.number("SELECT CAST(SUM(grade_rank) AS BIGINT) FROM ticket").await;
        assert_eq!(ranks, b.number("SELECT CAST(SUM(grade_rank) AS BIGINT) FROM buyer").await, "{told:?}");
        (told.join(" "), ranks)
    };
    grade(ANA, "vip").await;
    grade(WORK, "b").await;
    join_all().await;
    assert_eq!(graded().await, ("vip vip b".to_owned(), 5));
    part(ids[0]).await;
    assert_eq!(graded().await, ("vip b b".to_owned(), 4), "those who stay share what is theirs");
    part(ids[1]).await;
    assert_eq!(graded().await, ("vip  b".to_owned(), 3), "what was taken over is gone");
    join_all().await;
    grade(HOME, "silver").await;
    assert_eq!(graded().await, ("silver silver silver".to_owned(), 3));
    part(ids[2]).await;
    part(ids[0]).await;
    assert_eq!(graded().await, ("vip silver b".to_owned(), 4), "it stays with the address that it was given to");
}

async fn foreign(b: Bench) {
    let ids = known(&b, &[ANA, HOME]).await;
    join(&b, ids[0], ids[1]).await;
    b.run("UPDATE thread SET account = 'other' WHERE participant = 'home@buyer.example'").await;
    let own = [account()];
    let person = b.store.person(ANA, Some(&own)).await.expect("read");
    assert_eq!((person.others.len(), person.own.tickets.len(), person.own.messages), (0, 1, 1));
    let other = [AccountName::from("other")];
    assert_eq!(b.store.person(HOME, Some(&other)).await.expect("read").own.tickets.len(), 1);
    assert_eq!(b.store.person(ANA, None).await.expect("read").others.len(), 1);
}

async fn two_mailboxes(b: Bench) {
    known(&b, &[ANA]).await;
    for minute in 1..4 {
        let letter = b.mail(ANA, "a person please", at(minute)).await;
        b.decide(&letter, Plan::escalate().sending(&[]), at(minute)).await;
    }
    // The newest three came to another mailbox.
    b.run("UPDATE inbound SET account = 'other' WHERE id > 1").await;
    b.run("UPDATE thread SET account = 'other' WHERE id IN (SELECT thread FROM inbound WHERE id > 1)").await;
    let (shop, other) = ([account()], [AccountName::from("other")]);
    let expected = [(Some(shop.as_slice()), 1, at(0)), (Some(other.as_slice()), 3, at(1)), (None, 4, at(0))];
    for (accounts, messages, first) in expected {
        let own = b.store.person(ANA, accounts).await.expect("read").own;
        assert_eq!((own.messages, own.first_seen), (messages, Some(first)), "{accounts:?}");
        assert_eq!(u32::try_from(own.tickets.len()).expect("few"), messages, "{accounts:?}");
    }
    let nobody = b.store.person("", Some(&other)).await.expect("read").own;
    assert_eq!((nobody.messages, nobody.first_seen), (0, None), "messages that name nobody are no buyer's");
}

async fn many(b: Bench) {
    let addresses: Vec<String> = (0..=MOST_ADDRESSES).map(|number| format!("b{number}@buyer.example")).collect();
    let ids = known(&b, &addresses.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for other in &ids[1..ids.len() - 1] {
        assert_eq!(join(&b, ids[0], *other).await, Joining::Joined);
    }
    assert_eq!(join(&b, ids[0], ids[ids.len() - 1]).await, Joining::TooMany);
    assert_eq!(others(&b, "b0@buyer.example").await.len(), 19, "and nothing changed");
    assert_eq!(b.number("SELECT COUNT(*) FROM buyer WHERE person IS NULL").await, 1);
}
