//! The clock of the machine jumps between two runs, or runs away within one: nothing is answered twice, nothing is lost,
//! and nobody is hammered. Played with the real program under libfaketime; where that is not installed (Debian package
//! `faketime`), these tests do nothing.

use std::{fs, path::PathBuf};

use crate::support::{
    dovecot::Dovecot,
    letter::Letter,
    post::{Post, RETRY_SOON, SHOP, account},
    shop::{Shop, until_in},
    smtp_relay::SmtpRelay,
};

const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";

/// Logins to one mailbox in one run of seconds; more is a storm.
const MAX_LOGINS: usize = 3;

#[test]
fn a_clock_forty_days_ahead_answers_nothing_twice() {
    jump("+40d", "UTC");
}

#[test]
fn a_clock_an_hour_behind_answers_nothing_twice() {
    jump("-1h", "UTC");
}

#[test]
fn a_clock_at_ten_times_its_speed_answers_nothing_twice() {
    jump("+0 x10", "UTC");
}

#[test]
fn the_hour_that_comes_twice_in_autumn_answers_nothing_twice() {
    jump("@2026-10-25 02:59:55", "Europe/Berlin");
}

#[test]
fn the_hour_that_is_left_out_in_spring_answers_nothing_twice() {
    jump("@2027-03-28 01:59:55", "Europe/Berlin");
}

#[test]
fn a_pause_taken_under_a_wrong_clock_ends_when_it_is_right() {
    let Some(wrong) = Wrong::clock("+8h", "UTC") else { return };
    let dovecot = Dovecot::start();
    let mut shop = Shop::open(&account(&dovecot, "support", dovecot.ports().relay), RETRY_SOON);
    shop.start();
    shop.kill();
    // Nobody listens at the relay's port, so the message and its account rest, by a clock eight hours ahead.
    shop.launch_in(wrong.environment());
    shop.until_reading();
    let question = Letter::new("anna@example.org", "Customs", QUESTION);
    dovecot.deliver(SHOP, &question.from, question.raw().as_bytes());
    until_in("a failed attempt", || {
        let activity = shop.activity();
        activity.first()?.messages.first().filter(|message| message.state == "retry_at").map(drop)
    });
    shop.kill();
    let relay = SmtpRelay::start(&dovecot);
    shop.start();
    let settled = shop.until_settled(1);
    assert_eq!(settled[0].messages[0].state, "sent", "{settled:#?}");
    assert_eq!(relay.mails().len(), 1, "exactly one answer");
}

/// One question before the jump, one while the clock is wrong, one after it was set right; killed in between.
fn jump(clock: &'static str, zone: &'static str) {
    let Some(wrong) = Wrong::clock(clock, zone) else { return };
    let post = Post::start();
    let mut shop = Shop::open(&post.account(), RETRY_SOON);
    let buyers = ["anna@example.org", "tom@example.net", "mei@example.com"];
    for (index, buyer) in buyers.into_iter().enumerate() {
        if index == 1 {
            shop.launch_in(wrong.environment());
            shop.until_reading();
        } else {
            shop.start();
        }
        let question = Letter::new(buyer, "Customs", QUESTION);
        post.deliver(&question.from, &question.raw());
        shop.until_settled(index + 1);
        let logins = shop.present_log().matches("Reading the mailbox").count();
        assert!(logins <= MAX_LOGINS, "{clock}: {logins} logins in one run");
        shop.kill();
    }
    let tickets = shop.tickets();
    for (index, buyer) in buyers.into_iter().enumerate() {
        let answers = post.sent_to(buyer).len();
        let asked = tickets.iter().filter(|ticket| usize::try_from(ticket.inbound.0) == Ok(index + 1)).count();
        assert_eq!(answers + asked, 1, "{clock}: {buyer} has {answers} answers and {asked} tickets: {tickets:#?}");
        assert!(
            index == 1 || answers == 1,
            "{clock}: {buyer} wrote under a right clock and was not answered: {tickets:#?}"
        );
    }
    assert!(shop.activity().iter().all(|activity| activity.messages.len() <= 1), "{:#?}", shop.activity());
}

/// A clock that is wrong.
struct Wrong {
    library: String,
    clock: &'static str,
    zone: &'static str,
}

impl Wrong {
    /// Returns a clock in libfaketime's words, in a time zone; none where the library is not installed.
    fn clock(clock: &'static str, zone: &'static str) -> Option<Self> {
        Some(Self { library: library()?.display().to_string(), clock, zone })
    }

    fn environment(&self) -> [(&str, &str); 4] {
        [
            ("LD_PRELOAD", &self.library),
            ("FAKETIME", self.clock),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("TZ", self.zone),
        ]
    }
}

/// Returns the library, wherever this machine's kind keeps it.
fn library() -> Option<PathBuf> {
    let kinds = fs::read_dir("/usr/lib").ok()?.flatten();
    kinds.map(|kind| kind.path().join("faketime/libfaketimeMT.so.1")).find(|path| path.exists())
}
