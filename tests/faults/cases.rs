//! The list of cases.

use crate::{
    disks,
    kills::{self, Effort},
    lacks::{self, Lack, nothing},
    outages, people, races,
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
    /// How much of it the short suite does; less over PostgreSQL, which takes longer.
    pub(crate) short: Effort,
    /// How much of it the long run does; half of the rounds over PostgreSQL.
    pub(crate) long: Effort,
    /// Where its SQLite file lies.
    pub(crate) storage: Storage,
    /// What happens before the first mail, to a program that was never started.
    pub(crate) birth: fn(&mut World),
    /// Says why it cannot run here.
    pub(crate) missing: fn() -> Option<Lack>,
    /// Does it: brings mail and faults. What follows (drain, dump, verdict) is the same for all.
    pub(crate) run: fn(&mut World, Effort) -> Result<(), String>,
}

const SQLITE: Shape = Shape { postgres: false, instances: 1 };
const POSTGRES: Shape = Shape { postgres: true, instances: 1 };
const THREE: Shape = Shape { postgres: true, instances: 3 };

const fn effort(rounds: u64, burst: u64) -> Effort {
    Effort { rounds, burst }
}

/// Which share of which run is played.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    /// Of the long run, not of the short suite.
    pub(crate) long: bool,
    /// So many rounds of a hundred.
    pub(crate) percent: u64,
}

impl Case {
    /// Returns how much of it is done over a store.
    pub(crate) fn effort(&self, shape: Shape, wanted: Share) -> Effort {
        let (effort, divisor) = match shape {
            Shape { postgres: false, .. } if wanted.long => (self.long, 1),
            Shape { .. } if wanted.long => (self.long, 2),
            Shape { postgres: false, .. } => (self.short, 1),
            Shape { instances: 1, .. } => (self.short, 2),
            Shape { .. } => (self.short, 4),
        };
        Effort { rounds: (effort.rounds.div_ceil(divisor) * wanted.percent).div_ceil(100), ..effort }
    }

    /// Says why it cannot run here over a store.
    pub(crate) fn lacks(&self, shape: Shape) -> Option<Lack> {
        lacks::of_storage(self.storage).or_else(self.missing).or_else(|| lacks::of_shape(shape))
    }
}

/// All cases, in the order of the table.
pub(crate) const CASES: &[Case] = &[
    Case {
        name: "places",
        about: "kill -9 at each named place, at its first or a later hit",
        shapes: &[SQLITE, POSTGRES, THREE],
        short: effort(80, 6),
        long: effort(400, 30),
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
        long: effort(160, 40),
        storage: Storage::Folder,
        birth: peaceful,
        missing: nothing,
        run: kills::at_any_place,
    },
    Case {
        name: "backlog",
        about: "kill -9 in the midst of hundreds of waiting mails",
        shapes: &[SQLITE, POSTGRES, THREE],
        short: effort(2, 100),
        long: effort(80, 400),
        storage: Storage::Folder,
        birth: peaceful,
        missing: nothing,
        run: kills::in_a_backlog,
    },
    Case {
        name: "timer",
        about: "kill -9 after a random time",
        shapes: &[SQLITE, POSTGRES, THREE],
        short: effort(8, 8),
        long: effort(100, 40),
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
        long: effort(100, 40),
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
        name: "races",
        about: "people take conversations over while the machine is about to speak in them",
        shapes: &[SQLITE, POSTGRES, THREE],
        short: effort(3, 100),
        long: effort(100, 100),
        storage: Storage::Folder,
        birth: peaceful,
        missing: nothing,
        run: races::run,
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
        long: effort(50, 60),
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
        long: effort(200, 30),
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
        long: effort(12, 60),
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
        missing: lacks::of_strace,
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
