//! The second witness: what the examples of the rules say about one message, whatever the patterns say.
//!
//! Every sentence that says something is compared, and a short message also as a whole, since a wish may be told in two
//! sentences. What is made of it stands in [`confidence`](crate::engine::confidence) and `policy`.

use crate::{
    model::verdict::{Likeness, SentenceKind},
    rules::{set::RuleSet, similar::Resemblance},
    text::reading::Reading,
};

/// A message of more words is no example-like sentence as a whole.
const MAX_WHOLE_WORDS: usize = 40;
/// Further sentences are not compared: whoever writes so much is read by a person anyway.
const MAX_SENTENCES: usize = 24;
/// Likeness from which on two texts have the same words.
pub(super) const SAME_WORDS: f64 = 0.97;
/// From this likeness on a statement beside a question is one that an example shows.
const SHOWN_BESIDE: f64 = 0.6;
/// How many likely rules a verdict names.
const NAMED: usize = 3;

/// What the examples say about one message.
#[derive(Debug, Default)]
pub(super) struct Witness {
    /// In the order of the sentences; nothing about courtesy beside something else.
    sentences: Vec<Vec<Resemblance>>,
    /// The whole message, or its subject where the text has no words.
    whole: Vec<Resemblance>,
    subject: Vec<Resemblance>,
    /// The position of the example that is left out.
    leave: Option<usize>,
}

impl Witness {
    /// Asks the examples about a text and the subject above it. `leave` is the position of one to be left out.
    pub(super) fn of(rules: &RuleSet, reading: &Reading, subject: Option<&Reading>, leave: Option<usize>) -> Self {
        let similar = rules.similar();
        let (folded, all) = (reading.folded(), reading.sentences());
        let courtesy_alone = all.iter().all(|sentence| sentence.kind == SentenceKind::Courtesy);
        let sentences = all.iter().take(MAX_SENTENCES).map(|sentence| match sentence.kind {
            SentenceKind::Courtesy if !courtesy_alone => Vec::new(),
            _ => similar.compare(folded, sentence.words.clone(), leave),
        });
        let words = folded.words().len();
        let whole = if all.len() > 1 && words <= MAX_WHOLE_WORDS {
            similar.compare(folded, 0..words, leave)
        } else {
            Vec::new()
        };
        let subject = subject.map_or_else(Vec::new, |reading| {
            similar.compare(reading.folded(), 0..reading.folded().words().len(), leave)
        });
        Self { sentences: sentences.collect(), whole, subject, leave }
    }

    /// Returns the position of the example that is left out.
    pub(super) fn left_out(&self) -> Option<usize> {
        self.leave
    }

    /// Returns what is said about a sentence, or about the subject, beside what is said about the whole.
    pub(super) fn about(&self, sentence: Option<usize>) -> impl Iterator<Item = &Resemblance> {
        let own = sentence.map_or(Some(&self.subject), |index| self.sentences.get(index));
        own.into_iter().flatten().chain(&self.whole)
    }

    /// Returns whether an example of a rule, by its place in the set, is the whole message or resembles that sentence.
    pub(super) fn shows(&self, rule: usize, sentence: usize) -> bool {
        let alike = |found: &[Resemblance], least: f64| found.iter().any(|own| own.rule == rule && own.score >= least);
        alike(&self.whole, SAME_WORDS) || self.sentences.get(sentence).is_some_and(|own| alike(own, SHOWN_BESIDE))
    }

    /// Returns the likeliest rules of the whole message, best first, each once, those of the same likeness in the order
    /// of the rules.
    pub(super) fn ranked(&self) -> Vec<&Resemblance> {
        let all = self.sentences.iter().flatten().chain(&self.whole).chain(&self.subject);
        let mut ranked: Vec<&Resemblance> = Vec::new();
        for found in all.filter(|found| found.example.is_some()) {
            match ranked.iter_mut().find(|known| known.rule == found.rule) {
                Some(known) if known.score < found.score => *known = found,
                Some(_) => {}
                None => ranked.push(found),
            }
        }
        ranked.sort_by(|left, right| right.score.total_cmp(&left.score).then(left.rule.cmp(&right.rule)));
        ranked
    }

    /// Returns the likeliest rules as the verdict records them.
    pub(super) fn named(&self, rules: &RuleSet) -> Vec<Likeness> {
        let named = self.ranked().into_iter().take(NAMED).filter_map(|found| {
            let rule = rules.rules().get(found.rule)?;
            let example = rule.examples.get(found.example?)?.text.clone();
            Some(Likeness { rule: rule.id.clone(), score: found.score, example })
        });
        named.collect()
    }
}
