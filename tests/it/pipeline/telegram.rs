//! A bot beside the mailbox: the same rules, the same store, the same promises.

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::{
    bot_api::{Answer, BotApi, TOKEN},
    letter::Letter,
    post::{Post, RETRY_SOON},
    shop::{Shop, until_in},
};

/// A bot's account and the server it talks to.
pub(crate) struct Bot {
    pub(crate) api: BotApi,
    // Dropped last: the server runs on it.
    _runtime: Runtime,
}

impl Bot {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime starts");
        let api = runtime.block_on(BotApi::start());
        Self { api, _runtime: runtime }
    }

    pub(crate) fn account(&self) -> String {
        format!("  - name: bot\n    telegram: {{token: {TOKEN:?}, api_url: {:?}, poll: 5s}}\n", self.api.url())
    }

    /// Lets a person write in a private chat.
    pub(super) fn say(&self, chat: i64, message: i64, text: &str) {
        self.say_at(Timestamp::now().as_second(), chat, message, text);
    }

    fn say_at(&self, date: i64, chat: i64, message: i64, text: &str) {
        let person = json!({"id": chat, "is_bot": false, "first_name": "Maja", "language_code": "en"});
        let content = json!({
            "message_id": message, "date": date, "text": text, "from": person,
            "chat": {"id": chat, "first_name": "Maja", "type": "private"},
        });
        self.api.push("message", &content);
    }

    pub(super) fn until_messages(&self, count: usize) -> Vec<Value> {
        until_in(&format!("{count} messages of the bot"), || {
            Some(self.api.messages()).filter(|messages| messages.len() >= count)
        })
    }
}

fn text(message: &Value) -> &str {
    message["text"].as_str().expect("a message has a text")
}

#[test]
fn chat_and_mail_are_answered_side_by_side() {
    let (post, bot) = (Post::start(), Bot::start());
    let mut shop = Shop::open(&(post.account() + &bot.account()), RETRY_SOON);
    shop.start();
    shop.until_logged("Telegram accepts the token");
    bot.say(7_001, 11, "Hi, will I have to pay customs if you ship to Germany?");
    let answer = bot.until_messages(1).remove(0);
    assert_eq!(answer["chat_id"], 7_001);
    assert_eq!(answer["reply_parameters"]["message_id"], 11);
    assert!(text(&answer).starts_with("Automatic answer from Blue Lantern."), "{answer}");
    assert!(text(&answer).contains("flat duty of 3 EUR"), "{answer}");

    // A question that needs a country, in another chat.
    bot.say(7_002, 21, "What are the duties?");
    let asked = bot.until_messages(2).remove(1);
    assert!(text(&asked).contains("which country"), "{asked}");
    bot.say(7_002, 22, "Germany");
    let answer = bot.until_messages(3).remove(2);
    assert!(text(&answer).contains("flat duty of 3 EUR"), "{answer}");

    bot.say(7_003, 31, "Could you engrave the name of my grandmother on the lid?");
    let ack = bot.until_messages(4).remove(3);
    assert!(text(&ack).contains("We have received your message."), "{ack}");

    let question = Letter::new("anna@example.org", "Customs", "Will I have to pay customs if you ship to Germany?");
    post.deliver(&question.from, &question.raw());
    post.until_relayed(1);
    let outcomes: Vec<_> = shop.until_settled(5).into_iter().filter_map(|activity| activity.outcome).collect();
    assert_eq!(outcomes, ["answered", "asked", "answered", "escalated", "answered"]);
    let tickets = shop.tickets();
    assert_eq!(tickets.len(), 1, "{tickets:#?}");
    shop.succeed(&["ticket", "reply", "1", "Yes, up to twelve letters."]);
    let reply = bot.until_messages(5).remove(4);
    assert_eq!(reply["chat_id"], 7_003);
    assert_eq!(text(&reply), "Yes, up to twelve letters.");
    assert_eq!(bot.api.messages().len(), 5);
}

#[test]
fn killed_service_says_nothing_twice_in_a_chat() {
    let bot = Bot::start();
    let mut shop = Shop::open(&bot.account(), RETRY_SOON);
    killed_between_chats(&bot, &mut shop);
}

#[test]
fn killed_service_says_nothing_twice_in_a_chat_over_postgres() {
    let bot = Bot::start();
    let Some(mut shop) = Shop::on_postgres(&bot.account(), RETRY_SOON) else { return };
    killed_between_chats(&bot, &mut shop);
}

fn killed_between_chats(bot: &Bot, shop: &mut Shop) {
    shop.launch();
    shop.until_logged("Telegram accepts the token");
    for chat in 0..6_i64 {
        bot.say(8_000 + chat, chat + 1, "Hi, will I have to pay customs if you ship to Germany?");
        let polls = bot.api.calls("getUpdates").len();
        // Each time somewhat later on the way: just polled, stored, decided, sent.
        until_in("a poll after the message", || {
            (bot.api.calls("getUpdates").len() > polls || chat % 2 == 0).then_some(())
        });
        std::thread::sleep(std::time::Duration::from_millis(u64::try_from(chat).expect("small") * 15));
        shop.kill();
        shop.launch();
    }
    let settled = shop.until_settled(6);
    let messages = bot.api.messages();
    for (chat, activity) in (8_000..).zip(&settled) {
        let said = messages.iter().filter(|message| message["chat_id"] == chat).count();
        let state = activity.messages.first().map_or("", |message| message.state.as_str());
        match state {
            "sent" => assert_eq!(said, 1, "{activity:#?}"),
            "escalated" => assert!(said <= 1 && activity.ticket.is_some(), "{activity:#?}"),
            _ => panic!("neither sent nor escalated: {activity:#?}"),
        }
    }
    assert_eq!(settled.len(), 6);
}

#[test]
fn answer_that_may_have_arrived_in_a_chat_is_not_repeated() {
    let bot = Bot::start();
    let mut shop = Shop::open(&bot.account(), RETRY_SOON);
    shop.launch();
    shop.until_logged("Telegram accepts the token");
    bot.api.script("sendMessage", Answer::CutAfter);
    bot.say(9_001, 1, "Hi, will I have to pay customs if you ship to Germany?");
    let settled = shop.until_settled(1);
    assert_eq!(settled[0].messages[0].state, "escalated", "{settled:#?}");
    shop.kill();
    shop.launch();
    bot.say(9_002, 2, "Hi, will I have to pay customs if you ship to Germany?");
    assert_eq!(shop.until_settled(2)[1].messages[0].state, "sent");
    let chats: Vec<_> = bot.api.messages().iter().map(|message| message["chat_id"].as_i64()).collect();
    assert_eq!(chats, [Some(9_001), Some(9_002)]);
    let tickets = shop.tickets();
    assert_eq!(tickets.len(), 1, "{tickets:#?}");
    assert!(tickets[0].reasons.iter().any(|reason| reason.contains("may have been sent")), "{tickets:#?}");
}

#[test]
fn chat_messages_from_before_the_first_start_are_never_answered() {
    let bot = Bot::start();
    let hour_ago = Timestamp::now().as_second() - 3_600;
    bot.say_at(hour_ago, 9_101, 1, "Hi, will I have to pay customs if you ship to Germany?");
    let mut shop = Shop::open(&bot.account(), RETRY_SOON);
    shop.launch();
    shop.until_settled(1);
    bot.say(9_102, 2, "Hi, will I have to pay customs if you ship to Germany?");
    bot.until_messages(1);
    let settled = shop.until_settled(2);
    assert!(settled[0].messages.is_empty(), "{settled:#?}");
    let messages = bot.api.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["chat_id"], 9_102);
}
