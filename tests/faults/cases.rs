//! The list of cases.

use std::process::Command;

use crate::{
    disks,
    kills::{self, Effort},
    outages, people,
    server::Server,
    volume::Storage,
    world::{Shape, World},
};

/// One case.
pub(crate) struct Case {
    /// How it is named on the command line and in the table.
    pub(crate) name: &'static str,
    /// What happens, for people.
    pub(crate) about: &'static str,
    /// Over which stores and with how many processes it runs.
    pub(crate) shapes: &'static [Shape],
    /// How much of it the short suite does.
    pub(crate) short: Effort,
    /// How much of it the long run does.
    pub(crate) long: Effort,
    /// Where its SQLite file lies.
    pub(crate) storage: Storage,
    /// What happens before the first mail, to a program that was never started.
    pub(crate) birth: fn(&mut World),
    /// Says why it cannot run here.
    pub(crate) missing: fn() -> Option<String>,
    /// Does it: brings mail and faults. What follows (drain, dump, verdict) is the same for all.
    pub(crate) run: fn(&mut World, Effort) -> Result<(), String>,
}

const SQLITE: Shape = Shape { postgres: false, instances: 1 };
const POSTGRES: Shape = Shape { postgres: true, instances: 1 };
const THREE: Shape = Shape { postgres: true, instances: 3 };

const fn effort(rounds: u64, burst: u64) -> Effort {
    Effort { rounds, burst }
}

impl Effort {
    /// Does less where a round takes longer: the short suite must stay short.
    pub(crate) fn for_shape(self, shape: Shape) -> Self {
        let divisor = match shape {
            Shape { postgres: false, .. } => 1,
            Shape { instances: 1, .. } => 2,
            Shape { .. } => 4,
        };
        Self { rounds: self.rounds.div_ceil(divisor), ..self }
    }
}

/// All cases, in the order of the table.
pub(crate) const CASES: &[Case] = &[
    Case {
        name: "places",
        about: "kill -9 at each named place, at its first or a later hit",
        shapes: &[SQLITE, POSTGRES, THREE],
        short: effort(80, 6),
        long: effort(300, 30),
        storage: Storage::Folder,
        birth: kills::at_birth,
        missing: nothing,
        run: kills::at_named_places,
    },
    Case {
        name: "anywhere",
        about: "kill -9 at the n-th place reached, whichever that is",
        shapes: &[SQLITE, POSTGRES, THREE],
        short: effort(16, 8),
        long: effort(120, 40),
        storage: Storage::Folder,
        birth: peaceful,
        missing: nothing,
        run: kills::at_any_place,
    },
    Case {
        name: "timer",
        about: "kill -9 after a random time",
        shapes: &[SQLITE, POSTGRES, THREE],
        short: effort(8, 8),
        long: effort(60, 40),
        storage: Storage::Folder,
        birth: peaceful,
        missing: nothing,
        run: kills::by_timer,
    },
    Case {
        name: "storm",
        about: "kill -9 while the SMTP server delays, refuses, defers and cuts at every phase",
        shapes: &[SQLITE, POSTGRES, THREE],
        short: effort(8, 8),
        long: effort(60, 40),
        storage: Storage::Folder,
        birth: peaceful,
        missing: nothing,
        run: kills::in_a_storm,
    },
    Case {
        name: "request",
        about: "SIGTERM after a random time",
        shapes: &[SQLITE, POSTGRES, THREE],
        short: effort(5, 8),
        long: effort(40, 40),
        storage: Storage::Folder,
        birth: peaceful,
        missing: nothing,
        run: kills::by_request,
    },
    Case {
        name: "people",
        about: "claims, hand-backs, pauses and kills during the load",
        shapes: &[SQLITE, POSTGRES, THREE],
        short: effort(6, 8),
        long: effort(40, 30),
        storage: Storage::Folder,
        birth: peaceful,
        missing: nothing,
        run: people::step_in,
    },
    Case {
        name: "mailbox",
        about: "connections to the mailbox cut in the middle of anything",
        shapes: &[SQLITE, THREE],
        short: effort(10, 8),
        long: effort(60, 30),
        storage: Storage::Folder,
        birth: peaceful,
        missing: nothing,
        run: outages::mailbox_cuts,
    },
    Case {
        name: "database",
        about: "PostgreSQL stopped with -m immediate under load and started again",
        shapes: &[POSTGRES, THREE],
        short: effort(4, 20),
        long: effort(25, 60),
        storage: Storage::Folder,
        birth: peaceful,
        missing: nothing,
        run: outages::database_stops,
    },
    Case {
        name: "commits",
        about: "connections to PostgreSQL cut at COMMIT: before it is heard, and after it is done",
        shapes: &[POSTGRES, THREE],
        short: effort(8, 8),
        long: effort(100, 30),
        storage: Storage::Folder,
        birth: peaceful,
        missing: nothing,
        run: outages::database_cuts,
    },
    Case {
        name: "stopped",
        about: "SIGSTOP at any place for longer than the lease, then SIGCONT",
        shapes: &[THREE],
        short: effort(1, 20),
        long: effort(9, 60),
        storage: Storage::Folder,
        birth: peaceful,
        missing: nothing,
        run: outages::processor_stops,
    },
    Case {
        name: "full",
        about: "the disk is full for a while (a small file system in memory)",
        shapes: &[SQLITE],
        short: effort(2, 10),
        long: effort(15, 60),
        storage: Storage::Small,
        birth: peaceful,
        missing: nothing,
        run: disks::full,
    },
    Case {
        name: "failing",
        about: "single writes and syncs of the database fail with EIO or ENOSPC (strace)",
        shapes: &[SQLITE],
        short: effort(4, 8),
        long: effort(60, 30),
        storage: Storage::Folder,
        birth: peaceful,
        missing: strace,
        run: disks::failing,
    },
    Case {
        name: "power",
        about: "power cut: ext4 on an image is shut down with its journal unwritten",
        shapes: &[SQLITE],
        short: effort(6, 8),
        long: effort(150, 30),
        storage: Storage::Image,
        birth: peaceful,
        missing: nothing,
        run: disks::powerless,
    },
];

fn peaceful(_: &mut World) {}

/// Nothing special is needed beyond what a shape needs.
fn nothing() -> Option<String> {
    None
}

fn strace() -> Option<String> {
    let tried = Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"]).status();
    let works = tried.is_ok_and(|status| status.success());
    (!works).then(|| "strace is not installed or not allowed here".to_owned())
}

/// Says why a shape cannot run here.
pub(crate) fn lacks(shape: Shape) -> Option<String> {
    (shape.postgres && !Server::is_installed()).then(|| "PostgreSQL is not installed (package postgresql)".to_owned())
}
