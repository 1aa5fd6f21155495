//! What strangers and colleagues write into fields is shown, and never does anything.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{
    desk::{Desk, PASSWORD},
    page::Page,
    payloads::{Canary, LOUD, careless, payloads},
};
use crate::support::{letter, post::SHOP, until::within};

/// What only a page holds that took a text for more than text; a list of what is wrong.
const INNOCENT: &str = include_str!("../../data/browser/innocent.js");

/// Sends forms as the page itself does; a list of what was refused.
const FORMS: &str = include_str!("../../data/browser/forms.js");

/// So many mails are of one buyer, and in one conversation.
const TOGETHER: usize = 5;

/// So many forms are sent at once.
const AT_ONCE: usize = 40;

/// How long a careless page may take to do something.
const SOON: Duration = Duration::from_millis(400);

/// Pages without a number in their address.
const PAGES: &[&str] = &[
    "/queue",
    "/queue?view=all",
    "/queue?view=closed",
    "/answered",
    "/machine",
    "/quarantine",
    "/buyers",
    "/rules",
    "/rules/problems",
    "/rules/reloads",
    "/practice",
    "/situations",
    "/reports",
    "/reports/unrecognized",
    "/settings",
    "/people",
    "/tokens",
    "/audit",
    "/help",
    "/profile",
    "/rules/hostile",
    "/rules/customs_tax",
];

#[test]
fn nothing_that_strangers_or_colleagues_write_runs_loads_or_leaves() {
    let canary = Canary::listen();
    let payloads = payloads(&canary);
    let Some(desk) = Desk::furnished("", |shop| hostile_rule(shop, &payloads[11])) else { return };
    the_trap_works(&desk, &canary, &payloads);
    let before = canary.visits();
    let ann = desk.person("ann", "admin", "en");
    for (number, payload) in payloads.iter().enumerate() {
        desk.post.deliver(&address(number), &mail(number, payload));
    }
    desk.shop.until_settled(payloads.len());
    // The browser's own name is written by whoever comes.
    ann.devtools("Network.setUserAgentOverride", &json!({"userAgent": payloads[11]}));
    ann.click("header .who button");
    ann.sign_in("ann", PASSWORD);
    writes_everywhere(&ann, &payloads);
    drop((ann.requests(), ann.complaints()));

    let tickets = (1..=payloads.len() / TOGETHER).map(|ticket| format!("/tickets/{ticket}"));
    let buyers = (1..=3).map(|buyer| format!("/buyers/{buyer}"));
    let reflected = payloads.iter().enumerate().map(|(number, payload)| {
        let asked = percent_encoding::utf8_percent_encode(payload, percent_encoding::NON_ALPHANUMERIC);
        match number % 2 {
            0 => format!("/search?q={asked}"),
            _ => format!("/queue?view=mine&assignee={asked}&tag={asked}&intent={asked}"),
        }
    });
    let pages = PAGES.iter().map(|page| (*page).to_owned()).chain(tickets).chain(buyers).chain(reflected);
    let mut frames = 0;
    for page in pages {
        ann.go(&page);
        frames += innocent(&ann, &page);
    }
    assert_eq!(frames, payloads.len() as u64, "each mail in HTML was shown in its frame");
    refused_logins(&desk, &payloads);
    let left: Vec<_> = ann.requests().into_iter().filter(|url| !is_ours(url, desk.origin())).collect();
    assert!(left.is_empty(), "the console asked for {left:#?}");
    assert_eq!(canary.visits(), before, "somebody came to the port that nobody may speak to");
}

fn is_ours(url: &str, origin: &str) -> bool {
    // What stands in the page itself, such as the browser's own picture in a field for a day, is asked of nobody.
    let inside = ["about:", "data:"].iter().any(|kind| url.starts_with(kind));
    inside || url.strip_prefix(origin).is_some_and(|path| path.starts_with('/'))
}

/// Shows that what is looked for is seen where it happens.
fn the_trap_works(desk: &Desk, canary: &Canary, payloads: &[String]) {
    let page = desk.visitor();
    let mut quiet = Vec::new();
    for payload in payloads {
        let before = canary.visits();
        page.go(&careless(payload));
        let ran = within(SOON, || {
            let spoke = page.dismissed() || canary.visits() > before;
            (spoke || page.script("return window.__xss === 1") == true).then_some(())
        });
        if ran.is_none() {
            quiet.push(payload);
        }
    }
    assert!(payloads.len() - quiet.len() >= LOUD, "these do nothing on a careless page: {quiet:#?}");
    page.go(&careless("<img src=x onerror=window.__xss=1>"));
    let seen = page.script(INNOCENT);
    assert!(seen["wrong"].as_array().is_some_and(|wrong| wrong.len() > 1), "the look at a page is blind: {seen}");
}

/// Looks at the page that is shown; returns how many frames stand in it.
fn innocent(page: &Page, what: &str) -> u64 {
    assert_eq!(page.dialog(), None, "{what} opened a dialog");
    let seen = page.script(INNOCENT);
    assert_eq!(seen["wrong"], json!([]), "{what}");
    let complaints: Vec<_> = page.complaints().into_iter().filter(|told| told.contains("Content Security")).collect();
    assert!(complaints.is_empty(), "{what}: only its policy kept it from harm: {complaints:#?}");
    seen["frames"].as_u64().unwrap_or_default()
}

/// Signs in under names that would do something.
fn refused_logins(desk: &Desk, payloads: &[String]) {
    let page = desk.visitor();
    for payload in &payloads[..3] {
        page.go("/login");
        page.fill("#name", payload);
        page.fill("#password", PASSWORD);
        page.click("main button");
        page.until_shows("Name or password is wrong.");
        innocent(&page, "/login");
    }
}

/// Writes the payloads into every field that a colleague has.
fn writes_everywhere(ann: &Page, payloads: &[String]) {
    let mut forms = Vec::new();
    for (number, payload) in payloads.iter().enumerate() {
        let act = format!("/tickets/{}/act", number / TOGETHER + 1);
        forms.push(json!([act, {"act": "note", "note": payload}]));
        forms.push(json!([act, {"act": "buyer_note", "buyer_note": payload}]));
        // The last of each conversation.
        if number % (2 * TOGETHER) == TOGETHER - 1 {
            forms.push(json!([act, {"act": "reply", "text": payload, "when": "now"}]));
        } else if number % TOGETHER == TOGETHER - 1 {
            let account = json!({"act": "close", "closing": payload, "result": "replaced", "cause": "product_fault",
                "compensation": "12.50 EUR"});
            forms.push(json!([act, account]));
        }
        if payload.chars().count() <= 80 {
            let person = json!({"name": format!("p{number}"), "display": payload, "role": "agent", "language": "en"});
            forms.push(json!(["/people", person]));
        }
        if payload.chars().count() <= 40 {
            forms.push(json!(["/tokens", {"name": payload, "role": "agent"}]));
        }
    }
    let reason = &payloads[11];
    forms.push(json!(["/pauses", {"scope": "account:support", "reason": reason}]));
    forms.push(json!(["/rules/customs_tax/pause", {"reason": reason}]));
    forms.push(json!(["/profile", {"display": reason, "language": "en"}]));
    forms.push(json!(["/practice", {"channel": "email", "name": "<img src=x onerror=window.__xss=1>"}]));
    forms.push(json!(["/practice/say", {"act": "say", "subject": reason, "text": reason}]));
    ann.go("/queue");
    for some in forms.chunks(AT_ONCE) {
        assert_eq!(ann.ask(FORMS, &[json!(some)]), json!([]), "what was to be shown was refused");
    }
    ann.go("/rules/playground");
    ann.fill("#text", reason);
    ann.fill("#subject", reason);
    ann.until_count("#result .explained", 1);
    innocent(ann, "/rules/playground");
}

fn address(number: usize) -> String {
    format!("b{}@buyer.example", number / TOGETHER)
}

/// A mail that says it in its sender's name, subject, text, HTML and the name of a file.
fn mail(number: usize, payload: &str) -> String {
    let word = format!("=?UTF-8?B?{}?=", STANDARD.encode(payload));
    let name = percent_encoding::utf8_percent_encode(payload, percent_encoding::NON_ALPHANUMERIC);
    let (from, date, first) = (address(number), letter::now(), number - number % TOGETHER);
    let id = |number: usize| format!("<hostile.{number}@buyer.example>");
    let (own, opener) = (id(number), id(first));
    let thread = if number > first { format!("In-Reply-To: {opener}\nReferences: {opener}\n") } else { String::new() };
    format!(
        "From: {word} <{from}>\nTo: {SHOP}\nSubject: {word}\nDate: {date}\nMessage-ID: {own}\n{thread}\
         MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=outer\n\n--outer\n\
         Content-Type: multipart/alternative; boundary=inner\n\n--inner\nContent-Type: text/plain; charset=utf-8\n\n\
         Please let the monogram face the window, as we agreed. {payload}\n--inner\n\
         Content-Type: text/html; charset=utf-8\n\n<p>Please let the monogram face the window.</p>{payload}\n\
         --inner--\n--outer\nContent-Type: application/octet-stream\n\
         Content-Disposition: attachment; filename*=UTF-8''{name}\n\nA file.\n--outer--\n"
    )
}

/// Adds a rule whose every text would do something.
fn hostile_rule(shop: &crate::support::shop::Shop, payload: &str) {
    let quoted = serde_json::to_string(payload).expect("a text is JSON, and JSON is YAML");
    let rule = format!(
        "intent: hostile\ntitle: {quoted}\ncategory: pre_sale\naction: answer\nmode: suggest\nsay:\n  \
         en: [zebra paint]\n\
         reply: hostile\nexamples:\n  en:\n    match: [Do you have zebra paint?]\n"
    );
    std::fs::write(shop.path("rules/pre_sale/hostile.yaml"), rule).expect("the folder is writable");
    std::fs::create_dir(shop.path("replies/hostile")).expect("the folder is writable");
    for language in ["en", "zh"] {
        let file = shop.path(&format!("replies/hostile/{language}.txt"));
        std::fs::write(file, format!("Zebra paint: {payload}\n")).expect("the folder is writable");
    }
}
