//! Every page as people see it who see little, use a keyboard, hold a telephone, enlarge what they read, prefer the dark or
//! read Chinese.

use serde_json::{Value, json};

use super::{
    day::{self, Day},
    desk::PASSWORD,
    door,
    driver::Driver,
    page::{Page, TAB},
};

/// Looks at a page; a list of what is in somebody's way.
const LOOKS: &str = include_str!("../../data/browser/looks.js");

/// Finds English words on a Chinese page.
const FOREIGN: &str = include_str!("../../data/browser/foreign.js");

/// Says whether what holds the focus shows it, and what it is.
const FOCUS: &str = "const at = document.activeElement, style = getComputedStyle(at); \
    const line = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2; \
    return [line || style.boxShadow !== 'none', `${at.tagName} ${at.id} ${at.textContent.trim().slice(0, 30)}`]";

/// Gives everything the focus; a list of what does not show it.
const FOCUSED: &str = include_str!("../../data/browser/focus.js");

/// Pages that are gone over key by key.
const WALKED: [&str; 4] = ["queue", "ticket-dispute", "profile", "playground"];

/// Width and height of a window.
pub(super) type Size = (u32, u32);

/// A common telephone.
pub(super) const PHONE: Size = (390, 844);

/// A window at a desk in which everything is four times as large (WCAG 2.2, 1.4.10).
const ENLARGED: Size = (320, 256);

/// How a page is looked at: a name, on what size of telephone if on one, in the dark.
const WAYS: [(&str, Option<Size>, bool); 4] =
    [("light", None, false), ("dark", None, true), ("phone", Some(PHONE), true), ("enlarged", Some(ENLARGED), false)];

/// What is no page, by the beginnings of paths: files, data, and parts of pages.
const NO_PAGES: [&str; 7] =
    ["/api/", "/assets/", "/inbound/", "/events", "/queue/rows", "/queue/tabs", "/reports/days.csv"];

/// A page that no link leads to: what somebody does to see it.
pub(super) struct Moment {
    pub(super) name: &'static str,
    /// The path of its route, as the router knows it.
    route: &'static str,
    pub(super) begin: fn(&Day, &Page),
}

/// What an admin meets between links.
pub(super) const MOMENTS: [Moment; 6] = [
    Moment { name: "playground-result", route: "/rules/playground", begin: tries_a_message },
    Moment { name: "ticket-undo", route: "/tickets/{ticket}", begin: gives_back_and_claims },
    Moment { name: "ticket-refused", route: "/tickets/{ticket}", begin: is_refused },
    Moment { name: "new-token", route: "/tokens", begin: makes_a_token },
    Moment { name: "not-allowed", route: "/people/{name}", begin: sends_a_foreign_form },
    Moment { name: "profile-saved", route: "/profile", begin: saves_nothing_new },
];

/// What those meet who are not signed in.
pub(super) const DOORS: [Moment; 8] = [
    Moment { name: "door-login", route: "/login", begin: |_, page| page.go("/login") },
    Moment { name: "door-refused", route: "/login", begin: is_not_known },
    Moment { name: "door-code", route: "/login/code", begin: is_asked_for_a_code },
    Moment { name: "door-invited", route: "/setup/{token}", begin: is_invited },
    Moment { name: "door-link-gone", route: "/setup/{token}", begin: |_, page| page.go("/setup/gone") },
    Moment { name: "door-nothing-here", route: "/nothing", begin: |_, page| page.go("/nothing-here") },
    Moment { name: "buyer-asked", route: "/s/{token}", begin: is_asked },
    Moment { name: "buyer-gone", route: "/s/{token}", begin: |_, page| page.go("/s/gone") },
];

fn tries_a_message(_: &Day, ann: &Page) {
    ann.go("/rules/playground");
    ann.fill("#text", "Hi, will I have to pay customs duty if you ship to Germany? The last lamp arrived broken.");
    ann.until_count("#result .explained", 1);
}

fn gives_back_and_claims(day: &Day, ann: &Page) {
    ann.go(&day.filled("/tickets/{Broken lamp}"));
    if ann.count("button[value=claim]") == 0 {
        ann.click("button[value=release]");
        ann.until_count("button[value=claim]", 1);
    }
    ann.click("button[value=claim]");
    ann.until_count("button[value=undo]", 1);
}

fn is_refused(day: &Day, ann: &Page) {
    ann.go(&day.filled("/tickets/{Two chairs}"));
    ann.click("#merge summary");
    ann.fill("#into", "9999");
    ann.click("#into ~ button[value=merge]");
    ann.until_count("#notice", 1);
}

fn makes_a_token(_: &Day, ann: &Page) {
    ann.go("/tokens");
    ann.fill("#name", &format!("program {}", ann.count("main tr")));
    ann.click("main form[action=\"/tokens\"] button");
    ann.until_count("#secret", 1);
}

fn sends_a_foreign_form(_: &Day, ann: &Page) {
    ann.go("/people/mei");
    ann.script("document.querySelector('main input[name=csrf]').value = 'from before'");
    ann.click("main form button");
    ann.until_count("main .brand", 1);
}

fn saves_nothing_new(_: &Day, ann: &Page) {
    ann.go("/profile");
    ann.click("form[action=\"/profile\"] button");
    ann.until_count(".notice.good", 1);
}

fn is_not_known(_: &Day, page: &Page) {
    page.go("/login");
    page.fill("#name", "somebody");
    page.fill("#password", "not that one at all");
    page.click("main button");
    page.until_count("#problem", 1);
}

/// Signs in as somebody who has a second factor; whoever has none yet gets one.
fn is_asked_for_a_code(day: &Day, page: &Page) {
    if day.desk.shop.succeed(&["user", "list"]).lines().all(|line| !line.starts_with("lin ")) {
        let lin = day.desk.person("lin", "agent", "zh");
        door::enrolls(&lin);
    }
    page.go("/login");
    page.fill("#name", "lin");
    page.fill("#password", PASSWORD);
    page.click("main button");
    page.until_at("/login/code");
}

fn is_invited(day: &Day, page: &Page) {
    let told = day.desk.shop.succeed(&["user", "invite", "mei"]);
    page.go(told.split_whitespace().find(|word| word.contains("/setup/")).expect("the link is printed"));
}

fn is_asked(day: &Day, page: &Page) {
    page.go(&day.asked("Case with the bank"));
}

/// Comes to a door as somebody who was never here.
pub(super) fn arrives(day: &Day, page: &Page, moment: &Moment) {
    page.forget();
    (moment.begin)(day, page);
}

/// Gives the page a size and a color.
pub(super) fn shows(page: &Page, phone: Option<Size>, dark: bool) {
    page.resize(phone);
    page.darken(dark);
}

/// Looks at the page that is shown in every way; a list of what is in somebody's way.
fn looked_at(page: &Page, what: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (way, phone, dark) in WAYS {
        shows(page, phone, dark);
        let width = phone.map(|(width, _)| width);
        wrong.extend(texts(&page.ask(LOOKS, &[json!(width)])).map(|found| format!("{what} ({way}): {found}")));
    }
    shows(page, None, false);
    page.chord(&[TAB]);
    wrong.extend(texts(&page.script(FOCUSED)).map(|found| format!("{what}: {found}")));
    wrong
}

/// Looks at a page that is to be in Chinese; a list of what is not.
fn read_in_chinese(page: &Page, what: &str, quoted: bool) -> Vec<String> {
    let (language, heading) = (page.script("return document.documentElement.lang"), page.text_of("h1"));
    let mut wrong: Vec<String> =
        texts(&page.script(FOREIGN)).map(|words| format!("{what} is not in Chinese: {words}")).collect();
    if language != "zh-Hans" || (heading.is_ascii() && !quoted) {
        wrong.push(format!("{what} is not in Chinese: {language} {heading}"));
    }
    wrong
}

fn texts(list: &Value) -> impl Iterator<Item = String> {
    list.as_array().cloned().unwrap_or_default().into_iter().map(|each| each.as_str().unwrap_or_default().to_owned())
}

/// Chooses the language of one's pages.
pub(super) fn speak(page: &Page, language: &str) {
    page.go("/profile");
    page.choose("#language", language);
    page.click("form[action=\"/profile\"] button");
    page.until_count(".notice.good", 1);
}

/// Has a browser ask for Chinese.
pub(super) fn ask_for_chinese(page: &Page) {
    let agent = page.script("return navigator.userAgent");
    page.devtools("Network.setUserAgentOverride", &json!({"userAgent": agent, "acceptLanguage": "zh-CN"}));
}

#[test]
fn every_page_can_be_read_and_used_by_everybody() {
    let Some(day) = Day::open() else { return };
    let (ann, visitor, mut wrong) = (&day.ann, day.desk.visitor(), Vec::new());
    for page in day.pages() {
        ann.go(&page.path);
        wrong.extend(looked_at(ann, &page.name));
        if WALKED.contains(&page.name.as_str()) {
            wrong.extend(walked_over(ann, &page.name));
        }
    }
    for moment in MOMENTS {
        (moment.begin)(&day, ann);
        wrong.extend(looked_at(ann, moment.name));
    }
    for moment in &DOORS {
        arrives(&day, &visitor, moment);
        wrong.extend(looked_at(&visitor, moment.name));
    }
    speak(ann, "zh");
    for page in day.pages() {
        ann.go(&page.path);
        wrong.extend(read_in_chinese(ann, &page.name, page.quoted));
    }
    for moment in MOMENTS {
        (moment.begin)(&day, ann);
        wrong.extend(read_in_chinese(ann, moment.name, true));
    }
    ask_for_chinese(&visitor);
    // A buyer is asked in the language that the case was in.
    for moment in DOORS.iter().filter(|moment| !moment.name.starts_with("buyer")) {
        arrives(&day, &visitor, moment);
        wrong.extend(read_in_chinese(&visitor, moment.name, false));
    }
    assert!(wrong.is_empty(), "{} things:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_page_of_the_console_is_looked_at() {
    let paths: Vec<String> = day::pages().iter().map(|page| unfilled(&page.path)).collect();
    let moments = MOMENTS.iter().chain(&DOORS).map(|moment| unfilled(moment.route));
    let seen: Vec<String> = paths.into_iter().chain(moments).collect();
    let routes = nightdesk::console::routes().into_iter().filter(|(method, path)| {
        let part = NO_PAGES.iter().any(|other| path.starts_with(other)) || path.ends_with("/live");
        // The bare address leads to the queue.
        method == "GET" && !part && *path != "/"
    });
    let unseen: Vec<&str> = routes.map(|(_, path)| path).filter(|path| !seen.contains(&unfilled(path))).collect();
    assert!(unseen.is_empty(), "these pages are missing in tests/data/browser/day/pages.yaml: {unseen:#?}");
}

/// Returns the path of an address with one mark in the place of each number and name.
fn unfilled(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let (mut plain, mut rest) = (String::new(), path);
    while let Some((before, (_, after))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        plain.extend([before, "*"]);
        rest = after;
    }
    plain.push_str(rest);
    // Rules and people are called by their names.
    for (place, own) in [("/rules/", "/rules/*"), ("/people/", "/people/*")] {
        let name = plain.strip_prefix(place).unwrap_or_default();
        if !name.is_empty() && !["playground", "problems", "reloads"].contains(&name) {
            own.clone_into(&mut plain);
        }
    }
    plain
}

/// Goes over the page with the Tab key; a list of what does not show that it has the focus.
fn walked_over(page: &Page, what: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    page.script("document.activeElement.blur()");
    for _ in 0..20 {
        page.chord(&[TAB]);
        let seen = page.script(FOCUS);
        if seen[1].as_str().is_some_and(|what| what.starts_with("BODY")) {
            // Behind the last field comes the browser's own bar.
            break;
        }
        if seen[0] != true {
            wrong.push(format!("{what}: the focus cannot be seen on {}", seen[1]));
        }
    }
    wrong
}

#[test]
fn the_look_at_pages_sees_what_is_wrong() {
    let Some(driver) = Driver::start() else { return };
    let page = Page::new(driver.open(), "");
    page.resize(Some(PHONE));
    let bad = "<title>x</title><main></main><main><h2>a</h2><h4 style='color:%23999;background:white'>b</h4></main>\
               <input><button style='width:9px;height:9px;padding:0'></button><p id=i style='width:900px'>wide</p>\
               <p id=i aria-labelledby=no>c</p><table><tr><td>d</table><div class=card style='width:9em'><b \
               style='white-space:nowrap'>a word that is much wider than its box</b></div><details><summary>more</summary><p \
               style='color:%23aaa;background:white'>folded</p></details><svg class=chart style='background:white'><rect \
               class=pale width=9 height=9 fill='%23b6bec8'/><rect class=above x=20 width=9 height=9 fill='%23333'/><rect \
               class=below x=20 y=9 width=9 height=9 fill='%23444'/><text y=9 fill='%23a0a0a0'>soft</text></svg><style>.legend \
               li::before{content:'';background:%23c9d3e0}</style><ul class=legend><li>mark</ul>";
    page.go(&format!("data:text/html,<!doctype html><meta name=viewport content='width=device-width'>{bad}"));
    let seen = page.ask(LOOKS, &[json!(PHONE.0)]).to_string();
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
        "spills",
        "b” has a contrast of 2",
        "folded” has a contrast of 2",
        "rect.pale has a contrast of 1",
        "soft” has a contrast of 2",
        "mark” has a contrast of 1",
        "below touches above",
    ] {
        assert!(seen.contains(wrong), "{wrong} is not seen: {seen}");
    }
    let bad = "<style>a:focus{outline:none}</style><a href=x dir=auto>Nothing shows</a><main dir=auto>own words</main><p>left over<p>中文 CSV beside";
    page.go(&format!("data:text/html;charset=utf-8,<!doctype html>{bad}"));
    page.chord(&[TAB]);
    let [focus, foreign] = [FOCUSED, FOREIGN].map(|look| page.script(look).to_string());
    assert!(focus.contains("does not show"), "a hidden focus is not seen: {focus}");
    assert_eq!(foreign, "[\"left over\"]", "English, and only that");
}
