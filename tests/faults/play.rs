//! One case, played to its verdict. Whatever goes wrong is in its row: a case that panics or never ends is red, and the
//! others are played all the same.

use std::{
    any::Any,
    collections::BTreeMap,
    panic::{self, AssertUnwindSafe},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    cases::{Case, Share},
    judge::{self, Counts, Verdict},
    report::Row,
    wishes::Wishes,
    world::{Shape, World},
};

/// How long a case of the short suite may take on a busy machine, many times what it takes on a quiet one.
const SHORT: Duration = Duration::from_mins(20);

/// How long a case of the long run may take.
const LONG: Duration = Duration::from_hours(1);

/// How often each place was reached, and how often a process died there.
pub(crate) type Places = BTreeMap<String, (u64, u64)>;

/// One case over one store with one number of processes and one seed.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// The case.
    pub(crate) case: &'static Case,
    /// Store and processes.
    pub(crate) shape: Shape,
    /// What decides everything.
    pub(crate) seed: u64,
}

/// What a play came to.
struct Outcome {
    faults: u64,
    kills: u64,
    counts: Counts,
    verdict: Option<Verdict>,
    trouble: String,
    places: Places,
}

impl Entry {
    /// Returns the row of a case that did not come to a verdict.
    pub(crate) fn failed(&self, took: Duration, trouble: String) -> Row {
        let Self { case, shape, seed } = *self;
        let counts = Counts::default();
        Row { case: case.name, shape, seed, faults: 0, kills: 0, counts, verdict: None, took, trouble }
    }

    /// Plays it in a thread of its own, so that one that hangs can be left alone; its processes end with the suite.
    pub(crate) fn attend(self, wishes: &Wishes) -> (Row, Places) {
        let (said, heard) = mpsc::channel();
        let (share, keep) = (wishes.share(), wishes.keep);
        let limit = if wishes.long { LONG } else { SHORT };
        let started = Instant::now();
        // An error means that nobody waits for this case any more.
        thread::spawn(move || drop(said.send(self.play(share, keep))));
        heard.recv_timeout(limit).unwrap_or_else(|_| {
            let trouble = format!("it did not end within {limit:?} and was left alone");
            (self.failed(started.elapsed(), trouble), Places::default())
        })
    }

    fn play(self, share: Share, keep: bool) -> (Row, Places) {
        let Self { case, shape, seed } = self;
        let started = Instant::now();
        let effort = case.effort(shape, share);
        let played = panic::catch_unwind(AssertUnwindSafe(|| {
            let mut world = World::build(seed, shape, case.storage);
            (case.birth)(&mut world);
            world.first_look();
            let trouble = match (case.run)(&mut world, effort).and_then(|()| world.drain()) {
                Ok(()) => String::new(),
                Err(trouble) => trouble,
            };
            judged(&mut world, trouble, keep)
        }));
        match played {
            Ok(Outcome { faults, kills, counts, verdict, trouble, places }) => {
                let took = started.elapsed();
                (Row { case: case.name, shape, seed, faults, kills, counts, verdict, took, trouble }, places)
            }
            Err(panic) => {
                let trouble = format!("the harness failed: {}", words(&*panic));
                (self.failed(started.elapsed(), trouble), Places::default())
            }
        }
    }
}

fn judged(world: &mut World, mut trouble: String, keep: bool) -> Outcome {
    let places = world.places();
    say(&std::mem::take(&mut world.notes));
    let (counts, verdict) = match verdict(world) {
        Ok((counts, verdict)) => (counts, Some(verdict)),
        Err(error) => {
            trouble = format!("{trouble} {error}");
            (Counts::default(), None)
        }
    };
    let broken = matches!(verdict, Some(Verdict::Broken(_)));
    let failed = broken || !trouble.is_empty() || counts.lost + counts.double > 0;
    if failed || keep {
        let folder = world.keep();
        if failed {
            trouble = format!("{trouble} (folder {})", folder.display());
        } else {
            kept(&folder.display().to_string());
        }
    }
    Outcome { faults: world.faults, kills: world.kills, counts, verdict, trouble, places }
}

/// Ends everything, writes the store down and judges it twice: by the suite's own count, and by the checker.
pub(crate) fn verdict(world: &mut World) -> Result<(Counts, Verdict), String> {
    world.kill_all();
    world.quiet_sink();
    let dump = world.database.dump(world.folder());
    let counts = dump.map(|dump| judge::count(world, &dump));
    let unix = jiff::Timestamp::now().as_millisecond();
    world.truth.now("run", "dumped", json!({"unix_ms": unix}));
    world.truth.close();
    let counts = counts.map_err(|error| format!("the store cannot be read: {error}"))?;
    Ok((counts, judge::check(world)))
}

/// Returns what a panic said.
pub(crate) fn words(panic: &dyn Any) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "it belongs to the suite's result")]
fn say(notes: &[String]) {
    for note in notes {
        println!("  {note}");
    }
}

#[expect(clippy::print_stdout, reason = "somebody asked for it")]
fn kept(folder: &str) {
    println!("  kept (folder {folder})");
}
