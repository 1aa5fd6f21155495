//! The shop's own replies as ready words for a person: filled for one ticket, in the buyer's language and the agent's.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil, tz::TimeZone};

use crate::{
    model::{
        ids::ReplyId,
        inbound::ChannelKind,
        language::Language,
        order,
        outbound::OutboundKind,
        satisfaction,
        switch::SituationSwitch,
        time::DeskHours,
        verdict::{EntityFound, FactUsed},
    },
    replies::{
        catalog::{Catalog, HumanEta, Order, RenderError, Rendered, Rest, Values},
        format::hours::{self, Clock},
        promise::{self, Fault},
    },
};

/// The longest first name that is greeted by name.
const LONGEST_NAME: usize = 24;

/// What is known of the buyer and the case, for filling texts.
#[derive(Debug, Clone)]
pub struct Known<'a> {
    /// The buyer's whole name.
    pub buyer_name: Option<&'a str>,
    /// How the answer goes out.
    pub channel: ChannelKind,
    /// The language of the conversation.
    pub language: Language,
    /// The language of the person who answers, to understand what is sent.
    pub own_language: Language,
    /// The buyer's clock; none where nothing is known of it.
    pub zone: Option<TimeZone>,
    /// Where the buyer lives, by its code.
    pub country: Option<&'a str>,
    /// Values that were found in the buyer's words.
    pub entities: &'a [EntityFound],
    /// The order in question.
    pub order: Option<&'a order::Order>,
    /// The shop's name.
    pub shop_name: &'a str,
    /// When people are at the desk.
    pub desk: &'a DeskHours,
    /// Within how many minutes of desk time a person answers.
    pub reply_within_minutes: u32,
    /// Replies that fit best, best first: those of the rules that hit.
    pub fitting: Vec<ReplyId>,
    /// Situations that somebody switched by hand.
    pub switched: &'a [SituationSwitch],
}

/// One ready text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canned {
    /// The reply.
    pub reply: ReplyId,
    /// It answers what the machine understood.
    pub fits: bool,
    /// The text in the buyer's language, or in the agent's if the buyer's is not written; or why it cannot be filled.
    pub text: Result<Filled, String>,
    /// The same in the language of the agent, where that is another one and it is written.
    pub in_own_words: Option<String>,
}

/// A text with everything filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// Its language.
    pub language: Language,
    /// The words.
    pub text: String,
    /// Phrases in it that a shop should not send: promises that others must keep, times without a date.
    pub doubtful: Vec<String>,
    /// The facts it quotes, with where they come from.
    pub facts: Vec<FactUsed>,
}

/// Returns every reply of the shop as ready text: those that fit first, then the others by name.
pub fn texts(catalog: &Catalog, known: &Known<'_>, now: Timestamp) -> Vec<Canned> {
    let mut names: Vec<&ReplyId> = known.fitting.iter().filter(|reply| catalog.contains(reply)).collect();
    for name in catalog.names() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let canned = |reply: &ReplyId| Canned {
        reply: reply.clone(),
        fits: known.fitting.contains(reply),
        text: fill(catalog, reply, known, language_of(catalog, reply, known), now),
        in_own_words: in_own_words(catalog, reply, known, now),
    };
    names.into_iter().map(canned).collect()
}

/// Returns the phrases of a person's own words that a shop should not send, in that language: what it cannot keep or may not
/// offer. That something was refunded or cancelled a person may say, who sees to it, and `soon` as well.
pub fn doubtful(text: &str, language: Language) -> Vec<String> {
    let found = promise::forbidden(text, language).into_iter();
    found.filter(|found| found.fault == Fault::Promise).map(|found| found.phrase).collect()
}

/// Returns the language a reply is offered in: the buyer's, else the agent's, else the first it is written in.
fn language_of(catalog: &Catalog, reply: &ReplyId, known: &Known<'_>) -> Language {
    let written = catalog.languages(reply);
    let wanted = [known.language, known.own_language].into_iter().find(|language| written.contains(language));
    wanted.or_else(|| written.first().copied()).unwrap_or(known.language)
}

fn in_own_words(catalog: &Catalog, reply: &ReplyId, known: &Known<'_>, now: Timestamp) -> Option<String> {
    let own = known.own_language;
    if own == language_of(catalog, reply, known) || !catalog.languages(reply).contains(&own) {
        return None;
    }
    fill(catalog, reply, known, own, now).ok().map(|filled| filled.text)
}

fn fill(
    catalog: &Catalog,
    reply: &ReplyId,
    known: &Known<'_>,
    language: Language,
    now: Timestamp,
) -> Result<Filled, String> {
    let values = values(known, language, now);
    let replies = [reply.clone()];
    let order = Order {
        // What a person sends may say what only a person may say; phrases that are doubtful are told apart below.
        kind: OutboundKind::Draft,
        replies: &replies,
        language,
        channel: known.channel,
        values: &values,
        today: today(known, now),
        switched: known.switched,
        rest: Rest::Nothing,
    };
    let rendered = catalog.render(&order).map_err(|why| why.to_string())?;
    let doubtful = doubtful(&rendered.text, language);
    Ok(Filled { language, text: rendered.text, doubtful, facts: rendered.facts })
}

/// Returns the message that asks a buyer how content they are, in their language or in the shop's own, with the page on
/// which they say it; or why it cannot be written.
pub fn satisfaction(
    catalog: &Catalog,
    known: &Known<'_>,
    url: &str,
    now: Timestamp,
) -> Result<(Language, Rendered), RenderError> {
    let replies = [ReplyId::new(satisfaction::REPLY)];
    let language = language_of(catalog, &replies[0], known);
    let values = Values { satisfaction_url: Some(url.to_owned()), automatic: true, ..values(known, language, now) };
    let order = Order {
        kind: OutboundKind::Ack,
        replies: &replies,
        language,
        channel: known.channel,
        values: &values,
        today: today(known, now),
        switched: known.switched,
        rest: Rest::Nothing,
    };
    Ok((language, catalog.render(&order)?))
}

fn today(known: &Known<'_>, now: Timestamp) -> civil::Date {
    now.to_zoned(known.desk.zone.clone()).date()
}

fn values(known: &Known<'_>, language: Language, now: Timestamp) -> Values {
    let mut entities: BTreeMap<String, String> =
        known.entities.iter().rev().map(|found| (found.kind.clone(), found.value.clone())).collect();
    if let Some(country) = known.country {
        entities.entry("country".to_owned()).or_insert_with(|| country.to_owned());
    }
    let zone = known.zone.clone().unwrap_or_else(|| known.desk.zone.clone());
    let clock = Clock { zone: zone.clone(), is_buyers: known.zone.is_some() };
    let eta = known.desk.after_desk_minutes(now, known.reply_within_minutes);
    Values {
        buyer_first_name: known.buyer_name.and_then(first_name),
        buyer_next_workday: None,
        shop_name: known.shop_name.to_owned(),
        entities,
        order: known.order.cloned(),
        human_eta: eta.map(|at| HumanEta { at: at.to_zoned(zone), zone_known: known.zone.is_some() }),
        satisfaction_url: None,
        desk_hours: hours::describe(known.desk, &clock, now, language),
        automatic: false,
    }
}

/// Returns the first word of a name if it looks like one that people are greeted by.
fn first_name(name: &str) -> Option<String> {
    let given = name.split_once(',').map_or(name, |(_, given)| given.trim());
    let first = given.split_whitespace().next()?;
    let letters = first.chars().all(|letter| letter.is_alphabetic() || matches!(letter, '\'' | '’' | '-' | '·'));
    let fits = (2..=LONGEST_NAME).contains(&first.chars().count());
    (letters && fits && !name.contains('@')).then(|| first.to_owned())
}
