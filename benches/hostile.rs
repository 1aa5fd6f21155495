//! What a message costs that was built to keep the machine busy.
//!
//! `cargo bench --bench hostile` decides every text of `tests/data/decisions/hostile.tsv` at a quarter of the longest text
//! that is read, at half of it and whole, and prints how long that took. Twice the text takes twice the time, or something
//! looks at everything beside everything.

#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "small numbers for people")]

#[expect(dead_code, reason = "the mails of other benchmarks")]
mod shop;
#[expect(dead_code, reason = "the rules of other benchmarks")]
mod world;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use nightdesk::{
    model::{
        context::Context,
        inbound::{ChannelKind, Inbound},
    },
    text::reading::MAX_TEXT_BYTES,
};

/// The texts: name, what stands before, what is repeated, what stands behind.
const TEXTS: &str = include_str!("../tests/data/decisions/hostile.tsv");

fn main() {
    let engine = shop::engine(0);
    engine.warm();
    let only: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    println!("| text | 16 KiB, ms | 32 KiB, ms | 64 KiB, ms |");
    println!("|{}", " --- |".repeat(4));
    for line in TEXTS.lines().filter(|line| !line.starts_with('#')).skip(1) {
        let [name, before, repeated, behind] = fields(line);
        if !only.is_empty() && !only.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        let times = [4, 2, 1].map(|part| {
            let length = MAX_TEXT_BYTES / part;
            let room = length.saturating_sub(before.len() + behind.len());
            let text = format!("{before}{}{behind}", repeated.repeat(room / repeated.len()));
            // The first round remembers words.
            (0..2).map(|_| decided(&engine, &text)).min().unwrap_or_default()
        });
        let [quarter, half, whole] = times.map(|time| time.as_secs_f64() * 1_000.0);
        println!("| {name} | {quarter:.1} | {half:.1} | {whole:.1} |");
    }
}

fn decided(engine: &nightdesk::engine::Engine, text: &str) -> Duration {
    let inbound = Inbound::from_text(ChannelKind::Email, text, Timestamp::constant(1_795_222_860, 0));
    let begun = Instant::now();
    let verdict = engine.decide(&inbound, &Context::default(), inbound.received_at);
    let took = begun.elapsed();
    assert!(!verdict.rule_set_hash.is_empty(), "it was decided");
    took
}

fn fields(line: &str) -> [String; 4] {
    let mut fields = line.split('\t').map(|field| field.replace("\\n", "\n").replace("\\t", "\t"));
    std::array::from_fn(|_| fields.next().unwrap_or_default())
}
