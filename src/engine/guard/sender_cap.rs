//! F2: too many automatic answers to this sender or domain.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "F2",
    condition: "too many automatic answers to this sender or domain",
    demands: "escalate",
    source: "RFC 3834 section 2; Zammad, FreeScout",
    stage: Stage::Answer,
    objects,
};

/// A domain holds several buyers; webmail domains hold millions and are not capped.
const DOMAIN_FACTOR: u32 = 5;
/// Domains where the sender's neighbours are strangers.
const SHARED_DOMAINS: [&str; 24] = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "msn.com",
    "yahoo.com",
    "ymail.com",
    "icloud.com",
    "me.com",
    "aol.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "qq.com",
    "163.com",
    "126.com",
    "foxmail.com",
    "sina.com",
    "mail.ru",
    "yandex.ru",
    "naver.com",
    "orange.fr",
    "libero.it",
];

fn objects(case: &Case<'_>) -> Option<Objection> {
    case.proposal?;
    let (limits, counters) = (&case.settings.limits, &case.ctx.counters);
    let shared = case.inbound.sender_domain().is_none_or(|domain| SHARED_DOMAINS.contains(&domain.as_str()));
    let (per_day, per_week) = (limits.answers_per_sender_day, limits.answers_per_sender_week);
    let checks = [
        (true, counters.answers_sender_day, per_day, "this sender within 24 hours"),
        (true, counters.answers_sender_week, per_week, "this sender within 7 days"),
        (!shared, counters.answers_domain_day, per_day * DOMAIN_FACTOR, "this domain within 24 hours"),
        (!shared, counters.answers_domain_week, per_week * DOMAIN_FACTOR, "this domain within 7 days"),
    ];
    // Chats have their own cap (F5): a conversation is many short turns.
    if case.inbound.telegram.is_some() {
        return None;
    }
    let (_, count, limit, whom) = checks.into_iter().find(|(on, count, limit, _)| *on && count >= limit)?;
    Some(Objection::escalate(format!("{count} automatic answers to {whom}, the limit is {limit}")))
}
