//! From a host name to a greeted, protected connection. No credential is sent from here.

use std::{net::IpAddr, sync::Arc, time::Duration};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use crate::channel::email::{
    ImapSettings, TlsMode,
    imap::{
        command::Commands,
        error::{ImapError, words},
        wire::{Stream, Wire},
    },
};

/// Time for TCP, and again for TLS: longer than a lost packet's third retry.
const CONNECT: Duration = Duration::from_secs(15);

/// Time for a greeting and for the answer to STARTTLS.
const GREETING: Duration = Duration::from_secs(15);

/// A message's size on the server may be an estimate (Exchange); this much more is still accepted in one literal.
const LITERAL_SLACK: u64 = 1024 * 1024;

/// Longest line before TLS; a greeting has a few hundred bytes.
const MAX_CLEAR_LINE: u64 = 8 * 1024;

/// Lines a server may send before its answer to STARTTLS.
const MAX_CLEAR_LINES: usize = 20;

/// A connection that was greeted.
pub(super) struct Opened {
    /// The command layer over it.
    pub(super) commands: Commands,
    /// The server took us for logged in already (`PREAUTH`).
    pub(super) preauthenticated: bool,
}

/// Opens a connection as the settings want it.
pub(super) async fn open(settings: &ImapSettings, tls: &Arc<ClientConfig>) -> Result<Opened, ImapError> {
    if settings.tls == TlsMode::None && !is_loopback(&settings.host) {
        return Err(ImapError::Setup(format!(
            "tls: none would send the password in clear to {}; use implicit (port 993) or starttls (port 143)",
            settings.host
        )));
    }
    let tcp = connect(settings).await?;
    let max_literal = settings.max_message_bytes.saturating_add(LITERAL_SLACK);
    let (stream, greeted) = match settings.tls {
        TlsMode::Implicit => (Stream::Tls(Box::new(handshake(settings, tls, tcp).await?)), false),
        TlsMode::StartTls => {
            let tcp = timeout(GREETING, start_tls(tcp)).await.map_err(|_| ImapError::Timeout("STARTTLS"))??;
            (Stream::Tls(Box::new(handshake(settings, tls, tcp).await?)), true)
        }
        TlsMode::None => (Stream::Plain(tcp), false),
    };
    let mut commands = Commands::new(Wire::new(stream, max_literal));
    let preauthenticated = if greeted { false } else { commands.greeting(GREETING).await? };
    Ok(Opened { commands, preauthenticated })
}

/// Says whether a host is this machine, by name or address.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

async fn connect(settings: &ImapSettings) -> Result<TcpStream, ImapError> {
    let failed = |source| ImapError::Connect { host: settings.host.clone(), port: settings.port, source };
    let tcp = timeout(CONNECT, TcpStream::connect((settings.host.as_str(), settings.port)))
        .await
        .map_err(|elapsed| failed(elapsed.into()))?
        .map_err(failed)?;
    tcp.set_nodelay(true).map_err(failed)?;
    Ok(tcp)
}

async fn handshake(
    settings: &ImapSettings,
    tls: &Arc<ClientConfig>,
    tcp: TcpStream,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, ImapError> {
    let name = ServerName::try_from(settings.host.clone())
        .map_err(|_| ImapError::Setup(format!("{} is neither a host name nor an address", settings.host)))?;
    let failed = |source| ImapError::Tls { host: settings.host.clone(), source };
    timeout(CONNECT, TlsConnector::from(Arc::clone(tls)).connect(name, tcp))
        .await
        .map_err(|elapsed| failed(elapsed.into()))?
        .map_err(failed)
}

/// Speaks the few clear lines before TLS, byte exact: whatever follows the answer in clear was injected by somebody in
/// between (CVE-2021-33515 and its kin) and ends the connection.
async fn start_tls(tcp: TcpStream) -> Result<TcpStream, ImapError> {
    const DURING: &str = "STARTTLS";
    let mut reader = BufReader::new(tcp);
    let greeting = clear_line(&mut reader).await?;
    let upper = greeting.to_ascii_uppercase();
    if !upper.starts_with("* OK") {
        let words = words(&greeting);
        // PREAUTH here would forbid STARTTLS (RFC 9051 section 6.2.1): never trusted on a clear connection.
        return Err(ImapError::Bye { during: "the greeting", words });
    }
    let sent = reader.get_mut().write_all(b"s1 STARTTLS\r\n").await;
    sent.map_err(|source| ImapError::Io { during: DURING, source })?;
    for _ in 0..MAX_CLEAR_LINES {
        let line = clear_line(&mut reader).await?;
        let Some(answer) = line.strip_prefix("s1 ") else { continue };
        if !answer.to_ascii_uppercase().starts_with("OK") {
            return Err(ImapError::Refused { command: DURING, code: None, words: words(answer) });
        }
        if !reader.buffer().is_empty() {
            let what = "it sent clear text after agreeing to TLS, which looks like an attack".to_owned();
            return Err(ImapError::Protocol { during: DURING, what });
        }
        return Ok(reader.into_inner());
    }
    Err(ImapError::Protocol { during: DURING, what: "too many lines before the answer".to_owned() })
}

async fn clear_line(reader: &mut BufReader<TcpStream>) -> Result<String, ImapError> {
    const DURING: &str = "STARTTLS";
    let mut line = Vec::new();
    let read = (&mut *reader).take(MAX_CLEAR_LINE).read_until(b'\n', &mut line).await;
    read.map_err(|source| ImapError::Io { during: DURING, source })?;
    if line.pop() != Some(b'\n') {
        return Err(ImapError::Closed(DURING));
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}
