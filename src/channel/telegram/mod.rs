//! Telegram: private chats with the shop's bot, text in and out.
//!
//! Own long polling instead of teloxide's dispatcher, which confirms updates before they are handled: here the raw JSON
//! of each update is stored and committed first, and only then does the offset move. Menus, buttons, take-over in
//! business chats and the staff group belong to later forms; their updates are already asked for and stored.
//!
//! The bot's token is part of every URL, so no URL is ever logged or put into an error.

pub mod compose;
pub mod parse;

mod api;
mod content;
mod poll;
mod send;

use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use crate::{
    channel::{Channel, Inbox, ListenError, PhaseLog, telegram::api::Api},
    model::{
        ids::AccountName,
        outbound::{Concern, Outbound, Payload, Receipt, Verification},
    },
};

/// One bot, as configured.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The account's name in the configuration.
    pub name: AccountName,
    /// The token that BotFather gave.
    pub token: SecretString,
    /// A self-hosted Bot API server; none for Telegram's own.
    pub api_url: Option<String>,
    /// How long one `getUpdates` waits for news, in seconds.
    pub poll_seconds: u32,
}

/// The channel of one bot.
#[derive(Debug)]
pub struct TelegramChannel {
    name: AccountName,
    poll_seconds: u32,
    api: Result<Api, api::SetupError>,
}

impl TelegramChannel {
    /// Prepares the channel; opens no connection. Settings that cannot work are reported by `listen`.
    pub fn new(settings: Settings) -> Self {
        let api = Api::new(&settings);
        Self { name: settings.name, poll_seconds: settings.poll_seconds, api }
    }
}

impl Channel for TelegramChannel {
    fn name(&self) -> &AccountName {
        &self.name
    }

    async fn listen(&self, inbox: Inbox, stop: CancellationToken) -> Result<(), ListenError> {
        let api = self
            .api
            .as_ref()
            .map_err(|error| ListenError::Setup { account: self.name.clone(), reason: error.to_string() })?;
        // Dropping the loop at any point is safe: what was not committed is handed out again by Telegram, what was
        // committed but not confirmed is recognised by its key.
        tokio::select! {
            () = stop.cancelled() => Ok(()),
            error = poll::run(api, &self.name, self.poll_seconds, &inbox) => Err(error),
        }
    }

    async fn send(&self, outbound: &Outbound, phase: &PhaseLog) -> Receipt {
        let Payload::Telegram(payload) = &outbound.payload else {
            return Receipt::Failed { reason: format!("{}: a bot cannot send a mail", self.name) };
        };
        match &self.api {
            Ok(api) => send::attempt(api, payload, phase).await,
            Err(error) => Receipt::Retry { reason: error.to_string(), after_seconds: None, concerns: Concern::Account },
        }
    }

    async fn answered(&self, _message_id: &str) -> Verification {
        Verification::Unknown { reason: "the Bot API cannot be asked what was answered".to_owned() }
    }

    async fn verify(&self, _message_id: &str) -> Verification {
        Verification::Unknown { reason: "the Bot API cannot be asked for a message by what it was".to_owned() }
    }
}
