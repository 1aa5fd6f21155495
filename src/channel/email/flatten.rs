//! Makes messages inside a message plain attachments before the MIME parser sees them.
//!
//! The parser follows them to any depth, and copies and drops them recursively: 30,000 levels, hidden in base64 from
//! every cap that looks at the raw bytes, overflow the stack, which no `catch_unwind` survives. Nothing here needs what
//! is inside, so the media type is misspelt by one letter and the part stays closed.

use std::{borrow::Cow, sync::LazyLock};

use aho_corasick::AhoCorasick;

/// Subtypes that open a nested message: of `message`, and the multipart whose parts are messages by default.
const OPENING: &[&str] = &["rfc822", "global", "digest"];

/// What the last letter becomes.
const CLOSED: u8 = b'x';

static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder().ascii_case_insensitive(true).build(OPENING).expect("a short constant list of words")
});

/// Returns the mail with every nested message closed; the same bytes if there is none.
pub fn flatten(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut flat = Cow::Borrowed(raw);
    for found in FINDER.find_iter(raw) {
        if is_subtype(&raw[..found.start()]) {
            flat.to_mut()[found.end() - 1] = CLOSED;
        }
    }
    flat
}

/// Returns the media type a closed one had before.
pub fn original_type(media_type: &str) -> String {
    match media_type {
        "message/rfc82x" => "message/rfc822".to_owned(),
        "message/globax" => "message/global".to_owned(),
        other => other.to_owned(),
    }
}

/// Returns whether what stands before the word makes it the subtype of `message` or `multipart`; white space, line
/// folding and comments may stand in between (RFC 2045 section 5.1).
fn is_subtype(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    if before.last() == Some(&b')') {
        return true;
    }
    let Some(before) = before.strip_suffix(b"/") else { return false };
    let before = before.trim_ascii_end();
    let ends_with =
        |word: &[u8]| before.len() >= word.len() && before[before.len() - word.len()..].eq_ignore_ascii_case(word);
    before.last() == Some(&b')') || ends_with(b"message") || ends_with(b"multipart")
}
