//! A run folder, read: every log verified, every table whole.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

use crate::{
    chain,
    dump::{self, Folder, Inbound, Outbox, Ticket, TicketEvent, Verdict},
    refused::Refused,
    truth::{self, Began, Event, Seen},
};

/// All there is to judge by.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// What holds for it.
    pub began: Began,
    /// When the dump was complete, by the wall clock.
    pub dumped_ms: i64,
    /// When `began` was written, by the monotonic clock.
    pub began_ns: u64,
    /// Everything seen, in order of its beginning.
    pub truth: Vec<Seen>,
    /// The store afterwards.
    pub dump: Dump,
    /// How the logs ended.
    pub logs: Logs,
}

/// The tables.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dump {
    /// Received messages.
    pub inbound: Vec<Inbound>,
    /// Messages of ours.
    pub outbox: Vec<Outbox>,
    /// Cases for people.
    pub ticket: Vec<Ticket>,
    /// Their histories.
    pub ticket_event: Vec<TicketEvent>,
    /// Decisions.
    pub verdict: Vec<Verdict>,
    /// How far folders were read; may be left out.
    pub folder: Vec<Folder>,
}

/// How the logs ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Logs {
    /// Files.
    pub files: usize,
    /// Files whose last line has no end.
    pub torn: usize,
    /// Files without `closed`.
    pub unclosed: usize,
}

/// Reads a run folder.
pub fn read(folder: &Path) -> Result<Run, Refused> {
    let mut logs = Logs::default();
    let mut truth = Vec::new();
    for file in files(&folder.join("truth"))? {
        let name = format!("truth/{}", file.file_name().unwrap_or_default().to_string_lossy());
        let bytes = fs::read(&file).map_err(|error| Refused::new(&name, format!("cannot be read: {error}")))?;
        let log = chain::read(&name, &bytes)?;
        logs.files += 1;
        logs.torn += usize::from(log.is_torn);
        logs.unclosed += usize::from(!log.is_closed);
        for line in log.lines {
            let place = format!("{name}:{}", line.seq);
            truth.push(truth::read(line, place)?);
        }
    }
    let dump = Dump {
        inbound: table(folder, "inbound")?,
        outbox: table(folder, "outbox")?,
        ticket: table(folder, "ticket")?,
        ticket_event: table(folder, "ticket_event")?,
        verdict: table(folder, "verdict")?,
        folder: if folder.join("dump/folder.jsonl").exists() { table(folder, "folder")? } else { Vec::new() },
    };
    assemble(truth, dump, logs)
}

/// Puts together what was read; refused unless the run says once when it began and once when it was dumped.
pub fn assemble(mut truth: Vec<Seen>, dump: Dump, logs: Logs) -> Result<Run, Refused> {
    truth.sort_by_key(|seen| seen.span.start);
    let began = only(&truth, "began", |event| if let Event::Began(began) = event { Some(began) } else { None })?;
    let dumped = only(&truth, "dumped", |event| if let Event::Dumped(dumped) = event { Some(dumped) } else { None })?;
    let (began, began_ns, dumped_ms) = (began.1.clone(), began.0.span.start, dumped.1.unix_ms);
    Ok(Run { began, dumped_ms, began_ns, truth, dump, logs })
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Refused> {
    let refused = |error| Refused::new(folder.display().to_string(), format!("cannot be read: {error}"));
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn table<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<Vec<T>, Refused> {
    let name = format!("dump/{name}.jsonl");
    let text = fs::read_to_string(folder.join(&name))
        .map_err(|error| Refused::new(&name, format!("cannot be read: {error}")))?;
    dump::read(&name, &text)
}

/// Returns the one event of its kind.
fn only<'a, T>(
    truth: &'a [Seen],
    word: &str,
    pick: impl Fn(&'a Event) -> Option<&'a T>,
) -> Result<(&'a Seen, &'a T), Refused> {
    let mut found = truth.iter().filter_map(|seen| Some((seen, pick(&seen.event)?)));
    let first = found.next().ok_or_else(|| Refused::new("truth", format!("nobody wrote `{word}`")))?;
    match found.next() {
        None => Ok(first),
        Some((second, _)) => Err(Refused::new(&second.place, format!("`{word}` is there a second time"))),
    }
}
