//! What the caller asks for.

use std::{path::PathBuf, process::ExitCode};

use crate::{
    cases::{CASES, Share},
    report, sabotage,
    world::Shape,
};

/// The arguments.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wishes {
    /// The long run.
    pub(crate) long: bool,
    /// From which all seeds follow.
    pub(crate) seed: u64,
    /// Only this case.
    pub(crate) only: Option<String>,
    /// Only this store.
    pub(crate) store: Option<String>,
    /// Only with so many processes.
    pub(crate) instances: Option<usize>,
    /// So many rounds of a hundred.
    pub(crate) percent: u64,
    /// How many cases are played at a time.
    pub(crate) jobs: usize,
    /// Where the table is written as Markdown.
    pub(crate) markdown: Option<PathBuf>,
    /// Keep the folders of runs that passed as well.
    pub(crate) keep: bool,
}

const USAGE: &str = "usage: bash tests/faults/run [--short|--long] [--seed N] [--only CASE] [--store sqlite|postgres]
                            [--instances N] [--share PERCENT] [--jobs N] [--markdown FILE] [--keep]
                            [--list]";

impl Wishes {
    /// Reads the arguments; the error is how to end at once.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, ExitCode> {
        let mut wishes = Self { seed: 1, jobs: 2, percent: 100, ..Self::default() };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(usage);
            match argument.as_str() {
                "--short" => wishes.long = false,
                "--long" => wishes.long = true,
                "--seed" => wishes.seed = value()?.parse().map_err(|_| usage())?,
                "--only" => wishes.only = Some(value()?).filter(|only| names().any(|name| name == only)),
                "--store" => wishes.store = Some(value()?),
                "--instances" => wishes.instances = Some(value()?.parse().map_err(|_| usage())?),
                "--share" => wishes.percent = value()?.parse().map_err(|_| usage())?,
                "--jobs" => wishes.jobs = value()?.parse().map_err(|_| usage())?,
                "--markdown" => wishes.markdown = Some(value()?.into()),
                "--keep" => wishes.keep = true,
                "--list" => {
                    list();
                    return Err(ExitCode::SUCCESS);
                }
                _ => return Err(usage()),
            }
            if argument == "--only" && wishes.only.is_none() {
                return Err(usage());
            }
        }
        Ok(wishes)
    }

    /// Says whether a part of the suite is left out on purpose.
    pub(crate) fn is_partial(&self) -> bool {
        self.only.is_some() || self.store.is_some() || self.instances.is_some() || self.percent < 100
    }

    /// Returns how much of each case is wanted.
    pub(crate) fn share(&self) -> Share {
        Share { long: self.long, percent: self.percent }
    }

    /// Says whether it is wanted to be shown that the suite can fail.
    pub(crate) fn has_sabotage(&self) -> bool {
        self.only.as_deref().map_or(!self.is_partial(), |only| only == sabotage::NAME)
    }

    /// Says whether a case is wanted in that shape.
    pub(crate) fn takes(&self, name: &str, shape: Shape) -> bool {
        self.only.as_deref().is_none_or(|only| only == name)
            && self.store.as_deref().is_none_or(|store| store == report::store(shape))
            && self.instances.is_none_or(|instances| instances == shape.instances)
    }
}

/// Returns what may be played alone.
fn names() -> impl Iterator<Item = &'static str> {
    CASES.iter().map(|case| case.name).chain([sabotage::NAME])
}

#[expect(clippy::print_stdout, reason = "somebody asked for the list")]
fn list() {
    for case in CASES {
        println!("{:<12} {}", case.name, case.about);
    }
    println!("{:<12} promises broken on purpose, which must be noticed", sabotage::NAME);
}

#[expect(clippy::print_stderr, reason = "the caller asked for something unknown")]
fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}
