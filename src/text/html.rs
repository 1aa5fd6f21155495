//! HTML mail to text: quoted mail cut by the marks of mail clients, hidden elements dropped, then converted.
//!
//! The converter's parser is quadratic in nesting, so everything passes a linear tag reader first, which also measures
//! size, depth and tag count; over a cap the plain fallback converts.

use std::{borrow::Cow, collections::BTreeMap};

use mail_parser::decoders::html::html_to_text;

/// Octets given to the converter; the fallback reads no more either.
pub const MAX_BYTES: usize = 512 * 1024;

/// Open elements; 2,000 nested `div` take 21 ms, 32,000 take 3 s.
pub const MAX_DEPTH: usize = 256;

/// Open `b`, `font` and the like: the parser repeats all of them in every paragraph that follows.
pub const MAX_FORMATTING: usize = 16;

/// Tags given to the converter, which walks up to the depth for each.
pub const MAX_TAGS: usize = 20_000;

/// Opening tags of HTML that is shown as it is, however well it hides its depth: parsing that many, each in the one
/// before, takes a third of a second.
const MAX_SHOWN_TAGS: usize = 10_000;

/// Columns of the converter: wide, so that no sentence is broken.
const WIDTH: usize = 10_000;

/// A converted HTML part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HtmlText {
    /// Plain text with LF endings.
    pub text: String,
    /// A cap was hit and the plain fallback did it.
    pub fallback: bool,
}

/// Converts an HTML part. Quoted mail goes as long as text of the sender's own is left; never empty if the input had
/// visible text.
pub fn to_text(html: &str) -> HtmlText {
    let html = &html[..html.floor_char_boundary(MAX_BYTES)];
    let over_size = html.len() == MAX_BYTES;
    let without_quotes = reduce(html, true);
    let reduced = if without_quotes.has_text { without_quotes } else { reduce(html, false) };
    if !reduced.has_text {
        return HtmlText { text: tidy(&html_to_text(html)), fallback: true };
    }
    let over = over_size || reduced.depth > MAX_DEPTH || reduced.formatting > MAX_FORMATTING || reduced.tags > MAX_TAGS;
    if !over && let Some(text) = convert(&reduced.html) {
        return HtmlText { text, fallback: false };
    }
    HtmlText { text: tidy(&html_to_text(&reduced.html)), fallback: true }
}

/// Returns whether an HTML part is small and flat enough to be parsed for showing it as it is. Whoever shows it must
/// clean it all the same.
pub fn is_tame(html: &str) -> bool {
    let opens = |pair: &&[u8]| pair[0] == b'<' && pair[1].is_ascii_alphabetic();
    if html.len() > MAX_BYTES || html.as_bytes().windows(2).filter(opens).count() > MAX_SHOWN_TAGS {
        return false;
    }
    let mut depth = Depth::default();
    for token in (Tokens { rest: html }) {
        if let Token::Tag(tag) = token
            && !tag.empty
            && !closes_itself(&tag.name)
        {
            depth.count(&tag);
        }
    }
    depth.most <= MAX_DEPTH
}

/// How deep the tags of a whole page stand, what nobody sees included.
#[derive(Default)]
struct Depth<'a> {
    open: BTreeMap<Cow<'a, str>, usize>,
    now: usize,
    most: usize,
}

impl<'a> Depth<'a> {
    fn count(&mut self, tag: &Tag<'a>) {
        let open = self.open.entry(tag.name.clone()).or_default();
        if !tag.closing {
            *open += 1;
            self.now += 1;
        } else if *open > 0 {
            *open -= 1;
            self.now -= 1;
        }
        self.most = self.most.max(self.now);
    }
}

fn convert(html: &str) -> Option<String> {
    let converter = html2text::config::plain_no_decorate()
        .no_table_borders()
        .no_link_wrapping()
        .allow_width_overflow()
        .empty_img_mode(html2text::config::ImageRenderMode::IgnoreEmpty);
    let text = converter.string_from_read(html.as_bytes(), WIDTH).ok()?;
    let text = tidy(&text);
    text.chars().any(char::is_alphanumeric).then_some(text)
}

/// No-break spaces made spaces, line ends trimmed, at most one empty line in a row.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line = line.replace(['\u{00A0}', '\u{202F}'], " ");
        let line = line.trim_end();
        if line.trim().is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        out.push_str(line);
    }
    out
}

/// HTML without what nobody sees and without quoted mail.
struct Reduced {
    html: String,
    depth: usize,
    formatting: usize,
    tags: usize,
    has_text: bool,
}

/// Takes away what nobody sees and, if `cut_quotes`, quoted mail.
fn reduce(html: &str, cut_quotes: bool) -> Reduced {
    let mut reducer = Reducer {
        out: Reduced { html: String::with_capacity(html.len()), depth: 0, formatting: 0, tags: 0, has_text: false },
        open: BTreeMap::new(),
        depth: 0,
        formatting: 0,
        skip: None,
        cut_quotes,
    };
    let mut tokens = Tokens { rest: html };
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(text) => reducer.text(text),
            Token::Tag(tag) => {
                if reducer.tag(&tag, tokens.rest) {
                    break;
                }
            }
        }
    }
    if let Some(skip) =
        reducer.skip.take().filter(|skip| !skip.text.trim().is_empty() && !skip.is_quote && !skip.is_raw)
    {
        // The element was never closed: a broken page must not swallow the rest of the mail.
        reducer.out.has_text |= skip.text.chars().any(char::is_alphanumeric);
        reducer.out.html.push_str(&skip.text);
    }
    reducer.out
}

struct Skip<'a> {
    name: Cow<'a, str>,
    nested: usize,
    text: String,
    is_quote: bool,
    is_raw: bool,
}

struct Reducer<'a> {
    out: Reduced,
    /// How many elements of each name are open. By name, because a parser ignores the end of what was never begun, so
    /// counting any end tag would hide depth.
    open: BTreeMap<Cow<'a, str>, usize>,
    depth: usize,
    formatting: usize,
    skip: Option<Skip<'a>>,
    cut_quotes: bool,
}

impl<'a> Reducer<'a> {
    fn text(&mut self, text: &'a str) {
        if let Some(skip) = &mut self.skip {
            skip.text.push_str(text);
            return;
        }
        self.out.has_text |= text.replace("&nbsp;", " ").chars().any(char::is_alphanumeric);
        self.out.html.push_str(text);
    }

    /// Returns whether the mail ends here. `behind` is what follows the tag.
    fn tag(&mut self, tag: &Tag<'a>, behind: &str) -> bool {
        if let Some(skip) = &mut self.skip {
            if tag.name == skip.name {
                if tag.closing {
                    skip.nested -= 1;
                } else if !tag.empty {
                    skip.nested += 1;
                }
            }
            let is_over = skip.nested == 0 || skip.name == "head" && tag.name == "body";
            if is_over {
                let is_body = tag.name == "body";
                self.skip = None;
                if is_body {
                    self.emit(tag);
                }
            }
            return false;
        }
        if !tag.closing {
            match quote_mark(tag).filter(|_| self.cut_quotes) {
                Some(QuoteMark::ToTheEnd) if self.out.has_text => return true,
                Some(QuoteMark::Element) if !tag.empty && !begins_forward(behind) => {
                    self.begin_skip(tag, true);
                    return false;
                }
                _ => {}
            }
            if is_hidden(tag) {
                if !tag.empty {
                    self.begin_skip(tag, false);
                }
                return false;
            }
        }
        self.emit(tag);
        false
    }

    fn begin_skip(&mut self, tag: &Tag<'a>, is_quote: bool) {
        let is_raw = matches!(tag.name.as_ref(), "script" | "style");
        self.skip = Some(Skip { name: tag.name.clone(), nested: 1, text: String::new(), is_quote, is_raw });
    }

    fn count(&mut self, tag: &Tag<'a>) {
        let open = self.open.entry(tag.name.clone()).or_default();
        let formatting = usize::from(is_formatting(&tag.name));
        if !tag.closing {
            *open += 1;
            self.depth += 1;
            self.formatting += formatting;
        } else if *open > 0 {
            *open -= 1;
            self.depth -= 1;
            self.formatting -= formatting;
        }
        self.out.depth = self.out.depth.max(self.depth);
        self.out.formatting = self.out.formatting.max(self.formatting);
    }

    fn emit(&mut self, tag: &Tag<'a>) {
        // Pictures say nothing a rule could read, and the converter would put brackets around links.
        if matches!(tag.name.as_ref(), "img" | "a") {
            return;
        }
        self.out.tags += 1;
        if !tag.empty && !closes_itself(&tag.name) {
            self.count(tag);
        }
        self.out.html.push_str(tag.whole);
    }
}

/// Elements that HTML opens again in the next block when they were left open.
fn is_formatting(name: &str) -> bool {
    matches!(
        name,
        "b" | "big" | "code" | "em" | "font" | "i" | "nobr" | "s" | "small" | "strike" | "strong" | "tt" | "u"
    )
}

/// Elements that HTML closes when the next one begins, so that leaving them open nests nothing.
fn closes_itself(name: &str) -> bool {
    matches!(
        name,
        "p" | "li" | "td" | "th" | "tr" | "tbody" | "thead" | "tfoot" | "dt" | "dd" | "option" | "html" | "body"
    )
}

fn is_hidden(tag: &Tag<'_>) -> bool {
    if matches!(
        tag.name.as_ref(),
        "script" | "style" | "head" | "title" | "template" | "noscript" | "object" | "svg" | "iframe"
    ) {
        return true;
    }
    if tag.attribute("hidden").is_some() {
        return true;
    }
    let Some(style) = tag.attribute("style") else { return false };
    let style: String = style.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    style.split(';').any(|rule| {
        let rule = rule.trim_end_matches("!important");
        matches!(
            rule,
            "display:none" | "visibility:hidden" | "mso-hide:all" | "max-height:0" | "max-height:0px" | "opacity:0"
        ) || matches!(rule, "font-size:0" | "font-size:0px") && style.contains("line-height:0")
    })
}

enum QuoteMark {
    /// The element holds the quoted mail; what stands behind it is the sender's again.
    Element,
    /// Everything from here on is the quoted mail.
    ToTheEnd,
}

/// Gmail puts forwarded mail into the same element as quoted mail; that one is the matter of the mail, not its past.
fn begins_forward(behind: &str) -> bool {
    const LOOK_AHEAD: usize = 400;
    behind[..behind.floor_char_boundary(LOOK_AHEAD)].contains("----------")
}

/// How mail clients mark the mail that is answered.
fn quote_mark(tag: &Tag<'_>) -> Option<QuoteMark> {
    let id = tag.attribute("id").unwrap_or_default();
    let class = tag.attribute("class").unwrap_or_default();
    let has_class = |wanted: &str| class.split_ascii_whitespace().any(|class| class == wanted);
    if matches!(
        id.as_ref(),
        "divRplyFwdMsg"
            | "appendonsend"
            | "OLK_SRC_BODY_SECTION"
            | "mail-editor-reference-message-container"
            | "reply-intro"
    ) || id.starts_with("cm_replymail")
    {
        return Some(QuoteMark::ToTheEnd);
    }
    match tag.name.as_ref() {
        "blockquote" => {
            let is_cite = tag.attribute("type").is_some_and(|kind| kind.eq_ignore_ascii_case("cite"));
            (is_cite || has_class("gmail_quote") || has_class("protonmail_quote") || id.starts_with("isReplyContent"))
                .then_some(QuoteMark::Element)
        }
        "hr" => tag.attribute("data-marker").is_some_and(|mark| mark == "__DIVIDER__").then_some(QuoteMark::ToTheEnd),
        "div" if tag.attribute("style").is_some_and(|style| is_outlook_border(&style)) => Some(QuoteMark::ToTheEnd),
        "div" if tag.attribute("name").is_some_and(|name| name == "quote" || name == "messageReplySection") => {
            Some(QuoteMark::Element)
        }
        _ => {
            let is_quote = [
                "gmail_quote",
                "gmail_quote_container",
                "gmail_extra",
                "protonmail_quote",
                "zmail_extra",
                "moz-cite-prefix",
            ]
            .iter()
            .any(|class| has_class(class))
                || has_class("yahoo_quoted")
                || has_class("front-blockquote")
                || id.starts_with("yahoo_quoted_")
                || id == "AppleMailSignature"
                || id == "isReplyContent"
                || has_class("ntes_quote")
                || has_class("netease_quote");
            is_quote.then_some(QuoteMark::Element)
        }
    }
}

/// Outlook 2007 and later draw a thin line above the answered mail.
fn is_outlook_border(style: &str) -> bool {
    let style: String = style.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    style.contains("border:none;border-top:solid") && style.contains("padding:3.0pt0")
        || style.contains("border-top-color:rgb(229,229,229)") && style.contains("border-top-width:1px")
}

enum Token<'a> {
    Text(&'a str),
    Tag(Tag<'a>),
}

struct Tag<'a> {
    whole: &'a str,
    name: Cow<'a, str>,
    attributes: &'a str,
    closing: bool,
    /// Void or self-closing: it opens nothing.
    empty: bool,
}

/// Octets of one tag's attributes that are searched; styles of mail clients have 2,000.
const MAX_ATTRIBUTES: usize = 8 * 1024;

impl<'a> Tag<'a> {
    /// Returns the value of an attribute, entities left alone; empty if it has none.
    fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut rest = &self.attributes[..self.attributes.floor_char_boundary(MAX_ATTRIBUTES)];
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if rest.is_empty() {
                return None;
            }
            let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '=' || c == '/').unwrap_or(rest.len()).max(1);
            let end = rest.ceil_char_boundary(end);
            let (found, after) = rest.split_at(end);
            let after = after.trim_start();
            let (value, after) = match after.strip_prefix('=') {
                Some(value) => attribute_value(value.trim_start()),
                None => ("", after),
            };
            if found.eq_ignore_ascii_case(name) {
                return Some(Cow::Borrowed(value.trim()));
            }
            rest = after;
        }
    }
}

fn attribute_value(text: &str) -> (&str, &str) {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote {
        return text[1..].split_once(quote).unwrap_or((&text[1..], ""));
    }
    text.split_at(text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(text.len()))
}

/// Cuts HTML into tags and text, in one pass. Comments, declarations and processing instructions vanish.
struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            if !self.rest.starts_with('<') {
                let end = self.rest.find('<').unwrap_or(self.rest.len());
                return Some(Token::Text(self.take(end)));
            }
            if let Some(comment) = self.rest.strip_prefix("<!--") {
                self.rest = comment.split_once("-->").map_or("", |(_, after)| after);
                continue;
            }
            let second = self.rest.as_bytes().get(1).copied().unwrap_or(b' ');
            if matches!(second, b'!' | b'?') {
                self.rest = self.rest.split_once('>').map_or("", |(_, after)| after);
                continue;
            }
            if !second.is_ascii_alphabetic() && second != b'/' {
                // A lone `<`, as in `5 < 6`.
                return Some(Token::Text(self.take(1)));
            }
            let end = tag_end(self.rest);
            let whole = self.take(end);
            return Some(Token::Tag(read_tag(whole)));
        }
    }
}

impl<'a> Tokens<'a> {
    fn take(&mut self, end: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

/// Returns where the tag ends, quoted attribute values respected.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    let mut after_equals = false;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') if after_equals => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            after_equals = byte == b'=';
        }
        // A quote that is never closed must not swallow the mail.
        if at > MAX_ATTRIBUTES * 4 {
            break;
        }
    }
    text.find('>').map_or(text.len(), |at| at + 1)
}

fn read_tag(whole: &str) -> Tag<'_> {
    let inside = whole.trim_start_matches('<').trim_end_matches('>');
    let (closing, inside) = match inside.strip_prefix('/') {
        Some(inside) => (true, inside),
        None => (false, inside),
    };
    let end = inside.find(|c: char| c.is_ascii_whitespace() || c == '/').unwrap_or(inside.len());
    let (name, attributes) = inside.split_at(end);
    let name = if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    };
    let is_void = matches!(
        name.as_ref(),
        "br" | "hr"
            | "img"
            | "meta"
            | "link"
            | "input"
            | "col"
            | "base"
            | "area"
            | "wbr"
            | "embed"
            | "source"
            | "param"
            | "track"
    );
    Tag { whole, name, attributes, closing, empty: is_void }
}

#[cfg(test)]
mod tests {
    use super::is_tame;

    #[test]
    fn html_is_shown_up_to_each_cap_and_not_one_beyond_it() {
        let many = |tag: &str, count: usize| tag.repeat(count);
        for (what, html, tame) in [
            ("nothing", String::new(), true),
            ("512 KiB", many("x", 524_288), true),
            ("an octet more", many("x", 524_289), false),
            ("256 deep", many("<div>", 256), true),
            ("one deeper", many("<div>", 257), false),
            ("257 in capitals", many("<DIV>", 257), false),
            ("257 one after the other", many("<div></div>", 257), true),
            ("257 that nest nothing", many("<p>x", 257), true),
            ("257 that only seem to be empty", many("<div/>", 257), false),
            ("257 with ends of what was never begun", many("</b><div>", 257), false),
            ("257 that nobody sees", format!("<div hidden>{}", many("<div>", 256)), false),
            ("257 of a drawing", format!("<svg>{}", many("<g>", 256)), false),
            ("10,000 tags", many("<br>", 10_000), true),
            ("one tag more", many("<br>", 10_001), false),
            ("10,000 tags and their ends", many("<i></i>", 10_000), true),
            ("10,001 behind what only looks like a comment", format!("<!-->{}", many("<div>", 10_001)), false),
            ("10,001 in a value", format!("<a title=\"{}\">", many("<b>", 10_001)), false),
        ] {
            assert_eq!(is_tame(&html), tame, "{what}");
        }
    }
}
