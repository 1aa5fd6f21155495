//! Where a request comes from: whether it was meant for this console, and whether one of our own pages sent it.
//!
//! A page of somebody else's must neither read the console through a name that suddenly leads here (DNS rebinding) nor
//! send it forms in a visitor's name. Browsers say where a request comes from; what they do not say is refused.

use axum::http::{HeaderMap, HeaderName, header};

use crate::console::settings::{Settings, is_loopback};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Returns the host that a request names, if it is one under which this console may be reached: the public one, or a name
/// of this machine.
pub(super) fn own_host<'a>(headers: &'a HeaderMap, settings: &Settings) -> Option<&'a str> {
    let mut named = headers.get_all(header::HOST).iter();
    let host = named.next()?.to_str().ok()?;
    // Two hosts are one too many: a proxy and we may take different ones.
    if named.next().is_some() {
        return None;
    }
    let public = settings.public_url.as_ref().is_some_and(|url| {
        let default_port = if url.is_https() { ":443" } else { ":80" };
        let bare = |text: &str| text.strip_suffix(default_port).unwrap_or(text).to_ascii_lowercase();
        bare(url.authority()) == bare(host)
    });
    (public || is_loopback(host)).then_some(host)
}

/// Returns whether a request that changes something was sent by one of our own pages.
pub(super) fn is_own_page(headers: &HeaderMap, host: &str, settings: &Settings) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = text(&SEC_FETCH_SITE);
    if site.is_some_and(|site| site != "same-origin") {
        return false;
    }
    match text(&header::ORIGIN) {
        Some(origin) => origin.eq_ignore_ascii_case(&origin_of(host, settings)),
        None => site.is_some(),
    }
}

/// Returns the origin of our own pages as the browser names it.
fn origin_of(host: &str, settings: &Settings) -> String {
    format!("{}://{host}", if is_reached_safely(host, settings) { "https" } else { "http" })
}

/// Returns whether browsers reach this host through HTTPS. On this machine's own names they come without a proxy.
pub(super) fn is_reached_safely(host: &str, settings: &Settings) -> bool {
    settings.is_https() && !is_loopback(host)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::console::settings::PublicUrl;

    fn settings(public_url: Option<&str>) -> Settings {
        Settings {
            listen: "127.0.0.1:8026".parse().expect("an address"),
            public_url: public_url.map(|url| PublicUrl::read(url).expect("a sound address")),
            trusted_proxies: Vec::new(),
            require_totp: false,
            satisfaction: None,
        }
    }

    fn headers(written: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in written {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn only_names_that_lead_here_are_taken() {
        let public = settings(Some("https://desk.shop.example"));
        for (host, here, with_public) in [
            ("127.0.0.1:8026", true, true),
            ("localhost:8026", true, true),
            ("[::1]:8026", true, true),
            ("desk.shop.example", false, true),
            ("Desk.Shop.example:443", false, true),
            ("desk.shop.example:8443", false, false),
            ("evil.example", false, false),
            ("evil.example:8026", false, false),
            ("localhost.evil.example:8026", false, false),
            ("", false, false),
        ] {
            let sent = headers(&[("host", host)]);
            assert_eq!(own_host(&sent, &settings(None)).is_some(), here, "{host}");
            assert_eq!(own_host(&sent, &public).is_some(), with_public, "{host} with a public address");
        }
        assert_eq!(own_host(&headers(&[]), &public), None);
        assert_eq!(own_host(&headers(&[("host", "localhost"), ("host", "evil.example")]), &public), None);
    }

    #[test]
    fn only_forms_of_our_own_pages_are_taken() {
        let here = "127.0.0.1:8026";
        for (sent, taken) in [
            (&[("origin", "http://127.0.0.1:8026")][..], true),
            (&[("origin", "http://127.0.0.1:8026"), ("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[], false),
            (&[("origin", "null")], false),
            (&[("origin", "https://127.0.0.1:8026")], false),
            (&[("origin", "http://127.0.0.1:9999")], false),
            (&[("origin", "http://localhost:8026")], false),
            (&[("origin", "http://evil.example")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("origin", "http://127.0.0.1:8026"), ("sec-fetch-site", "cross-site")], false),
        ] {
            assert_eq!(is_own_page(&headers(sent), here, &settings(None)), taken, "{sent:?}");
        }
        let public = settings(Some("https://desk.shop.example"));
        for (host, origin, taken) in [
            ("desk.shop.example", "https://desk.shop.example", true),
            ("desk.shop.example", "http://desk.shop.example", false),
            ("desk.shop.example", "https://other.shop.example", false),
            ("localhost:8026", "http://localhost:8026", true),
        ] {
            assert_eq!(is_own_page(&headers(&[("origin", origin)]), host, &public), taken, "{origin}");
        }
    }
}
