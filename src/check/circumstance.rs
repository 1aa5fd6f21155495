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
        buyer::Buyer,
        context::Context,
        holidays,
        ids::{AccountName, BuyerId, IntentId, ThreadId},
        inbound::{Attachment, ChannelKind, Inbound},
        order::{Order, OrderStatus},
        outbound::OutboundKind,
        thread::{Said, ThreadState},
        time::Day,
    },
    rules::rule::Rule,
    text::reading::Reading,
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
    Marketplace(String),
    Country(String),
    Grade(String),
    Tag(String),
    Orders(u32),
    Status(OrderStatus),
    Age(i64),
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
                Change::Marketplace(name) => inbound.marketplace = Some(name.clone()),
                _ => {}
            }
        }
        inbound
    }

    /// Returns what is known beside the message with that text. An order is one whose number the text names, if it names
    /// one.
    pub fn context(&self, text: &str) -> Context {
        let mut ctx = Context::default();
        let (mut buyer, mut order) = (stranger(), order(self.at));
        for change in &self.changes {
            match change {
                Change::Country(country) => buyer.country = Some(country.clone()),
                Change::Grade(grade) => buyer.grade = Some(grade.clone()),
                Change::Tag(tag) => buyer.tags.push(tag.clone()),
                Change::Orders(orders) => buyer.orders = Some(*orders),
                Change::Status(status) => order.status = Some(*status),
                Change::Age(days) => order.placed = Some(day(self.at - SignedDuration::from_hours(24 * days))),
                Change::Earlier(intent) => ctx.thread = Some(thread(intent, self.at)),
                _ => {}
            }
        }
        let changed = self.changes.iter().any(|change| matches!(change, Change::Status(_) | Change::Age(_)));
        if changed {
            let entities = Reading::new(text).entities().to_vec();
            let named = entities.into_iter().find(|entity| entity.kind == "order_number");
            order.number = named.map_or(order.number, |named| named.value);
            ctx.orders = vec![order];
        }
        ctx.buyer = (buyer != stranger()).then_some(buyer);
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
            Self::Marketplace(name) => format!("through {name}"),
            Self::Country(country) => format!("from {country}"),
            Self::Grade(grade) => format!("from a buyer of grade {grade}"),
            Self::Tag(tag) => format!("from a buyer labelled {tag}"),
            Self::Orders(orders) => format!("from a buyer with {orders} orders"),
            Self::Status(status) => format!("about an order that is {}", status.as_str()),
            Self::Age(days) => format!("about an order {days} days old"),
            Self::Earlier(intent) => format!("after {}", intent.as_str().replace('_', " ")),
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
            .flat_map(|changes| {
                dimension.iter().map(|change| [changes.as_slice(), std::slice::from_ref(change)].concat())
            })
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
#[expect(clippy::struct_excessive_bools, reason = "each names one condition that is there or not")]
struct Wishes {
    channel: bool,
    desk: bool,
    clock: bool,
    weekday: bool,
    holiday: bool,
    days: BTreeSet<String>,
    accounts: BTreeSet<String>,
    subjects: BTreeSet<String>,
    attachments: BTreeSet<String>,
    countries: BTreeSet<String>,
    earlier: BTreeSet<String>,
    situations: BTreeSet<String>,
    marketplaces: BTreeSet<String>,
    grades: BTreeSet<String>,
    tags: BTreeSet<String>,
    orders: BTreeSet<i64>,
    statuses: BTreeSet<String>,
    ages: BTreeSet<i64>,
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
        let (mut words, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        collect_words(value, &mut words, &mut numbers);
        match key {
            "any" | "all" | "not" => self.read(value),
            "channel" => self.channel = true,
            "desk" => self.desk = true,
            "local_time" => self.clock = true,
            "weekday" => self.weekday = true,
            "holiday" => self.holiday = true,
            "date" => self.days.extend(words),
            "account" => self.accounts.extend(words),
            "subject" => self.subjects.extend(words),
            "attachments" => self.attachments.extend(words),
            "country" => self.countries.extend(words),
            "thread.intent" => self.earlier.extend(words),
            "situation" => self.situations.extend(words),
            "marketplace" => self.marketplaces.extend(words),
            "buyer.grade" => self.grades.extend(words),
            "buyer.tag" => self.tags.extend(words),
            "buyer.orders" => self.orders.extend(numbers),
            "order.status" => self.statuses.extend(words),
            "order.age" => self.ages.extend(numbers),
            "first_message" => {
                self.earlier.insert("an_earlier_question".to_owned());
            }
            _ => {}
        }
    }

    fn dimensions(&self, engine: &Engine, now: Timestamp) -> Vec<Vec<Change>> {
        // The buyer's clock and holidays are known only where the country is.
        let somewhere = ((self.clock || self.holiday) && self.countries.is_empty()).then(|| "DE".to_owned());
        let countries: BTreeSet<String> = self.countries.iter().cloned().chain(somewhere).collect();
        let channels: Vec<Change> =
            if self.channel { vec![Change::Channel(ChannelKind::Telegram)] } else { Vec::new() };
        let each = |words: &BTreeSet<String>, change: fn(String) -> Change| words.iter().cloned().map(change).collect();
        let all: Vec<Vec<Change>> = vec![
            channels,
            self.moments(engine, now).into_iter().map(Change::At).collect(),
            each(&self.accounts, Change::Account),
            each(&self.subjects, Change::Subject),
            each(&self.attachments, Change::Attachment),
            each(&self.marketplaces, Change::Marketplace),
            each(&countries, Change::Country),
            each(&self.grades, Change::Grade),
            each(&self.tags, Change::Tag),
            self.orders.iter().filter_map(|orders| u32::try_from(*orders).ok()).map(Change::Orders).collect(),
            self.statuses.iter().filter_map(|word| OrderStatus::from_word(word)).map(Change::Status).collect(),
            self.ages.iter().copied().map(Change::Age).collect(),
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
        if self.holiday {
            let somewhere = self.countries.iter().map(String::as_str).chain(["DE"]);
            let theirs =
                somewhere.filter_map(holidays::of).filter_map(|calendar| calendar.holidays().find(|day| *day >= today));
            days.extend(theirs.chain(desk.holidays.range(today..).next().copied()));
        }
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

/// Takes every word, and every number with its neighbours: bounds may be meant from within or from without.
fn collect_words(node: &Node, words: &mut BTreeSet<String>, numbers: &mut BTreeSet<i64>) {
    match &node.kind {
        Kind::Integer(number) => {
            numbers.extend([number - 1, *number, number + 1].into_iter().filter(|near| *near >= 0));
        }
        Kind::Text(text) => {
            words.insert(text.clone());
        }
        Kind::List(items) => items.iter().for_each(|item| collect_words(item, words, numbers)),
        Kind::Mapping(entries) => entries.iter().for_each(|(_, value)| collect_words(value, words, numbers)),
        _ => {}
    }
}

/// Reads `11-20` as the next such day, and a full date as itself.
fn date(written: &str, today: civil::Date) -> Option<civil::Date> {
    let (month, day) = match Day::parse(written)? {
        Day::Full(date) => return Some(date),
        Day::Yearly(month, day) => (month, day),
    };
    let years = today.year()..=today.year().checked_add(4)?;
    years.filter_map(|year| civil::Date::new(year, month, day).ok()).find(|date| *date >= today)
}

/// Returns the first day from today on, within a year, on which that situation is in force.
fn day_of_situation(engine: &Engine, id: &str, today: civil::Date) -> Option<civil::Date> {
    let days = (0..366).filter_map(|ahead: i64| today.checked_add(ahead.days()).ok());
    days.into_iter().find(|day| engine.replies().situation(*day, &[]).is_some_and(|situation| situation.id == id))
}

fn attachment(kind: &str) -> Attachment {
    let content_type = match kind {
        "image" | "present" => "image/jpeg".to_owned(),
        "video" => "video/mp4".to_owned(),
        "audio" => "audio/ogg".to_owned(),
        "pdf" => "application/pdf".to_owned(),
        other => format!("application/{other}"),
    };
    Attachment { name: format!("file.{kind}"), content_type, size: 40_000 }
}

/// A buyer of whom nothing is known.
fn stranger() -> Buyer {
    Buyer {
        id: BuyerId(1),
        key: "buyer@example.com".to_owned(),
        name: None,
        language: None,
        country: None,
        suppressed: false,
        grade: None,
        tags: Vec::new(),
        orders: None,
    }
}

/// An order on its way, ten days old.
fn order(now: Timestamp) -> Order {
    Order {
        number: "1001".to_owned(),
        status: Some(OrderStatus::Shipped),
        placed: Some(day(now - SignedDuration::from_hours(24 * 10))),
        shipped: None,
        delivered: None,
        carrier: None,
        tracking: None,
        source: None,
    }
}

fn day(at: Timestamp) -> civil::Date {
    at.to_zoned(TimeZone::UTC).date()
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
        bot_off: false,
        last_human_reply: None,
        said: vec![said],
        pending: None,
        language: None,
    }
}
