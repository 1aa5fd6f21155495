//! What the buyer newly wrote: a mail's text without the quoted conversation, forwarded mail and signature.
//!
//! The mail is read as a row of line classes (`line`), markers of mail clients in many languages are data (`marker`).
//! Linear in the length of the text; it cuts only when text of the buyer's own stands, and what it cuts is returned too.

pub mod line;
pub mod marker;

use std::ops::Range;

use crate::text::quote::line::{Class, End, Line};

/// Octets looked at; a quoted mail of 767 KB kept a known parser busy for five minutes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Lines looked at.
pub const MAX_LINES: usize = 20_000;

/// A quoted line this long was probably wrapped by the quoting client.
const WRAPPED_FROM: usize = 60;

/// A text taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stripped {
    /// What the sender newly wrote.
    pub reply: String,
    /// What was taken away, in order.
    pub elided: String,
    /// Taking away would have left nothing, so `reply` is the whole text.
    pub kept_all: bool,
    /// What was cut is a mail that the sender passes on, not one that is answered.
    pub forwarded: bool,
    /// New text stands between quoted blocks.
    pub interleaved: bool,
}

/// Takes quotes and signatures away. `markers` are beginnings of lines of our own answers: where one of them stands below
/// other text or inside a quote, everything from there on is ours and goes, even if nothing is left.
pub fn strip(text: &str, markers: &[&str]) -> Stripped {
    let normal = normalize(text);
    let lines = line::classify(&normal);
    let own = own_answer(&lines, markers);
    let kept = keep(&lines[..own.unwrap_or(lines.len())], own.is_some());
    let mut result = assemble(&lines, &kept);
    if has_words(&result.reply) || !has_words(&normal) {
        return result;
    }
    if own.is_some() {
        result.reply.clear();
        return result;
    }
    Stripped { reply: normal.trim().to_owned(), elided: String::new(), kept_all: true, ..result }
}

/// Joins the soft line breaks of `format=flowed` text (RFC 3676 section 4): a line that ends with a space goes on in the
/// next one of the same quote depth.
pub fn unflow(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for raw in text.split('\n') {
        let raw = raw.strip_suffix('\r').unwrap_or(raw);
        let depth = raw.bytes().take_while(|byte| *byte == b'>').count();
        let content = &raw[depth..];
        let content = content.strip_prefix(' ').unwrap_or(content);
        let is_signature = content == "-- ";
        match open {
            Some(open_depth) if open_depth == depth && !is_signature => {}
            _ => {
                if !out.is_empty() || open.is_some() {
                    out.push('\n');
                }
                out.extend(std::iter::repeat_n('>', depth));
                if depth > 0 {
                    out.push(' ');
                }
            }
        }
        let flows = content.ends_with(' ') && !is_signature;
        out.push_str(if flows && delsp { &content[..content.len() - 1] } else { content });
        open = flows.then_some(depth);
    }
    out
}

/// LF endings, no invisible characters that would hide a marker, no PGP armour, within the caps.
fn normalize(text: &str) -> String {
    let head = &text[..text.floor_char_boundary(MAX_BYTES)];
    let mut normal = String::with_capacity(head.len());
    let mut in_armour = false;
    for (index, line) in head.split('\n').enumerate() {
        if index >= MAX_LINES {
            break;
        }
        let line = line.strip_suffix('\r').unwrap_or(line);
        match line.trim_end() {
            "-----BEGIN PGP SIGNED MESSAGE-----" => continue,
            "-----BEGIN PGP SIGNATURE-----" => in_armour = true,
            "-----END PGP SIGNATURE-----" => {
                in_armour = false;
                continue;
            }
            trimmed if trimmed.starts_with("Hash: ") && index < 4 => continue,
            _ => {}
        }
        if in_armour {
            continue;
        }
        if !normal.is_empty() || index > 0 {
            normal.push('\n');
        }
        normal.extend(line.chars().filter_map(|c| match c {
            '\u{00A0}' | '\u{202F}' | '\u{2007}' => Some(' '),
            '\u{200B}' | '\u{FEFF}' | '\u{2060}' | '\u{00AD}' | '\0' => None,
            '\r' => Some('\n'),
            c if c.is_control() && c != '\t' && c != '\n' => Some(' '),
            c => Some(c),
        }));
    }
    normal
}

/// Finds the line at which an answer of ours begins that came back.
fn own_answer(lines: &[Line<'_>], markers: &[&str]) -> Option<usize> {
    let mut above = false;
    for (index, line) in lines.iter().enumerate() {
        let bare = line.text.trim_start_matches(['>', '|', '＞', ' ', '\t', '*', '_']);
        let is_ours = markers.iter().any(|marker| bare.starts_with(marker));
        if is_ours && (above || line.class == Class::Quote) {
            return Some(index);
        }
        above |= line.class != Class::Empty;
    }
    None
}

/// What `keep` decided.
struct Kept {
    keep: Vec<bool>,
    forwarded: bool,
    interleaved: bool,
}

/// Decides line by line. `own_follows` says that an answer of ours was cut off right behind the last line.
fn keep(lines: &[Line<'_>], own_follows: bool) -> Kept {
    let mut kept = Kept { keep: vec![true; lines.len()], forwarded: false, interleaved: false };
    let end = cut_at_separator(lines, &mut kept);
    let mut seen_text = false;
    let mut seen_quote = false;
    let mut index = 0;
    while index < end {
        let line = &lines[index];
        match line.class {
            Class::Mobile => kept.keep[index] = false,
            Class::Quote => {
                seen_quote = true;
                kept.keep[index] = false;
            }
            Class::Text if is_wrapped_rest(lines, index) => kept.keep[index] = false,
            Class::Text | Class::Header => {
                kept.interleaved |= seen_quote;
                seen_text = true;
            }
            Class::Attribution => {
                let span = index..index + line.span.max(1);
                if quote_follows(lines, span.end, end).unwrap_or(own_follows) {
                    drop_range(&mut kept.keep, span.clone());
                    index = span.end;
                    continue;
                }
                if seen_text && !line.needs_quote {
                    kept.forwarded |= line.forward;
                    drop_range(&mut kept.keep, index..end);
                    break;
                }
                seen_text = true;
                kept.forwarded |= line.forward;
            }
            Class::Empty | Class::Delimiter => {}
        }
        index += 1;
    }
    kept
}

/// Signature separators, header blocks and the bars above them end the message when text stands above them. Returns the
/// end of what is still to be looked at.
fn cut_at_separator(lines: &[Line<'_>], kept: &mut Kept) -> usize {
    let mut seen_text = false;
    for (index, line) in lines.iter().enumerate() {
        kept.forwarded |= line.end == Some(End::Block) && !seen_text;
        if seen_text && line.end.is_some() {
            drop_range(&mut kept.keep, index..lines.len());
            return index;
        }
        seen_text |= line.class == Class::Text;
    }
    lines.len()
}

fn drop_range(keep: &mut [bool], range: Range<usize>) {
    let end = range.end.min(keep.len());
    keep[range.start.min(end)..end].fill(false);
}

/// Returns whether the next line that is not empty is quoted; none if there is no such line.
fn quote_follows(lines: &[Line<'_>], from: usize, end: usize) -> Option<bool> {
    let rest = lines.get(from..end).unwrap_or_default();
    rest.iter().find(|line| line.class != Class::Empty).map(|line| line.class == Class::Quote)
}

/// The tail of a long quoted line that the quoting client broke without repeating the `>`.
fn is_wrapped_rest(lines: &[Line<'_>], index: usize) -> bool {
    let Some(before) = index.checked_sub(1).and_then(|before| lines.get(before)) else { return false };
    let Some(after) = lines.get(index + 1) else { return false };
    before.class == Class::Quote
        && after.class == Class::Quote
        && before.text.chars().count() >= WRAPPED_FROM
        && lines[index].text.len() < before.text.len()
}

fn assemble(lines: &[Line<'_>], kept: &Kept) -> Stripped {
    let mut reply: Vec<&str> = Vec::new();
    let mut elided: Vec<&str> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let target = if kept.keep.get(index).copied().unwrap_or(false) { &mut reply } else { &mut elided };
        target.push(line.text);
    }
    while reply.last().is_some_and(|line| is_decoration(line)) {
        reply.pop();
    }
    Stripped {
        reply: squeeze(&reply),
        elided: squeeze(&elided),
        kept_all: false,
        forwarded: kept.forwarded,
        interleaved: kept.interleaved,
    }
}

fn is_decoration(line: &str) -> bool {
    !has_words(line) && line.chars().all(|c| c.is_whitespace() || "-_=*~#—–>|＞".contains(c))
}

/// Joins the lines; more than one empty line in a row becomes one.
fn squeeze(lines: &[&str]) -> String {
    let mut out = String::new();
    let mut empty = 0;
    for line in lines {
        if line.trim().is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        out.push_str(line.trim_end());
    }
    out.trim().to_owned()
}

fn has_words(text: &str) -> bool {
    text.chars().any(|c| c.is_alphanumeric() || is_pictograph(c))
}

/// A thumb up is an answer too.
fn is_pictograph(c: char) -> bool {
    matches!(u32::from(c), 0x2600..=0x27BF | 0x1F300..=0x1FAFF) || c == '?' || c == '？'
}
