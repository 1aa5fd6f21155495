//! Chromedriver with one Chromium for each visitor, and the words of WebDriver (W3C) as JSON over HTTP.
//!
//! A dozen commands are used, each a request of its own; a client library would bring more crates than lines are here.

use std::{
    fmt,
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    guarded::{Guarded, RunAs, installed},
    needs, ports,
    until::{PATIENCE, until},
};

/// How wide and high the window of a desk is.
const WINDOW: &str = "--window-size=1280,900";

/// The name that WebDriver gives a reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A running chromedriver; it and its browsers end when dropped.
pub(super) struct Driver {
    port: u16,
    /// Where browsers keep what they keep; theirs, for they do not run as root.
    home: TempDir,
    _running: Guarded,
    /// Locked as long as this test has its turn.
    _turn: File,
}

/// Why a command was refused: WebDriver's word for it, and the driver's explanation.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) error: String,
    pub(super) message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error, self.message)
    }
}

/// One browser with its own cookies; closed when dropped.
pub(super) struct Session {
    port: u16,
    id: String,
}

impl Drop for Session {
    fn drop(&mut self) {
        // The browser also ends with the driver; a test that fails must not fail twice.
        drop(ask(self.port, "DELETE", &format!("/session/{}", self.id), None));
    }
}

impl Driver {
    /// Starts it; none where somebody wished to do without a browser.
    pub(super) fn start() -> Option<Self> {
        if !(needs::has("chromium") && needs::has("chromium-driver")) {
            return None;
        }
        // Browsers are large: where many tests run at once, those with browsers run one after the other.
        let turn = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser.lock")).expect("it is writable");
        turn.lock().expect("files can be locked");
        let (run_as, [port]) = (RunAs::current(), ports::free());
        let home = TempDir::with_prefix("nightdesk-browser-").expect("the temporary folder is writable");
        let says = home.path().join("chromedriver.out");
        fs::write(&says, "").expect("the folder is writable");
        run_as.own(home.path()).expect("root may give files away");
        let folder = home.path().display();
        let args = [
            format!("HOME={folder}"),
            format!("TMPDIR={folder}"),
            // Without a session bus to look for, and in one language whatever the machine speaks.
            "DBUS_SESSION_BUS_ADDRESS=disabled:".to_owned(),
            "LC_ALL=C.UTF-8".to_owned(),
            installed(&["/usr/bin/chromedriver"]).to_owned(),
            format!("--port={port}"),
        ];
        let running = Guarded::start(&run_as, "/usr/bin/env", args.to_vec(), &says).expect("a shell starts");
        let driver = Self { port, home, _running: running, _turn: turn };
        until("chromedriver to listen", || ask(port, "GET", "/status", None).ok());
        Some(driver)
    }

    /// Opens a browser that reaches this machine only.
    pub(super) fn open(&self) -> Session {
        let mut args = vec![
            "--headless=new",
            // It speaks over a pipe: the browser ends when the driver is gone, however it went.
            "--remote-debugging-pipe",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--no-first-run",
            "--force-color-profile=srgb",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            WINDOW,
        ];
        if RunAs::current().user == "nobody" {
            // We are root, most likely in a container, where the kernel grants no sandbox of the browser's own.
            args.push("--no-sandbox");
        }
        let logs = json!({"performance": "ALL", "browser": "ALL"});
        let wanted = json!({
            "browserName": "chrome",
            "unhandledPromptBehavior": "ignore",
            "timeouts": {"script": 60_000},
            "goog:chromeOptions": {"args": args, "perfLoggingPrefs": {"enableNetwork": true}},
            "goog:loggingPrefs": logs,
        });
        let made = ask(self.port, "POST", "/session", Some(&json!({"capabilities": {"alwaysMatch": wanted}})));
        let made = made.unwrap_or_else(|refused| panic!("{refused}\n{}", self.log()));
        let id = made["sessionId"].as_str().expect("a session has an id").to_owned();
        Session { port: self.port, id }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("chromedriver.out")).unwrap_or_default()
    }
}

impl Session {
    /// Says a command of the session.
    pub(super) fn say(&self, method: &str, path: &str, body: &Value) -> Result<Value, Refused> {
        let body = (method == "POST").then_some(body);
        ask(self.port, method, &format!("/session/{}{path}", self.id), body)
    }

    /// Runs a script in the page and returns what it returns.
    pub(super) fn script(&self, script: &str, args: &[Value]) -> Result<Value, Refused> {
        self.say("POST", "/execute/sync", &json!({"script": script, "args": args}))
    }

    /// Says a command of Chromium's own (DevTools protocol).
    pub(super) fn devtools(&self, command: &str, params: &Value) -> Result<Value, Refused> {
        self.say("POST", "/goog/cdp/execute", &json!({"cmd": command, "params": params}))
    }

    /// Returns the first element that a selector finds.
    pub(super) fn find(&self, css: &str) -> Result<String, Refused> {
        let found = self.say("POST", "/element", &json!({"using": "css selector", "value": css}))?;
        Ok(found[ELEMENT].as_str().expect("an element is a reference").to_owned())
    }

    /// Says a command about an element, as WebDriver names it.
    pub(super) fn element(&self, css: &str, command: &str, body: &Value) -> Result<Value, Refused> {
        let element = self.find(css)?;
        self.say("POST", &format!("/element/{element}/{command}"), body)
    }

    /// Touches the middle of an element with one finger.
    pub(super) fn touch(&self, css: &str) -> Result<Value, Refused> {
        let at = json!({ ELEMENT: self.find(css)? });
        let tap = json!([
            {"type": "pointerMove", "duration": 0, "origin": at, "x": 0, "y": 0},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]);
        let finger = json!({"type": "pointer", "id": "finger", "parameters": {"pointerType": "touch"}, "actions": tap});
        self.say("POST", "/actions", &json!({ "actions": [finger] }))
    }

    /// Returns what was logged since the last look, and forgets it. `kind` is `browser` or `performance`.
    pub(super) fn log(&self, kind: &str) -> Vec<Value> {
        let told = self.say("POST", "/se/log", &json!({"type": kind})).unwrap_or_else(|refused| panic!("{refused}"));
        told.as_array().cloned().expect("a log is a list")
    }
}

/// Writes what a picture in base64 holds.
pub(super) fn save(picture: &Value, file: &Path) {
    let picture = picture.as_str().expect("a picture is text");
    fs::write(file, STANDARD.decode(picture).expect("in base64")).expect("the folder is writable");
}

/// Asks the driver and returns its value.
fn ask(port: u16, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Refused> {
    let lost = |error: std::io::Error| Refused { error: "no driver".to_owned(), message: error.to_string() };
    let said = exchange(port, method, path, body).map_err(lost)?;
    let value: Value = serde_json::from_str(&said)
        .map_err(|error| Refused { error: "no JSON".to_owned(), message: format!("{error}: {said}") })?;
    let value = value["value"].clone();
    match value["error"].as_str() {
        None => Ok(value),
        Some(error) => {
            let message = value["message"].as_str().unwrap_or_default();
            let message = message.lines().next().unwrap_or_default().to_owned();
            Err(Refused { error: error.to_owned(), message })
        }
    }
}

/// Returns the body of the answer; the driver keeps the connection open behind it, whatever it is told.
fn exchange(port: u16, method: &str, path: &str, body: Option<&Value>) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let body = body.map(Value::to_string).unwrap_or_default();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: \
         {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut answer = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while answer.read_line(&mut line)? > 0 && line != "\r\n" {
        if let Some(("content-length", told)) = line.to_lowercase().split_once(':') {
            length = told.trim().parse().map_err(std::io::Error::other)?;
        }
        line.clear();
    }
    let mut said = vec![0; length];
    answer.read_exact(&mut said)?;
    String::from_utf8(said).map_err(std::io::Error::other)
}
