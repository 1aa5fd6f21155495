//! How often a token may call: a program that runs wild must not slow the people at the desk down.
//!
//! In memory, for one process; there are as many counts as tokens were used since the start.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// Calls of one token in a minute: ten each second, which fills the screens of a large team.
const MOST_A_MINUTE: u32 = 600;

/// The minute, from the first call of it on.
const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// Counts calls. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub struct Rates {
    windows: Arc<Mutex<HashMap<i64, Window>>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    since: Timestamp,
    calls: u32,
}

impl Rates {
    /// Counts a call of the token of that number, or returns in how many seconds the next one may come.
    pub fn count(&self, token: i64, now: Timestamp) -> Result<(), u64> {
        // Counts that a panic left are counts still.
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.entry(token).or_insert(Window { since: now, calls: 0 });
        let passed = now.duration_since(window.since);
        if passed >= WINDOW || passed.is_negative() {
            *window = Window { since: now, calls: 0 };
        }
        if window.calls >= MOST_A_MINUTE {
            let left = WINDOW - now.duration_since(window.since);
            return Err(u64::try_from(left.as_secs()).unwrap_or_default() + 1);
        }
        window.calls += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_calls_too_often_waits_out_its_minute_and_no_other_does() {
        let at = |seconds: i64| Timestamp::from_second(1_790_000_000 + seconds).expect("a moment in 2026");
        let rates = Rates::default();
        for call in 0..MOST_A_MINUTE {
            assert_eq!(rates.count(1, at(0)), Ok(()), "call {call}");
        }
        assert_eq!(rates.count(1, at(20)), Err(41));
        assert_eq!(rates.count(2, at(20)), Ok(()), "another token is another program");
        assert_eq!(rates.count(1, at(60)), Ok(()));
        assert_eq!(rates.count(1, at(-9)), Ok(()), "a clock that was put back holds nobody up");
    }
}
