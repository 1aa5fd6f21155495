//! The HTML side of a mail, made from its text: escaped, in paragraphs, links only where the seller wrote them.
//!
//! It reads no HTML; `text::html` does.

use crate::model::language::Language;

/// Languages written from right to left.
const RIGHT_TO_LEFT: &[&str] = &["ar", "fa", "he", "ur"];

/// Wraps paragraphs into a page that names its language and direction and leaves all looks to the reader's program.
pub(super) fn page(body: &str, language: Language) -> String {
    let direction = if RIGHT_TO_LEFT.contains(&language.as_str()) { "rtl" } else { "ltr" };
    format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\" dir=\"{direction}\">\n<head><meta charset=\"utf-8\"></head>\n\
         <body>\n{body}</body>\n</html>\n"
    )
}

/// Returns text as paragraphs: an empty line ends one, a line break stays one. Only addresses in `links` become links,
/// so that an address smuggled in through a value stays plain text.
pub(super) fn paragraphs(text: &str, links: &[String]) -> String {
    let mut html = String::with_capacity(text.len() + 64);
    for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
        let rows: Vec<String> = paragraph.lines().map(|line| linked(line, links)).collect();
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

fn linked(line: &str, links: &[String]) -> String {
    let mut html = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find("http") {
        html.push_str(&escaped(&rest[..start]));
        let candidate = &rest[start..];
        let length = address_length(candidate);
        let address = &candidate[..length];
        if length > 0 && links.iter().any(|link| link == address) {
            let safe = escaped(address);
            html.extend(["<a href=\"", &safe, "\">", &safe, "</a>"]);
            rest = &candidate[length..];
        } else {
            html.push_str("http");
            rest = &candidate["http".len()..];
        }
    }
    html.push_str(&escaped(rest));
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
