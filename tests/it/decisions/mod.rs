//! One message, one verdict: what the engine makes of messages, threads and switches.
//!
//! `cases/*.yaml` hold the cases; rules and replies beside them are made for these cases. What a case does not expect is
//! not compared, except that no case may end in a reply that nobody named.

mod alarms;
mod built_in;
mod hostile;
mod properties;
mod witness;
pub(crate) mod world;

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use nightdesk::{
    diagnostic::{has_errors, render::human, source::SourceMap},
    engine::Engine,
    model::{
        inbound::ChannelKind,
        mode::Mode,
        verdict::{Outcome, PlannedMessage, Shadow, Verdict},
    },
    replies::catalog::Catalog,
    rules::set::RuleSet,
};
use serde::Deserialize;

use crate::decisions::world::{Message, World};

/// One case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    name: String,
    #[serde(default)]
    now: Option<String>,
    /// The highest mode of mail; chats are not held back.
    #[serde(default)]
    ceiling: Option<String>,
    message: Message,
    #[serde(default)]
    context: World,
    expected: Expected,
}

/// What the verdict must say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expected {
    outcome: Option<String>,
    guards: Option<Vec<String>>,
    intents: Option<Vec<String>>,
    messages: Option<Vec<String>>,
    says: Vec<String>,
    says_not: Vec<String>,
    ticket: Vec<String>,
    urgency: Option<String>,
    tags: Option<Vec<String>>,
    pending: Option<String>,
    language: Option<String>,
    learned: Option<BTreeMap<String, String>>,
    /// Topics that always go to a person.
    alarms: Option<Vec<String>>,
    /// What shadow would have done: `answer repairs`.
    shadow: Option<Vec<String>>,
    /// Words of what shadow would have sent.
    shadow_says: Vec<String>,
    mode: Option<String>,
    /// Buttons of the first message: `Germany=DE`.
    choices: Option<Vec<String>>,
    /// What is known beside the pending question: `country=DE`.
    known: Option<Vec<String>>,
    /// Why rules that hit do not stand.
    losers: Vec<String>,
}

#[test]
fn every_case_is_decided_as_written() {
    let mut wrong = String::new();
    let mut count = 0;
    for path in files(&root().join("cases")) {
        let text = fs::read_to_string(&path).expect("a readable table");
        let cases: Vec<CaseFile> =
            serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for case in cases {
            count += 1;
            let verdict = decide(&case);
            let differences = differences(&case.expected, &verdict);
            if !differences.is_empty() {
                let _ = writeln!(wrong, "{}: {}\n{differences}", path.display(), case.name);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= 100, "only {count} cases were found");
}

fn decide(case: &CaseFile) -> Verdict {
    let now = world::moment(case.now.as_deref().unwrap_or(world::NIGHT));
    let mut message = case.message.clone();
    // Filler that YAML should not be full of.
    let story = "The lamp hangs over the table. It is made of glass. We like it very much. ".repeat(20);
    message.text = message.text.replace("{long}", story.trim());
    message.text = message.text.replace("{flood}", &"Free shipping? ".repeat(2_100));
    message.from = message.from.map(|from| from.replace("{A200}", &"A".repeat(200)));
    let mut settings = world::settings();
    if let Some(ceiling) = &case.ceiling {
        settings.max_mode.insert(ChannelKind::Email, Mode::from_word(ceiling).expect("a mode"));
    }
    let engine = engine(settings, &[]);
    engine.decide(&message.inbound(now), &case.context.context(now), now)
}

/// Returns an engine over the rules and replies of the cases, with more rule files added.
fn engine(settings: nightdesk::engine::settings::Settings, more: &[(&str, &str)]) -> Engine {
    let mut sources = SourceMap::default();
    let mut add = |folder: &str| {
        let mut ids = Vec::new();
        for path in files(&root().join(folder)) {
            let name = path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
            ids.push(sources.add(name, fs::read_to_string(&path).expect("a readable file")));
        }
        ids
    };
    let (mut rule_files, reply_files) = (add("rules"), add("replies"));
    rule_files.extend(more.iter().map(|(path, text)| sources.add(*path, *text)));
    let (rules, mut diagnostics) = RuleSet::read(&sources, &rule_files);
    let (replies, found) = Catalog::read(&sources, &reply_files);
    diagnostics.extend(found);
    assert!(!has_errors(&diagnostics), "{}", human::render(&sources, &diagnostics, false));
    Engine::new(settings, rules, replies)
}

fn differences(expected: &Expected, verdict: &Verdict) -> String {
    let mut out = String::new();
    let mut same = |what: &str, expected: Option<String>, actual: String| {
        if let Some(expected) = expected.filter(|expected| *expected != actual) {
            let _ = writeln!(out, "  {what}: expected {expected}, decided {actual}");
        }
    };
    let ids = |ids: &[String]| ids.join(", ");
    same("outcome", expected.outcome.clone(), outcome(verdict));
    same("guards", expected.guards.as_deref().map(ids), ids(&guards(verdict)));
    // A case that names no guard expects none to have spoken.
    same("guards", expected.guards.is_none().then(String::new), ids(&guards(verdict)));
    same("intents", expected.intents.as_deref().map(ids), ids(&words(&verdict.intents())));
    same("messages", expected.messages.as_deref().map(ids), ids(&messages(verdict)));
    let ticket = verdict.ticket.as_ref();
    same("urgency", expected.urgency.clone(), ticket.map_or("none", |ticket| ticket.urgency.as_str()).to_owned());
    let tags = ticket.map(|ticket| ticket.tags.clone()).unwrap_or_default();
    same("tags", expected.tags.as_deref().map(ids), ids(&tags));
    let pending = verdict.pending.as_ref().map(|ask| format!("{}.{}", ask.intent, ask.slot));
    same("pending", expected.pending.clone(), pending.unwrap_or_else(|| "none".to_owned()));
    let language = format!("{} {}", verdict.language.answer, verdict.language.reason);
    same("language", expected.language.clone(), language);
    let learned = |map: &BTreeMap<String, String>| format!("{map:?}");
    same("learned", expected.learned.as_ref().map(learned), learned(&verdict.learned));
    same("alarms", expected.alarms.as_deref().map(ids), ids(&topics(verdict)));
    // A case that names no alarm expects none.
    same("alarms", expected.alarms.is_none().then(String::new), ids(&topics(verdict)));
    let shadow = |shadow: &Shadow| format!("{} {}", shadow.would.as_str(), words(&shadow.intents).join("+"));
    same("shadow", expected.shadow.as_deref().map(ids), ids(&verdict.shadow.iter().map(shadow).collect::<Vec<_>>()));
    same("mode", expected.mode.clone(), verdict.mode.map_or("none", Mode::as_str).to_owned());
    let choices = verdict.messages.first().map(|message| message.choices.as_slice()).unwrap_or_default();
    let choices: Vec<String> = choices.iter().map(|choice| format!("{}={}", choice.label, choice.value)).collect();
    same("choices", expected.choices.as_deref().map(ids), ids(&choices));
    let known = verdict.pending.as_ref().map(|pending| pending.known.clone()).unwrap_or_default();
    let known: Vec<String> = known.iter().map(|(slot, value)| format!("{slot}={value}")).collect();
    same("known", expected.known.as_deref().map(ids), ids(&known));
    let would_say: String = verdict.shadow.iter().filter_map(|shadow| shadow.text.as_deref()).collect();
    let lost = format!("{:?}", verdict.losers);
    let said: String = verdict.messages.iter().map(|message| message.text.as_str()).collect();
    let reasons = ticket.map(|ticket| ticket.reasons.join(" ")).unwrap_or_default();
    for (what, needles, hay, wanted) in [
        ("says", &expected.says, &said, true),
        ("does not say", &expected.says_not, &said, false),
        ("ticket", &expected.ticket, &reasons, true),
        ("shadow says", &expected.shadow_says, &would_say, true),
        ("losers", &expected.losers, &lost, true),
    ] {
        for needle in needles.iter().filter(|needle| hay.contains(needle.as_str()) != wanted) {
            let _ = writeln!(out, "  {what}: {needle:?}, decided {hay:?}");
        }
    }
    out
}

fn outcome(verdict: &Verdict) -> String {
    match &verdict.outcome {
        Outcome::Escalated { with_answer: true } => "escalated with answer".to_owned(),
        Outcome::Suppressed { reason } => format!("suppressed: {reason}"),
        other => other.as_str().to_owned(),
    }
}

fn guards(verdict: &Verdict) -> Vec<String> {
    verdict.guards.iter().map(|hit| hit.guard.clone()).collect()
}

fn topics(verdict: &Verdict) -> Vec<String> {
    verdict.alarms.iter().map(|alarm| alarm.topic.to_string()).collect()
}

fn messages(verdict: &Verdict) -> Vec<String> {
    let line = |message: &PlannedMessage| {
        format!("{} {} {}", message.kind.as_str(), message.language, words(&message.replies).join("+"))
    };
    verdict.messages.iter().map(line).collect()
}

fn words<T: std::fmt::Display>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/decisions")
}

/// Returns all files below a folder, sorted.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
