//! The cost of a message against the number of rules: evaluation beside peers, and the whole decision.
//!
//! `evaluate`: rules are generated, one action on one product in four languages, 5 to 12 patterns each. Misses are
//! filler in which 15 % of the words come from the rules. Peers run in the same process right after: one overlapping
//! aho-corasick pass over the same phrases, and a loop over one `regex` per phrase (up to 1,000 rules).
//!
//! `decide`: the starter pack, alone and with generated rules beside it, decides real mails from the guards to the
//! rendered reply. Only ratios of one run mean anything. `cargo bench --bench decide -- --quick`; the tables follow at
//! the end, and `docs/performance.md` says what they mean.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is the result")]
#![expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "small numbers for people")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use aho_corasick::AhoCorasick;
use criterion::{BenchmarkId, Criterion};
use jiff::{Timestamp, civil};
use nightdesk::{
    channel::email,
    diagnostic::{has_errors, source::SourceMap},
    engine::{
        Engine,
        settings::{DEFAULT_ANSWER_AT, Limits, Settings},
    },
    library::Sources,
    model::{
        context::Context,
        ids::AccountName,
        inbound::{ChannelKind, Inbound},
        language::Language,
        receive::{Received, SourceKey},
        time::{DeskHours, Period},
        wire_id::InstanceKey,
    },
    replies::catalog::Catalog,
    rules::{condition::Moment, set::RuleSet},
    text::reading::Reading,
};
use regex::Regex;

/// Sizes of rule sets.
const SIZES: [usize; 4] = [1, 100, 1_000, 10_000];
/// Generated rules beside the starter pack where the whole decision is measured.
const BESIDE: [usize; 4] = [0, 100, 1_000, 10_000];
/// Characters of messages.
const LENGTHS: [usize; 3] = [20, 200, 2_000];
/// Messages of each sort; fewer train the branch predictor.
const MESSAGES: usize = 100;
/// The regex loop sees fewer messages: it is slow enough to be measured by them.
const REGEX_MESSAGES: usize = 10;
/// A regex loop over more rules takes minutes to build and says nothing new.
const MAX_REGEX_RULES: usize = 1_000;
/// Criterion's own times, short so that a whole run stays below a minute.
const WARM_UP: Duration = Duration::from_millis(100);
const MEASURED: Duration = Duration::from_millis(300);
/// Every so many filler words one comes from the rules: 15 %.
const NEAR_MISS_PERCENT: u64 = 15;

fn main() {
    let mut criterion = Criterion::default().configure_from_args().without_plots();
    let evaluations = evaluations(&mut criterion);
    let decisions = decisions(&mut criterion);
    criterion.final_summary();
    print_table(&evaluations);
    print_decisions(&decisions);
}

fn evaluations(criterion: &mut Criterion) -> Vec<Row> {
    let mut table = Vec::new();
    for size in SIZES {
        let world = World::new(size);
        for length in LENGTHS {
            for hit in [true, false] {
                let messages = world.messages(length, hit);
                let name = format!("{length} {}", if hit { "hit" } else { "miss" });
                let mut group = criterion.benchmark_group("evaluate");
                group.sample_size(10).warm_up_time(WARM_UP).measurement_time(MEASURED);
                group.bench_with_input(BenchmarkId::new(&name, size), &messages, |bencher, messages| {
                    let mut next = (0..messages.len()).cycle();
                    bencher.iter(|| black_box(world.evaluate(&messages[next.next().unwrap_or(0)])));
                });
                group.finish();
                table.push(world.row(&name, &messages));
            }
        }
    }
    table
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
    size: usize,
    set: RuleSet,
    phrases: Vec<String>,
    automaton: AhoCorasick,
    regexes: Vec<Regex>,
    moment: Moment<'static>,
}

/// Nanoseconds for each message.
struct Row {
    size: usize,
    name: String,
    read: f64,
    evaluate: f64,
    automaton: f64,
    regexes: Option<f64>,
    hits: f64,
}

impl World {
    fn new(size: usize) -> Self {
        let mut random = Random(size as u64 + 7);
        let mut sources = SourceMap::default();
        let mut phrases = Vec::new();
        let mut files = Vec::new();
        for number in 0..size {
            let own = rule_phrases(number, &mut random);
            files.push(sources.add(rule_path(number), rule_file(number, &own)));
            phrases.extend(own.into_iter().map(|(_, phrase)| phrase));
        }
        let started = Instant::now();
        let (set, diagnostics) = RuleSet::read(&sources, &files);
        let elapsed = started.elapsed().as_millis();
        eprintln!("{size} rules, {} phrases: read and compiled in {elapsed} ms", phrases.len());
        assert!(!has_errors(&diagnostics), "generated rules are right");
        let automaton = AhoCorasick::new(&phrases).expect("the phrases fit");
        let regexes =
            if size <= MAX_REGEX_RULES { phrases.iter().map(|phrase| regex_of(phrase)).collect() } else { Vec::new() };
        Self { size, set, phrases, automaton, regexes, moment: moment() }
    }

    fn messages(&self, length: usize, hit: bool) -> Vec<Reading> {
        let mut random = Random(length as u64 * 31 + u64::from(hit));
        (0..MESSAGES).map(|_| Reading::new(&self.message(length, hit, &mut random))).collect()
    }

    fn message(&self, length: usize, hit: bool, random: &mut Random) -> String {
        let planted = random.pick(&self.phrases);
        let mut text = String::new();
        if hit {
            text.push_str(planted);
        }
        while text.chars().count() < length {
            if !text.is_empty() {
                text.push(' ');
            }
            if random.below(100) < NEAR_MISS_PERCENT {
                let words: Vec<&str> = random.pick(&self.phrases).split(' ').collect();
                text.push_str(words[random.below(words.len() as u64) as usize]);
            } else {
                text.push_str(FILLER[random.below(FILLER.len() as u64) as usize]);
            }
            if random.below(12) == 0 {
                text.push('.');
            }
        }
        text
    }

    fn evaluate(&self, reading: &Reading) -> usize {
        self.set.evaluate(reading, &self.moment).hits.len()
    }

    fn row(&self, name: &str, messages: &[Reading]) -> Row {
        let hits: usize = messages.iter().map(|reading| self.evaluate(reading)).sum();
        let automaton =
            per_message(messages, |reading| self.automaton.find_overlapping_iter(reading.folded().text()).count());
        let loop_over =
            |reading: &Reading| self.regexes.iter().filter(|regex| regex.is_match(reading.folded().text())).count();
        Row {
            size: self.size,
            name: name.to_owned(),
            read: per_message(messages, |reading| Reading::new(reading.original()).sentences().len()),
            evaluate: per_message(messages, |reading| self.evaluate(reading)),
            automaton,
            regexes: (!self.regexes.is_empty()).then(|| per_message(&messages[..REGEX_MESSAGES], loop_over)),
            hits: hits as f64 / messages.len() as f64,
        }
    }
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
        let mut random = Random(beside as u64 + 7);
        let mut sources = Sources::starter_pack();
        for number in 0..beside {
            let text = rule_file(number, &rule_phrases(number, &mut random));
            sources.rules.push(sources.map.add(rule_path(number), text));
        }
        let (rules, found) = RuleSet::read(&sources.map, &sources.rules);
        let (replies, also_found) = Catalog::read(&sources.map, &sources.replies);
        assert!(!has_errors(&found) && !has_errors(&also_found), "the starter pack is right");
        Self { beside, engine: Engine::new(settings(), rules, replies) }
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
            read: per_message(&many, |mail| Reading::new(&mail.text).sentences().len()),
            rules: per_message(&many, evaluate),
            decide: per_message(&many, |mail| self.decide(mail).len()),
        }
    }
}

/// The settings of a shop whose desk is never closed.
fn settings() -> Settings {
    let always = vec![Period { from: 0, to: 24 * 60 }];
    Settings {
        shop_name: "Blue Lantern".to_owned(),
        languages: vec![Language::EN, Language::ZH],
        default_language: Language::EN,
        answer_at: DEFAULT_ANSWER_AT,
        desk: DeskHours {
            zone: jiff::tz::TimeZone::UTC,
            week: std::array::from_fn(|_| always.clone()),
            holidays: Vec::new(),
        },
        reply_within_minutes: 240,
        own_addresses: [SHOP.to_owned()].into(),
        trusted_authserv_ids: std::collections::BTreeSet::new(),
        instance: InstanceKey::new([7; 32]),
        max_mode: std::collections::BTreeMap::new(),
        limits: Limits::default(),
    }
}

/// Returns the mail as the channel hands it on.
fn mail(text: &str) -> Inbound {
    let raw = format!(
        "Return-Path: <anna.weber@buyer.example>\r\nFrom: Anna Weber <anna.weber@buyer.example>\r\nTo: {SHOP}\r\n\
         Subject: Question\r\nDate: Sat, 21 Nov 2026 01:00:00 +0000\r\nMessage-ID: <1@buyer.example>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    );
    email::parse::parse(&Received {
        channel: ChannelKind::Email,
        account: AccountName::new("shop"),
        key: SourceKey::Maildir { name: "1".to_owned() },
        size: raw.len() as u64,
        raw: raw.into_bytes(),
        received_at: Timestamp::constant(1_795_222_860, 0),
        in_junk: false,
    })
}

fn moment() -> Moment<'static> {
    Moment { language: Some(Language::EN), ..Moment::plain(ChannelKind::Email, civil::date(2026, 11, 21)) }
}

/// Returns the mean nanoseconds for each message in the best of several rounds: on a shared machine noise only adds.
fn per_message<T>(messages: &[T], work: impl Fn(&T) -> usize) -> f64 {
    const ROUNDS: usize = 15;
    let rounds = (0..ROUNDS).map(|_| {
        let started = Instant::now();
        for message in messages {
            black_box(work(message));
        }
        started.elapsed().as_nanos() as f64 / messages.len() as f64
    });
    rounds.fold(f64::INFINITY, f64::min)
}

fn print_table(rows: &[Row]) {
    println!("\nmicroseconds for each message (best of rounds); both = read + evaluate");
    println!("  rules  message     read   evaluate  hits  aho-corasick  both/ac   regex loop  loop/both");
    for row in rows {
        let both = row.read + row.evaluate;
        let regexes = row.regexes.map_or_else(
            || format!("{:>13}{:>11}", "-", "-"),
            |regexes| format!("{:>13.2}{:>11.1}", regexes / 1000.0, regexes / both),
        );
        println!(
            "{:>7}  {:<9}{:>7.2}{:>11.2}{:>6.1}{:>14.2}{:>9.1}{regexes}",
            row.size,
            row.name,
            row.read / 1000.0,
            row.evaluate / 1000.0,
            row.hits,
            row.automaton / 1000.0,
            both / row.automaton,
        );
    }
}

fn print_decisions(rows: &[Decided]) {
    println!(
        "\nmicroseconds for each mail, starter pack and generated rules beside it; `rules` holds `read`, `decide` both"
    );
    println!(" beside  mail     read    rules   decide  decide / rules");
    for Decided { beside, name, read, rules, decide } in rows {
        let [read, rules, decide] = [read, rules, decide].map(|ns| ns / 1000.0);
        println!("{beside:>7}  {name:<5}{read:>8.2}{rules:>9.2}{decide:>9.2}{:>10.1}", decide / rules);
    }
}

/// Where buyers write to.
const SHOP: &str = "support@shop.example";
/// Mails that the starter pack answers.
const HITS: [&str; 4] = [
    "Hello,\r\n\r\ndo you offer free shipping to Canada?\r\n\r\nThanks\r\nAnna",
    "Hi, will I have to pay customs if you ship to Germany?",
    "你好，这个包邮吗？",
    "请问寄到德国要交关税吗？谢谢",
];
/// Mails that it leaves to a person.
const MISSES: [&str; 4] = [
    "Hello,\r\n\r\ndoes the blue lamp fit a B22 socket?\r\n\r\nThanks\r\nAnna",
    "Hi, which of the two chairs is better for a small kitchen?",
    "你好，这个杯子可以放进洗碗机吗？",
    "请问有没有红色的？谢谢",
];
/// Words of every message, in four languages.
const FILLER: [&str; 40] = [
    "hello", "please", "the", "and", "with", "would", "today", "really", "about", "because", "there", "friend",
    "thanks", "house", "garden", "morning", "window", "yellow", "hallo", "bitte", "und", "mein", "heute", "schon",
    "garten", "fenster", "hola", "por", "favor", "gracias", "casa", "manana", "ventana", "pero", "你好", "谢谢",
    "我们", "今天", "房子", "朋友",
];
/// Actions, by language.
const ACTIONS: [(&str, [&str; 8]); 4] = [
    ("en", ["cancel", "track", "return", "exchange", "refund", "order", "repair", "insure"]),
    ("de", ["stornieren", "verfolgen", "umtauschen", "erstatten", "bestellen", "reparieren", "versichern", "liefern"]),
    ("es", ["cancelar", "rastrear", "devolver", "cambiar", "reembolsar", "pedir", "reparar", "asegurar"]),
    ("zh", ["取消", "查询", "退货", "换货", "退款", "订购", "维修", "保险"]),
];
/// Words between action and topic, by language.
const LINKS: [[&str; 4]; 4] = [
    ["my", "the new", "this broken", "another"],
    ["meine", "die neue", "diese", "eine andere"],
    ["mi", "el nuevo", "este", "otro"],
    ["我的", "新的", "这个", "另一个"],
];

/// Returns the patterns of one rule with their languages.
fn rule_phrases(number: usize, random: &mut Random) -> Vec<(&'static str, String)> {
    let count = 5 + random.below(8) as usize;
    let mut phrases = Vec::new();
    for _ in 0..count {
        let language = random.below(4) as usize;
        let (code, actions) = &ACTIONS[language];
        // A rule is one action on one product; eight rules share the product, so every word belongs to many rules.
        let action = actions[number % actions.len()];
        let link: &&str = random.pick(&LINKS[language]);
        let topic = topic(number / actions.len(), language);
        let phrase = match (language, random.below(3)) {
            (3, 0) => format!("{action}{topic}"),
            (3, _) => format!("{action}{link}{topic}"),
            (_, 0) => format!("{action} {topic}"),
            (_, _) => format!("{action} {link} {topic}"),
        };
        phrases.push((*code, phrase));
    }
    phrases
}

/// Returns a product word that no dictionary has.
fn topic(number: usize, language: usize) -> String {
    const SYLLABLES: [&str; 12] = ["ba", "do", "fi", "gu", "ke", "lo", "mi", "na", "pu", "re", "so", "ti"];
    const CHARACTERS: [char; 12] = ['灯', '表', '鞋', '包', '锅', '笔', '帽', '琴', '杯', '伞', '镜', '椅'];
    let digits = [number % 12, number / 12 % 12, number / 144 % 12, number / 1728 % 12];
    if language == 3 {
        return digits.iter().map(|digit| CHARACTERS[*digit]).collect();
    }
    digits.iter().map(|digit| SYLLABLES[*digit]).collect()
}

fn rule_path(number: usize) -> String {
    format!("rules/other/intent_{number}.yaml")
}

fn rule_file(number: usize, phrases: &[(&str, String)]) -> String {
    let mut text =
        format!("intent: intent_{number}\ntitle: t\ncategory: other\naction: answer\nmode: auto\nreply: r\nsay:\n");
    for (code, _) in &ACTIONS {
        let own: Vec<&str> =
            phrases.iter().filter(|(language, _)| language == code).map(|(_, phrase)| phrase.as_str()).collect();
        if !own.is_empty() {
            for part in ["  ", code, ": [", &own.join(", "), "]\n"] {
                text.push_str(part);
            }
        }
    }
    text
}

/// Returns the expression a programmer would write for a phrase.
fn regex_of(phrase: &str) -> Regex {
    let spaced = phrase.is_ascii();
    let body = regex::escape(phrase).replace(' ', r"\s+");
    let expression = if spaced { format!(r"(?i)\b{body}\w*\b") } else { body };
    Regex::new(&expression).expect("escaped phrases are expressions")
}

/// A small generator (xorshift), so that every run has the same rules and messages.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % bound
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}
