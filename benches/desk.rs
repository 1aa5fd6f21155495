//! How long the desk's lists, counts and searches take on a store of many messages, on both databases.
//!
//! `cargo bench --bench desk -- --messages 1000000 --calls 200 --only sqlite`. The store is made anew from a seed, by the
//! statements below and not message by message; PostgreSQL is used where `NIGHTDESK_BENCH_POSTGRES` names an empty
//! database. Every call asks for something else. The last column compares the 99th percentile with the promise: 100 ms for
//! lists, 300 ms for search; a run that misses one ends with a failure.

#![expect(clippy::print_stdout, reason = "the table is the result")]

use std::{env, process::ExitCode, time::Instant};

use jiff::Timestamp;
use nightdesk::{
    desk::search::{parse, words},
    model::{
        ids::{AccountName, AgentName, BuyerId, InboundId},
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

/// A message of ours, as the outbox keeps it.
const PAYLOAD: &str = r#"{"telegram":{"chat_id":1,"business_connection_id":null,"reply_to_message_id":null,"text":"No customs duty is due for parcels to Germany below 150 EUR; we pay it for you above that."}}"#;

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
async fn main() -> ExitCode {
    let mut missed = 0;
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
        missed += measure("SQLite", &asked, &store).await;
        store.close().await;
    }
    let postgres = env::var("NIGHTDESK_BENCH_POSTGRES").ok().filter(|_| asked.wants("postgres"));
    if let Some(url) = postgres {
        let store = Store::open(&Settings { url: url.clone().into() }).await.expect("an empty database opens");
        let pool = PgPool::connect(&url).await.expect("it is there");
        fill(&asked, &store, async |sql| {
            sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.expect("the statement is well-formed");
        })
        .await;
        missed += measure("PostgreSQL", &asked, &store).await;
        store.close().await;
    }
    if missed > 0 {
        println!("\n{missed} kinds of calls take longer than promised");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Writes conversations, messages and tickets, and indexes the messages as the service does.
async fn fill(asked: &Asked, store: &Store, run: impl AsyncFn(String)) {
    let threads = (asked.messages / PER_THREAD).max(1);
    let numbers = |end| format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {end})");
    run(format!(
        "INSERT INTO thread (id, channel, account, participant, language, created_at, changed_at)
         {} SELECT i, 'email', 'shop' || (i % 5), 'b' || i || '@buyer.example', 'en', i, i FROM n",
        numbers(threads)
    ))
    .await;
    run(format!(
        "INSERT INTO buyer (key, name, grade, grade_rank, first_seen, changed_at)
         {} SELECT 'b' || i || '@buyer.example', 'Buyer ' || i, CASE WHEN i % 20 = 0 THEN 'vip' END,
                   CASE WHEN i % 20 = 0 THEN 2 ELSE 0 END, i, i FROM n",
        numbers(threads)
    ))
    .await;
    letters(asked, threads, store, &run).await;
    tickets(&run).await;
    run("ANALYZE".to_owned()).await;
}

/// Writes the messages with their answers.
async fn letters(asked: &Asked, threads: u64, store: &Store, run: &impl AsyncFn(String)) {
    let mut dice = Dice(7);
    let mut written = 0;
    while written < asked.messages {
        let end = (written + BATCH).min(asked.messages);
        let rows: Vec<String> = (written + 1..=end)
            .map(|id| {
                let thread = id % threads + 1;
                let outcome = outcome(id);
                format!(
                    "({id}, 'email', 'shop{}', 'k{id}', '', '', 0, 0, {id}000, {id}000, 'decided', '{outcome}', 'why', {id}000,
                      {thread}, 'b{thread}@buyer.example', 's', '{}')",
                    thread % 5,
                    dice.text()
                )
            })
            .collect();
        run(format!(
            "INSERT INTO inbound (id, channel, account, source_key, raw, raw_sha256, size, in_junk, received_at, stored_at,
                                  state, outcome, outcome_reason, decided_at, thread, sender_key, subject,
                                  text)
             VALUES {}",
            rows.join(", ").replace("'', ''", "CAST('' AS BYTES), CAST('' AS BYTES)").replace("BYTES", bytes(store))
        ))
        .await;
        run(answers(written, end)).await;
        let sources = format!("SELECT 'inbound', id FROM inbound WHERE id > {written} AND id <= {end} ORDER BY id");
        run(format!("INSERT INTO search_queue (kind, source) {sources}")).await;
        index(store).await;
        written = end;
    }
}

/// Writes a ticket for each conversation, and what waits in those that are open.
async fn tickets(run: &impl AsyncFn(String)) {
    run(format!(
        "INSERT INTO ticket (thread, inbound, state, urgency, subject, buyer, reasons, tags, assignee, opened_at,
                             changed_at, closed_at, respond_by, account, snoozed_until, grade_rank)
         SELECT t.id, (SELECT MIN(i.id) FROM inbound i WHERE i.thread = t.id),
                CASE WHEN t.id % {OPEN_OF} > 0 THEN 'closed' WHEN t.id % 3 = 0 THEN 'waiting' ELSE 'open' END,
                t.id % 3, 's', 'b', '[]', '[]', 'agent' || (t.id % 7), t.id, t.id,
                CASE WHEN t.id % {OPEN_OF} > 0 THEN t.id END, t.id * 1000, t.account,
                CASE WHEN t.id % {OPEN_OF} = 0 AND t.id % 7 = 0 THEN 4102444800000 END,
                CASE WHEN t.id % 20 = 0 THEN 2 ELSE 0 END
         FROM thread t"
    ))
    .await;
    // Drafts wait in every third open ticket, and replies for their hour in every fourth.
    for (part, kind, human, state, scheduled) in [(3, "draft", 0, "held", 0), (4, "answer", 1, "retry_at", 1)] {
        run(format!(
            "INSERT INTO outbox (key, thread, account, kind, human, epoch, recipient_key, intents, replies, payload,
                                 state, due_at, reason, created_at, changed_at, leaves_at, scheduled)
             SELECT 'w' || t.id || '-{kind}', t.id, t.account, '{kind}', {human}, 0, t.participant, '[]', '[]',
                    '{PAYLOAD}', '{state}', 4102444800000, 'it waits for its hour', t.id, t.id,
                    CASE WHEN {scheduled} = 1 THEN 4102444800000 END, {scheduled}
             FROM thread t WHERE t.id % {OPEN_OF} = 0 AND t.id % {part} = 0"
        ))
        .await;
    }
}

/// What became of a message: half are answered, a tenth is machine mail, the rest are people's.
fn outcome(id: u64) -> &'static str {
    match id % 10 {
        0..5 => "answered",
        5 => "suppressed",
        _ => "escalated",
    }
}

/// Writes what the machine answered to these messages.
fn answers(after: u64, end: u64) -> String {
    format!(
        "INSERT INTO outbox (key, thread, inbound, account, kind, human, epoch, recipient_key, intents, replies, payload,
                             state, due_at, proof, created_at, changed_at, settled_at)
         SELECT 'o' || i.id, i.thread, i.id, i.account, 'answer', 0, 0, i.sender_key, '[\"customs_tax\"]', '[]', '{PAYLOAD}',
                'sent', i.received_at, '250 ok', i.received_at, i.received_at, i.received_at
         FROM inbound i WHERE i.id > {after} AND i.id <= {end} AND i.outcome = 'answered'"
    )
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

/// Measures everything and says how many kinds of calls missed their promise.
async fn measure(database: &str, asked: &Asked, store: &Store) -> u32 {
    let now = Timestamp::now();
    let accounts = [AccountName::from("shop3")];
    let mut missed = 0;
    for view in View::ALL {
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
            missed += row(database, &named(&format!("list {}", view.as_str()), limited), times, LIST_MS);
        }
    }
    for limited in [None, Some(&accounts[..])] {
        missed += messages(database, asked, store, limited).await;
    }
    let mut times = Vec::new();
    for call in 0..asked.calls {
        let name = AgentName::new(format!("agent{}", call % 7));
        let began = Instant::now();
        store.queue_counts(Viewer { name: &name, accounts: None }, now).await.expect("they are counted");
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    missed += row(database, "counts of every list", times, LIST_MS);
    missed + searches(database, asked, store).await
}

/// Measures the lists of messages and of buyers, each page from another place on.
async fn messages(database: &str, asked: &Asked, store: &Store, limited: Option<&[AccountName]>) -> u32 {
    let mut dice = Dice(13);
    let (mut answered, mut machine, mut buyers) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..asked.calls {
        let from = i64::try_from(dice.below(asked.messages)).unwrap_or(i64::MAX) + 1;
        let began = Instant::now();
        store.answered(limited, Some(InboundId(from)), 50).await.expect("it is read");
        answered.push(began.elapsed().as_secs_f64() * 1000.0);
        let began = Instant::now();
        store.machine_mail(limited, Some(InboundId(from)), 50).await.expect("it is read");
        machine.push(began.elapsed().as_secs_f64() * 1000.0);
        let began = Instant::now();
        store.buyers(limited, "", Some(BuyerId(from / 10 + 1)), 50).await.expect("it is read");
        buyers.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    let lists = [("answered by the machine", answered), ("machine mail", machine), ("buyers", buyers)];
    lists.into_iter().map(|(name, times)| row(database, &named(&format!("list {name}"), limited), times, LIST_MS)).sum()
}

fn named(what: &str, limited: Option<&[AccountName]>) -> String {
    format!("{what}{}", if limited.is_some() { ", one account" } else { "" })
}

/// Something to search for, another one each time.
type Typed = fn(&mut Dice) -> String;

async fn searches(database: &str, asked: &Asked, store: &Store) -> u32 {
    let mut missed = 0;
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
            missed += row(database, &named(&format!("search {name}"), limited), times, SEARCH_MS);
        }
    }
    missed
}

/// Prints a line; 1 if the promise is missed.
fn row(database: &str, name: &str, mut times: Vec<f64>, promise: f64) -> u32 {
    times.sort_by(f64::total_cmp);
    let at = |part: usize| times[(times.len() - 1) * part / 100];
    println!("| {database} | {name} | {:.1} | {:.1} | {:.1} | {:.2} |", at(50), at(99), at(100), at(99) / promise);
    u32::from(at(99) > promise)
}
