//! How the service begins and ends.

use std::{
    net::{Ipv4Addr, TcpListener},
    time::{Duration, Instant},
};

use crate::support::{
    gate::Gate,
    letter::Letter,
    post::{Post, RETRY_SOON, SHOP, plain_account},
    shop::{Shop, until_in},
};

/// A stop takes no longer, whatever is under way: then process managers kill.
const STOP: Duration = Duration::from_secs(10);

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

/// Waits until the program has the lease of its account.
fn until_held(shop: &Shop) {
    until_in("the lease", || shop.standing().leases.iter().any(|lease| lease.holder.is_some()).then_some(()));
}

/// Asks the program to stop: it ends in order and in time, and leaves its account to whoever comes.
fn stops_in_time(shop: &mut Shop) {
    let asked = Instant::now();
    let ended = shop.terminate();
    assert!(asked.elapsed() < STOP, "it took {:?}:\n{}", asked.elapsed(), shop.log());
    assert_eq!(ended.code(), Some(0), "{ended}:\n{}", shop.log());
    let standing = shop.standing();
    assert!(standing.leases.iter().all(|lease| lease.holder.is_none()), "{standing:?}");
    assert!(standing.runners.iter().all(|seen| !seen.lives), "{standing:?}");
}

/// Stops the program while the store tells it that an account is its own.
fn stops_in_time_while_taking_its_account(mut shop: Shop) {
    shop.launch_with(Some("lease.take.after:1:sleep=1500"));
    until_held(&shop);
    stops_in_time(&mut shop);
}

#[test]
fn service_that_is_just_taking_its_accounts_stops_in_time() {
    let post = Post::start();
    let account = plain_account(&post.dovecot, post.relay.port());
    stops_in_time_while_taking_its_account(Shop::open(&account, RETRY_SOON));
    if let Some(shop) = Shop::on_postgres(&account, RETRY_SOON) {
        stops_in_time_while_taking_its_account(shop);
    }
}

#[test]
fn server_that_never_takes_the_end_of_a_mail_holds_up_no_stop_and_no_other_process() {
    let post = Post::start();
    let gate = Gate::before(post.relay.port());
    let Some(mut shop) = Shop::on_postgres(&plain_account(&post.dovecot, gate.port()), RETRY_SOON) else { return };
    shop.start();
    post.deliver("anna@example.org", &Letter::new("anna@example.org", "Customs", QUESTION).raw());
    gate.until_dots(1);
    stops_in_time(&mut shop);
    gate.open();
    shop.start();
    until_in("the doubt", || (shop.activity()[0].messages[0].state == "uncertain").then_some(()));
    assert_eq!(post.relay.mails().len(), 1, "it may have left, so it is not sent again");
}

#[test]
fn send_that_had_not_come_to_its_end_when_the_stop_came_is_sent_once_after_the_next_start() {
    let post = Post::start();
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    let address = silent.local_addr().expect("a bound listener has an address");
    let mut shop = Shop::open(&plain_account(&post.dovecot, address.port()), RETRY_SOON);
    shop.start();
    post.deliver("anna@example.org", &Letter::new("anna@example.org", "Customs", QUESTION).raw());
    // Taken by the system; nobody ever says a word.
    let connection = silent.accept().expect("the program connects");
    stops_in_time(&mut shop);
    drop(connection);
    assert_eq!(shop.activity()[0].messages[0].state, "sending", "left as it was");
    shop.configure(&plain_account(&post.dovecot, post.relay.port()), RETRY_SOON);
    shop.start();
    shop.until_settled(1);
    assert_eq!(post.relay.mails().len(), 1);
    assert!(shop.tickets().is_empty());
}
