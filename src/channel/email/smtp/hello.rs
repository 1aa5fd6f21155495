//! What a server said about itself after EHLO (RFC 5321 section 4.1.1.1).

use std::collections::BTreeSet;

use crate::channel::email::smtp::reply::Reply;

/// The server's extensions, as far as they concern us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Server {
    /// Keywords, upper case.
    extensions: BTreeSet<String>,
    /// The largest message, if SIZE names one (RFC 1870).
    pub(super) max_size: Option<u64>,
    /// AUTH mechanisms, upper case (RFC 4954).
    pub(super) mechanisms: Vec<String>,
}

impl Server {
    /// Reads the lines after the first one.
    pub(super) fn read(reply: &Reply) -> Self {
        let mut server = Self::default();
        for line in reply.lines.iter().skip(1) {
            // `AUTH=LOGIN` is how servers of the last century wrote it, and some still do beside the other.
            let line = line.to_ascii_uppercase().replacen("AUTH=", "AUTH ", 1);
            let mut words = line.split_whitespace();
            let Some(keyword) = words.next() else { continue };
            match keyword {
                // Zero means that no limit is named.
                "SIZE" => server.max_size = words.next().and_then(|size| size.parse().ok()).filter(|size| *size > 0),
                "AUTH" => server.mechanisms.extend(words.map(str::to_owned)),
                _ => {}
            }
            server.extensions.insert(keyword.to_owned());
        }
        server
    }

    /// Says whether the server offers an extension: STARTTLS (RFC 3207), SMTPUTF8 (RFC 6531), 8BITMIME (RFC 6152), SIZE.
    pub(super) fn offers(&self, extension: &str) -> bool {
        self.extensions.contains(extension)
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
