//! Things wait on purpose: an answer that a person can still stop, and a buyer who is not done writing.

use serde_json::json;

use crate::{
    pipeline::telegram::Bot,
    support::{
        letter::Letter,
        post::Post,
        shop::{Shop, until_in},
    },
};

const UNKNOWN: &str = "Could you engrave the name of my grandmother on the lid?";
const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";

#[test]
fn answer_in_its_cancel_window_is_stopped_by_whoever_takes_the_ticket() {
    let post = Post::start();
    let mut shop = Shop::open(&post.account(), "delivery: {cancel_window: 10m}");
    shop.start();
    let question = Letter::new("anna@example.org", "Engraving", UNKNOWN);
    post.deliver(&question.from, &question.raw());
    until_in("an acknowledgement that waits", || {
        let activity = shop.activity();
        activity.first()?.messages.first().filter(|message| message.state == "retry_at").map(drop)
    });
    shop.succeed(&["ticket", "claim", "1"]);
    let activity = shop.activity();
    assert_eq!(activity[0].messages[0].state, "cancelled", "{activity:#?}");
    assert!(post.relay.mails().is_empty(), "nothing left");
}

#[test]
fn answer_leaves_when_its_cancel_window_is_over() {
    let post = Post::start();
    let mut shop = Shop::open(&post.account(), "delivery: {cancel_window: 2s}");
    shop.start();
    let question = Letter::new("anna@example.org", "Customs", QUESTION);
    post.deliver(&question.from, &question.raw());
    until_in("an answer that waits", || {
        let activity = shop.activity();
        activity.first()?.messages.first().filter(|message| message.state == "retry_at").map(drop)
    });
    post.until_relayed(1);
    assert_eq!(shop.until_settled(1)[0].outcome.as_deref(), Some("answered"));
}

#[test]
fn thought_in_three_messages_is_answered_once() {
    let bot = Bot::start();
    let mut shop = Shop::open(&bot.account(), "delivery: {burst_window: {telegram: 3s}}");
    shop.launch();
    shop.until_logged("Telegram accepts the token");
    bot.say(7_001, 11, "Hi");
    bot.say(7_001, 12, "will I have to pay customs");
    bot.say(7_001, 13, "if you ship to Germany?");
    let answer = bot.until_messages(1).remove(0);
    assert_eq!(answer["reply_parameters"]["message_id"], 13, "{answer}");
    assert!(answer["text"].as_str().is_some_and(|text| text.contains("flat duty of 3 EUR")), "{answer}");
    let settled = shop.until_settled(3);
    let outcomes: Vec<_> = settled.iter().filter_map(|activity| activity.outcome.as_deref()).collect();
    assert_eq!(outcomes, ["answered"; 3], "{settled:#?}");
    assert_eq!(bot.api.messages().len(), 1);
    // Another chat is not waited for, and goes by its own window.
    bot.say(7_002, 21, QUESTION);
    let second = bot.until_messages(2).remove(1);
    assert_eq!(second["chat_id"], json!(7_002));
}

#[test]
fn thought_that_a_crash_interrupts_is_answered_once_and_whole() {
    let bot = Bot::start();
    let mut shop = Shop::open(&bot.account(), "delivery: {burst_window: {telegram: 3s}}");
    shop.launch();
    shop.until_logged("Telegram accepts the token");
    bot.say(7_001, 11, "will I have to pay customs");
    until_in("the first half in the store", || (shop.activity().len() == 1).then_some(()));
    shop.kill();
    bot.say(7_001, 12, "if you ship to Germany?");
    shop.launch();
    bot.until_messages(1);
    let settled = shop.until_settled(2);
    assert!(settled.iter().all(|activity| activity.outcome.as_deref() == Some("answered")), "{settled:#?}");
    assert_eq!(bot.api.messages().len(), 1);
}

#[test]
fn two_mails_on_one_subject_are_answered_together_where_the_shop_wants_it() {
    let post = Post::start();
    let mut shop = Shop::open(&post.account(), "delivery: {burst_window: {email: 4s}}");
    shop.start();
    let first = Letter::new("anna@example.org", "Customs", "Hi, will I have to pay customs?");
    let second = Letter::new("anna@example.org", "Re: Customs", "if you ship to Germany, I mean");
    for letter in [&first, &second] {
        post.deliver(&letter.from, &letter.raw());
    }
    post.until_relayed(1);
    let settled = shop.until_settled(2);
    assert!(settled.iter().all(|activity| activity.outcome.is_some()), "{settled:#?}");
    assert_eq!(post.relay.mails().len(), 1, "one answer for both");
}
