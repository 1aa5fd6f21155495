//! The printed table, for people and for docs/delivery.md.

use std::{fs, io, path::Path, time::Duration};

use crate::{
    judge::{Counts, Verdict},
    wishes::Wishes,
    world::Shape,
};

/// What one run of a case came to.
pub(crate) struct Row {
    /// The case.
    pub(crate) case: &'static str,
    /// Store and processes.
    pub(crate) shape: Shape,
    /// What decided everything.
    pub(crate) seed: u64,
    /// Kills and other faults.
    pub(crate) faults: u64,
    /// Of these, processes killed at a named place or a random moment.
    pub(crate) kills: u64,
    /// The suite's own counts.
    pub(crate) counts: Counts,
    /// The checker's word; none if it was not asked.
    pub(crate) verdict: Option<Verdict>,
    /// How long it took.
    pub(crate) took: Duration,
    /// What went wrong besides; empty if nothing.
    pub(crate) trouble: String,
}

/// Kills of a long run, at least.
const KILLS: u64 = 1000;

/// Mails of a long run, at least.
const MAILS: usize = 50_000;

/// Widths of the columns of numbers.
const HEAD: [&str; 13] = [
    "case",
    "store",
    "n",
    "faults",
    "kills",
    "mails",
    "answered",
    "tickets",
    "uncertain",
    "lost",
    "double",
    "checker",
    "seconds",
];

impl Row {
    /// Says whether everything held.
    pub(crate) fn passed(&self) -> bool {
        let holds = !matches!(self.verdict, Some(Verdict::Broken(_)));
        self.trouble.is_empty() && self.counts.lost == 0 && self.counts.double == 0 && holds
    }

    fn cells(&self) -> [String; 13] {
        let counts = &self.counts;
        let verdict = match &self.verdict {
            Some(Verdict::Holds(_)) => "holds",
            Some(Verdict::Broken(_)) => "BROKEN",
            Some(Verdict::Absent) => "not built",
            None => "-",
        };
        [
            self.case.to_owned(),
            store(self.shape).to_owned(),
            self.shape.instances.to_string(),
            self.faults.to_string(),
            self.kills.to_string(),
            counts.messages.to_string(),
            counts.answered.to_string(),
            counts.tickets.to_string(),
            counts.uncertain.to_string(),
            counts.lost.to_string(),
            counts.double.to_string(),
            verdict.to_owned(),
            format!("{:.1}", self.took.as_secs_f64()),
        ]
    }
}

/// Returns the store's name.
pub(crate) fn store(shape: Shape) -> &'static str {
    if shape.postgres { "postgres" } else { "sqlite" }
}

/// Prints the head of the table.
#[expect(clippy::print_stdout, reason = "the table is the suite's result")]
pub(crate) fn print_head() {
    println!("{}", aligned(&HEAD.map(str::to_owned)));
}

/// Prints a row and what is to be said of it.
#[expect(clippy::print_stdout, reason = "the table is the suite's result")]
pub(crate) fn print_row(row: &Row) {
    println!("{}", aligned(&row.cells()));
    if row.passed() {
        return;
    }
    println!("  FAILED with seed {}: {}", row.seed, row.trouble);
    for finding in &row.counts.findings {
        println!("    {finding}");
    }
    if let Some(Verdict::Broken(said)) = &row.verdict {
        for line in said.lines() {
            println!("    checker: {line}");
        }
    }
}

/// Prints sums and the last line.
#[expect(clippy::print_stdout, reason = "the table is the suite's result")]
pub(crate) fn print_end(rows: &[Row]) {
    println!("{}", aligned(&sum(rows)));
    let failed = rows.iter().filter(|row| !row.passed()).count();
    println!("{} passed, {failed} failed", rows.len() - failed);
}

/// Says whether a whole long run did what it is for, and what is missing.
#[expect(clippy::print_stdout, reason = "the table is the suite's result")]
pub(crate) fn is_enough(rows: &[Row], wishes: &Wishes) -> bool {
    let kills: u64 = rows.iter().map(|row| row.kills).sum();
    let mails: usize = rows.iter().map(|row| row.counts.messages).sum();
    if !wishes.long || wishes.is_partial() || (kills >= KILLS && mails >= MAILS) {
        return true;
    }
    println!("too little for a long run: {kills} of {KILLS} kills, {mails} of {MAILS} mails");
    false
}

/// Writes the table as Markdown.
pub(crate) fn write_markdown(rows: &[Row], path: &Path) -> io::Result<()> {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(&HEAD.map(str::to_owned));
    text.push_str(&line(&["---"; 13].map(str::to_owned)));
    for row in rows {
        text.push_str(&line(&row.cells()));
    }
    text.push_str(&line(&sum(rows)));
    fs::write(path, text)
}

fn sum(rows: &[Row]) -> [String; 13] {
    let total = |of: fn(&Row) -> usize| rows.iter().map(of).sum::<usize>().to_string();
    let took: Duration = rows.iter().map(|row| row.took).sum();
    [
        "all".to_owned(),
        String::new(),
        String::new(),
        rows.iter().map(|row| row.faults).sum::<u64>().to_string(),
        rows.iter().map(|row| row.kills).sum::<u64>().to_string(),
        total(|row| row.counts.messages),
        total(|row| row.counts.answered),
        total(|row| row.counts.tickets),
        total(|row| row.counts.uncertain),
        total(|row| row.counts.lost),
        total(|row| row.counts.double),
        String::new(),
        format!("{:.1}", took.as_secs_f64()),
    ]
}

fn aligned(cells: &[String; 13]) -> String {
    let numbers: Vec<String> = cells[2..].iter().map(|cell| format!("{cell:>10}")).collect();
    format!("{:<12} {:<9}{}", cells[0], cells[1], numbers.concat())
}
