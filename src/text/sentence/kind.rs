//! What a sentence does: asks, states, or is mere courtesy.
//!
//! In doubt between asking and courtesy it asks: an unanswered question is worse than an answered thank-you. Requests
//! without content of their own (`please advise`) ask only where nothing else in the text has content.

use std::ops::Range;

use crate::{
    model::verdict::SentenceKind,
    text::{
        folded::{Folded, Script},
        sentence::{
            Sentence,
            phrases::{Found, Languages, Part, phrases},
        },
    },
};

/// A greeting or closing may carry a name of up to three words (`Dear Ms Anna Lopez`).
const MAX_NAME_WORDS: usize = 3;
/// What a buyer thanks for takes up to eight words (`thanks a lot for your very quick reply`).
const MAX_THANKED_WORDS: usize = 8;

/// Sets the kind of every sentence of a text.
pub(crate) fn judge(sentences: &mut [Sentence], original: &str, folded: &Folded) {
    let mut hollow = None;
    let mut after_courtesy = false;
    let mut scratch = Scratch::default();
    for (index, sentence) in sentences.iter_mut().enumerate() {
        scratch.fill(folded, &sentence.words);
        let look = Look { original, folded, span: &sentence.span, words: &sentence.words, scratch: &scratch };
        sentence.kind = look.kind();
        if sentence.kind == SentenceKind::States && after_courtesy && look.is_name() {
            sentence.kind = SentenceKind::Courtesy;
        }
        if sentence.kind == SentenceKind::Courtesy && look.has(Part::Hollow) && !look.has(Part::ThanksFor) {
            hollow = hollow.or(Some(index));
        }
        after_courtesy = sentence.kind == SentenceKind::Courtesy && !look.has(Part::Greeting);
    }
    let all_courtesy = sentences.iter().all(|sentence| sentence.kind == SentenceKind::Courtesy);
    if let Some(index) = hollow.filter(|_| all_courtesy) {
        sentences[index].kind = SentenceKind::Asks;
    }
}

/// What was found in a sentence; used again for the next one.
#[derive(Debug, Default)]
struct Scratch {
    found: Vec<Found>,
    /// Of each word of the sentence: courtesy, a filler or a vocative covers it.
    covered: Vec<bool>,
    /// Of each word of the sentence: the languages of which courtesy or a filler ends right before it.
    reopened: Vec<Languages>,
}

impl Scratch {
    fn fill(&mut self, folded: &Folded, words: &Range<usize>) {
        self.found.clear();
        phrases().find_into(folded, words.clone(), &mut self.found);
        self.covered.clear();
        self.covered.resize(words.len(), false);
        self.reopened.clear();
        self.reopened.resize(words.len() + 1, 0);
        for Found { part, languages, words: phrase } in &self.found {
            if part.is_transparent() || *part == Part::Vocative {
                self.covered[phrase.start - words.start..phrase.end - words.start].fill(true);
            }
            // What is thanked for follows: "thanks for looking into it" is no order to look. And "i" joins in Polish but is
            // the writer in English: "i was there" is no question. Courtesy may stand before any language.
            self.reopened[phrase.end - words.start] |= match part {
                Part::ThanksFor => 0,
                Part::Filler => *languages,
                part if part.is_courtesy() => Languages::MAX,
                _ => 0,
            };
        }
    }
}

/// A sentence with the phrases found in it.
struct Look<'a> {
    original: &'a str,
    folded: &'a Folded,
    span: &'a Range<usize>,
    words: &'a Range<usize>,
    scratch: &'a Scratch,
}

impl Look<'_> {
    fn has(&self, part: Part) -> bool {
        self.scratch.found.iter().any(|found| found.part == part)
    }

    fn kind(&self) -> SentenceKind {
        let courteous = self.scratch.found.iter().any(|found| found.part.is_courtesy());
        if courteous && self.left_over().next().is_none() {
            return SentenceKind::Courtesy;
        }
        if self.asks() {
            return SentenceKind::Asks;
        }
        if courteous && (self.is_thanks_for() || self.are_names(self.left_over())) {
            return SentenceKind::Courtesy;
        }
        SentenceKind::States
    }

    /// Returns whether the sentence ends in a question mark, starts a clause as questions do, or holds a request.
    fn asks(&self) -> bool {
        let text = &self.original[self.span.clone()];
        let marked = text.trim_end_matches(|c: char| !c.is_alphanumeric()).len();
        if text[marked..].contains(['?', '？', '؟', ';']) && !text[marked..].starts_with(';') {
            return true;
        }
        self.scratch.found.iter().any(|found| match found.part {
            Part::Request => true,
            Part::Question | Part::Order | Part::Verb => self.is_dense(found.words.start) || self.starts_clause(found),
            Part::Ending | Part::Last => found.words.end == self.words.end,
            _ => false,
        }) || self.ends_as_questions_do()
    }

    /// Returns whether the last word is a Korean one that ends as questions do: `배송되나요`.
    fn ends_as_questions_do(&self) -> bool {
        let word = &self.folded.words()[self.words.end - 1];
        word.script == Script::Hangul && phrases().ends(self.folded.form(word), Part::Last)
    }

    /// Returns whether a clause starts with a phrase: first of the sentence, after punctuation, or after mere courtesy.
    fn starts_clause(&self, found: &Found) -> bool {
        let word = found.words.start;
        if word == self.words.start {
            return true;
        }
        let gap = self.folded.words()[word - 1].folded.end..self.folded.words()[word].folded.start;
        self.folded.text()[gap].contains([',', ';', ':', '-', '(', '"', '.', '،', '¿'])
            || self.scratch.reopened[word - self.words.start] & found.languages != 0
    }

    /// Returns the words that no courtesy, filler or vocative covers.
    fn left_over(&self) -> impl Iterator<Item = usize> {
        self.words.clone().filter(|word| !self.scratch.covered[word - self.words.start])
    }

    /// Returns whether the sentence thanks for something and says nothing behind a comma.
    fn is_thanks_for(&self) -> bool {
        let Some(thanks) = self.scratch.found.iter().find(|found| found.part == Part::ThanksFor) else { return false };
        let (first, last) = (thanks.words.end, self.words.end);
        self.left_over().count() <= MAX_THANKED_WORDS
            && self.left_over().all(|word| word >= first)
            && !self.gap_has_comma(first..last)
    }

    fn gap_has_comma(&self, words: Range<usize>) -> bool {
        words.clone().skip(1).any(|word| {
            let gap = self.folded.words()[word - 1].folded.end..self.folded.words()[word].folded.start;
            self.folded.text()[gap].contains([',', ';', '，', '、'])
        })
    }

    /// Returns whether the words read as a name: few, each with a capital and without digits.
    fn are_names(&self, words: impl Iterator<Item = usize>) -> bool {
        let mut count = 0;
        for word in words {
            let word = &self.folded.words()[word];
            let text = &self.original[word.original.clone()];
            let capital = word.script == Script::Spaced
                && text.starts_with(char::is_uppercase)
                && !text.contains(|c: char| c.is_ascii_digit());
            count += 1;
            if !capital || count > MAX_NAME_WORDS {
                return false;
            }
        }
        true
    }

    fn is_name(&self) -> bool {
        self.are_names(self.words.clone())
    }

    fn is_dense(&self, word: usize) -> bool {
        self.folded.words()[word].script != Script::Spaced
    }
}
