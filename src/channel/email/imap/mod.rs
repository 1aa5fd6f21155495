//! Receiving mail by IMAP4rev1 (RFC 3501, RFC 9051): one connection per folder, pushed by IDLE, caught up by UID.
//!
//! From the bottom: `wire` counts and caps bytes, `command` knows tags and refusals, `connection` opens and protects,
//! `login` and `session` are the commands we use, `catchup` decides what to fetch and when the mark moves,
//! `reconcile` looks for what was missed, `folder` keeps one folder going, `backoff` and `error` say when and whether to
//! try again. Nothing here changes the mailbox.

mod backoff;
mod catchup;
mod command;
mod connection;
mod error;
mod folder;
mod login;
mod name;
mod reconcile;
pub(super) mod search;
mod session;
mod wire;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32},
};

use futures_util::future::try_join_all;
use rustls::ClientConfig;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::channel::{
    Inbox, ListenError,
    email::{SentFolder, Settings, oauth::OAuthTokens, status::ChannelStatus, tls},
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
    /// What the folders of the account wait for.
    progress: watch::Sender<Progress>,
}

/// How far the account has come in this run.
#[derive(Debug, Clone, Copy)]
struct Progress {
    /// A login has worked. One connection finds out that a password is wrong; the others wait for it.
    logged_in: bool,
    /// Nothing is known to lie unread in the folder for sent mail: it is open and was read, or there is none. What people
    /// answered while we were away has to be known before buyers' mail is looked at.
    sent_read: bool,
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
    let account = Account {
        settings,
        tls,
        tokens,
        status,
        was_in: AtomicBool::new(false),
        refusals: AtomicU32::new(0),
        progress: watch::Sender::new(Progress { logged_in: false, sent_read: settings.imap.sent == SentFolder::Off }),
    };
    let targets = folder::targets(&settings.imap.folders, settings.imap.junk, &settings.imap.sent);
    let kept = targets.iter().enumerate();
    try_join_all(kept.map(|(place, target)| folder::keep(&account, target, place == 0, inbox, stop))).await?;
    Ok(())
}
