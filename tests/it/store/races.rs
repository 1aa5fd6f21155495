//! Races between people and sends: nothing automatic comes to its last bytes after a person was told that it is stopped.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use nightdesk::{
    model::{
        ids::{IntentId, OutboxId},
        outbound::Phase,
        switch::Scope,
    },
    store::{Store, ticket::ChangeOutcome},
};

use super::{
    Case,
    bench::{Bench, Plan, at},
    changes,
};

pub(super) const CASES: &[Case] = &[
    ("no_send_begins_after_a_takeover_was_acknowledged", |b| Box::pin(takeovers(b))),
    ("no_send_begins_after_a_pause_was_acknowledged", |b| Box::pin(pauses(b))),
];

/// Races of a take-over against a send.
const TAKEOVERS: u32 = 1_000;
/// Races of each scope's pause against a send.
const PAUSES: u32 = 120;
/// Races that run at once.
const AT_ONCE: u32 = 4;

/// Where the race is decided differs by chance; the same numbers come each time.
struct Chance(u64);

impl Chance {
    fn pause(&mut self) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_micros((self.0 >> 33) % 4_000)
    }
}

/// How far a send came: the row, and when its last bytes were asked for, if they were allowed.
type Sent = Option<(OutboxId, Instant)>;

/// Takes whatever row is due and goes through its phases, as delivery does.
async fn send(store: Store, [before, between]: [Duration; 2]) -> Sent {
    tokio::time::sleep(before).await;
    let row = store.claim(at(1), &[]).await.expect("the claim runs")?.id;
    store.set_phase(row, Phase::Before).await.ok()?;
    tokio::time::sleep(between).await;
    let asked = Instant::now();
    store.set_phase(row, Phase::Dot).await.ok().map(|()| (row, asked))
}

async fn takeovers(b: Bench) {
    let mut chance = Chance(20_261_122);
    let (mut stopped, mut sent) = (0, 0);
    for round in 0..TAKEOVERS / AT_ONCE {
        let (mut sends, mut takeovers) = (Vec::new(), Vec::new());
        for lane in 0..AT_ONCE {
            let chat = i64::from(round * AT_ONCE + lane);
            let done = b.decide(&b.chat(chat, "a", at(0)).await, Plan::escalate(), at(0)).await;
            let ticket = done.ticket.expect("a ticket");
            let (store, step) = (b.store.clone(), changes::take_over(&b, ticket).await);
            let wait = chance.pause() * 2;
            sends.push(tokio::spawn(send(b.store.clone(), [chance.pause(), chance.pause()])));
            takeovers.push(tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                let outcome = store.change_ticket(ticket, &"lin".into(), &step, at(1)).await.expect("runs");
                (done.outbox[0], outcome, Instant::now())
            }));
        }
        let mut told = BTreeMap::new();
        for takeover in takeovers {
            let (row, outcome, at) = takeover.await.expect("no panic");
            assert_eq!(outcome, ChangeOutcome::Changed);
            told.insert(row, at);
        }
        for send in sends {
            match send.await.expect("no panic") {
                // A row that an earlier round left behind was taken over there.
                Some((row, asked)) => {
                    assert!(told.get(&row).is_some_and(|told| asked <= *told), "row {row} came to its last bytes late");
                    sent += 1;
                }
                None => stopped += 1,
            }
        }
    }
    assert!(stopped > 0 && sent > 0, "the races were decided one way only: {stopped} stopped, {sent} sent");
}

async fn pauses(b: Bench) {
    let mut chance = Chance(7);
    let rule = IntentId::from("customs_tax");
    let (mut stopped, mut sent) = (0, 0);
    for scope in [Scope::Shop, Scope::Account("bot".into()), Scope::Rule(rule.clone())] {
        for round in 0..PAUSES {
            let letter = b.chat(i64::from(round), "a", at(0)).await;
            let mut commit = b.commit_of(&letter, Plan::answer(), at(0)).await;
            commit.outbound[0].intents = vec![rule.clone()];
            b.store.commit(&commit).await.expect("runs");
            let sending = tokio::spawn(send(b.store.clone(), [chance.pause(), chance.pause()]));
            tokio::time::sleep(chance.pause() * 2).await;
            b.store.pause(&scope, "stop", "lin", at(1)).await.expect("paused");
            let told = Instant::now();
            let asked = sending.await.expect("no panic");
            assert!(asked.is_none_or(|(_, asked)| asked <= told), "{scope}: last bytes were allowed after the pause");
            *(if asked.is_some() { &mut sent } else { &mut stopped }) += 1;
            b.store.resume(&scope, "lin", at(2)).await.expect("resumed");
            // What was held back does not meet the next race.
            assert!(
                !b.refuses("UPDATE outbox SET state = 'cancelled', reason = 'over', settled_at = changed_at").await
            );
        }
    }
    assert!(stopped > 0 && sent > 0, "the races were decided one way only: {stopped} stopped, {sent} sent");
}
