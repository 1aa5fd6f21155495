//! What a server said about itself after EHLO (RFC 5321 section 4.1.1.1).

use crate::channel::email::smtp::reply::Reply;

/// The extensions we use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Server {
    /// STARTTLS (RFC 3207).
    pub(super) starttls: bool,
    /// SMTPUTF8 (RFC 6531).
    pub(super) smtputf8: bool,
    /// 8BITMIME (RFC 6152).
    pub(super) eight_bit: bool,
    /// SIZE is offered (RFC 1870).
    pub(super) takes_size: bool,
    /// The largest message, if SIZE names one.
    pub(super) max_size: Option<u64>,
    /// AUTH mechanisms, upper case (RFC 4954).
    pub(super) mechanisms: Vec<String>,
}

impl Server {
    /// Reads the lines after the first one. What is not understood is left out.
    pub(super) fn read(reply: &Reply) -> Self {
        let mut server = Self::default();
        for line in reply.lines.iter().skip(1) {
            // `AUTH=LOGIN` is how servers of the last century wrote it, and some still do beside the other.
            let line = line.to_ascii_uppercase().replacen("AUTH=", "AUTH ", 1);
            let mut words = line.split_whitespace();
            match words.next() {
                Some("STARTTLS") => server.starttls = true,
                Some("SMTPUTF8") => server.smtputf8 = true,
                Some("8BITMIME") => server.eight_bit = true,
                Some("SIZE") => {
                    server.takes_size = true;
                    // Zero means that no limit is named.
                    server.max_size = words.next().and_then(|size| size.parse().ok()).filter(|size| *size > 0);
                }
                Some("AUTH") => server.mechanisms.extend(words.map(str::to_owned)),
                _ => {}
            }
        }
        server
    }

    pub(super) fn can_log_in_by(&self, mechanism: &str) -> bool {
        self.mechanisms.iter().any(|known| known == mechanism)
    }
}

/// Returns the name we give in EHLO.
pub(super) fn name(domain: &str) -> &str {
    let is_name =
        !domain.is_empty() && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    if is_name { domain } else { "localhost" }
}
