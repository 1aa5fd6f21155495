//! Messages through the whole service: from the mailbox (IMAP over loopback) through intake, decision, commit, claim and
//! delivery to a submission server (SMTP over loopback), with every promise kept: SQLite with `synchronous=FULL` and
//! PostgreSQL with `fsync=on`, both on a real disk.
//!
//! `parts` are the raw costs in the same run: what this disk syncs, parsing, deciding, composing. `whole` is the service
//! itself (`Service::run`) with one and several accounts, and on PostgreSQL with one and three instances; each mail of a
//! buyer must be answered exactly once. `steps` are the transactions of one message alone, on an empty store beside one
//! that has a past. Only ratios of one run mean anything; `docs/performance.md` says what they mean.
//!
//! `cargo bench --bench pipeline -- [parts] [whole] [steps] [--messages N] [--past N] [--rate N] [--only sqlite|postgres]
//! [--folder PATH]`. A million messages: `-- whole --only sqlite --messages 1000000`; memory is printed with its slope.

#![expect(clippy::print_stdout, reason = "the tables are the result")]
#![expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "small numbers for people")]

mod filler;
#[path = "../tests/it/support/needs.rs"]
#[expect(dead_code, reason = "the tests need more than PostgreSQL")]
mod needs;
mod post;
#[path = "../tests/it/support/postgres.rs"]
#[expect(dead_code, reason = "the tests administer it as well")]
mod postgres;
#[expect(dead_code, reason = "mails come from `post` here")]
mod shop;
mod steps;
#[expect(dead_code, reason = "only the starter pack is needed")]
mod world;

use std::{
    fs::{self, File},
    hint::black_box,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use nightdesk::{
    channel::email::{self, EnvelopeSender, ImapSettings, Login, Secret, SentFolder, SmtpSettings, TlsMode, parse},
    diagnostic::source::SourceMap,
    engine::{Engine, settings::Limits},
    library::{live::Live, watch::State},
    model::{context::Context, ids::AccountName, inbound::Inbound, wire_id::InstanceKey},
    service::{
        Service, Settings,
        accounts::{AccountSettings, Accounts},
        burst::Pace,
        delivery::RetrySchedule,
        verify::VerifySchedule,
    },
    store::{self, Store},
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::{
    post::{Post, letter::SHOP},
    steps::{STEPS, composed, received},
};

/// Messages of each row of `whole`: a minute on a quiet machine for all rows.
const MESSAGES: u32 = 5_000;
/// Messages and answers of a store with a past.
const PAST: u32 = 200_000;
/// Messages whose steps are measured.
const STEPPED: u32 = 200;
/// Mails that wait at most in the mailboxes and the service, so that memory holds no backlog.
const BACKLOG: u32 = 500;
/// Of the messages of a row, how many are sent ahead and not measured: connections, caches, learned words.
const WARM_UP: u32 = 10;
/// How often memory is looked at in a row.
const LOOKS: u32 = 40;
/// What a database writes for a small transaction.
const BLOCK: usize = 4096;

/// What is measured.
struct Options {
    parts: bool,
    whole: bool,
    steps: bool,
    messages: u32,
    past: u32,
    /// Mails that come in each second; none means as fast as they are answered.
    rate: Option<u32>,
    only: Option<String>,
    folder: PathBuf,
}

impl Options {
    fn read() -> Self {
        let words: Vec<String> = std::env::args().skip(1).collect();
        let value = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1)).cloned();
        let number = |name: &str| value(name).map(|text| text.replace('_', "").parse().expect("a number"));
        let named = |name: &str| words.iter().any(|word| word == name);
        let all = !["parts", "whole", "steps"].into_iter().any(named);
        Self {
            parts: all || named("parts"),
            whole: all || named("whole"),
            steps: all || named("steps"),
            messages: number("--messages").unwrap_or(MESSAGES),
            past: number("--past").unwrap_or(PAST),
            rate: number("--rate"),
            only: value("--only"),
            folder: value("--folder").map_or_else(std::env::temp_dir, PathBuf::from),
        }
    }

    fn wants(&self, database: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == database)
    }
}

/// One row of `whole`.
#[derive(Clone, Copy)]
struct Plan {
    database: &'static str,
    accounts: u32,
    instances: usize,
}

/// The rows of `whole`.
const PLANS: [Plan; 5] = [
    Plan { database: "sqlite", accounts: 1, instances: 1 },
    Plan { database: "sqlite", accounts: 6, instances: 1 },
    Plan { database: "postgres", accounts: 1, instances: 1 },
    Plan { database: "postgres", accounts: 6, instances: 1 },
    Plan { database: "postgres", accounts: 6, instances: 3 },
];

fn main() {
    let options = Options::read();
    refuse_memory(&options.folder);
    tracing_subscriber::fmt().with_env_filter("warn,sqlx=error").with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    if options.parts {
        parts(&options.folder);
    }
    if options.whole {
        println!(
            "\n| store | accounts | instances | messages/s | syncs/s | syncs : message | p50 ms | p99 ms | memory MB | bytes/message |"
        );
        println!("|{}", " --- |".repeat(10));
        for plan in PLANS.into_iter().filter(|plan| options.wants(plan.database)) {
            runtime.block_on(whole(plan, &options));
        }
    }
    if options.steps {
        println!("\n| store | step | empty µs | {} rows µs | ratio |", options.past);
        println!("|{}", " --- |".repeat(5));
        for database in ["sqlite", "postgres"].into_iter().filter(|database| options.wants(database)) {
            runtime.block_on(compare(database, &options));
        }
    }
}

/// A store in memory keeps no promise and measures nothing.
fn refuse_memory(folder: &Path) {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let of = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (point, kind) = (words.next()?, words.next()?);
        folder.starts_with(point).then(|| (point.len(), kind.to_owned()))
    });
    let kind = of.max().map(|(_, kind)| kind);
    assert!(kind.as_deref() != Some("tmpfs"), "{} lies in memory: name a disk by --folder", folder.display());
}

/// Prints what the pieces cost without the rest.
fn parts(folder: &Path) {
    let engine = engine(InstanceKey::new([7; 32]));
    engine.warm();
    let account = AccountName::new(filler::ACCOUNT);
    let raw: Vec<_> = (0..1_000).map(|n| received(&account, n)).collect();
    let mails: Vec<Inbound> = raw.iter().map(parse::parse).collect();
    let decide = |mail: &Inbound| engine.decide(mail, &Context::default(), mail.received_at);
    let decided: Vec<_> = mails.iter().map(|mail| (mail, decide(mail))).collect();
    let key = InstanceKey::new([7; 32]);
    println!("| part | each µs | each second |\n|{}", " --- |".repeat(3));
    let row = |name: &str, micros: f64| println!("| {name} | {micros:.1} | {:.0} |", 1e6 / micros);
    row("append 4 KiB and fdatasync", 1e6 / syncs(folder, Duration::from_secs(2)));
    row("parse a mail", world::per_item(&raw, |raw| black_box(parse::parse(raw)).text.len()) / 1e3);
    row("decide (rules to rendered text)", world::per_item(&mails, |mail| decide(mail).messages.len()) / 1e3);
    let compose = |(mail, verdict): &(&Inbound, nightdesk::model::verdict::Verdict)| {
        composed("i1", mail, &verdict.messages[0], &key, mail.received_at).bytes.len()
    };
    row("compose a mail", world::per_item(&decided, compose) / 1e3);
}

/// Returns how often the disk takes a block for good in a second.
fn syncs(folder: &Path, time: Duration) -> f64 {
    let mut file = tempfile::tempfile_in(folder).expect("the folder is writable");
    let (begun, mut count) = (Instant::now(), 0_u32);
    while begun.elapsed() < time {
        file.write_all(&[b'x'; BLOCK]).and_then(|()| File::sync_data(&file)).expect("there is room");
        count += 1;
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}

/// Returns an engine that answers everybody: in a benchmark, the breaker and the caps of a shop are in the way.
fn engine(instance: InstanceKey) -> Engine {
    let limits = Limits { sends_per_ten_minutes: u32::MAX, ..Limits::default() };
    shop::engine_with(nightdesk::engine::settings::Settings { limits, instance, ..shop::settings() }, 0)
}

/// A store for one row; gone with it.
struct Place {
    url: String,
    _folder: TempDir,
}

async fn place(database: &str, folder: &Path) -> Option<Place> {
    let folder = TempDir::with_prefix_in("nightdesk-pipeline-", folder).expect("the folder is writable");
    let url = if database == "sqlite" {
        format!("sqlite://{}", folder.path().join("nightdesk.db").display())
    } else {
        let cluster = postgres::cluster()?;
        cluster.url(&cluster.database().await)
    };
    Some(Place { url, _folder: folder })
}

async fn open(place: &Place) -> Store {
    Store::open(&store::Settings { url: place.url.as_str().into() }).await.expect("the store can be opened")
}

/// Runs the service on one store and prints a row.
async fn whole(plan: Plan, options: &Options) {
    let Some(place) = place(plan.database, &options.folder).await else { return };
    let warm_up = options.messages / WARM_UP;
    let total = options.messages + warm_up;
    let post = Post::start(plan.accounts, total).await;
    let stop = CancellationToken::new();
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..plan.instances {
        running.spawn(service(&place, &post, plan.accounts).await.run(stop.clone()));
    }
    post.listened_to().await;
    if plan.instances > 1 {
        shared(&open(&place).await, plan).await;
    }
    feed(&post, 0, warm_up, None, &mut Vec::new()).await;
    let before = syncs(&options.folder, Duration::from_secs(1));
    let mut memory = Vec::new();
    let begun = Instant::now();
    feed(&post, warm_up, total, options.rate, &mut memory).await;
    let rate = f64::from(options.messages) / begun.elapsed().as_secs_f64();
    let after = syncs(&options.folder, Duration::from_secs(1));
    stop.cancel();
    while let Some(ended) = running.join_next().await {
        ended.expect("no instance panics").expect("no instance fails");
    }
    check(&open(&place).await, total).await;
    let mut waits = post.waits().split_off(warm_up as usize);
    waits.sort_by(f64::total_cmp);
    let syncs = f64::midpoint(before, after);
    println!(
        "| {} | {} | {} | {rate:.0} | {syncs:.0} | {:.1} | {:.0} | {:.0} | {:.0} | {:.0} |",
        plan.database,
        plan.accounts,
        plan.instances,
        syncs / rate,
        waits[waits.len() / 2],
        waits[waits.len() * 99 / 100],
        memory.last().map_or(0.0, |(_, bytes)| bytes / 1e6),
        slope(&memory[memory.len() / 2..]),
    );
}

async fn service(place: &Place, post: &Post, accounts: u32) -> Service {
    let store = open(place).await;
    let instance = store.instance().await.expect("the store was just opened").key;
    let accounts: Vec<_> = (0..accounts).map(|number| account(post, number)).collect();
    let nothing_to_read = Box::new(|| unreachable!("no file is watched"));
    let live = Live::new(
        engine(instance.clone()),
        SourceMap::default(),
        State::of(Vec::new()),
        nothing_to_read,
        Timestamp::now(),
    );
    let settings = Settings {
        status: None,
        retry: RetrySchedule::default(),
        verify: VerifySchedule::default(),
        pace: Pace::default(),
        orders: None,
        webhooks: Vec::new(),
        staff_mail: None,
        satisfaction: None,
    };
    Service::new(settings, store, Arc::new(live), Arc::new(Accounts::new(&accounts, instance)))
}

fn account(post: &Post, number: u32) -> AccountSettings {
    let host = "127.0.0.1".to_owned();
    let login = Login { user: number.to_string(), secret: Secret::Password("secret".into()) };
    AccountSettings::Email(email::Settings {
        name: AccountName::new(format!("shop{number}")),
        address: SHOP.to_owned(),
        display_name: "Blue Lantern".to_owned(),
        aliases: Vec::new(),
        imap: ImapSettings {
            host: host.clone(),
            port: post.imap,
            tls: TlsMode::None,
            login,
            folders: vec!["INBOX".to_owned()],
            junk: false,
            sent: SentFolder::Off,
            ca_file: None,
            poll_seconds: 60,
            max_message_bytes: 1 << 20,
        },
        smtp: SmtpSettings { host, port: post.smtp, tls: TlsMode::None, login: None, ca_file: None },
        envelope_sender: EnvelopeSender::Verp,
    })
}

/// Waits until every instance serves its share.
async fn shared(store: &Store, plan: Plan) {
    loop {
        let standing = store.standing().await.expect("the store works");
        let served = |id: &str| standing.leases.iter().filter(|lease| lease.holder.as_deref() == Some(id)).count();
        let fair = plan.accounts as usize / plan.instances;
        let settled = standing.runners.iter().filter(|seen| served(&seen.runner.id) == fair).count();
        if settled == plan.instances {
            // Whoever took an account over has yet to log in.
            tokio::time::sleep(Duration::from_secs(2)).await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Lets mails come in until all are answered, and notes the memory of the process against the messages.
async fn feed(post: &Post, from: u32, to: u32, rate: Option<u32>, memory: &mut Vec<(f64, f64)>) {
    let begun = Instant::now();
    let (mut published, mut answered) = (from, from);
    let step = ((to - from) / LOOKS).max(1);
    let mut next_look = from;
    while answered < to {
        let due = match rate {
            Some(rate) => {
                from + u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX) / 1000 * rate
                    + u32::try_from(begun.elapsed().as_millis() % 1000).unwrap_or(0) * rate / 1000
            }
            None => answered + BACKLOG,
        };
        let due = due.min(to);
        if due > published {
            post.publish(published, due);
            published = due;
        }
        if answered >= next_look {
            memory.push((f64::from(answered), resident()));
            next_look += step;
        }
        // With a rate, mails come in whatever is answered.
        let wait = Duration::from_millis(if rate.is_some() { 5 } else { 1_000 });
        if let Ok(count) = tokio::time::timeout(wait, post.answered(answered)).await {
            answered = count;
        }
    }
}

/// Everything ended, and nothing else was said.
async fn check(store: &Store, total: u32) {
    let counts = store.counts().await.expect("the store works");
    let inbound: u64 = counts.inbound.values().sum();
    let sent = counts.outbox.get("sent").copied().unwrap_or(0);
    assert_eq!((inbound, counts.undecided, sent), (u64::from(total), 0, u64::from(total)), "{counts:?}");
    store.close().await;
}

/// Returns the resident memory of this process in bytes, the mail servers' included.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).map_or(f64::NAN, |kib| kib * 1024.0)
}

/// Returns the slope of the line through the points by least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let (up, along) = points
        .iter()
        .fold((0.0, 0.0), |(up, along), point| (up + (point.0 - x) * (point.1 - y), along + (point.0 - x).powi(2)));
    up / along
}

/// Prints the steps on an empty store beside one with a past.
async fn compare(database: &str, options: &Options) {
    let mut columns = Vec::new();
    for past in [0, options.past] {
        let Some(place) = place(database, &options.folder).await else { return };
        let store = open(&place).await;
        if past > 0 {
            filler::fill(&place.url, past).await;
        }
        let engine = engine(store.instance().await.expect("the store was just opened").key);
        engine.warm();
        columns.push(steps::measure(&store, &engine, STEPPED).await);
        store.close().await;
    }
    for step in STEPS {
        let [empty, full] = [columns[0].median(step), columns[1].median(step)];
        println!("| {database} | {step} | {empty:.0} | {full:.0} | {:.1} |", full / empty);
    }
}
