//! Promises about pauses: of the shop, of an account, of a rule.

use nightdesk::{
    model::{
        commit::{CommitOutcome, Refusal},
        ids::{IntentId, OutboxId},
        outbound::Phase,
        switch::Scope,
    },
    store::error::StoreError,
};

use super::{
    Case,
    bench::{Bench, Plan, at},
    changes,
    cuts::{Run, say},
    outboxes::claim,
};

pub(super) const CASES: &[Case] = &[
    ("a_paused_account_holds_its_own_messages_only", |b| Box::pin(account_holds_its_own(b))),
    ("a_paused_rule_holds_what_it_says_and_nothing_else", |b| Box::pin(rule_holds_its_own(b))),
    ("every_scope_stops_a_send_before_its_last_bytes_and_is_named", |b| Box::pin(every_scope_stops_a_send(b))),
    ("every_scope_refuses_a_decision_that_it_forbids", |b| Box::pin(every_scope_refuses_a_decision(b))),
    ("a_decision_sees_the_pauses_that_concern_it", |b| Box::pin(a_decision_sees(b))),
    ("pauses_outlast_a_restart_and_end_one_by_one", |b| Box::pin(outlast_a_restart(b))),
    ("people_write_through_every_pause", |b| Box::pin(people_write_through(b))),
];

fn rule(name: &str) -> Scope {
    Scope::Rule(IntentId::from(name))
}

async fn pause(b: &Bench, scope: &Scope) {
    b.store.pause(scope, "a doubt", "lin", at(0)).await.expect("paused");
}

async fn resume(b: &Bench, scope: &Scope) -> bool {
    b.store.resume(scope, "kim", at(5)).await.expect("resumed")
}

/// Queues an answer in a chat that speaks to these intents.
async fn answer(b: &Bench, chat: i64, intents: &[&str]) -> OutboxId {
    let letter = b.chat(chat, "q", at(0)).await;
    let mut commit = b.commit_of(&letter, Plan::answer(), at(0)).await;
    commit.outbound[0].intents = intents.iter().map(|&intent| IntentId::from(intent)).collect();
    match b.store.commit(&commit).await.expect("runs") {
        CommitOutcome::Committed { outbox, .. } => outbox[0],
        other => panic!("not committed: {other:?}"),
    }
}

async fn account_holds_its_own(b: Bench) {
    let chat = answer(&b, 5, &[]).await;
    let mail = b.decide(&b.mail("ana@buyer.example", "q", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    pause(&b, &Scope::Account("bot".into())).await;
    assert_eq!(claim(&b, 1).await.map(|row| row.id), Some(mail));
    assert_eq!(claim(&b, 1).await, None);
    assert!(resume(&b, &Scope::Account("bot".into())).await);
    assert_eq!(claim(&b, 6).await.map(|row| row.id), Some(chat));
}

async fn rule_holds_its_own(b: Bench) {
    let held = answer(&b, 5, &["free_shipping", "customs_tax"]).await;
    let alike = answer(&b, 6, &["customs_tax_refund"]).await;
    pause(&b, &rule("customs_tax")).await;
    assert_eq!(claim(&b, 1).await.map(|row| row.id), Some(alike), "a name that only begins alike is another rule");
    assert_eq!(claim(&b, 1).await, None);
    resume(&b, &rule("customs_tax")).await;
    assert_eq!(claim(&b, 6).await.map(|row| row.id), Some(held));
}

async fn every_scope_stops_a_send(b: Bench) {
    let scopes = [
        (Scope::Shop, "the shop is paused (lin: a doubt)"),
        (Scope::Account("bot".into()), "the account bot is paused (lin: a doubt)"),
        (rule("customs_tax"), "the rule customs_tax is paused (lin: a doubt)"),
    ];
    for (chat, (scope, said)) in (10..).zip(scopes) {
        let id = answer(&b, chat, &["customs_tax"]).await;
        assert_eq!(claim(&b, 1).await.map(|row| row.id), Some(id));
        pause(&b, &scope).await;
        b.store.set_phase(id, Phase::Before).await.expect("nothing leaves by that");
        let refused = b.store.set_phase(id, Phase::Dot).await;
        assert!(matches!(&refused, Err(StoreError::Overtaken { reason, .. }) if reason == said), "{refused:?}");
        resume(&b, &scope).await;
        b.store.set_phase(id, Phase::Dot).await.expect("it may go on");
    }
}

async fn every_scope_refuses_a_decision(b: Bench) {
    for scope in [Scope::Shop, Scope::Account("bot".into()), rule("customs_tax")] {
        let letter = b.chat(7, "q", at(0)).await;
        let mut commit = b.commit_of(&letter, Plan::answer(), at(0)).await;
        commit.outbound[0].intents = vec![IntentId::from("customs_tax")];
        pause(&b, &scope).await;
        let outcome = b.store.commit(&commit).await.expect("runs");
        assert_eq!(outcome, CommitOutcome::Refused(Refusal::Paused), "{scope}");
        let ticket = b.commit_of(&letter, Plan::escalate().sending(&[]), at(0)).await;
        let outcome = b.store.commit(&ticket).await.expect("runs");
        assert!(matches!(outcome, CommitOutcome::Committed { .. }), "a ticket sends nothing: {outcome:?}");
        resume(&b, &scope).await;
    }
}

async fn a_decision_sees(b: Bench) {
    let letter = b.chat(5, "q", at(0)).await;
    pause(&b, &Scope::Account("shop".into())).await;
    pause(&b, &rule("customs_tax")).await;
    let switches = b.context(&letter, at(0)).await.switches;
    assert_eq!(switches.paused, None, "another account is paused");
    assert_eq!(switches.rules.get(&IntentId::from("customs_tax")).map(String::as_str), Some("lin: a doubt"));
    pause(&b, &Scope::Account("bot".into())).await;
    let switches = b.context(&letter, at(0)).await.switches;
    assert_eq!(switches.paused.as_deref(), Some("the account bot is paused (lin: a doubt)"));
    pause(&b, &Scope::Shop).await;
    assert_eq!(b.context(&letter, at(0)).await.switches.paused.as_deref(), Some("lin: a doubt"));
}

async fn outlast_a_restart(b: Bench) {
    for scope in [rule("customs_tax"), Scope::Shop, Scope::Account("bot".into())] {
        pause(&b, &scope).await;
    }
    b.store.pause(&Scope::Shop, "worse", "kim", at(3)).await.expect("paused");
    let b = b.reopened().await;
    let pauses = b.store.pauses().await.expect("read");
    let said: Vec<String> = pauses.iter().map(ToString::to_string).collect();
    let expected = [
        "the shop is paused (kim: worse)",
        "the account bot is paused (lin: a doubt)",
        "the rule customs_tax is paused (lin: a doubt)",
    ];
    assert_eq!((said, pauses[0].at), (expected.map(str::to_owned).to_vec(), at(3)));
    assert!(resume(&b, &Scope::Shop).await);
    assert!(!resume(&b, &Scope::Shop).await, "it was resumed already");
    assert_eq!(b.store.pauses().await.expect("read").len(), 2);
    assert_eq!(b.number("SELECT COUNT(*) FROM audit WHERE what IN ('paused', 'resumed')").await, 5);
}

async fn people_write_through(b: Bench) {
    let ticket = b.decide(&b.chat(5, "q", at(0)).await, Plan::escalate(), at(0)).await.ticket.expect("a ticket");
    for scope in [Scope::Shop, Scope::Account("bot".into()), rule("customs_tax")] {
        pause(&b, &scope).await;
    }
    changes::reply(&b, ticket, "hello from lin", at(2)).await;
    let row = claim(&b, 3).await.expect("a person's message is due");
    assert!(row.human);
    b.store.set_phase(row.id, Phase::Dot).await.expect("a person wrote it");
}

pub(super) async fn cut_pause(run: Run) -> (Run, String) {
    say!(run, run.store.pause(&Scope::Shop, "sale", "lin", at(1)))
}

pub(super) async fn cut_resume(run: Run) -> (Run, String) {
    run.bench.store.pause(&Scope::Shop, "sale", "lin", at(0)).await.expect("paused");
    say!(run, run.store.resume(&Scope::Shop, "lin", at(1)))
}
