//! Which languages the words of a text belong to: those of the phrase files and the most frequent ones of each language.
//!
//! A look-up for each word, so it costs next to nothing beside detectors by letters, and it knows short texts better.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::{
    model::language::Language,
    text::{
        folded::{Folded, Script},
        negation,
        sentence::phrases,
    },
};

/// The most frequent words of the languages in Latin letters.
const WORDS: &str = include_str!("words.txt");

/// What a word gives that only one language has; words of several share it among them.
const WHOLE: u32 = 60;
/// A leader is one such word ahead.
const LEAD: u32 = WHOLE;
/// Two such words ahead leave little doubt.
const CLEAR_LEAD: u32 = 2 * WHOLE;
/// Words of more languages say nothing.
const MAX_LANGUAGES: u32 = 4;

/// The languages of a word, one bit each by their place in [`CODES`].
type Languages = u16;

/// The languages whose words are known.
const CODES: &[&str] = &["ar", "de", "en", "es", "fr", "it", "ja", "ko", "pl", "pt", "ru", "zh"];

static LEXICON: LazyLock<FxHashMap<String, Languages>> = LazyLock::new(|| {
    let mut lexicon = FxHashMap::default();
    for (code, file) in phrases::FILES.iter().chain(negation::FILES) {
        for (_, listed) in file.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':')) {
            add(&mut lexicon, code, listed);
        }
    }
    for (code, listed) in WORDS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':')) {
        add(&mut lexicon, code, listed);
    }
    lexicon
});

fn add(lexicon: &mut FxHashMap<String, Languages>, code: &str, listed: &str) {
    let Some(bit) = CODES.iter().position(|known| *known == code) else { return };
    let folded = Folded::new(listed);
    for word in folded.words().iter().filter(|word| word.script == Script::Spaced) {
        *lexicon.entry(folded.form(word).to_owned()).or_default() |= 1 << bit;
    }
}

/// The votes of the words of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Votes {
    leader: Option<Language>,
    lead: u32,
}

impl Votes {
    /// Counts for these languages only.
    pub(super) fn of(folded: &Folded, candidates: &[Language]) -> Self {
        let bits: Vec<(Language, Languages)> = candidates
            .iter()
            .filter_map(|language| {
                let bit = CODES.iter().position(|code| *code == language.as_str())?;
                Some((*language, 1 << bit))
            })
            .collect();
        let allowed = bits.iter().fold(0, |all, (_, bit)| all | bit);
        let mut counts = vec![0_u32; bits.len()];
        for word in folded.words().iter().filter(|word| word.script == Script::Spaced) {
            let languages = LEXICON.get(folded.form(word)).map_or(0, |languages| languages & allowed);
            let share = languages.count_ones();
            if (1..=MAX_LANGUAGES).contains(&share) {
                for ((_, bit), count) in bits.iter().zip(&mut counts) {
                    *count += if languages & bit != 0 { WHOLE / share } else { 0 };
                }
            }
        }
        let best = (0..bits.len()).max_by_key(|index| (counts[*index], std::cmp::Reverse(*index)));
        let Some(best) = best else { return Self { leader: None, lead: 0 } };
        let second = (0..bits.len()).filter(|index| *index != best).map(|index| counts[index]).max().unwrap_or(0);
        Self { leader: Some(bits[best].0), lead: counts[best] - second }
    }

    /// Returns the language that is ahead by a word at least.
    pub(super) fn leader(&self) -> Option<Language> {
        self.leader.filter(|_| self.lead >= LEAD)
    }

    /// Returns whether the leader is far ahead.
    pub(super) fn is_clear(&self) -> bool {
        self.lead >= CLEAR_LEAD
    }
}
