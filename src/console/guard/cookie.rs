//! The cookie of a session. Behind HTTPS it is bound to the host (`__Host-`), which only a page of that very host can
//! set; on this machine's own names, where there is no HTTPS, it goes without that prefix.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::{
    console::{guard::origin::is_reached_safely, settings::Settings},
    store::sessions::LONGEST,
};

/// The name behind HTTPS.
const BOUND: &str = "__Host-nightdesk";
/// The name on this machine.
const PLAIN: &str = "nightdesk";

/// Returns the secret that a browser brings. Two cookies of the name are none: one of them was planted.
pub(super) fn read<'a>(headers: &'a HeaderMap, host: &str, settings: &Settings) -> Option<&'a str> {
    let name = if is_reached_safely(host, settings) { BOUND } else { PLAIN };
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(found, _)| *found == name).map(|(_, value)| value);
    let secret = found.next().filter(|value| !value.is_empty())?;
    found.next().is_none().then_some(secret)
}

/// Returns the header that gives a browser its secret.
pub(super) fn given(secret: &str, host: &str, settings: &Settings) -> Option<HeaderValue> {
    header_of(secret, LONGEST.as_secs(), host, settings)
}

/// Returns the header that takes the secret away.
pub(super) fn taken(host: &str, settings: &Settings) -> Option<HeaderValue> {
    header_of("", 0, host, settings)
}

fn header_of(value: &str, seconds: i64, host: &str, settings: &Settings) -> Option<HeaderValue> {
    let (name, secure) = if is_reached_safely(host, settings) { (BOUND, "; Secure") } else { (PLAIN, "") };
    // Lax, so that a link in a notification mail opens the ticket; nothing changes by following a link.
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}
