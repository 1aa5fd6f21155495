//! How the service begins and ends.

use crate::support::{
    gate::Gate,
    letter::Letter,
    post::{Post, RETRY_SOON, SHOP, plain_account},
    shop::Shop,
};

const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";

#[test]
fn mail_from_before_the_first_start_is_never_answered() {
    let post = Post::start();
    for number in 0..3 {
        let from = format!("old{number}@example.org");
        post.deliver(&from, &Letter::new(&from, "Customs", QUESTION).raw());
    }
    let mut shop = post.shop();
    post.deliver("new@example.net", &Letter::new("new@example.net", "Customs", QUESTION).raw());
    post.until_relayed(1);
    assert!(shop.terminate().success());
    shop.start();
    post.deliver("newer@example.net", &Letter::new("newer@example.net", "Customs", QUESTION).raw());
    let mails = post.until_relayed(2);
    let answered: Vec<&str> = mails.iter().flat_map(|mail| &mail.to).map(String::as_str).collect();
    assert_eq!(answered, ["new@example.net", "newer@example.net"]);
    assert_eq!(shop.until_settled(2).len(), 2, "old mail is not even stored");
    assert_eq!(post.dovecot.mails(SHOP, "INBOX").len(), 5, "the mailbox is left as it was");
}

#[test]
fn termination_lets_the_answer_under_way_finish() {
    let post = Post::start();
    let gate = Gate::before(post.relay.port());
    let mut shop = Shop::open(&plain_account(&post.dovecot, gate.port()), RETRY_SOON);
    shop.start();
    post.deliver("anna@example.org", &Letter::new("anna@example.org", "Customs", QUESTION).raw());
    gate.until_dots(1);
    shop.ask_to_stop();
    // It has let go of the mailbox and waits for the last word on the answer.
    post.until_nobody_reads(SHOP);
    assert!(shop.is_running(), "it ended while an answer was under way:\n{}", shop.log());
    gate.open();
    let ended = shop.wait_for_end();
    assert_eq!(ended.code(), Some(0), "{ended}:\n{}", shop.log());
    assert_eq!(shop.activity()[0].messages[0].state, "sent");
    shop.start();
    shop.until_settled(1);
    assert_eq!(post.relay.mails().len(), 1);
    assert!(shop.tickets().is_empty());
}

#[test]
fn idle_service_ends_at_once() {
    let post = Post::start();
    let mut shop = post.shop();
    let ended = shop.terminate();
    assert_eq!(ended.code(), Some(0), "{ended}:\n{}", shop.log());
    assert!(!shop.present_log().contains("did not end within"), "{}", shop.log());
}
