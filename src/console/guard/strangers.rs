//! How often one address may ask for pages that need nobody to sign in: enough for people, too little for programs that
//! try links. In memory, for one process; a full table forgets instead of refusing.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use super::limits::{is_telling, network};

/// Requests of one address in a minute: an office, or the phones behind one address of a carrier, stay below.
const MOST_A_MINUTE: u32 = 60;

/// The minute, from the first request of it on.
pub(in crate::console) const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// Addresses that are remembered: about half a megabyte.
const MOST: usize = 10_000;

/// Counts requests. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub struct Strangers(Arc<Mutex<HashMap<IpAddr, Minute>>>);

/// The requests of one address since the minute began.
#[derive(Debug, Clone, Copy)]
struct Minute {
    since: Timestamp,
    asked: u32,
}

impl Strangers {
    /// Counts a request; returns whether it is one too many. This machine itself, which is every buyer behind a proxy that
    /// is not named in the configuration, is never refused.
    pub(in crate::console) fn is_too_often(&self, from: IpAddr, now: Timestamp) -> bool {
        if !is_telling(from) {
            return false;
        }
        // Counts that a panic left are counts still.
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MOST {
            counts.retain(|_, minute| now.duration_since(minute.since) < WINDOW);
        }
        if counts.len() >= MOST {
            counts.clear();
        }
        let minute = counts.entry(network(from)).or_insert(Minute { since: now, asked: 0 });
        if now.duration_since(minute.since) >= WINDOW {
            *minute = Minute { since: now, asked: 0 };
        }
        minute.asked = minute.asked.saturating_add(1);
        minute.asked > MOST_A_MINUTE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_asks_too_often_waits_for_the_next_minute_and_nobody_else_does() {
        let strangers = Strangers::default();
        let (one, other): (IpAddr, IpAddr) = ("192.0.2.7".parse().expect("one"), "192.0.2.8".parse().expect("one"));
        let now: Timestamp = "2026-11-22T08:00:00Z".parse().expect("a moment");
        let asked = (0..MOST_A_MINUTE).any(|_| strangers.is_too_often(one, now));
        assert!(!asked && strangers.is_too_often(one, now) && !strangers.is_too_often(other, now));
        assert!(!strangers.is_too_often(one, now + SignedDuration::from_mins(1)));
        let home: IpAddr = "127.0.0.1".parse().expect("one");
        assert!((0..=MOST_A_MINUTE).all(|_| !strangers.is_too_often(home, now)), "this machine is everybody");
        for index in 0..u32::try_from(MOST).expect("small") + 10 {
            strangers.is_too_often(IpAddr::from(std::net::Ipv4Addr::from_bits(0x0100_0000 + index)), now);
        }
        assert!(strangers.0.lock().expect("nobody panicked").len() <= MOST);
    }
}
