//! What came with a message, to be saved: its files, and the message as it came. Nothing is opened in the browser.

use std::fmt::Write as _;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};

use crate::{
    console::{
        Shop,
        path::Path,
        problem::{Answer, Problem},
        router::{Entry, Need, Object},
    },
    model::{agent::Role, ids::InboundId, inbound::ChannelKind},
    service::original,
};

/// The routes of downloads.
pub(super) fn routes() -> Vec<Entry> {
    const AGENT: Need = Need::Role(Role::Agent);
    vec![
        Entry::get("/inbound/{inbound}/raw", AGENT, Object::Inbound, raw),
        Entry::get("/inbound/{inbound}/files/{place}", AGENT, Object::Inbound, file),
    ]
}

/// The policy of a file that a browser opens all the same.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// Returns one file of a message.
pub(super) async fn file(State(shop): State<Shop>, Path((inbound, place)): Path<(i64, usize)>) -> Answer {
    let stored = shop.store.message(InboundId(inbound)).await?.ok_or(Problem::NotFound)?;
    let found = shop.busy.work(move || original::file(&stored.received, place)).await?;
    let (attachment, bytes) = found.ok_or(Problem::NotFound)?;
    download(&attachment.name, bytes)
}

/// Returns a message as it came: a mail that mail programs open, or the JSON of a chat message.
pub(super) async fn raw(State(shop): State<Shop>, Path(inbound): Path<i64>) -> Answer {
    let stored = shop.store.message(InboundId(inbound)).await?.ok_or(Problem::NotFound)?;
    let ending = match stored.received.channel {
        ChannelKind::Email => "eml",
        ChannelKind::Telegram => "json",
    };
    download(&format!("message-{inbound}.{ending}"), stored.received.raw)
}

/// Answers with bytes that are saved and never shown, whatever they are.
fn download(name: &str, bytes: Vec<u8>) -> Result<Response, Problem> {
    let disposition = HeaderValue::from_str(&disposition(name))
        .map_err(|error| Problem::Failed(format!("a file name cannot stand in a header: {error}")))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    ];
    Ok((headers, Body::from(bytes)).into_response())
}

/// Returns the field for a name that a stranger chose (RFC 6266, RFC 8187): a plain one for old programs, and the whole
/// one in percent signs.
fn disposition(name: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' };
    let plain: String = name.chars().map(kept).collect();
    let mut whole = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            whole.push(char::from(byte));
        } else {
            let _infallible = write!(whole, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_name_that_a_stranger_chose_stays_a_name() {
        for (name, field) in [
            ("photo 1.jpg", "attachment; filename=\"photo 1.jpg\"; filename*=UTF-8''photo%201.jpg"),
            ("照片.jpg", "attachment; filename=\"__.jpg\"; filename*=UTF-8''%E7%85%A7%E7%89%87.jpg"),
            ("a\"; x=\"b", "attachment; filename=\"a__ x__b\"; filename*=UTF-8''a%22%3B%20x%3D%22b"),
            (
                "a\r\nSet-Cookie: x",
                "attachment; filename=\"a__Set-Cookie_ x\"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x",
            ),
        ] {
            assert_eq!(disposition(name), field);
        }
    }
}
