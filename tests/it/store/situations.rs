//! Promises about situations switched by hand, and about the history of the rule files.

use jiff::civil;
use nightdesk::model::{
    reload::{Cause, Reload},
    switch::SituationSwitch,
};

use super::{
    Case,
    bench::{Bench, at},
    cuts::{Run, say},
};

pub(super) const CASES: &[Case] = &[
    ("a_situation_switched_by_hand_outlasts_a_restart_and_is_seen_by_decisions", |b| Box::pin(outlasts_a_restart(b))),
    ("a_second_switch_of_a_situation_takes_the_place_of_the_first", |b| Box::pin(second_takes_its_place(b))),
    ("of_readings_of_the_rules_the_newest_are_kept_and_come_first", |b| Box::pin(newest_are_kept(b))),
];

fn day(written: &str) -> civil::Date {
    written.parse().expect("a day")
}

/// A switch of the situation `storm`.
fn storm(on: bool) -> SituationSwitch {
    SituationSwitch {
        situation: "storm".to_owned(),
        on,
        since: day("2026-11-20"),
        until: day("2026-11-24"),
        reason: "the harbor is closed".to_owned(),
        by: "lin".to_owned(),
        at: at(0),
    }
}

/// A reading of the files in that minute.
fn reading(minute: i64, errors: u32) -> Reload {
    Reload {
        at: at(minute),
        cause: Cause::Files,
        rule_set: format!("set-{minute}"),
        rules: 77,
        errors,
        first: (errors > 0).then(|| "rules/a.yaml:1:1: wrong".to_owned()),
        restart: vec!["accounts".to_owned()],
    }
}

async fn outlasts_a_restart(b: Bench) {
    b.store.switch_situation(&storm(true)).await.expect("switched");
    let b = b.reopened().await;
    assert_eq!(b.store.situation_switches().await.expect("read"), [storm(true)]);
    let letter = b.chat(5, "q", at(0)).await;
    assert_eq!(b.context(&letter, at(0)).await.switches.situations, [storm(true)]);
    assert!(b.store.unswitch_situation("storm", "kim", at(2)).await.expect("runs"));
    assert!(!b.store.unswitch_situation("storm", "kim", at(3)).await.expect("runs"), "it was taken back already");
    assert!(b.context(&letter, at(3)).await.switches.situations.is_empty());
    assert_eq!(b.number("SELECT COUNT(*) FROM audit WHERE what LIKE 'situation%'").await, 2);
}

async fn second_takes_its_place(b: Bench) {
    b.store.switch_situation(&storm(true)).await.expect("switched");
    let off = SituationSwitch { by: "kim".to_owned(), at: at(4), ..storm(false) };
    b.store.switch_situation(&off).await.expect("switched");
    assert_eq!(b.store.situation_switches().await.expect("read"), [off]);
}

async fn newest_are_kept(b: Bench) {
    for minute in 0..3 {
        b.store.note_reload(&reading(minute, u32::try_from(minute).expect("small"))).await.expect("noted");
    }
    let seen = b.store.reloads(2).await.expect("read");
    assert_eq!(seen, [reading(2, 2), reading(1, 1)]);
    assert_eq!(b.store.reloads(10).await.expect("read").len(), 3);
}

pub(super) async fn switch_situation(run: Run) -> (Run, String) {
    say!(run, run.store.switch_situation(&storm(true)))
}

pub(super) async fn unswitch_situation(run: Run) -> (Run, String) {
    run.bench.store.switch_situation(&storm(true)).await.expect("switched");
    say!(run, run.store.unswitch_situation("storm", "lin", at(1)))
}

pub(super) async fn note_reload(run: Run) -> (Run, String) {
    say!(run, run.store.note_reload(&reading(1, 0)))
}
