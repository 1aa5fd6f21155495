//! What a delivery report says about a message of ours (RFC 3464), read from the raw mail.
//!
//! Only the per-recipient fields of `message/delivery-status` are read. They are a stranger's words: whether the report
//! is about a message of ours is told by the HMAC in the address it was sent to, never by its text.

/// The per-recipient fields of a delivery report, of the first recipient that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryStatus {
    /// `Status`: an enhanced status code such as `5.1.1` (RFC 3463).
    pub status: String,
    /// `Diagnostic-Code`: the server's words, shortened.
    pub diagnostic: Option<String>,
}

/// The server's words kept of one report.
const MAX_DIAGNOSTIC: usize = 300;
/// Report parts are short; what lies further down is the returned message.
const MAX_LINES: usize = 2_000;

/// Returns what failed; none if this is no delivery report, or one of success or of a delay.
pub fn failure(raw: &[u8]) -> Option<DeliveryStatus> {
    let text = String::from_utf8_lossy(raw);
    let start = text.to_ascii_lowercase().find("content-type: message/delivery-status")?;
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
    let status = status.split_whitespace().next().unwrap_or_default().to_owned();
    let diagnostic = fields.iter().find_map(|field| value(field, "Diagnostic-Code")).map(|mut words| {
        words.truncate(words.floor_char_boundary(MAX_DIAGNOSTIC));
        words
    });
    Some(DeliveryStatus { status, diagnostic })
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
