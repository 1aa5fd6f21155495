//! What a person in front of a browser does and sees. Everything waits for what it needs, with a deadline, and says
//! what stood there instead.

use std::path::Path;

use serde_json::{Value, json};

use super::driver::{Refused, Session};
use crate::support::until::within;

/// How long a page may take on a busy machine.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// How many pixels a finger covers, each way.
const FINGER: f64 = 44.0;

/// Keys that WebDriver names by a code point of its own.
pub(super) const CONTROL: char = '\u{e009}';
/// The key that sends.
pub(super) const ENTER: char = '\u{e007}';
/// The key that leaves.
pub(super) const ESCAPE: char = '\u{e00c}';
/// The key that goes to the next field.
pub(super) const TAB: char = '\u{e004}';

/// One person's browser.
pub(super) struct Page {
    session: Session,
    origin: String,
}

impl Page {
    pub(super) fn new(session: Session, origin: &str) -> Self {
        Self { session, origin: origin.to_owned() }
    }

    /// Opens a page of the console, and waits until it is there.
    pub(super) fn go(&self, path: &str) {
        let url = if path.starts_with('/') { format!("{}{path}", self.origin) } else { path.to_owned() };
        self.session.say("POST", "/url", &json!({ "url": url })).unwrap_or_else(|refused| self.fail(path, &refused));
    }

    /// Signs somebody in who has no second factor.
    pub(super) fn sign_in(&self, name: &str, password: &str) {
        self.go("/login");
        self.fill("#name", name);
        self.fill("#password", password);
        self.click("main button");
        self.until_at("/queue");
    }

    /// Returns path and question of the page that is shown.
    pub(super) fn path(&self) -> String {
        let path = self.script("return location.pathname + location.search");
        path.as_str().unwrap_or_default().to_owned()
    }

    /// Returns all words that a person sees.
    pub(super) fn text(&self) -> String {
        let text = self.script("return document.body ? document.body.innerText : ''");
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Returns the words of the first element that a selector finds.
    pub(super) fn text_of(&self, css: &str) -> String {
        let find = "const e = document.querySelector(arguments[0]); return e ? e.innerText : null";
        self.until(&format!("words of {css}"), || {
            let text = self.session.script(find, &[json!(css)]).ok()?;
            text.as_str().map(str::to_owned)
        })
    }

    /// Returns how many elements a selector finds.
    pub(super) fn count(&self, css: &str) -> u64 {
        self.ask("return document.querySelectorAll(arguments[0]).length", &[json!(css)]).as_u64().unwrap_or_default()
    }

    /// Waits until the words stand on the page.
    pub(super) fn until_shows(&self, words: &str) {
        self.until(&format!("“{words}” on the page"), || self.text().contains(words).then_some(()));
    }

    /// Waits until the page is there that has this path, with whatever question.
    pub(super) fn until_at(&self, path: &str) {
        self.until(&format!("the page {path}"), || {
            let here = self.session.script("return location.pathname", &[]).ok()?;
            (here == path).then_some(())
        });
    }

    /// Waits until a selector finds something, or nothing any more.
    pub(super) fn until_count(&self, css: &str, count: u64) {
        self.until(&format!("{count} × {css}"), || (self.count(css) == count).then_some(()));
    }

    /// Clicks where a person would; what lies hidden or behind something else is not clicked. A page that this leads to
    /// is there afterwards.
    pub(super) fn click(&self, css: &str) {
        self.retried(&format!("a click on {css}"), || self.session.element(css, "click", &json!({})));
    }

    /// Taps with a finger, and holds that a finger hits it: it is at least 44 pixels high and wide (WCAG 2.2, 2.5.5).
    pub(super) fn tap(&self, css: &str) {
        let measure = "const e = document.querySelector(arguments[0]); if (!e) return null; \
                       e.scrollIntoView({block: 'center', behavior: 'instant'}); \
                       const {width, height} = e.getBoundingClientRect(); return [width, height]";
        let size = self.until(&format!("{css} to tap"), || {
            let size = self.session.script(measure, &[json!(css)]).ok()?;
            Some((size[0].as_f64()?, size[1].as_f64()?))
        });
        assert!(size.0 >= FINGER && size.1 >= FINGER, "{css} is {size:?} pixels, which a finger misses");
        self.retried(&format!("a tap on {css}"), || self.session.touch(css));
    }

    /// Returns what holds the focus: its id, or else the name of its element.
    pub(super) fn focused(&self) -> String {
        let at = self.script("return document.activeElement.id || document.activeElement.tagName");
        at.as_str().unwrap_or_default().to_owned()
    }

    /// Types into a field, in place of what stands there.
    pub(super) fn fill(&self, css: &str, text: &str) {
        self.retried(&format!("typing into {css}"), || {
            self.session.element(css, "clear", &json!({}))?;
            self.session.element(css, "value", &json!({ "text": text }))
        });
    }

    /// Chooses an entry of a list by its value.
    pub(super) fn choose(&self, css: &str, value: &str) {
        self.click(&format!("{css} option[value=\"{value}\"]"));
    }

    /// Presses keys one after the other, wherever the focus is.
    pub(super) fn press(&self, keys: &str) {
        for key in keys.chars() {
            self.chord(&[key]);
        }
    }

    /// Presses keys at once, as Ctrl and Enter.
    pub(super) fn chord(&self, keys: &[char]) {
        let down = keys.iter().map(|key| json!({"type": "keyDown", "value": key}));
        let up = keys.iter().rev().map(|key| json!({"type": "keyUp", "value": key}));
        let keyboard = json!({"type": "key", "id": "keys", "actions": down.chain(up).collect::<Vec<_>>()});
        let done = self.session.say("POST", "/actions", &json!({ "actions": [keyboard] }));
        done.unwrap_or_else(|refused| self.fail(&format!("{keys:?}"), &refused));
    }

    /// Runs a script that cannot be refused.
    pub(super) fn script(&self, script: &str) -> Value {
        self.ask(script, &[])
    }

    /// Runs a script with what it is about.
    pub(super) fn ask(&self, script: &str, args: &[Value]) -> Value {
        self.session.script(script, args).unwrap_or_else(|refused| self.fail("a script", &refused))
    }

    /// Says a command of Chromium's own.
    pub(super) fn devtools(&self, command: &str, params: &Value) -> Value {
        self.session.devtools(command, params).unwrap_or_else(|refused| self.fail(command, &refused))
    }

    /// Forgets who is signed in, as a browser does that was never here.
    pub(super) fn forget(&self) {
        self.session.say("DELETE", "/cookie", &json!({})).unwrap_or_else(|refused| self.fail("cookies", &refused));
    }

    /// Gives the page another width, as a telephone has it, and returns to that of a desk with none.
    pub(super) fn resize(&self, phone: Option<(u32, u32)>) {
        let Some((width, height)) = phone else {
            self.devtools("Emulation.clearDeviceMetricsOverride", &json!({}));
            return;
        };
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": true});
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Says whether the person prefers dark pages.
    pub(super) fn darken(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        // Colors change at once, so that they can be looked at.
        let still = json!({"name": "prefers-reduced-motion", "value": "reduce"});
        let wish = json!({"features": [still, {"name": "prefers-color-scheme", "value": value}]});
        self.devtools("Emulation.setEmulatedMedia", &wish);
    }

    /// Draws the whole page into a file.
    pub(super) fn draw(&self, file: &Path) {
        let wish = json!({"format": "png", "captureBeyondViewport": true});
        let picture = self.devtools("Page.captureScreenshot", &wish);
        super::driver::save(&picture["data"], file);
    }

    /// Returns every address that was asked for since the last look.
    pub(super) fn requests(&self) -> Vec<String> {
        let sent = |entry: Value| {
            let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let event = &event["message"];
            let asked = event["method"] == "Network.requestWillBeSent";
            asked.then(|| event["params"]["request"]["url"].as_str().unwrap_or_default().to_owned())
        };
        self.session.log("performance").into_iter().filter_map(sent).collect()
    }

    /// Returns what the browser complained of since the last look.
    pub(super) fn complaints(&self) -> Vec<String> {
        let told = self.session.log("browser");
        told.iter().map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Returns the words of a dialog that stands before the page.
    pub(super) fn dialog(&self) -> Option<String> {
        let text = self.session.say("GET", "/alert/text", &json!({})).ok()?;
        Some(text.as_str().unwrap_or_default().to_owned())
    }

    /// Closes a dialog; says whether one stood there.
    pub(super) fn dismissed(&self) -> bool {
        self.session.say("POST", "/alert/dismiss", &json!({})).is_ok()
    }

    /// Waits for something and returns it.
    pub(super) fn until<T>(&self, what: &str, look: impl FnMut() -> Option<T>) -> T {
        within(PATIENCE, look).unwrap_or_else(|| panic!("waited {PATIENCE:?} for {what}; there is {}", self.shown()))
    }

    /// Does something until it is not refused: what a script has just replaced is found again.
    fn retried(&self, what: &str, mut act: impl FnMut() -> Result<Value, Refused>) {
        let mut last = String::new();
        let done = within(PATIENCE, || act().map_err(|refused| last = refused.to_string()).ok());
        assert!(done.is_some(), "waited {PATIENCE:?} for {what}: {last}; there is {}", self.shown());
    }

    fn fail(&self, what: &str, refused: &Refused) -> ! {
        panic!("{what}: {refused}; there is {}", self.shown())
    }

    /// Returns what to tell of a page on which something is missing.
    fn shown(&self) -> String {
        let seen = self.session.script("return location.href + '\\n' + document.body.innerText", &[]);
        seen.map_or_else(|refused| refused.to_string(), |text| text.as_str().unwrap_or_default().to_owned())
    }
}
