//! What is the case around a message: the moment that conditions of rules look at, from message, context and clock.

use jiff::{Timestamp, civil};

use crate::{
    engine::{Engine, language::Found, named::Named, settings::Settings},
    model::{
        context::Context,
        holidays,
        ids::IntentId,
        inbound::Inbound,
        order::{Order, number_key},
        verdict::EntityFound,
        zone::{self, MainZone},
    },
    rules::condition::Moment,
    text::entity::{country, order_number},
};

/// What had to be worked out for the moment.
#[derive(Debug)]
pub(super) struct Circumstances<'a> {
    inbound: &'a Inbound,
    ctx: &'a Context,
    entities: &'a [EntityFound],
    country: Option<&'a str>,
    buyer_time: Option<civil::Time>,
    desk_holiday: bool,
    buyer_holiday: Option<bool>,
    order: Option<&'a Order>,
    situation: Option<&'a str>,
    earlier: Vec<IntentId>,
    desk_open: bool,
    date: civil::Date,
}

impl<'a> Circumstances<'a> {
    /// Works out the circumstances of a message with its entities and the values it gives to slots.
    pub(super) fn of(
        engine: &'a Engine,
        inbound: &'a Inbound,
        ctx: &'a Context,
        entities: &'a [EntityFound],
        named: &'a Named,
        now: Timestamp,
    ) -> Self {
        let Settings { desk, .. } = engine.settings();
        let country = country_of(ctx, named);
        let date = engine.today(now);
        Self {
            inbound,
            ctx,
            entities,
            country,
            buyer_time: country.and_then(zone::main_zone).map(|MainZone { zone, .. }| now.to_zoned(zone).time()),
            desk_holiday: desk.holidays.contains(&date),
            buyer_holiday: country.and_then(|country| is_holiday(country, now)),
            order: order_in_question(ctx, named),
            situation: engine.situation(ctx, now).map(|situation| situation.id.as_str()),
            earlier: earlier(ctx),
            desk_open: desk.is_open(now),
            date,
        }
    }

    /// Returns how often the buyer bought, by what people noted or else by the shop's records; none where neither knows.
    fn orders_of_buyer(&self) -> Option<u32> {
        let noted = self.ctx.buyer.as_ref().and_then(|buyer| buyer.orders);
        let recorded = || u32::try_from(self.ctx.orders.len()).ok().filter(|orders| *orders > 0);
        noted.or_else(recorded)
    }

    /// Returns the moment.
    pub(super) fn moment(&self, language: &Found) -> Moment<'_> {
        Moment {
            channel: self.inbound.channel,
            account: self.inbound.account.as_str(),
            marketplace: self.inbound.marketplace.as_deref(),
            language: language.detected,
            written_in: language.written_in(),
            country: self.country,
            desk_open: self.desk_open,
            date: self.date,
            buyer_time: self.buyer_time,
            desk_holiday: self.desk_holiday,
            buyer_holiday: self.buyer_holiday,
            first_message: self.ctx.thread.is_none(),
            subject: &self.inbound.subject,
            characters: self.inbound.text.trim().chars().count(),
            attachments: &self.inbound.attachments,
            entities: self.entities,
            buyer: self.ctx.buyer.as_ref(),
            orders_of_buyer: self.orders_of_buyer(),
            order: self.order,
            situation: self.situation,
            earlier: &self.earlier,
        }
    }
}

/// Returns the day in a country, by the clock of most of its people.
fn day_in(country: &str, now: Timestamp) -> Option<civil::Date> {
    Some(now.to_zoned(zone::main_zone(country)?.zone).date())
}

fn is_holiday(country: &str, now: Timestamp) -> Option<bool> {
    let (calendar, today) = (holidays::of(country)?, day_in(country, now)?);
    calendar.covers(today.year()).then(|| !calendar.names_on(today).is_empty())
}

/// Returns the next day on which people work in the buyer's country, if today is a public holiday there.
pub(super) fn next_workday(ctx: &Context, named: &Named, now: Timestamp) -> Option<civil::Date> {
    let country = country_of(ctx, named)?;
    let today = is_holiday(country, now)?.then(|| day_in(country, now))??;
    holidays::of(country)?.next_workday(today)
}

/// Returns the buyer's country: what is known of the buyer, or else the one country the message names as an end.
fn country_of<'a>(ctx: &'a Context, named: &'a Named) -> Option<&'a str> {
    let known = ctx.buyer.as_ref().and_then(|buyer| buyer.country.as_deref());
    known.or_else(|| named.only(country::KIND))
}

/// Returns the order the message is about: the one whose number it names; if it names none, the buyer's only one, or the
/// only one that has neither arrived nor ended.
///
/// Of several orders none is guessed: news of the wrong parcel is worse than a question.
pub(super) fn order_in_question<'a>(ctx: &'a Context, named: &Named) -> Option<&'a Order> {
    let numbers: Vec<String> = named.of_kind(order_number::KIND).map(number_key).collect();
    if numbers.is_empty() {
        return only(ctx.orders.iter()).or_else(|| only(ctx.orders.iter().filter(|order| order.is_open())));
    }
    only(ctx.orders.iter().filter(|order| numbers.contains(&number_key(&order.number))))
}

/// Returns the one order there is; none of several.
fn only<'a>(mut orders: impl Iterator<Item = &'a Order>) -> Option<&'a Order> {
    orders.next().filter(|_| orders.next().is_none())
}

fn earlier(ctx: &Context) -> Vec<IntentId> {
    let said = ctx.thread.iter().flat_map(|thread| &thread.said);
    let mut intents: Vec<IntentId> = said.flat_map(|said| said.intents.iter().cloned()).collect();
    intents.sort();
    intents.dedup();
    intents
}
