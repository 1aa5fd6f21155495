//! Values a reply cannot do without: where they come from, and when to ask for them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::{
    engine::{Engine, circumstances, understand::Understanding},
    model::{context::Context, ids::ReplyId, order::Order, verdict::Hit},
    rules::rule::{BuyerField, Need, OrderField, Rule, Source},
    text::entity::country,
};

/// What became of the needs of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Filled {
    /// All there.
    Ready(BTreeMap<String, String>),
    /// One is missing and there is a question for it.
    Ask {
        /// The slot asked for.
        slot: String,
        /// The reply that asks.
        question: ReplyId,
        /// What is known already.
        known: BTreeMap<String, String>,
    },
    /// One is missing and cannot be asked for, or was asked for in vain.
    Missing {
        /// Why, for the ticket.
        reason: String,
    },
}

/// Fills the needs of a rule from the message, the pending question, the buyer and the situation.
pub(super) fn fill(
    engine: &Engine,
    rule: &Rule,
    understanding: &Understanding<'_>,
    ctx: &Context,
    now: Timestamp,
) -> Filled {
    let today = engine.today(now);
    let mut known = understanding.pending.as_ref().map(|pending| pending.known.clone()).unwrap_or_default();
    for need in &rule.needs {
        if let Some(value) = value_of(engine, need, understanding, ctx, today) {
            known.insert(need.slot.clone(), value);
            continue;
        }
        let waiting = understanding.pending.as_ref().is_some_and(|pending| pending.slot == need.slot);
        let asked_before = waiting || need.ask.as_ref().is_some_and(|ask| asked_lately(ctx, &ask.value, now));
        return match &need.ask {
            Some(_) if asked_before => Filled::Missing {
                reason: format!("asked for the {}, and the buyer's answer does not name one", words(&need.slot)),
            },
            Some(question) => Filled::Ask { slot: need.slot.clone(), question: question.value.clone(), known },
            None => Filled::Missing { reason: format!("the {} is not known", words(&need.slot)) },
        };
    }
    Filled::Ready(known)
}

/// Within this time the same question is not asked again in a thread, whatever was said since.
const ASKED_MEMORY: SignedDuration = SignedDuration::from_hours(7 * 24);

fn asked_lately(ctx: &Context, question: &ReplyId, now: Timestamp) -> bool {
    let said = ctx.thread.iter().flat_map(|thread| &thread.said);
    said.filter(|said| now.duration_since(said.at) < ASKED_MEMORY).any(|said| said.replies.contains(question))
}

/// Reads the message as the answer to our pending question: if it names the value, the waiting rule stands as if it
/// had hit.
pub(super) fn answer_pending<'a>(engine: &'a Engine, understanding: &mut Understanding<'a>) {
    let Some(pending) = understanding.pending.clone() else { return };
    let Some(rule) = engine.rules.rule(&pending.intent) else { return };
    let Some(need) = rule.needs.iter().find(|need| need.slot == pending.slot) else { return };
    let kinds = entity_kinds(need);
    let found = understanding.entities.iter().find(|entity| kinds.contains(entity.kind.as_str()));
    let Some(found) = found.cloned() else { return };
    if understanding.hits.iter().any(|(hit, _)| hit.id == rule.id) {
        return;
    }
    let holds = |sentence: &crate::text::sentence::Sentence| {
        sentence.span.start <= found.span.start && found.span.end <= sentence.span.end
    };
    let hit = Hit {
        rule: rule.id.clone(),
        sentence: understanding.reading.sentences().iter().position(holds),
        language: understanding.language.answer,
        pattern: format!("answer to {}", need.ask.as_ref().map_or(need.slot.as_str(), |ask| ask.value.as_str())),
        words: 1,
        spans: vec![found.span],
        repairs: Vec::new(),
        confidence: 0.0,
    };
    understanding.hits.push((rule, hit));
}

/// Returns what the message teaches about the buyer, for later threads.
pub(super) fn learned(understanding: &Understanding<'_>) -> BTreeMap<String, String> {
    let country = single(understanding, "country").filter(|_| !understanding.hits.is_empty());
    country.map(|country| ("country".to_owned(), country)).into_iter().collect()
}

/// Returns the entities that have one value only, by kind.
pub(super) fn unambiguous(understanding: &Understanding<'_>) -> BTreeMap<String, String> {
    let kinds: BTreeSet<&str> = understanding.entities.iter().map(|entity| entity.kind.as_str()).collect();
    kinds.into_iter().filter_map(|kind| Some((kind.to_owned(), single(understanding, kind)?))).collect()
}

fn value_of(
    engine: &Engine,
    need: &Need,
    understanding: &Understanding<'_>,
    ctx: &Context,
    today: jiff::civil::Date,
) -> Option<String> {
    need.from.iter().find_map(|source| match &source.value {
        Source::Entity(kind) => single(understanding, kind),
        Source::Buyer(field) => of_buyer(*field, understanding, ctx),
        Source::Order(field) => of_order(*field, circumstances::order_in_question(ctx, &understanding.entities)?),
        Source::Situation => engine.replies.situation(today).map(|situation| situation.id.clone()),
    })
}

fn of_buyer(field: BuyerField, understanding: &Understanding<'_>, ctx: &Context) -> Option<String> {
    let buyer = ctx.buyer.as_ref()?;
    match field {
        BuyerField::Country => {
            // Somebody who names two countries now is not asking about the one we remember.
            let named = understanding.entities.iter().any(|entity| entity.kind == country::KIND);
            buyer.country.clone().filter(|_| !named)
        }
        BuyerField::Grade => buyer.grade.clone(),
        BuyerField::Name => buyer.name.clone(),
    }
}

fn of_order(field: OrderField, order: &Order) -> Option<String> {
    let day = |date: Option<jiff::civil::Date>| date.map(|date| date.to_string());
    match field {
        OrderField::Number => Some(order.number.clone()),
        OrderField::Status => Some(order.status.as_str().to_owned()),
        OrderField::Carrier => order.carrier.clone(),
        OrderField::Tracking => order.tracking.clone(),
        OrderField::Placed => day(order.placed),
        OrderField::Shipped => day(order.shipped),
        OrderField::Delivered => day(order.delivered),
    }
}

fn single(understanding: &Understanding<'_>, kind: &str) -> Option<String> {
    circumstances::only_value(&understanding.entities, kind).map(str::to_owned)
}

fn entity_kinds(need: &Need) -> BTreeSet<&str> {
    let kinds = need.from.iter().filter_map(|source| match &source.value {
        Source::Entity(kind) => Some(kind.as_str()),
        Source::Buyer(_) | Source::Order(_) | Source::Situation => None,
    });
    kinds.collect()
}

fn words(slot: &str) -> String {
    slot.replace('_', " ")
}
