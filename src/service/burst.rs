//! The pace of answering: for how long an automatic message can still be stopped, and for how long a buyer may go on
//! writing before anything is decided.
//!
//! People write one thought in several messages. What one person writes within a short window is gathered here, row by
//! row, and decided together. Nothing of it is kept anywhere else: after a restart the rows are undecided as before and
//! are gathered anew.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::{
    engine::burst::MOST,
    model::{ids::InboundId, inbound::ChannelKind, receive::FolderRole},
    store::inbound::StoredInbound,
};

/// A buyer who never stops is waited for so many windows at most.
const LONGEST_WAIT: i32 = 5;

/// Telegram says when a message was written in whole seconds.
const COARSE: SignedDuration = SignedDuration::from_secs(1);

/// So many messages of an account are gathered before the complete ones are decided; a backlog is worked off in pieces.
const MOST_GATHERED: usize = 64;

/// For how long things wait on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// An automatic message waits so long in the outbox, where a person can stop it.
    pub cancel_window: SignedDuration,
    /// Mails of one sender on one subject that come within this time of one another are decided together; zero: never.
    pub email_burst: SignedDuration,
    /// The same for the messages of a chat.
    pub telegram_burst: SignedDuration,
}

impl Default for Pace {
    fn default() -> Self {
        // Mail is written whole; in a chat the next line follows within seconds.
        Self {
            cancel_window: SignedDuration::ZERO,
            email_burst: SignedDuration::ZERO,
            telegram_burst: SignedDuration::from_secs(3),
        }
    }
}

impl Pace {
    /// Returns until when an automatic message that is decided now can be stopped; none if it leaves at once.
    pub fn stoppable_until(&self, now: Timestamp) -> Option<Timestamp> {
        if self.cancel_window.is_positive() { now.checked_add(self.cancel_window).ok() } else { None }
    }

    /// Returns how long the next message is waited for; none if each is decided by itself, as what lies in Sent and Junk is.
    pub(super) fn window(&self, row: &StoredInbound) -> Option<SignedDuration> {
        let window = match row.received.channel {
            ChannelKind::Email => self.email_burst,
            ChannelKind::Telegram => self.telegram_burst,
        };
        (row.received.role == FolderRole::Inbox && window.is_positive()).then_some(window)
    }
}

/// The messages of an account that wait for more of the same buyer.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    bursts: BTreeMap<String, Vec<Waiting>>,
}

/// One message that waits.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    id: InboundId,
    received_at: Timestamp,
    stored_at: Timestamp,
    window: SignedDuration,
}

impl Gathering {
    /// Adds a message; they come in the order of their numbers.
    pub(super) fn add(&mut self, key: String, row: &StoredInbound, window: SignedDuration) {
        let waiting = Waiting { id: row.id, received_at: row.received.received_at, stored_at: row.stored_at, window };
        self.bursts.entry(key).or_default().push(waiting);
    }

    /// Returns which messages wait.
    pub(super) fn ids(&self) -> impl Iterator<Item = InboundId> {
        self.bursts.values().flatten().map(|waiting| waiting.id)
    }

    /// Says whether so much waits that no more should be gathered for now.
    pub(super) fn is_full(&self) -> bool {
        self.ids().count() >= MOST_GATHERED
    }

    /// Takes what is complete at that moment, the oldest first; each piece is decided as one.
    pub(super) fn complete(&mut self, now: Timestamp) -> Vec<Vec<InboundId>> {
        let mut taken = Vec::new();
        for waiting in self.bursts.values_mut() {
            while let Some(length) =
                run(waiting).filter(|length| ends(&waiting[..*length]) <= now || later(waiting, now))
            {
                taken.push(waiting.drain(..length).map(|part| part.id).collect::<Vec<_>>());
            }
        }
        self.bursts.retain(|_, waiting| !waiting.is_empty());
        taken.sort();
        taken
    }

    /// Returns when the first of them is complete; none if nothing waits.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.bursts.values().filter_map(|waiting| Some(ends(&waiting[..run(waiting)?]))).min()
    }
}

/// Returns how many of the first messages belong together; none if there is none.
fn run(waiting: &[Waiting]) -> Option<usize> {
    let near = |pair: &[Waiting]| pair[1].received_at.duration_since(pair[0].received_at) <= pair[0].window + COARSE;
    if waiting.is_empty() {
        return None;
    }
    let length = 1 + waiting.windows(2).take_while(|pair| near(pair)).count();
    Some(length.min(MOST))
}

/// Returns when nothing more is waited for.
fn ends(run: &[Waiting]) -> Timestamp {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return Timestamp::MIN };
    if run.len() >= MOST {
        return Timestamp::MIN;
    }
    let quiet = last.stored_at.checked_add(last.window).unwrap_or(Timestamp::MAX);
    let patience = first.window.checked_mul(LONGEST_WAIT).unwrap_or(first.window);
    quiet.min(first.stored_at.checked_add(patience).unwrap_or(Timestamp::MAX))
}

/// Says whether a message was stored by a clock ahead of the present one, so that nobody knows how long it waits.
fn later(waiting: &[Waiting], now: Timestamp) -> bool {
    waiting.iter().any(|waiting| waiting.stored_at > now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("a moment")
    }

    fn gathered(moments: &[i64]) -> Gathering {
        let mut gathering = Gathering::default();
        for (id, moment) in (1..).zip(moments) {
            let window = SignedDuration::from_secs(3);
            let waiting = Waiting { id: InboundId(id), received_at: at(*moment), stored_at: at(*moment), window };
            gathering.bursts.entry("chat".to_owned()).or_default().push(waiting);
        }
        gathering
    }

    fn numbers(taken: Vec<Vec<InboundId>>) -> Vec<Vec<i64>> {
        taken.into_iter().map(|run| run.into_iter().map(|id| id.0).collect()).collect()
    }

    #[test]
    fn burst_is_complete_when_the_buyer_pauses() {
        let mut gathering = gathered(&[0, 2, 4]);
        assert_eq!(numbers(gathering.complete(at(6))), Vec::<Vec<i64>>::new());
        assert_eq!(gathering.next(), Some(at(7)));
        assert_eq!(numbers(gathering.complete(at(7))), [[1, 2, 3]]);
        assert_eq!(gathering.next(), None);
    }

    #[test]
    fn buyer_who_never_stops_is_not_waited_for_without_end() {
        let mut gathering = gathered(&[0, 3, 6, 9, 12, 15]);
        assert_eq!(numbers(gathering.complete(at(15))), [[1, 2, 3, 4, 5, 6]]);
    }

    #[test]
    fn messages_that_lie_apart_are_decided_apart() {
        let mut gathering = gathered(&[0, 1, 60, 61]);
        assert_eq!(numbers(gathering.complete(at(70))), [[1, 2], [3, 4]]);
    }

    #[test]
    fn more_than_a_thought_holds_is_decided_in_pieces() {
        let mut gathering = gathered(&[0; 13]);
        let taken = numbers(gathering.complete(at(1)));
        assert_eq!(taken, [(1..=10).collect::<Vec<_>>()]);
        assert_eq!(numbers(gathering.complete(at(3))), [[11, 12, 13]]);
    }

    #[test]
    fn clock_that_went_back_holds_nothing_up() {
        let mut gathering = gathered(&[3_600]);
        assert_eq!(numbers(gathering.complete(at(0))), [[1]]);
    }
}
