//! Random good histories pass; the same histories, broken in one place, are caught.

use std::{collections::BTreeMap, time::Instant};

use checker::{report::Report, run};

use crate::{
    folder::Folder,
    generator::{Dice, tell},
    mutators::MUTATORS,
};

/// Histories told; each is broken in every way that it offers.
const SEEDS: u64 = 40;

/// Mails in each: enough that most stories occur in most histories.
const MAILS: usize = 30;

#[test]
fn random_good_histories_pass() {
    for seed in 0..SEEDS * 5 {
        let failed = tell(seed, MAILS).failed_in_memory();
        assert!(failed.is_empty(), "seed {seed}: {failed:?}");
    }
}

#[test]
fn every_mutation_of_a_good_history_is_caught() {
    let mut tried: BTreeMap<&str, u64> = BTreeMap::new();
    let mut missed = Vec::new();
    for seed in 0..SEEDS {
        let good = tell(seed, MAILS);
        for (name, invariant, mutate) in MUTATORS {
            let mut broken = good.clone();
            if mutate(&mut broken, &mut Dice(seed)).is_none() {
                continue;
            }
            *tried.entry(name).or_default() += 1;
            let failed = broken.failed_in_memory();
            if !failed.contains(invariant) {
                missed.push(format!("seed {seed}: {name}: {invariant} should fail, {failed:?} do"));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    for (name, ..) in MUTATORS {
        let times = tried.get(name).copied().unwrap_or(0);
        assert!(times >= SEEDS / 4, "{name} was tried {times} times only");
    }
}

/// Measured by hand, optimized: `cargo test --release -p checker -- --ignored --nocapture`.
#[test]
#[ignore = "takes its time without optimization"]
fn a_hundred_thousand_mails_are_judged_in_seconds() {
    let folder = Folder::new();
    tell(1, 100_000).write(folder.path());
    let start = Instant::now();
    let read = run::read(folder.path()).expect("a sound folder");
    let reading = start.elapsed();
    let report = Report::of(&read);
    let all = start.elapsed();
    assert_eq!(report.failed(), Vec::<&str>::new());
    assert!(all.as_secs() < 30, "reading took {reading:?}, all of it {all:?}");
}
