//! The token is part of every URL; it must not be part of anything a person can read.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use nightdesk::channel::telegram::TelegramChannel;
use serde_json::json;
use tokio::time::timeout;
use tracing_subscriber::{fmt::MakeWriter, util::SubscriberInitExt as _};

use crate::{
    support::bot_api::{Answer, BotApi, TOKEN},
    telegram::{
        ledger::{Ledger, settings},
        sending,
    },
};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let bytes = self.0.lock().expect("writing does not panic").clone();
        String::from_utf8(bytes).expect("the log is UTF-8")
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("writing does not panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The secret half, which is what would hurt.
fn secret() -> &'static str {
    TOKEN.split_once(':').expect("a token has two halves").1
}

#[tokio::test]
async fn the_token_reaches_no_log_no_error_and_no_receipt() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let guard = subscriber.set_default();
    let mut spoken = Vec::new();

    let api = BotApi::start().await;
    // A hostile or chatty server repeats the path.
    let echo = Answer::Refuse {
        code: 400,
        description: "Bad Request: no route /bot700000001:AAcanary-never_in-a-log_0123456789xyz/sendMessage",
        parameters: json!(null),
    };
    for fault in [Answer::CutBefore, Answer::CutAfter, Answer::Torn, Answer::Page(502), echo.clone()] {
        api.script("sendMessage", fault);
        let (receipt, _) = sending::send(&api.url(), sending::telegram("Hello")).await;
        spoken.push(format!("{receipt:?}"));
    }
    let unreachable = "http://127.0.0.1:9";
    spoken.push(format!("{:?}", sending::send(unreachable, sending::telegram("Hello")).await.0));

    for fault in [Answer::CutBefore, echo] {
        api.script("getUpdates", fault);
    }
    let listening = Ledger::default().listen(&api);
    api.until("the faults are over", |api| api.calls("getUpdates").len() == 3).await;
    listening.stop().await.expect("stopping is no error");
    let webhook = "Conflict: webhook is active at /bot700000001:AAcanary-never_in-a-log_0123456789xyz";
    api.script("getUpdates", Answer::refuse(409, webhook));
    let error = Ledger::default().listen(&api).ended().await.expect_err("a webhook");
    spoken.push(format!("{error} {error:?}"));
    spoken.push(format!("{:?} {:?}", settings(&api.url(), TOKEN), TelegramChannel::new(settings(&api.url(), TOKEN))));
    let listening = Ledger::default().listen_with("http://no-such-host.invalid", TOKEN);
    let failed = async {
        while !log.text().contains("cannot connect to the Bot API") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(30), failed).await.expect("the attempt fails and is logged");
    listening.stop().await.expect("stopping is no error");
    drop(guard);

    let log = log.text();
    assert!(log.contains("Telegram cannot be asked for messages"), "our own warnings were captured: {log}");
    assert_eq!(log.matches("token travels unencrypted").count(), 1, "only beyond this machine: {log}");
    assert!(log.contains("hyper_util"), "the words of the HTTP client were captured: {log}");
    for text in spoken.iter().chain([&log]) {
        assert!(!text.contains(secret()), "the token leaked: {text}");
    }
}
