//! The header block of a mail: fields in order, unfolded; encoded words; text that is safe to show.
//!
//! Our own reader and not the MIME parser's, because guards need every field as it was written, in order, whatever the
//! rest of the message looks like. Pure, linear, never fails.

use mail_parser::decoders::{base64::base64_decode, charsets::map::charset_decoder};

use crate::model::inbound::HeaderField;

/// Fields read from one header block; real mail stays below 150, a bomb had 1,000,000.
pub const MAX_FIELDS: usize = 500;

/// Octets read of one header block; Gmail refuses more than 500 KB, Postfix cuts at 100 KB.
pub const MAX_BYTES: usize = 256 * 1024;

/// A header block taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The fields in order.
    pub fields: Vec<HeaderField>,
    /// Where the body begins in the raw bytes.
    pub body: usize,
    /// A cap was hit; the fields after it are not listed.
    pub over: bool,
}

/// Returns the fields of the header block at the start of `raw`. Lines that are no field are skipped.
pub fn split(raw: &[u8]) -> Block {
    let mut block = Block { fields: Vec::new(), body: raw.len(), over: false };
    let mut current: Vec<u8> = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        let (line, next) = line_at(raw, at);
        if line.is_empty() {
            block.body = next;
            break;
        }
        if next > MAX_BYTES || block.fields.len() >= MAX_FIELDS {
            block.over = true;
            block.body = body_offset(raw, at);
            break;
        }
        if line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            current.push(b' ');
        } else {
            finish(&mut current, &mut block.fields);
        }
        current.extend_from_slice(line);
        at = next;
    }
    finish(&mut current, &mut block.fields);
    block
}

/// Returns the line that begins at `at` without its ending, and where the next one begins.
pub fn line_at(raw: &[u8], at: usize) -> (&[u8], usize) {
    let rest = &raw[at..];
    let (mut line, next) = match rest.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&rest[..end], at + end + 1),
        None => (rest, raw.len()),
    };
    if line.last() == Some(&b'\r') {
        line = &line[..line.len() - 1];
    }
    (line, next)
}

fn body_offset(raw: &[u8], mut at: usize) -> usize {
    while at < raw.len() {
        let (line, next) = line_at(raw, at);
        at = next;
        if line.is_empty() {
            break;
        }
    }
    at
}

fn finish(current: &mut Vec<u8>, fields: &mut Vec<HeaderField>) {
    let line = std::mem::take(current);
    let Some(colon) = line.iter().position(|byte| *byte == b':') else { return };
    let name = String::from_utf8_lossy(&line[..colon]);
    let name = name.trim_end();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return;
    }
    let value = collapse(&String::from_utf8_lossy(&line[colon + 1..]));
    fields.push(HeaderField { name: name.to_owned(), value });
}

/// Returns the text with every run of white space made one space, none at the ends.
pub fn collapse(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    collapsed
}

/// Returns the value with its encoded words decoded (RFC 2047). Words of one charset that stand side by side are joined
/// before decoding, since many clients cut inside a character. What cannot be decoded stays as written.
pub fn decode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut run: Option<(&str, Vec<u8>)> = None;
    let mut rest = value;
    while let Some(start) = rest.find("=?") {
        let (before, from) = rest.split_at(start);
        let Some(word) = encoded_word(from) else {
            flush(&mut run, &mut out);
            out.push_str(before);
            out.push_str("=?");
            rest = &from[2..];
            continue;
        };
        if run.is_none() || !before.trim().is_empty() {
            flush(&mut run, &mut out);
            out.push_str(before);
        }
        match &mut run {
            Some((charset, bytes)) if charset.eq_ignore_ascii_case(word.charset) => bytes.extend(word.bytes),
            _ => {
                flush(&mut run, &mut out);
                run = Some((word.charset, word.bytes));
            }
        }
        rest = &from[word.length..];
    }
    flush(&mut run, &mut out);
    out.push_str(rest);
    out
}

fn flush(run: &mut Option<(&str, Vec<u8>)>, out: &mut String) {
    let Some((charset, bytes)) = run.take() else { return };
    match charset_decoder(charset.as_bytes()) {
        Some(decoder) => out.push_str(&decoder(&bytes)),
        None => out.push_str(&String::from_utf8_lossy(&bytes)),
    }
}

struct EncodedWord<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
    length: usize,
}

/// The longest encoded word looked for; RFC 2047 allows 75, some clients write one word per header.
const MAX_ENCODED_WORD: usize = 16 * 1024;

fn encoded_word(text: &str) -> Option<EncodedWord<'_>> {
    let mut end = text.len().min(MAX_ENCODED_WORD);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    let inside = text.strip_prefix("=?")?;
    let (charset, inside) = inside.split_once('?')?;
    let (encoding, inside) = inside.split_once('?')?;
    let payload = &inside[..inside.find("?=")?];
    if charset.is_empty() || charset.len() > 40 || payload.contains('\n') {
        return None;
    }
    let length = 2 + charset.len() + 1 + encoding.len() + 1 + payload.len() + 2;
    // RFC 2231 section 5: a language may follow the charset after an asterisk.
    let charset = charset.split('*').next().unwrap_or(charset);
    let bytes = match encoding {
        "B" | "b" => base64_decode(payload.trim_end_matches('=').as_bytes())?,
        "Q" | "q" => decode_q(payload),
        _ => return None,
    };
    Some(EncodedWord { charset, bytes, length })
}

fn decode_q(payload: &str) -> Vec<u8> {
    let bytes = payload.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |offset: usize| bytes.get(at + offset).and_then(|byte| char::from(*byte).to_digit(16));
        match (bytes[at], hex(1), hex(2)) {
            (b'_', ..) => out.push(b' '),
            (b'=', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                at += 2;
            }
            (byte, ..) => out.push(byte),
        }
        at += 1;
    }
    out
}

/// Returns text that may stand in a header or be shown to people: no control characters, no line or paragraph
/// separators, no bidirectional overrides (they make `exe.gpj` read `jpg.exe`), white space collapsed, at most `limit`
/// characters.
pub fn clean(text: &str, limit: usize) -> String {
    let kept: String =
        text.chars().filter(|c| !is_bidi_control(*c)).map(|c| if is_control(c) { ' ' } else { c }).collect();
    let collapsed = collapse(&kept);
    match collapsed.char_indices().nth(limit) {
        Some((end, _)) => collapsed[..end].trim_end().to_owned(),
        None => collapsed,
    }
}

fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FFFE}' | '\u{FFFF}')
}

fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{200B}')
}
