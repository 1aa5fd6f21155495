//! How fast the store is on PostgreSQL with several writers; printed, not judged. Run by hand:
//! `cargo test --release --test it store::rates -- --ignored --nocapture`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::SignedDuration;
use nightdesk::{
    model::{
        inbound::{ChannelKind, Inbound, Mailbox},
        outbound::{OutboundKind, Phase},
        receive::{ReceiveOutcome, Received, SourceKey},
    },
    store::{
        lease::{Lease, Runner},
        outbox::Settlement,
    },
};

use sha2::{Digest as _, Sha256};

use super::bench::{self, Backend, Bench, Letter, Plan, at};
use crate::support::postgres;

/// How many writers there are: the processes of a large shop, or the accounts of one process.
const WRITERS: [u32; 3] = [1, 3, 8];

/// Messages of each writer.
const EACH: u32 = 40;

#[expect(clippy::print_stdout, reason = "the figures are the result")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, not a promise"]
async fn measured_rates_of_the_store_on_postgres() {
    if postgres::cluster().is_none() {
        return;
    }
    for writers in WRITERS {
        let b = Arc::new(Bench::new(Backend::Postgres).await);
        let began = Instant::now();
        together(writers, |writer| received(Arc::clone(&b), writer)).await;
        println!("{writers} writers: {:>6.0} receives/s", per_second(writers * EACH, began.elapsed()));
    }
    for writers in WRITERS {
        let b = Arc::new(Bench::new(Backend::Postgres).await);
        let began = Instant::now();
        together(writers, |writer| rested(Arc::clone(&b), writer)).await;
        println!("{writers} writers: {:>6.0} small writes/s in turn", per_second(writers * EACH, began.elapsed()));
    }
    for writers in WRITERS {
        let b = Arc::new(Bench::new(Backend::Postgres).await);
        let began = Instant::now();
        together(writers, |writer| sent(Arc::clone(&b), writer)).await;
        println!(
            "{writers} writers: {:>6.0} messages/s from receive to settled",
            per_second(writers * EACH, began.elapsed())
        );
    }
    let b = Bench::new(Backend::Postgres).await;
    let began = Instant::now();
    for _ in 0..EACH {
        b.store.renew(&runner(0), &[]).await.expect("renewed");
    }
    println!("a heartbeat takes {:?}", began.elapsed() / EACH);
    let began = Instant::now();
    for _ in 0..EACH {
        b.store.standing().await.expect("read");
    }
    println!("a look who serves what takes {:?}", began.elapsed() / EACH);
    let began = Instant::now();
    for _ in 0..EACH {
        b.store.due(at(0)).await.expect("read");
    }
    println!("a look into an empty outbox takes {:?}", began.elapsed() / EACH);
}

async fn together<R: Future<Output = ()> + Send + 'static>(writers: u32, work: impl Fn(u32) -> R) {
    let tasks: Vec<_> = (0..writers).map(|writer| tokio::spawn(work(writer))).collect();
    for task in tasks {
        task.await.expect("no panic");
    }
}

fn per_second(count: u32, took: Duration) -> f64 {
    f64::from(count) / took.as_secs_f64()
}

fn runner(writer: u32) -> Runner {
    Runner { id: format!("runner {writer}"), host: "desk".to_owned(), pid: 1, accounts: vec![account(writer)] }
}

fn account(writer: u32) -> nightdesk::model::ids::AccountName {
    format!("account{writer}").as_str().into()
}

fn mail(writer: u32, number: u32) -> Received {
    let folder = "INBOX".to_owned();
    Received {
        account: account(writer),
        key: SourceKey::Imap { folder, uid_validity: 7, uid: number + 1 },
        ..bench::mail(number + 1, 7, &format!("mail {number} of {writer}"), at(0))
    }
}

async fn lease(b: &Bench, writer: u32) -> Lease {
    b.store.acquire(&runner(writer), &account(writer)).await.expect("it runs").expect("it is free")
}

async fn received(b: Arc<Bench>, writer: u32) {
    let store = b.store.held(&lease(&b, writer).await);
    for number in 0..EACH {
        store.receive(&[mail(writer, number)], None, at(0)).await.expect("stored");
    }
}

/// One row written, by a transaction that takes its turn: what receiving was before.
async fn rested(b: Arc<Bench>, writer: u32) {
    let store = b.store.held(&lease(&b, writer).await);
    for _ in 0..EACH {
        store.rest(&account(writer), "421", at(0), |_| SignedDuration::ZERO).await.expect("written");
    }
}

async fn sent(b: Arc<Bench>, writer: u32) {
    let lease = lease(&b, writer).await;
    let store = b.store.held(&lease);
    let sent = Settlement::Sent { proof: "250".to_owned() };
    for number in 0..EACH {
        let stored = store.receive(&[mail(writer, number)], None, at(0)).await.expect("stored");
        let [ReceiveOutcome::Stored(id)] = stored[..] else { panic!("not stored: {stored:?}") };
        let text = format!("question {number} of {writer}");
        let mut inbound = Inbound::from_text(ChannelKind::Email, &text, at(0));
        inbound.account = account(writer);
        inbound.from = Some(Mailbox { name: None, address: format!("ana{number}@buyer{writer}.example") });
        inbound.body_hash = Sha256::digest(&text).into();
        let letter = Letter { id, inbound };
        let mut commit = b.commit_of(&letter, Plan::answer().sending(&[OutboundKind::Answer]), at(0)).await;
        commit.counters.sends_shop_ten_minutes = u32::MAX;
        store.commit(&commit).await.expect("committed");
        b.store.renew(&runner(writer), std::slice::from_ref(&lease)).await.expect("renewed");
        let claimed = store.claim(at(0), &[]).await.expect("the claim runs").expect("it is due");
        store.set_phase(claimed.id, Phase::Dot).await.expect("written");
        store.settle(claimed.id, &sent, at(0)).await.expect("settled");
    }
}
