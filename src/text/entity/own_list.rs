//! A shop's own kind of value: a name, and the words that stand for each of its values.
//!
//! The words of spaced scripts are found in any inflection of the same stem, as in patterns. How a list is written is
//! the business of `rules::entity_list`.

use rustc_hash::FxHashSet;

use crate::{
    model::{language::Language, verdict::EntityFound},
    text::{
        entity::{lexicon::Lexicon, passage::Passage},
        folded::{Folded, Script},
        stem::stem,
    },
};

/// A word is stemmed only if some word of the list begins with the same letters; stemming changes the ends of words.
const BEGINNING: usize = 2;

/// A kind of value of the shop's own.
#[derive(Debug)]
pub struct OwnList {
    name: String,
    /// Words as written; scripts without stems live here alone.
    exact: Lexicon<usize>,
    /// Words of each language by their stems.
    stems: Vec<Stems>,
    values: Vec<String>,
}

/// The words of one language by their stems.
#[derive(Debug)]
struct Stems {
    language: Language,
    beginnings: FxHashSet<String>,
    phrases: Lexicon<usize>,
}

impl OwnList {
    /// Starts an empty list.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), exact: Lexicon::default(), stems: Vec::new(), values: Vec::new() }
    }

    /// Returns the kind's name: `{name}` in patterns, `entity.name` in needs and conditions.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the values in the order of the file.
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// Adds a value and returns its number.
    pub fn add_value(&mut self, value: &str) -> usize {
        self.values.push(value.to_owned());
        self.values.len() - 1
    }

    /// Adds a phrase that stands for a value; returns whether it holds any word.
    pub fn add_phrase(&mut self, value: usize, language: Language, phrase: &str) -> bool {
        let folded = Folded::new(phrase);
        let forms: Vec<String> = folded.words().iter().map(|word| folded.form(word).to_owned()).collect();
        let Some(first) = forms.first() else { return false };
        if folded.words().iter().all(|word| word.script == Script::Spaced) {
            let known = self.stems.iter().position(|stems| stems.language == language).unwrap_or_else(|| {
                let (beginnings, phrases) = (FxHashSet::default(), Lexicon::default());
                self.stems.push(Stems { language, beginnings, phrases });
                self.stems.len() - 1
            });
            let stems = &mut self.stems[known];
            stems.beginnings.insert(beginning(first).to_owned());
            stems.phrases.add(forms.iter().map(|form| stem(form, language).into_owned()).collect(), value);
        }
        self.exact.add(forms, value);
        true
    }

    /// Returns the values in a text, in order.
    pub(in crate::text) fn find(&self, passage: &Passage<'_>) -> Vec<EntityFound> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < passage.len() {
            let stemmed = || self.stems.iter().find_map(|stems| stems.at(passage, at));
            let exact = self.exact.at(passage, at).map(|(value, length)| (*value, length));
            let Some((value, length)) = exact.or_else(stemmed) else {
                at += 1;
                continue;
            };
            found.push(passage.found(&self.name, self.values[value].clone(), at..at + length));
            at += length;
        }
        found
    }
}

impl Stems {
    fn at(&self, passage: &Passage<'_>, at: usize) -> Option<(usize, usize)> {
        let form = passage.form(at);
        if !passage.is_spaced(at) || !self.beginnings.contains(beginning(form)) {
            return None;
        }
        let first = stem(form, self.language);
        let (value, length) = self
            .phrases
            .find_by(passage, at, &first, |passage, word, wanted| stem(passage.form(word), self.language) == wanted)?;
        Some((*value, length))
    }
}

fn beginning(word: &str) -> &str {
    let end = word.char_indices().nth(BEGINNING).map_or(word.len(), |(end, _)| end);
    &word[..end]
}
