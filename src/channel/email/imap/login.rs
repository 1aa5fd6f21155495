//! The login: which mechanism, which bytes. Secrets stay in [`SecretString`] until they reach the stream.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretString};

use crate::channel::email::{
    Login, Secret, echo,
    imap::{command::Commands, error::ImapError},
    oauth::{OAuthTokens, xoauth2},
};

/// Logs in with the best mechanism that both sides know, and learns what the server can do for this user.
pub(super) async fn log_in(commands: &mut Commands, login: &Login, tokens: &OAuthTokens) -> Result<(), ImapError> {
    commands.ask_capabilities().await?;
    match &login.secret {
        Secret::Password(password) => with_password(commands, &login.user, password).await?,
        Secret::OAuth2(_) => with_token(commands, &login.user, tokens).await?,
    }
    // The list before the login is a short one (Dovecot), so it is asked for again.
    commands.ask_capabilities().await
}

async fn with_password(commands: &mut Commands, user: &str, password: &SecretString) -> Result<(), ImapError> {
    let secret = password.expose_secret();
    if commands.can("AUTH=PLAIN") {
        // RFC 4616: no authorization identity, user, password.
        let response = SecretString::from(STANDARD.encode(format!("\0{user}\0{secret}")));
        return authenticate(commands, "PLAIN", response, "*").await.map_err(|error| hidden(error, "", secret));
    }
    if commands.can("LOGINDISABLED") {
        return Err(ImapError::Setup(
            "the server takes no password on this connection (LOGINDISABLED); use tls: implicit or starttls".to_owned(),
        ));
    }
    let (line, answers) = login_command(&[user, secret]);
    commands.log_in(&line, &answers, "*").await.map_err(|error| hidden(error, "", secret))
}

/// Returns the error of a login without what was said in it.
fn hidden(error: ImapError, encoded: &str, plain: &str) -> ImapError {
    let without = |words| echo::without(words, &[encoded], plain);
    match error {
        ImapError::Login { code, words } => ImapError::Login { code, words: without(words) },
        ImapError::Bye { during, words } => ImapError::Bye { during, words: without(words) },
        other => other,
    }
}

/// Returns the LOGIN command and what follows its literals. An argument that no quoted string can carry is announced at
/// the end of a line and sent when the server says go on (a synchronizing literal, RFC 9051 section 4.3).
fn login_command(arguments: &[&str]) -> (SecretString, Vec<SecretString>) {
    let mut lines = vec!["LOGIN".to_owned()];
    for argument in arguments {
        let line = lines.last_mut().expect("the first line is never taken away");
        line.push(' ');
        if let Some(quoted) = quoted(argument) {
            line.push_str(&quoted);
        } else {
            *line = format!("{line}{{{}}}", argument.len());
            lines.push((*argument).to_owned());
        }
    }
    let mut lines = lines.into_iter().map(SecretString::from);
    (lines.next().unwrap_or_default(), lines.collect())
}

async fn with_token(commands: &mut Commands, user: &str, tokens: &OAuthTokens) -> Result<(), ImapError> {
    let token = tokens.token().await?;
    let result = if commands.can("AUTH=XOAUTH2") || !commands.can("AUTH=OAUTHBEARER") {
        // A refusal comes as a challenge first; the empty answer brings the tagged NO.
        authenticate(commands, "XOAUTH2", xoauth2(user, &token), "").await
    } else {
        // RFC 7628 section 3.1, and section 3.2.3 for the answer to a refusal (base64 of 0x01).
        let text = format!("n,a={user},\u{1}auth=Bearer {}\u{1}\u{1}", token.expose_secret());
        authenticate(commands, "OAUTHBEARER", SecretString::from(STANDARD.encode(text)), "AQ==").await
    };
    if let Err(ImapError::Login { .. }) = &result {
        tokens.forget(&token).await;
    }
    result
}

/// Runs AUTHENTICATE with one client response, at once if the server allows it (SASL-IR, RFC 4959).
async fn authenticate(
    commands: &mut Commands,
    mechanism: &str,
    response: SecretString,
    then: &str,
) -> Result<(), ImapError> {
    let (line, answers) = if commands.can("SASL-IR") {
        (format!("AUTHENTICATE {mechanism} {}", response.expose_secret()), vec![])
    } else {
        (format!("AUTHENTICATE {mechanism}"), vec![response.clone()])
    };
    let entered = commands.log_in(&SecretString::from(line), &answers, then).await;
    entered.map_err(|error| hidden(error, response.expose_secret(), ""))
}

/// Returns the text as a quoted string, or none if it holds what only a literal can carry (RFC 9051, quoted).
pub(super) fn quoted(text: &str) -> Option<String> {
    if !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return None;
    }
    Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}
