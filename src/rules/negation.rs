//! Whether a negator stands before the words of a hit, in the same clause.
//!
//! Which words negate is known by [`text::negation`](crate::text::negation); here is how far they reach.

use std::{collections::BTreeMap, ops::Range};

use crate::{
    model::language::Language,
    rules::pattern::Element,
    text::{
        folded::{Folded, Script},
        negation,
        reading::Reading,
    },
};

/// In scripts without spaces a negator reaches this many characters: 不 in 不好意思请问包邮吗 is about something else.
const DENSE_REACH: usize = 4;

/// Punctuation that ends a clause.
const CLAUSE_ENDS: [char; 14] = [',', ';', ':', '(', ')', '，', '；', '：', '、', '—', '–', '،', '\n', '"'];

/// Folded words that begin a new clause, by language: what stands before them no longer negates. "And" is not among
/// them: in "do not cancel and refund" both are meant, and a hit too few goes to a person.
const CLAUSE_WORDS: &[(&str, &[&str])] = &[
    ("en", &["but"]),
    ("de", &["aber", "sondern"]),
    ("fr", &["mais"]),
    ("es", &["pero", "sino"]),
    ("it", &["ma", "pero", "bensi"]),
    ("pt", &["mas", "porem"]),
    ("nl", &["maar"]),
    ("pl", &["ale", "lecz"]),
    ("ru", &["но", "а"]),
];

/// The negators of every language, as folded words.
#[derive(Debug, Default)]
pub struct Negators {
    by_language: BTreeMap<Language, Vec<Vec<String>>>,
}

impl Negators {
    /// Folds the negators of these languages.
    pub fn new(languages: impl IntoIterator<Item = Language>) -> Self {
        let fold = |negator: &str| {
            let folded = Folded::new(negator);
            folded.words().iter().map(|word| folded.form(word).to_owned()).collect()
        };
        let by_language = languages
            .into_iter()
            .map(|language| (language, negation::negators(language).iter().map(|negator| fold(negator)).collect()))
            .collect();
        Self { by_language }
    }

    /// Returns whether a pattern holds a negator itself.
    pub(in crate::rules) fn holds(&self, language: Language, sequence: &[Element]) -> bool {
        let own: Vec<Option<&str>> = sequence
            .iter()
            .map(|element| match element {
                Element::Word(form) | Element::Character(form) | Element::Beginning(form) | Element::Exact(form) => {
                    Some(form.as_str())
                }
                _ => None,
            })
            .collect();
        let here = self.of(language).iter().any(|negator| {
            own.windows(negator.len().max(1)).any(|window| window.iter().map(|form| form.unwrap_or("")).eq(negator))
        });
        here || sequence.iter().any(|element| match element {
            Element::Choice(branches) | Element::Optional(branches) => {
                branches.iter().any(|branch| self.holds(language, branch))
            }
            _ => false,
        })
    }

    /// Returns the negator before any of the words, as written, or none. `sentence` is where to look.
    pub(in crate::rules) fn before(
        &self,
        reading: &Reading,
        language: Language,
        sentence: &Range<usize>,
        words: &[usize],
    ) -> Option<String> {
        let negators = self.of(language);
        if negators.is_empty() {
            return None;
        }
        let found = words.iter().find_map(|word| {
            let start = clause_start(reading, language, sentence.start, *word);
            (start..*word).find_map(|at| {
                let length = negator_at(reading.folded(), negators, at, *word)?;
                let reaches = !words.contains(&at) && reaches(reading.folded(), at + length, *word);
                (reaches && !is_choice_question(reading.folded(), at)).then_some(at..at + length)
            })
        })?;
        let all = reading.folded().words();
        Some(reading.original()[all[found.start].original.start..all[found.end - 1].original.end].to_owned())
    }

    fn of(&self, language: Language) -> &[Vec<String>] {
        self.by_language.get(&language).map_or(&[], Vec::as_slice)
    }
}

/// Returns the first word of the clause that holds a word.
fn clause_start(reading: &Reading, language: Language, sentence_start: usize, word: usize) -> usize {
    let words = reading.folded().words();
    let own = CLAUSE_WORDS.iter().find(|(code, _)| *code == language.as_str()).map_or(&[][..], |(_, own)| *own);
    let begins = |at: &usize| {
        let before = words[at - 1].original.end;
        let between = &reading.original()[before..words[*at].original.start.max(before)];
        between.contains(CLAUSE_ENDS) || own.contains(&reading.folded().form(&words[*at]))
    };
    (sentence_start + 1..=word).rev().find(begins).unwrap_or(sentence_start)
}

/// Returns how many words the negator has that begins at a word and ends before another.
fn negator_at(folded: &Folded, negators: &[Vec<String>], at: usize, before: usize) -> Option<usize> {
    let words = folded.words();
    negators.iter().map(|negator| (negator, negator.len())).find_map(|(negator, length)| {
        let fits = length > 0 && at + length <= before;
        let same = fits && words[at..at + length].iter().zip(negator).all(|(word, form)| folded.form(word) == form);
        same.then_some(length)
    })
}

fn reaches(folded: &Folded, after: usize, word: usize) -> bool {
    let dense = folded.words()[after - 1].script == Script::Dense;
    !dense || word - after < DENSE_REACH
}

/// Returns whether the negator is the middle of 能不能, 有没有, 是不是: a question, not a negation.
fn is_choice_question(folded: &Folded, at: usize) -> bool {
    let words = folded.words();
    let (Some(before), Some(after)) = (at.checked_sub(1).map(|before| &words[before]), words.get(at + 1)) else {
        return false;
    };
    words[at].script == Script::Dense && folded.form(before) == folded.form(after)
}
