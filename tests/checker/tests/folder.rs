//! A history in memory, and the run folder made of it: chained logs, counted tables.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use checker::{
    chain::{Line, Span, hash},
    report::Report,
    run::{self, Dump, Logs},
    truth,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Tables of the dump.
const TABLES: [&str; 6] = ["inbound", "outbox", "ticket", "ticket_event", "verdict", "folder"];

/// The wall clock when a history begins, in Unix milliseconds.
pub(crate) const BEGIN_MS: i64 = 1_800_000_000_000;

/// What happened, before it is written down.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct History {
    /// Events of all parties, in the order in which they are written.
    pub(crate) truth: Vec<Happened>,
    /// Rows by table.
    pub(crate) dump: BTreeMap<String, Vec<Map<String, Value>>>,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Happened {
    /// When, in nanoseconds.
    pub(crate) span: Span,
    /// Who saw it.
    pub(crate) party: String,
    /// `event` and its fields.
    pub(crate) event: Map<String, Value>,
}

impl Happened {
    /// Says whether it is such an event.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.event["event"] == word
    }
}

impl History {
    /// Writes it down and judges it; returns the invariants that fail.
    pub(crate) fn failed(&self) -> Vec<&'static str> {
        let folder = Folder::new();
        self.write(folder.path());
        let run = run::read(folder.path()).unwrap_or_else(|refused| panic!("refused: {refused}"));
        Report::of(&run).failed()
    }

    /// Judges it without writing it down, which is faster; returns the invariants that fail.
    pub(crate) fn failed_in_memory(&self) -> Vec<&'static str> {
        let read = |(index, happened): (usize, &Happened)| {
            let Happened { span, party, event } = happened.clone();
            truth::read(Line { seq: 1, span, party, event }, format!("event {index}")).expect("an event of the format")
        };
        let dump = Dump {
            inbound: self.table("inbound"),
            outbox: self.table("outbox"),
            ticket: self.table("ticket"),
            ticket_event: self.table("ticket_event"),
            verdict: self.table("verdict"),
            folder: self.table("folder"),
        };
        let truth = self.truth.iter().enumerate().map(read).collect();
        Report::of(&run::assemble(truth, dump, Logs::default()).expect("a whole run")).failed()
    }

    fn table<T: DeserializeOwned>(&self, name: &str) -> Vec<T> {
        let rows = self.dump.get(name).into_iter().flatten();
        rows.map(|row| serde_json::from_value(Value::Object(row.clone())).expect("a row of its table")).collect()
    }

    /// Writes it as a run folder, one log for each party.
    pub(crate) fn write(&self, folder: &Path) {
        fs::create_dir_all(folder.join("truth")).expect("a folder of our own");
        fs::create_dir_all(folder.join("dump")).expect("a folder of our own");
        let mut parties: BTreeMap<&str, Vec<Happened>> = BTreeMap::new();
        for happened in &self.truth {
            parties.entry(&happened.party).or_default().push(happened.clone());
        }
        for (party, mut events) in parties {
            let event = json!({"event": "closed"}).as_object().expect("an object").clone();
            let end = events.last().map_or(0, |last| last.span.end);
            events.push(Happened { span: Span { start: end, end }, party: party.to_owned(), event });
            fs::write(folder.join(format!("truth/{party}-1.jsonl")), log(party, &events)).expect("a folder of our own");
        }
        for table in TABLES {
            let rows = self.dump.get(table).map(Vec::as_slice).unwrap_or_default();
            let mut text: String = rows.iter().map(|row| Value::Object(row.clone()).to_string() + "\n").collect();
            text += &(json!({"rows": rows.len()}).to_string() + "\n");
            fs::write(folder.join(format!("dump/{table}.jsonl")), text).expect("a folder of our own");
        }
    }

    /// Returns the rows of a table.
    pub(crate) fn rows(&mut self, table: &str) -> &mut Vec<Map<String, Value>> {
        self.dump.entry(table.to_owned()).or_default()
    }
}

/// Returns a chained log.
fn log(party: &str, events: &[Happened]) -> String {
    let mut text = String::new();
    let mut prev = "0".repeat(64);
    for (index, Happened { span, event, .. }) in events.iter().enumerate() {
        let mut line = event.clone();
        line.insert("seq".to_owned(), json!(index + 1));
        line.insert("start_ns".to_owned(), json!(span.start));
        line.insert("end_ns".to_owned(), json!(span.end));
        line.insert("party".to_owned(), json!(party));
        line.insert("prev".to_owned(), json!(prev));
        let line = Value::Object(line).to_string();
        prev = hash(line.as_bytes());
        text += &line;
        text.push('\n');
    }
    text
}

/// A folder that vanishes.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes one below the target folder.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("run-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).expect("the target folder is writable");
        Self(path)
    }

    /// Returns where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is removed with the target folder.
        drop(fs::remove_dir_all(&self.0));
    }
}
