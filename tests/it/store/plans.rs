//! How the desk's lists and search are answered, by the plans of both databases: from indexes, a page at a time, however
//! much there is.

use nightdesk::{
    model::ticket::Urgency,
    store::{
        answered, conversation, figures, machine_mail, merge,
        queue::{CLOSED_OF_ACCOUNT, IN_QUARANTINE, View, listing},
        search, sent, unrecognized,
    },
};

use super::bench::{Backend, Bench, Given, Plan, at};
use crate::support::postgres;

/// Tickets beside the ones of the page, a third of them closed.
const TICKETS: u32 = 6_000;

/// A page and what stands around it: a plan that touches more goes through everything.
const PAGE: i64 = 20;

/// The values of [`nightdesk::store::Store::queue`]: `lin` asks for the first page of all accounts.
const PAGE_GIVEN: &[Given] = &[
    Given::Text("lin"),
    Given::Number(0),
    Given::Nothing,
    Given::Number(i64::MIN),
    Given::Number(i64::MIN),
    Given::Nothing,
    Given::Nothing,
    Given::Nothing,
    Given::Nothing,
    Given::Nothing,
    Given::Nothing,
    Given::Number(PAGE),
];

/// What each list is read from.
const LISTS: &[(View, &str)] = &[
    (View::Mine, "ticket_desk"),
    (View::Unclaimed, "ticket_desk"),
    (View::Drafts, "ticket_desk"),
    (View::Waiting, "ticket_desk"),
    (View::All, "ticket_desk"),
    (View::Closed, "ticket_desk_closed"),
];

/// Opens so many tickets for people of the house, each with a conversation and a searchable text of its own.
async fn fill(b: &Bench) {
    let letter = b.mail("ana@buyer.example", "a lamp", at(0)).await;
    let plan = Plan::escalate().urgent(Urgency::Normal).sending(&[]);
    let pattern = b.decide(&letter, plan, at(0)).await.ticket.expect("a ticket");
    let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {TICKETS})");
    b.run(&format!(
        "INSERT INTO thread (id, channel, account, participant, created_at, changed_at)
         {numbers} SELECT 1000 + i, 'email', 'shop', 'b' || i || '@buyer.example', 1, 1 FROM n"
    ))
    .await;
    b.run(&format!(
        "INSERT INTO ticket (thread, inbound, state, urgency, subject, buyer, reasons, tags, assignee, opened_at,
                             changed_at, closed_at, account)
         {numbers} SELECT 1000 + i, k.inbound,
                          CASE i % 6 WHEN 0 THEN 'open' WHEN 1 THEN 'waiting' WHEN 2 THEN 'closed' WHEN 3 THEN 'closed'
                                     ELSE 'claimed' END,
                          0, 's', 'b', '[]', '[]', CASE WHEN i % 3 = 0 THEN 'lin' ELSE 'kim' END, i, i,
                          CASE WHEN i % 6 IN (2, 3) THEN i END, 'shop'
         FROM n, ticket k WHERE k.id = {pattern}"
    ))
    .await;
    // A draft waits on every second ticket.
    b.run(&format!(
        "INSERT INTO outbox (key, thread, account, kind, human, epoch, recipient_key, intents, replies, payload, state,
                             due_at, created_at, changed_at)
         {numbers} SELECT 'd' || i, 1000 + i, 'shop', 'draft', 0, 0, 'b', '[]', '[]', '{{}}', 'held', 1, 1, 1
         FROM n WHERE i % 2 = 0"
    ))
    .await;
    texts(b, &numbers).await;
}

async fn texts(b: &Bench, numbers: &str) {
    b.run(&format!(
        "INSERT INTO search_doc (id, kind, source, thread, account, at)
         {numbers} SELECT 1000 + i, 'event', 1000 + i, 1000 + i, 'shop', 1 FROM n"
    ))
    .await;
    let (columns, words) = match b.backend {
        Backend::Sqlite => ("rowid, words", "'lamp w' || i"),
        Backend::Postgres => ("id, words", "CAST('''lamp'':1 ''w' || i || ''':2' AS tsvector)"),
    };
    b.run(&format!("INSERT INTO search_words ({columns}) {numbers} SELECT 1000 + i, {words} FROM n")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_a_list_is_read_from_an_index_on_sqlite() {
    let b = Bench::new(Backend::Sqlite).await;
    fill(&b).await;
    // Nothing gathers statistics in a seller's file, and nothing hinders it.
    for statistics in [false, true] {
        if statistics {
            b.run("ANALYZE").await;
        }
        lists_on_sqlite(&b).await;
    }
}

async fn lists_on_sqlite(b: &Bench) {
    let plan = b.plan(IN_QUARANTINE, &[Given::Nothing, Given::Number(PAGE)]).await;
    assert!(plan.contains("SCAN q") && !plan.contains("SCAN i"), "{plan}");
    for (view, index) in LISTS {
        let plan = b.plan(listing(*view), PAGE_GIVEN).await;
        let page = plan.lines().find(|line| line.contains(" ticket ")).unwrap_or_default();
        assert!(page.contains(index), "{view:?}:\n{plan}");
        // The one sort that is left is that of the page itself.
        assert!(plan.matches("USE TEMP B-TREE").count() <= 1, "{view:?}:\n{plan}");
        assert!(!plan.contains("SCAN o") && !plan.contains("SCAN t") && !plan.contains("SCAN e"), "{view:?}:\n{plan}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_a_list_is_read_from_an_index_on_postgres() {
    if postgres::cluster().is_none() {
        return;
    }
    let b = Bench::new(Backend::Postgres).await;
    fill(&b).await;
    b.run("ANALYZE").await;
    for (view, index) in LISTS {
        let plan = b.plan(listing(*view), PAGE_GIVEN).await;
        assert!(plan.contains(index) && !plan.contains("Seq Scan on ticket ("), "{view:?}:\n{plan}");
        assert!(rows_at(&plan, index) <= 3 * PAGE, "{view:?}:\n{plan}");
    }
}

/// Returns how many rows the step of PostgreSQL's plan gave that reads this index.
fn rows_at(plan: &str, index: &str) -> i64 {
    let line = plan.lines().find(|line| line.contains(index)).unwrap_or_default();
    let rows = line.split("actual rows=").nth(1).unwrap_or_default();
    rows.split(|sign: char| !sign.is_ascii_digit()).next().and_then(|rows| rows.parse().ok()).unwrap_or(i64::MAX)
}

/// The values of a search for one word: nothing narrows it down.
fn search_given(words: &'static str) -> [Given; 8] {
    [
        Given::Text(words),
        Given::Number(i64::MAX),
        Given::Number(100),
        Given::Nothing,
        Given::Nothing,
        Given::Nothing,
        Given::Number(PAGE),
        Given::Number(500),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_looks_at_its_words_and_no_other_text_on_sqlite() {
    let b = Bench::new(Backend::Sqlite).await;
    fill(&b).await;
    let plan = b.plan(search::SQLITE, &search_given("\"lamp\"")).await;
    assert!(plan.contains("search_words VIRTUAL TABLE"), "{plan}");
    for bad in ["SCAN d", "SCAN o", "SCAN i", "SCAN e", "SCAN t", "SCAN k", "SCAN x", "SCAN b"] {
        assert!(!plan.lines().any(|line| line.trim() == bad || line.starts_with(&format!("{bad} "))), "{bad}:\n{plan}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_looks_at_its_words_and_no_other_text_on_postgres() {
    if postgres::cluster().is_none() {
        return;
    }
    let b = Bench::new(Backend::Postgres).await;
    fill(&b).await;
    b.run("ANALYZE").await;
    let newest = b.plan(search::POSTGRES_NEWEST, &search_given("'lamp'")).await;
    assert!(newest.contains("search_words_pkey"), "the newest are found by their numbers:\n{newest}");
    assert!(rows_at(&newest, "search_words_pkey") <= 500, "{newest}");
    let gathered = b.plan(search::POSTGRES_GATHERED, &search_given("'w77'")).await;
    assert!(gathered.contains("search_words_inverted"), "a rare word is gathered:\n{gathered}");
    for plan in [newest, gathered] {
        assert!(!plan.contains("Seq Scan on search_doc"), "{plan}");
    }
}

/// The values of a report over minutes, of one account.
const REPORT_GIVEN: [Given; 6] = [
    Given::Number(1_000),
    Given::Number(2_000),
    Given::Text("\nshop\n"),
    Given::Text("\n"),
    Given::Number(604_800_000),
    Given::Number(900_000),
];

/// The statements of a report, how many values each takes, and the indexes it reads: the first one holds all it needs of the
/// rows of its days.
const REPORTS: &[(&str, usize, &[&str])] = &[
    (figures::VOLUME, 6, &["inbound_figures", "outbox_people", "human_answer_thread"]),
    (figures::WAITS, 4, &["inbound_figures", "outbox_answers", "human_answer_thread"]),
    (figures::INTENTS, 4, &["recognized_figures"]),
    (figures::DRAFTS, 4, &["draft_outcome_days"]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_reads_the_rows_of_its_days_from_indexes_on_sqlite() {
    let b = Bench::new(Backend::Sqlite).await;
    fill(&b).await;
    for statistics in [false, true] {
        if statistics {
            b.run("ANALYZE").await;
        }
        for (sql, values, indexes) in REPORTS {
            let plan = b.plan(sql, &REPORT_GIVEN[..*values]).await;
            let of_days = format!("USING COVERING INDEX {} (", indexes[0]);
            let line = plan.lines().find(|line| line.contains(&of_days)).unwrap_or_else(|| panic!("{sql}\n{plan}"));
            assert!(line.contains('>') && line.contains('<'), "only the rows of its days: {line}");
            for index in *indexes {
                assert!(plan.contains(index), "{index}:\n{plan}");
            }
            let whole = ["SCAN i", "SCAN o", "SCAN h", "SCAN r", "SCAN d"];
            assert!(!plan.lines().any(|line| whole.iter().any(|scan| line.starts_with(scan))), "{sql}\n{plan}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_reads_the_rows_of_its_days_from_indexes_on_postgres() {
    if postgres::cluster().is_none() {
        return;
    }
    let b = Bench::new(Backend::Postgres).await;
    fill(&b).await;
    let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {TICKETS})");
    b.run(&format!(
        "INSERT INTO inbound (channel, account, source_key, raw, raw_sha256, size, in_junk, received_at, stored_at, state,
                              outcome, decided_at, thread)
         {numbers} SELECT 'email', 'shop', 'k' || i, '', '', 0, 0, i * 1000, 1, 'decided', 'answered', 1, 1000 + i FROM n"
    ))
    .await;
    b.run(
        "INSERT INTO recognized (inbound, place, intent, said, account, received_at)
         SELECT i.id, 0, 'customs_tax', 'answer', 'shop', i.received_at FROM inbound i WHERE i.source_key LIKE 'k%'",
    )
    .await;
    b.run(
        "INSERT INTO draft_outcome (outbox, intent, outcome, actor, at)
         SELECT o.id, 'customs_tax', 'sent', 'lin', o.id * 1000 FROM outbox o WHERE o.state = 'held'",
    )
    .await;
    b.run("ANALYZE").await;
    for (sql, values, indexes) in REPORTS {
        let plan = b.plan(sql, &REPORT_GIVEN[..*values]).await;
        assert!(plan.contains(indexes[0]), "{sql}\n{plan}");
        for table in ["inbound", "recognized", "draft_outcome"] {
            assert!(!plan.contains(&format!("Seq Scan on {table} ")), "{table}:\n{plan}");
        }
    }
}

/// The values of the list of what no rule knew: its first page.
const GAPS_GIVEN: [Given; 5] =
    [Given::Number(1_000), Given::Number(2_000), Given::Nothing, Given::Number(i64::MAX), Given::Number(PAGE)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_rule_knew_is_read_from_the_messages_of_its_days() {
    let b = Bench::new(Backend::Sqlite).await;
    fill(&b).await;
    for (sql, values) in [(unrecognized::COUNTED, 3), (unrecognized::LISTED, 5)] {
        let plan = b.plan(sql, &GAPS_GIVEN[..values]).await;
        let line = plan.lines().find(|line| line.contains("inbound_figures (")).unwrap_or_else(|| panic!("{plan}"));
        assert!(line.contains('>') && line.contains('<'), "only the rows of its days: {line}");
        for scan in ["SCAN i", "SCAN r", "SCAN b", "SCAN k"] {
            assert!(
                !plan.lines().any(|line| line.trim() == scan || line.trim().starts_with(&format!("{scan} "))),
                "{plan}"
            );
        }
    }
}

/// What is changed when a person takes over, and its values.
const TAKE_OVERS: [(&str, [Given; 2]); 2] = [
    (sent::LEFT_TO_PERSON, [Given::Number(1_007), Given::Text("taken over")]),
    (merge::TAKEN_OUT, [Given::Number(7), Given::Text("taken over")]),
];

/// A take-over holds the one writer of SQLite while it runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_takeover_looks_at_the_messages_of_its_conversation_and_no_others() {
    let b = Bench::new(Backend::Sqlite).await;
    fill(&b).await;
    for (sql, values) in &TAKE_OVERS {
        let plan = b.plan(sql, values).await;
        assert!(plan.contains("SEARCH inbound USING INTEGER PRIMARY KEY"), "{plan}");
        assert!(plan.contains("inbound_joined") && !plan.contains("inbound_outcome"), "{plan}");
        assert!(!plan.lines().any(|line| line.starts_with("SCAN i")), "{plan}");
    }
    let plan = b.plan(merge::TAKEN_OUT, &TAKE_OVERS[1].1).await;
    assert!(plan.contains("outbox_inbound"), "what was said to a message is found by the message: {plan}");
}

/// Messages that the machine answered, each in a conversation of its own of one of a hundred buyers, beside many that people got.
async fn fill_answered(b: &Bench) {
    let letter = b.mail("ana@buyer.example", "a lamp", at(0)).await;
    b.decide(&letter, Plan::answer(), at(0)).await;
    let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {TICKETS})");
    b.run(&format!(
        "INSERT INTO thread (id, channel, account, participant, created_at, changed_at)
         {numbers} SELECT 1000 + i, 'email', 'shop', 'b' || (i % 100) || '@buyer.example', 1, 1 FROM n"
    ))
    .await;
    b.run(&format!(
        "INSERT INTO inbound (channel, account, source_key, raw, raw_sha256, size, in_junk, received_at, stored_at, state,
                              outcome, outcome_reason, decided_at, thread)
         {numbers} SELECT 'email', 'shop', 'k' || i, k.raw, k.raw_sha256, 1, 0, 1, 1, 'decided',
                          CASE i % 20 WHEN 0 THEN 'answered' WHEN 1 THEN 'suppressed' ELSE 'escalated' END, 'B3', 1, 1000 + i
         FROM n, inbound k WHERE k.id = {}", letter.id
    ))
    .await;
    b.run(
        "INSERT INTO outbox (key, thread, inbound, account, kind, human, epoch, recipient_key, intents, replies, payload,
                             state, due_at, created_at, changed_at, settled_at, proof)
         SELECT 'a' || i.id, i.thread, i.id, 'shop', 'answer', 0, 0, 'b', '[]', '[]', '{}', 'sent', 1, 1, 1, 1, '250'
         FROM inbound i WHERE i.thread > 1000 AND i.outcome <> 'suppressed'",
    )
    .await;
    b.run(
        "INSERT INTO ticket (thread, inbound, state, urgency, subject, buyer, reasons, tags, opened_at, changed_at,
                             closed_at, account)
         SELECT i.thread, i.id, 'closed', 0, 's', 'b', '[]', '[]', 1, 1, i.id, i.account
         FROM inbound i WHERE i.outcome = 'escalated'",
    )
    .await;
}

/// The values of [`nightdesk::store::Store::answered`] for the first page of all accounts.
const ANSWERED_GIVEN: &[Given] = &[Given::Number(i64::MAX), Given::Nothing, Given::Number(PAGE)];

/// What is read for an account in which nothing is, while another one has all.
const LISTS_OF_ACCOUNT: [(&str, &[Given], &str); 3] = [
    (
        answered::LISTING_OF_ACCOUNT,
        &[Given::Number(i64::MAX), Given::Text("elsewhere"), Given::Number(PAGE)],
        "inbound_answered_account",
    ),
    (
        machine_mail::LISTING_OF_ACCOUNT,
        &[Given::Number(i64::MAX), Given::Text("elsewhere"), Given::Number(PAGE)],
        "inbound_machine_account",
    ),
    (
        CLOSED_OF_ACCOUNT,
        &[
            Given::Text("lin"),
            Given::Number(0),
            Given::Text("elsewhere"),
            Given::Number(i64::MIN),
            Given::Number(i64::MIN),
            Given::Nothing,
            Given::Nothing,
            Given::Nothing,
            Given::Nothing,
            Given::Nothing,
            Given::Nothing,
            Given::Number(PAGE),
        ],
        "ticket_closed_account",
    ),
];

/// The values of [`nightdesk::store::Store::conversations_of_buyer`].
const OF_BUYER_GIVEN: &[Given] = &[Given::Text("b7@buyer.example"), Given::Nothing, Given::Number(PAGE)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_read_from_an_index_on_sqlite() {
    let b = Bench::new(Backend::Sqlite).await;
    fill_answered(&b).await;
    for statistics in [false, true] {
        if statistics {
            b.run("ANALYZE").await;
        }
        let plan = b.plan(answered::LISTING, ANSWERED_GIVEN).await;
        assert!(plan.contains("inbound_answered") && plan.contains("SEARCH x USING"), "{plan}");
        for (statement, given, index) in LISTS_OF_ACCOUNT {
            let plan = b.plan(statement, given).await;
            assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{plan}");
        }
        assert!(!plan.contains("SCAN x") && !plan.contains("SCAN o") && !plan.contains("SCAN k"), "{plan}");
        let plan = b.plan(conversation::OF_BUYER, OF_BUYER_GIVEN).await;
        assert!(plan.contains("thread_participant"), "{plan}");
        for bad in ["SCAN t", "SCAN i", "SCAN f", "SCAN k", "SCAN l", "SCAN c", "SCAN n"] {
            assert!(!plan.lines().any(|line| line.starts_with(bad)), "{bad}:\n{plan}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_read_from_an_index_on_postgres() {
    if postgres::cluster().is_none() {
        return;
    }
    let b = Bench::new(Backend::Postgres).await;
    fill_answered(&b).await;
    b.run("ANALYZE").await;
    for (statement, given, index) in LISTS_OF_ACCOUNT {
        let plan = b.plan(statement, given).await;
        assert!(plan.contains(index) && rows_at(&plan, index) == 0, "{plan}");
    }
    let plan = b.plan(answered::LISTING, ANSWERED_GIVEN).await;
    assert!(plan.contains("inbound_answered"), "{plan}");
    assert!(rows_at(&plan, "inbound_answered") <= PAGE, "{plan}");
    let of_buyer = b.plan(conversation::OF_BUYER, OF_BUYER_GIVEN).await;
    assert!(of_buyer.contains("thread_participant"), "{of_buyer}");
    assert!(plan.contains("using outbox_thread on outbox x"), "{plan}");
    for plan in [plan, of_buyer] {
        assert!(!plan.contains("Seq Scan on inbound"), "{plan}");
    }
}
