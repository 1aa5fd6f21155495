//! What a person in front of a browser does and sees. Everything waits for what it needs, with a deadline, and says what
//! stood there instead.

use serde_json::{Value, json};

use super::driver::{Refused, Session};
use crate::support::until::within;

/// How long a page may take on a busy machine.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Keys that WebDriver names by a code point of its own.
pub(super) const CONTROL: char = '\u{e009}';
/// The key that sends.
pub(super) const ENTER: char = '\u{e007}';
/// The key that leaves.
pub(super) const ESCAPE: char = '\u{e00c}';

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
