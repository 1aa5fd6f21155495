//! The fault suite: the real program, killed, stopped and cut off at every place, over both databases, with thousands of
//! mails; then every mail is counted. `bash tests/faults/run` is its one command; docs/delivery.md explains the table.

mod cases;
mod chance;
mod database;
mod desk;
mod disks;
mod instance;
mod judge;
mod kills;
mod lacks;
mod load;
mod mailroom;
mod outages;
mod people;
mod play;
mod points;
mod proxy;
mod races;
mod report;
mod sabotage;
mod seeds;
mod server;
mod sink;
#[path = "../it/support/mod.rs"]
#[expect(dead_code, reason = "the suite needs a part of what the integration tests share")]
mod support;
mod truth;
mod volume;
mod wishes;
mod world;

use std::{
    process::ExitCode,
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use crate::{
    cases::CASES,
    play::{Entry, Places},
    report::Row,
    support::needs,
    wishes::Wishes,
};

fn main() -> ExitCode {
    let wishes = match Wishes::read(std::env::args().skip(1)) {
        Ok(wishes) => wishes,
        Err(code) => return code,
    };
    report::print_head();
    let played = Played::default();
    let plan = Mutex::new(planned(&wishes).into_iter());
    thread::scope(|scope| {
        for _ in 0..wishes.jobs {
            scope.spawn(|| {
                // The lock is held for a glance at the list, not for the play.
                while let Some(entry) = next(&plan) {
                    attend(entry, &wishes, &played);
                }
            });
        }
    });
    let rows = played.rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    let places = played.places.into_inner().unwrap_or_else(PoisonError::into_inner);
    report::print_end(&rows);
    let covered = unreached(&places, wishes.is_partial());
    let enough = report::is_enough(&rows, &wishes);
    let can_fail = !wishes.has_sabotage() || sabotage::all_noticed(wishes.seed);
    if let Some(file) = &wishes.markdown {
        report::write_markdown(&rows, file).expect("the Markdown file is writable");
    }
    let passed = rows.iter().all(Row::passed) && covered && enough && can_fail;
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What was played so far.
#[derive(Default)]
struct Played {
    rows: Mutex<Vec<Row>>,
    places: Mutex<Places>,
}

type Plan = Mutex<std::vec::IntoIter<Entry>>;

fn next(plan: &Plan) -> Option<Entry> {
    plan.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// Plays one entry of the plan and prints its row.
fn attend(entry: Entry, wishes: &Wishes, played: &Played) {
    let (row, reached) = match entry.case.lacks(entry.shape).map(|lack| lack.excuse()) {
        None => entry.attend(wishes),
        Some(Ok(why)) => return skipped(entry, &why),
        Some(Err(failure)) => (entry.failed(Duration::ZERO, failure), Places::default()),
    };
    report::print_row(&row);
    let mut places = played.places.lock().unwrap_or_else(PoisonError::into_inner);
    for (place, (reached, died)) in reached {
        let sum = places.entry(place).or_default();
        *sum = (sum.0 + reached, sum.1 + died);
    }
    played.rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
}

/// Returns what is played: every kept seed, then each case in each of its shapes.
fn planned(wishes: &Wishes) -> Vec<Entry> {
    let mut plan = Vec::new();
    for kept in seeds::kept() {
        if let Some(case) = CASES.iter().find(|case| case.name == kept.case) {
            plan.push(Entry { case, shape: kept.shape, seed: kept.seed });
        }
    }
    for case in CASES {
        for (number, shape) in (0..).zip(case.shapes) {
            plan.push(Entry { case, shape: *shape, seed: wishes.seed * 1000 + number });
        }
    }
    plan.retain(|entry| wishes.takes(entry.case.name, entry.shape));
    plan
}

#[expect(clippy::print_stdout, reason = "what was not done must be seen")]
fn skipped(Entry { case, shape, .. }: Entry, why: &str) {
    println!("{:<12} {:<9}{:>10}  skipped: {why}", case.name, report::store(shape), shape.instances);
    needs::skipped(&format!("the faults `{}`: {why}", case.name));
}

/// Names the places that the whole suite should have reached and did not; says whether there are none.
#[expect(clippy::print_stdout, reason = "what was not done must be seen")]
fn unreached(places: &Places, is_partial: bool) -> bool {
    let named = points::all();
    let died = places.values().filter(|(_, died)| *died > 0).count();
    let missed: Vec<&String> = named
        .keys()
        .filter(|place| points::stimulus(place) != points::Stimulus::Elsewhere && !places.contains_key(*place))
        .collect();
    println!("{} named places, {} reached, processes died at {died}", named.len(), named.len() - missed.len());
    // Where a part was left out on purpose, so were its places.
    if is_partial {
        return true;
    }
    for place in &missed {
        println!("  never reached: {place}");
    }
    missed.is_empty()
}
