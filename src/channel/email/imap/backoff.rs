//! How long to wait before the next connection: doubling, jittered, forgiving after good service.

use std::time::Duration;

/// The first wait; a server that restarts is back within seconds.
const FIRST: Duration = Duration::from_secs(1);

/// The longest wait: an outage of hours must not cost more than this after it ends.
const LONGEST: Duration = Duration::from_mins(5);

/// A connection that lived this long proves that the server is well again.
const GOOD_SERVICE: Duration = Duration::from_mins(5);

/// Waits between connections.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Returns the wait after a connection that lasted `served` and may have `brought` mail: then it broke, but it works.
    /// `random` spreads the wait by 20 % to both sides, so that many folders do not come back in one moment.
    pub(super) fn after(&mut self, served: Duration, brought: bool, random: u32) -> Duration {
        if brought || served >= GOOD_SERVICE {
            self.failures = 0;
        }
        let doubled = FIRST.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        jittered(doubled, random)
    }
}

/// Returns `wait` moved by up to 20 % to either side.
pub(super) fn jittered(wait: Duration, random: u32) -> Duration {
    let share = 0.8 + 0.4 * f64::from(random) / f64::from(u32::MAX);
    wait.mul_f64(share)
}

/// Returns randomness for jitter; the middle of the range if the system has none, which only costs the spreading.
pub(super) fn random() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDDLE: u32 = u32::MAX / 2;

    #[test]
    fn waits_double_up_to_five_minutes_and_good_service_resets_them() {
        let mut backoff = Backoff::default();
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300] {
            let wait = backoff.after(Duration::ZERO, false, MIDDLE);
            assert!(
                wait.abs_diff(Duration::from_secs(expected)) < Duration::from_millis(1),
                "{wait:?}, not {expected} s"
            );
        }
        assert!(backoff.after(GOOD_SERVICE, false, MIDDLE) < Duration::from_secs(2));
        assert!(backoff.after(Duration::ZERO, false, MIDDLE) > Duration::from_millis(1500));
        assert!(backoff.after(Duration::ZERO, true, MIDDLE) < Duration::from_millis(1500));
    }

    #[test]
    fn jitter_stays_within_a_fifth() {
        let wait = Duration::from_secs(100);
        assert_eq!(jittered(wait, 0).as_secs(), 80);
        assert_eq!(jittered(wait, u32::MAX).as_secs(), 120);
    }
}
