//! What can go wrong with one connection, and what that means for the next.

use std::io;

use crate::channel::{InboxError, email::oauth::OAuthError};

/// Longest piece of a server's text that is shown to people.
const MAX_WORDS: usize = 200;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum ImapError {
    /// No connection.
    #[error("cannot connect to {host}:{port}: {source}")]
    Connect {
        /// Host of the settings.
        host: String,
        /// Port of the settings.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// No trust.
    #[error("cannot agree on TLS with {host}: {source}")]
    Tls {
        /// Host of the settings.
        host: String,
        /// What rustls says.
        source: io::Error,
    },
    /// Nothing came for too long.
    #[error("the server did not answer {0} in time")]
    Timeout(&'static str),
    /// The stream ended.
    #[error("the server closed the connection during {0}")]
    Closed(&'static str),
    /// The stream broke.
    #[error("the connection broke during {during}: {source}")]
    Io {
        /// The command.
        during: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The server said goodbye.
    #[error("the server said goodbye during {during}: {words}")]
    Bye {
        /// The command.
        during: &'static str,
        /// Its words.
        words: String,
    },
    /// A tagged NO or BAD.
    #[error("the server refused {command}: {words}")]
    Refused {
        /// The command.
        command: &'static str,
        /// The response code (RFC 5530), upper case, without arguments.
        code: Option<String>,
        /// Its words, code included.
        words: String,
    },
    /// The login was refused; kept apart from other refusals because it must not be repeated for ever.
    #[error("the server refused the login: {words}")]
    Login {
        /// The response code, upper case.
        code: Option<String>,
        /// Its words, code included.
        words: String,
    },
    /// Not IMAP, or not an answer to what was asked.
    #[error("the server broke the protocol during {during}: {what}")]
    Protocol {
        /// The command.
        during: &'static str,
        /// What was seen.
        what: String,
    },
    /// The settings cannot work with this server.
    #[error("{0}")]
    Setup(String),
    /// No access token.
    #[error(transparent)]
    OAuth(#[from] OAuthError),
    /// The messages could not be stored.
    #[error(transparent)]
    Store(#[from] InboxError),
}

/// What follows from an error.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Consequence {
    /// Connect again later.
    Again,
    /// The login was refused: connect again, but only a few times.
    LoginRefused,
    /// The login can never work.
    LoginHopeless,
    /// People must change the settings.
    Setup,
}

impl ImapError {
    /// Returns what follows. `was_in` says that a login with these credentials has worked before in this run: then a
    /// refusal without a clear code is taken for a passing trouble of the server.
    pub(super) fn consequence(&self, was_in: bool) -> Consequence {
        match self {
            Self::Setup(_) | Self::OAuth(OAuthError::Setup(_)) => Consequence::Setup,
            Self::OAuth(OAuthError::Refused { .. }) => Consequence::LoginHopeless,
            Self::Login { code, .. } => match code.as_deref() {
                Some("UNAVAILABLE" | "LIMIT" | "INUSE" | "SERVERBUG") => Consequence::Again,
                Some("AUTHENTICATIONFAILED" | "AUTHORIZATIONFAILED" | "EXPIRED") => Consequence::LoginRefused,
                _ if was_in => Consequence::Again,
                _ => Consequence::LoginRefused,
            },
            _ => Consequence::Again,
        }
    }

    /// Says whether this is a refusal with the given response code.
    pub(super) fn is_refusal(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { code: Some(code), .. } if code == wanted)
    }
}

/// Returns a server's text fit for a log line: one line, without control characters, not too long.
pub(super) fn words(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect();
    if clean.is_empty() { "no reason given".to_owned() } else { clean }
}
