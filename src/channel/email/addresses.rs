//! Mailbox lists (RFC 5322 section 3.4), read by ourselves because who wrote a mail decides whether it may be answered.
//!
//! A lenient parser turns `a@x b@x` into one address; this one says that the list is not sound. Comments, quoted
//! strings, encoded words and route addresses are understood, groups (RFC 6854) are read and reported.

use crate::{channel::email::headers, model::inbound::Mailbox};

/// Characters kept of a display name; longer ones are attacks, not names.
pub const MAX_NAME: usize = 200;

/// Mailboxes read from one field; RFC 5321 asks servers for 100 recipients.
const MAX_MAILBOXES: usize = 1_000;

/// What one address field holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    /// The mailboxes in order, usable or not.
    pub mailboxes: Vec<Mailbox>,
    /// Nothing but well-formed mailboxes: no group, no stray words, no missing bracket.
    pub sound: bool,
}

/// Returns the mailboxes of a field's undecoded value.
pub fn parse(value: &str) -> List {
    Reader { rest: value, pieces: Vec::new(), list: List { mailboxes: Vec::new(), sound: true } }.read()
}

/// Returns the one author of a mail: a single field with a single well-formed mailbox at a real domain.
pub fn sole_author<'a>(mut fields: impl Iterator<Item = &'a str>) -> Option<Mailbox> {
    let list = parse(fields.next()?);
    if fields.next().is_some() || !list.sound || list.mailboxes.len() != 1 {
        return None;
    }
    list.mailboxes.into_iter().next().filter(|mailbox| is_real(&mailbox.address))
}

/// Returns whether mail can be sent there: a local part of at most 64 octets and a domain name with a dot. Address
/// literals, bare host names and empty labels are not real; two dots in a row in the local part are (docomo.ne.jp).
pub fn is_real(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    is_local_part(local) && is_domain(domain)
}

/// Returns whether answers can come from there: what mail is sent from must be what mail can be sent to, in ASCII, since
/// few servers take more (SMTPUTF8, RFC 6531), and without quotes.
pub fn can_be_ours(address: &str) -> bool {
    address.is_ascii() && !address.contains('"') && is_real(address)
}

fn is_local_part(local: &str) -> bool {
    if local.is_empty() || local.len() > 64 {
        return false;
    }
    if local.len() > 2 && local.starts_with('"') && local.ends_with('"') {
        return !local.chars().any(char::is_control);
    }
    local.chars().all(|c| !c.is_control() && !c.is_whitespace() && !r#"()<>[]:;@\,""#.contains(c))
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_' || !c.is_ascii() && !c.is_control())
    };
    let numeric_top = domain.rsplit('.').next().is_some_and(|top| top.bytes().all(|byte| byte.is_ascii_digit()));
    domain.len() <= 253 && domain.contains('.') && !numeric_top && domain.split('.').all(is_label)
}

enum Piece {
    Word(String),
    Quoted(String),
    Comment(String),
    Angle(String),
}

struct Reader<'a> {
    rest: &'a str,
    pieces: Vec<Piece>,
    list: List,
}

impl Reader<'_> {
    fn read(mut self) -> List {
        while let Some(c) = self.rest.chars().next() {
            match c {
                ',' => self.advance_and_finish(),
                ';' => {
                    self.list.sound = false;
                    self.advance_and_finish();
                }
                ':' => {
                    // The name of a group; its members follow as mailboxes.
                    self.list.sound = false;
                    self.pieces.clear();
                    self.rest = &self.rest[1..];
                }
                '(' => self.comment(),
                '"' => {
                    let text = self.quoted();
                    self.pieces.push(Piece::Quoted(text));
                }
                '<' => self.angle(),
                c if c.is_whitespace() => self.rest = &self.rest[c.len_utf8()..],
                _ => self.word(),
            }
            if self.list.mailboxes.len() >= MAX_MAILBOXES {
                self.list.sound = false;
                return self.list;
            }
        }
        self.finish();
        self.list
    }

    fn advance_and_finish(&mut self) {
        self.rest = &self.rest[1..];
        self.finish();
    }

    fn comment(&mut self) {
        let mut depth = 0_u32;
        let mut escaped = false;
        let mut text = String::new();
        for (at, c) in self.rest.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => {
                    escaped = true;
                    continue;
                }
                '(' => {
                    depth += 1;
                    continue;
                }
                ')' => {
                    depth -= 1;
                    if depth == 0 {
                        self.rest = &self.rest[at + 1..];
                        self.pieces.push(Piece::Comment(text));
                        return;
                    }
                    continue;
                }
                _ => {}
            }
            text.push(c);
        }
        self.list.sound = false;
        self.rest = "";
    }

    /// Reads a quoted string and returns what it means, without quotes and backslashes.
    fn quoted(&mut self) -> String {
        let mut escaped = false;
        let mut text = String::new();
        for (at, c) in self.rest.char_indices().skip(1) {
            match c {
                _ if escaped => {
                    escaped = false;
                    text.push(c);
                }
                '\\' => escaped = true,
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return text;
                }
                _ => text.push(c),
            }
        }
        self.list.sound = false;
        self.rest = "";
        text
    }

    fn angle(&mut self) {
        let mut in_quotes = false;
        let mut end = None;
        for (at, c) in self.rest.char_indices().skip(1) {
            match c {
                '"' => in_quotes = !in_quotes,
                '>' if !in_quotes => {
                    end = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let (inside, rest) = match end {
            Some(at) => (&self.rest[1..at], &self.rest[at + 1..]),
            None => (&self.rest[1..], ""),
        };
        self.list.sound &= end.is_some();
        let mut address = inside.trim();
        // Source routes are history (RFC 5321 appendix C) but still parse.
        if address.starts_with('@') {
            self.list.sound = false;
            address = address.split_once(':').map_or(address, |(_, behind)| behind);
        }
        self.pieces.push(Piece::Angle(address.to_owned()));
        self.rest = rest;
    }

    fn word(&mut self) {
        if self.rest.starts_with("=?") {
            // Some clients leave commas and brackets inside encoded words.
            let mut marks = self.rest.match_indices('?').skip(3);
            if let Some((third, _)) = marks.next()
                && self.rest[third..].starts_with("?=")
                && !self.rest[..third].contains(char::is_whitespace)
            {
                self.pieces.push(Piece::Word(self.rest[..third + 2].to_owned()));
                self.rest = &self.rest[third + 2..];
                return;
            }
        }
        let mut in_literal = false;
        let mut end = self.rest.len();
        for (at, c) in self.rest.char_indices() {
            match c {
                '[' => in_literal = true,
                ']' => in_literal = false,
                ':' if in_literal => {}
                ',' | ';' | ':' | '(' | '<' | '"' => {
                    end = at;
                    break;
                }
                c if c.is_whitespace() => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        self.pieces.push(Piece::Word(self.rest[..end].to_owned()));
        self.rest = &self.rest[end..];
    }

    fn finish(&mut self) {
        let pieces = std::mem::take(&mut self.pieces);
        if pieces.is_empty() {
            return;
        }
        let angles = pieces.iter().filter(|piece| matches!(piece, Piece::Angle(_))).count();
        let mailbox = if angles == 0 { self.bare_mailbox(&pieces) } else { self.named_mailbox(pieces, angles) };
        self.list.mailboxes.extend(mailbox);
    }

    fn named_mailbox(&mut self, pieces: Vec<Piece>, angles: usize) -> Option<Mailbox> {
        self.list.sound &= angles == 1;
        let mut name = Vec::new();
        let mut comment = Vec::new();
        let mut address = None;
        for piece in pieces {
            match piece {
                Piece::Angle(inside) => address = address.or(Some(inside)),
                Piece::Comment(text) => comment.push(text),
                Piece::Word(text) | Piece::Quoted(text) => {
                    self.list.sound &= address.is_none();
                    name.push(text);
                }
            }
        }
        let address = address?;
        self.list.sound &= !address.is_empty();
        let words = if name.is_empty() { comment } else { name };
        Some(Mailbox { name: display_name(&words.join(" "), &address), address })
    }

    fn bare_mailbox(&mut self, pieces: &[Piece]) -> Option<Mailbox> {
        let mut words: Vec<String> = Vec::new();
        let mut comment = String::new();
        for piece in pieces {
            match piece {
                Piece::Word(text) => words.push(text.clone()),
                Piece::Quoted(text) => words.push(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))),
                Piece::Comment(text) => comment.push_str(text),
                Piece::Angle(_) => {}
            }
        }
        if words.is_empty() {
            return None;
        }
        let quoted_local = words.len() == 2 && words[0].starts_with('"') && words[1].starts_with('@');
        self.list.sound &= quoted_local || words.len() == 1 && words[0].contains('@');
        let address = if quoted_local { words.concat() } else { words.join(" ") };
        Some(Mailbox { name: display_name(&comment, &address), address })
    }
}

fn display_name(raw: &str, address: &str) -> Option<String> {
    let name = headers::clean(&headers::decode(raw), MAX_NAME);
    let name = name.strip_prefix('\'').and_then(|name| name.strip_suffix('\'')).unwrap_or(&name).trim();
    (!name.is_empty() && !name.eq_ignore_ascii_case(address)).then(|| name.to_owned())
}
