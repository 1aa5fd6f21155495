//! The long-poll loop: stored first, confirmed second; every fault survived or named.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightdesk::{
    channel::ListenError,
    model::receive::{Received, SourceKey},
};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::{
    support::bot_api::{Answer, BotApi, TOKEN},
    telegram::ledger::Ledger,
};

fn message(text: &str) -> Value {
    json!({
        "message_id": 9, "date": 1_795_202_130, "text": text,
        "from": { "id": 512_044_871, "is_bot": false, "first_name": "Maja" },
        "chat": { "id": 512_044_871, "type": "private", "first_name": "Maja" }
    })
}

fn texts(rows: &[Received]) -> Vec<String> {
    let text = |row: &Received| {
        let update: Value = serde_json::from_slice(&row.raw).expect("stored updates are JSON");
        update["message"]["text"].as_str().unwrap_or_default().to_owned()
    };
    rows.iter().map(text).collect()
}

fn offsets(api: &BotApi) -> Vec<i64> {
    api.calls("getUpdates").iter().map(|call| call.parameters["offset"].as_i64().expect("an offset")).collect()
}

#[tokio::test]
async fn updates_are_stored_as_sent_and_in_order_before_the_offset_moves() {
    let api = BotApi::start().await;
    let ledger = Ledger::default();
    // White space, order of fields and escapes are Telegram's own: the row holds them unchanged.
    let odd = r#"{"message" : {"text":"\u4f60\u597d", "date":1795202130},  "update_id":500}"#;
    api.push_raw(500, odd.to_owned());
    api.push("message", &message("second"));
    api.push("message", &message("third"));
    let listening = ledger.listen(&api);
    api.until("everything is confirmed", |api| api.unconfirmed() == 0).await;
    assert_eq!(listening.stop().await.map_err(|error| error.to_string()), Ok(()));

    let rows = ledger.rows();
    assert_eq!(rows[0].raw, odd.as_bytes());
    assert_eq!(rows[0].key, SourceKey::Telegram { update_id: 500 });
    assert_eq!(rows[0].received_at.as_second(), 1_795_202_130);
    assert_eq!(rows[0].size, odd.len() as u64);
    assert_eq!(texts(&rows), ["你好", "second", "third"]);
    assert_eq!(offsets(&api), [0, 503]);
}

#[tokio::test]
async fn a_poll_names_the_kinds_of_updates_and_waits_long() {
    let api = BotApi::start().await;
    let listening = Ledger::default().listen(&api);
    api.until("a poll stands", |api| api.calls("getUpdates").len() == 1).await;
    let parameters = api.calls("getUpdates")[0].parameters.clone();
    let allowed = [
        "message",
        "edited_message",
        "business_connection",
        "business_message",
        "edited_business_message",
        "deleted_business_messages",
        "my_chat_member",
    ];
    assert_eq!(parameters, json!({ "offset": 0, "limit": 100, "timeout": 20, "allowed_updates": allowed }));

    let asked = Instant::now();
    api.push("message", &message("news"));
    api.until("the news is confirmed", |api| api.calls("getUpdates").len() == 2).await;
    assert!(asked.elapsed() < Duration::from_secs(2), "a long poll is answered at once: {:?}", asked.elapsed());
    listening.stop().await.expect("stopping is no error");
}

#[tokio::test]
async fn stopping_does_not_wait_for_the_poll() {
    let api = BotApi::start().await;
    let listening = Ledger::default().listen(&api);
    api.until("a poll stands", |api| api.calls("getUpdates").len() == 1).await;
    let asked = Instant::now();
    listening.stop().await.expect("stopping is no error");
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn an_update_that_comes_again_after_a_crash_is_known() {
    let api = BotApi::start().await;
    let ledger = Ledger::default();
    // The commit happens, the process dies before it hears of it, and a day passes until the next start.
    ledger.lose_next_answer();
    let id = api.push("message", &message("once"));
    let listening = ledger.listen(&api);
    let stored = async {
        while ledger.rows().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), stored).await.expect("the update is stored");
    listening.kill().await;
    assert_eq!(api.unconfirmed(), 1);
    ledger.set_last(id, Timestamp::now() - SignedDuration::from_hours(25));

    let listening = ledger.listen(&api);
    api.until("the update is confirmed", |api| api.unconfirmed() == 0).await;
    listening.stop().await.expect("stopping is no error");
    assert_eq!((texts(&ledger.rows()), ledger.known()), (vec!["once".to_owned()], 1));
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_asked_for_again() {
    let api = BotApi::start().await;
    let ledger = Ledger::default();
    ledger.lose_next_answer();
    api.push("message", &message("once"));
    let listening = ledger.listen(&api);
    api.until("the update is confirmed", |api| api.unconfirmed() == 0).await;
    listening.stop().await.expect("stopping is no error");
    assert_eq!((ledger.rows().len(), ledger.known()), (1, 1));
    assert_eq!(offsets(&api)[..2], [0, 0]);
}

#[tokio::test]
async fn nothing_is_confirmed_while_the_store_refuses() {
    let api = BotApi::start().await;
    let ledger = Ledger::default();
    ledger.refuse_next();
    api.push("message", &message("kept"));
    let listening = ledger.listen(&api);
    api.until("the poll is repeated", |api| api.calls("getUpdates").len() == 2).await;
    assert_eq!(offsets(&api)[..2], [0, 0]);
    let calls = api.calls("getUpdates");
    assert!(calls[1].at - calls[0].at >= Duration::from_secs(1), "a full disk is not asked in a hot loop");
    api.until("the update is confirmed", |api| api.unconfirmed() == 0).await;
    listening.stop().await.expect("stopping is no error");
    assert_eq!((texts(&ledger.rows()), ledger.known()), (vec!["kept".to_owned()], 0));
}

#[tokio::test]
async fn a_restart_goes_on_after_the_last_stored_update() {
    let api = BotApi::start().await;
    let ledger = Ledger::default();
    ledger.set_last(411, Timestamp::now() - SignedDuration::from_hours(23));
    let listening = ledger.listen(&api);
    api.until("a poll stands", |api| !api.calls("getUpdates").is_empty()).await;
    listening.stop().await.expect("stopping is no error");
    assert_eq!(offsets(&api), [412]);
}

#[tokio::test]
async fn after_a_quiet_week_a_smaller_random_id_is_not_taken_for_old() {
    let api = BotApi::start().await;
    let ledger = Ledger::default();
    ledger.set_last(884_210_300, Timestamp::now() - SignedDuration::from_hours(8 * 24));
    api.push_raw(7_001, json!({ "update_id": 7_001, "message": message("back again") }).to_string());
    let listening = ledger.listen(&api);
    api.until("the update is confirmed", |api| api.unconfirmed() == 0).await;
    listening.stop().await.expect("stopping is no error");
    assert_eq!(texts(&ledger.rows()), ["back again"]);
    assert_eq!(offsets(&api), [0, 7_002]);
}

#[tokio::test]
async fn more_than_one_batch_is_stored_whole_and_in_order() {
    let api = BotApi::start().await;
    let ledger = Ledger::default();
    let sent: Vec<String> = (0..250).map(|n| format!("message {n}")).collect();
    for text in &sent {
        api.push("message", &message(text));
    }
    let listening = ledger.listen(&api);
    api.until("everything is confirmed", |api| api.unconfirmed() == 0).await;
    listening.stop().await.expect("stopping is no error");
    assert_eq!(texts(&ledger.rows()), sent);
    assert_eq!(offsets(&api), [0, 200, 300, 350]);
}

#[tokio::test]
async fn an_update_of_an_unknown_kind_is_stored_with_the_rest() {
    let api = BotApi::start().await;
    let ledger = Ledger::default();
    api.push("aura_changed", &json!({ "aura": "violet" }));
    api.push("message", &message("and a question"));
    let listening = ledger.listen(&api);
    api.until("everything is confirmed", |api| api.unconfirmed() == 0).await;
    listening.stop().await.expect("stopping is no error");
    assert_eq!(ledger.rows().len(), 2);
}

#[tokio::test]
async fn an_update_that_cannot_be_read_or_keyed_does_not_hold_up_the_others() {
    let api = BotApi::start().await;
    let ledger = Ledger::default();
    // Deeper than any JSON reader of ours goes, and an id beyond every integer of ours.
    let deep = format!(r#"{{"update_id":100,"message":{}1{}}}"#, "[".repeat(500), "]".repeat(500));
    api.push_raw(100, deep.clone());
    api.push_raw(101, r#"{"update_id":18446744073709551615,"message":{}}"#.to_owned());
    api.push("message", &message("kept"));
    let listening = ledger.listen(&api);
    api.until("everything is confirmed", |api| api.unconfirmed() == 0).await;
    listening.stop().await.expect("stopping is no error");
    let rows = ledger.rows();
    assert_eq!(rows[0].raw, deep.as_bytes());
    assert_eq!((rows.len(), &texts(&rows[1..])[..]), (2, &["kept".to_owned()][..]));
    assert_eq!(offsets(&api), [0, 103]);
}

#[tokio::test]
async fn every_passing_fault_is_followed_by_another_try_with_the_same_offset() {
    let faults = [
        ("cut before", Answer::CutBefore),
        ("cut after", Answer::CutAfter),
        ("truncated", Answer::Truncated),
        ("torn", Answer::Torn),
        ("page", Answer::Page(502)),
        ("page with status 200", Answer::Page(200)),
        ("bad gateway", Answer::refuse(502, "Bad Gateway")),
        ("internal", Answer::refuse(500, "Internal Server Error: restart")),
        ("bad request", Answer::refuse(400, "Bad Request: something new")),
        ("forbidden", Answer::refuse(403, "Forbidden: something new")),
        (
            "flood",
            Answer::Refuse {
                code: 429,
                description: "Too Many Requests: retry after 1",
                parameters: json!({ "retry_after": 1 }),
            },
        ),
        ("update without id", Answer::Verbatim(r#"{"ok":true,"result":[{"message":{"text":"lost?"}}]}"#.to_owned())),
        ("result of another form", Answer::Verbatim(r#"{"ok":true,"result":{"no":"list"}}"#.to_owned())),
        ("no result", Answer::Verbatim(r#"{"ok":true}"#.to_owned())),
    ];
    let runs = faults.map(|(name, fault)| async move {
        let api = BotApi::start().await;
        let ledger = Ledger::default();
        ledger.set_last(99, Timestamp::now());
        api.script("getUpdates", fault);
        api.push("message", &message("kept"));
        let listening = ledger.listen(&api);
        api.until(name, |api| api.unconfirmed() == 0).await;
        listening.stop().await.expect("stopping is no error");
        assert_eq!(texts(&ledger.rows()), ["kept"], "{name}");
        assert_eq!(offsets(&api), [100, 100, 101], "{name}");
    });
    futures_util::future::join_all(runs).await;
}

#[tokio::test]
async fn a_flood_wait_is_kept() {
    let api = BotApi::start().await;
    let wait = json!({ "retry_after": 2 });
    api.script(
        "getUpdates",
        Answer::Refuse { code: 429, description: "Too Many Requests: retry after 2", parameters: wait },
    );
    let listening = Ledger::default().listen(&api);
    api.until("the poll is repeated", |api| api.calls("getUpdates").len() == 2).await;
    let calls = api.calls("getUpdates");
    assert!(calls[1].at - calls[0].at >= Duration::from_secs(3), "{:?}", calls[1].at - calls[0].at);
    listening.stop().await.expect("stopping is no error");
}

#[tokio::test]
async fn a_poll_taken_over_by_another_program_pauses_and_does_not_end_the_channel() {
    let api = BotApi::start().await;
    let first = Ledger::default().listen(&api);
    api.until("the first polls", |api| api.calls("getUpdates").len() == 1).await;
    let ledger = Ledger::default();
    let second = ledger.listen(&api);
    api.until("the second polls", |api| api.calls("getUpdates").len() == 2).await;
    // The second goes on undisturbed, because the first keeps away for 30 seconds.
    for n in 1..=3 {
        api.push("message", &message("news"));
        api.until("it is confirmed", |api| api.calls("getUpdates").len() == 2 + n && api.unconfirmed() == 0).await;
    }
    assert_eq!(ledger.rows().len(), 3);
    first.stop().await.expect("a conflict is no reason to end, and a pause can be stopped");
    second.stop().await.expect("stopping is no error");
}

#[tokio::test]
async fn a_webhook_is_named_and_never_removed() {
    let api = BotApi::start().await;
    api.script(
        "getUpdates",
        Answer::refuse(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"),
    );
    let error = Ledger::default().listen(&api).ended().await.expect_err("a webhook cannot be waited out");
    assert!(matches!(error, ListenError::Setup { .. }), "{error:?}");
    insta::assert_snapshot!(error, @"bot: a webhook is set for this bot, so it cannot be polled (Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first). If no other program needs the webhook, remove it by calling the Bot API method deleteWebhook once, then start again");
    assert_eq!(api.calls("deleteWebhook").len(), 0);
}

#[tokio::test]
async fn a_token_that_telegram_refuses_ends_the_channel() {
    let api = BotApi::start().await;
    let stranger = "700000001:AAanother-bots-secret";
    let error = Ledger::default().listen_with(&api.url(), stranger).ended().await.expect_err("a wrong token");
    assert!(matches!(error, ListenError::Credentials { .. }), "{error:?}");
    insta::assert_snapshot!(error, @"bot: the server refuses the login: 401 Unauthorized. Ask BotFather for the bot's present token (/token) and put it into the configuration");

    api.script("getUpdates", Answer::refuse(401, "Unauthorized"));
    let error = Ledger::default().listen(&api).ended().await.expect_err("the token was revoked meanwhile");
    assert!(matches!(error, ListenError::Credentials { .. }), "{error:?}");
}

#[tokio::test]
async fn settings_that_cannot_work_are_named_before_anything_is_called() {
    let setup = |url: &'static str, token: &'static str| async move {
        let error = Ledger::default().listen_with(url, token).ended().await.expect_err("settings that cannot work");
        assert!(matches!(error, ListenError::Setup { .. }), "{error:?}");
        error.to_string()
    };
    insta::assert_snapshot!(setup("http://127.0.0.1:1", "AAbb-without-a-number").await, @"bot: the token does not have the form 123456789:AAbb-cc_dd; copy it from BotFather again");
    insta::assert_snapshot!(setup("http://127.0.0.1:1", "1:AA/../getMe?x").await, @"bot: the token does not have the form 123456789:AAbb-cc_dd; copy it from BotFather again");
    insta::assert_snapshot!(setup("telegram.example", TOKEN).await, @"bot: `telegram.example` is no address of a Bot API server; expected something like http://127.0.0.1:8081");
    insta::assert_snapshot!(setup("file:///etc", TOKEN).await, @"bot: `file:///etc` is no address of a Bot API server; expected something like http://127.0.0.1:8081");
}

#[tokio::test]
async fn a_server_that_is_down_at_the_start_is_waited_for() {
    let api = BotApi::start().await;
    api.script("getMe", Answer::CutBefore);
    api.script("getMe", Answer::Page(503));
    let ledger = Ledger::default();
    api.push("message", &message("early bird"));
    let listening = ledger.listen(&api);
    api.until("everything is confirmed", |api| api.unconfirmed() == 0).await;
    listening.stop().await.expect("stopping is no error");
    assert_eq!((api.calls("getMe").len(), ledger.rows().len()), (3, 1));
}

#[tokio::test]
async fn empty_answers_at_once_do_not_make_a_hot_loop() {
    let api = BotApi::start().await;
    for _ in 0..3 {
        api.script("getUpdates", Answer::Verbatim(r#"{"ok":true,"result":[]}"#.to_owned()));
    }
    let listening = Ledger::default().listen(&api);
    api.until("four polls", |api| api.calls("getUpdates").len() == 4).await;
    let calls = api.calls("getUpdates");
    assert!(calls[3].at - calls[0].at >= Duration::from_millis(1400), "{:?}", calls[3].at - calls[0].at);
    listening.stop().await.expect("stopping is no error");
}
