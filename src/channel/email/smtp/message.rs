//! A composed mail as it goes over the wire: its addresses, its parameters, its dot-stuffed bytes.

use crate::{channel::email::smtp::hello::Server, model::outbound::MailPayload};

/// What ends a message. Its first two bytes end the last line, so the message is written without them.
pub(super) const FINAL_DOT: &[u8] = b"\r\n.\r\n";

/// Returns the bytes between 354 and the final dot: every line end is CRLF, no CR or LF stands alone (they would let a
/// server see another end than we do, CVE-2023-51764), a dot at the beginning of a line is doubled (RFC 5321 section
/// 4.5.2), and the end of the last line is left to [`FINAL_DOT`].
pub(super) fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(bytes.len() + bytes.len() / 64);
    let mut rest = without_line_end(bytes);
    let mut at_line_start = true;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'\r' | b'\n' => {
                if byte == b'\r' && rest.first() == Some(&b'\n') {
                    rest = &rest[1..];
                }
                wire.extend_from_slice(b"\r\n");
                at_line_start = true;
            }
            _ => {
                if at_line_start && byte == b'.' {
                    wire.push(b'.');
                }
                wire.push(byte);
                at_line_start = false;
            }
        }
    }
    wire
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

/// Returns the parameters of MAIL, each with a blank before it; an error says what the server cannot take.
pub(super) fn parameters(server: &Server, mail: &MailPayload, size: usize) -> Result<String, String> {
    let mut parameters = String::new();
    if let Some(limit) = server.max_size
        && u64::try_from(size).unwrap_or(u64::MAX) > limit
    {
        return Err(format!("the message has {size} bytes and the server takes {limit} (SIZE)"));
    }
    if server.offers("SIZE") {
        parameters.push_str(" SIZE=");
        parameters.push_str(&size.to_string());
    }
    if !mail.envelope_from.is_ascii() || !mail.envelope_to.is_ascii() {
        if !server.offers("SMTPUTF8") {
            return Err(format!(
                "the server does not take addresses beyond ASCII such as {} (no SMTPUTF8)",
                mail.envelope_to
            ));
        }
        parameters.push_str(" SMTPUTF8");
    }
    if !mail.bytes.is_ascii() {
        if !server.offers("8BITMIME") {
            return Err("the server takes no 8-bit mail (no 8BITMIME)".to_owned());
        }
        parameters.push_str(" BODY=8BITMIME");
    }
    Ok(parameters)
}

/// Returns an address that may stand between angle brackets, or none: nothing that could end the command or the address,
/// and blanks only inside quotes, where `compose` has put them.
pub(super) fn address(address: &str) -> Option<&str> {
    let (local, domain) = address.rsplit_once('@')?;
    let is_quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let breaks = |c: char| c.is_control() || matches!(c, '<' | '>');
    let parts = |c: char| c.is_whitespace() || matches!(c, '"' | '@' | ',' | ';' | '(' | ')' | '[' | ']' | '\\');
    let is_local = !local.is_empty() && (is_quoted || !local.contains(parts));
    let literal = domain.strip_prefix('[').and_then(|inside| inside.strip_suffix(']'));
    let is_domain = !domain.is_empty() && !literal.unwrap_or(domain).contains(parts);
    (is_local && is_domain && !address.contains(breaks)).then_some(address)
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::any, proptest};

    use super::*;

    /// What a server makes of the bytes after 354 (RFC 5321 section 4.5.2); none if they do not end exactly at the dot.
    fn received(wire: &[u8]) -> Option<Vec<u8>> {
        let mut message = Vec::new();
        let mut rest = wire;
        loop {
            let end = rest.windows(2).position(|pair| pair == b"\r\n")? + 2;
            let (line, tail) = rest.split_at(end);
            if line == b".\r\n" {
                return tail.is_empty().then_some(message);
            }
            message.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
            rest = tail;
        }
    }

    fn sent(bytes: &[u8]) -> Vec<u8> {
        [&stuffed(bytes), FINAL_DOT].concat()
    }

    #[test]
    fn dots_and_line_ends_arrive_as_they_were() {
        for message in [&b"a\r\n.\r\n..b\r\nc\r\n"[..], b".\r\n", b"\r\n", b"a\r\n\r\n", b".a\r\n"] {
            assert_eq!(received(&sent(message)).as_deref(), Some(message), "{message:?}");
        }
    }

    #[test]
    fn lone_line_ends_become_whole_ones() {
        assert_eq!(received(&sent(b"a\n.\rb\n.\n")).expect("one message"), b"a\r\n.\r\nb\r\n.\r\n");
    }

    proptest! {
        #[test]
        fn no_bytes_end_the_message_early(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let wire = sent(&bytes);
            assert!(received(&wire).is_some(), "{wire:?}");
            assert!(wire.windows(2).all(|pair| (pair[0] == b'\r') == (pair[1] == b'\n')), "{wire:?}");
        }

        #[test]
        fn smuggled_ends_do_not_end_the_message(parts in proptest::collection::vec(
            proptest::sample::select(vec!["\r", "\n", "\r\n", ".", "..", "a", "\0"]), 0..40)) {
            assert!(received(&sent(parts.concat().as_bytes())).is_some());
        }
    }

    #[test]
    fn addresses_cannot_leave_their_brackets() {
        for good in ["a@b.example", "a+b-c@b.example", "\"a b\"@b.example", "\"a..b\"@docomo.ne.jp", "кто@пример.рф"]
        {
            assert_eq!(address(good), Some(good));
        }
        for bad in ["", "a", "@b", "a@", "a>b@c", "a@b> SIZE=1", "a@b\r\nRCPT TO:<c@d>", "a b@c", "a@b c", "a,b@c@d"] {
            assert_eq!(address(bad), None, "{bad:?}");
        }
    }
}
