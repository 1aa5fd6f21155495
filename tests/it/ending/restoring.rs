//! The store is put back from a backup while the world went on: nobody is answered twice, and every message ends.

use std::fs;

use crate::support::{
    letter::Letter,
    post::Post,
    shop::{PATIENCE, Shop, until_in},
    until::within,
};

/// The rule `customs_tax` answers it.
const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";

/// Letters before the backup, between backup and loss, and after the restore.
const EACH: usize = 6;

fn buyer(number: usize) -> String {
    format!("buyer@shop{number}.example")
}

fn ask(post: &Post, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let from = buyer(number);
        post.deliver(&from, &Letter::new(&from, "Customs", QUESTION).raw());
    }
}

/// Puts the copy in the place of the store, as the manual says.
fn put_back(shop: &Shop, copy: &str) {
    for left in ["nightdesk.db-wal", "nightdesk.db-shm"] {
        // They are there only if the program was killed.
        drop(fs::remove_file(shop.path(left)));
    }
    fs::copy(shop.path(copy), shop.path("nightdesk.db")).expect("the folder is writable");
}

/// Waits until every letter is in the store and ended.
fn until_all_ended(shop: &Shop, count: usize) {
    let mut last = Vec::new();
    let ended = within(PATIENCE, || {
        last = shop.activity();
        (last.len() >= count && last.iter().all(|activity| activity.outcome.is_some())).then_some(())
    });
    assert!(ended.is_some(), "{} of {count} letters ended: {last:#?}", last.len());
}

#[test]
fn store_put_back_from_a_backup_answers_nobody_twice() {
    let post = Post::start();
    let mut shop = post.shop();
    ask(&post, 0..EACH);
    shop.until_settled(EACH);
    // Made under load: letters are on their way in and out.
    ask(&post, EACH..2 * EACH);
    shop.succeed(&["backup", &shop.path("copy.db").display().to_string()]);
    shop.until_settled(2 * EACH);
    let before = post.relay.mails().len();
    assert_eq!(before, 2 * EACH, "everybody was answered before the loss");
    shop.kill();
    put_back(&shop, "copy.db");
    shop.start();
    assert!(shop.present_log().contains("restore mode is on"), "{}", shop.log());
    ask(&post, 2 * EACH..3 * EACH);
    until_all_ended(&shop, 3 * EACH);
    for number in 0..2 * EACH {
        assert_eq!(post.sent_to(&buyer(number)).len(), 1, "{} was answered twice:\n{}", buyer(number), shop.log());
    }
    assert!(shop.succeed(&["status"]).contains("Restore mode since"), "{}", shop.succeed(&["status"]));
}

#[test]
fn person_who_vouches_for_the_time_before_ends_restore_mode() {
    let post = Post::start();
    let mut shop = post.shop();
    shop.succeed(&["restored", "--agent", "lin"]);
    ask(&post, 0..1);
    let settled = shop.until_settled(1);
    assert_eq!(settled[0].outcome.as_deref(), Some("escalated"), "the mail server's clock is not ours: {settled:#?}");
    let reasons = &shop.tickets()[0].reasons;
    assert!(reasons.iter().any(|reason| reason.contains("before the restore")), "{reasons:?}");
    shop.succeed(&["restored", "--done", "--agent", "lin"]);
    assert_eq!(shop.command(&["restored", "--done"]).code, 5, "once");
    ask(&post, 1..2);
    until_in("an answer", || (!post.sent_to(&buyer(1)).is_empty()).then_some(()));
    shop.kill();
    shop.start();
    assert!(!shop.present_log().contains("restore mode is on"), "{}", shop.log());
}
