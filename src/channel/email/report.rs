//! What a delivery report says about a message of ours (RFC 3464), read from the raw mail.
//!
//! Only the per-recipient fields of `message/delivery-status` are read. They are a stranger's words: whether the report
//! is about a message of ours is told by the HMAC in the address it was sent to, never by its text.

use crate::channel::email::headers;

/// The per-recipient fields of a delivery report, of the first recipient that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryStatus {
    /// `Status`: an enhanced status code such as `5.1.1` (RFC 3463).
    pub status: String,
    /// `Diagnostic-Code`: the server's words, shortened.
    pub diagnostic: Option<String>,
}

/// Characters of a status; the longest is `5.999.999` (RFC 3463 section 2).
const MAX_STATUS: usize = 9;
/// The server's words kept of one report.
const MAX_DIAGNOSTIC: usize = 300;
/// Report parts are short; what lies further down is the returned message.
const MAX_LINES: usize = 2_000;
/// A report returns one message; a forged one is not read further.
const MAX_IDS: usize = 4;

/// Returns the Message-IDs, without angle brackets, that stand as header fields in the report's parts: that of the message
/// it is about, if the report returns it or its header. None of them is believed without its HMAC.
pub fn returned_ids(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw);
    let Some(start) = status_part(&text) else { return Vec::new() };
    let id = |field: &String| {
        let (name, value) = field.split_once(':')?;
        let is_id = name.eq_ignore_ascii_case("Message-ID") || name.eq_ignore_ascii_case("Original-Message-ID");
        let (_, value) = value.split_once('<').filter(|_| is_id)?;
        value.split_once('>').map(|(id, _)| id.trim().to_owned())
    };
    unfolded(&text[start..]).iter().filter_map(id).take(MAX_IDS).collect()
}

/// Returns what failed; none if this is no delivery report, or one of success or of a delay.
pub fn failure(raw: &[u8]) -> Option<DeliveryStatus> {
    let text = String::from_utf8_lossy(raw);
    let start = status_part(&text)?;
    let fields = unfolded(&text[start..]);
    let value = |field: &str, name: &str| {
        let (written, value) = field.split_once(':')?;
        written.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    };
    let action = fields.iter().find_map(|field| value(field, "Action"))?;
    if !action.eq_ignore_ascii_case("failed") {
        return None;
    }
    let status = fields.iter().find_map(|field| value(field, "Status"))?;
    let status = headers::clean(status.split_whitespace().next().unwrap_or_default(), MAX_STATUS);
    let diagnostic = fields.iter().find_map(|field| value(field, "Diagnostic-Code"));
    Some(DeliveryStatus { status, diagnostic: diagnostic.map(|words| headers::clean(&words, MAX_DIAGNOSTIC)) })
}

/// Returns where the part's type stands; blanks or a fold may come before it.
fn status_part(text: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    let mut types = lower.match_indices("message/delivery-status").map(|(at, _)| at);
    types.find(|at| lower[..*at].trim_ascii_end().ends_with("content-type:"))
}

/// Returns the header-like lines with continuation lines joined.
fn unfolded(text: &str) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for line in text.lines().take(MAX_LINES) {
        match fields.last_mut() {
            Some(field) if line.starts_with([' ', '\t']) => {
                field.push(' ');
                field.push_str(line.trim());
            }
            _ => fields.push(line.trim_end().to_owned()),
        }
    }
    fields
}
