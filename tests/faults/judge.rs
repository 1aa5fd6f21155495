//! What became of every mail: the suite's own first count, and the verdict of the checker program, which decides.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::{
    database::{Dump, Record, number, text},
    load::{Face, Posted},
    world::World,
};

/// Findings shown of one case.
const SHOWN: usize = 12;

/// The counts of one case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    /// Mails put into the mailboxes.
    pub(crate) messages: usize,
    /// Automatic messages of which the store knows that they left.
    pub(crate) answered: usize,
    /// Tickets.
    pub(crate) tickets: usize,
    /// Messages of which nobody could be sure at first.
    pub(crate) uncertain: usize,
    /// Mails that came to nothing.
    pub(crate) lost: usize,
    /// Mails that were answered, stored or handed to people twice.
    pub(crate) double: usize,
    /// What was found, in words.
    pub(crate) findings: Vec<String>,
}

impl Counts {
    fn lost(&mut self, what: String) {
        self.lost += 1;
        self.found(what);
    }

    fn doubled(&mut self, what: String) {
        self.double += 1;
        self.found(what);
    }

    fn found(&mut self, what: String) {
        if self.findings.len() < SHOWN {
            self.findings.push(what);
        }
    }
}

/// Compares what was posted with what is stored and what left.
pub(crate) fn count(world: &World, dump: &Dump) -> Counts {
    let mut counts = Counts { messages: world.load.count(), ..Counts::default() };
    let mut stored: BTreeMap<String, Vec<&Record>> = BTreeMap::new();
    for row in dump.of("inbound") {
        stored.entry(nonce_of(row)).or_default().push(row);
    }
    let outbox = by_number(dump.of("outbox"), "inbound");
    let tickets = by_number(dump.of("ticket"), "inbound");
    let threads = by_number(dump.of("ticket"), "thread");
    for posted in world.load.posted().values() {
        let rows = stored.get(&posted.nonce).map_or(&[][..], Vec::as_slice);
        match rows {
            [] => counts.lost(format!("{}: never stored", posted.nonce)),
            [row] => {
                let id = number(row, "id").unwrap_or_default();
                let thread = number(row, "thread").unwrap_or_default();
                let sent = outbox.get(&id).map_or(&[][..], Vec::as_slice);
                ended(&mut counts, row, posted.face, sent, threads.contains_key(&thread));
                if tickets.get(&id).is_some_and(|tickets| tickets.len() > 1) {
                    counts.doubled(format!("{}: several tickets", posted.nonce));
                }
            }
            _ => counts.doubled(format!("{}: stored {} times", posted.nonce, rows.len())),
        }
    }
    counts.tickets = dump.of("ticket").len();
    left(world, dump, &threads, &mut counts);
    counts
}

/// Looks at the end of one mail.
fn ended(counts: &mut Counts, row: &Record, face: Face, sent: &[&Record], has_ticket: bool) {
    let (nonce, outcome) = (nonce_of(row), text(row, "outcome"));
    let automatic = sent.iter().filter(|row| number(row, "human") == Some(0) && text(row, "kind") != "draft").count();
    match outcome {
        "" => counts.lost(format!("{nonce}: not decided")),
        "answered" | "asked" if automatic == 0 => counts.lost(format!("{nonce}: {outcome}, and no message of ours")),
        "escalated" if !has_ticket => counts.lost(format!("{nonce}: escalated without a ticket")),
        "suppressed" if !matches!(face, Face::Machine | Face::Bounce) => {
            counts.lost(format!("{nonce}: a person's mail was suppressed: {}", text(row, "outcome_reason")));
        }
        _ => {}
    }
    if automatic > 1 {
        counts.doubled(format!("{nonce}: {automatic} automatic messages"));
    }
}

/// Compares the outbox with what came to a final dot.
fn left(world: &World, dump: &Dump, threads: &BTreeMap<i64, Vec<&Record>>, counts: &mut Counts) {
    let mut arrived: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut answers: BTreeMap<String, usize> = BTreeMap::new();
    for arrival in world.sink.arrivals() {
        let seen_of_person = arrival.message_id.starts_with("hr.");
        let seen = arrived.entry(arrival.message_id).or_default();
        seen.0 += usize::from(arrival.reply.delivers());
        seen.1 += usize::from(arrival.reply.may_have_been_sent());
        // What people write is theirs to repeat; the program marks its own with `ar.`.
        if arrival.reply.may_have_been_sent() && !seen_of_person {
            *answers.entry(arrival.in_reply_to).or_default() += 1;
        }
    }
    let mut doubted = BTreeSet::new();
    for row in dump.of("outbox") {
        let (id, state) = (text(row, "message_id").trim_matches(['<', '>']), text(row, "state"));
        let (delivered, maybe) = arrived.get(id).copied().unwrap_or_default();
        if maybe > 1 {
            counts.doubled(format!("{id}: came to its final dot {maybe} times without a refusal"));
        }
        let human = number(row, "human") == Some(1);
        match state {
            "sent" if delivered == 0 => counts.lost(format!("{id}: said to be sent, and never arrived")),
            "sent" | "verified_sent" if !human => counts.answered += 1,
            "ready" | "sending" | "retry_at" => counts.lost(format!("{id}: still {state}")),
            "uncertain" | "escalated" => {
                doubted.insert(id.to_owned());
                if !threads.contains_key(&number(row, "thread").unwrap_or_default()) {
                    counts.lost(format!("{id}: {state}, and no ticket says so"));
                }
            }
            _ => {}
        }
        if state == "verified_sent" {
            doubted.insert(id.to_owned());
        }
    }
    counts.uncertain = doubted.len();
    let ours: BTreeSet<String> = world.load.posted().values().map(Posted::message_id).collect();
    for (id, times) in answers {
        if times > 1 && ours.contains(&format!("<{id}>")) {
            counts.doubled(format!("{id}: answered {times} times"));
        }
    }
}

/// What the checker program says of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Every invariant holds; its last line.
    Holds(String),
    /// Something is broken, or nothing can be said; all it said.
    Broken(String),
    /// It is not built.
    Absent,
}

/// Runs the checker over the folder of the run.
pub(crate) fn check(world: &World) -> Verdict {
    let Some(checker) = checker() else { return Verdict::Absent };
    let done = Command::new(checker).arg(world.folder()).stdin(Stdio::null()).output().expect("the checker starts");
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    if done.status.success() {
        Verdict::Holds(said.trim_end().lines().last().unwrap_or_default().to_owned())
    } else {
        Verdict::Broken(said)
    }
}

/// Returns the checker: cargo builds it into the same folder as the program.
fn checker() -> Option<PathBuf> {
    let named = std::env::var_os("NIGHTDESK_CHECKER").map(PathBuf::from);
    let beside = crate::instance::program().with_file_name("checker");
    named.or(Some(beside)).filter(|path| path.is_file())
}

/// Returns the number of a stored mail: the left part of its Message-ID, looked for in the raw mail if it was never read.
fn nonce_of(row: &Record) -> String {
    let id = text(row, "message_id").trim_matches(['<', '>']);
    if let Some((nonce, _)) = id.split_once('@') {
        return nonce.to_owned();
    }
    let raw = text(row, "raw").as_bytes().chunks(2).filter_map(|pair| {
        let digits = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(digits, 16).ok()
    });
    let raw: Vec<u8> = raw.collect();
    let id = crate::truth::header(&raw, "message-id").unwrap_or_default();
    id.trim_matches(['<', '>']).split('@').next().unwrap_or_default().to_owned()
}

fn by_number<'d>(rows: &'d [Record], column: &str) -> BTreeMap<i64, Vec<&'d Record>> {
    let mut sorted: BTreeMap<i64, Vec<&Record>> = BTreeMap::new();
    for row in rows {
        if let Some(value) = number(row, column) {
            sorted.entry(value).or_default().push(row);
        }
    }
    sorted
}
