//! The SMTP server refuses, delays, or hangs up.

use std::net::{Ipv4Addr, TcpListener};

use crate::support::{
    dovecot::{Dovecot, HOST, PASSWORD},
    letter::Letter,
    post::{Post, RETRY_SOON, SHOP, account, mailbox},
    shop::{Shop, until_in},
    smtp_relay::{Outcome, SmtpRelay},
};

const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";

/// What the log says of an attempt that will be repeated.
const LATER: &str = "sending failed and will be tried again";

#[test]
fn temporary_refusal_is_tried_again_and_sent_once() {
    let post = Post::start();
    let shop = post.shop();
    ask(&post, "once451anna@example.org");
    let mails = post.until_relayed(1);
    assert_eq!(mails[0].outcome, Outcome::Accepted);
    let settled = shop.until_settled(1);
    assert_eq!(settled[0].messages[0].state, "sent", "{settled:#?}");
    assert_eq!(shop.log().matches(LATER).count(), 1, "{}", shop.log());
    assert_eq!(post.relay.mails().len(), 1);
    assert!(shop.tickets().is_empty());
}

#[test]
fn refusal_that_does_not_end_becomes_a_ticket() {
    let post = Post::start();
    let patience = "delivery:\n  retry_after: 1s\n  longest_pause: 1s\n  give_up_after: 2s";
    let mut shop = Shop::open(&post.account(), patience);
    shop.start();
    ask(&post, "temp451anna@example.org");
    until_in("a ticket", || (!shop.tickets().is_empty()).then_some(()));
    assert!(shop.log().matches(LATER).count() >= 2, "{}", shop.log());
    let shown = shop.succeed(&["ticket", "show", "1"]);
    assert!(shown.contains("greylisted, try later"), "the server's words:\n{shown}");
    assert!(shown.contains("given up after"), "{shown}");
    let settled = shop.until_settled(1);
    assert_eq!(settled[0].messages[0].state, "cancelled", "{settled:#?}");
    assert!(post.relay.mails().is_empty());
}

#[test]
fn permanent_refusal_becomes_a_ticket_with_the_words_of_the_server() {
    let post = Post::start();
    let shop = post.shop();
    ask(&post, "perm550anna@example.org");
    let settled = shop.until_settled(1);
    assert_eq!(settled[0].outcome.as_deref(), Some("escalated"), "{settled:#?}");
    assert_eq!(settled[0].messages[0].state, "cancelled", "{settled:#?}");
    assert_eq!(shop.tickets().len(), 1);
    let shown = shop.succeed(&["ticket", "show", "1"]);
    assert!(shown.contains("no such user"), "the server's words:\n{shown}");
    assert_eq!(shop.log().matches(LATER).count(), 0, "{}", shop.log());
    assert!(post.relay.mails().is_empty());
}

#[test]
fn connection_cut_after_the_final_dot_is_uncertain_and_never_repeated() {
    let post = Post::start();
    let mut shop = post.shop();
    ask(&post, "dropafteranna@example.org");
    let settled = shop.until_settled(1);
    assert_eq!(settled[0].messages[0].state, "escalated", "{settled:#?}");
    let mails = post.relay.mails();
    assert_eq!(mails.iter().map(|mail| mail.outcome).collect::<Vec<_>>(), [Outcome::Dropped]);
    let tickets = shop.tickets();
    assert_eq!(tickets.len(), 1, "{tickets:#?}");
    assert!(tickets[0].reasons.iter().any(|reason| reason.contains("may have been sent")), "{tickets:#?}");
    // Neither the retry clock nor a restart sends it again, while others are served.
    shop.kill();
    shop.start();
    ask(&post, "once451tom@example.net");
    post.until_relayed(2);
    shop.until_settled(2);
    assert_eq!(post.sent_to("dropafteranna@example.org").len(), 1);
    assert_eq!(shop.tickets(), tickets);
}

#[test]
fn server_that_is_away_only_delays_the_answer() {
    let dovecot = Dovecot::start();
    let mut shop = Shop::open(&account(&dovecot, "support", dovecot.ports().relay), RETRY_SOON);
    shop.start();
    let question = Letter::new("anna@example.org", "Customs", QUESTION);
    dovecot.deliver(SHOP, &question.from, question.raw().as_bytes());
    shop.until_logged(LATER);
    let relay = SmtpRelay::start(&dovecot);
    until_in("the answer", || (!relay.mails().is_empty()).then_some(()));
    shop.until_settled(1);
    assert_eq!(relay.mails().len(), 1);
    assert!(shop.tickets().is_empty());
}

#[test]
fn server_that_never_speaks_delays_no_other_account() {
    let post = Post::start();
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    let dead = silent.local_addr().expect("a bound listener has an address").port();
    let smtp = |port: u16| format!("{{host: {HOST}, port: {port}, tls: none}}");
    // By their names, the one that hangs has the first turn.
    let hangs = mailbox(&post.dovecot, "a-hangs", "hangs@example.com", PASSWORD, &smtp(dead));
    let works = mailbox(&post.dovecot, "b-works", SHOP, PASSWORD, &smtp(post.relay.port()));
    let mut shop = Shop::open(&format!("{hangs}{works}"), RETRY_SOON);
    shop.start();
    shop.until_reading_all(2);
    let raw = Letter::new("anna@example.org", "Customs", QUESTION).raw().replace(SHOP, "hangs@example.com");
    post.dovecot.deliver("hangs@example.com", "anna@example.org", raw.as_bytes());
    // It is never closed, so the attempt waits for a greeting until the others are done.
    let (_held, _) = silent.accept().expect("the attempt begins");
    for (index, buyer) in ["tom@example.net", "mei@example.com", "eve@example.com"].into_iter().enumerate() {
        ask(&post, buyer);
        post.until_relayed(index + 1);
        assert_eq!(post.sent_to(buyer).len(), 1);
    }
    assert_eq!(shop.log().matches(LATER).count(), 0, "the first attempt still hangs:\n{}", shop.log());
}

fn ask(post: &Post, from: &str) {
    post.deliver(from, &Letter::new(from, "Customs", QUESTION).raw());
}
