//! Whether the words of a hit are negated, in the same clause.
//!
//! Which words negate is known by [`text::negation`](crate::text::negation); here is how far they reach and where they
//! only ask: "haven't you shipped it?" is about shipping, "please don't ship it" is not.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::{
    model::language::Language,
    rules::pattern::Element,
    text::{
        folded::{Folded, Script},
        negation::{self, Grammar, List, Phrase, longest_at},
        reading::Reading,
    },
};

/// Punctuation that ends a clause.
const CLAUSE_ENDS: [char; 14] = [',', ';', ':', '(', ')', '，', '；', '：', '、', '—', '–', '،', '\n', '"'];
/// Marks of a question.
const QUESTION_MARKS: [char; 3] = ['?', '？', '؟'];
/// A tag such as "is that right" has up to three words (six characters without spaces).
const MAX_TAG_WORDS: usize = 3;
const MAX_DENSE_TAG_WORDS: usize = 6;
/// Phrases that stand before something have up to four words (`what is the reason`).
const MAX_PHRASE_WORDS: usize = 4;

/// Some of the languages whose negators are known, one bit each in their order; beyond 32 they share the last.
pub(in crate::rules) type Languages = u32;

fn bit(place: usize) -> Languages {
    1 << place.min(31)
}

/// The negators of the languages that the rules are written in.
#[derive(Debug, Default)]
pub struct Negators {
    /// Sorted.
    languages: Vec<Language>,
    /// The first words of all negators, with the languages they negate in.
    first: FxHashMap<&'static str, Languages>,
    /// Beginnings of the first words of all others.
    first_beginnings: Vec<(&'static str, Languages)>,
    /// One bit for each first letter of all of these, by its code modulo the bits: most words begin none, and in scripts
    /// without spaces each character is a word.
    letters: Letters,
}

/// Some letters, and those whose codes differ by a multiple of the bits.
#[derive(Debug, Clone, Copy, Default)]
struct Letters([u64; 32]);

impl Letters {
    fn add(&mut self, form: &str) {
        if let Some(letter) = form.chars().next() {
            self.0[letter as usize / 64 % 32] |= 1 << (letter as usize % 64);
        }
    }

    /// Returns whether a form may begin with one of them; never false where one does.
    fn may_begin(&self, form: &str) -> bool {
        form.chars().next().is_some_and(|letter| self.0[letter as usize / 64 % 32] >> (letter as usize % 64) & 1 == 1)
    }
}

impl Negators {
    /// Looks for negators of these languages only.
    pub fn new(languages: impl IntoIterator<Item = Language>) -> Self {
        let mut languages: Vec<Language> = languages.into_iter().collect();
        languages.sort_unstable();
        languages.dedup();
        let (mut first, mut first_beginnings, mut letters) = (FxHashMap::default(), Vec::new(), Letters::default());
        for (place, language) in languages.iter().enumerate() {
            let own = bit(place);
            let negators = negation::grammar(*language).into_iter().flat_map(Grammar::negators);
            for piece in negators.filter_map(|phrase| phrase.first()) {
                letters.add(&piece.form);
                if piece.beginning {
                    first_beginnings.push((piece.form.as_str(), own));
                } else {
                    *first.entry(piece.form.as_str()).or_default() |= own;
                }
            }
        }
        Self { languages, first, first_beginnings, letters }
    }

    /// Returns the languages in which a word may be the first of a negator. Where no word of a sentence may in the
    /// language of a hit, [`before`](Self::before) finds none and need not be asked.
    pub(in crate::rules) fn may_begin(&self, form: &str) -> Languages {
        if !self.letters.may_begin(form) {
            return 0;
        }
        let begun = self.first_beginnings.iter().filter(|(beginning, _)| form.starts_with(beginning));
        let known = self.first.get(form).copied().unwrap_or_default();
        begun.fold(known, |all, (_, language)| all | language)
    }

    /// Returns a language as [`may_begin`](Self::may_begin) names it; none where it is not looked for.
    pub(in crate::rules) fn language(&self, language: Language) -> Languages {
        self.languages.iter().position(|known| *known == language).map_or(0, bit)
    }

    /// Returns whether a pattern holds a negator itself.
    pub(in crate::rules) fn holds(&self, language: Language, sequence: &[Element]) -> bool {
        let Some(grammar) = self.of(language) else { return false };
        let own: Vec<&str> = sequence
            .iter()
            .map(|element| match element {
                Element::Word(form) | Element::Character(form) | Element::Beginning(form) | Element::Exact(form) => {
                    form.as_str()
                }
                _ => "",
            })
            .collect();
        let stands = |phrase: &Phrase, window: &[&str]| {
            phrase.iter().zip(window).all(|(piece, form)| {
                *form == piece.form || piece.beginning && !form.is_empty() && form.starts_with(&piece.form)
            })
        };
        let begins = |at: &usize| self.letters.may_begin(own[*at]);
        let here = |list: &List| {
            (0..own.len()).filter(begins).any(|at| {
                let mut phrases = list.beginning_with(own[at]);
                phrases.any(|phrase| at + phrase.len() <= own.len() && stands(phrase, &own[at..]))
            })
        };
        let inner = |element: &Element| match element {
            Element::Choice(branches) | Element::Optional(branches) => {
                branches.iter().any(|branch| self.holds(language, branch))
            }
            _ => false,
        };
        [&grammar.before, &grammar.after, &grammar.last].into_iter().any(here) || sequence.iter().any(inner)
    }

    /// Returns the negator of any of the words, as written, or none. `sentence` is where to look; `words` are in order.
    /// `starts` are the words of the sentence that [`may_begin`](Self::may_begin) names in this language.
    pub(in crate::rules) fn before(
        &self,
        reading: &Reading,
        language: Language,
        sentence: &Range<usize>,
        words: &[usize],
        starts: impl Iterator<Item = usize>,
    ) -> Option<String> {
        let grammar = self.of(language)?;
        // 取 may begin a negator and mostly does not. Where none stands, no clause need be looked for.
        let stands = |at: &usize| {
            let lists = [&grammar.before, &grammar.after, &grammar.last];
            lists.into_iter().any(|list| longest_at(list, reading.folded(), *at, sentence.end).is_some())
        };
        let mut starts = starts.filter(|at| !words.contains(at) && stands(at)).peekable();
        starts.peek()?;
        let starts: Vec<usize> = starts.collect();
        let mut clause: Option<Clause<'_>> = None;
        let found = words.iter().find_map(|word| {
            // Words of a hit mostly stand in one clause.
            let clause = match clause.take().filter(|clause| clause.words.contains(word)) {
                Some(same) => clause.insert(Clause { word: *word, ..same }),
                None => clause.insert(Clause::around(reading, grammar, sentence, *word)),
            };
            if !starts.iter().any(|start| clause.words.contains(start)) {
                return None;
            }
            clause.negator_before(words).or_else(|| clause.negator_after(words)).or_else(|| clause.last_negator(words))
        })?;
        let all = reading.folded().words();
        Some(reading.original()[all[found.start].original.start..all[found.end - 1].original.end].to_owned())
    }

    fn of(&self, language: Language) -> Option<&'static Grammar> {
        self.languages.binary_search(&language).is_ok().then(|| negation::grammar(language)).flatten()
    }
}

/// The clause that holds one word of a hit.
struct Clause<'a> {
    reading: &'a Reading,
    folded: &'a Folded,
    grammar: &'a Grammar,
    sentence: &'a Range<usize>,
    /// Its words.
    words: Range<usize>,
    /// The word of the hit.
    word: usize,
}

impl<'a> Clause<'a> {
    fn around(reading: &'a Reading, grammar: &'a Grammar, sentence: &'a Range<usize>, word: usize) -> Self {
        let mut clause = Self { reading, folded: reading.folded(), grammar, sentence, words: sentence.clone(), word };
        let begins = |at: &usize| clause.begins_at(*at);
        let start = (sentence.start + 1..=word).rev().find(begins).unwrap_or(sentence.start);
        let end = (word + 1..sentence.end).find(begins).unwrap_or(sentence.end);
        clause.words = start..end;
        clause
    }

    /// Returns whether a new clause begins at a word.
    fn begins_at(&self, at: usize) -> bool {
        // "Why can you not" is one clause, and 申请 holds no 请.
        let joined = || self.ends(&self.grammar.why, at) || self.is_in_idiom(at);
        self.gap_before(at).contains(CLAUSE_ENDS) || self.stands(&self.grammar.joint, at) && !joined()
    }

    /// Returns whether a phrase ends right before a word.
    fn ends(&self, phrases: &List, at: usize) -> bool {
        (1..=MAX_PHRASE_WORDS).any(|length| {
            let start = at.checked_sub(length).filter(|start| *start >= self.words.start);
            start.is_some_and(|start| longest_at(phrases, self.folded, start, at) == Some(length))
        })
    }

    /// Returns whether an idiom covers a word.
    fn is_in_idiom(&self, at: usize) -> bool {
        (at.saturating_sub(MAX_PHRASE_WORDS).max(self.words.start)..=at).any(|start| {
            let length = longest_at(&self.grammar.idiom, self.folded, start, self.sentence.end);
            length.is_some_and(|length| start + length > at)
        })
    }

    /// Returns what stands between a word and the one before it.
    fn gap_before(&self, at: usize) -> &'a str {
        let words = self.folded.words();
        let start = at.checked_sub(1).map_or(0, |before| words[before].original.end);
        let end = words.get(at).map_or(self.reading.original().len(), |word| word.original.start);
        &self.reading.original()[start..end.max(start)]
    }

    fn stands(&self, phrases: &List, at: usize) -> bool {
        longest_at(phrases, self.folded, at, self.sentence.end).is_some()
    }

    /// Returns the first negator before the word that reaches it.
    fn negator_before(&self, hit: &[usize]) -> Option<Range<usize>> {
        let reach = self.grammar.reach_before;
        self.negators(&self.grammar.before, self.words.start..self.word, hit).find(|found| {
            reach.is_none_or(|reach| self.word - found.end < reach) && !self.is_choice(found) && !self.only_asks(found)
        })
    }

    /// Returns the first negator behind the word that reaches it.
    fn negator_after(&self, hit: &[usize]) -> Option<Range<usize>> {
        let reach = self.grammar.reach_after;
        self.negators(&self.grammar.after, self.word + 1..self.words.end, hit)
            .find(|found| reach.is_none_or(|reach| found.start - self.word <= reach) && !self.only_asks(found))
    }

    /// Returns the negator that ends the clause.
    fn last_negator(&self, hit: &[usize]) -> Option<Range<usize>> {
        let ends = |found: &Range<usize>| {
            (found.end..self.words.end).all(|at| self.stands(&self.grammar.tail, at)) && !self.only_asks(found)
        };
        self.negators(&self.grammar.last, self.word + 1..self.words.end, hit).find(ends)
    }

    /// Returns the negators that lie between two words, leaving out idioms and what belongs to the hit.
    fn negators(&self, phrases: &'a List, between: Range<usize>, hit: &[usize]) -> impl Iterator<Item = Range<usize>> {
        let mut at = self.words.start;
        std::iter::from_fn(move || {
            while at < between.end {
                let start = at;
                if let Some(length) = longest_at(&self.grammar.idiom, self.folded, at, self.sentence.end) {
                    at += length;
                    continue;
                }
                at += 1;
                if start < between.start || hit.contains(&start) {
                    continue;
                }
                if let Some(length) = longest_at(phrases, self.folded, start, between.end) {
                    at = start + length;
                    return Some(start..at);
                }
            }
            None
        })
    }

    /// Returns whether the negator is the middle of 能不能, 有没有, 是不是: a question, not a negation.
    fn is_choice(&self, negator: &Range<usize>) -> bool {
        let words = self.folded.words();
        let Some(before) = negator.start.checked_sub(1).map(|before| &words[before]) else { return false };
        let Some(after) = words.get(negator.start + 1) else { return false };
        words[negator.start].script == Script::Dense && self.folded.form(before) == self.folded.form(after)
    }

    /// Returns whether the negator belongs to a question about what is not done, and does not ask for it not to be done.
    fn only_asks(&self, negator: &Range<usize>) -> bool {
        let reason = (self.words.start..negator.start).any(|at| self.stands(&self.grammar.why, at));
        if reason || self.is_inverted(negator) {
            return true;
        }
        let asked = self.ends(&self.grammar.asked, negator.start);
        !asked && !self.stands(&self.grammar.asked, negator.start) && self.is_question(negator)
    }

    /// Returns whether a subject follows the negator as in "don't you ship".
    fn is_inverted(&self, negator: &Range<usize>) -> bool {
        self.stands(&self.grammar.auxiliary, negator.start) && self.stands(&self.grammar.subject, negator.end)
    }

    /// Returns whether the clause asks: by its mark, its first or last word, or a tag behind it.
    fn is_question(&self, negator: &Range<usize>) -> bool {
        let end = self.words.end;
        if self.gap_before(end).contains(QUESTION_MARKS) {
            return true;
        }
        let opened = negator.start > self.words.start && self.stands(&self.grammar.opens, self.words.start);
        opened || self.is_closed_as_question() || self.has_tag()
    }

    fn is_closed_as_question(&self) -> bool {
        let Some(last) = self.words.end.checked_sub(1).map(|last| &self.folded.words()[last]) else { return false };
        let form = self.folded.form(last);
        self.grammar.closes.iter().any(|phrase| match phrase.as_slice() {
            [piece] if piece.beginning => form.ends_with(&piece.form),
            [piece] => form == piece.form,
            _ => false,
        })
    }

    /// Returns whether a tag follows ("…, do you?") and ends in a question mark.
    fn has_tag(&self) -> bool {
        let start = self.words.end;
        let tag = longest_at(&self.grammar.tag, self.folded, start, self.sentence.end);
        let Some(end) = tag.map(|length| start + length) else { return false };
        let dense = self.folded.words()[start].script == Script::Dense;
        let short = end - start <= if dense { MAX_DENSE_TAG_WORDS } else { MAX_TAG_WORDS };
        short && end == self.sentence.end && self.gap_before(end).contains(QUESTION_MARKS)
    }
}
