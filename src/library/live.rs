//! The engine in force, and how to read it anew.
//!
//! A new engine is built beside the one that works and replaces it in one step, or not at all: what cannot be used leaves
//! the last good one in force, and [`Standing`] says so until it is mended. Nothing here decides when to read; that is
//! the service's business.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use serde::Serialize;

use crate::{diagnostic::source::SourceMap, engine::Engine, library::watch::State};

/// The engine in force with the way to read the next one.
pub struct Live {
    in_force: ArcSwap<InForce>,
    standing: Mutex<Standing>,
    first: State,
    read: Reader,
}

/// An engine with the texts it was made of.
#[derive(Debug)]
pub struct InForce {
    /// It decides.
    pub engine: Arc<Engine>,
    /// The files as they were read: what rules and replies point into. Secrets of the configuration are covered.
    pub sources: SourceMap,
}

/// Reads the seller's files as they are now and builds an engine from them. It may take a while and must not be called
/// on a thread that serves.
pub type Reader = Box<dyn Fn() -> Reading + Send + Sync>;

/// What one reading of the files gave.
#[derive(Debug)]
pub struct Reading {
    /// The engine with the texts it was made of, or why there is none.
    pub engine: Result<(Engine, SourceMap), Refused>,
    /// Parts of the configuration that changed and need a restart.
    pub restart: Vec<String>,
    /// The files and folders that were read, to be watched from now on; none if that is not known.
    pub roots: Option<Vec<PathBuf>>,
}

/// Why files cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// How many errors there are.
    pub errors: usize,
    /// The first one with its place.
    pub first: String,
}

/// How the rules in force stand to the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The hash that every verdict records.
    pub rule_set: String,
    /// How many rules there are.
    pub rules: usize,
    /// Since when this set is in force.
    pub in_force_since: Timestamp,
    /// The files were edited and cannot be used; the set in force is the last good one.
    pub stale: Option<Stale>,
    /// Parts of the configuration that changed and need a restart.
    pub restart_to_apply: Vec<String>,
}

/// Files that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stale {
    /// Since when.
    pub since: Timestamp,
    /// What is wrong with them.
    #[serde(flatten)]
    pub refused: Refused,
}

/// What a reading changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The new set is in force, or the files cannot be used.
    pub taken: Result<(), Refused>,
    /// The files could not be used before.
    pub was_stale: bool,
    /// Parts of the configuration that need a restart and were not named before.
    pub restart: Vec<String>,
}

impl Live {
    /// Holds an engine that is never read anew: for a process that does one thing and ends.
    pub fn still(engine: Engine, now: Timestamp) -> Self {
        let read = Box::new(|| Reading {
            engine: Err(Refused { errors: 0, first: "it is not read anew".to_owned() }),
            restart: Vec::new(),
            roots: None,
        });
        Self::new(engine, SourceMap::default(), State::of(Vec::new()), read, now)
    }

    /// Takes the first engine with the texts it was made of, and the way to read the next. `first` is the state of the
    /// files before it was read from them.
    pub fn new(engine: Engine, sources: SourceMap, first: State, read: Reader, now: Timestamp) -> Self {
        let standing = Mutex::new(standing(&engine, now));
        Self { standing, in_force: ArcSwap::from_pointee(InForce { engine: Arc::new(engine), sources }), first, read }
    }

    /// Returns the engine in force. Whoever holds it decides by it to the end, whatever is read meanwhile.
    pub fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.in_force.load().engine)
    }

    /// Returns the engine in force with the texts it was made of.
    pub fn in_force(&self) -> Arc<InForce> {
        self.in_force.load_full()
    }

    /// Returns how the engine in force stands to the files.
    pub fn standing(&self) -> Standing {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the state of the files from which the first engine was read.
    pub fn first(&self) -> State {
        self.first.clone()
    }

    /// Reads the files as they are now and makes the new engine ready for its first message. It may take a while; nothing
    /// in force changes before [`Live::take`].
    pub fn read(&self) -> Reading {
        let reading = (self.read)();
        if let Ok((engine, _)) = &reading.engine {
            engine.warm();
        }
        reading
    }

    /// Puts a reading in force, or keeps the engine and remembers why.
    pub fn take(&self, reading: Reading, now: Timestamp) -> Change {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let was_stale = standing.stale.is_some();
        let current = self.engine();
        let taken = reading.engine.and_then(|read| refuse_nothing(&current, read));
        let (taken, restart) = match taken {
            Ok((engine, sources)) => {
                let known = std::mem::take(&mut standing.restart_to_apply);
                let new = reading.restart.iter().filter(|part| !known.contains(part)).cloned().collect();
                *standing = Standing { restart_to_apply: reading.restart, ..self::standing(&engine, now) };
                self.in_force.store(Arc::new(InForce { engine: Arc::new(engine), sources }));
                (Ok(()), new)
            }
            Err(refused) => {
                let since = standing.stale.as_ref().map_or(now, |stale| stale.since);
                standing.stale = Some(Stale { since, refused: refused.clone() });
                (Err(refused), Vec::new())
            }
        };
        Change { taken, was_stale, restart }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("standing", &self.standing()).finish_non_exhaustive()
    }
}

/// A folder that is being replaced is empty for a moment; a shop does not lose all its rules on purpose.
fn refuse_nothing(current: &Engine, read: (Engine, SourceMap)) -> Result<(Engine, SourceMap), Refused> {
    if read.0.rules().rules().is_empty() && !current.rules().rules().is_empty() {
        return Err(Refused { errors: 1, first: "the folder of rules holds no rule any more".to_owned() });
    }
    Ok(read)
}

fn standing(engine: &Engine, now: Timestamp) -> Standing {
    Standing {
        rule_set: engine.hash().to_owned(),
        rules: engine.rules().rules().len(),
        in_force_since: now,
        stale: None,
        restart_to_apply: Vec::new(),
    }
}
