//! Waiting for what another program does: poll with a deadline, never sleep and hope.

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long a program may take on a busy machine before the test gives up: an unoptimized start learns the examples for
/// seconds, and for a minute where ten other programs want the same two cores. Only a test that fails waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Looks until there is something to see; panics with `what` after [`PATIENCE`]. Blocks its thread.
pub(crate) fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, look).unwrap_or_else(|| panic!("waited {PATIENCE:?} for {what}"))
}

/// Looks until there is something to see; none after `patience`. Blocks its thread.
pub(crate) fn within<T>(patience: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(seen) = look() {
            return Some(seen);
        }
        if Instant::now() > deadline {
            return None;
        }
        thread::sleep(PAUSE);
    }
}
