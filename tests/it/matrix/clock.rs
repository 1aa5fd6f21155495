//! The clock of the machine jumps between two runs, or runs away within one: nothing is answered twice, nothing is lost,
//! and nobody is hammered; and several processes need not agree about the time. Played with the real program under
//! libfaketime.

use std::time::Duration;

use crate::support::{
    dovecot::Dovecot,
    letter::Letter,
    post::{Post, RETRY_SOON, SHOP, account},
    shop::{Shop, until_in},
    smtp_relay::SmtpRelay,
    until::within,
    wrong::Wrong,
};

const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";

/// Logins to one mailbox in one run of seconds; more is a storm.
const MAX_LOGINS: usize = 3;

/// A killed process is replaced after its leases ran out and somebody looked; the rest is room for a busy machine.
const TAKE_OVER: Duration = Duration::from_secs(40);

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

#[test]
fn a_process_an_hour_ahead_takes_no_account_from_one_that_lives_and_every_account_from_one_that_died() {
    beside_one_that_lives("+1h");
}

#[test]
fn a_process_an_hour_behind_takes_no_account_from_one_that_lives_and_every_account_from_one_that_died() {
    beside_one_that_lives("-1h");
}

/// A process with a wrong clock on the same database: when a lease ends is the database's word, not its own.
fn beside_one_that_lives(clock: &'static str) {
    let Some(wrong) = Wrong::clock(clock, "UTC") else { return };
    let post = Post::start();
    let Some(mut first) = Shop::on_postgres(&post.account(), RETRY_SOON) else { return };
    let mut second = first.beside(&post.account(), RETRY_SOON);
    let holder = |shop: &Shop| shop.standing().leases.into_iter().find_map(|lease| lease.holder);
    first.start();
    let serving = until_in("a holder", || holder(&first));
    second.launch_in(wrong.environment());
    until_in("two processes", || {
        (first.standing().runners.iter().filter(|seen| seen.lives).count() == 2).then_some(())
    });
    // Each answer takes several of the second process's looks for accounts that nobody serves.
    for (index, buyer) in ["anna@example.org", "tom@example.net", "mei@example.com"].into_iter().enumerate() {
        let question = Letter::new(buyer, "Customs", QUESTION);
        post.deliver(&question.from, &question.raw());
        first.until_settled(index + 1);
        assert_eq!(holder(&first).as_ref(), Some(&serving), "{clock}: it was taken from a process that lives");
        assert_eq!(post.sent_to(buyer).len(), 1, "{clock}: exactly one answer to {buyer}");
    }
    first.kill();
    let heir = within(TAKE_OVER, || holder(&second).filter(|heir| *heir != serving));
    assert!(heir.is_some(), "{clock}: nobody took over from a process that died: {:?}", second.standing());
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
