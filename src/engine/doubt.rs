//! What keeps a hit from being answered by a machine, whatever its probability is.
//!
//! Each gate looks at one thing and says what it saw; the verdict records the first that is shut. How sure a hit is
//! stands in [`confidence`](crate::engine::confidence).

use crate::{
    engine::{
        Engine, alike, aside, clause,
        evidence::{Evidence, Whole},
        standing::Standing,
        strange::Strange,
        turn,
        understand::Understanding,
    },
    model::verdict::{Doubt, Gate, Hit, SentenceKind},
    rules::rule::{Action, Category, Rule},
    text::{folded::Script, sentence::Sentence},
};

/// From this likeness on the examples of another rule speak clearly.
const CLEARLY_ALIKE: f64 = 0.35;
/// And with this lead over the rule's own.
const CLEAR_LEAD: f64 = 0.05;
/// So many words that no example of the rule holds, and no plain question either, are another matter.
const TOO_STRANGE: f64 = 3.0;

/// A pattern that explains no more than this share of the content words needs an example that resembles the message.
const EXPLAINS_LITTLE: f64 = 0.5;
/// Below this likeness no example of the rule resembles the message. Chosen on 2026-11-22, when it stopped 12 of 38 wrong
/// answers to messages made to mislead and 1 of 21 right ones; of 31 right answers to customers of strangers, 1. That
/// the examples prefer another rule told right and wrong apart less well: questions share their words across rules.
const HARDLY_ALIKE: f64 = 0.35;

/// A sentence longer than this tells a story; measured on labelled customer messages (docs/decisions.md).
const MAX_SENTENCE_WORDS: usize = 30;
/// The same for scripts whose words are counted by character.
const MAX_SENTENCE_CHARACTERS: usize = 60;

/// A sentence before a sale that asks nothing and has more words than this tells something: "you promised me free
/// shipping and you lied". Up to here it is a question without its mark: "free shipping or not".
const MAX_STATED_QUESTION_WORDS: usize = 5;
/// The same for scripts whose words are counted by character.
const MAX_STATED_QUESTION_CHARACTERS: usize = 8;

/// Hits of one message that are judged one by one. Each look costs as much as the message is long, and who writes thirty
/// sentences that rules know has more to say than a machine should answer; the witness looks at no more sentences either.
pub(super) const MAX_JUDGED: usize = 24;

/// From this probability on a ticket is labelled with an intent that no template answers. Chosen on 2026-11-22, when of
/// the labelled messages whose first rule claims 0.92 to 0.95 ten in eleven were right (docs/quality.md).
const NAMED_AT: f64 = 0.92;

/// What a hit is to be enough for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A template answers by itself.
    Answer,
    /// The engine stands by the name of what the buyer wants; a wrong one mislabels a ticket and sends nothing. What is
    /// enough for an answer is enough for the name.
    Name,
}

/// Returns why a hit is not enough for that, or nothing if it is.
///
/// The gates are asked in the order of what they cost; the first that is shut speaks. That a pattern explains little and
/// that something turns the question around ask for a person to answer it, and leave it the question that it is.
pub(super) fn of(
    engine: &Engine,
    understanding: &Understanding<'_>,
    whole: &Whole<'_>,
    (rule, hit): (&Rule, &Hit),
    purpose: Purpose,
) -> Option<Doubt> {
    let shut = |gate: Gate| move |evidence: String| Doubt { rule: rule.id.clone(), gate, evidence };
    let answers = purpose == Purpose::Answer;
    let answer_at = engine.settings.answer_at;
    let needed = if answers { answer_at } else { answer_at.min(NAMED_AT) };
    let form = sentence_of(understanding, hit).and_then(|sentence| objection(understanding, whole, rule, sentence));
    let doubt = form.map(shut(Gate::Form));
    let doubt = doubt.or_else(|| aside::of(engine, understanding, whole, rule, hit).map(shut(Gate::Aside)));
    let doubt = doubt.or_else(|| unsure(engine, understanding, needed, rule, hit).map(shut(Gate::Confidence)));
    let explained =
        alike::stood_in(hit) || understanding.pending.as_ref().is_some_and(|pending| pending.intent == rule.id);
    if doubt.is_some() || explained {
        return doubt;
    }
    let evidence = Evidence::of(engine, understanding, whole, rule, hit);
    let doubt = if answers { unsupported(engine, understanding, rule, &evidence) } else { None };
    let doubt = doubt.map(shut(Gate::Support));
    if doubt.is_some() || rule.action != Action::Answer {
        return doubt;
    }
    let strange = Strange::of(engine, understanding, whole, rule, hit);
    let (seen, standing) = ((&evidence, &strange), &whole.standing);
    let doubt = disagreement(engine, understanding, standing, (rule, hit), seen).map(shut(Gate::Witnesses));
    let turned = || if answers { turn::of(understanding, standing, rule, hit) } else { None };
    let doubt = doubt.or_else(|| turned().map(shut(Gate::Turn)));
    doubt.or_else(|| unknown(&evidence, &strange).map(shut(Gate::Unknown)))
}

/// Finds out for every hit that would answer what keeps it from that, for the record.
pub(super) fn assign(engine: &Engine, understanding: &mut Understanding<'_>) {
    let answers = || understanding.hits.iter().filter(|(rule, _)| rule.action == Action::Answer);
    let mut doubts: Vec<Doubt> = Vec::new();
    if let Some((rule, _)) = answers().nth(MAX_JUDGED) {
        let evidence = format!("{} places speak for rules, more than {MAX_JUDGED}", answers().count());
        doubts.push(Doubt { rule: rule.id.clone(), gate: Gate::Form, evidence });
    }
    let whole = Whole::of(understanding);
    for (rule, hit) in answers().take(MAX_JUDGED) {
        if doubts.iter().all(|known| known.rule != rule.id) {
            doubts.extend(of(engine, understanding, &whole, (rule, hit), Purpose::Answer));
        }
    }
    understanding.doubts = doubts;
}

/// Returns the rule that the examples speak for, if it is another one.
fn likelier(engine: &Engine, understanding: &Understanding<'_>, rule: &Rule) -> String {
    let likelier = understanding.witness.ranked().into_iter().next();
    let likelier = likelier.and_then(|found| engine.rules.rules().get(found.rule)).filter(|known| known.id != rule.id);
    likelier.map_or_else(String::new, |known| format!("; the examples speak for {}", known.id))
}

/// Returns that a pattern explains little, and that the examples do not speak for its rule.
fn unsupported(engine: &Engine, understanding: &Understanding<'_>, rule: &Rule, evidence: &Evidence) -> Option<String> {
    if !evidence.heard || evidence.covered > EXPLAINS_LITTLE || evidence.own >= HARDLY_ALIKE {
        return None;
    }
    let words = "the words of its pattern are";
    let others = likelier(engine, understanding, rule);
    Some(format!("{words} {:.0} % of the message, and no example resembles it{others}", evidence.covered * 100.0))
}

/// Returns the rule that the examples speak for instead: clearly, and with another answer. Its own `skip` examples count
/// like another rule's.
///
/// They must hold a word of the message that neither the pattern nor the rule's own examples hold. Without one nothing is
/// contradicted: questions share their words across rules.
fn disagreement(
    engine: &Engine,
    understanding: &Understanding<'_>,
    standing: &Standing<'_>,
    (rule, hit): (&Rule, &Hit),
    (evidence, strange): (&Evidence, &Strange),
) -> Option<String> {
    if !evidence.heard || strange.places.is_empty() {
        return None;
    }
    let rules = engine.rules.rules();
    let same_answer = |known: &Rule| {
        let reply = |rule: &Rule| rule.reply.as_ref().map(|reply| reply.value.clone());
        known.action == rule.action && reply(known) == reply(rule)
    };
    let (similar, folded) = (engine.rules.similar(), understanding.reading.folded());
    let left_out = understanding.witness.left_out();
    let mut best: Option<(f64, String)> = None;
    for found in understanding.witness.about(hit.sentence) {
        let Some(known) = rules.get(found.rule) else { continue };
        let own = known.id == rule.id;
        if !own && (standing.stands(&known.id) || same_answer(known)) {
            continue;
        }
        let score = if own { found.skip } else { found.score };
        let explains = || strange.places.iter().any(|word| similar.knows((found.rule, !own), folded, *word, left_out));
        if best.as_ref().is_none_or(|(highest, _)| score > *highest) && score >= CLEARLY_ALIKE && explains() {
            let whom = if own { "what it skips".to_owned() } else { known.id.to_string() };
            best = Some((score, whom));
        }
    }
    let (score, whom) = best.filter(|(score, _)| score - evidence.own >= CLEAR_LEAD)?;
    Some(format!("the examples speak for {whom} ({score:.2}) and not for it ({:.2})", evidence.own))
}

/// Returns that too much of the message is nothing the rule's author has shown.
fn unknown(evidence: &Evidence, strange: &Strange) -> Option<String> {
    (evidence.heard && strange.weight >= TOO_STRANGE).then(|| format!("no example of it says {}", strange.quoted()))
}

/// Returns why the probability does not suffice.
fn unsure(engine: &Engine, understanding: &Understanding<'_>, needed: f64, rule: &Rule, hit: &Hit) -> Option<String> {
    let sure = hit.confidence;
    if sure >= needed {
        return None;
    }
    let others = likelier(engine, understanding, rule);
    Some(format!("sure to {sure:.2}, and {needed:.2} is asked for{others}"))
}

/// Returns the doubt that no number outweighs.
fn objection(understanding: &Understanding<'_>, whole: &Whole<'_>, rule: &Rule, sentence: &Sentence) -> Option<String> {
    let Length { words, limit, stated_limit, unit } = length(understanding, sentence);
    if words > limit {
        return Some(format!("the sentence is too long to be sure: {words} {unit}, the limit is {limit}"));
    }
    let answers_a_question = rule.category == Category::PreSale && rule.action == Action::Answer;
    if answers_a_question && sentence.kind == SentenceKind::States && words > stated_limit {
        return Some("the sentence tells something and asks nothing".to_owned());
    }
    if let Some(open) =
        (rule.action == Action::Answer).then(|| clause::open_question(understanding, sentence)).flatten()
    {
        return Some(format!("a part of the sentence asks something else: “{open}”"));
    }
    if whole.opening_end().is_some_and(|end| sentence.span.start > end) {
        return Some("a long message, and the question does not stand in its first paragraph".to_owned());
    }
    None
}

fn sentence_of<'u>(understanding: &'u Understanding<'_>, hit: &Hit) -> Option<&'u Sentence> {
    understanding.reading.sentences().get(hit.sentence?)
}

/// How long a sentence is and may be.
struct Length {
    words: usize,
    limit: usize,
    stated_limit: usize,
    unit: &'static str,
}

fn length(understanding: &Understanding<'_>, sentence: &Sentence) -> Length {
    let all = &understanding.reading.folded().words()[sentence.words.clone()];
    let dense = all.iter().filter(|word| word.script == Script::Dense).count();
    let words = all.len();
    if dense * 2 > words {
        let (limit, stated_limit) = (MAX_SENTENCE_CHARACTERS, MAX_STATED_QUESTION_CHARACTERS);
        return Length { words, limit, stated_limit, unit: "characters" };
    }
    Length { words, limit: MAX_SENTENCE_WORDS, stated_limit: MAX_STATED_QUESTION_WORDS, unit: "words" }
}
