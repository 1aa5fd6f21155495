//! Mail: IMAP in, SMTP out, and the parse and compose between them.
//!
//! This file holds what a mail account is made of and the [`EmailChannel`] over it. Protocols live in `imap/` and
//! `smtp/`; neither knows the other.

pub mod addresses;
pub mod compose;
pub mod echo;
pub mod flatten;
pub mod headers;
pub mod ids;
pub mod imap;
pub mod oauth;
pub mod original;
pub mod parse;
pub mod profile;
pub mod report;
pub mod smtp;
pub mod status;
pub mod structure;
pub mod tls;
pub mod verp;

use std::{path::PathBuf, sync::Arc};

use secrecy::{ExposeSecret as _, SecretString};
use tokio_util::sync::CancellationToken;

use crate::{
    channel::{
        Channel, Inbox, ListenError, PhaseLog,
        email::{oauth::OAuthTokens, status::ChannelStatus},
    },
    model::{
        ids::AccountName,
        outbound::{MailPayload, Outbound, Payload, Receipt, Verification},
    },
};

/// One mail account.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The account's name in the configuration.
    pub name: AccountName,
    /// The shop's address, the one in `From`.
    pub address: String,
    /// The shop's name, the one in `From`.
    pub display_name: String,
    /// Other addresses whose mail ends in this mailbox.
    pub aliases: Vec<String>,
    /// Where mail comes from.
    pub imap: ImapSettings,
    /// Where mail goes.
    pub smtp: SmtpSettings,
    /// What stands in `MAIL FROM`.
    pub envelope_sender: EnvelopeSender,
}

/// How to read the mailbox.
#[derive(Debug, Clone)]
pub struct ImapSettings {
    /// Host name or address; the certificate must name it.
    pub host: String,
    /// Port, usually 993.
    pub port: u16,
    /// How the connection is protected.
    pub tls: TlsMode,
    /// Who logs in.
    pub login: Login,
    /// Folders to read, as people write them; one connection each.
    pub folders: Vec<String>,
    /// The folder with the `\Junk` attribute is recorded as well.
    pub junk: bool,
    /// Where the mailbox keeps what people send.
    pub sent: SentFolder,
    /// Certificates (PEM) to trust beside Mozilla's roots.
    pub ca_file: Option<PathBuf>,
    /// How often to look where the server cannot push, in seconds.
    pub poll_seconds: u32,
    /// Of larger messages only the header is fetched.
    pub max_message_bytes: u64,
}

/// Where the mailbox keeps what people send with their mail program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SentFolder {
    /// In the folder with the `\Sent` attribute.
    #[default]
    Auto,
    /// In this one.
    Named(String),
    /// It is not read: people's own answers are not noticed.
    Off,
}

/// How to send.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Host name or address; the certificate must name it.
    pub host: String,
    /// Port, usually 465 or 587.
    pub port: u16,
    /// How the connection is protected.
    pub tls: TlsMode,
    /// Who logs in; none for a relay that knows us by address.
    pub login: Option<Login>,
    /// Certificates (PEM) to trust beside Mozilla's roots.
    pub ca_file: Option<PathBuf>,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// TLS from the first byte.
    Implicit,
    /// TLS by command, before anything else is said; never skipped if the server does not offer it.
    StartTls,
    /// No protection: refused unless the host is a loopback address.
    None,
}

/// Who logs in and how.
#[derive(Debug, Clone)]
pub struct Login {
    /// User name, often the address.
    pub user: String,
    /// The proof.
    pub secret: Secret,
}

impl Login {
    /// Says whether both live on one refresh token.
    fn shares_token(&self, other: &Self) -> bool {
        let (Secret::OAuth2(one), Secret::OAuth2(two)) = (&self.secret, &other.secret) else { return false };
        one.token_url == two.token_url
            && one.client_id == two.client_id
            && one.refresh_token.expose_secret() == two.refresh_token.expose_secret()
    }
}

/// What proves a login.
#[derive(Debug, Clone)]
pub enum Secret {
    /// A password or app password.
    Password(SecretString),
    /// Access tokens, refreshed as they expire.
    OAuth2(OAuth2),
}

/// Where access tokens come from (RFC 6749 section 6).
#[derive(Debug, Clone)]
pub struct OAuth2 {
    /// The token endpoint; `https`, or `http` on a loopback address.
    pub token_url: String,
    /// Client identifier.
    pub client_id: String,
    /// Client secret; public clients have none.
    pub client_secret: Option<SecretString>,
    /// The refresh token of the mailbox's owner.
    pub refresh_token: SecretString,
    /// The file it was read from; a token that replaces it is written there.
    pub refresh_token_file: Option<PathBuf>,
    /// Scope, if the provider wants it repeated.
    pub scope: Option<String>,
}

/// What stands in `MAIL FROM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EnvelopeSender {
    /// `local+b<key>@domain`, so that a bounce names the message.
    #[default]
    Verp,
    /// The null sender: no bounce ever comes back.
    Null,
    /// The shop's own address.
    Same,
}

/// A mailbox and the way to answer from it.
#[derive(Debug)]
pub struct EmailChannel {
    settings: Settings,
    incoming: Arc<OAuthTokens>,
    outgoing: Arc<OAuthTokens>,
    status: Arc<ChannelStatus>,
}

impl EmailChannel {
    /// Returns the channel; nothing is opened before [`Channel::listen`] or [`Channel::send`].
    pub fn new(settings: Settings) -> Self {
        let incoming = Arc::new(OAuthTokens::for_login(Some(&settings.imap.login)));
        // A provider that replaces refresh tokens takes each only once: two holders of one would lock each other out.
        let outgoing = match &settings.smtp.login {
            Some(login) if login.shares_token(&settings.imap.login) => Arc::clone(&incoming),
            login => Arc::new(OAuthTokens::for_login(login.as_ref())),
        };
        Self { settings, incoming, outgoing, status: Arc::default() }
    }

    /// Makes one attempt to send a mail, as [`Channel::send`] does.
    pub async fn post(&self, mail: &MailPayload, phase: &PhaseLog) -> Receipt {
        let hello = self.settings.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        smtp::send(&self.settings.smtp, hello, mail, phase, &self.outgoing).await
    }

    /// Returns how the folders of this account are doing.
    pub fn status(&self) -> Arc<ChannelStatus> {
        Arc::clone(&self.status)
    }
}

impl Channel for EmailChannel {
    fn name(&self) -> &AccountName {
        &self.settings.name
    }

    async fn listen(&self, inbox: Inbox, stop: CancellationToken) -> Result<(), ListenError> {
        imap::listen(&self.settings, &self.incoming, &self.status, &inbox, &stop).await
    }

    async fn send(&self, outbound: &Outbound, phase: &PhaseLog) -> Receipt {
        let Payload::Mail(mail) = &outbound.payload else {
            return Receipt::Failed { reason: "a mail account can send mail only".to_owned() };
        };
        self.post(mail, phase).await
    }

    async fn verify(&self, message_id: &str) -> Verification {
        imap::search::sent(&self.settings.imap, &self.incoming, imap::search::Field::MessageId, message_id).await
    }

    async fn answered(&self, message_id: &str) -> Verification {
        imap::search::sent(&self.settings.imap, &self.incoming, imap::search::Field::InReplyTo, message_id).await
    }
}
