//! Values a reply cannot do without: where they come from, and when to ask for them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    engine::{Engine, circumstances, understand::Understanding},
    model::{
        context::Context,
        ids::ReplyId,
        order::Order,
        thread::PendingAsk,
        verdict::{Choice, Hit},
    },
    replies::country as country_name,
    rules::rule::{BuyerField, Need, OrderField, Rule, Source},
    text::entity::{answer, country, order_number},
};

/// What became of the needs of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Filled {
    /// All there.
    Ready(BTreeMap<String, String>),
    /// Some are missing and there is a question for each.
    Ask(Question),
    /// One is missing and cannot be asked for, or was asked for in vain.
    Missing {
        /// Why, for the ticket, with what is known.
        reason: String,
    },
}

/// What to ask back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// The first slot asked for.
    pub slot: String,
    /// The replies that ask, one for each missing slot.
    pub replies: Vec<ReplyId>,
    /// What is known already.
    pub known: BTreeMap<String, String>,
    /// The few answers there can be, if they are few; for buttons.
    pub choices: Vec<Choice>,
}

/// Within this time the same question is not asked again in a thread, whatever was said since.
const ASKED_MEMORY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// More answers than this are no choice at a glance.
const MAX_CHOICES: usize = 8;

/// Fills the needs of a rule from the message, the pending question, the buyer, the order and the situation.
///
/// Everything that is known is kept, in whichever order it is needed, so that a buyer never says a thing twice.
pub(super) fn fill(
    engine: &Engine,
    rule: &Rule,
    understanding: &Understanding<'_>,
    ctx: &Context,
    now: Timestamp,
) -> Filled {
    let waiting = understanding.pending.as_ref().filter(|pending| pending.intent == rule.id);
    let mut known = waiting.map(|pending| pending.known.clone()).unwrap_or_default();
    let mut missing: Vec<&Need> = Vec::new();
    for need in &rule.needs {
        match value_of(engine, need, understanding, ctx, now) {
            Some(value) => {
                known.insert(need.slot.clone(), value);
            }
            None if known.contains_key(&need.slot) => {}
            None => missing.push(need),
        }
    }
    if missing.is_empty() {
        return Filled::Ready(known);
    }
    // What the order says is known when the order is, and which one it is can be asked.
    let asks_for_order = missing.iter().any(|need| need.ask.is_some() && names_order(need));
    let hopeless = |need: &&&Need| need.ask.is_none() && !(asks_for_order && is_said_by_order(need));
    if let Some(need) = missing.iter().find(hopeless) {
        return Filled::Missing { reason: format!("the {} is not known{}", words(&need.slot), told(&known)) };
    }
    let asked = |need: &&&Need| {
        let waits = waiting.is_some_and(|pending| pending.slot == need.slot);
        waits || need.ask.as_ref().is_some_and(|ask| asked_lately(ctx, &ask.value, now))
    };
    if let Some(need) = missing.iter().find(asked) {
        let slot = words(&need.slot);
        let reason = format!("asked for the {slot}, and the buyer's answer does not name one{}", told(&known));
        return Filled::Missing { reason };
    }
    missing.retain(|need| need.ask.is_some());
    let replies = missing.iter().filter_map(|need| Some(need.ask.as_ref()?.value.clone())).collect();
    // Buttons answer one question.
    let choices = if let [only] = missing[..] { choices(only, understanding, ctx) } else { Vec::new() };
    Filled::Ask(Question { slot: missing[0].slot.clone(), replies, known, choices })
}

/// Returns whether the number of an order would fill it.
fn names_order(need: &Need) -> bool {
    need.from.iter().any(|source| match &source.value {
        Source::Entity(kind) => kind == order_number::KIND,
        Source::Order(field) => *field == OrderField::Number,
        Source::Buyer(_) | Source::Situation => false,
    })
}

fn is_said_by_order(need: &Need) -> bool {
    need.from.iter().all(|source| matches!(source.value, Source::Order(_)))
}

/// Says what is known, for a person: "; known: quantity 50".
pub(super) fn told(known: &BTreeMap<String, String>) -> String {
    if known.is_empty() {
        return String::new();
    }
    let facts: Vec<String> = known.iter().map(|(slot, value)| format!("{} {value}", words(slot))).collect();
    format!("; known: {}", facts.join(", "))
}

fn asked_lately(ctx: &Context, question: &ReplyId, now: Timestamp) -> bool {
    let said = ctx.thread.iter().flat_map(|thread| &thread.said);
    said.filter(|said| now.duration_since(said.at) < ASKED_MEMORY).any(|said| said.replies.contains(question))
}

/// Reads the message as the answer to our pending question: if it names a value we wait for, the waiting rule stands as
/// if it had hit. What else hits is a question of its own.
pub(super) fn answer_pending<'a>(engine: &'a Engine, understanding: &mut Understanding<'a>) {
    let Some(pending) = understanding.pending.clone() else { return };
    let Some(rule) = engine.rules.rule(&pending.intent) else { return };
    let mut open: Vec<&Need> = rule.needs.iter().filter(|need| !pending.known.contains_key(&need.slot)).collect();
    open.sort_by_key(|need| need.slot != pending.slot);
    let named = open.iter().find_map(|need| {
        let kinds = entity_kinds(need);
        Some((*need, understanding.named.first_in_text(&kinds)?.span.clone()))
    });
    // What is no value in running text, such as a bare number, is one where we asked for it.
    let Some((need, span)) = named.or_else(|| bare_value(&open, understanding)) else { return };
    if understanding.hits.iter().any(|(hit, _)| hit.id == rule.id) {
        return;
    }
    let holds =
        |sentence: &crate::text::sentence::Sentence| sentence.span.start <= span.start && span.end <= sentence.span.end;
    let hit = Hit {
        rule: rule.id.clone(),
        sentence: understanding.reading.sentences().iter().position(holds),
        language: understanding.language.answer,
        pattern: format!("answer to {}", need.ask.as_ref().map_or(need.slot.as_str(), |ask| ask.value.as_str())),
        words: 1,
        spans: vec![span],
        repairs: Vec::new(),
        confidence: 0.0,
    };
    understanding.hits.push((rule, hit));
}

/// Reads the message as nothing but a value that one of these needs waits for, and makes it a value of the message.
fn bare_value<'r>(open: &[&'r Need], understanding: &mut Understanding<'_>) -> Option<(&'r Need, Range<usize>)> {
    let read = |need: &&'r Need| {
        let value = entity_kinds(need).into_iter().find_map(|kind| answer::read(kind, &understanding.reading))?;
        Some((*need, value))
    };
    let (need, value) = open.iter().find_map(read)?;
    let span = value.span.clone();
    understanding.named.add(value.clone());
    understanding.entities.push(value);
    Some((need, span))
}

/// Says in a sentence what we waited for in vain.
pub(super) fn in_vain(pending: &PendingAsk) -> String {
    format!("Asked for the {}, and the answer does not name one{}.", words(&pending.slot), told(&pending.known))
}

/// Says in a sentence that the answer to our question, if this is one, comes late.
pub(super) fn too_late(lapsed: &PendingAsk) -> String {
    let slot = words(&lapsed.slot);
    format!(
        "Perhaps the answer to our question for the {slot} ({}), asked more than a day ago{}.",
        lapsed.intent,
        told(&lapsed.known)
    )
}

/// Returns what the message teaches about the buyer, for later threads.
pub(super) fn learned(understanding: &Understanding<'_>) -> BTreeMap<String, String> {
    let country = understanding.named.only(country::KIND).filter(|_| !understanding.hits.is_empty());
    country.map(|country| ("country".to_owned(), country.to_owned())).into_iter().collect()
}

fn value_of(
    engine: &Engine,
    need: &Need,
    understanding: &Understanding<'_>,
    ctx: &Context,
    now: Timestamp,
) -> Option<String> {
    need.from.iter().find_map(|source| match &source.value {
        Source::Entity(kind) => understanding.named.only(kind).map(str::to_owned),
        Source::Buyer(field) => of_buyer(*field, understanding, ctx),
        Source::Order(field) => of_order(*field, circumstances::order_in_question(ctx, &understanding.named)?),
        Source::Situation => engine.situation(ctx, now).map(|situation| situation.id.clone()),
    })
}

fn of_buyer(field: BuyerField, understanding: &Understanding<'_>, ctx: &Context) -> Option<String> {
    let buyer = ctx.buyer.as_ref()?;
    match field {
        BuyerField::Country => {
            // Somebody who names two countries now is not asking about the one we remember.
            let named = understanding.named.of_kind(country::KIND).next().is_some();
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
        OrderField::Status => order.status.map(|status| status.as_str().to_owned()),
        OrderField::Carrier => order.carrier.clone(),
        OrderField::Tracking => order.tracking.clone(),
        OrderField::Placed => day(order.placed),
        OrderField::Shipped => day(order.shipped),
        OrderField::Delivered => day(order.delivered),
    }
}

/// Returns the answers there can be: the values the buyer named without saying which one is meant, or the numbers of
/// the buyer's orders.
fn choices(need: &Need, understanding: &Understanding<'_>, ctx: &Context) -> Vec<Choice> {
    let language = understanding.language.answer;
    let kinds = entity_kinds(need);
    let mut choices: Vec<Choice> = Vec::new();
    for kind in kinds {
        for value in understanding.named.of_kind(kind) {
            let name = (kind == country::KIND).then(|| country_name::name(value, language)).flatten();
            choices.push(Choice { label: name.unwrap_or(value).to_owned(), value: value.to_owned() });
        }
    }
    let asks_for_order = need.from.iter().any(|source| source.value == Source::Order(OrderField::Number));
    if choices.is_empty() && asks_for_order {
        let number = |order: &Order| Choice { label: order.number.clone(), value: order.number.clone() };
        choices.extend(ctx.orders.iter().map(number));
    }
    let mut seen = BTreeSet::new();
    choices.retain(|choice| seen.insert(choice.value.clone()));
    if (2..=MAX_CHOICES).contains(&choices.len()) { choices } else { Vec::new() }
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
