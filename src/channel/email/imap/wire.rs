//! The byte stream under the parser: plain or TLS, counted, and cut off where a server announces or sends too much.
//!
//! The parser buffers a whole response before it looks at it, so the limit has to be held here.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

/// Longest line outside literals. The parser starts over with each piece of a line that arrives, so its work grows with
/// the square of this; a `SEARCH` answer of sixty thousand numbers still fits.
const MAX_LINE_BYTES: u64 = 512 * 1024;

/// `{4294967295}` and its line end fit twice.
const TAIL_BYTES: usize = 32;

/// A connection, seen as bytes.
pub(super) struct Wire {
    stream: Stream,
    received: u64,
    scanner: Scanner,
}

/// What carries the bytes.
pub(super) enum Stream {
    /// TCP alone, on a loopback host.
    Plain(TcpStream),
    /// TCP under TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    /// Wraps a stream; a response whose literals announce more than `max_literal` bytes together ends it with an error.
    pub(super) fn new(stream: Stream, max_literal: u64) -> Self {
        Self {
            stream,
            received: 0,
            scanner: Scanner { max_literal, literal: 0, announced: 0, line: 0, tail: Vec::new() },
        }
    }

    /// Returns how many bytes came so far; a growing number is progress.
    pub(super) fn received(&self) -> u64 {
        self.received
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("received", &self.received).finish_non_exhaustive()
    }
}

/// Follows lines and literals without keeping them.
struct Scanner {
    max_literal: u64,
    literal: u64,
    /// What the literals of the present response announced together; the parser keeps them all.
    announced: u64,
    line: u64,
    tail: Vec<u8>,
}

impl Scanner {
    fn follow(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.literal > 0 {
                let inside = usize::try_from(self.literal).unwrap_or(usize::MAX).min(bytes.len());
                self.literal -= inside as u64;
                bytes = &bytes[inside..];
                continue;
            }
            let end = bytes.iter().position(|&byte| byte == b'\n');
            let (part, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
            self.follow_line(part, end.is_some())?;
            bytes = rest;
        }
        Ok(())
    }

    fn follow_line(&mut self, part: &[u8], ended: bool) -> io::Result<()> {
        self.line += part.len() as u64;
        if self.line > MAX_LINE_BYTES {
            return Err(too_much(format!("a line of more than {MAX_LINE_BYTES} bytes")));
        }
        self.tail.extend_from_slice(&part[part.len().saturating_sub(TAIL_BYTES)..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL_BYTES));
        if !ended {
            return Ok(());
        }
        if let Some(size) = announced(&self.tail) {
            self.announced = self.announced.saturating_add(size);
            if self.announced > self.max_literal {
                let (announced, most) = (self.announced, self.max_literal);
                return Err(too_much(format!("{announced} bytes announced where at most {most} can come")));
            }
            self.literal = size;
        } else {
            (self.line, self.announced) = (0, 0);
        }
        self.tail.clear();
        Ok(())
    }
}

/// Returns the size in `… {size}` at the end of a line (RFC 9051 section 4.3).
fn announced(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b"}")?;
    let open = line.iter().rposition(|&byte| byte == b'{')?;
    let digits = std::str::from_utf8(&line[open + 1..]).ok()?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().unwrap_or(u64::MAX))
}

fn too_much(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, ctx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        ready!(match &mut this.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(ctx, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(ctx, buffer),
        })?;
        let fresh = &buffer.filled()[before..];
        this.received += fresh.len() as u64;
        Poll::Ready(this.scanner.follow(fresh))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, ctx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(ctx, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(ctx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(ctx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(ctx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(ctx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(ctx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(pieces: &[&[u8]]) -> io::Result<()> {
        let mut scanner = Scanner { max_literal: 10, literal: 0, announced: 0, line: 0, tail: Vec::new() };
        pieces.iter().try_for_each(|piece| scanner.follow(piece))
    }

    #[test]
    fn a_small_literal_passes_and_its_inside_announces_nothing() {
        follow(&[b"* 1 FETCH (BODY[] {9}\r\n{99}\r\nabc)\r\n"]).expect("nine bytes are allowed");
    }

    #[test]
    fn a_large_literal_is_refused_even_if_its_announcement_comes_byte_by_byte() {
        let line = b"* 1 FETCH (UID 7 BODY[] {900000000}\r\n";
        let pieces: Vec<&[u8]> = line.iter().map(std::slice::from_ref).collect();
        let error = follow(&pieces).expect_err("900 MB are too much");
        assert_eq!(error.to_string(), "900000000 bytes announced where at most 10 can come");
    }

    #[test]
    fn many_small_literals_in_one_response_are_as_bad_as_a_large_one() {
        follow(&[b"* 1 FETCH (X {6}\r\nabcdef)\r\n* 2 FETCH (X {6}\r\nabcdef)\r\n"]).expect("two responses");
        let error = follow(&[b"* 1 FETCH (X {6}\r\nabcdef Y {6}\r\nabcdef)\r\n"]).expect_err("one response");
        assert_eq!(error.to_string(), "12 bytes announced where at most 10 can come");
    }

    #[test]
    fn a_negative_literal_announces_nothing() {
        follow(&[b"* 1 FETCH (BODY[] {-5}\r\n"]).expect("the parser refuses it");
    }

    #[test]
    fn a_number_beyond_every_integer_is_refused() {
        follow(&[b"x {99999999999999999999999}\r\n"]).expect_err("it is more than ten");
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let piece = vec![b'a'; 1024];
        let pieces: Vec<&[u8]> = (0..513).map(|_| piece.as_slice()).collect();
        follow(&pieces).expect_err("more than half a megabyte without a line end");
    }
}
