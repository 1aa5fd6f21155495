//! The configuration file: tables of what can be written, and the example that `init` hands out.

use std::{fs, path::Path};

use nightdesk::{
    config::{self, Config},
    diagnostic::{render::human, source::SourceMap},
    model::time::Period,
    service::accounts::AccountSettings,
};

use crate::cli::repository;

/// The smallest shop there is.
const SMALLEST: &str = "shop: {name: Shop, languages: [en]}\naccounts:\n  - name: shop\n    folder: {address: a@shop.example, inbox: in, outbox: out}\n";

#[test]
fn durations_are_read_as_in_the_table() {
    for_each_row("durations.txt", |written| {
        let config = config(&format!("{SMALLEST}delivery:\n  give_up_after: '{written}'\n")).ok()?;
        Some(config.service.retry.give_up_after.as_secs().to_string())
    });
}

#[test]
fn sizes_are_read_as_in_the_table() {
    let text = example().replace("# max_message: 25 MB", "max_message: 'SIZE'");
    for_each_row("sizes.txt", |written| match &config(&text.replace("SIZE", written)).ok()?.accounts[..] {
        [AccountSettings::Email(email)] => Some(email.imap.max_message_bytes.to_string()),
        other => panic!("one mailbox, not {other:?}"),
    });
}

#[test]
fn hours_are_read_as_in_the_table() {
    let minutes = |day: &Vec<Period>| day.iter().map(|period| period.to - period.from).sum::<u16>().to_string();
    for_each_row("hours.txt", |written| {
        let config = config(&format!("{SMALLEST}desk:\n  hours:\n    {written}\n")).ok()?;
        assert!(config.desk.week.iter().all(|day| day.is_sorted_by_key(|period| period.from)), "{written}");
        Some(config.desk.week.iter().map(minutes).collect::<Vec<_>>().join(" "))
    });
}

#[test]
fn zones_are_read_as_in_the_table() {
    for_each_row("zones.txt", |written| {
        let config = config(&format!("{SMALLEST}desk:\n  zone: {written}\n")).ok()?;
        config.desk.zone.iana_name().map(str::to_owned)
    });
}

#[test]
fn the_example_has_nothing_wrong_with_it() {
    let config = config(&example()).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(config.shop_name, "Blue Lantern");
    assert_eq!(config.accounts.len(), 1);
}

#[test]
fn a_default_that_is_switched_on_changes_nothing() {
    let base = format!("{:?}", config(&example()).expect("the example is sound"));
    let (text, lines) = switched_on(&example());
    assert!(lines >= 20, "only {lines} defaults found in the example");
    let full = config(&text).unwrap_or_else(|found| panic!("{found}\n{text}"));
    assert_eq!(format!("{full:?}"), base);
    // The comparison sees each of them: another value is another configuration.
    for (default, other) in [
        ("port: 993", "port: 1993"),
        ("junk: true", "junk: false"),
        ("poll: 60s", "poll: 61s"),
        ("envelope_sender: verp", "envelope_sender: same"),
        ("longest_pause: 1h", "longest_pause: 2h"),
        ("human_silence_hours: 72", "human_silence_hours: 73"),
        ("email: auto", "email: suggest"),
    ] {
        assert!(text.contains(default), "the example no longer says `{default}`");
        let changed = config(&text.replace(default, other)).expect("as sound as before");
        assert_ne!(format!("{changed:?}"), base, "{other}");
    }
}

#[test]
fn one_word_is_the_ceiling_of_every_channel() {
    let with = |line: &str| config(&format!("{}\n{line}\n", example())).map(|config| config.max_mode);
    assert_eq!(with("max_mode: suggest"), with("max_mode: {email: suggest, telegram: suggest}"));
    assert_ne!(with("max_mode: suggest"), with("max_mode: auto"));
    let refused = with("max_mode: sugest").expect_err("there is no such mode");
    assert!(refused.contains("did you mean `suggest`?"), "{refused}");
}

#[test]
fn what_the_example_writes_out_is_the_default_where_there_is_one() {
    let base = format!("{:?}", config(&example()).expect("the example is sound"));
    for key in ["store:", "rules:", "replies:", "reply_within:"] {
        let text: Vec<String> = example().lines().map(str::to_owned).collect();
        let without: Vec<String> = text.iter().filter(|line| !line.trim_start().starts_with(key)).cloned().collect();
        assert_eq!(without.len() + 1, text.len(), "the example says `{key}` once");
        let config = config(&without.join("\n")).unwrap_or_else(|found| panic!("{found}"));
        assert_eq!(format!("{config:?}"), base, "{key}");
    }
}

#[test]
fn secrets_in_the_file_are_covered_when_it_is_quoted() {
    for_each_row("masked.txt", |written| Some(config::mask::masked(written)));
    let text = "a: 1\npassword: 密码hunter2\nb: 2\n";
    assert_eq!(config::mask::masked(text).len(), text.len(), "places stay what they are");
    // A value may stand below its key; what is indented as far as the key is the next one.
    for (written, shown) in [
        ("password: |\n  hunter2\n\n  more\nhost: a\n", "password: |\n  *******\n\n  ****\nhost: a\n"),
        ("- token: >-\n    hunter2\n  host: a\n", "- token: >-\n    *******\n  host: a\n"),
        ("a:\n  password: # mine\n    hunter2\n  host: a\n", "a:\n  password: # mine\n    *******\n  host: a\n"),
        ("password_file:\n  secrets/imap\n", "password_file:\n  secrets/imap\n"),
    ] {
        assert_eq!(config::mask::masked(written), shown);
    }
}

#[test]
fn no_secret_is_ever_printed_with_the_configuration() {
    let text = example().replace("${MAIL_PASSWORD}", "hunter2");
    let config = config(&text).unwrap_or_else(|found| panic!("{found}"));
    assert!(!format!("{config:?}").contains("hunter2"));
}

/// Takes the # away from every default; returns how many lines that were. A line marked as an example stays, with
/// those that are indented below it.
#[test]
fn an_address_that_no_answer_can_come_from_is_found_before_the_first_mail() {
    let with = |address: &str| SMALLEST.replace("a@shop.example", &format!("'{address}'"));
    for good in ["a@shop.example", "first.last+shop@mail.shop.example", "a@xn--lden-loa.example"] {
        config(&with(good)).unwrap_or_else(|found| panic!("{found}"));
    }
    for bad in [
        "shop",
        "a@shop",
        "a@.example",
        "a b@shop.example",
        "a<b@shop.example",
        "läden@shop.example",
        "a@läden.example",
    ] {
        let found = config(&with(bad)).expect_err("nobody can answer from there");
        assert!(found.contains("is no mail address") && found.contains("xn--"), "{bad}: {found}");
    }
}

fn switched_on(text: &str) -> (String, usize) {
    let mut lines = 0;
    let mut example_indent = None;
    let mut out = String::new();
    for line in text.lines() {
        let setting = line.split_once("# ").filter(|(before, _)| before.trim().is_empty());
        let Some((before, setting)) = setting else {
            example_indent = None;
            out.extend([line, "\n"]);
            continue;
        };
        let indent = setting.len() - setting.trim_start().len();
        if example_indent.is_some_and(|example| indent > example) {
            continue;
        }
        example_indent = setting.contains("# example").then_some(indent);
        let key = setting.trim_start().split(':').next().unwrap_or_default();
        let is_setting = setting.contains(':') && key.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '2');
        if is_setting && example_indent.is_none() {
            lines += 1;
            out.extend([before, setting, "\n"]);
        }
    }
    (out, lines)
}

fn example() -> String {
    fs::read_to_string(repository("config.example.yaml")).expect("the example is there")
}

/// Returns the configuration, or what is wrong with it. The environment is empty.
fn config(text: &str) -> Result<Config, String> {
    let mut sources = SourceMap::default();
    let file = sources.add("config.yaml", text);
    let environment = |name: &str| (name == "MAIL_PASSWORD").then(|| "hunter2".to_owned());
    let (config, found) = config::read(&sources, file, Path::new("shop"), &environment);
    match config {
        Some(config) if found.is_empty() => Ok(config),
        _ => Err(human::render(&sources, &found, false)),
    }
}

/// Compares what is read with a table of `as written | expected`.
fn for_each_row(table: &str, read: impl Fn(&str) -> Option<String>) {
    let text = fs::read_to_string(repository("tests/data/config").join(table)).expect("the table is there");
    let rows: Vec<(&str, &str)> =
        text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(" | ")).collect();
    assert!(rows.len() >= 5, "{table} has only {} rows", rows.len());
    for (written, expected) in rows {
        let found = read(written).unwrap_or_else(|| "-".to_owned());
        assert_eq!(found, expected.trim(), "{table}: {written:?}");
    }
}
