//! AUTH (RFC 4954) with PLAIN, LOGIN or XOAUTH2. Never before TLS, except on this machine. Secrets stay in
//! [`SecretString`] until they reach the stream; an error never holds them.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretString};

use crate::channel::email::{
    Login, Secret, echo,
    oauth::{OAuthTokens, xoauth2},
    smtp::{
        hello::Server,
        reply::{Meaning, Reply, Step, judge},
        wire::{Wire, WireError},
    },
};

/// Logs in; an error is what to tell people, with the user's name in front.
pub(super) async fn log_in(
    wire: &mut Wire,
    server: &Server,
    login: &Login,
    access: &OAuthTokens,
    limit: Duration,
) -> Result<(), String> {
    let refused = |reason: String| format!("login as {}: {reason}", login.user);
    let (reply, said) = match &login.secret {
        Secret::Password(password) => {
            let reply = with_password(wire, server, &login.user, password, limit).await;
            (reply, (plain(&login.user, password), password.clone()))
        }
        Secret::OAuth2(_) => {
            let token = access.token().await.map_err(|error| refused(error.to_string()))?;
            let reply = with_token(wire, &login.user, &token, limit).await;
            if !reply.as_ref().is_ok_and(is_in) {
                access.forget(&token).await;
            }
            (reply, (xoauth2(&login.user, &token), token))
        }
    };
    let words = match reply {
        Ok(reply) if is_in(&reply) => return Ok(()),
        Ok(reply) => reply.words(),
        Err(error) => error.to_string(),
    };
    let (response, secret) = (said.0.expose_secret(), said.1.expose_secret());
    Err(refused(echo::without(words, &[response, &STANDARD.encode(secret)], secret)))
}

/// RFC 4616: no authorization identity, user, password.
fn plain(user: &str, password: &SecretString) -> SecretString {
    SecretString::from(STANDARD.encode(format!("\0{user}\0{}", password.expose_secret())))
}

fn is_in(reply: &Reply) -> bool {
    judge(Step::Login, reply) == Meaning::Good
}

async fn with_password(
    wire: &mut Wire,
    server: &Server,
    user: &str,
    password: &SecretString,
    limit: Duration,
) -> Result<Reply, WireError> {
    if server.can_log_in_by("PLAIN") {
        return wire.command(&format!("AUTH PLAIN {}", plain(user, password).expose_secret()), limit).await;
    }
    if !server.can_log_in_by("LOGIN") {
        let offered = server.mechanisms.join(", ");
        let offered = if offered.is_empty() { "no login at all".to_owned() } else { format!("{offered} only") };
        return Err(WireError::Protocol(format!(
            "the server offers {offered}; a password needs PLAIN or LOGIN, which many servers offer under TLS only"
        )));
    }
    let mut reply = wire.command("AUTH LOGIN", limit).await?;
    for answer in [user, password.expose_secret()] {
        if reply.code != 334 {
            break;
        }
        reply = wire.command(&STANDARD.encode(answer), limit).await?;
    }
    Ok(reply)
}

async fn with_token(wire: &mut Wire, user: &str, token: &SecretString, limit: Duration) -> Result<Reply, WireError> {
    let response = xoauth2(user, token);
    let reply = wire.command(&format!("AUTH XOAUTH2 {}", response.expose_secret()), limit).await?;
    if reply.code == 334 {
        // A refusal comes as a challenge first; the empty answer brings the final word.
        return wire.command("", limit).await;
    }
    Ok(reply)
}
