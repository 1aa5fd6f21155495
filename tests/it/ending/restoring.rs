//! The store is put back from a backup while the world went on: nobody is answered twice, and every message ends.

use std::{fs, os::unix::fs::PermissionsExt as _};

use nightdesk::store::activity::Activity;

use crate::support::{
    letter::Letter,
    post::{Post, SHOP},
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

/// Keeps copies of what was sent in the Sent folder, as providers do, but for that many.
fn keep_sent(post: &Post, shop: &Shop, from: usize) {
    for (number, mail) in post.relay.mails().iter().enumerate().skip(from) {
        let file = shop.path(&format!("sent-{number}.eml"));
        fs::write(&file, &mail.data).expect("the folder is writable");
        // The server's user reads it.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("own file");
        fs::set_permissions(shop.path(""), fs::Permissions::from_mode(0o755)).expect("own folder");
        post.dovecot.doveadm(&["save", "-u", SHOP, "-m", "Sent", &file.display().to_string()]);
    }
}

/// Waits until every letter is in the store and ended, and nothing is on its way; returns what the buyers' letters came to.
fn until_all_ended(shop: &Shop, letters: usize) -> Vec<Activity> {
    let mut last = Vec::new();
    let ended = within(PATIENCE, || {
        last = shop.activity();
        last.retain(|activity| activity.reason.as_deref() != Some("sent_folder"));
        (last.len() >= letters && last.iter().all(Activity::is_settled)).then_some(())
    });
    assert!(ended.is_some(), "{} of {letters} letters ended: {last:#?}", last.len());
    last
}

#[test]
fn store_put_back_from_a_backup_answers_nobody_twice_and_everybody_once() {
    let post = Post::start();
    let mut shop = post.shop();
    ask(&post, 0..EACH);
    shop.until_settled(EACH);
    keep_sent(&post, &shop, 0);
    // Made under load: letters are on their way in and out.
    ask(&post, EACH..2 * EACH);
    shop.succeed(&["backup", &shop.path("copy.db").display().to_string()]);
    until_in("everybody's answer", || (post.relay.mails().len() == 2 * EACH).then_some(()));
    keep_sent(&post, &shop, EACH);
    shop.kill();
    put_back(&shop, "copy.db");
    // These came while nobody served: nobody can have answered them, and the Sent folder proves it.
    ask(&post, 2 * EACH..3 * EACH);
    shop.start();
    assert!(shop.present_log().contains("restore mode is on"), "{}", shop.log());
    until_all_ended(&shop, 3 * EACH);
    for number in 0..3 * EACH {
        assert_eq!(post.sent_to(&buyer(number)).len(), 1, "{}:\n{}", buyer(number), shop.log());
    }
    shop.until_logged("restore mode is over");
    ask(&post, 3 * EACH..3 * EACH + 1);
    until_in("an answer as ever", || (!post.sent_to(&buyer(3 * EACH)).is_empty()).then_some(()));
    assert!(shop.tickets().is_empty(), "the Sent folder proves everything: {:#?}", shop.tickets());
}

#[test]
fn store_put_back_without_a_sent_folder_leaves_the_time_before_to_people() {
    let post = Post::start();
    let mut shop = post.shop();
    ask(&post, 0..EACH);
    shop.until_settled(EACH);
    shop.succeed(&["backup", &shop.path("copy.db").display().to_string()]);
    ask(&post, EACH..2 * EACH);
    shop.until_settled(2 * EACH);
    shop.kill();
    put_back(&shop, "copy.db");
    shop.start();
    let ended = until_all_ended(&shop, 2 * EACH);
    assert!(ended[EACH..].iter().all(|activity| activity.outcome.as_deref() == Some("escalated")), "{ended:#?}");
    assert_eq!(shop.tickets().len(), EACH);
    for number in 0..2 * EACH {
        assert_eq!(post.sent_to(&buyer(number)).len(), 1, "{}:\n{}", buyer(number), shop.log());
    }
}

#[test]
fn store_put_back_as_a_copied_file_is_found_out_by_the_sent_folder() {
    let post = Post::start();
    let mut shop = post.shop();
    ask(&post, 0..EACH);
    shop.until_settled(EACH);
    keep_sent(&post, &shop, 0);
    shop.terminate();
    fs::copy(shop.path("nightdesk.db"), shop.path("copy.db")).expect("the folder is writable");
    shop.start();
    ask(&post, EACH..2 * EACH);
    shop.until_settled(2 * EACH);
    keep_sent(&post, &shop, EACH);
    shop.kill();
    put_back(&shop, "copy.db");
    shop.start();
    shop.until_logged("a message of ours that the store does not know lies in the Sent folder");
    until_all_ended(&shop, 2 * EACH);
    for number in 0..2 * EACH {
        assert_eq!(post.sent_to(&buyer(number)).len(), 1, "{}:\n{}", buyer(number), shop.log());
    }
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
