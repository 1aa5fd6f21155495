//! Rules that count only where nothing else is said (`alone: true`): greetings, thanks, an "ok".
//!
//! What else is said is every word that neither the rule's patterns cover nor the phrases of
//! [mere courtesy](crate::text::sentence::phrases), in any language.

use std::collections::BTreeSet;

use crate::{
    model::verdict::{Hit, Loser, LossReason},
    rules::{evaluate::Evaluation, set::RuleSet},
    text::{
        reading::Reading,
        sentence::{Place, phrases::phrases},
    },
};

/// Returns the first words of a sentence that are neither among these nor courtesy, as the buyer wrote them.
pub(in crate::rules) fn said_beside(
    reading: &Reading,
    place: &Place,
    words: impl Iterator<Item = usize>,
) -> Option<String> {
    let mut covered = phrases().courtesy(reading.folded(), place.words.clone());
    // A pattern over the whole message finds words in other sentences as well.
    for word in words.filter(|word| place.words.contains(word)) {
        covered[word - place.words.start] = true;
    }
    let first = covered.iter().position(|covered| !covered)?;
    let count = covered[first..].iter().take_while(|covered| !**covered).count();
    let words = &reading.folded().words()[place.words.start + first..][..count];
    Some(reading.original()[words.first()?.original.start..words.last()?.original.end].to_owned())
}

/// Returns what a text or its subject says beside the hits of such a rule, which stand in both together. One in the subject
/// has no sentence.
pub fn said_in_the_other(text: &Reading, subject: &Reading, hits: &[&Hit]) -> Option<String> {
    let own: BTreeSet<usize> = hits.iter().filter_map(|hit| hit.sentence).collect();
    let in_subject = hits.iter().any(|hit| hit.sentence.is_none());
    let beside = |reading: &Reading, place: &Place| said_beside(reading, place, std::iter::empty());
    let mut of_text = text.places().iter().enumerate().filter(|(sentence, _)| !own.contains(sentence));
    let of_text = of_text.find_map(|(_, place)| beside(text, place));
    let of_subject = || subject.places().iter().filter(|_| !in_subject).find_map(|place| beside(subject, place));
    of_text.or_else(of_subject)
}

/// Takes back the hits of such rules where another sentence says something that the rule does not explain. Within a
/// sentence that was judged before.
pub(in crate::rules) fn take_back(set: &RuleSet, reading: &Reading, evaluation: &mut Evaluation) {
    let alone = |hit: &&Hit| set.rule(&hit.rule).is_some_and(|rule| rule.alone);
    let rules: BTreeSet<_> = evaluation.hits.iter().filter(alone).map(|hit| hit.rule.clone()).collect();
    for rule in rules {
        let own = evaluation.hits.iter().filter(|hit| hit.rule == rule).filter_map(|hit| hit.sentence);
        let own: BTreeSet<usize> = own.collect();
        let mut others = reading.places().iter().enumerate().filter(|(sentence, _)| !own.contains(sentence));
        let other = others.find_map(|(_, place)| said_beside(reading, place, std::iter::empty()));
        let Some(other) = other else { continue };
        let (taken, kept) = std::mem::take(&mut evaluation.hits).into_iter().partition(|hit: &Hit| hit.rule == rule);
        evaluation.hits = kept;
        evaluation.losers.extend(taken.into_iter().map(|hit: Hit| lost(hit, other.clone())));
    }
}

/// Returns the loser that a hit becomes where something else is said.
pub fn lost(hit: Hit, other: String) -> Loser {
    let Hit { rule, sentence, pattern, spans, .. } = hit;
    Loser { rule, sentence, pattern, spans, why: LossReason::NotAlone(other) }
}
