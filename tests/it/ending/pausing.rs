//! A pause is acknowledged while a mail hangs after its final dot: nothing automatic begins after that.

use crate::support::{
    gate::Gate,
    letter::Letter,
    post::{Post, RETRY_SOON, plain_account},
    shop::{Shop, until_in},
};

/// The rule `customs_tax` answers it.
const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";

#[test]
fn nothing_begins_after_the_pause_of_the_shop_until_it_is_resumed() {
    nothing_begins_within(&[], "the shop is paused (lin: the price list)");
}

#[test]
fn nothing_begins_after_the_pause_of_an_account_until_it_is_resumed() {
    nothing_begins_within(&["--account", "support"], "the account support is paused (lin: the price list)");
}

#[test]
fn nothing_begins_after_the_pause_of_a_rule_until_it_is_resumed() {
    nothing_begins_within(&["--rule", "customs_tax"], "the rule customs_tax is paused (lin: the price list)");
}

fn nothing_begins_within(scope: &[&str], said: &str) {
    let post = Post::start();
    let gate = Gate::before(post.relay.port());
    let mut shop = Shop::open(&plain_account(&post.dovecot, gate.port()), RETRY_SOON);
    shop.start();
    ask(&post, "anna@example.org");
    gate.until_dots(1);
    ask(&post, "tom@example.net");
    until_in("a second answer that waits", || {
        let activity = shop.activity();
        activity.get(1)?.messages.first().filter(|message| message.state == "ready").map(drop)
    });
    shop.succeed(&[&["pause", "--agent", "lin", "--reason", "the price list"], scope].concat());
    gate.open();
    // Meanwhile questions become tickets that name the pause, and a person's mail goes out past what waits.
    ask(&post, "eve@example.com");
    let tickets = until_in("a ticket", || Some(shop.tickets()).filter(|tickets| !tickets.is_empty()));
    let named = tickets[0].reasons.iter().any(|reason| reason.contains("the price list"));
    assert!(named, "{tickets:#?}");
    shop.succeed(&["ticket", "reply", &tickets[0].id.to_string(), "Yes, nineteen percent."]);
    until_in("the person's mail", || (gate.dots() == 2).then_some(()));
    shop.kill();
    shop.start();
    assert!(shop.succeed(&["status"]).contains(said), "{}", shop.succeed(&["status"]));
    // Whoever the restarted program would answer by itself has had the time: it has sent to a person again.
    shop.succeed(&["ticket", "reply", &tickets[0].id.to_string(), "And two euros for the form."]);
    until_in("the person's second mail", || (gate.dots() == 3).then_some(()));
    assert_eq!(post.sent_to("tom@example.net").len(), 0, "{}", shop.log());
    shop.succeed(&[&["resume"], scope].concat());
    until_in("the answer that waited", || (!post.sent_to("tom@example.net").is_empty()).then_some(()));
    shop.until_settled(3);
    assert_eq!(gate.dots(), 4, "each mail once");
}

fn ask(post: &Post, from: &str) {
    post.deliver(from, &Letter::new(from, "Customs", QUESTION).raw());
}
