//! The scripted server itself: it must notice what Telegram would refuse.

use serde_json::{Value, json};

use crate::support::bot_api::{BotApi, TOKEN};

async fn call(api: &BotApi, method: &str, parameters: Value) -> u16 {
    let url = format!("{}/bot{TOKEN}/{method}", api.url());
    let answer = reqwest::Client::new().post(url).json(&parameters).send().await.expect("the server answers");
    answer.status().as_u16()
}

#[tokio::test]
async fn a_call_that_the_bot_api_does_not_know_is_refused_and_remembered() {
    let api = BotApi::start().await;
    let cases = [
        ("sendMesage", json!({}), "there is no method `sendMesage`"),
        ("sendMessage", json!({ "text": "x" }), "sendMessage.chat_id: required, but missing"),
        (
            "sendMessage",
            json!({ "chat_id": 1, "text": "x", "colour": 1 }),
            "sendMessage.colour: there is no such parameter",
        ),
        ("sendMessage", json!({ "chat_id": 1, "text": 5 }), "sendMessage.text: expected String, found 5"),
        (
            "sendMessage",
            json!({ "chat_id": 1, "text": "" }),
            "sendMessage.text: 1 to 4096 UTF-16 units allowed, found 0",
        ),
        (
            "sendMessage",
            json!({ "chat_id": 1, "text": "x", "reply_parameters": { "allow_sending_without_reply": true } }),
            "sendMessage.reply_parameters.message_id: required, but missing",
        ),
        (
            "sendMessage",
            json!({ "chat_id": 1, "text": "x", "link_preview_options": { "disabled": true } }),
            "sendMessage.link_preview_options.disabled: there is no such parameter",
        ),
        ("getUpdates", json!({ "limit": 101 }), "getUpdates.limit: 1 to 100 allowed"),
        (
            "getUpdates",
            json!({ "allowed_updates": "message" }),
            "getUpdates.allowed_updates: expected Array of String, found \"message\"",
        ),
        (
            "getUpdates",
            json!({ "allowed_updates": ["mesage"] }),
            "getUpdates.allowed_updates: there is no kind `mesage`",
        ),
    ];
    for (method, parameters, wrong) in cases {
        assert_eq!(call(&api, method, parameters).await, 400, "{wrong}");
        assert_eq!(api.take_violations(), [wrong]);
    }
    assert_eq!(call(&api, "sendMessage", json!({ "chat_id": "@name", "text": "x" })).await, 200);
    assert_eq!(api.messages().len(), 1);
}

#[tokio::test]
async fn an_update_is_handed_out_until_a_higher_offset_confirms_it() {
    let api = BotApi::start().await;
    let id = api.push("message", &json!({ "text": "again and again" }));
    for offset in [0, id, id] {
        call(&api, "getUpdates", json!({ "offset": offset })).await;
        assert_eq!(api.unconfirmed(), 1);
    }
    call(&api, "getUpdates", json!({ "offset": id + 1 })).await;
    assert_eq!(api.unconfirmed(), 0);
}
