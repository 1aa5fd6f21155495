//! The IMAP server goes away, comes back, and numbers its messages anew.

use std::fs;

use crate::support::{
    letter::Letter,
    post::{Post, SHOP},
    shop::{Shop, until_in},
};

const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";

/// Larger than the UIDVALIDITY of a new mailbox, which is the time of its making.
const RENUMBERED: u32 = 4_000_000_000;

#[test]
fn mailbox_server_that_went_away_is_read_again_with_what_came_meanwhile() {
    let mut post = Post::start();
    let shop = post.shop();
    ask(&post, "first@example.org");
    post.until_relayed(1);
    shop.until_settled(1);
    post.dovecot.stop();
    shop.until_logged("Lost the mailbox");
    // A mail server that writes into the mailbox itself goes on while IMAP is away.
    let meanwhile = Letter::new("second@example.org", "Customs", QUESTION);
    let new = post.dovecot.folder().join("mail").join(SHOP).join("new");
    let file = new.join("1795257600.M1P1.localhost");
    fs::write(&file, meanwhile.raw()).expect("the mailbox is writable");
    post.dovecot.run_as().own(&file).expect("root may give files away");
    post.dovecot.restart();
    until_in("the answer to the mail that came meanwhile", || {
        (!post.sent_to("second@example.org").is_empty()).then_some(())
    });
    ask(&post, "third@example.org");
    assert_each_answered_once(&post, &shop, &["first@example.org", "second@example.org", "third@example.org"]);
}

#[test]
fn goodbye_in_the_middle_of_waiting_costs_nothing() {
    let post = Post::start();
    let shop = post.shop();
    ask(&post, "first@example.org");
    post.until_relayed(1);
    post.dovecot.kick(SHOP);
    shop.until_logged("Lost the mailbox");
    ask(&post, "second@example.org");
    assert_each_answered_once(&post, &shop, &["first@example.org", "second@example.org"]);
}

#[test]
fn renumbered_mailbox_loses_nothing_and_repeats_nothing_while_running() {
    let post = Post::start();
    let shop = post.shop();
    ask(&post, "first@example.org");
    post.until_relayed(1);
    shop.until_settled(1);
    post.dovecot.set_uid_validity(SHOP, RENUMBERED);
    ask(&post, "second@example.org");
    post.until_relayed(2);
    // Dovecot ends the connection that goes by the old numbers.
    shop.until_logged("numbered its messages anew");
    ask(&post, "third@example.org");
    assert_each_answered_once(&post, &shop, &["first@example.org", "second@example.org", "third@example.org"]);
}

#[test]
fn renumbered_mailbox_loses_nothing_and_repeats_nothing_while_stopped() {
    let post = Post::start();
    let mut shop = post.shop();
    renumbered_while_stopped(&post, &mut shop);
}

#[test]
fn renumbered_mailbox_loses_nothing_and_repeats_nothing_over_postgres() {
    let post = Post::start();
    let Some(mut shop) = Shop::on_postgres(&post.account(), "") else { return };
    shop.start();
    renumbered_while_stopped(&post, &mut shop);
}

fn renumbered_while_stopped(post: &Post, shop: &mut Shop) {
    ask(post, "first@example.org");
    post.until_relayed(1);
    shop.until_settled(1);
    assert!(shop.terminate().success());
    ask(post, "second@example.org");
    post.dovecot.set_uid_validity(SHOP, RENUMBERED);
    ask(post, "third@example.org");
    shop.start();
    assert_each_answered_once(post, shop, &["first@example.org", "second@example.org", "third@example.org"]);
    // And once more, with nothing new.
    assert!(shop.terminate().success());
    post.dovecot.set_uid_validity(SHOP, RENUMBERED + 1);
    shop.start();
    ask(post, "fourth@example.org");
    post.until_relayed(4);
    assert_eq!(shop.until_settled(4).len(), 4);
    assert_eq!(post.relay.mails().len(), 4);
}

fn ask(post: &Post, from: &str) {
    post.deliver(from, &Letter::new(from, "Customs", QUESTION).raw());
}

fn assert_each_answered_once(post: &Post, shop: &Shop, buyers: &[&str]) {
    post.until_relayed(buyers.len());
    let settled = shop.until_settled(buyers.len());
    assert_eq!(settled.len(), buyers.len(), "each mail is stored once: {settled:#?}");
    for buyer in buyers {
        assert_eq!(post.sent_to(buyer).len(), 1, "{buyer}");
    }
    assert_eq!(post.relay.mails().len(), buyers.len());
    assert!(shop.tickets().is_empty());
}
