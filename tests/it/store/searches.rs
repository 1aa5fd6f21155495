//! Promises about full-text search: what is found by which words, by whom, and what is never an error.

use nightdesk::{
    model::{
        agent_command::Owner,
        ids::{AccountName, TicketId},
        outbound::OutboundKind,
        search::{DocumentKind, SearchQuery},
        ticket::{EventKind, TicketState},
    },
    service::{
        indexer::index_all,
        search::{Results, find},
    },
    store::search::SearchScope,
};

use super::{
    Case,
    bench::{Bench, Plan, account, at},
    changes,
};

pub(super) const CASES: &[Case] = &[
    ("everything_that_was_said_is_found_by_its_words", |b| Box::pin(everything(b))),
    ("chinese_japanese_and_korean_are_found_by_any_part", |b| Box::pin(dense(b))),
    ("operators_narrow_a_search_down", |b| Box::pin(operators(b))),
    ("results_come_newest_first_and_page_by_page", |b| Box::pin(pages(b))),
    ("words_of_other_accounts_are_not_found", |b| Box::pin(limited(b))),
    ("no_words_are_an_error", |b| Box::pin(hostile(b))),
    ("a_message_decided_again_is_found_by_its_new_words_only", |b| Box::pin(decided_again(b))),
    ("what_waits_to_be_indexed_survives_a_restart", |b| Box::pin(restarted(b))),
    ("two_indexers_write_each_text_once", |b| Box::pin(two_indexers(b))),
    ("a_rare_word_is_found_behind_many_newer_texts", |b| Box::pin(rare(b))),
    ("a_search_that_looked_enough_says_where_it_stopped", |b| Box::pin(looked_enough(b))),
    ("what_fits_otherwise_too_is_found_behind_many_newer_texts_of_the_words", |b| Box::pin(often(b))),
];

const ALL: SearchScope<'static> = SearchScope { accounts: None, before: None, limit: 50 };

async fn results(b: &Bench, typed: &str) -> Results {
    find(&b.store, typed, ALL).await.unwrap_or_else(|error| panic!("`{typed}` is an error: {error}"))
}

/// Returns what is found, as the ends of the texts, the newest first.
async fn texts(b: &Bench, typed: &str) -> Vec<String> {
    results(b, typed).await.found.into_iter().map(|found| found.hit.text).collect()
}

async fn count(b: &Bench, typed: &str) -> usize {
    results(b, typed).await.found.iter().map(|found| 1 + found.more as usize).sum()
}

async fn indexed(b: &Bench) {
    index_all(&b.store).await.expect("everything is indexed");
    assert_eq!(b.store.unindexed_count(9).await.expect("counted"), 0);
}

async fn said(b: &Bench, from: &str, text: &str, minute: i64) -> Option<TicketId> {
    b.decide(&b.mail(from, text, at(minute)).await, Plan::escalate().sending(&[]), at(minute)).await.ticket
}

async fn everything(b: Bench) {
    let letter = b.mail("ana.berg@buyer.example", "Where is order 114-1234567 please? Déjà payé!", at(0)).await;
    let plan = Plan::escalate().sending(&[OutboundKind::Ack]);
    let ticket = b.decide(&letter, plan, at(0)).await.ticket.expect("a ticket");
    let mut note = changes::change(&b, ticket, TicketState::Open, EventKind::Note).await;
    "ask the WAREHOUSE first".clone_into(&mut note.text);
    note.owner = Owner::Same;
    changes::apply(&b, ticket, &note, at(1)).await;
    changes::reply(&b, ticket, "it left yesterday by courier", at(2)).await;
    assert_eq!(count(&b, "warehouse").await, 0, "it is found a moment later, not before");
    indexed(&b).await;
    for (typed, expected) in [
        ("warehouse", 1),
        ("courier", 1),
        ("PAYE", 1),
        ("114-1234567", 1),
        ("1234567", 1),
        ("ack", 0),
        // The buyer's name and address lead to everything in the conversation, ours too.
        ("ana", 3),
        ("ana.berg@buyer.example", 3),
        ("berg courier", 1),
        ("from:lin courier", 1),
        ("from:lin", 2),
        ("nowhere", 0),
    ] {
        assert_eq!(count(&b, typed).await, expected, "`{typed}`");
    }
    let found = results(&b, &format!("#{ticket}")).await.found;
    assert_eq!((found.len(), found[0].more, found[0].hit.ticket), (1, 2, Some(ticket)), "a ticket by its number");
    assert_eq!(count(&b, "#999").await, 0);
    let hit = &results(&b, "warehouse").await.found[0];
    assert_eq!((hit.hit.kind, hit.hit.by.as_str()), (DocumentKind::Event, "lin"));
    let marked: Vec<_> = hit.excerpt.iter().filter(|piece| piece.hit).map(|piece| piece.text.as_str()).collect();
    assert_eq!(marked, ["WAREHOUSE"]);
}

async fn dense(b: Bench) {
    said(&b, "n0@x.example", "你好，我想申请退款，谢谢。", 0).await;
    said(&b, "n1@x.example", "繁體字：退貨與換貨", 1).await;
    said(&b, "n2@x.example", "返品したいです。カメラが壊れました", 2).await;
    said(&b, "n3@x.example", "환불을 받고 싶어요", 3).await;
    said(&b, "n4@x.example", "A款式的灯", 4).await;
    indexed(&b).await;
    for (typed, expected) in [
        ("退款", 1),
        ("申请退款", 1),
        ("请退", 1),
        ("款申", 0),
        ("退款申请", 0),
        ("退", 2),
        ("款", 2),
        ("退货", 1),
        ("返品", 1),
        ("カメラ", 1),
        ("ｶﾒﾗ", 1),
        ("환불", 1),
        ("A款", 1),
        ("退款 谢谢", 1),
        ("退款 -谢谢", 0),
        ("“想申请”", 1),
    ] {
        assert_eq!(count(&b, typed).await, expected, "`{typed}`");
    }
    let excerpt = &results(&b, "退款").await.found[0].excerpt;
    assert!(excerpt.iter().any(|piece| piece.hit && piece.text == "退款"), "{excerpt:?}");
}

async fn operators(b: Bench) {
    let open = said(&b, "ana@x.example", "the blue lamp is broken", 0).await.expect("a ticket");
    let closed = said(&b, "ben@x.example", "the lamp is blue and broken", 1).await.expect("a ticket");
    changes::close(&b, closed, at(2)).await;
    b.run(&format!("UPDATE ticket SET tags = '[\"late\"]' WHERE id = {open}")).await;
    indexed(&b).await;
    let merged = said(&b, "cleo@x.example", "a chair", 3).await.expect("a ticket");
    indexed(&b).await;
    b.run(&format!(
        "UPDATE thread SET merged_into = {open} WHERE id = (SELECT thread FROM ticket WHERE id = {merged})"
    ))
    .await;
    assert_eq!(texts(&b, &format!("#{open}")).await, ["a chair", "the blue lamp is broken"], "both conversations");
    for (typed, expected) in [
        ("lamp blue", vec![closed, open]),
        ("\"blue lamp\"", vec![open]),
        ("lamp -\"blue lamp\"", vec![closed]),
        ("-lamp", vec![merged, closed]),
        ("from:ben", vec![closed]),
        ("from:ana@x.example lamp", vec![open]),
        ("from:lin", vec![closed]),
        ("-from:ben lamp", vec![open]),
        ("in:open lamp", vec![open]),
        ("IN:closed", vec![closed]),
        ("in:berlin", vec![]),
        ("tag:late", vec![open]),
        ("tag:lat", vec![]),
        ("bro*", vec![closed, open]),
        ("br*", vec![]),
    ] {
        let mut tickets: Vec<_> = results(&b, typed).await.found.iter().filter_map(|found| found.hit.ticket).collect();
        tickets.dedup();
        assert_eq!(tickets, expected, "`{typed}`");
    }
    assert_eq!(results(&b, "  ").await, Results::default(), "nothing to search for");
}

async fn pages(b: Bench) {
    for minute in 0..7 {
        said(&b, &format!("b{minute}@x.example"), &format!("lamp number {minute}"), minute).await;
    }
    indexed(&b).await;
    let mut found = Vec::new();
    let mut before = None;
    for _ in 0..9 {
        let page = find(&b.store, "lamp", SearchScope { before, limit: 3, ..ALL }).await.expect("read");
        found.extend(page.found.into_iter().map(|found| found.hit.text));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    let expected: Vec<_> = (0..7).rev().map(|minute| format!("lamp number {minute}")).collect();
    assert_eq!(found, expected);
}

async fn limited(b: Bench) {
    said(&b, "ana@x.example", "a lamp by mail", 0).await;
    b.decide(&b.chat(5, "a lamp by chat", at(1)).await, Plan::escalate().sending(&[]), at(1)).await;
    indexed(&b).await;
    let bot = AccountName::from("bot");
    let cases: [(&[AccountName], &[&str]); 4] = [
        (std::slice::from_ref(&bot), &["a lamp by chat"]),
        (&[account(), bot.clone()], &["a lamp by chat", "a lamp by mail"]),
        (&["bo".into()], &[]),
        (&[], &[]),
    ];
    for (accounts, expected) in cases {
        for typed in ["lamp", "-nothing lamp", "in:open"] {
            let scope = SearchScope { accounts: Some(accounts), ..ALL };
            let found = find(&b.store, typed, scope).await.expect("read").found;
            let texts: Vec<_> = found.iter().map(|found| found.hit.text.as_str()).collect();
            assert_eq!(texts, expected, "{accounts:?} `{typed}`");
        }
    }
}

/// What people and attackers type that an index could take for its own syntax.
const HOSTILE: &[&str] = &[
    "\"",
    "'",
    "\\",
    "*",
    "^",
    "-",
    "--",
    "- -",
    ":",
    "::",
    "\"\"",
    "NEAR(",
    "a AND",
    "OR",
    "NOT",
    "lamp NOT",
    "(",
    ")",
    "{lamp}",
    "words:lamp",
    "lamp*",
    "**",
    "a*b*",
    "-\"",
    "from:",
    "from:\"",
    "tag:",
    "tag:'\"\\",
    "in:",
    "#",
    "#x",
    "#99999999999999999999",
    "$1",
    "&",
    "|",
    "!",
    "<->",
    "lamp:*",
    "\0",
    "\u{fffd}",
    "\u{202e}lamp",
    "%",
    "_",
    "'; DROP TABLE ticket; --",
    "f:ana",
    "a:73686f70",
    "t:1",
    "·",
];

async fn hostile(b: Bench) {
    said(&b, "ana@x.example", "AND OR NOT NEAR \" ' \\ * ^ : lamp\0lamp", 0).await;
    indexed(&b).await;
    let long = "退".repeat(9_000) + &"x".repeat(9_000);
    let many = "lamp -a ".repeat(500);
    for typed in HOSTILE.iter().copied().chain([long.as_str(), many.as_str()]) {
        results(&b, typed).await;
    }
    assert_eq!(count(&b, "lamp").await, 1);
    assert_eq!(count(&b, "NEAR AND").await, 1, "what the index takes for syntax is a word");
    assert_eq!(count(&b, "f:ana").await, 0, "words of the index itself cannot be typed");
}

async fn decided_again(b: Bench) {
    said(&b, "ana@x.example", "the first words", 0).await;
    indexed(&b).await;
    let number = b.number("SELECT id FROM inbound").await;
    b.run("UPDATE inbound SET text = 'other words'").await;
    b.run(&format!("INSERT INTO search_queue (kind, source) VALUES ('inbound', {number})")).await;
    indexed(&b).await;
    assert_eq!((count(&b, "first").await, texts(&b, "words").await), (0, vec!["other words".to_owned()]));
}

async fn restarted(b: Bench) {
    said(&b, "ana@x.example", "a lamp", 0).await;
    let b = b.reopened().await;
    indexed(&b).await;
    assert_eq!(count(&b, "lamp").await, 1);
}

async fn two_indexers(b: Bench) {
    for minute in 0..60 {
        said(&b, "ana@x.example", "a lamp", minute).await;
    }
    let (one, other) = tokio::join!(index_all(&b.store), index_all(&b.store));
    one.and(other).expect("both end well");
    assert_eq!(b.number("SELECT COUNT(*) FROM search_doc").await, 60);
    assert_eq!(count(&b, "lamp").await, 50);
}

/// Writes so many newer texts that hold other words.
async fn crowd(b: &Bench, texts: u32, words: &str) {
    let ticket = said(b, "ana@x.example", "something else", 1).await.expect("a ticket");
    indexed(b).await;
    spread(b, ticket, (texts, 1_000, 1), words).await;
}

/// Writes so many texts of a ticket with these words: the first number, and how far the next is from it.
async fn spread(b: &Bench, ticket: TicketId, (texts, first, step): (u32, u32, u32), words: &str) {
    let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {texts} - 1)");
    let id = format!("{first} + i * {step}");
    b.run(&format!(
        "INSERT INTO search_doc (id, kind, source, thread, account, at)
         {numbers} SELECT {id}, 'event', {id}, k.thread, 'shop', 1 FROM n, ticket k WHERE k.id = {ticket}"
    ))
    .await;
    let table = if b.backend == super::bench::Backend::Sqlite { "rowid, words" } else { "id, words" };
    let words = if b.backend == super::bench::Backend::Sqlite {
        format!("'· {words}'")
    } else {
        format!("CAST('''·'':1 ''{words}'':2' AS tsvector)")
    };
    b.run(&format!("INSERT INTO search_words ({table}) {numbers} SELECT {id}, {words} FROM n")).await;
}

async fn rare(b: Bench) {
    said(&b, "ana@x.example", "a lamp", 0).await;
    crowd(&b, 6_000, "chair").await;
    assert_eq!(texts(&b, "lamp").await, ["a lamp"]);
    assert_eq!(b.store.search(&SearchQuery::default(), ALL).await.expect("read").hits.len(), 50);
}

async fn looked_enough(b: Bench) {
    let closed = said(&b, "ben@x.example", "a chair", 0).await.expect("a ticket");
    changes::close(&b, closed, at(1)).await;
    crowd(&b, 6_000, "chair").await;
    let mut before = None;
    let mut looks = 0;
    loop {
        let scope = SearchScope { before, ..ALL };
        let page = find(&b.store, "chair in:closed", scope).await.expect("read");
        looks += 1;
        if let Some(found) = page.found.first() {
            assert_eq!(found.hit.text, "a chair");
            break;
        }
        before = page.next;
        assert!(before.is_some() && looks < 9, "it goes on until it is found");
    }
    assert!(looks > 1, "one look would be too much work");
}

/// Two kinds of words: those of a text in three, and those of one in thirty. What fits lies behind the newest 5,000.
async fn often(b: Bench) {
    let closed = said(&b, "ben@x.example", "a lamp on a table", 0).await.expect("a ticket");
    changes::close(&b, closed, at(1)).await;
    let open = said(&b, "ana@x.example", "something else", 1).await.expect("a ticket");
    indexed(&b).await;
    for (texts, first, step, words) in
        [(2_800, 1_000, 4, "lamp"), (280, 1_001, 40, "table"), (2_800, 1_002, 4, "chair"), (2_800, 1_003, 4, "chair")]
    {
        spread(&b, open, (texts, first, step), words).await;
    }
    for (typed, least) in [("lamp in:closed", 2), ("table in:closed", 1)] {
        let (mut before, mut looks, mut found) = (None, 0, Vec::new());
        loop {
            let page = find(&b.store, typed, SearchScope { before, ..ALL }).await.expect("read");
            looks += 1;
            found.extend(page.found.into_iter().map(|found| found.hit.text));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(found, ["a lamp on a table"], "{typed}");
        assert!(looks >= least, "{typed}: {looks} looks");
    }
}
