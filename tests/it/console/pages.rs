//! What the main pages say, word by word: `tests/data/console/pages`. A change of a page shows there (`UPDATE=1`), and
//! somebody reads it as a person at the desk would.

use std::{env, fs, path::Path};

use jiff::Timestamp;
use nightdesk::{
    model::{agent::Role, language::Language, outbound::OutboundKind},
    store::{audit::Actor, people::AgentChange},
};
use regex::Regex;

use super::house::{House, Seat};
use crate::store::bench::{Bench, Plan};

/// The pages, with the names of their files.
const PAGES: [(&str, &str); 15] = [
    ("queue", "/queue"),
    ("queue-of-nothing", "/queue?view=snoozed"),
    ("ticket", "/tickets/1"),
    ("buyers", "/buyers"),
    ("buyer", "/buyers/1"),
    ("machine-mail", "/machine"),
    ("quarantine", "/quarantine"),
    ("search", "/search?q=lamp"),
    ("rules", "/rules"),
    ("rule", "/rules/gift_wrapping"),
    ("problems", "/rules/problems"),
    ("situations", "/situations"),
    ("people", "/people"),
    ("help", "/help"),
    ("nowhere", "/nowhere"),
];

fn mail(address: &str, subject: &str, text: &str) -> String {
    format!(
        "From: Ana Lopez <{address}>\r\nTo: shop@shop.example\r\nSubject: {subject}\r\nMessage-ID: \
         <{address}.1>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    )
}

/// A shop with a case, its draft, a machine's mail and one person at the desk.
async fn furnished() -> (House, Seat) {
    let house = House::stocked().await;
    house.person("ann", Role::Admin, None).await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    let letter = bench.received(&mail("ana@buyer.example", "My lamp", "The lamp is broken."), now).await;
    bench.decide(&letter, Plan::escalate().sending(&[OutboundKind::Draft]), now).await;
    let quiet = bench.received(&mail("robot@buyer.example", "Out of office", "I am away."), now).await;
    bench.decide(&quiet, Plan::suppress(), now).await;
    let ann = house.seat("ann").await;
    (house, ann)
}

/// Returns what a reader reads: a line for each piece of text, without what differs between runs.
fn words(page: &str) -> String {
    let body = page.split_once("<body>").map_or(page, |(_, body)| body);
    let pattern = |pattern| Regex::new(pattern).expect("a pattern of ours");
    let mut text = pattern(r"(?s)<(script|style|svg)\b.*?</(script|style|svg)>").replace_all(body, "").into_owned();
    for (found, shown) in [
        (r"(?s)<[^>]*>", "\n"),
        (r"\b\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?( \(?UTC\)?)?", "<day>"),
        (r"\b\d\d-\d\d\b", "<day>"),
        (r"\b\d\d:\d\d(:\d\d)?\b", "<hour>"),
        (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b", "<weekday>"),
        (r"(周[一二三四五六日])", "<weekday>"),
        (r"\b\d+ (s|min|h|days)( ago)?\b", "<while>"),
        (r"\d+ (秒|分钟|小时|天)(前|后)?", "<while>"),
        (r"\bnow\b|刚刚", "<while>"),
        (r"\b[0-9a-f]{8,}\b", "<hash>"),
        (r"(?m)^[ \t]+|[ \t]+$", ""),
        (r"\n{2,}", "\n"),
    ] {
        text = pattern(found).replace_all(&text, shown).into_owned();
    }
    text.trim().to_owned() + "\n"
}

/// Compares with the expected file; `UPDATE=1` rewrites it, and a missing one is written and fails once.
fn expect(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/console/pages").join(name);
    let (expected, update) = (fs::read_to_string(&path), env::var_os("UPDATE").is_some());
    if update || expected.is_err() {
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("the folder is ours");
        fs::write(&path, actual).expect("the file is ours");
    }
    if !update {
        assert_eq!(expected.expect("the file was missing and is written now"), actual, "{name}");
    }
}

#[tokio::test]
async fn the_main_pages_say_what_their_files_say() {
    let (house, ann) = furnished().await;
    for (name, path) in PAGES {
        let told = house.get(path, Some(&ann)).await;
        assert!(told.status == 200 || name == "nowhere", "{path}: {}", told.body);
        expect(&format!("{name}.en.txt"), &words(&told.body));
    }
    let (name, by) = ("ann".into(), Actor { name: "terminal", address: "" });
    let chinese = AgentChange::Language(Language::ZH);
    house.store.change_agent(&name, &chinese, &by, Timestamp::now()).await.expect("changed");
    for (name, path) in PAGES {
        let told = house.get(path, Some(&ann)).await;
        expect(&format!("{name}.zh.txt"), &words(&told.body));
    }
}
