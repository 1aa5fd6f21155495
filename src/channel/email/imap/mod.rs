//! Receiving mail by IMAP4rev1 (RFC 3501, RFC 9051): one connection per folder, pushed by IDLE, caught up by UID.
//!
//! From the bottom: `wire` counts and caps bytes, `command` knows tags and refusals, `connection` opens and protects,
//! `login` and `session` are the commands we use, `catchup` decides what to fetch and when the mark moves, `folder`
//! keeps one folder going, `backoff` and `error` say when and whether to try again. Nothing here changes the mailbox.

mod backoff;
mod catchup;
mod command;
mod connection;
mod error;
mod folder;
mod login;
pub(super) mod search;
mod session;
mod wire;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32},
};

use futures_util::future::try_join_all;
use rustls::ClientConfig;
use tokio_util::sync::CancellationToken;

use crate::channel::{
    Inbox, ListenError,
    email::{Settings, oauth::OAuthTokens, status::ChannelStatus, tls},
};

/// What all folders of an account share.
#[derive(Debug)]
struct Account<'a> {
    settings: &'a Settings,
    tls: Arc<ClientConfig>,
    tokens: &'a OAuthTokens,
    status: &'a ChannelStatus,
    /// A login has worked in this run.
    was_in: AtomicBool,
    /// Refused logins since the last one that worked, over all folders: the provider counts them together.
    refusals: AtomicU32,
}

/// Reads all folders of the account until told to stop. Returns an error only if people must act; then every folder of
/// the account stops.
pub(super) async fn listen(
    settings: &Settings,
    tokens: &OAuthTokens,
    status: &ChannelStatus,
    inbox: &Inbox,
    stop: &CancellationToken,
) -> Result<(), ListenError> {
    let tls = tls::client_config(settings.imap.ca_file.as_deref())
        .map_err(|error| ListenError::Setup { account: settings.name.clone(), reason: error.to_string() })?;
    let account =
        Account { settings, tls, tokens, status, was_in: AtomicBool::new(false), refusals: AtomicU32::new(0) };
    let targets = folder::targets(&settings.imap.folders, settings.imap.junk);
    try_join_all(targets.iter().map(|target| folder::keep(&account, target, inbox, stop))).await?;
    Ok(())
}
