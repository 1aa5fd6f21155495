//! How often somebody may try to sign in: per name and per address, with pauses that double.
//!
//! In memory, for one process: a restart forgives, which costs an attacker a restart of ours. The tables are bounded, and
//! a full one forgets instead of refusing, so that nobody is locked out by a flood of names. Whoever signed in from an
//! address before is not held up there by strangers who try the same name elsewhere.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use super::windows::is_over;

/// Wrong tries under one name before the pauses begin: enough for a forgotten password and its variants.
const FREE_PER_NAME: u32 = 5;

/// Wrong tries from one address before the pauses begin: an office has one address for many people.
const FREE_PER_ADDRESS: u32 = 20;

/// The first pause.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// The longest pause: with it somebody gets less than a hundred tries a day under one name.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// What was tried so long ago is forgotten.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(2);

/// Names, and addresses, that are remembered: about a megabyte.
const MOST: usize = 10_000;

/// Entries in the audit log about failures in one minute; more are counted in one entry.
const TOLD_A_MINUTE: u32 = 30;

/// Counts tries. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    names: HashMap<String, Tries>,
    addresses: HashMap<IpAddr, Tries>,
    /// Who signed in from where.
    known: HashMap<(String, IpAddr), Timestamp>,
    told: Told,
}

/// The tries under one name or from one address.
#[derive(Debug, Clone, Copy)]
struct Tries {
    wrong: u32,
    last: Timestamp,
}

/// How many failures the audit log was told of in this minute.
#[derive(Debug, Default)]
struct Told {
    since: Option<Timestamp>,
    written: u32,
    kept_back: u32,
}

impl Limits {
    /// Notes that somebody is about to try, or returns how long they must wait first. A try counts as wrong until
    /// [`Limits::succeeded`] takes it back, so that many at once are not more than many one after the other.
    pub fn begin(&self, name: &str, from: IpAddr, now: Timestamp) -> Result<(), SignedDuration> {
        let from = network(from);
        let mut counts = self.lock();
        let known = is_telling(from) && counts.known.contains_key(&(name.to_owned(), from));
        let by_name = counts.names.get(name).filter(|_| !known).map(|tries| tries.wait(FREE_PER_NAME, now));
        let by_address =
            counts.addresses.get(&from).filter(|_| is_telling(from)).map(|tries| tries.wait(FREE_PER_ADDRESS, now));
        let wait = by_name.into_iter().chain(by_address).max().unwrap_or(SignedDuration::ZERO);
        if wait.is_positive() {
            return Err(wait);
        }
        count(&mut counts.addresses, from, now);
        if !known {
            count(&mut counts.names, name.to_owned(), now);
        }
        Ok(())
    }

    /// Takes the tries of a person back who proved to be the one.
    pub fn succeeded(&self, name: &str, from: IpAddr, now: Timestamp) {
        let from = network(from);
        let mut counts = self.lock();
        counts.names.remove(name);
        // Of the address only this try: whoever owns one account must not clear the way for guessing others.
        if let Some(tries) = counts.addresses.get_mut(&from) {
            tries.wrong = tries.wrong.saturating_sub(1);
        }
        make_room(&mut counts.known, |at| *at);
        counts.known.insert((name.to_owned(), from), now);
    }

    /// Returns whether a failure is written into the audit log by itself, and how many were not since the last one: a
    /// flood must not fill the disk.
    pub fn tell(&self, now: Timestamp) -> Option<u32> {
        let told = &mut self.lock().told;
        if told.since.is_none_or(|since| is_over(since, now)) {
            told.since = Some(now);
            told.written = 0;
        }
        if told.written >= TOLD_A_MINUTE {
            told.kept_back = told.kept_back.saturating_add(1);
            return None;
        }
        told.written += 1;
        Some(std::mem::take(&mut told.kept_back))
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // Counts that a panic left are counts still.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tries {
    /// Returns how long the next try must wait.
    fn wait(&self, free: u32, now: Timestamp) -> SignedDuration {
        // A clock that was put back holds nobody up for longer than the pause.
        let since = now.duration_since(self.last).max(SignedDuration::ZERO);
        if self.wrong < free || since >= FORGOTTEN {
            return SignedDuration::ZERO;
        }
        let doubled = 1_i32.checked_shl(self.wrong - free).filter(|factor| *factor > 0).unwrap_or(i32::MAX);
        let pause = FIRST_PAUSE.checked_mul(doubled).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE);
        (pause - since).max(SignedDuration::ZERO)
    }
}

fn count<K: std::hash::Hash + Eq + Clone>(table: &mut HashMap<K, Tries>, key: K, now: Timestamp) {
    if !table.contains_key(&key) {
        make_room(table, |tries| tries.last);
    }
    let tries = table.entry(key).or_insert(Tries { wrong: 0, last: now });
    if now.duration_since(tries.last) >= FORGOTTEN {
        tries.wrong = 0;
    }
    tries.wrong = tries.wrong.saturating_add(1);
    tries.last = now;
}

/// Forgets the older half of a full table.
fn make_room<K: std::hash::Hash + Eq + Clone, V>(table: &mut HashMap<K, V>, at: impl Fn(&V) -> Timestamp) {
    if table.len() < MOST {
        return;
    }
    let mut moments: Vec<Timestamp> = table.values().map(&at).collect();
    moments.sort_unstable();
    let middle = moments[moments.len() / 2];
    let mut left = MOST / 2;
    table.retain(|_, value| {
        let stays = at(value) > middle && left > 0;
        left -= usize::from(stays);
        stays
    });
}

/// Returns whether an address says who somebody is. This machine's own is also that of everybody behind a proxy that was
/// not named: neither does it vouch for anybody, nor must one lock out all of them.
pub(super) fn is_telling(address: IpAddr) -> bool {
    !address.to_canonical().is_loopback()
}

/// Returns the network an address stands for: a household or a server gets a whole /64 of IPv6.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).expect("a moment")
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn wrong_tries_under_one_name_wait_longer_and_longer_wherever_they_come_from() {
        let limits = Limits::default();
        for n in 0..5 {
            assert_eq!(limits.begin("lin", address(n), at(0)), Ok(()), "try {n}");
        }
        let seconds = |seconds| Err(SignedDuration::from_secs(seconds));
        assert_eq!(limits.begin("lin", address(9), at(0)), seconds(5));
        assert_eq!(limits.begin("lin", address(9), at(3)), seconds(2), "waiting counts");
        assert_eq!(limits.begin("lin", address(9), at(5)), Ok(()));
        assert_eq!(limits.begin("lin", address(9), at(5)), seconds(10), "doubled");
        assert_eq!(limits.begin("kim", address(9), at(5)), Ok(()), "another name waits for nobody");
        let mut now = 5;
        for _ in 0..200 {
            while limits.begin("lin", address(10), at(now)).is_err() {
                now += 5;
            }
        }
        assert_eq!(limits.begin("lin", address(11), at(now)), seconds(15 * 60), "never longer, however often");
        assert_eq!(limits.begin("lin", address(11), at(now + 2 * 3600)), Ok(()), "forgotten");
    }

    #[test]
    fn one_address_that_tries_many_names_waits_and_a_network_of_ipv6_is_one() {
        let limits = Limits::default();
        let in_net = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 7, 0, 0, 0, last]);
        for n in 0..20 {
            assert_eq!(limits.begin(&format!("n{n}"), in_net(n), at(0)), Ok(()), "try {n}");
        }
        assert!(limits.begin("other", in_net(99), at(0)).is_err());
        assert_eq!(limits.begin("other", address(1), at(0)), Ok(()), "elsewhere it goes on");
    }

    #[test]
    fn whoever_signed_in_there_before_is_not_held_up_by_strangers() {
        let limits = Limits::default();
        limits.begin("lin", address(1), at(0)).expect("free");
        limits.succeeded("lin", address(1), at(0));
        for n in 0..50 {
            let _mostly_refused = limits.begin("lin", address(100 + n), at(1));
        }
        assert!(limits.begin("lin", address(3), at(1)).is_err());
        assert_eq!(limits.begin("lin", address(1), at(1)), Ok(()), "at the usual place");
        for _ in 0..50 {
            let _mostly_refused = limits.begin("lin", address(1), at(1));
        }
        assert!(limits.begin("lin", address(1), at(1)).is_err(), "the address itself has its limit");
    }

    #[test]
    fn behind_a_proxy_that_was_not_named_strangers_neither_lock_out_all_nor_pass_for_somebody_known() {
        let limits = Limits::default();
        let proxy = IpAddr::from([127, 0, 0, 1]);
        limits.begin("lin", proxy, at(0)).expect("free");
        limits.succeeded("lin", proxy, at(0));
        for n in 0..50 {
            assert_eq!(limits.begin(&format!("n{n}"), proxy, at(1)), Ok(()), "other names are tried");
        }
        for n in 0..5 {
            assert_eq!(limits.begin("lin", proxy, at(1)), Ok(()), "try {n}");
        }
        assert!(limits.begin("lin", proxy, at(1)).is_err(), "a name is guarded all the same");
    }

    #[test]
    fn owning_one_account_does_not_clear_the_way_for_guessing_others() {
        let limits = Limits::default();
        let mut tried = 0;
        for n in 0..200 {
            tried += usize::from(limits.begin(&format!("n{n}"), address(1), at(0)).is_ok());
            if limits.begin("own", address(1), at(0)).is_ok() {
                limits.succeeded("own", address(1), at(0));
            }
        }
        assert!(tried <= 20, "{tried} names were tried");
    }

    #[test]
    fn a_full_table_forgets_and_refuses_nobody() {
        let limits = Limits::default();
        for n in 0..30_000_u32 {
            let from = IpAddr::from(n.to_be_bytes());
            assert_eq!(limits.begin(&format!("n{n}"), from, at(i64::from(n) / 100)), Ok(()), "try {n}");
        }
        let counts = limits.lock();
        assert!(counts.names.len() <= MOST && counts.addresses.len() <= MOST);
    }

    #[test]
    fn a_flood_of_failures_is_told_in_few_entries() {
        let limits = Limits::default();
        let told: Vec<_> = (0..100).filter_map(|_| limits.tell(at(0))).collect();
        assert_eq!(told, vec![0; 30]);
        assert_eq!(limits.tell(at(61)), Some(70), "the next one tells of those that were not");
        assert_eq!(limits.tell(at(61)), Some(0));
    }
}
