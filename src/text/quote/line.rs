//! One line of a mail and what it is, seen alone or with the three lines after it.

use crate::text::quote::marker;

/// Attribution lines are wrapped by clients into at most this many.
const MAX_WRAP: usize = 4;

/// Characters of a joined attribution; longer ones are prose.
const MAX_ATTRIBUTION: usize = 300;

/// Header-like lines that make a header block.
const MIN_BLOCK: usize = 3;

/// Underscores of the bar Outlook puts above the answered mail: 32.
const BAR: usize = 30;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Nothing but white space.
    Empty,
    /// Nothing but `-`, `_`, `=`, `*` and the like.
    Delimiter,
    /// "Sent from my phone".
    Mobile,
    /// The first line of "On … wrote:" or "Original message"; the lines it is wrapped into carry it too.
    Attribution,
    /// `From: …` and its like.
    Header,
    /// `> …`.
    Quote,
    /// Anything else.
    Text,
}

/// A line with its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The line as it stands.
    pub text: &'a str,
    /// What it is.
    pub class: Class,
    /// How many lines an attribution spans.
    pub span: usize,
    /// The attribution introduces a mail that is passed on.
    pub forward: bool,
    /// The attribution is too weak to stand without a quote after it.
    pub needs_quote: bool,
    /// Why the sender's own text ends above this line, if it does.
    pub end: Option<End>,
}

/// Why the sender's own text ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// A signature separator.
    Signature,
    /// A header block begins.
    Block,
    /// Outlook's bar.
    Bar,
}

/// Returns the lines of a text with LF endings.
pub fn classify(text: &str) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = text.split('\n').map(alone).collect();
    mark_attributions(&mut lines);
    mark_blocks(&mut lines);
    mark_bars(&mut lines);
    lines
}

fn alone(text: &str) -> Line<'_> {
    let trimmed = text.trim();
    let class = if trimmed.is_empty() {
        Class::Empty
    } else if is_quote(trimmed) {
        Class::Quote
    } else if trimmed.chars().all(|c| "-_,=+~#*—–─━".contains(c)) {
        Class::Delimiter
    } else if marker::is_mobile_signature(trimmed) {
        Class::Mobile
    } else if marker::header_kind(trimmed).is_some() {
        Class::Header
    } else {
        Class::Text
    };
    Line {
        text,
        class,
        span: 1,
        forward: false,
        needs_quote: false,
        end: matches!(text.trim_end(), "--" | "- --" | "—").then_some(End::Signature),
    }
}

fn is_quote(trimmed: &str) -> bool {
    if trimmed.starts_with(['>', '＞']) {
        return true;
    }
    // `Bob> …`, as old readers wrote.
    let initials = trimmed.bytes().take_while(u8::is_ascii_uppercase).count();
    (1..=4).contains(&initials) && trimmed[initials..].starts_with("> ")
}

fn mark_attributions(lines: &mut [Line<'_>]) {
    let mut index = 0;
    while index < lines.len() {
        let Some((span, found)) = attribution_at(lines, index) else {
            index += 1;
            continue;
        };
        for line in &mut lines[index..index + span] {
            line.class = Class::Attribution;
        }
        let first = &mut lines[index];
        first.span = span;
        first.forward = found.forward;
        first.needs_quote = found.needs_quote;
        index += span;
    }
}

fn attribution_at(lines: &[Line<'_>], index: usize) -> Option<(usize, marker::Attribution)> {
    let mut joined = String::new();
    for (offset, line) in lines[index..].iter().take(MAX_WRAP).enumerate() {
        let may_join =
            matches!(line.class, Class::Text | Class::Header) || offset > 0 && line.text.trim().starts_with('<');
        let trimmed = line.text.trim();
        if !may_join || joined.len() + trimmed.len() > MAX_ATTRIBUTION {
            return None;
        }
        if offset > 0 {
            joined.push(' ');
        }
        joined.push_str(trimmed);
        if let Some(found) = marker::attribution(&joined, offset > 0) {
            return Some((offset + 1, found));
        }
        if offset == 0 && !marker::may_span_lines(trimmed) {
            return None;
        }
    }
    None
}

/// Three header lines in a row with a sender and a date or subject among them; each may be folded over one more line.
fn mark_blocks(lines: &mut [Line<'_>]) {
    let mut index = 0;
    while index < lines.len() {
        if marker::header_kind(lines[index].text.trim()).is_none() {
            index += 1;
            continue;
        }
        let end = block_end(lines, index);
        if end.is_some() {
            lines[index].end = Some(End::Block);
        }
        index = end.unwrap_or(index + 1);
    }
}

fn block_end(lines: &[Line<'_>], start: usize) -> Option<usize> {
    let mut kinds = Vec::new();
    let mut index = start;
    let mut folded = 0;
    while let Some(line) = lines.get(index) {
        match marker::header_kind(line.text.trim()) {
            Some(kind) => {
                folded = 0;
                kinds.push(kind);
            }
            None if line.class == Class::Empty && folded == 0 && kinds.len() < MIN_BLOCK => folded += 1,
            None if matches!(line.class, Class::Text | Class::Attribution)
                && folded == 0
                && kinds.len() < MIN_BLOCK =>
            {
                folded += 1;
            }
            None => break,
        }
        index += 1;
        if kinds.len() > 8 {
            break;
        }
    }
    let has = |kind: marker::HeaderKind| kinds.contains(&kind);
    let is_block = kinds.len() >= MIN_BLOCK
        && has(marker::HeaderKind::From)
        && (has(marker::HeaderKind::Date) || has(marker::HeaderKind::Subject));
    is_block.then_some(index)
}

/// A long bar cuts when a header line or nothing but the end follows; list footers have it too.
fn mark_bars(lines: &mut [Line<'_>]) {
    let mut next_is_block = false;
    for line in lines.iter_mut().rev() {
        let trimmed = line.text.trim();
        let is_long = trimmed.len() >= BAR && trimmed.bytes().all(|byte| byte == b'_');
        if line.class == Class::Delimiter && (is_long || next_is_block && trimmed.len() >= 3) {
            line.end = Some(End::Bar);
        }
        if line.class != Class::Empty {
            next_is_block = line.end == Some(End::Block);
        }
    }
}
