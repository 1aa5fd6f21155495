//! The page of reports through real HTTP: its charts and tables, and that nobody counts what is not theirs.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
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
        assert_eq!(told.body.matches("<svg class=\"chart\"").count(), 6, "{since}");
        assert_eq!(told.body.matches("<table class=\"numbers\">").count(), 6, "each chart is a table, too");
        for inline in ["style=", "<style", "onclick", "javascript:", "<script>"] {
            assert!(!told.body.contains(inline), "{inline} in {since}");
        }
        assert!(told.body.contains("of the other house"));
    }
    for wrong in ["?since=soon", "?since=400d", "?account=nobody"] {
        assert_eq!(house.get(&format!("/reports{wrong}"), Some(&seat)).await.status, 422, "{wrong}");
    }
}

/// A rule answered the first message at once.
const ANSWERED: [&str; 1] = [
    "INSERT INTO outbox (id, key, thread, inbound, account, kind, human, epoch, recipient_key, intents, replies, payload,
                         state, proof, due_at, created_at, changed_at, settled_at)
     SELECT 9, 'a', 1, 1, 'shop', 'answer', 0, 0, 'a', '[]', '[]', '{}', 'sent', '250 taken', i.received_at,
            i.received_at, i.received_at, i.received_at + 7000 FROM inbound i WHERE i.id = 1",
];

/// Returns the rows of a chart's table, each as its label and its values.
fn rows(page: &str, chart: &str) -> Vec<(String, Vec<String>)> {
    let (_, from) =
        page.split_once(&format!("<title id=\"{chart}-title\">")).unwrap_or_else(|| panic!("{chart}: {page}"));
    let (_, from) = from.split_once("<tbody>").expect("a table follows the chart");
    let (body, _) = from.split_once("</tbody>").expect("it ends");
    let told = body.split_terminator("</tr>").map(|row| {
        let (head, cells) = row.split_once("</th>").expect("a row has a label");
        let values = cells.split("</td>").filter_map(|cell| cell.rsplit_once('>')).map(|(_, text)| text.to_owned());
        (head.rsplit('>').next().unwrap_or_default().to_owned(), values.collect())
    });
    told.collect()
}

/// Returns the rows that say more than nothing.
fn told(page: &str, chart: &str) -> Vec<(String, Vec<String>)> {
    let empty = |value: &String| value == "0" || value == "–";
    rows(page, chart).into_iter().filter(|(_, values)| !values.iter().all(empty)).collect()
}

#[tokio::test]
async fn the_table_of_every_chart_has_its_numbers() {
    let house = furnished().await;
    house.run(&ANSWERED).await;
    let [all, limited] = [house.seat("all").await, house.seat("limited").await];
    // The messages came an hour before this moment; another one may have begun meanwhile.
    let hour_ago = || (Timestamp::now() - SignedDuration::from_hours(1)).to_zoned(TimeZone::UTC);
    let began = hour_ago();
    let page = house.get("/reports?since=3d", Some(&all)).await.body;
    let alone = house.get("/reports?since=3d", Some(&limited)).await.body;
    let moments = [began, hour_ago()];
    let one = |label: &str, values: &[&str]| vec![(label.to_owned(), values.iter().map(ToString::to_string).collect())];
    let endings = ["1", "0", "0", "3", "0"];
    for (chart, format, values) in [
        ("hours", "%H", &endings[..]),
        ("days", "%m-%d", &endings[..]),
        ("settled", "%m-%d", &["25 %"][..]),
        ("speed", "%m-%d", &["7 s", "7 s"][..]),
    ] {
        let either = moments.each_ref().map(|moment| one(&moment.strftime(format).to_string(), values));
        assert!(either.contains(&told(&page, chart)), "{chart}: {:?} is none of {either:?}", told(&page, chart));
    }
    assert_eq!(told(&page, "channels"), one("mail", &endings));
    assert_eq!(told(&page, "intents"), [one("where_is_it", &["1"]), one("No rule knew", &["3"])].concat());
    let settled = told(&alone, "settled");
    assert_eq!(settled[0].1, ["50 %"], "of the one account: {settled:?}");
    assert_eq!(told(&alone, "channels"), one("mail", &["1", "0", "0", "1", "0"]));
    assert_eq!((rows(&page, "hours").len(), rows(&page, "settled").len()), (24, rows(&page, "days").len()));
    // A day on which nothing came has no share; none is not zero.
    assert!(rows(&page, "settled").iter().any(|(_, values)| values == &["–"]), "{:?}", rows(&page, "settled"));
    let line = page.split_once("<title id=\"settled-title\">").map(|(_, chart)| chart).expect("it is drawn");
    let drawn = line.split_once("</svg>").map(|(chart, _)| chart).expect("it ends");
    assert!(drawn.contains(": Settled by the machine 25 %</title></circle>"), "{drawn}");
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

/// Words of the messages that nothing was recognized in.
const WORDS: &str =
    "UPDATE inbound SET subject = 'Question ' || id, text = 'Is <b>it</b> number ' || id || '?', language = 'en'";

#[tokio::test]
async fn what_no_rule_knew_is_read_behind_its_number_and_tried_out() {
    let house = furnished().await;
    house.run(&[WORDS]).await;
    let [all, limited] = [house.seat("all").await, house.seat("limited").await];
    for (seat, number, read, not) in [(&all, 3, "Question 4", "Question 1"), (&limited, 1, "Question 2", "Question 4")]
    {
        let report = house.get("/reports?since=3d", Some(seat)).await;
        let link = format!("<a href=\"/reports/unrecognized?since=3d\">Read what no rule knew: {number}</a>");
        assert!(report.body.contains(&link), "{}", report.body);
        let list = house.get("/reports/unrecognized?since=3d", Some(seat)).await;
        assert!(list.body.contains(read) && !list.body.contains(not), "{}", list.body);
        assert_eq!(list.body.matches("data-row=").count(), number, "{}", list.body);
    }
    let list = house.get("/reports/unrecognized?since=3d&account=shop", Some(&all)).await;
    for shown in
        ["href=\"/tickets/1\"", "Is &#60;b&#62;it&#60;/b&#62; number 2?", "English", "href=\"/reports?since=3d"]
    {
        assert!(list.body.contains(shown), "{shown} in {}", list.body);
    }
    let tried = house.get("/rules/playground?message=2", Some(&limited)).await;
    assert!(tried.body.contains("Is &#60;b&#62;it&#60;/b&#62; number 2?</textarea>"), "{}", tried.body);
    assert_eq!(house.get("/rules/playground?message=4", Some(&limited)).await.status, 404, "it is of another account");
    let none = house.get("/reports/unrecognized?since=3d&before=2", Some(&limited)).await;
    assert!(none.body.contains("A rule knew every message") && none.body.contains("To the newest"), "{}", none.body);
    assert_eq!(house.get("/reports/unrecognized?account=nobody", Some(&all)).await.status, 422);
}

/// Complaints of both accounts were closed an hour ago.
const CLOSED: &str =
    "INSERT INTO ticket (id, thread, inbound, state, urgency, subject, buyer, reasons, tags, opened_at, changed_at, account,
                         closed_at, cause, result, compensation)
     SELECT n.id, n.thread, 2, 'closed', 1, 's', 'a', '[]', '[]', 1, 1, n.account,
            CAST(unixepoch('subsec') * 1000 AS INTEGER) - 3600000, n.cause, n.result, n.paid
     FROM (SELECT 11 AS id, 1 AS thread, 'shop' AS account, 'late_delivery' AS cause, 'refunded' AS result,
                  '12.50 EUR' AS paid
           UNION ALL SELECT 12, 1, 'shop', 'late_delivery', 'solved', 'none'
           UNION ALL SELECT 13, 2, 'other', 'their <own>', 'refunded', '300 JPY') n";

#[tokio::test]
async fn complaints_are_told_by_cause_with_results_and_costs() {
    let house = furnished().await;
    let [all, limited] = [house.seat("all").await, house.seat("limited").await];
    assert!(!house.get("/reports", Some(&all)).await.body.contains("complaints-heading"), "there were none");
    house.run(&[CLOSED]).await;
    let page = house.get("/reports?since=3d", Some(&all)).await;
    let row = "<th scope=\"row\"><bdi>late delivery</bdi></th><td class=\"number\">2</td><td class=\"number\">1</td>\
               <td class=\"number\"><bdi>12.50 EUR</bdi></td><td>money went back 1, solved 1</td>";
    assert!(page.body.contains(row), "{}", page.body);
    assert!(page.body.contains("their &#60;own&#62;") && page.body.contains("300 JPY"), "{}", page.body);
    assert!(!house.get("/reports?since=3d", Some(&limited)).await.body.contains("300 JPY"), "of the other account");
    let shop = [AccountName::from("shop")];
    let erp = Program::of(&house, "erp", Role::Agent, Some(&shop)).await;
    let told = erp.get("/api/v1/reports/complaints?since=3d").await;
    let late = json!({"cause": "late_delivery", "tickets": 2, "results": {"refunded": 1, "solved": 1}, "paid_tickets": 1,
                      "paid": ["12.50 EUR"]});
    assert_eq!(*told.at("/causes"), json!([late]));
    let gaps = erp.get("/api/v1/reports/unrecognized?since=3d&limit=1").await;
    assert_eq!((gaps.at("/messages/0/message"), gaps.at("/messages/0/ticket")), (&json!(2), &json!(12)));
    let next = gaps.at("/next").as_str().expect("the page is full").to_owned();
    assert_eq!(
        *erp.get(&format!("/api/v1/reports/unrecognized?since=3d&from={next}")).await.at("/messages"),
        json!([])
    );
}
