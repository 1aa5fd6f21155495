//! `nightdesk match`: many lines, twice the same, whatever stands in them.

use std::{
    fmt::Write as _,
    fs,
    process::{Output, Stdio},
};

use crate::cli::nightdesk;

const LINES: usize = 10_000;
/// One line of these is no message, in every round.
const KINDS: usize = 20;

/// What buyers, machines and cats on keyboards write; a few are no messages at all.
fn line(number: usize) -> String {
    let text = match number % KINDS {
        0 => "Do you ship for free to Canada?".to_owned(),
        1 => "你好，请问寄到德国需要交关税吗？".to_owned(),
        2 => "¿El envío es gratis a México? Gracias".to_owned(),
        3 => format!("cancel my order 113-{number:07}-1234567 please!!"),
        4 => "我的包裹还没到，什么时候能送达？".to_owned(),
        5 => String::new(),
        6 => "asdf jkl; \u{0} \u{202e} zzz \t".to_owned(),
        7 => "free shipping ".repeat(40),
        8 => "I do NOT want to cancel my order, but is shipping free? And customs?".to_owned(),
        9 => "😀🎁 包邮 free?".to_owned(),
        10 => "Is this lamp also made in green".to_owned(),
        11 => "where is my order nr. 1234567890123456, it is late since 3 weeks".to_owned(),
        12 => "thanks, bye".to_owned(),
        13 => "Click here to earn money with SEO".to_owned(),
        14 => "ＦＲＥＥ　ＳＨＩＰＰＩＮＧ？".to_owned(),
        15 => "<b>Is &lt;shipping&gt; free?</b>".to_owned(),
        16 => "a".repeat(500),
        17 => return format!("{{\"id\": {number}, \"text\": \"cut off"),
        18 => return format!("{{\"id\": {number}, \"words\": \"free shipping?\"}}"),
        _ => format!("message number {number}: do i have to pay tax in the UK"),
    };
    serde_json::json!({"id": number, "text": text, "channel": if number.is_multiple_of(3) { "telegram" } else { "email" }})
        .to_string()
}

#[test]
fn ten_thousand_lines_are_decided_the_same_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut lines = String::new();
    for number in 0..LINES {
        writeln!(lines, "{}", line(number)).expect("writing to a String never fails");
    }
    fs::write(folder.path().join("lines.jsonl"), &lines).expect("own folder");
    let run = || -> Output {
        let input = fs::File::open(folder.path().join("lines.jsonl")).expect("own folder");
        let arguments = ["match", "--jsonl", "--at", "2026-11-20T03:00:00Z"];
        nightdesk(folder.path()).args(arguments).stdin(Stdio::from(input)).output().expect("the program starts")
    };
    let (first, second) = std::thread::scope(|scope| {
        let first = scope.spawn(run);
        let second = run();
        (first.join().expect("the first run ends"), second)
    });
    assert_eq!(first.stdout, second.stdout);
    assert_eq!(first.stderr, second.stderr);
    assert_eq!(first.status.code(), Some(1), "unreadable lines are findings");
    let out = String::from_utf8(first.stdout).expect("JSON is text");
    let ids: Vec<usize> = out.lines().map(id).collect();
    let expected: Vec<usize> = (0..LINES).filter(|number| !matches!(number % KINDS, 17 | 18)).collect();
    assert_eq!(ids, expected, "one decision per message, in order");
    let said = String::from_utf8(first.stderr).expect("talk is text");
    let numbers: Vec<usize> =
        said.lines().filter_map(|line| line.strip_prefix("line ")?.split(',').next()?.parse().ok()).collect();
    let expected: Vec<usize> = (0..LINES).filter(|number| matches!(number % KINDS, 17 | 18)).map(|n| n + 1).collect();
    assert_eq!(numbers, expected, "every bad line is named by its number");
    assert!(
        said.ends_with("1000 lines could not be read; all others were decided.\n"),
        "{}",
        said.lines().last().unwrap_or_default()
    );
}

fn id(line: &str) -> usize {
    let decision: serde_json::Value = serde_json::from_str(line).expect("one JSON object per line");
    let keys: Vec<&str> = decision.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys.len(), 8, "{keys:?}");
    usize::try_from(decision["id"].as_u64().expect("the id as it came")).expect("small")
}
