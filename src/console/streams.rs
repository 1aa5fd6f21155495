//! How many pages of one person are told news at once: a browser that is left to itself, or a broken one, must not hold
//! streams without end.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

use crate::model::ids::AgentName;

/// Open pages of one person that are told news: more tabs than anybody works in. The one that was opened first goes
/// without for a while where there are more.
const MOST: usize = 24;

/// The streams of everybody. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Streams {
    open: Arc<Mutex<BTreeMap<AgentName, VecDeque<Place>>>>,
}

/// A stream's place among those of its person.
#[derive(Debug)]
struct Place {
    id: u64,
    over: CancellationToken,
}

/// One stream; it gives its place back when it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    /// Cancelled when newer streams of the same person took its place.
    pub over: CancellationToken,
    id: u64,
    name: AgentName,
    streams: Streams,
}

impl Streams {
    /// Takes a place for one more stream of that person; where there is none left, the oldest gives up its own.
    pub(super) fn hold(&self, name: &AgentName) -> Held {
        let mut open = self.lock();
        let places = open.entry(name.clone()).or_default();
        // Places stand in the order of their numbers, so that the next number is the last one's and one more.
        let id = places.back().map_or(0, |last| last.id.wrapping_add(1));
        let over = CancellationToken::new();
        places.push_back(Place { id, over: over.clone() });
        while places.len() > MOST {
            if let Some(oldest) = places.pop_front() {
                oldest.over.cancel();
            }
        }
        Held { over, id, name: name.clone(), streams: self.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<AgentName, VecDeque<Place>>> {
        // A list that a panic left is a list still.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        if let Some(places) = open.get_mut(&self.name) {
            places.retain(|place| place.id != self.id);
            if places.is_empty() {
                open.remove(&self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_stream_of_a_person_makes_room_and_nobody_elses() {
        let streams = Streams::default();
        let (ann, bob) = (AgentName::from("ann"), AgentName::from("bob"));
        let other = streams.hold(&bob);
        let mut held: Vec<Held> = (0..MOST).map(|_| streams.hold(&ann)).collect();
        assert!(held.iter().all(|one| !one.over.is_cancelled()), "so many are allowed");
        drop(held.pop());
        held.push(streams.hold(&ann));
        assert!(held.iter().all(|one| !one.over.is_cancelled()), "a closed page gave its place back");
        held.push(streams.hold(&ann));
        let ended: Vec<bool> = held.iter().map(|one| one.over.is_cancelled()).collect();
        assert!(ended[0] && !ended[1..].contains(&true) && !other.over.is_cancelled(), "{ended:?}");
        drop((held, other));
        assert!(streams.lock().is_empty(), "nothing is kept of who left");
    }
}
