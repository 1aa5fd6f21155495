//! How often one address may ask for pages that need nobody to sign in: enough for people, too little for programs that
//! try links.

use std::net::IpAddr;

use jiff::Timestamp;

use super::{
    limits::{is_telling, network},
    windows::Windows,
};

/// Requests of one address in a minute: an office, or the phones behind one address of a carrier, stay below.
const MOST_A_MINUTE: u32 = 60;

/// Addresses that are remembered: about half a megabyte.
const MOST: usize = 10_000;

/// Counts requests. Clones share the counts.
#[derive(Debug, Clone)]
pub struct Strangers(Windows<IpAddr>);

impl Default for Strangers {
    fn default() -> Self {
        Self(Windows::new(MOST_A_MINUTE, MOST))
    }
}

impl Strangers {
    /// Counts a request; returns whether it is one too many. This machine itself, which is every buyer behind a proxy that
    /// is not named in the configuration, is never refused.
    pub(in crate::console) fn is_too_often(&self, from: IpAddr, now: Timestamp) -> bool {
        is_telling(from) && self.0.count(network(from), now).is_err()
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn an_address_that_asks_too_often_waits_for_the_next_minute_and_nobody_else_does() {
        let strangers = Strangers::default();
        let (one, other): (IpAddr, IpAddr) = ("192.0.2.7".parse().expect("one"), "192.0.2.8".parse().expect("one"));
        let now: Timestamp = "2026-11-22T08:00:00Z".parse().expect("a moment");
        let asked = (0..MOST_A_MINUTE).any(|_| strangers.is_too_often(one, now));
        assert!(!asked && strangers.is_too_often(one, now) && !strangers.is_too_often(other, now));
        assert!(!strangers.is_too_often(one, now + SignedDuration::from_mins(1)));
        assert!((0..MOST_A_MINUTE).all(|_| !strangers.is_too_often(other, now - SignedDuration::from_hours(1))));
        let home: IpAddr = "127.0.0.1".parse().expect("one");
        assert!((0..=MOST_A_MINUTE).all(|_| !strangers.is_too_often(home, now)), "this machine is everybody");
    }
}
