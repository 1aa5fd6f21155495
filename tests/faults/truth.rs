//! What the outside world saw of a run, written down as tests/checker/README.md asks: one chained file for each party.
//!
//! All parties live in this process, so one clock that begins with it serves them all, and no line needs to reach the
//! disk before its party goes on: the faults are somebody else's.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Instant,
};

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// Writes the truth of one run; clones write to the same files.
#[derive(Debug, Clone)]
pub(crate) struct Truth {
    folder: PathBuf,
    files: Arc<Mutex<BTreeMap<&'static str, Chain>>>,
}

#[derive(Debug)]
struct Chain {
    file: File,
    seq: u64,
    prev: String,
}

/// One MAIL command and what followed from it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transaction {
    /// When MAIL was read.
    pub(crate) start_ns: u64,
    /// A number, one for each connection.
    pub(crate) connection: u64,
    /// How far it came.
    pub(crate) phase: &'static str,
    /// Envelope sender.
    pub(crate) from: String,
    /// Envelope recipients.
    pub(crate) to: Vec<String>,
    /// The message, dots unstuffed; none before its final dot.
    pub(crate) message: Option<Vec<u8>>,
    /// Just before the go-ahead.
    pub(crate) data_ns: Option<u64>,
    /// Just after the final dot.
    pub(crate) dot_ns: Option<u64>,
    /// The sink keeps the message.
    pub(crate) taken: bool,
    /// The last reply.
    pub(crate) reply: Option<String>,
    /// The last reply was written.
    pub(crate) written: bool,
}

impl Truth {
    /// Writes into the folder `truth` of this one.
    pub(crate) fn new(run: &Path) -> Self {
        let folder = run.join("truth");
        fs::create_dir_all(&folder).expect("the temporary folder is writable");
        Self { folder, files: Arc::default() }
    }

    /// Writes an event that began at that moment and is over now.
    pub(crate) fn since(&self, start_ns: u64, party: &'static str, event: &str, fields: Value) {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let chain = files.entry(party).or_insert_with(|| Chain::new(&self.folder.join(format!("{party}.jsonl"))));
        chain.write(start_ns, party, event, fields);
    }

    /// Writes an event that took no time.
    pub(crate) fn now(&self, party: &'static str, event: &str, fields: Value) {
        self.since(now_ns(), party, event, fields);
    }

    /// Writes an injected fault.
    pub(crate) fn fault(&self, what: &str, process: &str, place: Option<&str>) {
        self.now("faults", "fault", json!({"what": what, "process": process, "place": place}));
    }

    /// Writes what the submission server saw.
    pub(crate) fn transaction(&self, seen: &Transaction) {
        let message = seen.message.as_deref();
        let one = |name: &str| message.and_then(|bytes| header(bytes, name));
        let id = |name: &str| one(name).map(|value| address(&value));
        let list = |name: &str| one(name).map(|value| vec![address(&value)]).unwrap_or_default();
        let sha256 = message.map(|bytes| hex(&Sha256::digest(bytes)));
        self.since(
            seen.start_ns,
            "sink",
            "transaction",
            json!({
                "connection": seen.connection, "phase": seen.phase, "from": seen.from.to_lowercase(),
                "to": seen.to.iter().map(|to| to.to_lowercase()).collect::<Vec<_>>(),
                "message_id": id("message-id"), "in_reply_to": id("in-reply-to"), "header_to": list("to"),
                "header_cc": list("cc"), "auto_submitted": one("auto-submitted"), "sha256": sha256,
                "data_ns": seen.data_ns, "dot_ns": seen.dot_ns, "taken": seen.taken, "reply": seen.reply,
                "written": seen.written,
            }),
        );
    }

    /// Ends every file as planned.
    pub(crate) fn close(&self) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        for (party, chain) in &mut *files {
            chain.write(now_ns(), party, "closed", Map::new());
        }
    }
}

impl Chain {
    fn new(path: &Path) -> Self {
        Self { file: File::create(path).expect("the temporary folder is writable"), seq: 0, prev: "0".repeat(64) }
    }

    fn write(&mut self, start_ns: u64, party: &str, event: &str, fields: Map<String, Value>) {
        self.seq += 1;
        let mut line = Map::new();
        line.insert("seq".to_owned(), self.seq.into());
        line.insert("start_ns".to_owned(), start_ns.into());
        line.insert("end_ns".to_owned(), now_ns().into());
        line.insert("party".to_owned(), party.into());
        line.insert("event".to_owned(), event.into());
        line.insert("prev".to_owned(), self.prev.clone().into());
        line.extend(fields);
        let line = Value::Object(line).to_string();
        self.prev = hex(&Sha256::digest(line.as_bytes()));
        self.file.write_all(format!("{line}\n").as_bytes()).expect("the temporary folder is writable");
    }
}

/// Returns nanoseconds of the clock that all parties share.
pub(crate) fn now_ns() -> u64 {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    u64::try_from(BEGAN.get_or_init(Instant::now).elapsed().as_nanos()).expect("a run of less than 500 years")
}

/// Returns a header field, unfolded.
pub(crate) fn header(bytes: &[u8], name: &str) -> Option<String> {
    let head = bytes.split(|byte| *byte == b'\n').take_while(|line| !line.trim_ascii().is_empty());
    let mut found: Option<String> = None;
    let mut inside = false;
    for line in head {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end();
        if inside && line.starts_with([' ', '\t']) {
            found.get_or_insert_default().push_str(line);
            continue;
        }
        let Some((field, value)) = line.split_once(':') else { continue };
        inside = field.eq_ignore_ascii_case(name) && found.is_none();
        if inside {
            found = Some(value.trim().to_owned());
        }
    }
    found
}

/// Returns what stands between the brackets, or all of it, in lower case only if it is an address and not an id.
fn address(value: &str) -> String {
    value.split(['<', '>']).nth(1).unwrap_or(value).trim().to_owned()
}

/// Returns bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String never fails");
        text
    })
}
