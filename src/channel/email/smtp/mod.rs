//! One attempt to hand one mail to the submission server (RFC 5321, RFC 6409), with the phase known at every moment.
//!
//! The message goes out without its end, then the phase is written down, then the end: five bytes. Before them nothing
//! can have been delivered, so everything that goes wrong may be tried again; from then on only the server's reply tells,
//! and without one the attempt is uncertain and nobody may repeat it. `docs/decisions.md` says why this is no library's
//! client. One connection per mail.

pub mod reply;

mod hello;
mod login;
mod message;
mod wire;

use std::{sync::Arc, time::Duration};

use rustls::ClientConfig;
use tokio::{net::TcpStream, time::timeout};

use crate::{
    channel::{
        PhaseLog,
        email::{
            SmtpSettings, TlsMode,
            oauth::OAuthTokens,
            smtp::{
                hello::Server,
                reply::{Meaning, Reply, Step, judge, shorten},
                wire::{Wire, WireError},
            },
            tls, verp,
        },
    },
    failpoint,
    model::outbound::{Concern, MailPayload, Phase, Receipt},
};

/// How long each step may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The TCP connection.
    pub connect: Duration,
    /// One command and its reply; the TLS handshake too.
    pub command: Duration,
    /// One piece of the message until the system has taken it.
    pub block: Duration,
    /// Everything before the final dot together.
    pub before_dot: Duration,
    /// The reply to the final dot.
    pub dot: Duration,
}

impl Patience {
    /// RFC 5321 section 4.5.3.2 asks for 10 minutes after the final dot, since giving up early makes duplicates, and for 3
    /// minutes per block. Its 5 minutes for the other commands only delay a retry, so they are cut to one. All together
    /// end after a quarter of an hour: a server that answers each command just in time must not hold up the account.
    pub const RFC_5321: Self = Self {
        connect: Duration::from_secs(30),
        command: Duration::from_mins(1),
        block: Duration::from_mins(3),
        before_dot: Duration::from_mins(15),
        dot: Duration::from_mins(10),
    };
}

/// Time for a goodbye; the outcome is known by then.
const QUIT: Duration = Duration::from_secs(2);

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
    let prepared = timeout(patience.before_dot, prepare(settings, hello, mail, access, patience)).await;
    let end = match prepared {
        Ok(Ok(wire)) => finish(wire, phase, patience).await,
        Ok(Err(end)) => Err(end),
        Err(_) => Err(End::later(
            Concern::Account,
            format!("the server took more than {} s and had not got the message", patience.before_dot.as_secs()),
        )),
    };
    end.map_or_else(End::receipt, |reply| Receipt::Sent { proof: reply.words() })
}

/// How an attempt ended without the server's word that it has the message.
enum End {
    /// Another attempt may succeed, or an operator can mend it.
    Later(Concern, String),
    /// This mail will not be taken by this server.
    Never(String),
    /// The end of the message may have arrived.
    Uncertain(String),
}

impl End {
    fn later(concerns: Concern, reason: impl Into<String>) -> Self {
        Self::Later(concerns, reason.into())
    }

    /// Returns how a reply ends the attempt, or the reply if it does not. Not for the final dot's.
    fn by(step: Step, name: &str, reply: Reply) -> Result<Reply, Self> {
        let words = || format!("{name}: {}", reply.words());
        match judge(step, &reply) {
            Meaning::Good => Ok(reply),
            Meaning::Later(concerns) => Err(Self::Later(concerns, words())),
            Meaning::Login => Err(Self::Later(Concern::Account, words())),
            Meaning::Never => Err(Self::Never(words())),
            Meaning::Odd => Err(Self::Later(step.concern(), format!("{name}: the server answered {}", reply.words()))),
        }
    }

    fn receipt(self) -> Receipt {
        match self {
            Self::Later(concerns, reason) => Receipt::Retry { reason: shorten(&reason), after_seconds: None, concerns },
            Self::Never(reason) => Receipt::Failed { reason: shorten(&reason) },
            Self::Uncertain(reason) => Receipt::Uncertain { reason: shorten(&reason) },
        }
    }
}

/// Everything up to the end of the message, without it.
async fn prepare(
    settings: &SmtpSettings,
    hello: &str,
    mail: &MailPayload,
    access: &OAuthTokens,
    patience: Patience,
) -> Result<Wire, End> {
    let (mut wire, server) = open(settings, hello, patience).await?;
    failpoint::reach("mail.connect.after");
    if let Some(login) = &settings.login {
        // A refused login is an operator's mistake or a provider's mood; it must not cost the buyer the answer.
        let entered = login::log_in(&mut wire, &server, login, access, patience.command).await;
        entered.map_err(|reason| End::later(Concern::Account, reason))?;
        failpoint::reach("mail.login.after");
    }
    envelope(&mut wire, &server, mail, patience).await?;
    let body = message::stuffed(&mail.bytes);
    failpoint::reach("mail.message.before");
    wire.write(&body, patience.block).await.map_err(|error| broken("message", &error))?;
    failpoint::reach("mail.message.after");
    Ok(wire)
}

/// Connects, protects, and says hello.
async fn open(settings: &SmtpSettings, hello: &str, patience: Patience) -> Result<(Wire, Server), End> {
    let place = format!("{}:{}", settings.host, settings.port);
    let away = |error: WireError| End::later(Concern::Account, format!("{place}: {error}"));
    if settings.tls == TlsMode::None && !wire::is_loopback(&settings.host) {
        return Err(End::later(
            Concern::Account,
            format!(
                "{place}: sending without TLS is allowed to this machine only; set `tls: implicit` or `tls: starttls`"
            ),
        ));
    }
    // Read anew for each mail, so that a renewed certificate needs no restart; and first, so that what only a person can
    // mend is told from a server that is away.
    let config = tls::client_config(settings.ca_file.as_deref());
    let config = config.map_err(|error| End::later(Concern::Account, format!("{place}: {error}")))?;
    let stream = Wire::connect(&settings.host, settings.port, patience.connect).await.map_err(away)?;
    let mut wire = match settings.tls {
        TlsMode::None => Wire::clear(stream),
        TlsMode::Implicit => Wire::protected(stream, &settings.host, config, patience.command).await.map_err(away)?,
        TlsMode::StartTls => return start_tls(stream, config, settings, hello, patience).await,
    };
    greeting(&mut wire, &place, patience).await?;
    let server = greet(&mut wire, &place, hello, patience).await?;
    Ok((wire, server))
}

async fn greeting(wire: &mut Wire, place: &str, patience: Patience) -> Result<(), End> {
    let reply = wire.reply(patience.command).await;
    let reply = reply.map_err(|error| End::later(Concern::Account, format!("{place}: {error}")))?;
    End::by(Step::Greeting, place, reply).map(drop)
}

async fn greet(wire: &mut Wire, place: &str, hello: &str, patience: Patience) -> Result<Server, End> {
    let reply = wire.command(&format!("EHLO {}", hello::name(hello)), patience.command).await;
    let reply = reply.map_err(|error| End::later(Concern::Account, format!("{place}: EHLO: {error}")))?;
    End::by(Step::Hello, place, reply).map(|reply| Server::read(&reply))
}

/// Never goes on in clear: a server that stopped offering STARTTLS is an attack or a mistake (CVE-2021-32066). What it
/// said before TLS is forgotten.
async fn start_tls(
    stream: TcpStream,
    config: Arc<ClientConfig>,
    settings: &SmtpSettings,
    hello: &str,
    patience: Patience,
) -> Result<(Wire, Server), End> {
    let place = format!("{}:{}", settings.host, settings.port);
    let name = format!("{place}: STARTTLS");
    let away = |error: WireError| End::later(Concern::Account, format!("{name}: {error}"));
    let mut clear = Wire::clear(stream);
    greeting(&mut clear, &place, patience).await?;
    let offered = greet(&mut clear, &place, hello, patience).await?;
    if !offered.offers("STARTTLS") {
        return Err(End::later(Concern::Account, format!("{name}: the server does not offer it")));
    }
    let reply = clear.command("STARTTLS", patience.command).await.map_err(away)?;
    End::by(Step::StartTls, &name, reply)?;
    let stream = clear.into_stream().map_err(away)?;
    let mut wire = Wire::protected(stream, &settings.host, config, patience.command).await.map_err(away)?;
    let server = greet(&mut wire, &place, hello, patience).await?;
    Ok((wire, server))
}

/// MAIL, RCPT and DATA.
async fn envelope(wire: &mut Wire, server: &Server, mail: &MailPayload, patience: Patience) -> Result<(), End> {
    let parameters = message::parameters(server, mail, mail.bytes.len()).map_err(End::Never)?;
    let checked = |address: &str| message::address(address).map(drop).ok_or_else(|| no_address(address));
    checked(&mail.envelope_to)?;
    let mut sender = mail.envelope_from.clone();
    if !sender.is_empty() {
        checked(&sender)?;
    }
    let mut taken = run(wire, Step::Mail, "MAIL", &format!("MAIL FROM:<{sender}>{parameters}"), patience).await;
    if let (Err(End::Never(_)), Some(plain)) = (&taken, verp::plain(&sender)) {
        // Some providers take no envelope sender but the login's own address; then bounces name no message.
        sender = plain;
        checked(&sender)?;
        taken = run(wire, Step::Mail, "MAIL", &format!("MAIL FROM:<{sender}>{parameters}"), patience).await;
    }
    taken?;
    failpoint::reach("mail.sender.after");
    run(wire, Step::Rcpt, "RCPT", &format!("RCPT TO:<{}>", mail.envelope_to), patience).await?;
    failpoint::reach("mail.recipient.after");
    run(wire, Step::Data, "DATA", "DATA", patience).await?;
    failpoint::reach("mail.data.after");
    Ok(())
}

async fn run(wire: &mut Wire, step: Step, name: &str, line: &str, patience: Patience) -> Result<Reply, End> {
    let reply = wire.command(line, patience.command).await.map_err(|error| broken(name, &error))?;
    End::by(step, name, reply)
}

/// A connection that breaks within one message's envelope may well be about this message.
fn broken(name: &str, error: &WireError) -> End {
    End::later(Concern::Message, format!("{name}: {error}"))
}

fn no_address(address: &str) -> End {
    End::Never(format!("`{address}` is not an address"))
}

/// Persists the point of no return, ends the message and waits for the server's word. Dropping the connection before the
/// end makes the server forget the message.
async fn finish(mut wire: Wire, phase: &PhaseLog, patience: Patience) -> Result<Reply, End> {
    phase.reach(Phase::Dot).await.map_err(|error| End::later(Concern::Message, error.to_string()))?;
    // Whatever the server has said by now is not about the whole message, and a reply to that must not be taken for it.
    if let Some(reply) = wire.spoken().await.map_err(|error| broken("message", &error))? {
        return End::by(Step::Body, "message", reply);
    }
    failpoint::reach("mail.dot.before");
    let answered = async {
        wire.write(message::FINAL_DOT, patience.block).await?;
        failpoint::reach("mail.dot.after");
        wire.reply(patience.dot).await
    };
    let reply = answered.await.map_err(|error| match error {
        WireError::Silent(_) => End::Uncertain(format!("no reply to the message within {} s", patience.dot.as_secs())),
        error => End::Uncertain(format!("no clear reply to the message: {error}")),
    })?;
    failpoint::reach("mail.reply.after");
    let end = match judge(Step::Dot, &reply) {
        Meaning::Odd => Err(End::Uncertain(format!("after the message the server answered {}", reply.words()))),
        _ => End::by(Step::Dot, "message", reply),
    };
    if !matches!(end, Err(End::Uncertain(_))) {
        // Courtesy only: the outcome is known.
        drop(timeout(QUIT, wire.command("QUIT", QUIT)).await);
    }
    end
}
