//! A buyer's HTML mail, shown in a frame that may do nothing: no script, no form, no picture from elsewhere, no cookie.
//!
//! Three walls stand one behind the other. What is sent is cleaned to text, lists, tables and links; the answer's own
//! policy allows nothing to be loaded; and the page of the ticket puts the frame into a sandbox of no rights.

use std::collections::{HashMap, HashSet};

use ammonia::Builder;
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{Html, IntoResponse as _},
};

use crate::{
    console::{
        Shop,
        path::Path,
        problem::{Answer, Problem},
        router::{Entry, Need, Object},
        visit::Visit,
        words::{Tongue, frame::Words},
    },
    model::{agent::Role, ids::InboundId},
    service::original::{self, Page},
};

/// The routes of the frames.
pub(super) fn routes() -> Vec<Entry> {
    const AGENT: Need = Need::Role(Role::Agent);
    vec![Entry::get("/inbound/{inbound}/html", AGENT, Object::Inbound, show)]
}

/// What the frame may do: nothing but show what stands in it. Links open in a tab of their own.
const POLICY: &str = "default-src 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox; \
                      base-uri 'none'; form-action 'none'";

/// What a mail is made of that people read.
const ELEMENTS: [&str; 41] = [
    "a",
    "b",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "ins",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "tr",
    "ul",
];

/// Elements whose content is no text for people.
const UNSEEN: [&str; 9] = ["script", "style", "title", "head", "template", "noscript", "object", "svg", "math"];

/// Shows the HTML of a message.
pub(super) async fn show(State(shop): State<Shop>, visit: Visit, Path(inbound): Path<i64>) -> Answer {
    let stored = shop.store.message(InboundId(inbound)).await?.ok_or(Problem::NotFound)?;
    let words = Words::of(visit.tongue);
    let cleaning = move || match original::page(&stored.received) {
        Page::Nothing => Err(words.nothing),
        Page::TooComplex => Err(words.too_complex),
        Page::Raw(html) => Ok(clean(&html)),
    };
    let cleaned = shop.busy.work(cleaning).await?;
    let (html, notice) = cleaned.map_or_else(|notice| (String::new(), Some(notice)), |html| (html, None));
    let page = Frame { tongue: visit.tongue, html: &html, notice };
    let page = page.render().map_err(|error| Problem::Failed(format!("a frame could not be filled: {error}")))?;
    let headers = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN")),
    ];
    Ok((headers, Html(page)).into_response())
}

/// Returns what may be shown of a stranger's HTML: text and its order, no picture, no style, no address that a browser
/// would load by itself.
fn clean(html: &str) -> String {
    let attributes = HashMap::from([
        ("a", HashSet::from(["href"])),
        ("td", HashSet::from(["colspan", "rowspan"])),
        ("th", HashSet::from(["colspan", "rowspan"])),
        ("ol", HashSet::from(["start"])),
    ]);
    Builder::empty()
        .tags(HashSet::from(ELEMENTS))
        .clean_content_tags(HashSet::from(UNSEEN))
        .generic_attributes(HashSet::from(["dir", "lang"]))
        .tag_attributes(attributes)
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank")
        .strip_comments(true)
        .clean(html)
        .to_string()
}

#[derive(Template)]
#[template(path = "frame.html")]
struct Frame<'a> {
    tongue: Tongue,
    html: &'a str,
    notice: Option<&'static str>,
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn of_a_strangers_html_only_words_and_links_are_left() {
        for (html, left) in [
            ("<p>Hi <b>there</b></p>", "<p>Hi <b>there</b></p>"),
            ("a<script>alert(1)</script>b", "ab"),
            ("a<style>*{background:url(https://t.example/x)}</style>b", "ab"),
            ("<img src=https://t.example/p.gif onerror=alert(1)>x", "x"),
            ("<svg><script>alert(1)</script><image href=https://t.example/></svg>x", "x"),
            (
                "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
                "",
            ),
            ("<p style='background:url(https://t.example/)' onclick=alert(1) class=x id=y>x</p>", "<p>x</p>"),
            (
                "<table background='https://t.example/x'><tr><td>x</td></tr></table>",
                "<table><tbody><tr><td>x</td></tr></tbody></table>",
            ),
            ("<a href='javascript:alert(1)'>x</a>", "<a target=\"_blank\" rel=\"noopener noreferrer nofollow\">x</a>"),
            ("<a href='/settings'>x</a>", "<a target=\"_blank\" rel=\"noopener noreferrer nofollow\">x</a>"),
            (
                "<a href='https://shop.example/'>x</a>",
                "<a href=\"https://shop.example/\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">x</a>",
            ),
            ("<form action=/logout method=post><input name=a><button>x</button></form>", "x"),
            ("<iframe src=https://t.example></iframe><base href=//t.example><link rel=stylesheet href=//t>x", "x"),
            ("<meta http-equiv=refresh content='0;url=https://t.example'>x", "x"),
        ] {
            assert_eq!(clean(html), left, "{html}");
        }
    }
}
