//! How long the desk's lists, counts and searches take on a store of many messages, on both databases.
//!
//! `cargo bench --bench desk -- --messages 1000000 --calls 200 --only sqlite`. The store is made anew from a seed, by the
//! statements below and not message by message; PostgreSQL is used where `NIGHTDESK_BENCH_POSTGRES` names an empty
//! database. Every call asks for something else. The last column compares the 99th percentile with the promise: 100 ms for
//! lists, 300 ms for search.

#![expect(clippy::print_stdout, reason = "the table is the result")]

use std::{env, time::Instant};

use jiff::Timestamp;
use nightdesk::{
    desk::search::{parse, words},
    model::{
        ids::{AccountName, AgentName},
        search::Document,
    },
    store::{
        Settings, Store,
        queue::{Narrowed, View, Viewer},
        search::SearchScope,
    },
};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

/// What the p99 of a list and of a search must stay below, in milliseconds.
const LIST_MS: f64 = 100.0;
const SEARCH_MS: f64 = 300.0;

/// Messages of one conversation, and how many of the conversations have a ticket that is not closed.
const PER_THREAD: u64 = 10;
const OPEN_OF: u64 = 50;

/// Documents written in one transaction.
const BATCH: u64 = 2_000;

/// Words by how often they occur: each text has some of the first, few of the last.
const COMMON: &[&str] =
    &["please", "order", "hello", "the", "is", "when", "thanks", "package", "received", "退款", "请问"];
const RARE: u64 = 20_000;

/// What was asked on the command line.
struct Asked {
    messages: u64,
    calls: u64,
    only: Option<String>,
}

impl Asked {
    fn read() -> Self {
        let given: Vec<String> = env::args().collect();
        let after = |name: &str| given.iter().position(|word| word == name).and_then(|at| given.get(at + 1));
        let number = |name, usual| after(name).and_then(|word| word.parse().ok()).unwrap_or(usual);
        Self { messages: number("--messages", 20_000), calls: number("--calls", 100), only: after("--only").cloned() }
    }

    fn wants(&self, database: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == database)
    }
}

/// A generator that gives the same numbers at every run (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn text(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..20 {
            let common = self.below(3) > 0;
            if common {
                text.push_str(COMMON[usize::try_from(self.below(COMMON.len() as u64)).unwrap_or(0)]);
            } else {
                text.extend(["word", self.below(RARE).to_string().as_str()]);
            }
            text.push(' ');
        }
        text
    }
}

#[tokio::main]
async fn main() {
    let asked = Asked::read();
    println!("{} messages, {} calls of each kind\n", asked.messages, asked.calls);
    println!("| database | what | p50 ms | p99 ms | slowest ms | of the promise |\n|{}", " --- |".repeat(6));
    if asked.wants("sqlite") {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("desk.db").display());
        let store = Store::open(&Settings { url: url.clone().into() }).await.expect("an empty store opens");
        let pool = SqlitePool::connect(&url).await.expect("it is there");
        fill(&asked, &store, async |sql| {
            sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.expect("the statement is well-formed");
        })
        .await;
        measure("SQLite", &asked, &store).await;
        store.close().await;
    }
    let Ok(url) = env::var("NIGHTDESK_BENCH_POSTGRES") else { return };
    if asked.wants("postgres") {
        let store = Store::open(&Settings { url: url.clone().into() }).await.expect("an empty database opens");
        let pool = PgPool::connect(&url).await.expect("it is there");
        fill(&asked, &store, async |sql| {
            sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.expect("the statement is well-formed");
        })
        .await;
        measure("PostgreSQL", &asked, &store).await;
        store.close().await;
    }
}

/// Writes conversations, tickets and messages, and indexes the messages as the service does.
async fn fill(asked: &Asked, store: &Store, run: impl AsyncFn(String)) {
    let threads = (asked.messages / PER_THREAD).max(1);
    let numbers = |end| format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {end})");
    run(format!(
        "INSERT INTO thread (id, channel, account, participant, language, created_at, changed_at)
         {} SELECT i, 'email', 'shop' || (i % 5), 'b' || i || '@buyer.example', 'en', i, i FROM n",
        numbers(threads)
    ))
    .await;
    let mut dice = Dice(7);
    let mut written = 0;
    while written < asked.messages {
        let end = (written + BATCH).min(asked.messages);
        let rows: Vec<String> = (written + 1..=end)
            .map(|id| {
                let thread = id % threads + 1;
                format!(
                    "({id}, 'email', 'shop{}', 'k{id}', '', '', 0, 0, {id}000, {id}000, 'decided', 'escalated', {id}000,
                      {thread}, 'b{thread}@buyer.example', 's', '{}')",
                    thread % 5,
                    dice.text()
                )
            })
            .collect();
        run(format!(
            "INSERT INTO inbound (id, channel, account, source_key, raw, raw_sha256, size, in_junk, received_at, stored_at,
                                  state, outcome, decided_at, thread, sender_key, subject, text)
             VALUES {}",
            rows.join(", ").replace("'', ''", "CAST('' AS BYTES), CAST('' AS BYTES)").replace("BYTES", bytes(store))
        ))
        .await;
        let sources = format!("SELECT 'inbound', id FROM inbound WHERE id > {written} AND id <= {end} ORDER BY id");
        run(format!("INSERT INTO search_queue (kind, source) {sources}")).await;
        index(store).await;
        written = end;
    }
    run(format!(
        "INSERT INTO ticket (thread, inbound, state, urgency, subject, buyer, reasons, tags, assignee, opened_at,
                             changed_at, closed_at, respond_by, account)
         SELECT t.id, (SELECT MIN(i.id) FROM inbound i WHERE i.thread = t.id),
                CASE WHEN t.id % {OPEN_OF} > 0 THEN 'closed' WHEN t.id % 3 = 0 THEN 'waiting' ELSE 'open' END,
                t.id % 3, 's', 'b', '[]', '[]', 'agent' || (t.id % 7), t.id, t.id,
                CASE WHEN t.id % {OPEN_OF} > 0 THEN t.id END, t.id * 1000, t.account
         FROM thread t"
    ))
    .await;
    run("ANALYZE".to_owned()).await;
}

/// The type of bytes.
fn bytes(store: &Store) -> &'static str {
    if store.is_shared() { "BYTEA" } else { "BLOB" }
}

async fn index(store: &Store) {
    loop {
        let documents = store.unindexed(500).await.expect("the queue is read");
        if documents.is_empty() {
            return;
        }
        let documents: Vec<(Document, Vec<String>)> = documents
            .into_iter()
            .map(|document| {
                let words = words(&document);
                (document, words)
            })
            .collect();
        store.index(&documents).await.expect("the batch is indexed");
    }
}

async fn measure(database: &str, asked: &Asked, store: &Store) {
    let now = Timestamp::now();
    let accounts = [AccountName::from("shop3")];
    for view in [View::Unclaimed, View::All, View::Waiting, View::Mine, View::Closed] {
        for limited in [None, Some(&accounts[..])] {
            let mut times = Vec::new();
            let mut from = None;
            for call in 0..asked.calls {
                let name = AgentName::new(format!("agent{}", call % 7));
                let viewer = Viewer { name: &name, accounts: limited };
                let began = Instant::now();
                let page = store.queue(view, viewer, &Narrowed::default(), from, 50, now).await.expect("it is read");
                times.push(began.elapsed().as_secs_f64() * 1000.0);
                from = page.next;
            }
            let name = format!("list {}{}", view.as_str(), if limited.is_some() { ", one account" } else { "" });
            row(database, &name, times, LIST_MS);
        }
    }
    let mut times = Vec::new();
    for call in 0..asked.calls {
        let name = AgentName::new(format!("agent{}", call % 7));
        let began = Instant::now();
        store.queue_counts(Viewer { name: &name, accounts: None }, now).await.expect("they are counted");
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    row(database, "counts of every list", times, LIST_MS);
    searches(database, asked, store).await;
}

/// Something to search for, another one each time.
type Typed = fn(&mut Dice) -> String;

async fn searches(database: &str, asked: &Asked, store: &Store) {
    let mut dice = Dice(11);
    let accounts = [AccountName::from("shop3")];
    let kinds: [(&str, Typed); 6] = [
        ("a common word", |dice| COMMON[usize::try_from(dice.below(9)).unwrap_or(0)].to_owned()),
        ("退款", |_| "退款".to_owned()),
        ("a rare word", |dice| format!("word{}", dice.below(RARE))),
        ("two words", |dice| format!("order word{}", dice.below(RARE))),
        ("a phrase", |dice| format!("\"please word{}\"", dice.below(RARE))),
        ("a common word in:open", |_| "order in:open".to_owned()),
    ];
    for (name, typed) in kinds {
        for limited in [None, Some(&accounts[..])] {
            let mut times = Vec::new();
            for _ in 0..asked.calls {
                let query = parse(&typed(&mut dice));
                let scope = SearchScope { accounts: limited, before: None, limit: 50 };
                let began = Instant::now();
                store.search(&query, scope).await.expect("it is searched");
                times.push(began.elapsed().as_secs_f64() * 1000.0);
            }
            let name = format!("search {name}{}", if limited.is_some() { ", one account" } else { "" });
            row(database, &name, times, SEARCH_MS);
        }
    }
}

fn row(database: &str, name: &str, mut times: Vec<f64>, promise: f64) {
    times.sort_by(f64::total_cmp);
    let at = |part: usize| times[(times.len() - 1) * part / 100];
    println!("| {database} | {name} | {:.1} | {:.1} | {:.1} | {:.2} |", at(50), at(99), at(100), at(99) / promise);
}
