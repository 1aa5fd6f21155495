//! Promises about who may work for an account, and that nobody else writes anything for it.

use jiff::SignedDuration;
use nightdesk::{
    model::{
        ids::AccountName,
        outbound::{Outbound, Phase},
    },
    store::{
        Store,
        error::StoreError,
        lease::{Lease, Runner},
        outbox::Settlement,
        quarantine::Cause,
    },
};

use super::{
    Case,
    bench::{self, Backend, Bench, Letter, Plan, account, at},
};

pub(super) const CASES: &[Case] = &[
    ("an_account_has_one_holder_and_the_fence_rises", |b| Box::pin(one_holder(b))),
    ("a_lease_that_was_given_back_is_free_at_once", |b| Box::pin(given_back(b))),
    ("a_fenced_holder_writes_nothing", |b| Box::pin(fenced(b))),
    ("a_holder_sees_the_rows_of_its_account_only", |b| Box::pin(own_rows(b))),
    ("a_lease_that_ran_out_and_nobody_took_still_holds", |b| Box::pin(nobody_took(b))),
    ("a_new_holder_finds_what_the_last_one_left_in_the_middle", |b| Box::pin(left_in_the_middle(b))),
    ("a_process_that_signs_off_leaves_nothing_behind", |b| Box::pin(signed_off(b))),
    ("everybody_sees_who_lives_and_who_holds_what", |b| Box::pin(standing(b))),
    ("work_of_an_account_nobody_configured_is_seen", |b| Box::pin(abandoned(b))),
    ("two_who_want_a_lease_at_once_do_not_both_get_it", |b| Box::pin(two_at_once(b))),
];

const ANA: &str = "ana@buyer.example";

fn runner(id: &str) -> Runner {
    Runner { id: id.to_owned(), host: "desk".to_owned(), pid: 7, accounts: vec![account()] }
}

async fn acquire(b: &Bench, id: &str) -> Option<Lease> {
    b.store.acquire(&runner(id), &account()).await.expect("the store answers")
}

/// Lets the lease run out, as time would.
async fn run_out(b: &Bench) {
    b.run("UPDATE lease SET until = 0").await;
}

/// Lets somebody else take the account.
async fn taken_over(b: &Bench) -> Lease {
    run_out(b).await;
    acquire(b, "second").await.expect("it ran out")
}

async fn one_holder(b: Bench) {
    let first = acquire(&b, "first").await.expect("it is free");
    assert!(acquire(&b, "second").await.is_none());
    let second = taken_over(&b).await;
    assert!(second.number() > first.number());
    assert!(acquire(&b, "first").await.is_none());
}

async fn given_back(b: Bench) {
    let first = acquire(&b, "first").await.expect("it is free");
    b.store.release(&first).await.expect("given back");
    let second = acquire(&b, "second").await.expect("it is free again");
    b.store.release(&first).await.expect("a late release of the first");
    b.store.held(&second).see(&account(), at(0)).await.expect("takes nothing from the second");
    let late = b.store.held(&first).see(&account(), at(0)).await;
    assert!(late.is_err_and(|error| error.is_fenced()));
}

async fn fenced(b: Bench) {
    let waiting = b.mail(ANA, "one", at(0)).await;
    let plan = b.commit_of(&waiting, Plan::answer(), at(1)).await;
    let other = b.mail("tom@buyer.example", "two", at(0)).await;
    b.decide(&other, Plan::answer(), at(0)).await;
    let lease = acquire(&b, "first").await.expect("it is free");
    let held = b.store.held(&lease);
    let sending = held.claim(at(1), &[]).await.expect("the claim runs").expect("it is due");
    let before = shape(&b).await;
    taken_over(&b).await;
    for error in refusals(&held, &sending, &waiting, &plan).await {
        assert!(error.is_fenced(), "{error}");
    }
    assert_eq!(shape(&b).await, before, "nothing was written");
}

async fn refusals(
    held: &Store,
    sending: &Outbound,
    waiting: &Letter,
    plan: &nightdesk::model::commit::Commit,
) -> Vec<StoreError> {
    let sent = Settlement::Sent { proof: "250".to_owned() };
    vec![
        held.receive(&[bench::mail(99, 7, "three", at(0))], None, at(0)).await.expect_err("receive"),
        held.tried(waiting.id).await.expect_err("tried"),
        held.first_tries(&[waiting.id]).await.expect_err("first tries"),
        held.commit(plan).await.expect_err("commit"),
        held.quarantine(waiting.id, Cause::Panicked, "it panicked", at(1)).await.expect_err("quarantine"),
        held.ignore(waiting.id, "a receipt", at(1)).await.expect_err("ignore"),
        held.claim(at(1), &[]).await.expect_err("claim"),
        held.set_phase(sending.id, Phase::Before).await.expect_err("phase"),
        held.set_phase(sending.id, Phase::Dot).await.expect_err("last phase"),
        held.settle(sending.id, &sent, at(1)).await.expect_err("settle"),
        held.settle_and_claim(sending.id, "250", at(1)).await.expect_err("settle and claim"),
        held.recover(SignedDuration::from_mins(15), at(1)).await.expect_err("recover"),
    ]
}

async fn shape(b: &Bench) -> Vec<i64> {
    let mut counts = Vec::new();
    for sql in [
        "SELECT COUNT(*) FROM inbound",
        "SELECT COUNT(*) FROM inbound WHERE state = 'decided'",
        "SELECT COUNT(*) FROM inbound WHERE tries > 0",
        "SELECT COUNT(*) FROM ledger",
        "SELECT COUNT(*) FROM thread",
        "SELECT COUNT(*) FROM ticket",
        "SELECT COUNT(*) FROM outbox WHERE state = 'sending' AND phase = 'before'",
        "SELECT COUNT(*) FROM outbox",
    ] {
        counts.push(b.number(sql).await);
    }
    counts
}

async fn own_rows(b: Bench) {
    let mail = b.mail(ANA, "one", at(0)).await;
    let chat = b.chat(5, "two", at(0)).await;
    let lease = acquire(&b, "first").await.expect("it is free");
    let held = b.store.held(&lease);
    let undecided = held.undecided(10).await.expect("read");
    assert_eq!(undecided.iter().map(|row| row.id).collect::<Vec<_>>(), [mail.id]);
    assert_eq!(b.store.undecided(10).await.expect("read").len(), 2);
    let names = |accounts: Vec<AccountName>| accounts.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(b.store.waiting().await.expect("read")), ["bot", "shop"]);
    b.decide(&chat, Plan::answer(), at(0)).await;
    assert_eq!(held.claim(at(1), &[]).await.expect("the claim runs"), None, "it is another account's");
    b.store.claim(at(1), &[]).await.expect("the claim runs").expect("without a lease it is seen");
    held.recover(SignedDuration::from_mins(15), at(2)).await.expect("recovered");
    assert_eq!(b.number("SELECT COUNT(*) FROM outbox WHERE state = 'sending'").await, 1, "left alone");
    b.decide(&mail, Plan::answer(), at(0)).await;
    assert_eq!(names(b.store.due(at(2)).await.expect("read")), ["shop"]);
    held.claim(at(2), &[]).await.expect("the claim runs").expect("its own");
}

async fn nobody_took(b: Bench) {
    let lease = acquire(&b, "first").await.expect("it is free");
    run_out(&b).await;
    b.store.held(&lease).see(&account(), at(0)).await.expect("nobody else has written anything");
    b.store.renew(&runner("first"), std::slice::from_ref(&lease)).await.expect("renewed");
    assert!(acquire(&b, "second").await.is_none(), "it lasts again");
    assert!(lease.is_certain());
}

async fn left_in_the_middle(b: Bench) {
    let early = b.decide(&b.mail(ANA, "one", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    let late = b.decide(&b.mail("tom@buyer.example", "two", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    let lease = acquire(&b, "first").await.expect("it is free");
    let held = b.store.held(&lease);
    for _ in 0..2 {
        held.claim(at(1), &[]).await.expect("the claim runs").expect("it is due");
    }
    held.set_phase(late, Phase::Dot).await.expect("the lease is fresh");
    let heir = b.store.held(&taken_over(&b).await);
    let recovered = heir.recover(SignedDuration::from_mins(15), at(2)).await.expect("recovered");
    assert_eq!(recovered.requeued, 1);
    assert!(b.is(early, "ready").await, "nothing of it had left");
    assert!(b.is(late, "uncertain").await, "it may have left");
    let sent = Settlement::Sent { proof: "250".to_owned() };
    let refused = held.settle(late, &sent, at(3)).await;
    assert!(refused.is_err_and(|error| error.is_fenced()), "proof comes another way");
}

async fn standing(b: Bench) {
    b.store.enroll(&runner("first")).await.expect("enrolled");
    acquire(&b, "first").await.expect("it is free");
    let seen = b.store.standing().await.expect("read");
    assert_eq!(seen.runners.len(), 1);
    assert!(seen.runners[0].lives);
    assert_eq!(seen.runners[0].runner, runner("first"));
    assert_eq!(seen.leases[0].holder.as_deref(), Some("first"));
    run_out(&b).await;
    assert_eq!(b.store.standing().await.expect("read").leases[0].holder, None);
    b.store.retire(&runner("first")).await.expect("signed off");
    assert!(!b.store.standing().await.expect("read").runners[0].lives);
    if b.backend == Backend::Sqlite {
        b.store.enroll(&runner("second")).await.expect("enrolled");
        let seen = b.store.standing().await.expect("read");
        assert_eq!(seen.runners.len(), 1, "the file's lock proves that the first is gone");
    }
}

async fn signed_off(b: Bench) {
    b.store.enroll(&runner("first")).await.expect("enrolled");
    acquire(&b, "first").await.expect("it is free");
    b.store.retire(&runner("second")).await.expect("signed off");
    assert!(acquire(&b, "second").await.is_none(), "it gave back its own only");
    b.store.retire(&runner("first")).await.expect("signed off");
    let late = acquire(&b, "second").await.expect("it is free at once");
    b.store.retire(&runner("first")).await.expect("once more");
    b.store.held(&late).see(&account(), at(0)).await.expect("takes nothing from the second");
}

async fn abandoned(b: Bench) {
    b.store.enroll(&runner("first")).await.expect("enrolled");
    b.mail(ANA, "one", at(0)).await;
    assert_eq!(b.store.standing().await.expect("read").abandoned, []);
    b.chat(5, "two", at(0)).await;
    assert_eq!(b.store.standing().await.expect("read").abandoned, [AccountName::from("bot")]);
}

async fn two_at_once(b: Bench) {
    for _ in 0..10 {
        let contenders = (0..4).map(|number| {
            let store = b.store.clone();
            tokio::spawn(async move {
                let won = store.acquire(&runner(&format!("runner {number}")), &account()).await;
                won.expect("the store answers")
            })
        });
        let mut winners = Vec::new();
        for contender in contenders.collect::<Vec<_>>() {
            winners.extend(contender.await.expect("no panic"));
        }
        assert_eq!(winners.len(), 1);
        b.store.release(&winners[0]).await.expect("given back");
    }
}
