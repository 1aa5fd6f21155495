//! Writes down what the parties outside see of a run, as `tests/checker/README.md` describes it, for the checker to
//! judge. Any test may open one on a folder and hand it to its servers; nothing of the program is used here.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// What stands in `prev` of the first line.
const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;

/// The logs of one writer, one file for each party; clones write to the same files.
#[derive(Debug, Clone)]
pub(crate) struct Truth {
    folder: PathBuf,
    logs: Arc<Mutex<BTreeMap<&'static str, Log>>>,
}

#[derive(Debug)]
struct Log {
    file: File,
    lines: u64,
    prev: String,
}

/// A mail as the checker must know it.
#[derive(Debug, Clone)]
pub(crate) struct Delivered<'a> {
    /// The left part of its Message-ID.
    pub(crate) nonce: &'a str,
    /// The account, as configured.
    pub(crate) account: &'a str,
    /// Who wrote it; an answer may go there and nowhere else.
    pub(crate) from: &'a str,
    /// Mails of one conversation share it.
    pub(crate) conversation: &'a str,
    /// `help`, `person`, `silence` or `any`.
    pub(crate) expect: &'a str,
}

impl Truth {
    /// Opens the folder `truth` of a run and writes that the run begins.
    pub(crate) fn open(run: &Path) -> Self {
        let folder = run.join("truth");
        fs::create_dir_all(&folder).expect("the folder of the run is writable");
        let truth = Self { folder, logs: Arc::default() };
        truth.now("run", "began", json!({"unix_ms": unix_ms(), "order": "kept", "caps": [], "bound_ms": null}));
        truth
    }

    /// Writes what is over now and began then.
    pub(crate) fn since(&self, start_ns: u64, party: &'static str, event: &str, fields: Value) {
        let Value::Object(fields) = fields else { panic!("an event has fields: {fields}") };
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.entry(party).or_insert_with(|| Log::create(&self.folder, party)).write(start_ns, party, event, fields);
    }

    /// Writes what takes no time.
    pub(crate) fn now(&self, party: &'static str, event: &str, fields: Value) {
        self.since(now_ns(), party, event, fields);
    }

    /// Delivers a mail and writes that it was.
    pub(crate) fn delivery(&self, mail: &Delivered<'_>, deliver: impl FnOnce()) {
        let start = now_ns();
        deliver();
        self.delivered(start, mail);
    }

    /// Writes that a mailbox has a mail, which was begun to be brought then.
    pub(crate) fn delivered(&self, start_ns: u64, mail: &Delivered<'_>) {
        let Delivered { nonce, account, from, conversation, expect } = mail;
        let fields = json!({
            "nonce": nonce, "account": account, "folder": "INBOX", "from": from, "reply_to": from,
            "conversation": conversation, "expect": expect,
        });
        self.since(start_ns, "mailbox", "delivered", fields);
    }

    /// Lets a person do something, by a command of the program, and writes whether the program said that it is done.
    pub(crate) fn person(&self, event: &str, mut fields: Value, ask: impl FnOnce() -> bool) {
        let start = now_ns();
        fields["acknowledged"] = ask().into();
        self.since(start, "agents", event, fields);
    }

    /// Writes that the dump is complete, and ends every log.
    pub(crate) fn close(&self) {
        self.now("run", "dumped", json!({"unix_ms": unix_ms()}));
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        for (party, mut log) in std::mem::take(&mut *logs) {
            log.write(now_ns(), party, "closed", Map::new());
        }
    }
}

impl Log {
    /// Begins a file that is not there yet: a log is only ever continued by who began it.
    fn create(folder: &Path, party: &str) -> Self {
        let fresh = (1..).find_map(|number| {
            let path = folder.join(format!("{party}-{number}.jsonl"));
            OpenOptions::new().append(true).create_new(true).open(path).ok()
        });
        Self { file: fresh.expect("the folder of the run is writable"), lines: 0, prev: NOTHING_BEFORE.to_owned() }
    }

    /// Writes a line and has it on the disk.
    fn write(&mut self, start_ns: u64, party: &str, event: &str, mut line: Map<String, Value>) {
        self.lines += 1;
        line.insert("seq".to_owned(), self.lines.into());
        line.insert("start_ns".to_owned(), start_ns.into());
        line.insert("end_ns".to_owned(), now_ns().into());
        line.insert("party".to_owned(), party.into());
        line.insert("event".to_owned(), event.into());
        line.insert("prev".to_owned(), self.prev.as_str().into());
        let mut line = Value::Object(line).to_string();
        self.prev = hex(&Sha256::digest(line.as_bytes()));
        line.push('\n');
        self.file.write_all(line.as_bytes()).expect("the folder of the run is writable");
        self.file.sync_data().expect("the folder of the run is writable");
    }
}

/// Returns the machine's monotonic clock, which all processes share.
pub(crate) fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let part = |number: i64| u64::try_from(number).expect("the clock begins at 0");
    part(now.tv_sec) * SECOND + part(now.tv_nsec)
}

/// Returns bytes in lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes everything");
        text
    })
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_millis()).expect("a moment of our era")
}
