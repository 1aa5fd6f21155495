//! Message-IDs as they stand in headers (RFC 5322 section 3.6.4).

use crate::channel::email::headers;

/// The longest id we repeat in a header of ours; longer ones would break the line limit (RFC 5322 section 2.1.1).
pub const MAX_OCTETS: usize = 250;

/// Ids kept of one field; a thread of 200 mails has long stopped to be one.
const MAX_IDS: usize = 200;

/// Returns the ids of a Message-ID, In-Reply-To or References value, without angle brackets, in order. Text between
/// them (old In-Reply-To phrases) is skipped.
pub fn parse(value: &str) -> Vec<String> {
    let decoded;
    let value = if value.contains("=?") {
        decoded = headers::decode(value);
        decoded.as_str()
    } else {
        value
    };
    let mut ids: Vec<String> = Vec::new();
    let mut rest = value;
    while let Some(start) = rest.find('<') {
        let Some(length) = rest[start..].find('>') else { break };
        let inside = &rest[start + 1..start + length];
        // A second `<` before the `>` means the first was stray.
        let inside = inside.rsplit('<').next().unwrap_or(inside);
        let id: String = inside.chars().filter(|c| !c.is_whitespace()).collect();
        if looks_like_id(&id) && !ids.contains(&id) {
            ids.push(id);
        }
        if ids.len() >= MAX_IDS {
            break;
        }
        rest = &rest[start + length + 1..];
    }
    if ids.is_empty() && !value.contains('<') {
        let bare = value.trim();
        if looks_like_id(bare) {
            ids.push(bare.to_owned());
        }
    }
    ids
}

/// Returns whether the id, without brackets, can be written into a header of ours: `x@y` in printable ASCII, at most
/// [`MAX_OCTETS`] long.
pub fn is_repeatable(id: &str) -> bool {
    id.len() <= MAX_OCTETS && looks_like_id(id)
}

fn looks_like_id(id: &str) -> bool {
    let Some((left, right)) = id.split_once('@') else { return false };
    !left.is_empty()
        && !right.is_empty()
        && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'<' && byte != b'>')
}
