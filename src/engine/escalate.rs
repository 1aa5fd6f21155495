//! Why a person must look, in sentences a person reads.

use crate::{
    engine::{
        alarm,
        guard::{self, Case},
        settings::Ceiling,
        understand::Understanding,
        unknown_ack,
    },
    model::{
        ids::ReplyId,
        mode::Mode,
        outbound::OutboundKind,
        satisfaction,
        ticket::Urgency,
        verdict::{GuardHit, TicketPlan},
    },
    rules::rule::{Action, Category, Rule},
};

/// Collected reasons, each said once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reasons(Vec<String>);

impl Reasons {
    /// Returns the reasons of guards, with their ids.
    pub(super) fn of_guards(guards: &[GuardHit]) -> Self {
        let mut reasons = Self::default();
        for guard in guards {
            reasons.add(format!("Guard {}: {}.", guard.guard, guard.evidence));
        }
        reasons
    }

    /// Returns one reason.
    pub(super) fn one(reason: impl Into<String>) -> Self {
        Self(vec![reason.into()])
    }

    /// Adds a reason unless it was said.
    pub(super) fn add(&mut self, reason: String) {
        if !self.0.contains(&reason) {
            self.0.push(reason);
        }
    }

    /// Adds reasons unless they were said.
    pub(super) fn extend(&mut self, reasons: impl IntoIterator<Item = String>) {
        for reason in reasons {
            self.add(reason);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Reasons {
    type Item = String;
    type IntoIter = std::vec::IntoIter<String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Returns a reason for everything in the message that always goes to a person.
pub(super) fn always(understanding: &Understanding<'_>) -> Vec<String> {
    let titles = understanding.alarms.iter().filter_map(|alarm| Some((alarm, alarm::rule(alarm)?)));
    titles.map(|(alarm, rule)| format!("Always for a person: {} ({}).", rule.title, alarm.topic)).collect()
}

/// Returns the highest mode of the message's channel and marketplace at this hour; below `suggest` nothing leaves by
/// itself, not even an ack.
pub(super) fn ceiling(case: &Case<'_>) -> Ceiling {
    case.settings.ceiling(case.inbound.channel, case.settings.desk.is_open(case.now), case.profile())
}

/// Returns the ticket to open.
pub(super) fn ticket(mut reasons: Reasons, understanding: &Understanding<'_>) -> TicketPlan {
    reasons.extend(always(understanding));
    let escalating = understanding.rules(Action::Escalate);
    let alarming: Vec<&Rule> = understanding.alarms.iter().filter_map(alarm::rule).collect();
    let urgencies = escalating.iter().chain(&alarming).map(|rule| rule.urgency);
    let urgency = urgencies.max().unwrap_or(Urgency::Normal);
    let first = escalating.first().copied().or(understanding
        .hits
        .iter()
        .map(|(rule, _)| *rule)
        .find(|rule| rule.category != Category::Closing));
    let hits = understanding.hits.iter().map(|(rule, _)| *rule).chain(alarming);
    let mut tags: Vec<String> = hits.flat_map(|rule| rule.tags.clone()).collect();
    tags.sort();
    tags.dedup();
    let first = first.or(understanding.alike.as_ref().map(|alike| alike.rule));
    TicketPlan { urgency, reasons: reasons.0, intent: first.map(|rule| rule.id.clone()), tags }
}

/// Returns the ack to send with a ticket: the rule's own, else the general one; none if this thread or this sender was
/// told often enough.
pub(super) fn ack(case: &Case<'_>, rule: Option<&Rule>) -> Option<ReplyId> {
    let acked = case.ctx.thread.as_ref().is_some_and(|thread| {
        let own = rule.and_then(|rule| rule.ack.as_ref()).map(|ack| &ack.value);
        thread.said.iter().any(|said| {
            // A rule's own ack says something new once, even after the general one.
            let asks = said.replies.iter().any(|reply| reply.as_str() == satisfaction::REPLY);
            said.kind == OutboundKind::Ack && !asks && own.is_none_or(|own| said.replies.contains(own))
        })
    });
    if ceiling(case).mode < Mode::Suggest || guard::breaker_open(case) {
        return None;
    }
    if case.profile().is_some_and(|profile| !profile.answers.acks) {
        return None;
    }
    let often = case.ctx.counters.notices_sender_day >= case.settings.limits.notices_per_sender_day;
    if acked || often {
        return None;
    }
    let own = rule.and_then(|rule| rule.ack.as_ref()).map(|ack| ack.value.clone());
    Some(own.unwrap_or_else(unknown_ack))
}

/// Returns the reason for a message that no rule covers.
pub(super) fn nothing_covers(understanding: &Understanding<'_>) -> String {
    match understanding.foreign_language {
        Some(language) => format!("The message is in a language without rules: {language}."),
        None if understanding.losers.is_empty() => "No rule covers this message.".to_owned(),
        None => "No rule that hit stands; the reasons are listed with the verdict.".to_owned(),
    }
}
