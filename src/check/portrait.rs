//! One rule as its seller wants to see it: its patterns, what becomes of its examples, which rules want the same words,
//! and how its replies read.
//!
//! Values that a reply needs and no buyer gave are the examples of `replies::variables`; they are told to nobody.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil};

use crate::{
    check::cases::{self, CaseResult},
    diagnostic::source::SourceMap,
    engine::Engine,
    model::{
        ids::{IntentId, ReplyId},
        inbound::ChannelKind,
        language::Language,
        order::{Order, OrderStatus},
        outbound::OutboundKind,
        switch::SituationSwitch,
        verdict::FactUsed,
    },
    replies::{
        catalog::{self, HumanEta, Rest, Values},
        format::hours::{self, Clock},
    },
    rules::{rule::Rule, syntax},
};

/// A person writes about so long after a message, in samples.
const ETA: jiff::SignedDuration = jiff::SignedDuration::from_hours(4);

/// Everything about one rule.
#[derive(Debug)]
pub struct Portrait {
    /// Where it is written, as findings name it.
    pub path: String,
    /// The file as it was read.
    pub text: String,
    /// Its patterns by language, in the order of the file.
    pub patterns: Vec<(Language, Vec<String>)>,
    /// What switches it off, by language.
    pub unless: Vec<(Language, Vec<String>)>,
    /// What became of its examples, in the order of the file.
    pub examples: Vec<CaseResult>,
    /// Rules whose patterns hit its own examples too, most first.
    pub rivals: Vec<Rival>,
    /// How its texts read.
    pub texts: Vec<Specimen>,
}

/// Another rule that wants the same words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rival {
    /// The rule.
    pub rule: IntentId,
    /// In how many of the examples its patterns hit.
    pub hits: usize,
    /// In how many of them it stands instead.
    pub takes: usize,
    /// One of them.
    pub example: String,
}

/// What a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// It answers.
    Answer,
    /// It says that a person will write.
    Ack,
    /// It asks for a value.
    Ask,
}

/// One text with sample values in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Specimen {
    /// What it is for.
    pub purpose: Purpose,
    /// The reply.
    pub reply: ReplyId,
    /// Its language.
    pub language: Language,
    /// Where it is written.
    pub path: String,
    /// Subject and text, or why there is none, as a clause.
    pub text: Result<(Option<String>, String), String>,
    /// The facts it quotes.
    pub facts: Vec<FactUsed>,
}

/// Draws the portrait of a rule; none if there is no such rule. `sources` are the texts that the engine was made of.
pub fn of(engine: &Engine, sources: &SourceMap, id: &IntentId, now: Timestamp) -> Option<Portrait> {
    let place = engine.rules().place(id)?;
    let rule = engine.rules().rule(id)?;
    let source = sources.iter().find(|(file, _)| *file == rule.file).map(|(_, source)| source);
    let examples = source.map(|_| cases::of_rule(engine, sources, rule, now)).unwrap_or_default();
    let written = source.and_then(|_| syntax::read(sources, rule.file).0);
    let listed = |phrases: &[syntax::phrase::WrittenPhrase]| {
        let mut by_language: Vec<(Language, Vec<String>)> = Vec::new();
        for phrase in phrases {
            match by_language.iter_mut().find(|(language, _)| *language == phrase.language) {
                Some((_, texts)) => texts.push(phrase.text.clone()),
                None => by_language.push((phrase.language, vec![phrase.text.clone()])),
            }
        }
        by_language
    };
    Some(Portrait {
        path: source.map_or_else(String::new, |source| source.path.clone()),
        text: source.map_or_else(String::new, |source| source.text.clone()),
        patterns: written.as_ref().map(|rule| listed(&rule.say)).unwrap_or_default(),
        unless: written.as_ref().map(|rule| listed(&rule.unless)).unwrap_or_default(),
        rivals: rivals(engine, rule, place, &examples),
        examples,
        texts: texts(engine, rule, now),
    })
}

/// Finds the rules whose patterns hit the `match` examples of a rule.
fn rivals(engine: &Engine, rule: &Rule, place: usize, results: &[CaseResult]) -> Vec<Rival> {
    let mut rivals: BTreeMap<&IntentId, Rival> = BTreeMap::new();
    for example in rule.examples.iter().filter(|example| example.matches && rule.speaks(example.language)) {
        let attempts = engine.rules().attempts(&engine.rules().reading(&example.text));
        let others: BTreeSet<usize> =
            attempts.iter().filter(|attempt| attempt.rule != place && !attempt.negated).map(|own| own.rule).collect();
        for other in others.into_iter().filter_map(|other| engine.rules().rules().get(other)) {
            let taken = results.iter().any(|result| {
                result.text == example.text && result.outcome == cases::CaseOutcome::StolenBy(other.id.clone())
            });
            let new = || Rival { rule: other.id.clone(), hits: 0, takes: 0, example: example.text.clone() };
            let rival = rivals.entry(&other.id).or_insert_with(new);
            rival.hits += 1;
            rival.takes += usize::from(taken);
        }
    }
    let mut rivals: Vec<Rival> = rivals.into_values().collect();
    rivals.sort_by(|one, other| (other.takes, other.hits, &one.rule).cmp(&(one.takes, one.hits, &other.rule)));
    rivals
}

/// Writes all texts of a rule in the languages of the shop.
fn texts(engine: &Engine, rule: &Rule, now: Timestamp) -> Vec<Specimen> {
    let asks = rule.needs.iter().filter_map(|need| need.ask.as_ref()).map(|ask| (Purpose::Ask, &ask.value));
    let answer = rule.reply.iter().map(|reply| (Purpose::Answer, &reply.value));
    let ack = rule.ack.iter().map(|ack| (Purpose::Ack, &ack.value));
    let named: Vec<(Purpose, &ReplyId)> = answer.chain(ack).chain(asks).collect();
    let spoken = &engine.settings().languages;
    let mut texts = Vec::new();
    for (purpose, reply) in named {
        let written = engine.replies().written(reply);
        for language in spoken.iter().filter(|language| written.contains(language)) {
            texts.push(specimen(engine, purpose, reply, *language, now));
        }
    }
    texts
}

fn specimen(engine: &Engine, purpose: Purpose, reply: &ReplyId, language: Language, now: Timestamp) -> Specimen {
    let kind = match purpose {
        Purpose::Answer => OutboundKind::Answer,
        Purpose::Ack => OutboundKind::Ack,
        Purpose::Ask => OutboundKind::Ask,
    };
    let zone = &engine.settings().desk.zone;
    let today = now.to_zoned(zone.clone()).date();
    let switched = some_situation(engine, today, now);
    let rendered = engine.replies().render(&catalog::Order {
        kind,
        replies: std::slice::from_ref(reply),
        language,
        channel: ChannelKind::Email,
        values: &values(engine, language, today, now),
        today,
        switched: &switched,
        rest: Rest::Nothing,
    });
    let (text, facts) = match rendered {
        Ok(rendered) => (Ok((rendered.subject, rendered.text)), rendered.facts),
        Err(error) => (Err(error.to_string()), Vec::new()),
    };
    let path = format!("replies/{reply}/{language}.txt");
    Specimen { purpose, reply: reply.clone(), language, path, text, facts }
}

/// Returns what puts some situation in force, where none is: texts that speak of one can be read all year.
fn some_situation(engine: &Engine, today: civil::Date, now: Timestamp) -> Vec<SituationSwitch> {
    if engine.replies().situation(today, &[]).is_some() {
        return Vec::new();
    }
    let first = engine.replies().situations().first();
    let switch = first.map(|situation| SituationSwitch {
        situation: situation.id.clone(),
        on: true,
        since: today,
        until: today,
        reason: String::new(),
        by: String::new(),
        at: now,
    });
    switch.into_iter().collect()
}

/// Returns what a buyer might have written, as the engine would hand it to a reply.
fn values(engine: &Engine, language: Language, today: civil::Date, now: Timestamp) -> Values {
    let zone = engine.settings().desk.zone.clone();
    let entities = [
        ("country", "DE"),
        ("order_number", "114-7122810-2961857"),
        ("tracking_number", "LX123456785CN"),
        ("quantity", "50"),
        ("size", "EU 42"),
        ("money", "12900 EUR"),
        ("postcode", "SW1A 1AA"),
        ("phone", "+491701234567"),
        ("email", "anna.maier@example.com"),
    ];
    let mut entities: BTreeMap<String, String> =
        entities.into_iter().map(|(kind, value)| (kind.to_owned(), value.to_owned())).collect();
    entities.insert("date".to_owned(), today.to_string());
    let before = |days: i64| today.checked_sub(jiff::Span::new().days(days)).ok();
    Values {
        buyer_first_name: Some("Anna".to_owned()),
        buyer_next_workday: None,
        shop_name: engine.settings().shop_name.clone(),
        entities,
        order: Some(Order {
            number: "114-7122810-2961857".to_owned(),
            status: Some(OrderStatus::Shipped),
            placed: before(9),
            shipped: before(7),
            delivered: None,
            carrier: Some("DHL".to_owned()),
            tracking: Some("LX123456785CN".to_owned()),
            source: None,
        }),
        human_eta: Some(HumanEta { at: (now + ETA).to_zoned(zone.clone()), zone_known: false }),
        satisfaction_url: None,
        desk_hours: hours::describe(&engine.settings().desk, &Clock { zone, is_buyers: false }, now, language),
        automatic: true,
    }
}
