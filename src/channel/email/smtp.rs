//! One attempt to hand one mail to the submission server (RFC 5321, RFC 6409), with the phase known at every moment.
//!
//! Before the message bytes are written nothing can have been delivered, so everything that goes wrong may be tried
//! again. From then on only the server's reply tells; without one the attempt is uncertain and nobody may repeat it.
//! lettre's transport hides that line, so its connection is driven command by command here. One connection per mail.

use std::{net::IpAddr, time::Duration};

use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
        response::{Response, Severity},
    },
};
use secrecy::ExposeSecret as _;
use tokio::time::timeout;

use crate::{
    channel::{
        PhaseLog,
        email::{Login, Secret, SmtpSettings, TlsMode, oauth::OAuthTokens, verp},
    },
    model::outbound::{MailPayload, Phase, Receipt},
};

/// How long each step may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The TCP connection.
    pub connect: Duration,
    /// One command and its reply; the TLS handshake too.
    pub command: Duration,
    /// The message and the reply to its final dot.
    pub dot: Duration,
}

impl Patience {
    /// RFC 5321 section 4.5.3.2 asks for 10 minutes after the final dot, since giving up early makes duplicates. Its 5
    /// minutes for the other commands only delay a retry, so they are cut to one.
    pub const RFC_5321: Self =
        Self { connect: Duration::from_secs(30), command: Duration::from_mins(1), dot: Duration::from_mins(10) };
}

/// Characters of a server's reply that are kept as proof or reason.
const MAX_REPLY: usize = 500;

/// Makes one attempt. `hello` is the name we give in EHLO: the domain of the sending address.
pub async fn send(
    settings: &SmtpSettings,
    hello: &str,
    mail: &MailPayload,
    phase: &PhaseLog,
    access: &OAuthTokens,
) -> Receipt {
    send_within(settings, hello, mail, phase, access, Patience::RFC_5321).await
}

/// [`send`] with its waiting times given.
pub async fn send_within(
    settings: &SmtpSettings,
    hello: &str,
    mail: &MailPayload,
    phase: &PhaseLog,
    access: &OAuthTokens,
    patience: Patience,
) -> Receipt {
    match prepare(settings, hello, mail, access, patience).await {
        Ok(connection) => transmit(connection, mail, phase, patience).await,
        Err(Refusal::Later(reason)) => Receipt::Retry { reason, after_seconds: None },
        Err(Refusal::Never(reason)) => Receipt::Failed { reason },
    }
}

/// Why a mail was not taken, before anything of it was sent.
enum Refusal {
    /// Another attempt may succeed, or an operator can mend it.
    Later(String),
    /// This mail will not be taken by this server.
    Never(String),
}

/// Everything up to the server's word that it waits for the message.
async fn prepare(
    settings: &SmtpSettings,
    hello: &str,
    mail: &MailPayload,
    access: &OAuthTokens,
    patience: Patience,
) -> Result<AsyncSmtpConnection, Refusal> {
    let mut connection = connect(settings, hello, patience).await?;
    crate::failpoint::reach("mail.connect.after");
    if let Some(login) = &settings.login {
        log_in(&mut connection, login, access, patience).await?;
    }
    let sender = match mail.envelope_from.as_str() {
        "" => None,
        address => Some(envelope_address(address)?),
    };
    let recipient = envelope_address(&mail.envelope_to)?;
    let parameters = mail_parameters(&connection, mail)?;
    crate::failpoint::reach("mail.login.after");
    let taken = command(&mut connection, "MAIL", Mail::new(sender, parameters.clone()), patience).await;
    match (taken, verp::plain(&mail.envelope_from)) {
        // Some providers take no envelope sender but the login's own address; then bounces name no message.
        (Err(Refusal::Never(_)), Some(plain)) => {
            let sender = Some(envelope_address(&plain)?);
            command(&mut connection, "MAIL", Mail::new(sender, parameters), patience).await?;
        }
        (taken, _) => drop(taken?),
    }
    crate::failpoint::reach("mail.sender.after");
    command(&mut connection, "RCPT", Rcpt::new(recipient, Vec::new()), patience).await?;
    crate::failpoint::reach("mail.recipient.after");
    let go_ahead = command(&mut connection, "DATA", Data, patience).await?;
    if !go_ahead.has_code(354) {
        return Err(Refusal::Later(format!("DATA: the server answered {} instead of 354", words(&go_ahead))));
    }
    Ok(connection)
}

async fn connect(settings: &SmtpSettings, hello: &str, patience: Patience) -> Result<AsyncSmtpConnection, Refusal> {
    let place = format!("{}:{}", settings.host, settings.port);
    let hello = ClientId::Domain(hello_name(hello));
    if settings.tls == TlsMode::None && !is_loopback(&settings.host) {
        return Err(Refusal::Later(format!(
            "{place}: sending without TLS is allowed to this machine only; set `tls: implicit` or `tls: starttls`"
        )));
    }
    let tls = match settings.tls {
        TlsMode::None => None,
        TlsMode::Implicit | TlsMode::StartTls => Some(tls_parameters(settings).await?),
    };
    let implicit = if settings.tls == TlsMode::Implicit { tls.clone() } else { None };
    // Connecting, the handshake, the greeting and EHLO are one call of lettre's.
    let limit = patience.connect + 3 * patience.command;
    let opening = AsyncSmtpConnection::connect_tokio1(
        (settings.host.as_str(), settings.port),
        Some(patience.connect),
        &hello,
        implicit,
        None,
    );
    let mut connection = within(limit, opening).await.map_err(|reason| Refusal::Later(format!("{place}: {reason}")))?;
    if settings.tls == TlsMode::StartTls {
        let parameters = tls.ok_or_else(|| Refusal::Later(format!("{place}: no TLS settings")))?;
        // Never goes on in clear: a server that stopped offering STARTTLS is an attack or a mistake (CVE-2021-32066).
        within(3 * patience.command, connection.starttls(parameters, &hello))
            .await
            .map_err(|reason| Refusal::Later(format!("{place}: STARTTLS: {reason}")))?;
    }
    Ok(connection)
}

async fn tls_parameters(settings: &SmtpSettings) -> Result<TlsParameters, Refusal> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.ca_file {
        let refused = |reason: String| Refusal::Later(format!("certificates in {}: {reason}", path.display()));
        let pem = tokio::fs::read(path).await.map_err(|error| refused(error.to_string()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| refused(error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(|error| Refusal::Later(format!("TLS settings: {error}")))
}

/// A refused login is an operator's mistake or a provider's mood; it must not cost the buyer the answer.
async fn log_in(
    connection: &mut AsyncSmtpConnection,
    login: &Login,
    access: &OAuthTokens,
    patience: Patience,
) -> Result<(), Refusal> {
    let user = login.user.clone();
    let refused = |reason: String| Refusal::Later(format!("login as {user}: {reason}"));
    match &login.secret {
        Secret::Password(password) => {
            let credentials = Credentials::new(login.user.clone(), password.expose_secret().to_owned());
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            within(2 * patience.command, connection.auth(&mechanisms, &credentials)).await.map_err(refused)?;
        }
        Secret::OAuth2(_) => {
            let token = access.token().await.map_err(|error| refused(error.to_string()))?;
            let credentials = Credentials::new(login.user.clone(), token.expose_secret().to_owned());
            let attempt = within(2 * patience.command, connection.auth(&[Mechanism::Xoauth2], &credentials)).await;
            if let Err(reason) = attempt {
                access.forget(&token).await;
                return Err(refused(reason));
            }
        }
    }
    Ok(())
}

fn mail_parameters(connection: &AsyncSmtpConnection, mail: &MailPayload) -> Result<Vec<MailParameter>, Refusal> {
    let server = connection.server_info();
    let mut parameters = Vec::new();
    if !mail.envelope_from.is_ascii() || !mail.envelope_to.is_ascii() {
        if !server.supports_feature(Extension::SmtpUtfEight) {
            return Err(Refusal::Never(format!(
                "the server does not take addresses beyond ASCII such as {} (no SMTPUTF8)",
                mail.envelope_to
            )));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !mail.bytes.is_ascii() {
        if !server.supports_feature(Extension::EightBitMime) {
            return Err(Refusal::Never("the server takes no 8-bit mail (no 8BITMIME)".to_owned()));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
}

/// Runs MAIL, RCPT or DATA. A 5xx is the server's last word on this mail, unless it says that the login is missing.
async fn command(
    connection: &mut AsyncSmtpConnection,
    name: &str,
    command: impl std::fmt::Display,
    patience: Patience,
) -> Result<Response, Refusal> {
    match timeout(patience.command, connection.command(command)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) if error.is_permanent() && !is_about_login(&error) => {
            Err(Refusal::Never(format!("{name}: {}", shorten(&full(&error)))))
        }
        Ok(Err(error)) => Err(Refusal::Later(format!("{name}: {}", shorten(&full(&error))))),
        Err(_) => Err(Refusal::Later(format!("{name}: no reply within {} s", patience.command.as_secs()))),
    }
}

/// RFC 4954 section 6: 530 authentication required, 534 too weak, 535 refused, 538 encryption required.
fn is_about_login(error: &Error) -> bool {
    error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538))
}

/// Persists the point of no return, then sends the message and waits for the server's word.
async fn transmit(
    mut connection: AsyncSmtpConnection,
    mail: &MailPayload,
    phase: &PhaseLog,
    patience: Patience,
) -> Receipt {
    crate::failpoint::reach("mail.data.after");
    if let Err(error) = phase.reach(Phase::Dot).await {
        // Dropping the connection in the middle of DATA makes the server forget the message.
        return Receipt::Retry { reason: error.to_string(), after_seconds: None };
    }
    // lettre ends the message with CRLF, dot, CRLF; ours ends with CRLF already.
    let message = mail.bytes.strip_suffix(b"\r\n").unwrap_or(&mail.bytes);
    crate::failpoint::reach("mail.message.before");
    let receipt = match timeout(patience.dot, connection.message(message)).await {
        Ok(Ok(response)) if response.code().severity == Severity::PositiveCompletion => {
            Receipt::Sent { proof: words(&response) }
        }
        Ok(Ok(response)) => {
            Receipt::Uncertain { reason: format!("after the message the server answered {}", words(&response)) }
        }
        Ok(Err(error)) if error.is_transient() => {
            Receipt::Retry { reason: format!("message: {}", shorten(&full(&error))), after_seconds: None }
        }
        Ok(Err(error)) if error.is_permanent() => {
            Receipt::Failed { reason: format!("message: {}", shorten(&full(&error))) }
        }
        Ok(Err(error)) => Receipt::Uncertain { reason: format!("no clear reply to the message: {}", full(&error)) },
        Err(_) => Receipt::Uncertain { reason: format!("no reply to the message within {} s", patience.dot.as_secs()) },
    };
    crate::failpoint::reach("mail.reply.after");
    if matches!(receipt, Receipt::Sent { .. } | Receipt::Failed { .. } | Receipt::Retry { .. }) {
        // Courtesy only: the outcome is known.
        let _quit = timeout(Duration::from_secs(2), connection.quit()).await;
    }
    receipt
}

async fn within<T>(limit: Duration, step: impl Future<Output = Result<T, Error>>) -> Result<T, String> {
    match timeout(limit, step).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(shorten(&full(&error))),
        Err(_) => Err(format!("no reply within {} s", limit.as_secs())),
    }
}

/// The error with its causes, which lettre's Display leaves out for some kinds.
fn full(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

fn words(response: &Response) -> String {
    let lines: Vec<&str> = response.message().collect();
    shorten(&format!("{} {}", response.code(), lines.join(" ")))
}

fn shorten(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_REPLY).collect()
}

fn envelope_address(address: &str) -> Result<Address, Refusal> {
    let refused = || Refusal::Never(format!("`{address}` is not an address"));
    if address.chars().any(|c| c.is_control() || matches!(c, '<' | '>')) {
        return Err(refused());
    }
    let (local, domain) = address.rsplit_once('@').ok_or_else(refused)?;
    let is_quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    match Address::new(local, domain) {
        Ok(address) => Ok(address),
        // Quoted by `compose`, which has checked what is inside.
        Err(_) if is_quoted && !domain.contains(char::is_whitespace) => Ok(Address::new_dangerous(local, domain)),
        Err(_) => Err(refused()),
    }
}

fn hello_name(hello: &str) -> String {
    let is_name = !hello.is_empty() && hello.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    if is_name { hello.to_owned() } else { "localhost".to_owned() }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
