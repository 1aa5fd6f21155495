//! Counts in windows of a minute: how often somebody may come, and how long they wait if it was too often. In memory, for one
//! process.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// The minute, from the first count of it on.
pub(in crate::console) const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// Counts by key. Clones share the counts.
#[derive(Debug, Clone)]
pub(super) struct Windows<K> {
    most: u32,
    room: usize,
    counts: Arc<Mutex<HashMap<K, Window>>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    since: Timestamp,
    count: u32,
}

/// Returns whether the minute that began then is over; a clock that was put back holds nobody up.
pub(super) fn is_over(since: Timestamp, now: Timestamp) -> bool {
    let passed = now.duration_since(since);
    passed >= WINDOW || passed.is_negative()
}

impl<K: Eq + Hash> Windows<K> {
    /// Allows `most` in a minute and remembers `room` keys; with more of them it forgets instead of refusing.
    pub(super) fn new(most: u32, room: usize) -> Self {
        Self { most, room, counts: Arc::default() }
    }

    /// Counts one more, or returns how long until the next may come.
    pub(super) fn count(&self, key: K, now: Timestamp) -> Result<(), SignedDuration> {
        // Counts that a panic left are counts still.
        let mut windows = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= self.room {
            windows.retain(|_, window| !is_over(window.since, now));
        }
        if windows.len() >= self.room {
            windows.clear();
        }
        let window = windows.entry(key).or_insert(Window { since: now, count: 0 });
        if is_over(window.since, now) {
            *window = Window { since: now, count: 0 };
        }
        if window.count >= self.most {
            return Err(WINDOW - now.duration_since(window.since));
        }
        window.count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_keys_than_there_is_room_for_are_forgotten_and_none_is_refused() {
        let now: Timestamp = "2026-11-22T08:00:00Z".parse().expect("a moment");
        let windows = Windows::new(1, 3);
        for key in 0..9 {
            assert_eq!(windows.count(key, now), Ok(()));
            assert!(windows.counts.lock().expect("nobody panicked").len() <= 3);
        }
    }
}
