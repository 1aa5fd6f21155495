//! The store's contract: one table of cases, run on SQLite and on PostgreSQL.
//!
//! Each case gets a store of its own. `opening.rs` holds what only one of the two can do wrong.

mod acts;
mod alarms;
pub(crate) mod bench;
mod bursts;
mod cautions;
mod changes;
mod clocks;
mod colleagues;
mod commits;
mod contexts;
mod conversations;
mod crowds;
mod cut_desk;
mod cut_notices;
mod cut_people;
mod cut_shapes;
mod cut_time;
mod cuts;
mod deliveries;
mod figures;
mod histories;
mod leases;
mod merges;
mod named;
mod notices;
mod opening;
pub(crate) mod orders;
mod outboxes;
mod people;
mod persons;
mod plans;
mod quarantines;
mod queues;
mod races;
mod rates;
mod receiving;
mod restores;
mod satisfactions;
mod searches;
mod sent;
mod server;
mod situations;
mod sweeps;
mod switches;
mod tickets;
mod undone;
mod upgrades;
mod webhook_http;
mod webhooks;

use std::{future::Future, pin::Pin, sync::Arc};

use bench::{Backend, Bench};
use tokio::{sync::Semaphore, task::JoinSet};

/// One promise of the store: its name, and the code that panics when it is broken.
type Case = (&'static str, fn(Bench) -> Pin<Box<dyn Future<Output = ()> + Send>>);

/// How many cases run at once: more would only wait for one another's fsync.
const AT_ONCE: usize = 4;

/// The suite was once this large; a case that is lost by accident fails it.
const FEWEST_CASES: usize = 45;

fn cases() -> Vec<Case> {
    [
        receiving::CASES,
        contexts::CASES,
        commits::CASES,
        bursts::CASES,
        outboxes::CASES,
        deliveries::CASES,
        tickets::CASES,
        changes::CASES,
        acts::CASES,
        undone::CASES,
        colleagues::CASES,
        satisfactions::CASES,
        merges::CASES,
        cautions::CASES,
        named::CASES,
        clocks::CASES,
        figures::CASES,
        alarms::CASES,
        webhooks::CASES,
        notices::CASES,
        histories::CASES,
        sent::CASES,
        leases::CASES,
        switches::CASES,
        situations::CASES,
        quarantines::CASES,
        queues::CASES,
        conversations::CASES,
        persons::CASES,
        searches::CASES,
        sweeps::CASES,
        restores::CASES,
        orders::CASES,
        people::CASES,
        races::CASES,
    ]
    .concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_every_promise() {
    run_all(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_every_promise() {
    if crate::support::postgres::cluster().is_some() {
        run_all(Backend::Postgres).await;
    }
}

#[expect(clippy::print_stdout, reason = "the names of the cases belong into the test's output")]
async fn run_all(backend: Backend) {
    let cases = cases();
    assert!(cases.len() >= FEWEST_CASES, "only {} cases", cases.len());
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for (name, run) in cases.iter().copied() {
        let turns = Arc::clone(&turns);
        running.spawn(async move {
            let _turn = turns.acquire_owned().await.expect("the semaphore is never closed");
            let bench = Bench::new(backend).await;
            (name, tokio::spawn(run(bench)).await.is_ok())
        });
    }
    let mut broken = Vec::new();
    while let Some(done) = running.join_next().await {
        let (name, kept) = done.expect("panics are caught inside");
        println!("{backend:?}: {name} ... {}", if kept { "ok" } else { "BROKEN" });
        if !kept {
            broken.push(name);
        }
    }
    assert!(broken.is_empty(), "{backend:?} breaks {} of {} promises: {broken:?}", broken.len(), cases.len());
}
