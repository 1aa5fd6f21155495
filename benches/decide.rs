//! The cost of a message against the number of rules: evaluation beside peers, and the whole decision.
//!
//! `evaluate`: generated rules (`world`), by number, length and script. Peers run in the same process right after: one
//! overlapping aho-corasick pass (contiguous NFA) over the same phrases, a `RegexSet` and a loop over one `regex` for
//! each phrase, as far as they can be built in seconds. Then misspelt messages, and texts made to keep us busy.
//!
//! `decide`: the starter pack, alone and with generated rules beside it, decides real mails from the guards to the
//! rendered reply. Only ratios of one run mean anything. `cargo bench --bench decide -- --quick`; rows appear as they are
//! measured, and `docs/performance.md` says what they mean.

#![expect(clippy::print_stdout, reason = "the tables are the result")]
#![expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "small numbers for people")]

mod shop;
#[expect(dead_code, reason = "rules with examples are for the benchmark of loading")]
mod world;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use criterion::{BenchmarkId, Criterion};
use nightdesk::{
    diagnostic::{has_errors, source::SourceMap},
    engine::Engine,
    model::{context::Context, inbound::Inbound},
    rules::set::RuleSet,
    text::reading::{MAX_TEXT_BYTES, Reading},
};
use regex::{Regex, RegexSet};

use crate::{
    shop::{HITS, MISSES, mail},
    world::{Family, MIXED, Random, SCRIPTS, moment, per_item, read_whole},
};

/// Sizes of rule sets.
const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];
/// The size at which scripts, misspelt and hostile texts are measured.
const LARGE: usize = 10_000;
/// Generated rules beside the starter pack where the whole decision is measured.
const BESIDE: [usize; 4] = [0, 100, 1_000, 10_000];
/// Characters of messages.
const LENGTHS: [usize; 3] = [20, 200, 2_000];
/// Messages of each sort; fewer train the branch predictor.
const MESSAGES: usize = 100;
/// The regex peers see fewer messages: they are slow enough to be measured by them.
const REGEX_MESSAGES: usize = 10;
/// A regex loop over more rules takes minutes to build and says nothing new.
const MAX_REGEX_RULES: usize = 1_000;
/// Over more rules a `RegexSet` of expressions with Unicode word boundaries takes a minute to build.
const MAX_REGEX_SET_RULES: usize = 100;
/// Bound of a compiled `RegexSet`.
const REGEX_SET_BYTES: usize = 1 << 30;
/// A long text, as a pasted log.
const HOSTILE_BYTES: usize = 16 * 1024;
/// Texts that look built to keep us busy, repeated up to [`HOSTILE_BYTES`] and up to the longest text that is read.
const HOSTILE: [(&str, &str); 10] = [
    ("`free shipping `", "free shipping "),
    ("`not free shipping `", "not free shipping "),
    ("`free shipping? `", "free shipping? "),
    ("`包邮`", "包邮"),
    ("`不包邮`", "不包邮"),
    ("`1 2`", "1 2"),
    ("digits", "7"),
    ("commas", ","),
    ("`a.`", "a."),
    ("one endless word", "a"),
];
/// Criterion's own times, short so that a whole run stays below a few minutes.
const WARM_UP: Duration = Duration::from_millis(100);
const MEASURED: Duration = Duration::from_millis(300);

fn main() {
    let mut criterion = Criterion::default().configure_from_args().without_plots();
    print_head();
    for size in SIZES {
        let world = World::new(MIXED, size);
        print_rows(&world.rows());
        if size == LARGE {
            print_rows(&[world.row("200 misspelt", &world.misspelt())]);
            print_rows(&world.hostile());
        }
    }
    for family in SCRIPTS {
        print_rows(&World::new(family, LARGE).rows());
    }
    let decisions = decisions(&mut criterion);
    criterion.final_summary();
    print_decisions(&decisions);
    print_hostile(&Shop::new(0));
}

fn decisions(criterion: &mut Criterion) -> Vec<Decided> {
    let mut table = Vec::new();
    for beside in BESIDE {
        let shop = Shop::new(beside);
        for (name, texts, outcome) in [("hit", HITS, "answered"), ("miss", MISSES, "escalated")] {
            let mails = texts.map(mail);
            for mail in &mails {
                assert_eq!(shop.decide(mail), outcome, "{}", mail.text);
            }
            let mut group = criterion.benchmark_group("decide");
            group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASURED);
            group.bench_with_input(BenchmarkId::new(name, beside), &mails, |bencher, mails| {
                let mut next = (0..mails.len()).cycle();
                bencher.iter(|| black_box(shop.decide(&mails[next.next().unwrap_or(0)])));
            });
            group.finish();
            table.push(shop.row(name, &mails));
        }
    }
    table
}

/// One size: the rules and their peers.
struct World {
    family: Family,
    size: usize,
    set: RuleSet,
    phrases: Vec<String>,
    automaton: AhoCorasick,
    regexes: Vec<Regex>,
    regex_set: Option<RegexSet>,
}

/// Nanoseconds for each message.
struct Row {
    family: &'static str,
    size: usize,
    name: String,
    /// Folding, words, sentences with what they do, and all values.
    read: f64,
    /// From the raw text to what the rules say: folding, words, places of sentences, evaluation, and what it asks for.
    matched: f64,
    /// The very first time a text is evaluated: words are not remembered, caches cold.
    first: f64,
    evaluate: f64,
    automaton: f64,
    regexes: Option<f64>,
    regex_set: Option<f64>,
    hits: f64,
}

impl World {
    fn new(family: Family, size: usize) -> Self {
        let (files, phrases) = family.rules(size);
        let mut sources = SourceMap::default();
        let files: Vec<_> = files.into_iter().map(|(path, text)| sources.add(path, text)).collect();
        let (set, diagnostics) = RuleSet::read(&sources, &files);
        assert!(!has_errors(&diagnostics), "generated rules are right");
        let mut builder = AhoCorasick::builder();
        let automaton = builder.kind(Some(AhoCorasickKind::ContiguousNFA)).build(&phrases).expect("the phrases fit");
        let expressions: Vec<String> = phrases.iter().map(|phrase| regex_of(phrase)).collect();
        let regex = |expression: &String| Regex::new(expression).expect("escaped phrases are expressions");
        let regexes = if size <= MAX_REGEX_RULES { expressions.iter().map(regex).collect() } else { Vec::new() };
        let regex_set = (size <= MAX_REGEX_SET_RULES).then(|| {
            let mut builder = regex::RegexSetBuilder::new(&expressions);
            builder.size_limit(REGEX_SET_BYTES).build().expect("the expressions fit")
        });
        Self { family, size, set, phrases, automaton, regexes, regex_set }
    }

    fn rows(&self) -> Vec<Row> {
        let row = |length: usize, hit: bool| {
            let name = format!("{length} {}", if hit { "hit" } else { "miss" });
            self.row(&name, &self.messages(length, hit))
        };
        LENGTHS.iter().flat_map(|length| [row(*length, true), row(*length, false)]).collect()
    }

    fn messages(&self, length: usize, hit: bool) -> Vec<Reading> {
        read(&self.family.messages(&self.phrases, length, hit, MESSAGES))
    }

    /// Returns hits in which every sixth word of six letters or more has two letters swapped.
    fn misspelt(&self) -> Vec<Reading> {
        let misspell = |text: String| {
            let words = text.split(' ').enumerate().map(|(at, word)| match word.as_bytes() {
                [.., a, b, _] if at % 6 == 1 && word.is_ascii() && word.len() >= 6 && a != b => {
                    let head = &word[..word.len() - 3];
                    let [a, b, c] = [*a, *b, word.as_bytes()[word.len() - 1]].map(char::from);
                    format!("{head}{b}{a}{c}")
                }
                _ => word.to_owned(),
            });
            words.collect::<Vec<_>>().join(" ")
        };
        let texts: Vec<String> =
            self.family.messages(&self.phrases, 200, true, MESSAGES).into_iter().map(misspell).collect();
        read(&texts)
    }

    /// Returns texts made of the rules' own words, and of one of them.
    fn hostile(&self) -> Vec<Row> {
        let mut random = Random(11);
        let fill = |mut next: Box<dyn FnMut() -> String>| {
            let mut text = String::new();
            while text.len() < HOSTILE_BYTES {
                text.push_str(&next());
                text.push(' ');
            }
            read(&[text])
        };
        let phrases = self.phrases.clone();
        let words: Vec<String> = phrases.iter().flat_map(|phrase| phrase.split(' ')).map(str::to_owned).collect();
        let one = fill(Box::new(|| "cancel".to_owned()));
        let heads = fill(Box::new(|| "cancel my the new this broken".to_owned()));
        let any_word = fill(Box::new(move || random.pick(&words).clone()));
        let mut random = Random(13);
        let any_phrase = fill(Box::new(move || random.pick(&phrases).clone()));
        let texts = [("one word", one), ("heads", heads), ("rule words", any_word), ("phrases", any_phrase)];
        texts.iter().map(|(name, text)| self.row(&format!("16 KiB {name}"), text)).collect()
    }

    fn evaluate(&self, reading: &Reading) -> usize {
        self.set.evaluate(reading, &moment()).hits.len()
    }

    fn row(&self, name: &str, messages: &[Reading]) -> Row {
        let started = Instant::now();
        let hits: usize = messages.iter().map(|reading| self.evaluate(reading)).sum();
        let first = started.elapsed().as_nanos() as f64 / messages.len() as f64;
        let few = &messages[..REGEX_MESSAGES.min(messages.len())];
        let text = |reading: &Reading| reading.folded().text().to_owned();
        let loop_over = |reading: &Reading| self.regexes.iter().filter(|regex| regex.is_match(&text(reading))).count();
        Row {
            family: self.family.name,
            size: self.size,
            name: name.to_owned(),
            read: per_item(messages, |reading| read_whole(reading.original())),
            matched: per_item(messages, |reading| self.evaluate(&Reading::new(reading.original()))),
            first,
            evaluate: per_item(messages, |reading| self.evaluate(reading)),
            automaton: per_item(messages, |reading| {
                self.automaton.find_overlapping_iter(reading.folded().text()).count()
            }),
            regexes: (!self.regexes.is_empty()).then(|| per_item(few, loop_over)),
            regex_set: self
                .regex_set
                .as_ref()
                .map(|set| per_item(few, |reading| set.matches(reading.folded().text()).iter().count())),
            hits: hits as f64 / messages.len() as f64,
        }
    }
}

fn read(texts: &[String]) -> Vec<Reading> {
    texts.iter().map(|text| Reading::new(text)).collect()
}

/// Returns the expression a programmer would write for a phrase.
fn regex_of(phrase: &str) -> String {
    let body = regex::escape(phrase).replace(' ', r"\s+");
    if phrase.is_ascii() { format!(r"(?i)\b{body}\w*\b") } else { body }
}

/// A shop with the starter pack, and generated rules that compete with it.
struct Shop {
    beside: usize,
    engine: Engine,
}

/// Nanoseconds for each mail.
struct Decided {
    beside: usize,
    name: &'static str,
    read: f64,
    rules: f64,
    decide: f64,
}

impl Shop {
    fn new(beside: usize) -> Self {
        Self { beside, engine: shop::engine(beside) }
    }

    fn decide(&self, inbound: &Inbound) -> &'static str {
        self.engine.decide(inbound, &Context::default(), inbound.received_at).outcome.as_str()
    }

    fn row(&self, name: &'static str, mails: &[Inbound]) -> Decided {
        // Four mails are few, so each is decided many times within a round.
        let many: Vec<&Inbound> = mails.iter().cycle().take(MESSAGES).collect();
        let moment = moment();
        let evaluate = |mail: &&Inbound| self.engine.rules().evaluate(&Reading::new(&mail.text), &moment).hits.len();
        Decided {
            beside: self.beside,
            name,
            read: per_item(&many, |mail| read_whole(&mail.text)),
            rules: per_item(&many, evaluate),
            decide: per_item(&many, |mail| self.decide(mail).len()),
        }
    }
}

/// Milliseconds of whole decisions on texts that are built to keep us busy.
fn print_hostile(shop: &Shop) {
    println!("\nA whole decision with the starter pack, a text repeated up to 16 and 64 KiB:\n");
    println!("| text | 16 KiB ms | 64 KiB ms |\n| --- | --- | --- |");
    for (name, part) in HOSTILE {
        let [short, long] = [HOSTILE_BYTES, MAX_TEXT_BYTES].map(|bytes| {
            let mail = [mail(&part.repeat(bytes / part.len()))];
            per_item(&mail, |mail| shop.decide(mail).len()) / 1e6
        });
        println!("| {name} | {short:.2} | {long:.2} |");
    }
}

fn print_head() {
    println!(
        "\nMicroseconds for each message, the best of rounds; *first* is the first time that a text is evaluated:\n"
    );
    println!(
        "| rules | message | read µs | match µs | first µs | evaluate µs | hits | ac µs | evaluate : ac | match : ac | RegexSet : match | regex loop : match |"
    );
    println!("|{}", " --- |".repeat(12));
}

fn print_rows(rows: &[Row]) {
    for row in rows {
        let ratio =
            |peer: Option<f64>| peer.map_or_else(|| "-".to_owned(), |peer| format!("{:.1}", peer / row.matched));
        println!(
            "| {} {} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.1} | {:.2} | {:.1} | {:.1} | {} | {} |",
            row.size,
            row.family,
            row.name,
            row.read / 1000.0,
            row.matched / 1000.0,
            row.first / 1000.0,
            row.evaluate / 1000.0,
            row.hits,
            row.automaton / 1000.0,
            row.evaluate / row.automaton,
            row.matched / row.automaton,
            ratio(row.regex_set),
            ratio(row.regexes),
        );
    }
}

fn print_decisions(rows: &[Decided]) {
    println!("\n| rules beside the starter pack | mail | read µs | read + rules µs | decide µs |");
    println!("|{}", " --- |".repeat(5));
    for Decided { beside, name, read, rules, decide } in rows {
        let [read, rules, decide] = [read, rules, decide].map(|ns| ns / 1000.0);
        println!("| {beside} | {name} | {read:.2} | {rules:.2} | {decide:.2} |");
    }
}
