//! The HTML side of a mail, made from its text: escaped, in paragraphs, links only where the seller wrote them.
//!
//! It reads no HTML; `text::html` does.

use crate::{model::language::Language, replies::bidi};

/// Wraps paragraphs into a page that names its language and direction and leaves all looks to the reader's program. Both
/// are named twice: mailboxes in a browser throw `<html>` and `<body>` away and keep what is inside.
pub(super) fn page(body: &str, language: Language) -> String {
    let (lang, direction) = (tag(language), bidi::direction(language));
    format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\" dir=\"{direction}\">\n<head><meta charset=\"utf-8\"></head>\n\
         <body>\n<div lang=\"{lang}\" dir=\"{direction}\">\n{body}</div>\n</body>\n</html>\n"
    )
}

/// Returns the language as HTML names it. Chinese needs its script: without it a Japanese font may be chosen.
fn tag(language: Language) -> String {
    if language == Language::ZH { "zh-Hans".to_owned() } else { language.to_string() }
}

/// Returns text as paragraphs: an empty line ends one, a line break stays one. Only addresses in `links` become links,
/// so that an address smuggled in through a value stays plain text. Words of the other direction are isolated.
pub(super) fn paragraphs(text: &str, links: &[String], language: Language) -> String {
    let mut html = String::with_capacity(text.len() + 64);
    for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
        let rows: Vec<String> = paragraph.lines().map(|line| linked(line, links, language)).collect();
        html.push_str("<p>");
        html.push_str(&rows.join("<br>\n"));
        html.push_str("</p>\n");
    }
    html
}

/// Returns the `http` and `https` addresses in a text that the seller wrote.
pub(super) fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("http") {
        let candidate = &rest[start..];
        let length = address_length(candidate);
        if length > 0 {
            found.push(candidate[..length].to_owned());
        }
        rest = &candidate[length.max("http".len())..];
    }
    found
}

fn linked(line: &str, links: &[String], language: Language) -> String {
    let mut html = String::with_capacity(line.len());
    let words = |html: &mut String, text: &str| html.push_str(&bidi::isolated(text, language, escaped));
    let (mut from, mut at) = (0, 0);
    while let Some(found) = line[at..].find("http") {
        let start = at + found;
        let length = address_length(&line[start..]);
        let address = &line[start..start + length];
        if length == 0 || !links.iter().any(|link| link == address) {
            at = start + "http".len();
            continue;
        }
        words(&mut html, &line[from..start]);
        let safe = escaped(address);
        let element = format!("<a href=\"{safe}\">{safe}</a>");
        html.push_str(&bidi::isolated_link(&element, language));
        (from, at) = (start + length, start + length);
    }
    words(&mut html, &line[from..]);
    html
}

/// Returns how many bytes of the text are one address; punctuation at its end belongs to the sentence.
fn address_length(text: &str) -> usize {
    let Some(after) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return 0 };
    let scheme = text.len() - after.len();
    let end = after
        .find(|c: char| !(c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'*+,;=%".contains(c)))
        .unwrap_or(after.len());
    let address = after[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', ']']);
    if address.is_empty() { 0 } else { scheme + address.len() }
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
    html
}
