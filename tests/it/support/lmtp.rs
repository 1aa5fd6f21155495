//! Delivers one mail by LMTP (RFC 2033), as the mail server in front of a mailbox does.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    net::{Ipv4Addr, TcpStream},
};

/// Delivers to one recipient; the error holds the server's words.
pub(super) fn deliver(port: u16, to: &str, from: &str, raw: &[u8]) -> io::Result<()> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(super::until::PATIENCE))?;
    let mut dialogue = Dialogue { server: BufReader::new(stream) };
    dialogue.expect('2')?;
    dialogue.say(b"LHLO localhost\r\n", '2')?;
    dialogue.say(format!("MAIL FROM:<{from}> BODY=8BITMIME\r\n").as_bytes(), '2')?;
    dialogue.say(format!("RCPT TO:<{to}>\r\n").as_bytes(), '2')?;
    dialogue.say(b"DATA\r\n", '3')?;
    dialogue.say(&on_the_wire(raw), '2')?;
    dialogue.say(b"QUIT\r\n", '2')
}

struct Dialogue {
    server: BufReader<TcpStream>,
}

impl Dialogue {
    fn say(&mut self, line: &[u8], class: char) -> io::Result<()> {
        self.server.get_mut().write_all(line)?;
        self.expect(class)
    }

    /// Reads one reply, of any number of lines.
    fn expect(&mut self, class: char) -> io::Result<()> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.server.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                break;
            }
        }
        if line.starts_with(class) { Ok(()) } else { Err(io::Error::other(line.trim_end().to_owned())) }
    }
}

/// Returns the mail with CRLF, dots doubled, and the final dot.
fn on_the_wire(raw: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(raw.len() + 64);
    let body = raw.strip_suffix(b"\n").unwrap_or(raw);
    for line in body.split(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            wire.push(b'.');
        }
        wire.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b".\r\n");
    wire
}
