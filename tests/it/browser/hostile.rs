//! What strangers and colleagues write into fields is shown, and never does anything.

use std::{cell::RefCell, collections::BTreeSet, time::Duration};

use nightdesk::{
    console,
    model::satisfaction::{TOKEN_CHARACTERS, token_hash},
};
use serde_json::{Value, json};

use super::{
    desk::{Desk, PASSWORD},
    door,
    page::Page,
    payloads::{Canary, LOUD, careless, payloads},
    strangers::{self, TOGETHER},
};
use crate::{
    pipeline::{staff_mail::MEI, telegram::Bot},
    support::until::within,
};

/// What only a page holds that took a text for more than text; a list of what is wrong.
const INNOCENT: &str = include_str!("../../data/browser/innocent.js");

/// Sends forms as the page itself does; a list of what was refused.
const FORMS: &str = include_str!("../../data/browser/forms.js");

/// Where the links of a page lead within the console.
const LINKS: &str = "return [...document.querySelectorAll('a[href]')].map((link) => new URL(link.href)) \
    .filter((url) => url.origin === location.origin).map((url) => url.pathname)";

/// What the configuration adds: whoever writes by chat, by mail to a colleague, or into an export.
const MORE: &str = "trusted_authserv_ids: [mx.example.com]\nstaff_mail: {account: support}\norders: {folder: orders}\n";

/// So many forms are sent at once.
const AT_ONCE: usize = 40;

/// How long a careless page may take to do something.
const SOON: Duration = Duration::from_millis(400);

/// Pages without a number in their address.
const PAGES: &[&str] = &[
    "/queue",
    "/queue?view=all",
    "/queue?view=closed",
    "/queue/rows?view=all",
    "/queue/tabs",
    "/answered",
    "/machine",
    "/quarantine?all=yes",
    "/buyers",
    "/rules",
    "/rules/problems",
    "/rules/reloads",
    "/practice",
    "/situations",
    "/pauses/resume",
    "/reports",
    "/reports/unrecognized",
    "/settings",
    "/people",
    "/tokens",
    "/audit",
    "/help",
    "/profile",
    "/profile/totp",
    "/rules/hostile",
    "/rules/hostile_answer",
    "/rules/customs_tax",
    "/rules/playground?message=1",
    "/tickets/1/live",
    "/tickets/1/head/live",
    "/search",
];

/// Pages of one thing, by the beginnings of their addresses: wherever a page leads to one, it is opened.
const FOLLOWED: [&str; 5] = ["/tickets/", "/conversations/", "/buyers/", "/people/", "/quarantine/"];

/// Addresses that tell back what stands in them: each is asked for with payloads in the place of `{}`.
const REFLECTING: [&str; 12] = [
    "/search?q={}",
    "/queue?view=mine&assignee={}&tag={}&intent={}&language={}&from={}",
    "/queue/tabs?here={}",
    "/buyers?q={}",
    "/rules?q={}&mode={}",
    "/reports?since={}&account={}",
    "/reports/unrecognized?since={}&account={}",
    "/quarantine?account={}&before={}",
    "/audit?actor={}&what={}&before={}",
    "/tickets/1?use={}&list={}",
    "/people/{}",
    "/{}",
];

/// So many of them are tried with each payload.
const TRIED: usize = 3;

/// What no page is opened of by itself, and why.
const APART: [(&str, &str); 7] = [
    ("/", "it leads to the queue"),
    ("/assets/{version}/{name}", "files of the program itself"),
    ("/events", "numbers for scripts, which every page asks for"),
    ("/inbound/{inbound}/html", "the frames of tickets, which are counted"),
    ("/inbound/{inbound}/raw", "it is downloaded"),
    ("/inbound/{inbound}/files/{place}", "they are downloaded"),
    ("/reports/days.csv", "it is downloaded"),
];

/// Somebody who looks at pages, and what they have opened.
struct Look<'a> {
    page: &'a Page,
    opened: &'a RefCell<BTreeSet<String>>,
}

impl Look<'_> {
    /// Opens a page and looks at it; returns how many frames stand in it.
    fn at(&self, address: &str) -> u64 {
        self.page.go(address);
        self.here(address)
    }

    /// Looks at the page that is shown.
    fn here(&self, what: &str) -> u64 {
        assert_eq!(self.page.dialog(), None, "{what} opened a dialog");
        let path = self.page.path();
        self.opened.borrow_mut().insert(path.split('?').next().unwrap_or_default().to_owned());
        let seen = self.page.script(INNOCENT);
        assert_eq!(seen["wrong"], json!([]), "{what}");
        let complaints = self.page.complaints().into_iter().filter(|told| told.contains("Content Security"));
        let complaints: Vec<_> = complaints.collect();
        assert!(complaints.is_empty(), "{what}: only its policy kept it from harm: {complaints:#?}");
        seen["frames"].as_u64().unwrap_or_default()
    }

    /// Opens pages, and every page of one thing that they lead to; returns how many frames the tickets have.
    fn around(&self, pages: impl IntoIterator<Item = String>) -> u64 {
        let mut next: Vec<String> = pages.into_iter().collect();
        let (mut known, mut frames): (BTreeSet<String>, u64) = (next.iter().cloned().collect(), 0);
        while let Some(page) = next.pop() {
            let seen = self.at(&page);
            // Parts of a ticket hold frames once more.
            if page.strip_prefix("/tickets/").is_some_and(|number| number.parse::<i64>().is_ok()) {
                frames += seen;
            }
            let links = self.page.script(LINKS);
            let links = links.as_array().into_iter().flatten().filter_map(Value::as_str);
            for link in links.filter(|link| FOLLOWED.iter().any(|place| link.starts_with(place))) {
                if known.insert(link.to_owned()) {
                    next.push(link.to_owned());
                }
            }
        }
        frames
    }
}

#[test]
fn nothing_that_strangers_or_colleagues_write_runs_loads_or_leaves() {
    let (canary, bot) = (Canary::listen(), Bot::start());
    let payloads = payloads(&canary);
    let Some(desk) = Desk::crowded(&bot.account(), MORE, |shop| strangers::furnish(shop, &payloads)) else { return };
    the_trap_works(&desk, &canary, &payloads);
    let (before, opened) = (canary.visits(), RefCell::default());
    let visitor = desk.visitor();
    let outside = Look { page: &visitor, opened: &opened };
    first_one_here(&desk, &outside, &payloads);
    let ann = desk.person("ann", "admin", "en");
    desk.shop.succeed(&["user", "add", "mei", "--email", MEI]);
    everybody_writes(&desk, &bot, &payloads);
    // The browser's own name is written by whoever comes.
    ann.devtools("Network.setUserAgentOverride", &json!({"userAgent": payloads[11]}));
    ann.click("header .who button");
    ann.sign_in("ann", PASSWORD);
    writes_everywhere(&desk, &ann, &payloads);
    drop((ann.requests(), ann.complaints(), visitor.requests(), visitor.complaints()));

    let inside = Look { page: &ann, opened: &opened };
    buyer_remarks(&desk, &outside, &payloads);
    playground(&inside, &payloads[11]);
    // Now that everything was said: a pause of the shop has a page of its own.
    desk.shop.succeed(&["pause", &format!("--reason={}", payloads[11])]);
    let frames = inside.around(PAGES.iter().map(|page| (*page).to_owned()));
    assert_eq!(frames, payloads.len() as u64, "each mail in HTML was shown in its frame");
    let answered = opened.borrow().iter().find(|path| path.starts_with("/conversations/")).cloned();
    inside.at(&format!("{}/live", answered.expect("what the machine answered leads to its conversation")));
    for (number, payload) in payloads.iter().enumerate() {
        let quoted = percent_encoding::utf8_percent_encode(payload, percent_encoding::NON_ALPHANUMERIC).to_string();
        for turn in 0..TRIED {
            let address = REFLECTING[(number + turn * REFLECTING.len() / TRIED) % REFLECTING.len()];
            inside.at(&address.replace("{}", &quoted));
        }
    }
    refused_logins(&desk, &outside, &payloads);
    nothing_was_left_out(&opened.borrow());
    for page in [&ann, &visitor] {
        let left: Vec<_> = page.requests().into_iter().filter(|url| !is_ours(url, desk.origin())).collect();
        assert!(left.is_empty(), "the console asked for {left:#?}");
    }
    assert_eq!(canary.visits(), before, "somebody came to the port that nobody may speak to");
}

fn is_ours(url: &str, origin: &str) -> bool {
    // What stands in the page itself, such as the browser's own picture in a field for a day, is asked of nobody.
    let inside = ["about:", "data:"].iter().any(|kind| url.starts_with(kind));
    inside || url.strip_prefix(origin).is_some_and(|path| path.starts_with('/'))
}

/// Holds what was opened against the routes of the console.
fn nothing_was_left_out(opened: &BTreeSet<String>) {
    let pages = console::routes().into_iter().filter(|(method, path)| method == "GET" && !path.starts_with("/api/"));
    let pages: Vec<&str> = pages.map(|(_, path)| path).collect();
    for (path, why) in APART {
        assert!(pages.contains(&path), "{path} is no route any more ({why})");
    }
    // What has a route of its own is no instance of one with a name in it.
    let is_of = |opened: &String, page: &str| {
        let same = |(part, named): (&str, &str)| part == named || named.starts_with('{');
        let as_long = opened.split('/').count() == page.split('/').count();
        as_long
            && opened.split('/').zip(page.split('/')).all(same)
            && (opened == page || !pages.contains(&opened.as_str()))
    };
    let unseen = pages.iter().filter(|page| !opened.iter().any(|opened| is_of(opened, page)));
    let unseen: Vec<_> = unseen.filter(|page| APART.iter().all(|(path, _)| path != *page)).collect();
    assert!(unseen.is_empty(), "nobody looked at {unseen:#?} with payloads in it; name it in PAGES, or in APART");
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

/// Has buyers write by mail and by chat, machines too, and a colleague answer by mail. Mails make the first tickets, in their
/// order.
fn everybody_writes(desk: &Desk, bot: &Bot, payloads: &[String]) {
    strangers::write_mails(desk, payloads);
    desk.shop.until_settled(payloads.len());
    let questions = strangers::write_questions(desk, payloads);
    desk.shop.until_settled(payloads.len() + questions);
    let mails = desk.shop.tickets().len();
    strangers::chat(bot, payloads);
    desk.shop.until_settled(2 * payloads.len() + questions);
    strangers::answer_by_mail(desk, mails, &payloads[11]);
}

/// Comes in by the first link, under names that would do something as long as they are refused.
fn first_one_here(desk: &Desk, visitor: &Look<'_>, payloads: &[String]) {
    let page = visitor.page;
    visitor.at(&desk.first_link());
    let come_in = |name: &str, display: &str| {
        page.script("for (const field of document.querySelectorAll('input')) field.removeAttribute('maxlength')");
        for (field, text) in [("#name", name), ("#display", display), ("#password", PASSWORD), ("#again", PASSWORD)] {
            page.fill(field, text);
        }
        page.click("main button");
    };
    for payload in [&payloads[1], &payloads[11], &payloads[22]] {
        come_in(payload, payload);
        page.until_count("[role=alert]", 1);
        visitor.here("a refused name at the first link");
    }
    come_in("first", &payloads[11]);
    page.until_at("/login");
    visitor.here("/login");
}

/// Signs in under names that would do something; and as somebody who is asked for a code.
fn refused_logins(desk: &Desk, visitor: &Look<'_>, payloads: &[String]) {
    let page = visitor.page;
    for payload in &payloads[..3] {
        let next = percent_encoding::utf8_percent_encode(payload, percent_encoding::NON_ALPHANUMERIC);
        visitor.at(&format!("/login?next={next}"));
        page.fill("#name", payload);
        page.fill("#password", PASSWORD);
        page.click("main button");
        page.until_shows("Name or password is wrong.");
        visitor.here("/login");
    }
    let lin = desk.person("lin", "agent", "en");
    door::enrolls(&lin);
    page.go("/login");
    page.fill("#name", "lin");
    page.fill("#password", PASSWORD);
    page.click("main button");
    page.until_at("/login/code");
    visitor.here("/login/code");
    // A colleague whose name would do something opens the link for a new password.
    let told = desk.shop.succeed(&["user", "invite", "p11"]);
    page.forget();
    visitor.at(told.split_whitespace().find(|word| word.contains("/setup/")).expect("the link is printed"));
}

/// Has a buyer say how content they are.
fn buyer_remarks(desk: &Desk, visitor: &Look<'_>, payloads: &[String]) {
    let (page, token) = (visitor.page, "t".repeat(TOKEN_CHARACTERS));
    desk.shop.change(&format!(
        "INSERT INTO satisfaction (ticket, token_hash, asked_at, language) VALUES (1, '{}', {}, 'en')",
        token_hash(&token),
        jiff::Timestamp::now().as_millisecond()
    ));
    visitor.at(&format!("/s/{token}"));
    page.click("button[value=\"2\"]");
    for payload in payloads.iter().step_by(TOGETHER).chain([&payloads[3]]) {
        page.until_count("#remark", 1);
        page.fill("#remark", payload);
        page.click("#remark ~ p button");
        let kept = "const field = document.querySelector('#remark'); return field && field.defaultValue";
        page.until("the remark on the page", || (page.script(kept) == json!(payload)).then_some(()));
        visitor.here("a buyer's remark");
    }
}

/// Writes the payloads into every field that a colleague has.
fn writes_everywhere(desk: &Desk, ann: &Page, payloads: &[String]) {
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
    let drafts = desk
        .shop
        .tickets()
        .into_iter()
        .filter(|ticket| ticket.intent.as_ref().is_some_and(|intent| intent.as_str() == "hostile"));
    let drafts: Vec<_> = drafts.collect();
    assert_eq!(drafts.len(), strangers::ASKING, "{drafts:#?}");
    for (ticket, payload) in drafts.iter().zip(payloads) {
        forms.push(json!([format!("/tickets/{}/act", ticket.id), {"act": "reject_draft", "text": payload}]));
    }
    let (reason, week) = (&payloads[11], jiff::Zoned::now().date().saturating_add(jiff::Span::new().days(7)));
    forms.push(json!(["/pauses", {"scope": "account:support", "reason": reason}]));
    forms.push(json!(["/situations/port-strike", {"act": "off", "until": week.to_string(), "reason": reason}]));
    forms.push(json!(["/rules/customs_tax/pause", {"reason": reason}]));
    forms.push(json!(["/profile", {"display": reason, "language": "en"}]));
    forms.push(json!(["/practice", {"channel": "email", "name": "<img src=x onerror=window.__xss=1>"}]));
    forms.push(json!(["/practice/say", {"act": "say", "subject": reason, "text": reason}]));
    ann.go("/queue");
    for some in forms.chunks(AT_ONCE) {
        assert_eq!(ann.ask(FORMS, &[json!(some)]), json!([]), "what was to be shown was refused");
    }
}

/// Tries a message.
fn playground(ann: &Look<'_>, text: &str) {
    ann.page.go("/rules/playground");
    ann.page.fill("#text", text);
    ann.page.fill("#subject", text);
    ann.page.until_count("#result .explained", 1);
    ann.here("/rules/playground");
}
