//! The connection to a submission server: opened, protected, and read reply by reply. Knows time limits and the form of a
//! reply; knows no command.
//!
//! Nothing is ever read ahead of what was asked: bytes that come unasked before a command is written end the connection,
//! because the next reply would be taken for another one's. So does clear text behind the answer to STARTTLS, which
//! somebody in between may have put there (CVE-2021-33515).

use std::{io, net::IpAddr, pin::Pin, sync::Arc, task::Poll, time::Duration};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::{TcpStream, lookup_host},
    time::{Instant, timeout, timeout_at},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::channel::email::smtp::reply::{MAX_LINE, MAX_LINES, Reply};

/// Addresses of one host that are tried, one after the other.
const MAX_ADDRESSES: usize = 4;

/// Bytes written in one go; each piece has its own time.
const PIECE: usize = 64 * 1024;

/// Why the conversation cannot go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    /// The stream broke or could not be opened.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The server closed.
    #[error("the server closed the connection")]
    Closed,
    /// Nothing came, or nothing was taken, for so long.
    #[error("no reply within {} s", .0.as_secs())]
    Silent(Duration),
    /// Not SMTP.
    #[error("{0}")]
    Protocol(String),
}

/// What carries the bytes.
enum Stream {
    /// TCP alone: on this machine, or until STARTTLS.
    Clear(TcpStream),
    /// TCP under TLS.
    Protected(Box<TlsStream<TcpStream>>),
}

trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

impl Stream {
    fn bytes(&mut self) -> &mut dyn Bytes {
        match self {
            Self::Clear(stream) => stream,
            Self::Protected(stream) => stream,
        }
    }
}

/// An open connection.
pub(super) struct Wire {
    stream: Stream,
    /// What came and was not taken as a line yet.
    pending: Vec<u8>,
}

impl Wire {
    /// Connects to the first address of the host that answers; `limit` is for all of them together.
    pub(super) async fn connect(host: &str, port: u16, limit: Duration) -> Result<TcpStream, WireError> {
        let deadline = Instant::now() + limit;
        let found = timeout_at(deadline, lookup_host((host, port))).await.map_err(|_| WireError::Silent(limit))??;
        let addresses: Vec<_> = found.take(MAX_ADDRESSES).collect();
        let share = limit / u32::try_from(addresses.len().max(1)).unwrap_or(1);
        let mut last = WireError::Protocol("the name has no address".to_owned());
        for address in addresses {
            match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Ok(Err(error)) => last = error.into(),
                Err(_) => last = WireError::Silent(share),
            }
        }
        Err(last)
    }

    /// A connection in clear.
    pub(super) fn clear(stream: TcpStream) -> Self {
        Self { stream: Stream::Clear(stream), pending: Vec::new() }
    }

    /// Puts TLS over a stream.
    pub(super) async fn protected(
        stream: TcpStream,
        host: &str,
        config: Arc<ClientConfig>,
        limit: Duration,
    ) -> Result<Self, WireError> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let connected = timeout(limit, TlsConnector::from(config).connect(name, stream)).await;
        let stream = connected.map_err(|_| WireError::Silent(limit))??;
        Ok(Self { stream: Stream::Protected(Box::new(stream)), pending: Vec::new() })
    }

    /// Gives the stream back for TLS. Nothing may have come behind the server's last reply.
    pub(super) fn into_stream(self) -> Result<TcpStream, WireError> {
        match self.stream {
            Stream::Clear(stream) if self.pending.is_empty() => Ok(stream),
            Stream::Clear(_) => {
                let what = "the server sent clear text after agreeing to TLS, which looks like an attack";
                Err(WireError::Protocol(what.to_owned()))
            }
            Stream::Protected(_) => Err(WireError::Protocol("the connection is protected already".to_owned())),
        }
    }

    /// Writes one command line and reads its reply.
    pub(super) async fn command(&mut self, line: &str, limit: Duration) -> Result<Reply, WireError> {
        if let Some(spoken) = self.spoken().await? {
            return Err(WireError::Protocol(format!("the server spoke unasked: {}", spoken.words())));
        }
        self.write(format!("{line}\r\n").as_bytes(), limit).await?;
        self.reply(limit).await
    }

    /// Writes bytes and hands them to the system; each piece may take `limit`.
    pub(super) async fn write(&mut self, bytes: &[u8], limit: Duration) -> Result<(), WireError> {
        for piece in bytes.chunks(PIECE) {
            let stream = self.stream.bytes();
            let written = timeout(limit, async {
                stream.write_all(piece).await?;
                stream.flush().await
            });
            written.await.map_err(|_| WireError::Silent(limit))??;
        }
        Ok(())
    }

    /// Reads one whole reply.
    pub(super) async fn reply(&mut self, limit: Duration) -> Result<Reply, WireError> {
        let deadline = Instant::now() + limit;
        let mut lines = Vec::new();
        loop {
            let line = timeout_at(deadline, self.line()).await.map_err(|_| WireError::Silent(limit))??;
            let odd = || WireError::Protocol(format!("the server answered `{}`", super::reply::shorten(&line)));
            let is_last = Reply::ends(&line).ok_or_else(odd)?;
            lines.push(line.clone());
            if is_last {
                return Reply::read(&lines).ok_or_else(odd);
            }
            if lines.len() >= MAX_LINES {
                return Err(WireError::Protocol(format!("a reply of more than {MAX_LINES} lines")));
            }
        }
    }

    /// Returns a reply that came unasked, without waiting for one. A closed connection is an error.
    pub(super) async fn spoken(&mut self) -> Result<Option<Reply>, WireError> {
        self.glance().await?;
        if self.pending.is_empty() {
            return Ok(None);
        }
        // The rest of what has begun is on its way, or never comes.
        self.reply(Duration::from_secs(2)).await.map(Some)
    }

    /// Takes what is there already.
    async fn glance(&mut self) -> Result<(), WireError> {
        let mut bytes = [0; 512];
        let stream = self.stream.bytes();
        let seen = std::future::poll_fn(|ctx| {
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut *stream).poll_read(ctx, &mut buffer) {
                Poll::Ready(Ok(())) => Poll::Ready(Ok(Some(buffer.filled().len()))),
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Pending => Poll::Ready(Ok(None)),
            }
        })
        .await?;
        match seen {
            Some(0) => Err(WireError::Closed),
            Some(count) => {
                self.pending.extend_from_slice(&bytes[..count]);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Reads a line without its end. Octets beyond UTF-8 are shown as such.
    async fn line(&mut self) -> Result<String, WireError> {
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                let line = line.strip_suffix(b"\n").unwrap_or(&line);
                return Ok(String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned());
            }
            if self.pending.len() > MAX_LINE {
                return Err(WireError::Protocol(format!("a reply line of more than {MAX_LINE} bytes")));
            }
            if self.stream.bytes().read_buf(&mut self.pending).await? == 0 {
                return Err(WireError::Closed);
            }
        }
    }
}

/// Says whether a host is this machine, by name or address.
pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
