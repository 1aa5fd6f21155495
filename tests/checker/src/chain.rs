//! The chain of a truth log: every line knows the hash of the line before, so nothing can be missing in between.
//!
//! Verifies and cuts into lines; what an event means is read elsewhere.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::refused::Refused;

/// What stands in `prev` of the first line.
const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A whole log.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// Its lines, in order.
    pub lines: Vec<Line>,
    /// The last line has no end: its writer was killed.
    pub is_torn: bool,
    /// The writer said that it ended.
    pub is_closed: bool,
}

/// One event as written.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Where it stands in its file, from 1.
    pub seq: u64,
    /// When it happened.
    pub span: Span,
    /// Who saw it.
    pub party: String,
    /// `event` and its own fields; the common ones are taken out.
    pub event: Map<String, Value>,
}

/// When something began and when it was over, in nanoseconds of the machine's monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// It had not begun before this.
    pub start: u64,
    /// It was over at this.
    pub end: u64,
}

/// Reads one file; `name` is how messages call it.
pub fn read(name: &str, bytes: &[u8]) -> Result<Log, Refused> {
    let mut log = Log { lines: Vec::new(), is_torn: false, is_closed: false };
    let mut prev = NOTHING_BEFORE.to_owned();
    let mut rest = bytes;
    while !rest.is_empty() {
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            log.is_torn = true;
            break;
        };
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        let number = log.lines.len() + 1;
        let place = || format!("{name}:{number}");
        if log.is_closed {
            return Err(Refused::new(place(), "the log goes on after `closed`"));
        }
        let read = line_of(line, number, &prev).map_err(|what| Refused::new(place(), what))?;
        log.is_closed = read.event.get("event").and_then(Value::as_str) == Some("closed");
        log.lines.push(read);
        prev = hash(line);
        rest = after;
    }
    Ok(log)
}

/// Returns the hash of a line's bytes, without its end, as the next line quotes it.
pub fn hash(line: &[u8]) -> String {
    hex(&Sha256::digest(line))
}

/// Returns bytes in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

fn line_of(line: &[u8], number: usize, prev: &str) -> Result<Line, String> {
    let mut event: Map<String, Value> =
        serde_json::from_slice(line).map_err(|error| format!("is not a JSON object: {error}"))?;
    let seq = number_of(&mut event, "seq")?;
    if usize::try_from(seq) != Ok(number) {
        return Err(format!("`seq` is {seq} where {number} is due: lines are missing or out of place"));
    }
    let told = text_of(&mut event, "prev")?;
    if told != prev {
        return Err("`prev` is not the hash of the line before: a line was changed, added or taken away".to_owned());
    }
    let span = Span { start: number_of(&mut event, "start_ns")?, end: number_of(&mut event, "end_ns")? };
    if span.start > span.end {
        return Err("ends before it begins".to_owned());
    }
    let party = text_of(&mut event, "party")?;
    event.remove("note");
    Ok(Line { seq, span, party, event })
}

fn number_of(event: &mut Map<String, Value>, field: &str) -> Result<u64, String> {
    event.remove(field).and_then(|value| value.as_u64()).ok_or_else(|| format!("`{field}` is not a number"))
}

fn text_of(event: &mut Map<String, Value>, field: &str) -> Result<String, String> {
    match event.remove(field) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(format!("`{field}` is not a text")),
    }
}
