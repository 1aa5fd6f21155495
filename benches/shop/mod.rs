//! A shop for benchmarks: the starter pack with generated rules beside it, and mails that it answers or leaves to a person.

use jiff::Timestamp;
use nightdesk::{
    channel::email,
    diagnostic::has_errors,
    engine::{
        Engine,
        settings::{Clocks, DEFAULT_ANSWER_AT, Limits, Settings},
    },
    library::Sources,
    model::{
        ids::AccountName,
        inbound::{ChannelKind, Inbound},
        language::Language,
        receive::{FolderRole, Received, SourceKey},
        time::{DeskHours, Period},
        wire_id::InstanceKey,
    },
    replies::catalog::Catalog,
    rules::set::RuleSet,
};

use crate::world::MIXED;

/// Returns the engine of the starter pack with so many generated rules beside it.
pub(crate) fn engine(beside: usize) -> Engine {
    engine_with(settings(), beside)
}

/// The same with other settings.
pub(crate) fn engine_with(settings: Settings, beside: usize) -> Engine {
    let mut sources = Sources::starter_pack();
    for (path, text) in MIXED.rules(beside).0 {
        sources.rules.push(sources.map.add(path, text));
    }
    let (rules, found) = RuleSet::read(&sources.map, &sources.rules);
    let (replies, also_found) = Catalog::read(&sources.map, &sources.replies);
    assert!(!has_errors(&found) && !has_errors(&also_found), "the starter pack is right");
    Engine::new(settings, rules, replies)
}

/// The settings of a shop whose desk is never closed.
pub(crate) fn settings() -> Settings {
    let always = vec![Period { from: 0, to: 24 * 60 }];
    Settings {
        shop_name: "Blue Lantern".to_owned(),
        languages: vec![Language::EN, Language::ZH],
        default_language: Language::EN,
        profiles: nightdesk::model::profile::Profiles::default(),
        answer_at: DEFAULT_ANSWER_AT,
        desk: DeskHours::weekly(jiff::tz::TimeZone::UTC, std::array::from_fn(|_| always.clone())),
        reply_within_minutes: 240,
        own_addresses: [SHOP.to_owned()].into(),
        trusted_authserv_ids: std::collections::BTreeSet::new(),
        instance: InstanceKey::new([7; 32]),
        max_mode: std::collections::BTreeMap::new(),
        limits: Limits::default(),
        overnight: None,
        clocks: Clocks::default(),
        quiet_hours: None,
        causes: Vec::new(),
        tell_made_up_facts: true,
    }
}

/// Returns the mail as the channel hands it on.
pub(crate) fn mail(text: &str) -> Inbound {
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
        role: FolderRole::Inbox,
        reconciled: false,
    })
}

/// Where buyers write to.
const SHOP: &str = "support@shop.example";
/// Mails that the starter pack answers.
pub(crate) const HITS: [&str; 4] = [
    "Hello,\r\n\r\ndo you offer free shipping to Canada?\r\n\r\nThanks\r\nAnna",
    "Hi, will I have to pay customs if you ship to Germany?",
    "你好，这个包邮吗？",
    "请问寄到德国要交关税吗？谢谢",
];
/// Mails that it leaves to a person.
pub(crate) const MISSES: [&str; 4] = [
    "Hello,\r\n\r\ndoes the blue lamp fit a B22 socket?\r\n\r\nThanks\r\nAnna",
    "Hi, which of the two chairs is better for a small kitchen?",
    "你好，这个杯子可以放进洗碗机吗？",
    "请问有没有红色的？谢谢",
];
