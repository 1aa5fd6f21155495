//! What the configuration says of the console.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use crate::model::satisfaction::Whom;

/// Where the console listens and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The address and port it listens on. Plain HTTP: on loopback, or behind a proxy that speaks HTTPS.
    pub listen: SocketAddr,
    /// Under which address browsers reach it; none: only this machine does.
    pub public_url: Option<PublicUrl>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Everybody needs a second factor, not only those who switched it on.
    pub require_totp: bool,
    /// Which buyers are asked how content they are once their case is closed; none: nobody.
    pub satisfaction: Option<Whom>,
}

impl Settings {
    /// Returns the address people open, without a slash at its end.
    pub fn url(&self) -> String {
        self.public_url.as_ref().map_or_else(|| format!("http://{}", self.listen), ToString::to_string)
    }

    /// Returns whether browsers reach the console through HTTPS: then the cookie is bound to the host and never leaves
    /// it in clear text.
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(PublicUrl::is_https)
    }
}

/// The address under which browsers reach the console: scheme, host and port, nothing behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    https: bool,
    authority: String,
}

impl PublicUrl {
    /// Reads an address such as `https://desk.shop.example`. None if it is something else, has a path, or is plain HTTP to
    /// another machine.
    pub fn read(text: &str) -> Option<Self> {
        let (https, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return None,
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest).to_ascii_lowercase();
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        if authority.is_empty() || !authority.bytes().all(sound) || (!https && !is_loopback(&authority)) {
            return None;
        }
        Some(Self { https, authority })
    }

    /// Returns whether it is HTTPS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Returns host and port as browsers write them into `Host`.
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority)
    }
}

/// Returns whether a host, with or without a port, can only be this machine.
pub(super) fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, _)) => host,
        None => authority.split_once(':').map_or(authority, |(host, _)| host),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_reaches_this_machine_only() {
        for (text, shown) in [
            ("https://desk.shop.example", Some("https://desk.shop.example")),
            ("https://Desk.Shop.example:8443/", Some("https://desk.shop.example:8443")),
            ("http://127.0.0.1:8026", Some("http://127.0.0.1:8026")),
            ("http://[::1]:8026", Some("http://[::1]:8026")),
            ("http://localhost:8026", Some("http://localhost:8026")),
            ("http://desk.shop.example", None),
            ("http://localhost.evil.example", None),
            ("http://127.0.0.1.evil.example", None),
            ("https://desk.shop.example/console", None),
            ("https://user@desk.shop.example", None),
            ("desk.shop.example", None),
            ("https://", None),
        ] {
            assert_eq!(PublicUrl::read(text).map(|url| url.to_string()).as_deref(), shown, "{text}");
        }
    }
}
