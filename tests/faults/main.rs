//! The fault suite: the real program, killed, stopped and cut off at every place, over both databases, with thousands of
//! mails; then every mail is counted. `bash tests/faults/run` is its one command; docs/delivery.md explains the table.

mod cases;
mod chance;
mod database;
mod disks;
mod instance;
mod judge;
mod kills;
mod load;
mod mailroom;
mod outages;
mod people;
mod points;
mod proxy;
mod report;
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
    collections::BTreeMap,
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
    sync::{Mutex, PoisonError},
    thread,
    time::Instant,
};

use serde_json::json;

use crate::{
    cases::{CASES, Case},
    judge::Counts,
    report::Row,
    wishes::Wishes,
    world::{Shape, World},
};

/// How often each place was reached, and how often a process died there.
type Places = BTreeMap<String, (u64, u64)>;

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
                while let Some((case, shape, seed)) = next(&plan) {
                    attend(case, shape, seed, &wishes, &played);
                }
            });
        }
    });
    let rows = played.rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    let places = played.places.into_inner().unwrap_or_else(PoisonError::into_inner);
    report::print_end(&rows);
    let covered = unreached(&places, wishes.is_partial());
    if let Some(file) = &wishes.markdown {
        report::write_markdown(&rows, file).expect("the Markdown file is writable");
    }
    let passed = rows.iter().all(Row::passed) && covered;
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What was played so far.
#[derive(Default)]
struct Played {
    rows: Mutex<Vec<Row>>,
    places: Mutex<Places>,
}

type Plan = Mutex<std::vec::IntoIter<(&'static Case, Shape, u64)>>;

fn next(plan: &Plan) -> Option<(&'static Case, Shape, u64)> {
    plan.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// Plays one entry of the plan and prints its row.
fn attend(case: &'static Case, shape: Shape, seed: u64, wishes: &Wishes, played: &Played) {
    if let Some(why) = case.storage.missing().or_else(case.missing).or_else(|| cases::lacks(shape)) {
        skipped(case, shape, &why);
        return;
    }
    let row = play(case, shape, seed, wishes, &played.places);
    report::print_row(&row);
    played.rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
}

/// Returns what is played: every kept seed, then each case in each of its shapes.
fn planned(wishes: &Wishes) -> Vec<(&'static Case, Shape, u64)> {
    let wanted = |case: &&Case| wishes.only.as_deref().is_none_or(|only| case.name == only);
    let mut plan = Vec::new();
    for kept in seeds::kept() {
        if let Some(case) = CASES.iter().filter(wanted).find(|case| case.name == kept.case) {
            plan.push((case, kept.shape, kept.seed));
        }
    }
    for case in CASES.iter().filter(wanted) {
        for (number, shape) in (0..).zip(case.shapes) {
            plan.push((case, *shape, wishes.seed * 1000 + number));
        }
    }
    plan.retain(|(_, shape, _)| wishes.takes(*shape));
    plan
}

/// Plays one case to its verdict; whatever goes wrong is in the row.
fn play(case: &'static Case, shape: Shape, seed: u64, wishes: &Wishes, places: &Mutex<Places>) -> Row {
    let started = Instant::now();
    let effort = if wishes.long { case.long } else { case.short.for_shape(shape) };
    let played = panic::catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::build(seed, shape, case.storage);
        (case.birth)(&mut world);
        world.first_look();
        let trouble = match (case.run)(&mut world, effort).and_then(|()| world.drain()) {
            Ok(()) => String::new(),
            Err(trouble) => trouble,
        };
        for (place, (reached, died)) in world.places() {
            let mut places = places.lock().unwrap_or_else(PoisonError::into_inner);
            let sum = places.entry(place).or_default();
            *sum = (sum.0 + reached, sum.1 + died);
        }
        judged(&mut world, trouble, wishes.keep)
    }));
    let (faults, counts, verdict, trouble) =
        played.unwrap_or_else(|panic| (0, Counts::default(), None, format!("the harness failed: {}", words(&*panic))));
    Row { case: case.name, shape, seed, faults, counts, verdict, took: started.elapsed(), trouble }
}

type Judged = (u64, Counts, Option<judge::Verdict>, String);

fn judged(world: &mut World, mut trouble: String, keep: bool) -> Judged {
    world.kill_all();
    world.quiet_sink();
    let counted = match world.database.dump(world.folder()) {
        Ok(dump) => Some(judge::count(world, &dump)),
        Err(error) => {
            trouble = format!("{trouble} the store cannot be read: {error}");
            None
        }
    };
    let unix = jiff::Timestamp::now().as_millisecond();
    world.truth.now("run", "dumped", json!({"unix_ms": unix}));
    world.truth.close();
    let verdict = counted.is_some().then(|| judge::check(world));
    let counts = counted.unwrap_or_default();
    let broken = matches!(verdict, Some(judge::Verdict::Broken(_)));
    if keep || broken || !trouble.is_empty() || counts.lost + counts.double > 0 {
        let folder = world.keep();
        trouble = format!("{trouble} (folder {})", folder.display());
        if !broken && counts.lost + counts.double == 0 && trouble.starts_with(" (folder") {
            kept(&trouble);
            trouble.clear();
        }
    }
    (world.faults, counts, verdict, trouble)
}

fn words(panic: &dyn std::any::Any) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "what was not done must be seen")]
fn skipped(case: &Case, shape: Shape, why: &str) {
    println!("{:<12} {:<9}{:>10}  skipped: {why}", case.name, report::store(shape), shape.instances);
}

#[expect(clippy::print_stdout, reason = "somebody asked for it")]
fn kept(folder: &str) {
    println!("  kept{folder}");
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
