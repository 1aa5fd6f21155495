//! What ends the force of an answer by mail: a day, a phrase, a person shut out, another address, the wrong folder, a chat's
//! length.

use std::{fs, path::Path};

use super::{
    staff_mail::{ANSWER, Desk, MEI, PROVEN, reply_address},
    telegram::Bot,
};
use crate::support::{
    letter::{Letter, text_of},
    post::SHOP,
    shop::until_in,
};

const BO: &str = "bo@example.net";

/// Runs a statement beside the program.
fn run(desk: &Desk, sql: &'static str) {
    let url = format!("sqlite://{}", desk.shop.path("nightdesk.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let pool = sqlx::SqlitePool::connect(&url).await.expect("the store is there");
        sqlx::query(sql).execute(&pool).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        pool.close().await;
    });
}

/// Waits until so many mails to reply addresses were refused; returns the audit log.
fn until_refused(desk: &Desk, count: usize) -> String {
    until_in(&format!("{count} refusals in the audit log"), || {
        let log = desk.shop.succeed(&["audit", "--what", "staff_mail_refused", "--json"]);
        (log.lines().count() >= count).then_some(log)
    })
}

#[test]
fn promise_is_asked_back_and_the_question_is_open_for_a_day() {
    let desk = Desk::open();
    let (_, notice) = desk.asked();
    let promise = "We guarantee that it arrives tomorrow.";
    desk.answer(MEI, &notice, PROVEN, promise);
    let question = desk.until_told(MEI, 2).remove(1);
    let text = text_of(&question);
    for part in ["a shop should not promise: ", &format!("| {promise}"), "Answer `send` as the only word"] {
        assert!(text.contains(part), "{part}: {text}");
    }

    desk.answer(MEI, &question, PROVEN, "send\n\nKind regards\nMei");
    let told = desk.until_told(MEI, 3).remove(2);
    assert!(text_of(&told).contains("the word alone"), "{}", text_of(&told));

    run(&desk, "UPDATE notice SET created_at = created_at - 86460000 WHERE cause = 'question'");
    desk.answer(MEI, &question, PROVEN, "send");
    let told = desk.until_told(MEI, 4).remove(3);
    assert!(text_of(&told).contains("More than 24 hours"), "{}", text_of(&told));
    assert_eq!(desk.human_mails().len(), 0, "nothing of it went out");

    run(&desk, "UPDATE notice SET created_at = created_at + 120000 WHERE cause = 'question'");
    desk.answer(MEI, &question, PROVEN, "send");
    assert_eq!(text_of(&desk.until_answered()).trim(), promise, "a minute before the day is over it goes out");
}

#[test]
fn who_was_shut_out_or_has_another_address_is_nobody_and_junk_is_junk() {
    let mut desk = Desk::furnish();
    desk.shop.succeed(&["user", "add", "bo", "--email", BO]);
    desk.shop.start();
    desk.shop.until_logged("folder=\"Junk\"");
    let (_, to_mei) = desk.asked();
    let to_bo = desk.until_told(BO, 1).remove(0);
    assert_ne!(reply_address(&to_mei), reply_address(&to_bo), "each has an address of their own");

    desk.shop.succeed(&["user", "disable", "mei"]);
    desk.answer(MEI, &to_mei, PROVEN, ANSWER);
    desk.shop.succeed(&["user", "email", "bo", "elsewhere@example.net"]);
    desk.answer(BO, &to_bo, PROVEN, ANSWER);
    let log = until_refused(&desk, 2);
    assert_eq!(log.matches("its author is nobody who gets notices").count(), 2, "{log}");
    desk.shop.succeed(&["user", "email", "bo", BO]);

    let letter = Letter::answering(BO, &to_bo, ANSWER);
    let raw = letter.raw().replace(SHOP, &reply_address(&to_bo));
    let file = desk.post.dovecot.folder().join("junk.eml");
    fs::write(&file, format!("{PROVEN}\n{raw}")).expect("the folder is writable");
    desk.post.dovecot.doveadm(&["save", "-u", SHOP, "-m", "Junk", plain(&file)]);
    let log = until_refused(&desk, 3);
    assert!(log.contains("nothing proves that bo wrote it: it lies in the Junk folder"), "{log}");

    desk.answer(BO, &to_bo, &format!("{PROVEN}\nSender: mei@example.net"), ANSWER);
    let log = until_refused(&desk, 4);
    assert!(log.contains("nothing proves that bo wrote it: its Sender is another"), "{log}");
    assert_eq!(desk.human_mails().len(), 0, "nothing went to the buyer");
    assert_eq!(desk.post.sent_to(BO).len() + desk.post.sent_to(MEI).len(), 2, "and nobody was told anything");

    desk.shop.succeed(&["user", "enable", "mei"]);
    desk.answer(MEI, &to_mei, PROVEN, ANSWER);
    assert_eq!(text_of(&desk.until_answered()).trim(), ANSWER, "who is let in again is heard again");
}

fn plain(path: &Path) -> &str {
    path.to_str().expect("the temporary folder has a plain name")
}

#[test]
fn chat_is_answered_by_mail_as_long_as_it_is_the_persons() {
    let bot = Bot::start();
    let mut desk = Desk::furnish();
    desk.configure(&bot.account());
    desk.shop.start();
    desk.shop.until_logged("Telegram accepts the token");
    bot.say(7_003, 31, "Could you engrave the name of my grandmother on the lid?");
    let notice = desk.until_told(MEI, 1).remove(0);
    assert!(text_of(&notice).contains("bot (telegram)"), "{}", text_of(&notice));
    bot.until_messages(1);

    desk.answer(MEI, &notice, PROVEN, &"Yes, twelve letters.\n".repeat(300));
    let told = desk.until_told(MEI, 2).remove(1);
    assert!(text_of(&told).contains("longer than one chat message"), "{}", text_of(&told));
    assert_eq!(bot.api.messages().len(), 1, "nothing of it went into the chat");

    desk.answer(MEI, &notice, PROVEN, ANSWER);
    let said = bot.until_messages(2).remove(1);
    assert_eq!((said["chat_id"].as_i64(), said["text"].as_str()), (Some(7_003), Some(ANSWER)));

    desk.shop.succeed(&["user", "accounts", "mei", "support"]);
    desk.answer(MEI, &notice, PROVEN, "And one thing more.");
    let ended = || desk.shop.activity().iter().filter(|row| row.outcome.is_some()).count() >= 4;
    until_in("every mail to its end", || ended().then_some(()));
    assert_eq!(bot.api.messages().len(), 2, "it is not mei's business any more");
    assert_eq!(desk.until_told(MEI, 2).len(), 2, "and she is told nothing of it");
}
