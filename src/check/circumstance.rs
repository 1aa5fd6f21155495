//! Under which circumstances a rule's examples are tried: a rule for Telegram is not tried by mail, one for Christmas not
//! in June.
//!
//! The rule file says what its `when` speaks of; from that a few circumstances are proposed, the nearest to an ordinary
//! message first. Whether the conditions hold under one of them is for the engine to say.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, ToSpan as _, civil, tz::TimeZone};

use crate::{
    diagnostic::{
        source::SourceMap,
        yaml::{self, Kind, Node},
    },
    engine::Engine,
    model::{
        context::Context,
        ids::{AccountName, BuyerId, IntentId, ThreadId},
        inbound::{Attachment, ChannelKind, Inbound},
        outbound::OutboundKind,
        thread::{Said, ThreadState},
    },
    rules::rule::Rule,
};

/// Circumstances tried for one rule; conditions that need more than a few things at once are told to the seller.
const MAX_TRIED: usize = 400;
/// A day is looked at by the hour for conditions about the clock.
const HOURS: i64 = 24;

/// One circumstance of a message: how it differs from an ordinary one, a first mail of a stranger arriving now.
#[derive(Debug, Clone, PartialEq)]
pub struct Circumstance {
    at: Timestamp,
    changes: Vec<Change>,
}

/// One way in which a message is not ordinary.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    At(Timestamp),
    Channel(ChannelKind),
    Account(String),
    Subject(String),
    Attachment(String),
    Country(String),
    Earlier(IntentId),
}

impl Circumstance {
    /// Returns the ordinary one.
    pub fn ordinary(now: Timestamp) -> Self {
        Self { at: now, changes: Vec::new() }
    }

    /// Returns the moment.
    pub fn now(&self) -> Timestamp {
        self.at
    }

    /// Returns the message with that text.
    pub fn inbound(&self, text: &str) -> Inbound {
        let mut inbound = Inbound::from_text(ChannelKind::Email, text, self.at);
        for change in &self.changes {
            match change {
                Change::Channel(channel) => inbound.channel = *channel,
                Change::Account(name) => inbound.account = AccountName::new(name.as_str()),
                Change::Subject(subject) => inbound.subject.clone_from(subject),
                Change::Attachment(kind) => inbound.attachments.push(attachment(kind)),
                Change::At(_) | Change::Country(_) | Change::Earlier(_) => {}
            }
        }
        inbound
    }

    /// Returns what is known beside the message.
    pub fn context(&self) -> Context {
        let mut ctx = Context::default();
        for change in &self.changes {
            match change {
                Change::Country(country) => ctx.buyer = Some(buyer(country)),
                Change::Earlier(intent) => ctx.thread = Some(thread(intent, self.at)),
                _ => {}
            }
        }
        ctx
    }

    /// Returns in words how it differs from the ordinary one; nothing if it does not.
    pub fn words(&self, zone: &TimeZone) -> Option<String> {
        let words: Vec<String> = self.changes.iter().map(|change| change.words(zone)).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}

impl Change {
    fn words(&self, zone: &TimeZone) -> String {
        match self {
            Self::At(at) => format!("on {}", at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M")),
            Self::Channel(channel) => format!("by {}", channel.as_str()),
            Self::Account(name) => format!("to {name}"),
            Self::Subject(subject) => format!("with the subject “{subject}”"),
            Self::Attachment(kind) => format!("with a file ({kind})"),
            Self::Country(country) => format!("from {country}"),
            Self::Earlier(intent) => format!("after {intent}"),
        }
    }
}

/// Returns the circumstances worth trying for a rule, the ordinary one first, then those that differ in fewest things.
pub fn worth_trying(engine: &Engine, sources: &SourceMap, rule: &Rule, now: Timestamp) -> Vec<Circumstance> {
    let mut wishes = Wishes::default();
    let (root, _) = yaml::parse_all(rule.file, &sources.file(rule.file).text);
    if let Some(when) = root.as_ref().and_then(|root| root.get("when")) {
        wishes.read(when);
    }
    let dimensions = wishes.dimensions(engine, now);
    let mut all: Vec<Vec<Change>> = vec![Vec::new()];
    for dimension in dimensions {
        let longer: Vec<Vec<Change>> = all
            .iter()
            .flat_map(|changes| dimension.iter().map(|change| [changes.as_slice(), &[change.clone()]].concat()))
            .collect();
        all.extend(longer);
        all.sort_by_key(Vec::len);
        all.truncate(MAX_TRIED);
    }
    let circumstance = |changes: Vec<Change>| {
        let at = changes.iter().find_map(|change| if let Change::At(at) = change { Some(*at) } else { None });
        Circumstance { at: at.unwrap_or(now), changes }
    };
    all.into_iter().map(circumstance).collect()
}

/// What the conditions of one rule speak of, however they are combined.
#[derive(Debug, Default)]
struct Wishes {
    channel: bool,
    desk: bool,
    clock: bool,
    weekday: bool,
    days: BTreeSet<String>,
    accounts: BTreeSet<String>,
    subjects: BTreeSet<String>,
    attachments: BTreeSet<String>,
    countries: BTreeSet<String>,
    earlier: BTreeSet<String>,
    situations: BTreeSet<String>,
}

impl Wishes {
    fn read(&mut self, node: &Node) {
        match &node.kind {
            Kind::List(items) => items.iter().for_each(|item| self.read(item)),
            Kind::Mapping(entries) => {
                for (key, value) in entries {
                    self.condition(key.as_text().unwrap_or_default(), value);
                }
            }
            _ => {}
        }
    }

    fn condition(&mut self, key: &str, value: &Node) {
        let mut words = BTreeSet::new();
        collect_words(value, &mut words);
        match key {
            "any" | "all" | "not" => self.read(value),
            "channel" => self.channel = true,
            "desk" => self.desk = true,
            "local_time" => self.clock = true,
            "weekday" => self.weekday = true,
            "date" => self.days.extend(words),
            "account" => self.accounts.extend(words),
            "subject" => self.subjects.extend(words),
            "attachments" => self.attachments.extend(words),
            "country" => self.countries.extend(words),
            "thread.intent" => self.earlier.extend(words),
            "situation" => self.situations.extend(words),
            "first_message" => {
                self.earlier.insert("an_earlier_question".to_owned());
            }
            _ => {}
        }
    }

    fn dimensions(&self, engine: &Engine, now: Timestamp) -> Vec<Vec<Change>> {
        let channels: Vec<Change> =
            if self.channel { vec![Change::Channel(ChannelKind::Telegram)] } else { Vec::new() };
        let each = |words: &BTreeSet<String>, change: fn(String) -> Change| words.iter().cloned().map(change).collect();
        let all: Vec<Vec<Change>> = vec![
            channels,
            self.moments(engine, now).into_iter().map(Change::At).collect(),
            each(&self.accounts, Change::Account),
            each(&self.subjects, Change::Subject),
            each(&self.attachments, Change::Attachment),
            each(&self.countries, Change::Country),
            self.earlier.iter().map(|intent| Change::Earlier(IntentId::new(intent.as_str()))).collect(),
        ];
        all.into_iter().filter(|dimension| !dimension.is_empty()).collect()
    }

    /// Returns moments at which conditions about time may hold.
    fn moments(&self, engine: &Engine, now: Timestamp) -> Vec<Timestamp> {
        let desk = &engine.settings().desk;
        let zone = &desk.zone;
        let today = now.to_zoned(zone.clone()).date();
        let mut days: Vec<civil::Date> = self.days.iter().filter_map(|day| date(day, today)).collect();
        days.extend(self.situations.iter().filter_map(|id| day_of_situation(engine, id, today)));
        if self.weekday || (days.is_empty() && (self.desk || self.clock)) {
            days.extend((0..7).filter_map(|ahead: i64| today.checked_add(ahead.days()).ok()));
        }
        let mut moments = Vec::new();
        for day in days {
            let Ok(morning) = day.at(0, 0, 0, 0).to_zoned(zone.clone()) else { continue };
            let morning = morning.timestamp();
            if self.desk || self.clock {
                let hours = (0..HOURS).map(|hour| morning + SignedDuration::from_hours(hour));
                let shapes: Vec<Timestamp> = hours.collect();
                // Of hours in which the desk is as it was the hour before, conditions about the desk see nothing new.
                let differs = |(index, hour): &(usize, &Timestamp)| {
                    self.clock || *index == 0 || desk.is_open(**hour) != desk.is_open(shapes[*index - 1])
                };
                moments.extend(shapes.iter().enumerate().filter(differs).map(|(_, hour)| *hour));
            } else {
                moments.push(morning + SignedDuration::from_hours(HOURS / 2));
            }
        }
        moments.retain(|moment| *moment != now);
        moments
    }
}

fn collect_words(node: &Node, words: &mut BTreeSet<String>) {
    match &node.kind {
        Kind::Text(text) => {
            words.insert(text.clone());
        }
        Kind::Bool(true) => {
            words.insert("image".to_owned());
        }
        Kind::List(items) => items.iter().for_each(|item| collect_words(item, words)),
        Kind::Mapping(entries) => entries.iter().for_each(|(_, value)| collect_words(value, words)),
        _ => {}
    }
}

/// Reads `11-20` as the next such day, and a full date as itself.
fn date(written: &str, today: civil::Date) -> Option<civil::Date> {
    if let Ok(date) = written.parse() {
        return Some(date);
    }
    let (month, day) = written.split_once('-')?;
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    let years = today.year()..=today.year().checked_add(4)?;
    years.filter_map(|year| civil::Date::new(year, month, day).ok()).find(|date| *date >= today)
}

/// Returns the first day from today on, within a year, on which that situation is in force.
fn day_of_situation(engine: &Engine, id: &str, today: civil::Date) -> Option<civil::Date> {
    let days = (0..366).filter_map(|ahead: i64| today.checked_add(ahead.days()).ok());
    days.into_iter().find(|day| engine.replies().situation(*day).is_some_and(|situation| situation.id == id))
}

fn attachment(kind: &str) -> Attachment {
    let content_type = match kind {
        "image" | "photo" => "image/jpeg".to_owned(),
        "video" => "video/mp4".to_owned(),
        "audio" => "audio/ogg".to_owned(),
        "pdf" => "application/pdf".to_owned(),
        other => format!("application/{other}"),
    };
    Attachment { name: format!("file.{kind}"), content_type, size: 40_000 }
}

fn buyer(country: &str) -> crate::model::buyer::Buyer {
    crate::model::buyer::Buyer {
        id: BuyerId(1),
        key: "buyer@example.com".to_owned(),
        name: None,
        language: None,
        country: Some(country.to_owned()),
        suppressed: false,
        grade: None,
        tags: Vec::new(),
        orders: None,
    }
}

/// A conversation in which that intent was answered two days ago.
fn thread(intent: &IntentId, now: Timestamp) -> ThreadState {
    let at = now - SignedDuration::from_hours(48);
    let said = Said { kind: OutboundKind::Ask, intents: vec![intent.clone()], replies: Vec::new(), at };
    ThreadState {
        id: ThreadId(1),
        epoch: 0,
        participant: "buyer@example.com".to_owned(),
        open_ticket: None,
        claimed: false,
        last_human_reply: None,
        said: vec![said],
        pending: None,
        language: None,
    }
}
