//! A mail account as tests need it.

use std::path::PathBuf;

use nightdesk::{
    channel::email::{EnvelopeSender, ImapSettings, Login, Secret, SentFolder, Settings, SmtpSettings, TlsMode},
    model::ids::AccountName,
};
use secrecy::SecretString;

/// The password of every account here.
pub(crate) const PASSWORD: &str = "secret";

/// Returns an account that reads INBOX at this address without TLS.
pub(crate) fn account(user: &str, port: u16) -> Settings {
    let login = Login { user: user.to_owned(), secret: Secret::Password(SecretString::from(PASSWORD)) };
    Settings {
        name: AccountName::new("shop"),
        address: user.to_owned(),
        display_name: "Shop".to_owned(),
        aliases: Vec::new(),
        imap: ImapSettings {
            host: "127.0.0.1".to_owned(),
            port,
            tls: TlsMode::None,
            login: login.clone(),
            folders: vec!["INBOX".to_owned()],
            junk: false,
            sent: SentFolder::Off,
            ca_file: None,
            poll_seconds: 60,
            max_message_bytes: 1_000_000,
        },
        smtp: SmtpSettings {
            host: "127.0.0.1".to_owned(),
            port: 25,
            tls: TlsMode::None,
            login: Some(login),
            ca_file: None,
        },
        envelope_sender: EnvelopeSender::Verp,
    }
}

/// Returns the account over TLS, trusting the certificate in this file.
pub(crate) fn over_tls(mut settings: Settings, tls: TlsMode, port: u16, ca_file: PathBuf) -> Settings {
    settings.imap.tls = tls;
    settings.imap.port = port;
    settings.imap.ca_file = Some(ca_file);
    settings
}
