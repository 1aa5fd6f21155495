//! Ready texts for one ticket: the shop's replies, filled with what is known.

use jiff::Timestamp;

use crate::{
    desk::{
        canned::{self, Canned, Known},
        schedule::ZoneSource,
    },
    engine::Engine,
    model::{ids::ReplyId, language::Language, switch::SituationSwitch},
    service::agents,
    store::ticket::TicketFile,
};

/// Returns every reply of the shop, filled for that ticket; those that fit what the machine understood come first.
/// `switched` are the situations that somebody switched by hand, `own_language` is that of the person who answers.
pub fn canned(
    engine: &Engine,
    file: &TicketFile,
    switched: &[SituationSwitch],
    own_language: Language,
    now: Timestamp,
) -> Vec<Canned> {
    canned::texts(engine.replies(), &known(engine, file, switched, own_language), now)
}

/// Returns what is known of the buyer and the case, for filling texts.
pub(super) fn known<'a>(
    engine: &'a Engine,
    file: &'a TicketFile,
    switched: &'a [SituationSwitch],
    own_language: Language,
) -> Known<'a> {
    let settings = engine.settings();
    let verdict = file.last_verdict.as_ref();
    let zone = agents::buyers_zone(engine, file);
    let chosen = verdict.map(|verdict| verdict.language.answer);
    let language = spoken(file).or(chosen).unwrap_or(settings.default_language);
    let order = verdict.and_then(|verdict| verdict.order.as_ref());
    let only = if let [order] = file.orders.as_slice() { Some(order) } else { None };
    Known {
        buyer_name: file.recipient.name.as_deref(),
        channel: file.recipient.channel,
        language,
        own_language,
        zone: (zone.by == ZoneSource::Country).then_some(zone.zone),
        country: file.card.country.as_deref(),
        entities: verdict.map_or(&[], |verdict| &verdict.entities),
        order: order.or(only),
        shop_name: &settings.shop_name,
        desk: &settings.desk,
        reply_within_minutes: settings.reply_within_minutes,
        fitting: fitting(engine, file),
        switched,
    }
}

/// Returns the language of the conversation, or else the one that is known of the buyer.
fn spoken(file: &TicketFile) -> Option<Language> {
    file.recipient.language.or(file.card.language)
}

/// Returns the replies of the rules that the machine found in the newest message, and of the ticket's intent; of rules
/// that answer nothing, what they say when a person will write.
fn fitting(engine: &Engine, file: &TicketFile) -> Vec<ReplyId> {
    let found = file.last_verdict.iter().flat_map(|verdict| verdict.hits.iter().map(|hit| &hit.rule));
    let mut fitting: Vec<ReplyId> = Vec::new();
    for intent in found.chain(&file.ticket.intent) {
        let rule = engine.rules().rule(intent);
        // Where no answer is written, what tells the buyer that a person looks at it is the best beginning.
        let reply = rule.and_then(|rule| rule.reply.as_ref().or(rule.ack.as_ref())).map(|reply| reply.value.clone());
        if let Some(reply) = reply.filter(|reply| !fitting.contains(reply)) {
            fitting.push(reply);
        }
    }
    fitting
}

/// Returns the phrases of words for the buyer that a shop should not send, in the languages they may be written in: the
/// conversation's and the shop's.
pub(super) fn promises(engine: &Engine, file: &TicketFile, text: &str) -> Vec<String> {
    let shops = engine.settings().default_language;
    let theirs = spoken(file).unwrap_or(shops);
    let mut phrases = canned::doubtful(text, theirs);
    if shops != theirs {
        phrases.extend(canned::doubtful(text, shops));
    }
    phrases.sort();
    phrases.dedup();
    phrases
}
