//! One attempt at `sendMessage` under every fault, and what it may be taken for.

use std::{net::Ipv4Addr, time::Duration};

use jiff::Timestamp;
use nightdesk::{
    channel::{Channel as _, InboxError, PhaseLog, telegram::TelegramChannel},
    model::{
        ids::{AccountName, OutboxId, ThreadId},
        outbound::{MailPayload, Outbound, OutboundKind, Payload, Phase, Receipt, TelegramPayload},
    },
};
use serde_json::{Value, json};
use tokio::{io::AsyncReadExt as _, net::TcpListener};

use crate::{
    support::bot_api::{Answer, BotApi, TOKEN},
    telegram::ledger::settings,
};

pub(super) fn outbound(payload: Payload) -> Outbound {
    Outbound {
        id: OutboxId(1),
        key: "i1-answer".to_owned(),
        account: AccountName::new("bot"),
        kind: OutboundKind::Answer,
        human: false,
        thread: ThreadId(1),
        attempts: 0,
        created_at: Timestamp::UNIX_EPOCH,
        payload,
    }
}

pub(super) fn telegram(text: &str) -> Payload {
    Payload::Telegram(TelegramPayload {
        chat_id: 512_044_871,
        business_connection_id: None,
        reply_to_message_id: Some(318),
        text: text.to_owned(),
    })
}

/// Makes one attempt; returns the receipt and the phases that were reached.
pub(super) async fn send(url: &str, payload: Payload) -> (Receipt, Vec<Phase>) {
    let channel = TelegramChannel::new(settings(url, TOKEN));
    let (phase, mut steps) = PhaseLog::pair();
    let written = tokio::spawn(async move {
        let mut reached = Vec::new();
        while let Some((phase, done)) = steps.recv().await {
            reached.push(phase);
            done.send(Ok(())).expect("the channel waits for the phase");
        }
        reached
    });
    let receipt = channel.send(&outbound(payload), &phase).await;
    drop(phase);
    (receipt, written.await.expect("the writer does not panic"))
}

/// What a fault must be taken for, how many messages reach the buyer, and a part of the reason.
struct Case {
    name: &'static str,
    answer: Option<Answer>,
    kind: &'static str,
    delivered: usize,
    reason: &'static str,
}

fn case(name: &'static str, answer: Answer, kind: &'static str, delivered: usize, reason: &'static str) -> Case {
    Case { name, answer: Some(answer), kind, delivered, reason }
}

fn refused(code: u16, description: &'static str, kind: &'static str, reason: &'static str) -> Case {
    case(description, Answer::refuse(code, description), kind, 0, reason)
}

fn refusals() -> Vec<Case> {
    vec![
        refused(403, "Forbidden: bot was blocked by the user", "failed", "the buyer has blocked the bot (403 "),
        refused(403, "Forbidden: user is deactivated", "failed", "account no longer exists"),
        refused(403, "Forbidden: bot can't initiate conversation with a user", "failed", "never opened a chat"),
        refused(
            403,
            "Forbidden: something new",
            "failed",
            "Telegram refuses the message (403 Forbidden: something new)",
        ),
        refused(400, "Bad Request: chat not found", "failed", "Telegram knows no such chat"),
        refused(400, "Bad Request: message is too long", "failed", "the text is longer"),
        refused(400, "Bad Request: message text is empty", "failed", "the text is empty"),
        refused(400, "Bad Request: BUSINESS_PEER_USAGE_MISSING", "failed", "the business account does not let"),
        refused(400, "Bad Request: BUSINESS_CONNECTION_INVALID", "failed", "the business account does not let"),
        refused(413, "Request Entity Too Large", "failed", "Telegram refuses the message (413 "),
        refused(401, "Unauthorized", "retry", "does not accept the bot's token (401 Unauthorized)"),
        refused(404, "Not Found", "retry", "does not accept the bot's token"),
        refused(429, "Too Many Requests", "retry", "429 Too Many Requests"),
        refused(500, "Internal Server Error: sent message was not found and can't be returned", "uncertain", "500 "),
        refused(502, "Bad Gateway", "uncertain", "502 "),
        refused(504, "Gateway Timeout", "uncertain", "504 "),
        case(
            "migrated",
            Answer::Refuse {
                code: 400,
                description: "Bad Request: group chat was upgraded to a supergroup chat",
                parameters: json!({ "migrate_to_chat_id": -1_001_534_466_877_i64 }),
            },
            "failed",
            0,
            "new chat id -1001534466877",
        ),
    ]
}

fn breakages() -> Vec<Case> {
    let verbatim = |words: &str| Answer::Verbatim(words.to_owned());
    vec![
        Case { name: "well", answer: None, kind: "sent", delivered: 1, reason: "message_id 5001" },
        case("slow", Answer::Slow(Duration::from_secs(2)), "sent", 1, "message_id 5001"),
        case("closed before it was read", Answer::CutBefore, "uncertain", 0, "did not finish"),
        case("closed after it was carried out", Answer::CutAfter, "uncertain", 1, "did not finish"),
        case("truncated JSON", Answer::Truncated, "uncertain", 1, "not one of the Bot API"),
        case("torn body", Answer::Torn, "uncertain", 1, "did not finish"),
        case("page 200", Answer::Page(200), "uncertain", 0, "(HTTP 200) is not one of the Bot API"),
        case("page 302", Answer::Page(302), "uncertain", 0, "HTTP 302"),
        case("page 403", Answer::Page(403), "uncertain", 0, "HTTP 403"),
        case("page 429", Answer::Page(429), "uncertain", 0, "HTTP 429"),
        case("page 502", Answer::Page(502), "uncertain", 0, "HTTP 502"),
        case("page 504", Answer::Page(504), "uncertain", 0, "HTTP 504"),
        case("ok without result", verbatim(r#"{"ok":true}"#), "uncertain", 0, "`ok` without `result`"),
        case("ok without message id", verbatim(r#"{"ok":true,"result":true}"#), "uncertain", 0, "promised form"),
        case("a list", verbatim("[]"), "uncertain", 0, "not one of the Bot API"),
        case("nothing at all", verbatim(""), "uncertain", 0, "not one of the Bot API"),
    ]
}

#[tokio::test]
async fn every_outcome_is_taken_for_what_it_is() {
    let runs = refusals().into_iter().chain(breakages()).map(|case| async move {
        let api = BotApi::start().await;
        if let Some(answer) = case.answer {
            api.script("sendMessage", answer);
        }
        let (receipt, phases) = send(&api.url(), telegram("Hello")).await;
        let (kind, reason) = match &receipt {
            Receipt::Sent { proof } => ("sent", proof),
            Receipt::Retry { reason, .. } => ("retry", reason),
            Receipt::Failed { reason } => ("failed", reason),
            Receipt::Uncertain { reason } => ("uncertain", reason),
        };
        assert_eq!((kind, api.messages().len()), (case.kind, case.delivered), "{}: {receipt:?}", case.name);
        assert!(reason.contains(case.reason), "{}: {reason:?}", case.name);
        assert_eq!(phases, [Phase::Dot], "{}", case.name);
        assert_eq!(api.calls("sendMessage").len(), 1, "{}: nothing is repeated silently", case.name);
    });
    futures_util::future::join_all(runs).await;
}

#[tokio::test]
async fn a_flood_wait_is_handed_on_with_a_second_more() {
    let api = BotApi::start().await;
    for wait in [json!(7), json!(u32::MAX)] {
        let parameters = json!({ "retry_after": wait });
        api.script("sendMessage", Answer::Refuse { code: 429, description: "Too Many Requests: retry", parameters });
    }
    let mut waits = Vec::new();
    for _ in 0..2 {
        let (receipt, _) = send(&api.url(), telegram("Hello")).await;
        let Receipt::Retry { after_seconds, .. } = receipt else { panic!("{receipt:?}") };
        waits.push(after_seconds);
    }
    assert_eq!(waits, [Some(8), Some(u32::MAX)]);
}

#[tokio::test]
async fn a_message_goes_out_plain_quoting_and_without_preview() {
    let api = BotApi::start().await;
    let text = "Kein Zoll <innerhalb> der EU & *nie* _doppelt_: https://shop.example/zoll 🏮";
    send(&api.url(), telegram(text)).await;
    let business = TelegramPayload {
        chat_id: 512_044_871,
        business_connection_id: Some("Bm9xU1k2YQAAAAABAQ".to_owned()),
        reply_to_message_id: None,
        text: "二".to_owned(),
    };
    send(&api.url(), Payload::Telegram(business)).await;
    assert_eq!(
        api.messages(),
        [
            json!({
                "chat_id": 512_044_871, "text": text, "link_preview_options": { "is_disabled": true },
                "reply_parameters": { "message_id": 318, "allow_sending_without_reply": true }
            }),
            json!({
                "business_connection_id": "Bm9xU1k2YQAAAAABAQ", "chat_id": 512_044_871, "text": "二",
                "link_preview_options": { "is_disabled": true }
            }),
        ]
    );
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_tried_again() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let closed = listener.local_addr().expect("a bound listener has an address");
    drop(listener);
    for url in [format!("http://{closed}"), "https://no-such-host.invalid".to_owned()] {
        let (receipt, phases) = send(&url, telegram("Hello")).await;
        assert!(matches!(&receipt, Receipt::Retry { reason, .. } if reason.contains("cannot connect")), "{receipt:?}");
        assert_eq!(phases, [Phase::Dot], "a crash in between would have to count as uncertain");
    }
}

#[tokio::test]
async fn a_failing_tls_handshake_is_tried_again() {
    let api = BotApi::start().await;
    // The server speaks no TLS: the handshake fails before a byte of the request leaves.
    let (receipt, _) = send(&api.url().replace("http:", "https:"), telegram("Hello")).await;
    assert!(matches!(&receipt, Receipt::Retry { reason, .. } if reason.contains("cannot connect")), "{receipt:?}");
}

/// Takes the 30 seconds that a call may last.
#[tokio::test]
async fn a_server_that_never_answers_leaves_it_uncertain() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("one connection");
        let mut request = Vec::new();
        socket.read_to_end(&mut request).await.expect("the client closes the connection");
        String::from_utf8(request).expect("HTTP in ASCII and UTF-8")
    });
    let (receipt, _) = send(&url, telegram("Hello")).await;
    assert!(matches!(&receipt, Receipt::Uncertain { reason } if reason.contains("timed out")), "{receipt:?}");
    let request = server.await.expect("the server does not panic");
    assert_eq!(request.matches("POST /bot").count(), 1, "nothing is repeated silently");
}

#[tokio::test]
async fn nothing_leaves_when_the_phase_cannot_be_written() {
    let api = BotApi::start().await;
    let channel = TelegramChannel::new(settings(&api.url(), TOKEN));
    let (phase, mut steps) = PhaseLog::pair();
    tokio::spawn(async move {
        let (_, done) = steps.recv().await.expect("one step");
        done.send(Err(InboxError("the disk is full".to_owned()))).expect("the channel waits");
    });
    let receipt = channel.send(&outbound(telegram("Hello")), &phase).await;
    assert!(matches!(&receipt, Receipt::Retry { reason, .. } if reason.contains("the disk is full")), "{receipt:?}");
    assert_eq!(api.calls("sendMessage").len(), 0);
}

#[tokio::test]
async fn a_mail_does_not_leave_through_a_bot() {
    let api = BotApi::start().await;
    let mail = MailPayload {
        envelope_from: String::new(),
        envelope_to: "maja@example.com".to_owned(),
        message_id: "1@example.com".to_owned(),
        bytes: Vec::new(),
        text: String::new(),
    };
    let (receipt, phases) = send(&api.url(), Payload::Mail(mail)).await;
    assert_eq!(receipt, Receipt::Failed { reason: "bot: a bot cannot send a mail".to_owned() });
    assert_eq!((phases, api.calls("sendMessage").len()), (Vec::new(), 0));
}

#[tokio::test]
async fn a_path_of_a_self_hosted_server_is_kept() {
    let api = BotApi::start().await;
    let (receipt, _) = send(&format!("{}/", api.url()), telegram("Hello")).await;
    assert!(matches!(receipt, Receipt::Sent { .. }), "{receipt:?}");
    let (receipt, _) = send(&format!("{}/prefix", api.url()), telegram("Hello")).await;
    assert!(matches!(receipt, Receipt::Uncertain { .. }), "no route of the test server lies there: {receipt:?}");
    assert_eq!(api.messages().iter().map(|sent| &sent["text"]).collect::<Vec<_>>(), [&Value::from("Hello")]);
}
