//! The mailbox refuses the password.

use crate::support::{
    dovecot::HOST,
    letter::Letter,
    post::{Post, RETRY_SOON, SHOP, mailbox},
    shop::Shop,
};

const REFUSED: &str = "wrong-password-of-the-other";

#[test]
fn wrong_password_of_the_only_account_ends_the_service_with_what_to_do() {
    let post = Post::start();
    let account = mailbox(&post.dovecot, "support", SHOP, REFUSED, &plain_smtp(&post));
    let mut shop = Shop::open(&account, RETRY_SOON);
    shop.launch();
    let ended = shop.wait_for_end();
    let log = shop.present_log();
    assert_eq!(ended.code(), Some(4), "{log}");
    let last = log.lines().last().unwrap_or_default();
    assert!(last.contains("support"), "the account is named: {last}");
    assert!(last.contains("password"), "and what to do: {last}");
    assert!(!log.contains(REFUSED), "the password itself is nowhere: {log}");
}

#[test]
fn wrong_password_of_one_account_leaves_the_other_at_work() {
    let post = Post::start();
    let other = mailbox(&post.dovecot, "wholesale", "wholesale@example.com", REFUSED, &plain_smtp(&post));
    let mut shop = Shop::open(&(post.account() + &other), RETRY_SOON);
    shop.start();
    shop.until_logged("a channel stopped and needs a person");
    let log = shop.present_log();
    let line = log.lines().find(|line| line.contains("a channel stopped")).unwrap_or_default();
    assert!(line.contains("wholesale") && line.contains("password"), "{line}");
    let question = Letter::new("anna@example.org", "Customs", "Will I have to pay customs if you ship to Germany?");
    post.deliver(&question.from, &question.raw());
    post.until_relayed(1);
    assert_eq!(shop.until_settled(1)[0].outcome.as_deref(), Some("answered"));
    assert!(shop.is_running());
}

fn plain_smtp(post: &Post) -> String {
    format!("{{host: {HOST}, port: {}, tls: none}}", post.relay.port())
}
