//! Messages and contexts as the case files describe them: what is not written is ordinary. Ages are written as `2h`, and
//! mean "that long before now"; a minus sign lies in the future.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use nightdesk::{
    channel::email::parse::parse_by,
    engine::{
        guard::Proposal,
        settings::{Clocks, DEFAULT_ANSWER_AT, Limits, Settings},
    },
    model::{
        buyer::Buyer,
        context::{Context, Counters, Switches},
        ids::{AccountName, BuyerId, InboundId, IntentId, ReplyId, ThreadId, TicketId},
        inbound::{ChannelKind, Inbound, TelegramFacts},
        language::Language,
        order::Order,
        outbound::OutboundKind,
        receive::{FolderRole, Received, SourceKey},
        thread::{PendingAsk, Said, ThreadState},
        time::{DeskHours, Period},
        wire_id::{InstanceKey, Origin},
    },
};
use serde::Deserialize;

/// A Friday night at the desk in Shanghai.
pub(crate) const NIGHT: &str = "2026-11-20T02:10+08:00";

/// The machine field of a Telegram message is a static word; these are the ones tests use.
const TELEGRAM_WORDS: [&str; 7] =
    ["from.is_bot", "via_bot", "sender_chat", "sender_business_bot", "voice", "sticker", "photo"];

/// One message.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Message {
    pub(crate) channel: Option<String>,
    pub(crate) from: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) text: String,
    pub(crate) headers: Vec<String>,
    pub(crate) hint: Option<Language>,
    pub(crate) received: Option<String>,
    pub(crate) dated: Option<String>,
    pub(crate) in_junk: bool,
    pub(crate) size: Option<u64>,
    pub(crate) machine: Option<String>,
    pub(crate) edited: bool,
    pub(crate) unsupported: Option<String>,
}

/// The state of the world.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct World {
    pub(crate) thread: Option<Thread>,
    pub(crate) unverified_thread: Option<i64>,
    pub(crate) buyer: Option<Person>,
    pub(crate) orders: Vec<Order>,
    pub(crate) duplicate_of: Option<i64>,
    pub(crate) counters: BTreeMap<String, u32>,
    pub(crate) told: Vec<String>,
    pub(crate) paused: Option<String>,
    pub(crate) paused_rules: BTreeMap<String, String>,
    pub(crate) live_since: Option<String>,
    pub(crate) says: Option<Saying>,
}

/// What is about to be said, for guards of the answer stage.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Saying {
    intents: Vec<String>,
    replies: Vec<String>,
}

/// A thread.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Thread {
    said: Vec<Spoken>,
    pending: Option<Waiting>,
    ticket: Option<i64>,
    claimed: bool,
    bot_off: bool,
    human: Option<String>,
    language: Option<Language>,
}

/// Something we said.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Spoken {
    kind: String,
    intents: Vec<String>,
    replies: Vec<String>,
    ago: Option<String>,
}

/// A question of ours.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Waiting {
    intent: String,
    slot: String,
    known: BTreeMap<String, String>,
    ago: Option<String>,
}

/// A buyer we know.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Person {
    country: Option<String>,
    language: Option<Language>,
    suppressed: bool,
    grade: Option<String>,
    tags: Vec<String>,
    orders: Option<u32>,
}

impl Message {
    /// Builds the message: a mail as bytes through the parser, a chat message as facts.
    pub(crate) fn inbound(&self, now: Timestamp) -> Inbound {
        if self.channel.as_deref() == Some("telegram") { self.chat(now) } else { self.mail(now) }
    }

    fn mail(&self, now: Timestamp) -> Inbound {
        let from = self.from.as_deref().unwrap_or("Anna Berger <anna.berger@example.org>");
        let dated = ago(now, self.dated.as_deref().unwrap_or("2m"));
        let dated = dated.strftime("%a, %d %b %Y %H:%M:%S +0000");
        let mut raw = format!(
            "From: {from}\nTo: support@lantern-home.example\nSubject: {}\nDate: {dated}\nMIME-Version: 1.0\n\
             Message-ID: <81@example.org>\nContent-Type: text/plain; charset=utf-8\n",
            self.subject.as_deref().unwrap_or("Hello"),
        );
        for header in &self.headers {
            raw.push_str(header);
            raw.push('\n');
        }
        raw.push('\n');
        raw.push_str(&self.text);
        let received = received(raw, ago(now, self.received.as_deref().unwrap_or("1m")));
        let size = self.size.unwrap_or(received.size);
        let role = if self.in_junk { FolderRole::Junk } else { FolderRole::Inbox };
        let mut inbound = read(&Received { size, role, ..received });
        inbound.language_hint = self.hint;
        inbound
    }

    fn chat(&self, now: Timestamp) -> Inbound {
        let at = ago(now, self.received.as_deref().unwrap_or("1m"));
        let word = |written: &Option<String>| {
            let written = written.as_deref()?;
            Some(*TELEGRAM_WORDS.iter().find(|word| **word == written).expect("a word of the list"))
        };
        Inbound {
            from: None,
            language_hint: self.hint,
            telegram: Some(TelegramFacts {
                chat_id: 4711,
                message_id: 1,
                private: true,
                name: self.from.clone(),
                machine: word(&self.machine),
                edited: self.edited,
                unsupported: word(&self.unsupported),
                ..TelegramFacts::default()
            }),
            ..Inbound::from_text(ChannelKind::Telegram, &self.text, at)
        }
    }
}

impl World {
    /// Builds the context.
    pub(crate) fn context(&self, now: Timestamp) -> Context {
        Context {
            thread: self.thread.as_ref().map(|thread| thread.state(now)),
            unverified_thread: self.unverified_thread.map(ThreadId),
            buyer: self.buyer.as_ref().map(Person::buyer),
            orders: self.orders.clone(),
            orders_missing: None,
            duplicate_of: self.duplicate_of.map(InboundId),
            counters: self.counters(),
            switches: Switches { paused: self.paused.clone(), rules: self.paused_rules(), situations: Vec::new() },
            go_live: self.live_since.as_deref().map(|age| ago(now, age)),
        }
    }

    fn paused_rules(&self) -> BTreeMap<IntentId, String> {
        self.paused_rules.iter().map(|(rule, why)| (IntentId::new(rule), why.clone())).collect()
    }

    /// Returns what is about to be said, if the case says it.
    pub(crate) fn proposal(&self) -> Option<Proposal> {
        let says = self.says.as_ref()?;
        Some(Proposal { intents: intents(&says.intents), replies: replies(&says.replies) })
    }

    fn counters(&self) -> Counters {
        let mut counters = Counters { replies_sender_day: replies(&self.told), ..Counters::default() };
        for (name, count) in &self.counters {
            *match name.as_str() {
                "answers_sender_day" => &mut counters.answers_sender_day,
                "answers_sender_week" => &mut counters.answers_sender_week,
                "answers_domain_day" => &mut counters.answers_domain_day,
                "answers_domain_week" => &mut counters.answers_domain_week,
                "notices_sender_day" => &mut counters.notices_sender_day,
                "sends_chat_hour" => &mut counters.sends_chat_hour,
                "sends_shop_ten_minutes" => &mut counters.sends_shop_ten_minutes,
                "sends_shop_usual" => &mut counters.sends_shop_usual,
                "same_body_ten_minutes" => &mut counters.same_body_ten_minutes,
                other => panic!("no counter `{other}`"),
            } = *count;
        }
        counters
    }
}

impl Thread {
    fn state(&self, now: Timestamp) -> ThreadState {
        ThreadState {
            id: ThreadId(9),
            epoch: 0,
            participant: "anna.berger@example.org".to_owned(),
            open_ticket: self.ticket.map(TicketId),
            claimed: self.claimed,
            bot_off: self.bot_off,
            last_human_reply: self.human.as_deref().map(|age| ago(now, age)),
            said: self.said.iter().map(|spoken| spoken.said(now)).collect(),
            pending: self.pending.as_ref().map(|waiting| PendingAsk {
                intent: IntentId::new(&waiting.intent),
                slot: waiting.slot.clone(),
                known: waiting.known.clone(),
                asked_at: ago(now, waiting.ago.as_deref().unwrap_or("1h")),
            }),
            language: self.language,
        }
    }
}

impl Spoken {
    fn said(&self, now: Timestamp) -> Said {
        Said {
            kind: OutboundKind::from_word(&self.kind).expect("ack, ask or answer"),
            intents: intents(&self.intents),
            replies: replies(&self.replies),
            at: ago(now, self.ago.as_deref().unwrap_or("1h")),
        }
    }
}

impl Person {
    fn buyer(&self) -> Buyer {
        Buyer {
            id: BuyerId(3),
            key: "anna.berger@example.org".to_owned(),
            name: None,
            language: self.language,
            country: self.country.clone(),
            suppressed: self.suppressed,
            grade: self.grade.clone(),
            tags: self.tags.clone(),
            orders: self.orders,
        }
    }
}

/// Returns a received mail of those bytes.
pub(crate) fn received(raw: String, at: Timestamp) -> Received {
    Received {
        channel: ChannelKind::Email,
        account: AccountName::new("support"),
        key: SourceKey::Maildir { name: "case".to_owned() },
        size: raw.len() as u64,
        raw: raw.into_bytes(),
        received_at: at,
        role: FolderRole::Inbox,
        reconciled: false,
    }
}

/// Returns the moment that a case file writes.
pub(crate) fn moment(written: &str) -> Timestamp {
    written.parse().unwrap_or_else(|error| panic!("{written}: {error}"))
}

/// Reads a mail as the shop of these settings does.
pub(crate) fn read(received: &Received) -> Inbound {
    let settings = settings();
    parse_by(received, &settings.profiles, &settings.trusted_authserv_ids)
}

/// Returns the moment that long before now.
pub(crate) fn ago(now: Timestamp, age: &str) -> Timestamp {
    let age: SignedDuration = age.parse().unwrap_or_else(|error| panic!("{age}: {error}"));
    now.checked_sub(age).expect("ages in case files are small")
}

/// The settings of the shop in the case files: open on weekdays from 09:30 to 18:30 in Shanghai.
pub(crate) fn settings() -> Settings {
    let zone = TimeZone::get("Asia/Shanghai").expect("the zones are in the binary");
    let day = vec![Period { from: 570, to: 1_110 }];
    let week = [day.clone(), day.clone(), day.clone(), day.clone(), day, Vec::new(), Vec::new()];
    let addresses = ["support@lantern-home.example", "help@lantern-home.example"];
    Settings {
        shop_name: "Lantern Home".to_owned(),
        languages: ["en", "zh", "de"].into_iter().map(|code| code.parse().expect("a language")).collect(),
        default_language: Language::EN,
        desk: DeskHours::weekly(zone, week),
        reply_within_minutes: 240,
        own_addresses: addresses.map(str::to_owned).into_iter().collect(),
        trusted_authserv_ids: BTreeSet::from(["mx.lantern-home.example".to_owned()]),
        instance: instance(),
        max_mode: BTreeMap::new(),
        profiles: nightdesk::library::profile::shipped(),
        answer_at: DEFAULT_ANSWER_AT,
        limits: Limits::default(),
        tell_made_up_facts: true,
        overnight: None,
        clocks: Clocks::default(),
        quiet_hours: None,
        causes: Vec::new(),
    }
}

/// Replaces `{ar:key}`, `{hr:key}` (local parts of our own Message-IDs) and `{instance}` in a fixture; `{AR-UPPER:key}`
/// is the same in upper case, `{ar-other:key}` is made by another installation.
pub(crate) fn filled(fixture: &str) -> String {
    let mut text = fixture.replace("{instance}", &instance().instance_name());
    for mark in ["{ar:", "{hr:", "{AR-UPPER:", "{ar-other:"] {
        while let Some(start) = text.find(mark) {
            let end = start + text[start..].find('}').expect("the mark is closed");
            let id = own_id(mark, &text[start + mark.len()..end]);
            text.replace_range(start..=end, &id);
        }
    }
    text
}

/// Returns the local part of the Message-ID that the mark stands for.
fn own_id(mark: &str, name: &str) -> String {
    let key = if mark == "{ar-other:" { InstanceKey::new([8; 32]) } else { instance() };
    let origin = if mark == "{hr:" { Origin::Human } else { Origin::Automatic };
    let id = key.message_id(origin, name, "x.example");
    let local = id.split('@').next().unwrap_or_default();
    let (head, tag) = local.rsplit_once('.').expect("an id ends in its tag");
    if mark == "{AR-UPPER:" { format!("{head}.{}", tag.to_uppercase()) } else { local.to_owned() }
}

fn instance() -> InstanceKey {
    InstanceKey::new([7; 32])
}

fn intents(names: &[String]) -> Vec<IntentId> {
    names.iter().map(IntentId::new).collect()
}

fn replies(names: &[String]) -> Vec<ReplyId> {
    names.iter().map(ReplyId::new).collect()
}
