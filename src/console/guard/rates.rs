//! How often a token may call: a program that runs wild must not slow the people at the desk down.

use jiff::Timestamp;

use super::windows::Windows;

/// Calls of one token in a minute: ten each second, which fills the screens of a large team.
const MOST_A_MINUTE: u32 = 600;

/// Tokens that are counted at once: far more than a shop has programs.
const MOST: usize = 10_000;

/// Counts calls. Clones share the counts.
#[derive(Debug, Clone)]
pub struct Rates(Windows<i64>);

impl Default for Rates {
    fn default() -> Self {
        Self(Windows::new(MOST_A_MINUTE, MOST))
    }
}

impl Rates {
    /// Counts a call of the token of that number, or returns in how many seconds the next one may come.
    pub fn count(&self, token: i64, now: Timestamp) -> Result<(), u64> {
        self.0.count(token, now).map_err(|left| u64::try_from(left.as_secs()).unwrap_or_default() + 1)
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
