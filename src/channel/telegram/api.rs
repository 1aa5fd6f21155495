//! The Bot API over HTTP: one function per method, and what can go wrong told apart by what it means for a repeat.
//!
//! Not here: waiting, repeating, storing. No URL leaves this file, because it holds the token.

use std::{error::Error as _, fmt::Write as _, time::Duration};

use reqwest::{Client, Response, Url, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{channel::telegram::Settings, model::outbound::TelegramPayload};

/// Telegram's own server.
const TELEGRAM: &str = "https://api.telegram.org";

/// What a `getUpdates` may take beyond its long poll before the connection counts as dead.
const POLL_GRACE: Duration = Duration::from_secs(15);

/// How long a call that does not poll may take. Generous, because giving up on a `sendMessage` makes it uncertain.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// How long TCP and TLS may take; clearly less than [`CALL_TIMEOUT`], so that a dead network is never "uncertain".
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest answer read. A hundred updates of a few KiB each stay far below it.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// Server descriptions are shown on tickets; the Bot API's own have at most about 200 characters.
const MAX_DESCRIPTION_CHARS: usize = 300;

/// The most updates of one call (Bot API `getUpdates`: 1 to 100).
const MAX_UPDATES: u32 = 100;

/// The updates we ask for. Named, because without a list Telegram keeps the one of the previous program.
const ALLOWED_UPDATES: &[&str] = &[
    "message",
    "edited_message",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "my_chat_member",
];

/// A client of one bot.
#[derive(Debug)]
pub(super) struct Api {
    base: Url,
    token: SecretString,
    polling: Client,
    calling: Client,
}

/// The settings cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SetupError {
    #[error("the token does not have the form 123456789:AAbb-cc_dd; copy it from BotFather again")]
    Token,
    #[error("`{0}` is no address of a Bot API server; expected something like http://127.0.0.1:8081")]
    Address(String),
    #[error("no HTTP client could be made: {0}")]
    Client(String),
}

/// Why a call brought no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum CallError {
    /// No connection: not a byte of the request has left.
    #[error("cannot connect to the Bot API: {0}")]
    Connect(String),
    /// The connection broke or timed out when the request may have been written.
    #[error("the Bot API did not finish its answer: {0}")]
    Broken(String),
    /// Something answered, but not in the words of the Bot API.
    #[error("the answer (HTTP {status}) is not one of the Bot API: {what}")]
    Foreign { status: u16, what: String },
    /// The Bot API says no.
    #[error("{} {}", .0.code, .0.description)]
    Refused(Refusal),
}

/// An answer with `"ok": false`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// `error_code`, the same numbers as HTTP's.
    pub(super) code: u16,
    /// `description`, on one line, without the token.
    pub(super) description: String,
    /// `parameters.retry_after`, in seconds.
    pub(super) retry_after: Option<u32>,
    /// `parameters.migrate_to_chat_id`.
    pub(super) migrate_to: Option<i64>,
}

/// The bot behind the token (`getMe`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Bot {
    /// Its user id.
    pub(super) id: i64,
    /// Its name without the `@`.
    pub(super) username: Option<String>,
}

impl Api {
    /// Prepares a client; opens no connection.
    pub(super) fn new(settings: &Settings) -> Result<Self, SetupError> {
        if !is_token(settings.token.expose_secret()) {
            return Err(SetupError::Token);
        }
        let written = settings.api_url.as_deref().unwrap_or(TELEGRAM);
        let base = Url::parse(written)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| SetupError::Address(written.to_owned()))?;
        let poll = Duration::from_secs(settings.poll_seconds.into());
        let polling = client(&base, poll + POLL_GRACE).build();
        // A fresh connection for each message: on a kept one that the server has just closed, nobody could say whether
        // the request was read, and the message would have to be given up as uncertain.
        let calling = client(&base, CALL_TIMEOUT).pool_max_idle_per_host(0).build();
        let failed = |error: reqwest::Error| SetupError::Client(error.without_url().to_string());
        let (polling, calling) = (polling.map_err(failed)?, calling.map_err(failed)?);
        Ok(Self { base, token: settings.token.clone(), polling, calling })
    }

    /// Says whether the token crosses a network unencrypted.
    pub(super) fn is_clear(&self) -> bool {
        self.base.scheme() == "http" && !is_loopback(&self.base)
    }

    /// `getMe`: checks the token.
    pub(super) async fn get_me(&self) -> Result<Bot, CallError> {
        self.call(&self.calling, "getMe", &serde_json::json!({})).await
    }

    /// `getUpdates`: confirms everything below `offset` and waits up to `seconds` for news. Each update as it was sent.
    pub(super) async fn get_updates(&self, offset: i64, seconds: u32) -> Result<Vec<Box<RawValue>>, CallError> {
        let request = GetUpdates { offset, limit: MAX_UPDATES, timeout: seconds, allowed_updates: ALLOWED_UPDATES };
        self.call(&self.polling, "getUpdates", &request).await
    }

    /// `sendMessage`: returns the `message_id`.
    pub(super) async fn send_message(&self, payload: &TelegramPayload) -> Result<i64, CallError> {
        let request = SendMessage {
            business_connection_id: payload.business_connection_id.as_deref(),
            chat_id: payload.chat_id,
            text: &payload.text,
            link_preview_options: LinkPreviewOptions { is_disabled: true },
            reply_parameters: payload
                .reply_to_message_id
                .map(|message_id| ReplyParameters { message_id, allow_sending_without_reply: true }),
        };
        let sent: Sent = self.call(&self.calling, "sendMessage", &request).await?;
        Ok(sent.message_id)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        client: &Client,
        method: &str,
        request: &impl Serialize,
    ) -> Result<T, CallError> {
        let response = client.post(self.url(method)).json(request).send().await.map_err(|error| {
            let connecting = error.is_connect() || error.is_builder();
            let story = self.scrub(&story(&error.without_url()));
            if connecting { CallError::Connect(story) } else { CallError::Broken(story) }
        })?;
        let status = response.status().as_u16();
        let body = self.body(response, status).await?;
        self.read(status, &body)
    }

    /// Reads the body up to [`MAX_ANSWER_BYTES`].
    async fn body(&self, mut response: Response, status: u16) -> Result<Vec<u8>, CallError> {
        let mut body = Vec::new();
        let broken = |error: reqwest::Error| CallError::Broken(self.scrub(&story(&error.without_url())));
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(CallError::Foreign { status, what: format!("longer than {MAX_ANSWER_BYTES} bytes") });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn read<T: DeserializeOwned>(&self, status: u16, body: &[u8]) -> Result<T, CallError> {
        let foreign = |what: &str| CallError::Foreign { status, what: what.to_owned() };
        let envelope: Envelope = serde_json::from_slice(body).map_err(|_| foreign("no JSON object with `ok`"))?;
        if !envelope.ok {
            let parameters = envelope.parameters.unwrap_or_default();
            return Err(CallError::Refused(Refusal {
                code: envelope.error_code.unwrap_or(status),
                description: self.scrub(&envelope.description.unwrap_or_default()),
                retry_after: parameters.retry_after,
                migrate_to: parameters.migrate_to_chat_id,
            }));
        }
        let result = envelope.result.ok_or_else(|| foreign("`ok` without `result`"))?;
        serde_json::from_str(result.get()).map_err(|_| foreign("`result` has not the promised form"))
    }

    fn url(&self, method: &str) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(&format!("bot{}", self.token.expose_secret())).push(method);
        }
        url
    }

    /// Makes foreign words fit for logs and tickets: one line, bounded, and never the token.
    fn scrub(&self, words: &str) -> String {
        let clean = words.replace(self.token.expose_secret(), "<token>");
        clean.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_DESCRIPTION_CHARS).collect()
    }
}

fn client(base: &Url, timeout: Duration) -> reqwest::ClientBuilder {
    let client = Client::builder()
        .timeout(timeout)
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false);
    // A Bot API server on this machine is not behind the proxy that leads to the outside.
    if is_loopback(base) { client.no_proxy() } else { client }
}

fn is_loopback(base: &Url) -> bool {
    let host = base.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// BotFather's form: the bot's id, a colon, and a secret of URL-safe characters.
fn is_token(token: &str) -> bool {
    token.split_once(':').is_some_and(|(id, secret)| {
        let safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) && !secret.is_empty() && secret.bytes().all(safe)
    })
}

/// Tells an error with its causes, which reqwest's own words leave out.
fn story(error: &reqwest::Error) -> String {
    let mut story = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        write!(story, ": {inner}").expect("writing to a string cannot fail");
        cause = inner.source();
    }
    story
}

#[derive(Serialize)]
struct GetUpdates {
    offset: i64,
    limit: u32,
    timeout: u32,
    allowed_updates: &'static [&'static str],
}

#[derive(Serialize)]
struct SendMessage<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    business_connection_id: Option<&'a str>,
    chat_id: i64,
    text: &'a str,
    link_preview_options: LinkPreviewOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_parameters: Option<ReplyParameters>,
}

#[derive(Serialize)]
struct LinkPreviewOptions {
    is_disabled: bool,
}

#[derive(Serialize)]
struct ReplyParameters {
    message_id: i32,
    allow_sending_without_reply: bool,
}

#[derive(Deserialize)]
struct Sent {
    message_id: i64,
}

/// The frame around every answer (Bot API, "Making requests").
#[derive(Deserialize)]
struct Envelope<'a> {
    ok: bool,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error_code: Option<u16>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Default, Deserialize)]
struct Parameters {
    retry_after: Option<u32>,
    migrate_to_chat_id: Option<i64>,
}
