//! How much is looked at to find what is next, when much waits: by the plans of both databases, and measured by hand with
//! `cargo test --test it store::crowds -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use nightdesk::store::{Store, lease::Runner, outbox::Settlement, sweep::Bounds};

use super::bench::{Backend, Bench, Given, Plan, account, at};
use crate::support::postgres;

/// Messages that wait to be decided, and messages that wait to be sent.
const CROWD: u32 = 10_000;

/// Messages that were decided and answered before.
const PAST: u32 = 20_000;

/// More rows than this are a crowd.
const FEW: u32 = 10;

/// Calls of each kind that are timed.
const CALLS: u32 = 40;

/// Lets so many messages wait for a decision, and answers to as many buyers wait to be sent.
async fn fill(b: &Bench, crowd: u32) {
    let letter = b.mail("ana@buyer.example", "where is it", at(0)).await;
    let pattern = b.decide(&letter, Plan::answer(), at(0)).await.outbox[0];
    for (state, rows) in [("sent", PAST), ("ready", crowd)] {
        let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})");
        let (thread, past) = if state == "sent" { (1_000, true) } else { (1_000_000, false) };
        b.run(&format!(
            "INSERT INTO thread (id, channel, account, participant, created_at, changed_at)
             {numbers} SELECT {thread} + i, 'email', 'shop', '{state}' || i || '@buyer.example', 1, 1 FROM n"
        ))
        .await;
        b.run(&format!(
            "INSERT INTO outbox (key, thread, account, kind, human, epoch, recipient_key, intents, replies, payload,
                                 state, due_at, created_at, changed_at, proof, settled_at)
             {numbers} SELECT '{state}' || i, {thread} + i, o.account, o.kind, 0, 0, '{state}' || i, o.intents,
                              o.replies, o.payload, '{state}', o.due_at, o.created_at, o.changed_at, {proof}, {settled}
             FROM n, outbox o WHERE o.id = {pattern} ORDER BY i",
            proof = if past { "'250'" } else { "NULL" },
            settled = if past { "1" } else { "NULL" },
        ))
        .await;
        b.run(&format!(
            "INSERT INTO inbound (channel, account, source_key, raw, raw_sha256, size, in_junk, received_at, stored_at,
                                  state, outcome, outcome_reason, decided_at)
             {numbers} SELECT m.channel, m.account, 'imap:7:' || ({thread} + i) || ':INBOX', m.raw, m.raw_sha256, m.size,
                              0, m.received_at, m.stored_at, {ended}
             FROM n, inbound m WHERE m.id = {letter} ORDER BY i",
            ended = if past { "'decided', 'suppressed', 'B3', 1" } else { "'undecided', NULL, NULL, NULL" },
            letter = letter.id,
        ))
        .await;
    }
    if b.backend == Backend::Postgres {
        b.run("ANALYZE").await;
    }
}

/// Everything that waits has waited too long, and nothing was passed over.
const BOUNDS: Bounds = Bounds {
    undecided: SignedDuration::from_mins(30),
    sending: SignedDuration::from_mins(120),
    unsent: SignedDuration::from_mins(120),
    unanswered: SignedDuration::from_mins(120),
    verify_for: SignedDuration::from_mins(15),
};

/// What is looked for, the values it needs, and the index that it must be found by.
const LOOKS: &[(&str, &[Given], &str)] = &[
    (include_str!("../../../src/store/sql/accounts-to-decide.sql"), &[], "inbound_waiting"),
    (
        concat!(
            include_str!("../../../src/store/sql/stored-message.sql"),
            include_str!("../../../src/store/sql/next-to-decide.sql")
        ),
        &[Given::Number(4), Given::Text("shop"), Given::Text("")],
        "inbound_waiting",
    ),
    (
        include_str!("../../../src/store/sql/accounts-to-send.sql"),
        &[Given::Number(1), Given::Number(2)],
        "outbox_waiting",
    ),
    (
        include_str!("../../../src/store/sql/next-to-send.sql"),
        &[Given::Number(1), Given::Text("shop"), Given::Number(2)],
        "outbox_waiting",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_next_is_found_without_looking_at_all_that_waits_on_sqlite() {
    let b = Bench::new(Backend::Sqlite).await;
    for (sql, given, index) in LOOKS {
        let plan = b.plan(sql, given).await;
        assert!(plan.contains(index), "{sql}{plan}");
        for bad in ["SCAN inbound", "SCAN outbox", "SCAN o", "SCAN p", "SCAN m", "SCAN e", "SCAN i", "USE TEMP B-TREE"]
        {
            assert!(!plan.lines().any(|line| line.starts_with(bad) && !line.contains(index)), "{bad} in:\n{sql}{plan}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_next_is_found_without_looking_at_all_that_waits_on_postgres() {
    if postgres::cluster().is_none() {
        return;
    }
    let b = Bench::new(Backend::Postgres).await;
    fill(&b, CROWD).await;
    for (sql, given, index) in LOOKS {
        let plan = b.plan(sql, given).await;
        assert!(plan.contains(index), "{sql}{plan}");
        assert!(most_rows(&plan) <= FEW, "{sql}{plan}");
    }
}

/// Returns the largest number of rows that a step of PostgreSQL's plan gave or threw away.
fn most_rows(plan: &str) -> u32 {
    let numbers = plan.lines().flat_map(|line| {
        ["actual rows=", "Removed by Filter: "].into_iter().filter_map(move |word| {
            let (_, rest) = line.split_once(word)?;
            rest.split(|sign: char| !sign.is_ascii_digit()).next()?.parse().ok()
        })
    });
    numbers.max().unwrap_or(u32::MAX)
}

#[expect(clippy::print_stdout, reason = "the figures are the result")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, not a promise"]
async fn measured_looks_at_what_is_next() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        if backend == Backend::Postgres && postgres::cluster().is_none() {
            continue;
        }
        for crowd in [1, CROWD] {
            let b = Bench::new(backend).await;
            fill(&b, crowd).await;
            let runner = Runner::new("desk".to_owned(), 1, vec![account()]).expect("the system has random bytes");
            let lease = b.store.acquire(&runner, &account()).await.expect("it runs").expect("it is free");
            let held = b.store.held(&lease);
            println!("{backend:?}, {crowd} waiting: {}", looks(&b.store, &held).await);
            let began = Instant::now();
            b.store.sweep(&BOUNDS, at(60)).await.expect("swept");
            println!("    a sweep that finds nothing {:?}", began.elapsed());
        }
    }
}

async fn looks(free: &Store, held: &Store) -> String {
    let mut took = [Duration::ZERO; 4];
    let sent = Settlement::RetryAt { at: at(0), reason: "421".to_owned() };
    for _ in 0..CALLS {
        let began = Instant::now();
        free.due(at(1)).await.expect("read");
        took[0] += began.elapsed();
        let began = Instant::now();
        let claimed = held.claim(at(1), &[]).await.expect("the claim runs").expect("it is due");
        took[1] += began.elapsed();
        held.settle(claimed.id, &sent, at(1)).await.expect("settled");
        let began = Instant::now();
        free.waiting().await.expect("read");
        took[2] += began.elapsed();
        let began = Instant::now();
        held.undecided(4).await.expect("read");
        took[3] += began.elapsed();
    }
    let [due, claim, waiting, undecided] = took.map(|took| took / CALLS);
    format!("due {due:?}, claim {claim:?}, waiting {waiting:?}, undecided {undecided:?}")
}
