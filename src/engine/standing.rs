//! Who stands where: the hits of one message by the sentence they stand in, so that nobody looks through all of them for
//! those of one place.
//!
//! A message may hold two thousand hits and twenty thousand words; to look at every hit for every word or for every other
//! hit would keep a thread busy for minutes.

use std::{collections::BTreeSet, ops::Range};

use crate::{
    engine::understand::Understanding,
    model::{ids::IntentId, verdict::Hit},
    rules::rule::Rule,
};

/// The hits of one message by place.
#[derive(Debug)]
pub(super) struct Standing<'u> {
    rules: BTreeSet<&'u IntentId>,
    /// By sentence, in the order of the hits.
    sentences: Vec<Vec<(&'u Rule, &'u Hit)>>,
    subject: Vec<(&'u Rule, &'u Hit)>,
}

impl<'u> Standing<'u> {
    /// Sorts the hits of a message.
    pub(super) fn of(understanding: &'u Understanding<'_>) -> Self {
        let mut sentences = vec![Vec::new(); understanding.reading.sentences().len()];
        let mut subject = Vec::new();
        for (rule, hit) in &understanding.hits {
            match hit.sentence {
                Some(sentence) => sentences.get_mut(sentence).into_iter().for_each(|own| own.push((*rule, hit))),
                None => subject.push((*rule, hit)),
            }
        }
        let rules = understanding.hits.iter().map(|(rule, _)| &rule.id).collect();
        Self { rules, sentences, subject }
    }

    /// Returns whether a rule stands anywhere.
    pub(super) fn stands(&self, id: &IntentId) -> bool {
        self.rules.contains(id)
    }

    /// Returns the hits in one sentence, or in the subject.
    pub(super) fn at(&self, sentence: Option<usize>) -> &[(&'u Rule, &'u Hit)] {
        match sentence {
            Some(index) => self.sentences.get(index).map_or(&[], Vec::as_slice),
            None => &self.subject,
        }
    }

    /// Returns whether a rule other than that one stands in a sentence.
    pub(super) fn is_covered(&self, sentence: usize, but: &IntentId) -> bool {
        self.at(Some(sentence)).iter().any(|(rule, _)| rule.id != *but)
    }

    /// Returns where the hits of one sentence stand in the text.
    pub(super) fn spans(&self, sentence: usize) -> impl Iterator<Item = &'u Range<usize>> + '_ {
        self.at(Some(sentence)).iter().flat_map(|(_, hit)| &hit.spans)
    }
}
