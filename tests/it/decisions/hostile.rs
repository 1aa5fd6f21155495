//! Texts that are built to keep a machine busy: `hostile.tsv`, each repeated up to the longest text that is read.
//!
//! What they cost is measured by the benchmark `hostile`. Here they are only decided: a loop that looks at everything
//! beside everything makes this test last for minutes. What is counted is what comes out, which must not grow beyond the
//! message either.

use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use nightdesk::{
    diagnostic::has_errors,
    engine::Engine,
    library::Sources,
    model::{
        context::Context,
        inbound::{ChannelKind, Inbound},
        verdict::Verdict,
    },
    replies::catalog::Catalog,
    rules::set::RuleSet,
    text::reading::MAX_TEXT_BYTES,
};

use crate::decisions::{root, world};

/// Hits and losers of a text: the engine looks at two thousand places, of text and built-in phrases each.
const MAX_FOUND: usize = 4_000;
/// Bytes of a record for each byte of the longest text: a sentence of three bytes is recorded with its place and kind.
const MAX_GROWTH: usize = 64;
/// Bytes of all reasons of a ticket: the first questions, quoted, and what rules say.
const MAX_REASONS: usize = 2 * MAX_TEXT_BYTES;

#[test]
fn every_hostile_text_is_decided_and_what_is_recorded_stays_small() {
    let engine = starter_pack();
    let rows = rows();
    assert!(rows.len() >= 70, "only {} texts", rows.len());
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
            let now = world::moment(world::NIGHT);
            let verdict =
                engine.decide(&Inbound::from_text(ChannelKind::Email, &row.text(), now), &Context::default(), now);
            wrong.extend(complaint(&verdict).map(|complaint| format!("{}: {complaint}", row.name)));
        }
        wrong
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a text made the engine panic")).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns what is too much of a verdict.
fn complaint(verdict: &Verdict) -> Option<String> {
    let found = verdict.hits.len() + verdict.losers.len();
    let recorded = serde_json::to_string(verdict).expect("a verdict is JSON").len();
    let reasons: usize = verdict.ticket.iter().flat_map(|ticket| &ticket.reasons).map(String::len).sum();
    let too_much = found > MAX_FOUND || recorded > MAX_GROWTH * MAX_TEXT_BYTES || reasons > MAX_REASONS;
    too_much.then(|| format!("{found} hits and losers, {recorded} bytes recorded, {reasons} bytes of reasons"))
}

fn starter_pack() -> Engine {
    let sources = Sources::starter_pack();
    let (rules, found) = RuleSet::read(&sources.map, &sources.rules);
    let (replies, also_found) = Catalog::read(&sources.map, &sources.replies);
    assert!(!has_errors(&found) && !has_errors(&also_found), "the starter pack is right");
    Engine::new(world::settings(), rules, replies)
}

/// One text.
struct Row {
    name: String,
    before: String,
    repeated: String,
    behind: String,
}

impl Row {
    fn text(&self) -> String {
        let room = MAX_TEXT_BYTES.saturating_sub(self.before.len() + self.behind.len());
        format!("{}{}{}", self.before, self.repeated.repeat(room / self.repeated.len()), self.behind)
    }
}

fn rows() -> Vec<Row> {
    let table = fs::read_to_string(root().join("hostile.tsv")).expect("the table is there");
    let lines = table.lines().filter(|line| !line.starts_with('#')).skip(1);
    let rows = lines.map(|line| {
        let mut fields = line.split('\t').map(|field| field.replace("\\n", "\n").replace("\\t", "\t"));
        let mut next = || fields.next().expect("four fields");
        Row { name: next(), before: next(), repeated: next(), behind: next() }
    });
    rows.collect()
}
