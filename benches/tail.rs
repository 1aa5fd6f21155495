//! What a mean hides: how often a message allocates, how slow the slowest in a hundred is, and what a message costs when
//! nothing of it lies in the processor's caches.
//!
//! `cargo bench --bench tail` prints the table of `docs/performance.md`. Every message is another one. The allocator counts,
//! which makes each allocation a few nanoseconds slower; the times of `decide` and `reading` are without that.

#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "small numbers for people")]

mod shop;
#[expect(dead_code, reason = "rules with examples and means are for the other benchmarks")]
mod world;

use std::{alloc::System, hint::black_box, time::Instant};

use nightdesk::{diagnostic::source::SourceMap, model::context::Context, rules::set::RuleSet, text::reading::Reading};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use crate::{
    shop::{HITS, MISSES, mail},
    world::{MIXED, SCRIPTS, moment, read_whole},
};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Rules that messages are evaluated by.
const RULES: usize = 10_000;
/// Characters of a message.
const LENGTH: usize = 200;
/// Messages of each sort: enough for ten beyond the 99th percentile.
const MESSAGES: usize = 1_000;
/// Messages that are measured with cold caches; each takes the time to fill the caches with something else.
const COLD_MESSAGES: usize = 50;
/// More than the caches of all levels hold.
const CACHE_BYTES: usize = 64 << 20;

fn main() {
    println!("| what | median µs | 99th percentile µs | slowest µs | cold median µs | allocations | KiB |");
    println!("|{}", " --- |".repeat(7));
    for family in [MIXED, SCRIPTS[0], SCRIPTS[2]] {
        let (files, phrases) = family.rules(RULES);
        let mut sources = SourceMap::default();
        let files: Vec<_> = files.into_iter().map(|(path, text)| sources.add(path, text)).collect();
        let set = RuleSet::read(&sources, &files).0;
        let texts = family.messages(&phrases, LENGTH, true, MESSAGES);
        row(&format!("read, {}", family.name), &texts, |text| read_whole(text));
        let readings: Vec<Reading> = texts.iter().map(|text| Reading::new(text)).collect();
        let moment = moment();
        row(&format!("evaluate, {}", family.name), &readings, |reading| set.evaluate(reading, &moment).hits.len());
        row(&format!("match, {}", family.name), &texts, |text| set.evaluate(&Reading::new(text), &moment).hits.len());
    }
    let engine = shop::engine(0);
    for (name, texts) in [("decide, hit", HITS), ("decide, miss", MISSES)] {
        let mails: Vec<_> = texts.iter().cycle().take(MESSAGES).map(|text| mail(text)).collect();
        row(name, &mails, |mail| engine.decide(mail, &Context::default(), mail.received_at).outcome.as_str().len());
    }
}

/// Measures some work and prints its row. The first round remembers words and is not counted.
fn row<T>(name: &str, items: &[T], work: impl Fn(&T) -> usize) {
    for item in items {
        black_box(work(item));
    }
    let region = Region::new(ALLOCATOR);
    for item in items {
        black_box(work(item));
    }
    let counted = region.change();
    let [allocations, bytes] = [counted.allocations + counted.reallocations, counted.bytes_allocated];
    let hot = sorted(items.iter().map(|item| micros(|| work(item))).collect());
    let mut other = vec![0_u8; CACHE_BYTES];
    let cold = items.iter().take(COLD_MESSAGES).map(|item| {
        for byte in &mut other {
            *byte = byte.wrapping_add(1);
        }
        black_box(&mut other);
        micros(|| work(item))
    });
    let cold = sorted(cold.collect());
    println!(
        "| {name} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
        hot[hot.len() / 2],
        hot[hot.len() * 99 / 100],
        hot[hot.len() - 1],
        cold[cold.len() / 2],
        allocations as f64 / items.len() as f64,
        bytes as f64 / items.len() as f64 / 1024.0,
    );
}

fn micros(work: impl FnOnce() -> usize) -> f64 {
    let started = Instant::now();
    black_box(work());
    started.elapsed().as_nanos() as f64 / 1000.0
}

fn sorted(mut times: Vec<f64>) -> Vec<f64> {
    times.sort_by(f64::total_cmp);
    times
}
