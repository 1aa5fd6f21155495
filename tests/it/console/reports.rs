//! The page of reports through real HTTP: its charts and tables, and that nobody counts what is not theirs.

use nightdesk::model::{agent::Role, ids::AccountName};
use serde_json::json;

use super::{house::House, program::Program};

/// Two messages of each account, received an hour ago: one was answered, one left to a person; a name full of markup.
const MESSAGES: [&str; 4] = [
    "INSERT INTO thread (id, channel, account, participant, created_at, changed_at)
     VALUES (1, 'email', 'shop', 'a@x', 1, 1), (2, 'email', 'other', 'b@x', 1, 1)",
    "INSERT INTO inbound (id, channel, account, source_key, raw, raw_sha256, size, in_junk, received_at, stored_at,
                          state, outcome, decided_at, thread)
     SELECT n.id, 'email', n.account, 'k' || n.id, x'', x'', 0, 0,
            CAST(unixepoch('subsec') * 1000 AS INTEGER) - 3600000, 1, 'decided', n.outcome, 1, n.thread
     FROM (SELECT 1 AS id, 'shop' AS account, 'answered' AS outcome, 1 AS thread
           UNION ALL SELECT 2, 'shop', 'escalated', 1
           UNION ALL SELECT 3, 'other', 'escalated', 2
           UNION ALL SELECT 4, 'other', 'escalated', 2) n",
    "INSERT INTO ticket (id, thread, inbound, state, urgency, subject, buyer, reasons, tags, opened_at, changed_at,
                         respond_by, account)
     VALUES (1, 1, 2, 'open', 1, '<script>alert(1)</script>', 'a', '[]', '[]', 1, 1, 1, 'shop'),
            (2, 2, 3, 'open', 1, 'of the other house', 'b', '[]', '[]', 1, 1, 1, 'other')",
    "INSERT INTO recognized (inbound, place, intent, said, account, received_at)
     SELECT i.id, 0, 'where_is_it', 'answer', i.account, i.received_at FROM inbound i WHERE i.id = 1",
];

async fn furnished() -> House {
    let house = House::open().await;
    house.run(&MESSAGES).await;
    house.person("all", Role::Agent, None).await;
    house.person("limited", Role::Agent, Some(&[AccountName::from("shop")])).await;
    house
}

#[tokio::test]
async fn the_page_draws_charts_with_words_beside_them_and_nothing_inline() {
    let house = furnished().await;
    let seat = house.seat("all").await;
    for since in ["", "?since=night", "?since=28d", "?since=18:00&account="] {
        let told = house.get(&format!("/reports{since}"), Some(&seat)).await;
        assert_eq!(told.status, 200, "{since}: {}", told.body);
        assert_eq!(told.body.matches("<svg class=\"chart\"").count(), 5, "{since}");
        assert_eq!(told.body.matches("<table class=\"numbers\">").count(), 5, "each chart is a table, too");
        for inline in ["style=", "<style", "onclick", "javascript:", "<script>"] {
            assert!(!told.body.contains(inline), "{inline} in {since}");
        }
        assert!(told.body.contains("of the other house"));
    }
    for wrong in ["?since=soon", "?since=400d", "?account=nobody"] {
        assert_eq!(house.get(&format!("/reports{wrong}"), Some(&seat)).await.status, 422, "{wrong}");
    }
}

/// People decided on a draft of each account an hour ago, and long ago on another one.
const DRAFTS: [&str; 2] = [
    "INSERT INTO outbox (id, key, thread, account, kind, human, epoch, recipient_key, intents, replies, payload, state,
                         due_at, created_at, changed_at)
     VALUES (1, 'a', 1, 'shop', 'draft', 0, 0, 'a', '[]', '[]', '{}', 'held', 1, 1, 1),
            (2, 'b', 2, 'other', 'draft', 0, 0, 'b', '[]', '[]', '{}', 'held', 1, 1, 1)",
    "INSERT INTO draft_outcome (outbox, intent, outcome, actor, at)
     SELECT n.outbox, n.intent, n.outcome, 'lin', CAST(unixepoch('subsec') * 1000 AS INTEGER) - n.ago
     FROM (SELECT 1 AS outbox, 'customs_tax' AS intent, 'sent' AS outcome, 3600000 AS ago
           UNION ALL SELECT 1, 'where_is_it', 'edited', 3600000
           UNION ALL SELECT 1, 'long_ago', 'sent', 3600000 * 24 * 9
           UNION ALL SELECT 2, 'of_the_other_house', 'rejected', 3600000) n",
];

#[tokio::test]
async fn drafts_are_told_rule_by_rule_on_the_page_and_to_programs() {
    let house = furnished().await;
    let all = house.seat("all").await;
    let before = house.get("/reports", Some(&all)).await;
    assert!(!before.body.contains("drafts-heading"), "where there were none, nothing is said of them");
    house.run(&DRAFTS).await;
    let page = house.get("/reports?since=3d", Some(&all)).await;
    let row = "<tr><th scope=\"row\">customs_tax</th><td>1</td><td>0</td><td>0</td><td>0</td></tr>";
    assert!(page.body.contains(row) && page.body.contains("of_the_other_house"), "{}", page.body);
    assert!(!page.body.contains("long_ago"), "not of these days: {}", page.body);
    let limited = house.get("/reports?since=3d", Some(&house.seat("limited").await)).await;
    assert!(limited.body.contains("where_is_it") && !limited.body.contains("of_the_other_house"), "{}", limited.body);

    let shop = [AccountName::from("shop")];
    let erp = Program::of(&house, "erp", Role::Agent, Some(&shop)).await;
    let told = erp.get("/api/v1/reports?since=3d").await;
    assert_eq!(told.at("/drafts").as_array().map(Vec::len), Some(2));
    assert_eq!((told.at("/drafts/0/rule"), told.at("/drafts/0/agreement")), (&json!("customs_tax"), &json!(1.0)));
    assert_eq!((told.at("/drafts/1/edited"), told.at("/drafts/1/agreement")), (&json!(1), &json!(0.0)));
}

#[tokio::test]
async fn who_is_limited_to_an_account_counts_nothing_of_others() {
    let house = furnished().await;
    let [all, limited] = [house.seat("all").await, house.seat("limited").await];
    for (seat, in_scope) in [(&all, "4"), (&limited, "2")] {
        let csv = house.get("/reports/days.csv?since=3d", Some(seat)).await;
        assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
        let counts = csv.body.lines().skip(1).filter_map(|row| row.split(',').nth(1)?.parse::<u64>().ok());
        assert_eq!(counts.sum::<u64>().to_string(), in_scope, "{}", csv.body);
    }
    let page = house.get("/reports", Some(&limited)).await;
    assert!(!page.body.contains("of the other house") && page.body.contains("&#60;script&#62;"), "{}", page.body);
}
