//! Every page as people see it who see little, use a keyboard, hold a telephone, prefer the dark or read Chinese.

use std::{fs, path::Path};

use serde_json::json;

use super::{
    desk::{Desk, PASSWORD},
    page::{Page, TAB},
};
use crate::support::letter::{Letter, text_of};

/// Looks at a page; a list of what is in somebody's way.
const LOOKS: &str = include_str!("../../data/browser/looks.js");

/// Says whether what holds the focus shows it, and what it is.
const FOCUS: &str = "const at = document.activeElement, style = getComputedStyle(at); \
    const line = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2; \
    return [line || style.boxShadow !== 'none', `${at.tagName} ${at.id} ${at.textContent.trim().slice(0, 30)}`]";

/// A common telephone.
const PHONE: (u32, u32) = (390, 844);

/// Every page that somebody gets by a link, as an admin with a few tickets sees it; the last two are not there.
const PAGES: [&str; 31] = [
    "/queue",
    "/queue?view=mine",
    "/queue?view=all&tag=refund",
    "/tickets/1",
    "/tickets/2",
    "/tickets/3",
    "/answered",
    "/machine",
    "/quarantine",
    "/search",
    "/search?q=money",
    "/buyers",
    "/buyers/1",
    "/rules",
    "/rules/customs_tax",
    "/rules/playground",
    "/rules/problems",
    "/rules/reloads",
    "/practice",
    "/situations",
    "/reports",
    "/reports?since=4w",
    "/settings",
    "/people",
    "/people/ann",
    "/tokens",
    "/audit",
    "/help",
    "/profile",
    "/nothing-here",
    "/tickets/9999",
];

/// A word that no line is wide enough for.
const LONG: &str =
    "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz/https://example.org/a/very/long/link";

/// Opens a desk with a little of everything, as an admin sees it.
fn opened() -> Option<(Desk, Page)> {
    let desk = Desk::open("")?;
    let ann = desk.person("ann", "admin", "en");
    let mut long = Letter::new("long.address.with.many.parts@subdomain.of.some.example.org", LONG, LONG);
    LONG.clone_into(&mut long.name);
    let letters = [
        long,
        Letter::new("anna@example.org", "Broken", "The lamp arrived broken. I want my money back or I will sue you!"),
        Letter::new("wang@example.cn", "退款", "你好，杯子碎了，我要退款！"),
        Letter::new("tom@example.net", "Customs", "Hi, will I have to pay customs if you ship to Germany?"),
        Letter::new("away@example.net", "Away", "I am on holiday.").with("Auto-Submitted: auto-replied"),
    ];
    for (count, letter) in letters.iter().enumerate() {
        desk.write(letter);
        desk.shop.until_settled(count + 1);
    }
    ann.go("/rules/customs_tax");
    ann.fill("#reason", "being rewritten");
    ann.click("form[action$=\"/pause\"] button");
    ann.until_count("form[action$=\"/resume\"]", 1);
    Some((desk, ann))
}

/// Opens a page the way it is to be seen.
fn shows(page: &Page, path: &str, phone: bool, dark: bool) {
    page.resize(phone.then_some(PHONE));
    page.darken(dark);
    page.go(path);
}

#[test]
fn every_page_can_be_read_and_used_by_everybody() {
    let Some((_desk, ann)) = opened() else { return };
    let mut wrong = Vec::new();
    for path in PAGES {
        for (look, phone, dark) in [("light", false, false), ("dark", false, true), ("phone", true, false)] {
            shows(&ann, path, phone, dark);
            let seen = ann.ask(LOOKS, &[json!(phone)]);
            wrong.extend(seen.as_array().into_iter().flatten().map(|found| format!("{path} ({look}): {found}")));
        }
    }
    ann.resize(None);
    for path in ["/queue?view=all", "/tickets/1", "/profile", "/rules/playground"] {
        ann.go(path);
        ann.script("document.activeElement.blur()");
        for _ in 0..20 {
            ann.chord(&[TAB]);
            let seen = ann.script(FOCUS);
            if seen[1].as_str().is_some_and(|what| what.starts_with("BODY")) {
                // Behind the last field comes the browser's own bar.
                break;
            }
            if seen[0] != true {
                wrong.push(format!("{path}: the focus cannot be seen on {}", seen[1]));
            }
        }
    }
    ann.go("/profile");
    ann.choose("#language", "zh");
    ann.click("form[action=\"/profile\"] button");
    ann.until_shows("我的账户");
    for path in PAGES {
        shows(&ann, path, true, true);
        let seen = ann.ask(LOOKS, &[json!(true)]);
        wrong.extend(seen.as_array().into_iter().flatten().map(|found| format!("{path} (Chinese): {found}")));
        let (language, heading) = (ann.script("return document.documentElement.lang"), ann.text_of("h1"));
        // A page that does not exist speaks the browser's language: nobody looked who asks.
        if path == "/nothing-here" {
            continue;
        }
        // A heading may be a buyer's or a rule's own words.
        let foreign =
            ["/tickets/", "/rules/customs_tax", "/buyers/", "/people/"].iter().any(|own| path.starts_with(own));
        if language != "zh-Hans" || (heading.is_ascii() && !foreign) {
            wrong.push(format!("{path} is not in Chinese: {language} {heading}"));
        }
    }
    assert!(wrong.is_empty(), "{} things:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_look_at_pages_sees_what_is_wrong() {
    let Some(driver) = super::driver::Driver::start() else { return };
    let page = Page::new(driver.open(), "");
    page.resize(Some(PHONE));
    let bad = "<title>x</title><main></main><main><h2>a</h2><h4 style='color:%23999;background:white'>b</h4></main>\
               <input><button style='width:9px;height:9px;padding:0'></button><p id=i style='width:900px'>wide</p>\
               <p id=i aria-labelledby=no>c</p><table><tr><td>d</table>";
    page.go(&format!("data:text/html,<!doctype html><meta name=viewport content='width=device-width'>{bad}"));
    let seen = page.ask(LOOKS, &[json!(true)]).to_string();
    for wrong in [
        "no language",
        "no title",
        "0 main headings",
        "no main part",
        "twice",
        "not there",
        "after a heading",
        "no label",
        "no name",
        "no heads",
        "wide",
        "9 × 9",
        "contrast of 2",
    ] {
        assert!(seen.contains(wrong), "{wrong} is not seen: {seen}");
    }
}

#[test]
fn tickets_are_worked_without_any_script() {
    let Some(desk) = Desk::open("") else { return };
    let mei = desk.person("mei", "agent", "en");
    mei.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    mei.click("header .who button");
    mei.until_at("/login");
    mei.sign_in("mei", PASSWORD);
    desk.write(&Letter::new(
        "anna@example.org",
        "Engraving",
        "Could you engrave the name of my grandmother on the lid?",
    ));
    desk.shop.until_settled(1);
    mei.go("/queue");
    mei.click("[data-row=\"1\"] button[value=claim]");
    mei.until_at("/tickets/1");
    mei.fill("#note-text", "She asked before.");
    mei.click("button[value=note]");
    mei.until_shows("She asked before.");
    mei.fill("#reply-text", "Yes, up to twelve letters.");
    mei.click("button[value=reply]");
    mei.until_count("button[value=undo]", 1);
    mei.click("button[value=undo]");
    mei.until_shows("took back");
    mei.fill("#reply-text", "Yes, up to twenty letters.");
    mei.click("button[value=reply]");
    mei.until_count("button[value=undo]", 1);
    let sent = desk.until_sent("anna@example.org", 2);
    assert_eq!(text_of(&sent[1]).trim(), "Yes, up to twenty letters.", "what was taken back never left");
    assert_eq!(sent.len(), 2);
}

/// Writes a picture of every page to `target/screens`, for people to look at.
#[test]
#[ignore = "draws for people: cargo test --test it every_page_is_drawn -- --ignored"]
fn every_page_is_drawn() {
    let Some((_desk, ann)) = opened() else { return };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screens");
    fs::create_dir_all(&folder).expect("the target folder is writable");
    for language in ["en", "zh"] {
        shows(&ann, "/profile", false, false);
        ann.choose("#language", language);
        ann.click("form[action=\"/profile\"] button");
        for path in PAGES {
            for (width, phone) in [("desktop", false), ("phone", true)] {
                for (look, dark) in [("light", false), ("dark", true)] {
                    shows(&ann, path, phone, dark);
                    let name = path.trim_start_matches('/').replace(|c: char| !c.is_alphanumeric(), "_");
                    ann.draw(&folder.join(format!("{name}-{width}-{look}-{language}.png")));
                }
            }
        }
    }
}
