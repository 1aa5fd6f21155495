//! Cuts a template into its tags and their words, with places, so that `template` can check them before a buyer does.
//!
//! It knows MiniJinja's outer form only; whether a tag is well-formed is MiniJinja's own judgement.

use std::ops::Range;

/// One `{{ … }}` or `{% … %}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// It prints (`{{`) or it steers (`{%`).
    pub prints: bool,
    /// What stands inside.
    pub tokens: Vec<Token>,
    /// The whole tag.
    pub span: Range<usize>,
}

/// One word or sign inside a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Bytes from the start of the file.
    pub span: Range<usize>,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name with its dots: `buyer.first_name`, `if`.
    Name(String),
    /// A quoted text, without its quotes.
    Text(String),
    /// A number.
    Number,
    /// Everything else: `|`, `(`, `==`.
    Sign(String),
}

impl Token {
    /// Returns the name, if it is one.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.kind {
            TokenKind::Name(name) => Some(name),
            _ => None,
        }
    }

    /// Returns whether it is that name.
    pub(super) fn is_name(&self, name: &str) -> bool {
        self.name() == Some(name)
    }

    /// Returns whether it is that sign.
    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(&self.kind, TokenKind::Sign(found) if found == sign)
    }
}

/// Returns the tags of `source` from byte `from` on, in order, comments left out.
pub(super) fn tags(source: &str, from: usize) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut at = from;
    while let Some((start, opening)) = next_opening(source, at) {
        if opening == "{#" {
            at = source[start..].find("#}").map_or(source.len(), |end| start + end + 2);
            continue;
        }
        let closing = if opening == "{{" { "}}" } else { "%}" };
        let (tokens, end) = tokens(source, start + 2, closing);
        tags.push(Tag { prints: opening == "{{", tokens, span: start..end });
        at = end;
    }
    tags
}

/// Returns the text with every tag and comment as blanks of the same length, so that places stay true.
pub(super) fn without_tags(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut at = 0;
    while let Some((start, opening)) = next_opening(source, at) {
        let end = match opening {
            "{#" => source[start..].find("#}").map_or(source.len(), |end| start + end + 2),
            "{{" => tokens(source, start + 2, "}}").1,
            _ => tokens(source, start + 2, "%}").1,
        };
        text.push_str(&source[at..start]);
        text.push_str(&" ".repeat(end - start));
        at = end;
    }
    text.push_str(&source[at..]);
    text
}

fn next_opening(source: &str, from: usize) -> Option<(usize, &str)> {
    let rest = &source[from..];
    let start = ["{{", "{%", "{#"].iter().filter_map(|opening| rest.find(opening)).min()? + from;
    Some((start, &source[start..start + 2]))
}

/// Returns the tokens up to the closing sign and the byte after it, which is the end of the text if it never closes.
fn tokens(source: &str, from: usize, closing: &str) -> (Vec<Token>, usize) {
    let mut tokens = Vec::new();
    let mut at = from;
    while let Some(first) = source[at..].chars().next() {
        if source[at..].starts_with(closing) {
            return (tokens, at + closing.len());
        }
        let length = match first {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '"' | '\'' => text_length(&source[at..], first),
            c if is_word(c) => source[at..].find(|c| !is_word(c) && c != '.').unwrap_or(source.len() - at),
            c => sign_length(&source[at..], c),
        };
        tokens.push(Token { kind: kind(&source[at..at + length], first), span: at..at + length });
        at += length;
    }
    (tokens, source.len())
}

fn kind(written: &str, first: char) -> TokenKind {
    match first {
        '"' | '\'' => TokenKind::Text(written.trim_matches(first).to_owned()),
        c if c.is_ascii_digit() => TokenKind::Number,
        c if is_word(c) => TokenKind::Name(written.to_owned()),
        _ => TokenKind::Sign(written.to_owned()),
    }
}

fn text_length(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |end| end + 2)
}

fn sign_length(text: &str, first: char) -> usize {
    let double = ["==", "!=", "<=", ">="].iter().any(|sign| text.starts_with(sign));
    if double { 2 } else { first.len_utf8() }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
