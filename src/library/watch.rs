//! Notices that files changed, whatever way an editor has of saving.
//!
//! The system's notifications only say *when to look*; whether anything is different is decided by comparing the whole
//! of the files (names, sizes, times, inodes). So a save in several steps, a folder that is swapped for another, a
//! checkout of a thousand files and our own reading all come out right: one change, or none. Where notifications do not
//! exist or do not arrive (network drives), the files are looked at every now and then.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};

use crate::library::collect;

/// Silence after the last step of a save. Editors take a few milliseconds between their steps; a whole second is the
/// promise, and half of it belongs to reading.
const QUIET: Duration = Duration::from_millis(150);
/// After so long without silence the files are read as they are: something writes all the time.
const MAX_JOINED: Duration = Duration::from_secs(2);
/// How often files are looked at where notifications arrive: network drives take watches and never report what other
/// machines write.
const POLL: Duration = Duration::from_secs(30);
/// How often where the system gives no notifications: a look costs about a millisecond per hundred files.
const POLL_BLIND: Duration = Duration::from_secs(2);

/// Files and folders under observation.
#[derive(Debug)]
pub struct Watch {
    state: State,
    touched: Arc<Notify>,
    watcher: Option<RecommendedWatcher>,
}

/// Files and folders, which need not exist, as they were at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    roots: Vec<PathBuf>,
    seen: Fingerprint,
}

/// All that tells one state of the files from another, without their contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fingerprint(u64);

impl State {
    /// Looks at files and folders. Who reads them looks before, so that no edit falls between reading and watching.
    pub fn of(roots: Vec<PathBuf>) -> Self {
        Self { seen: Fingerprint::of(&roots), roots }
    }
}

impl Watch {
    /// Begins to watch. What differs from `state` already is a change like any later one.
    pub fn new(state: State) -> Self {
        let mut watch = Self { watcher: None, state, touched: Arc::default() };
        watch.listen();
        // The first look is due at once.
        watch.touched.notify_one();
        watch
    }

    /// Returns whether the system reports changes at once; otherwise files are looked at every few seconds.
    pub fn is_notified(&self) -> bool {
        self.watcher.is_some()
    }

    /// Waits until the files differ from when this last returned, and have been left alone for a moment.
    pub async fn changed(&mut self) {
        loop {
            let poll = if self.is_notified() { POLL } else { POLL_BLIND };
            if timeout(poll, self.touched.notified()).await.is_ok() {
                self.quiet().await;
            }
            if self.look().await {
                return;
            }
        }
    }

    /// Looks now, without waiting; returns whether the files differ from when it was last found out.
    ///
    /// A reader calls this after reading: if it is true, what was read may be half of one state and half of another.
    pub async fn look(&mut self) -> bool {
        let roots = self.state.roots.clone();
        let now = tokio::task::spawn_blocking(move || Fingerprint::of(&roots)).await.unwrap_or(self.state.seen);
        let differs = now != self.state.seen;
        if differs {
            // A folder that was replaced is another folder to the system; and new ones may have appeared unseen.
            self.listen();
            self.state.seen = now;
        }
        differs
    }

    /// Watches other files and folders from now on.
    pub fn follow(&mut self, roots: Vec<PathBuf>) {
        if roots != self.state.roots {
            self.state = State::of(roots);
            self.listen();
        }
    }

    async fn quiet(&self) {
        let started = Instant::now();
        while started.elapsed() < MAX_JOINED {
            tokio::select! {
                () = self.touched.notified() => {}
                () = sleep(QUIET) => return,
            }
        }
    }

    /// Asks the system anew for notifications about every root, and about its parent for the day it is replaced.
    fn listen(&mut self) {
        let roots: Vec<PathBuf> = self.state.roots.iter().map(|root| absolute(root)).collect();
        let (ours, touched) = (roots.clone(), Arc::clone(&self.touched));
        let told = move |event: notify::Result<Event>| {
            if event.map_or(true, |event| concerns(&event, &ours)) {
                touched.notify_one();
            }
        };
        let Ok(mut watcher) = notify::recommended_watcher(told) else {
            self.watcher = None;
            return;
        };
        let mut whole = true;
        for root in &roots {
            if root.is_dir() {
                whole &= watcher.watch(root, RecursiveMode::Recursive).is_ok();
            }
            if let Some(parent) = root.parent() {
                whole &= watcher.watch(parent, RecursiveMode::NonRecursive).is_ok();
            }
        }
        self.watcher = whole.then_some(watcher);
    }
}

impl Fingerprint {
    fn of(roots: &[PathBuf]) -> Self {
        let mut hasher = DefaultHasher::new();
        for root in roots {
            let mut files = Vec::new();
            if !root.is_dir() {
                files.push((String::new(), root.clone()));
            } else if let Err(error) = collect(root, "", 0, &mut files) {
                // What cannot be read is a state of its own, and mending it another.
                error.to_string().hash(&mut hasher);
            }
            files.sort();
            for (shown, path) in files {
                shown.hash(&mut hasher);
                stamp(&path, &mut hasher);
            }
        }
        Self(hasher.finish())
    }
}

/// Adds what changes when a file is written, replaced or renamed.
fn stamp(path: &Path, hasher: &mut DefaultHasher) {
    let Ok(metadata) = fs::metadata(path) else {
        false.hash(hasher);
        return;
    };
    metadata.len().hash(hasher);
    metadata.modified().ok().hash(hasher);
    identity(&metadata, hasher);
}

#[cfg(unix)]
fn identity(metadata: &fs::Metadata, hasher: &mut DefaultHasher) {
    use std::os::unix::fs::MetadataExt as _;
    // The time of change cannot be set back, as the time of modification can.
    (metadata.ino(), metadata.ctime(), metadata.ctime_nsec()).hash(hasher);
}

#[cfg(not(unix))]
fn identity(metadata: &fs::Metadata, hasher: &mut DefaultHasher) {
    metadata.created().ok().hash(hasher);
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Returns whether an event is about our files: the store may lie beside them and changes all the time.
fn concerns(event: &Event, roots: &[PathBuf]) -> bool {
    let ours = |path: &PathBuf| roots.iter().any(|root| path.starts_with(root));
    !event.kind.is_access() && (event.need_rescan() || event.paths.iter().any(ours))
}
