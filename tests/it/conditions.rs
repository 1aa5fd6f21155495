//! Every kind of condition: a table under `tests/data/conditions/<kind>/` with what matches, what does not, what is bad.
//!
//! A row holds what is expected, the condition's value, and the facts of the moment; what it does not say is ordinary.
//! `errors.txt` beside the table is what a seller reads about the bad rows.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use jiff::civil;
use nightdesk::{
    diagnostic::{has_errors, render::human, source::SourceMap},
    model::{
        buyer::Buyer,
        ids::{BuyerId, IntentId},
        inbound::{Attachment, ChannelKind},
        language::Language,
        order::Order,
        verdict::{EntityFound, LossReason},
    },
    rules::{
        condition::{KINDS, Moment},
        set::RuleSet,
    },
    text::reading::Reading,
};
use serde::Deserialize;

/// The least a table must hold to be a test: matching rows, rows without match, bad rows.
const LEAST: [(&str, usize); 3] = [("match", 3), ("no", 3), ("bad", 1)];

/// The facts of one row.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Facts {
    channel: Option<String>,
    account: String,
    marketplace: Option<String>,
    language: Option<Language>,
    country: Option<String>,
    desk: Option<String>,
    date: Option<civil::Date>,
    clock: Option<civil::Time>,
    /// Where it is a holiday; at the desk it is not unless it says so, in the buyer's country that is not known.
    holiday_at_desk: bool,
    holiday_of_buyer: Option<bool>,
    later: bool,
    subject: String,
    characters: usize,
    /// Name and media type.
    files: BTreeMap<String, String>,
    entities: BTreeMap<String, Vec<String>>,
    buyer: Option<Person>,
    order: Option<Order>,
    situation: Option<String>,
    earlier: Vec<IntentId>,
}

/// What is known of the buyer in one row.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Person {
    grade: Option<String>,
    tags: Vec<String>,
    orders: Option<u32>,
}

#[test]
fn every_kind_behaves_as_its_table_says() {
    let mut wrong = Vec::new();
    for kind in KINDS {
        for row in rows(kind.name) {
            let found = outcome(kind.name, &row);
            if found != row[0] {
                wrong.push(format!("{}: {} gives {found}", kind.name, row.join(" | ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_kind_has_a_table_with_enough_rows() {
    for kind in KINDS {
        let rows = rows(kind.name);
        for (expected, least) in LEAST {
            let count = rows.iter().filter(|row| row[0] == expected).count();
            assert!(count >= least, "{} has {count} rows `{expected}`, needs {least}", kind.name);
        }
    }
}

#[test]
fn every_table_belongs_to_a_kind() {
    let known: BTreeSet<String> = KINDS.iter().map(|kind| kind.name.to_owned()).collect();
    let folders = fs::read_dir(root()).expect("the fixtures are there");
    let found = folders.map(|entry| entry.expect("the fixtures are there").file_name().to_string_lossy().into_owned());
    assert_eq!(found.collect::<BTreeSet<_>>(), known);
}

#[test]
fn every_example_of_the_reference_can_be_read() {
    for kind in KINDS {
        let (_, errors) = read(kind.name, kind.example);
        assert_eq!(errors, None, "{}", kind.name);
    }
}

#[test]
fn every_bad_value_is_explained() {
    let mut wrong = Vec::new();
    for kind in KINDS {
        let mut said = String::new();
        for row in rows(kind.name).iter().filter(|row| row[0] == "bad") {
            let (_, errors) = read(kind.name, &row[1]);
            said.push_str(&errors.unwrap_or_else(|| format!("{} is accepted\n", row[1])));
            said.push('\n');
        }
        let path = root().join(kind.name).join("errors.txt");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &said).expect("the fixtures are writable");
        }
        if fs::read_to_string(&path).ok().as_deref() != Some(&said) {
            wrong.push(format!("{}:\n{said}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "run with UPDATE=1 and review:\n{}", wrong.join("\n"));
}

#[test]
fn unmet_conditions_are_told_with_what_is_the_case() {
    let (set, errors) = read("channel", "email\n  desk: open\n  buyer.grade: A");
    assert_eq!(errors, None);
    let facts = Facts { desk: Some("closed".to_owned()), ..Facts::default() };
    let why = unmet(&set, &facts).expect("two of them do not hold");
    assert_eq!(why, "wants the desk open, found it closed; wants buyer grade A, found a buyer without a grade");
}

/// Returns `match`, `no`, or `bad`.
fn outcome(kind: &str, row: &[String]) -> String {
    let (set, errors) = read(kind, &row[1]);
    if errors.is_some() {
        return "bad".to_owned();
    }
    let facts = row.get(2).map_or("{}", String::as_str);
    let facts: Facts = serde_yaml::from_str(facts).unwrap_or_else(|error| panic!("{kind}: {facts}: {error}"));
    match unmet(&set, &facts) {
        None => "match".to_owned(),
        Some(why) => {
            assert!(why.starts_with("wants ") && why.contains(", found "), "{why}");
            "no".to_owned()
        }
    }
}

/// Reads a rule with one condition; what is wrong with it is returned as people read it.
fn read(kind: &str, value: &str) -> (RuleSet, Option<String>) {
    let rule = format!(
        "intent: probe\ntitle: Probe\ncategory: other\naction: escalate\nsay: {{en: [probe]}}\nwhen:\n  {kind}: {value}\n"
    );
    let mut sources = SourceMap::default();
    let file = sources.add("rules/other/probe.yaml", rule);
    let (set, diagnostics) = RuleSet::read(&sources, &[file]);
    let errors = has_errors(&diagnostics).then(|| human::render(&sources, &diagnostics, false));
    (set, errors)
}

/// Returns why the rule does not count at that moment, or none if it does.
fn unmet(set: &RuleSet, facts: &Facts) -> Option<String> {
    let files: Vec<Attachment> = facts.files.iter().map(|(name, content_type)| file(name, content_type)).collect();
    let named = facts.entities.iter().flat_map(|(kind, values)| values.iter().map(|value| entity(kind, value)));
    let entities: Vec<EntityFound> = named.collect();
    let buyer = facts.buyer.as_ref().map(person);
    let date = facts.date.unwrap_or_else(|| civil::date(2026, 11, 19));
    let moment = Moment {
        account: &facts.account,
        marketplace: facts.marketplace.as_deref(),
        language: facts.language,
        country: facts.country.as_deref(),
        desk_open: facts.desk.as_deref() != Some("closed"),
        buyer_time: facts.clock,
        desk_holiday: facts.holiday_at_desk,
        buyer_holiday: facts.holiday_of_buyer,
        first_message: !facts.later,
        subject: &facts.subject,
        characters: facts.characters,
        attachments: &files,
        entities: &entities,
        buyer: buyer.as_ref(),
        orders_of_buyer: buyer.as_ref().and_then(|buyer| buyer.orders),
        order: facts.order.as_ref(),
        situation: facts.situation.as_deref(),
        earlier: &facts.earlier,
        ..Moment::plain(channel(facts), date)
    };
    let evaluation = set.evaluate(&Reading::new("probe"), &moment);
    match evaluation.losers.into_iter().next().map(|loser| loser.why) {
        Some(LossReason::When(why)) => Some(why),
        other => {
            assert_eq!((evaluation.hits.len(), other), (1, None), "the probe hits");
            None
        }
    }
}

fn channel(facts: &Facts) -> ChannelKind {
    if facts.channel.as_deref() == Some("telegram") { ChannelKind::Telegram } else { ChannelKind::Email }
}

fn file(name: &str, content_type: &str) -> Attachment {
    Attachment { name: name.to_owned(), content_type: content_type.to_owned(), size: 1 }
}

fn entity(kind: &str, value: &str) -> EntityFound {
    EntityFound { kind: kind.to_owned(), value: value.to_owned(), span: 0..0 }
}

fn person(person: &Person) -> Buyer {
    Buyer {
        id: BuyerId(1),
        key: "anna@example.org".to_owned(),
        name: None,
        language: None,
        country: None,
        suppressed: false,
        grade: person.grade.clone(),
        tags: person.tags.clone(),
        orders: person.orders,
    }
}

fn rows(kind: &str) -> Vec<Vec<String>> {
    let path = root().join(kind).join("cases.tsv");
    let table = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/conditions")
}
