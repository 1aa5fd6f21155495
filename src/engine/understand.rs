//! What the message says: sentences, entities, hits of rules in text and subject, language.

use jiff::{SignedDuration, Timestamp};

use crate::{
    engine::{
        Engine,
        alarm::{self, Raised},
        alike::{self, Alike},
        aside,
        circumstances::Circumstances,
        identity, language,
        named::Named,
        slots,
        turn::{self, Turn},
        witness::Witness,
    },
    model::{
        context::Context,
        ids::IntentId,
        inbound::Inbound,
        language::Language,
        thread::PendingAsk,
        verdict::{Alarm, Doubt, EntityFound, Hit, LanguageChoice, Loser, SentenceKind, SentenceTrace},
    },
    rules::{
        alone,
        rule::{Action, Rule},
    },
    text::{language::has_letters_of, reading::Reading, sentence::Sentence, subject},
};

/// How long a slot question waits for its answer; after that the next message is read afresh.
const PENDING_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// One message understood as far as rules reach.
#[derive(Debug)]
pub(super) struct Understanding<'a> {
    /// The text, read once.
    pub reading: Reading,
    /// Rules that stand, best first within a sentence, with the compiled rule.
    pub hits: Vec<(&'a Rule, Hit)>,
    /// Rules that hit and lost.
    pub losers: Vec<Loser>,
    /// What always goes to a person.
    pub alarms: Vec<Alarm>,
    /// Why some of it was not looked at.
    pub unfinished: Option<String>,
    /// Values recognised in the text.
    pub entities: Vec<EntityFound>,
    /// Languages found and chosen.
    pub language: LanguageChoice,
    /// The values that slots are filled with.
    pub named: Named,
    /// The question of ours that this message may answer.
    pub pending: Option<PendingAsk>,
    /// A question of ours whose time is over.
    pub lapsed: Option<PendingAsk>,
    /// The text is surely in a language the shop has no rules for.
    pub foreign_language: Option<Language>,
    /// What in the text may turn a question into something else; empty where nothing would be answered.
    pub turns: Vec<Turn>,
    /// Statements beside a question before a sale that no rule explains, as indices of sentences.
    pub asides: Vec<usize>,
    /// What keeps the rules that stand from answering; one for a rule.
    pub doubts: Vec<Doubt>,
    /// What the examples say.
    pub witness: Witness,
    /// The rule that only the examples speak for, in a message in which none stands.
    pub alike: Option<Alike<'a>>,
}

/// Returns the values that a message names, in its words or through the marketplace that brought it.
fn named_in(inbound: &Inbound, ctx: &Context, reading: &Reading, subject: Option<&Reading>) -> Named {
    let order = inbound.relay.read().and_then(|relayed| relayed.order.as_deref());
    let numbers = identity::numbers_in(&inbound.text, &ctx.orders);
    Named::of(reading, subject).with_numbers(numbers).with_order(order)
}

impl<'a> Understanding<'a> {
    /// Reads a message. `leave` is the position of an example that the second witness leaves out.
    pub(super) fn of(
        engine: &'a Engine,
        inbound: &Inbound,
        ctx: &Context,
        now: Timestamp,
        leave: Option<usize>,
    ) -> Self {
        let reading = engine.rules.reading(&inbound.text);
        let subject = fresh_subject(&inbound.subject, engine);
        let named = named_in(inbound, ctx, &reading, subject.as_ref());
        let found = language::detect(engine, inbound, ctx);
        let recognized = reading.entities().to_vec();
        let circumstances = Circumstances::of(engine, inbound, ctx, &recognized, &named, now);
        let moment = circumstances.moment(&found);
        let evaluation = engine.rules.evaluate(&reading, &moment);
        let mut hits = with_rules(engine, evaluation.hits);
        let mut losers = evaluation.losers;
        let Raised { mut alarms, unfinished } = alarm::find(&reading, &moment);
        let mut unfinished = evaluation.unfinished.or(unfinished);
        if let Some(subject) = &subject {
            let evaluation = engine.rules.evaluate(subject, &moment);
            let raised = alarm::find(subject, &moment);
            unfinished = unfinished.or(evaluation.unfinished).or(raised.unfinished);
            alarms.extend(raised.alarms.into_iter().map(raised_in_subject));
            losers.extend(add(&mut hits, with_rules(engine, evaluation.hits), (&reading, subject)));
            losers.extend(evaluation.losers.into_iter().map(lost_in_subject));
        }
        // What a standing pattern named is a value like any other; under the recognizer's own name it is there already.
        let slot_values = named.clone().with_captured(&evaluation.captured);
        let mut entities = recognized.clone();
        entities.extend(evaluation.captured.into_iter().filter(|value| !is_among(&recognized, value)));
        let (pending, lapsed) = asked(ctx, now);
        let pattern = spoken_by(&reading, &hits);
        let mut understanding = Self {
            language: language::choose(engine, inbound, ctx, &found, pattern, &[]),
            foreign_language: found.foreign,
            unfinished,
            witness: Witness::of(&engine.rules, &reading, subject.as_ref(), leave),
            alike: None,
            turns: Vec::new(),
            asides: Vec::new(),
            doubts: Vec::new(),
            reading,
            hits,
            losers,
            alarms,
            entities,
            named: slot_values,
            pending,
            lapsed,
        };
        slots::answer_pending(engine, &mut understanding);
        understanding.alike = alike::find(engine, &understanding, &moment);
        alike::stand_in(engine, &mut understanding);
        understanding.turns = turn::find(&understanding);
        understanding.asides = aside::find(engine, &understanding, inbound);
        // Only now it is known what will be said, and a reply speaks the languages it was written in.
        understanding.language = language::choose(engine, inbound, ctx, &found, pattern, &understanding.spoken(engine));
        understanding
    }

    /// Returns the languages of the patterns whose hits are such.
    pub(super) fn languages_of_hits(&self, such: impl Fn(&Rule, &Hit) -> bool) -> Vec<Language> {
        self.hits.iter().filter(|(rule, hit)| such(rule, hit)).map(|(_, hit)| hit.language).collect()
    }

    /// Returns the rules that stand with that action, each once, most important first.
    pub(super) fn rules(&self, action: Action) -> Vec<&'a Rule> {
        let mut rules: Vec<&Rule> = Vec::new();
        for (rule, _) in &self.hits {
            if rule.action == action && !rules.iter().any(|known| known.id == rule.id) {
                rules.push(rule);
            }
        }
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
        rules
    }

    /// Returns the languages that all replies of the standing rules have.
    fn spoken(&self, engine: &Engine) -> Vec<Language> {
        let rules = self.rules(Action::Answer);
        let mut offers = rules.iter().filter_map(|rule| Some(engine.replies.languages(&rule.reply.as_ref()?.value)));
        let Some(mut common) = offers.next() else { return Vec::new() };
        for offer in offers {
            common.retain(|language| offer.contains(language));
        }
        common
    }

    /// Returns the sentences with the rules that stand in them.
    pub(super) fn sentences(&self) -> Vec<SentenceTrace> {
        let blank = |sentence: &Sentence| {
            let (span, kind) = (sentence.span.clone(), sentence.kind);
            SentenceTrace { span, kind, covered_by: Vec::new() }
        };
        let mut traces: Vec<SentenceTrace> = self.reading.sentences().iter().map(blank).collect();
        for (rule, hit) in &self.hits {
            let trace = hit.sentence.and_then(|index| traces.get_mut(index));
            if let Some(trace) = trace.filter(|trace| trace.covered_by.last() != Some(&rule.id)) {
                trace.covered_by.push(rule.id.clone());
            }
        }
        traces
    }

    /// Returns the asking sentences that no rule covers.
    pub(super) fn uncovered(&self) -> Vec<String> {
        let asks = |trace: &SentenceTrace| trace.kind == SentenceKind::Asks && trace.covered_by.is_empty();
        let text = |trace: SentenceTrace| self.reading.original()[trace.span].trim().to_owned();
        self.sentences().into_iter().filter(asks).map(text).collect()
    }

    /// Returns the sentences that want something and that none of these intents covers.
    pub(super) fn left_to_a_person(&self, answered: &[IntentId]) -> Vec<usize> {
        let closing = self.rules(Action::Suppress);
        let left = |trace: &SentenceTrace| {
            let closes = |id: &IntentId| closing.iter().any(|rule| rule.id == *id);
            let covered = trace.covered_by.iter().any(|id| answered.contains(id) || closes(id));
            !covered && (trace.kind == SentenceKind::Asks || !trace.covered_by.is_empty())
        };
        self.sentences().iter().enumerate().filter(|(_, trace)| left(trace)).map(|(index, _)| index).collect()
    }

    /// Returns whether every sentence that says anything is covered by a rule.
    pub(super) fn is_explained(&self) -> bool {
        self.sentences().iter().all(|trace| trace.kind == SentenceKind::Courtesy || !trace.covered_by.is_empty())
    }
}

/// Returns whether a value is one of these, which stand in the order of the text.
fn is_among(recognized: &[EntityFound], value: &EntityFound) -> bool {
    let first = recognized.partition_point(|known| known.span.start < value.span.start);
    recognized[first..].iter().take_while(|known| known.span.start == value.span.start).any(|known| known == value)
}

/// Returns the language of the best pattern that hit words of its own letters: a brand in Latin letters within a Japanese
/// pattern makes nobody a Japanese.
fn spoken_by(reading: &Reading, hits: &[(&Rule, Hit)]) -> Option<Language> {
    let own = |hit: &Hit| {
        let mut words = hit.spans.iter().map(|span| &reading.original()[span.clone()]);
        hit.spans.is_empty() || words.any(|words| has_letters_of(hit.language, words))
    };
    hits.iter().map(|(_, hit)| hit).find(|hit| own(hit)).map(|hit| hit.language)
}

/// Returns our question that the message may answer, and one whose time is over.
fn asked(ctx: &Context, now: Timestamp) -> (Option<PendingAsk>, Option<PendingAsk>) {
    match ctx.thread.as_ref().and_then(|thread| thread.pending.clone()) {
        Some(asked) if now.duration_since(asked.asked_at) >= PENDING_LIFE => (None, Some(asked)),
        asked => (asked, None),
    }
}

/// Reads the subject if it was written for this message; the subject of a reply is about an earlier one.
fn fresh_subject(written: &str, engine: &Engine) -> Option<Reading> {
    let written = written.trim();
    (!written.is_empty() && subject::bare(written) == written).then(|| engine.rules.reading(written))
}

fn with_rules(engine: &Engine, hits: Vec<Hit>) -> Vec<(&Rule, Hit)> {
    hits.into_iter().filter_map(|hit| Some((engine.rules.rule(&hit.rule)?, hit))).collect()
}

fn in_subject(hit: Hit) -> Hit {
    Hit { sentence: None, spans: Vec::new(), ..hit }
}

/// Adds the hits in the subject. Takes out those of rules that count alone where the text or the subject says something
/// else, and returns them.
fn add<'r>(
    hits: &mut Vec<(&'r Rule, Hit)>,
    more: Vec<(&'r Rule, Hit)>,
    (text, subject): (&Reading, &Reading),
) -> Vec<Loser> {
    hits.extend(more.into_iter().map(|(rule, hit)| (rule, in_subject(hit))));
    let mut rules: Vec<&Rule> = hits.iter().map(|(rule, _)| *rule).filter(|rule| rule.counts_alone()).collect();
    rules.dedup_by_key(|rule| &rule.id);
    let mut losers = Vec::new();
    for rule in rules {
        let own: Vec<&Hit> = hits.iter().filter(|(known, _)| known.id == rule.id).map(|(_, hit)| hit).collect();
        let Some(other) = alone::said_in_the_other(text, subject, &own) else { continue };
        let lost = hits.extract_if(.., |(known, _)| known.id == rule.id);
        losers.extend(lost.map(|(_, hit)| alone::lost(hit, other.clone())));
    }
    losers
}

fn raised_in_subject(alarm: Alarm) -> Alarm {
    Alarm { sentence: None, spans: Vec::new(), ..alarm }
}

fn lost_in_subject(loser: Loser) -> Loser {
    Loser { sentence: None, spans: Vec::new(), ..loser }
}
