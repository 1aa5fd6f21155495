//! How long a rule folder takes to read and compile, and what it then holds in memory, by the number of rules.
//!
//! `cargo bench --bench load`. Memory is what the process grew by between two points (Linux only); the text of the
//! files themselves is not in it. The peer compiles one contiguous aho-corasick automaton of the same phrases.

#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "small numbers for people")]
#![expect(dead_code, reason = "the shared world also makes messages, which nobody reads here")]

mod world;

use std::{fs, hint::black_box, time::Instant};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use nightdesk::{
    diagnostic::{has_errors, source::SourceMap, yaml},
    library::Sources,
    rules::{set::RuleSet, similar::Similar},
    text::reading::Reading,
};

use crate::world::{MIXED, per_item};

/// Sizes of rule sets.
const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];
/// Times each size is read; the best counts. The largest is read once.
const ROUNDS: usize = 5;
const ONCE_FROM: usize = 100_000;
/// Sizes of rule sets with examples beside the starter pack, and how many examples each rule has.
const LEARNED_SIZES: [usize; 4] = [0, 100, 1_000, 10_000];
const EXAMPLES: usize = 10;

fn main() {
    println!(
        "| rules | patterns | YAML MB | YAML alone ms | read and compiled ms | memory MB | one aho-corasick build ms |"
    );
    println!("|{}", " --- |".repeat(7));
    for size in SIZES {
        let (files, phrases) = MIXED.rules(size);
        let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
        let mut sources = SourceMap::default();
        let files: Vec<_> = files.into_iter().map(|(path, text)| sources.add(path, text)).collect();
        let rounds = if size < ONCE_FROM { ROUNDS } else { 1 };
        let before = resident_megabytes();
        let started = Instant::now();
        let (set, diagnostics) = RuleSet::read(&sources, &files);
        let mut read = started.elapsed().as_secs_f64();
        let grown = resident_megabytes().zip(before).map(|(after, before)| after - before);
        assert!(!has_errors(&diagnostics), "generated rules are right");
        for _ in 1..rounds {
            read = read.min(seconds(|| drop(black_box(RuleSet::read(&sources, &files)))));
        }
        let parsed = seconds(|| {
            for file in &files {
                drop(black_box(yaml::parse_all(*file, &sources.file(*file).text)));
            }
        });
        let automaton = seconds(|| {
            let mut builder = AhoCorasick::builder();
            let built = builder.kind(Some(AhoCorasickKind::ContiguousNFA)).build(&phrases);
            drop(black_box(built));
        });
        println!(
            "| {size} | {} | {:.1} | {:.1} | {:.1} | {} | {:.1} |",
            phrases.len(),
            bytes as f64 / 1e6,
            parsed * 1e3,
            read * 1e3,
            grown.map_or_else(|| "-".to_owned(), |grown| format!("{grown:.1}")),
            automaton * 1e3,
        );
        drop(set);
    }
    print_learned();
}

/// What the second witness costs: learning the examples, and comparing a sentence with them.
fn print_learned() {
    println!("\nstarter pack and generated rules of {EXAMPLES} examples; likeness of one sentence\n");
    println!("| rules | examples | read ms | learn ms | MB | likeness µs |\n|{}", " --- |".repeat(6));
    for size in LEARNED_SIZES {
        let mut sources = Sources::starter_pack();
        for (path, text) in MIXED.rules_with_examples(size, EXAMPLES) {
            sources.rules.push(sources.map.add(path, text));
        }
        let mut read = f64::INFINITY;
        for _ in 0..ROUNDS {
            read = read.min(seconds(|| drop(black_box(RuleSet::read(&sources.map, &sources.rules)))));
        }
        let (set, diagnostics) = RuleSet::read(&sources.map, &sources.rules);
        assert!(!has_errors(&diagnostics), "generated rules are right");
        let before = resident_megabytes();
        let similar = Similar::new(set.rules());
        let grown = resident_megabytes().zip(before).map(|(after, before)| after - before);
        let mut learned = f64::INFINITY;
        for _ in 0..ROUNDS {
            learned = learned.min(seconds(|| drop(black_box(Similar::new(set.rules())))));
        }
        let texts = ["do you offer free shipping to canada", "does the blue lamp fit a b22 socket", "请问有没有红色的"];
        let readings = texts.map(Reading::new);
        let likeness = per_item(&readings, |reading| {
            similar.compare(reading.folded(), 0..reading.folded().words().len(), None).len()
        });
        println!(
            "| {} | {} | {:.1} | {:.1} | {} | {:.1} |",
            set.rules().len(),
            similar.examples().len(),
            read * 1e3,
            learned * 1e3,
            grown.map_or_else(|| "-".to_owned(), |grown| format!("{grown:.1}")),
            likeness / 1e3,
        );
    }
}

fn seconds(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64()
}

/// Returns what the process holds in memory, where the system says so.
fn resident_megabytes() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}
