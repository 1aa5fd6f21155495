//! The program is killed at the moments that matter.

use std::{
    net::{Ipv4Addr, TcpListener},
    thread,
    time::Duration,
};

use crate::support::{
    dovecot::Dovecot,
    gate::Gate,
    letter::Letter,
    post::{Post, RETRY_SOON, SHOP, account, plain_account},
    shop::{Shop, until_in},
    smtp_relay::SmtpRelay,
};

const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";

/// Kills in a row, each at another moment.
const KILLS: u32 = 24;

#[test]
fn killed_between_commit_and_send_answers_exactly_once_after_restart() {
    let dovecot = Dovecot::start();
    let mut shop = Shop::open(&account(&dovecot, "support", dovecot.ports().relay), RETRY_SOON);
    is_killed_before_anything_left(&dovecot, &mut shop);
}

#[test]
fn killed_between_commit_and_send_answers_exactly_once_over_postgres() {
    let dovecot = Dovecot::start();
    let Some(mut shop) = Shop::on_postgres(&account(&dovecot, "support", dovecot.ports().relay), RETRY_SOON) else {
        return;
    };
    is_killed_before_anything_left(&dovecot, &mut shop);
}

fn is_killed_before_anything_left(dovecot: &Dovecot, shop: &mut Shop) {
    // It takes connections and never says a word: the attempt hangs before anything has left.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, dovecot.ports().relay)).expect("the port is free");
    shop.start();
    let question = Letter::new("anna@example.org", "Customs", QUESTION);
    dovecot.deliver(SHOP, &question.from, question.raw().as_bytes());
    until_in("an attempt to send", || {
        let activity = shop.activity();
        activity.first()?.messages.first().filter(|message| message.state == "sending").map(drop)
    });
    shop.kill();
    drop(silent);
    let relay = SmtpRelay::start(dovecot);
    shop.start();
    let settled = shop.until_settled(1);
    assert_eq!(settled[0].messages[0].state, "sent", "{settled:#?}");
    assert_eq!(relay.mails().len(), 1, "exactly one answer");
    assert!(shop.tickets().is_empty());
    assert!(shop.present_log().contains("resuming sends"), "{}", shop.log());
}

#[test]
fn killed_after_the_final_dot_asks_a_person_and_never_sends_again() {
    let post = Post::start();
    let gate = Gate::before(post.relay.port());
    let mut shop = Shop::open(&plain_account(&post.dovecot, gate.port()), RETRY_SOON);
    shop.start();
    let question = Letter::new("anna@example.org", "Customs", QUESTION);
    post.deliver(&question.from, &question.raw());
    gate.until_dots(1);
    // The server has taken the mail; its word is held back at the gate.
    post.until_relayed(1);
    shop.kill();
    gate.open();
    shop.start();
    let other = Letter::new("tom@example.net", "Customs", QUESTION);
    post.deliver(&other.from, &other.raw());
    let settled = shop.until_settled(2);
    assert_eq!(settled[0].messages[0].state, "escalated", "{settled:#?}");
    assert_eq!(settled[1].messages[0].state, "sent", "{settled:#?}");
    assert_eq!(gate.dots(), 2, "one mail for each buyer");
    assert_eq!(post.sent_to("anna@example.org").len(), 1);
    let tickets = shop.tickets();
    assert_eq!(tickets.len(), 1, "{tickets:#?}");
    assert!(tickets[0].reasons.iter().any(|reason| reason.contains("may have been sent")), "{tickets:#?}");
    // Another restart changes nothing any more.
    shop.kill();
    shop.start();
    assert_eq!(shop.until_settled(2), settled);
    assert_eq!(gate.dots(), 2);
    assert_eq!(shop.tickets(), tickets);
}

#[test]
fn killed_at_any_moment_between_receiving_and_sending_answers_exactly_once() {
    let post = Post::start();
    let mut shop = post.shop();
    for round in 0..KILLS {
        let from = format!("buyer@shop{round}.example");
        post.deliver(&from, &Letter::new(&from, "Customs", QUESTION).raw());
        // From before IDLE wakes (Dovecot gathers for half a second) until after the answer left.
        thread::sleep(Duration::from_millis(u64::from(round * 37 % 24) * 40));
        shop.kill();
        shop.launch();
    }
    let total = usize::try_from(KILLS).expect("a small number");
    let settled = shop.until_settled(total);
    assert_eq!(settled.len(), total, "each mail is stored once");
    let mut escalated = 0;
    for (round, activity) in settled.iter().enumerate() {
        let [message] = activity.messages.as_slice() else { panic!("not one message: {activity:#?}") };
        let sent = post.sent_to(&format!("buyer@shop{round}.example")).len();
        match message.state.as_str() {
            "sent" => assert_eq!(sent, 1, "{activity:#?}"),
            "escalated" => {
                escalated += 1;
                assert!(sent <= 1 && activity.ticket.is_some(), "{activity:#?}");
            }
            _ => panic!("neither sent nor escalated: {activity:#?}"),
        }
    }
    assert_eq!(shop.tickets().len(), escalated, "only escalated sends need a person");
}
