//! Every word that some pattern asks for, as a number; and which of these numbers a word of a message has.
//!
//! A message word may have several: the stem classes of several languages, beginnings, its exact form. Words that no
//! pattern knows have none, and most words of most messages are such words.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, RwLock},
};

use crate::{
    model::language::Language,
    text::{
        folded::{Folded, Script, Word},
        stem::stem,
    },
};

/// The number of something a pattern asks of one word.
pub(in crate::rules) type AtomId = u32;

/// What a pattern asks of one word.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::rules) enum Atom {
    /// An inflection of this word, folded, in that language.
    Word(Language, String),
    /// This one character of a script without spaces.
    Character(String),
    /// A word that begins so.
    Beginning(String),
    /// Exactly this form.
    Exact(String),
}

/// Words of messages whose numbers are remembered; beyond it memory is started afresh. 20,000 words are more than a
/// year of one shop's mail uses twice.
const MAX_REMEMBERED: usize = 20_000;
/// Longer words are looked up each time: they are addresses and order numbers, which do not come back.
const MAX_REMEMBERED_BYTES: usize = 32;

/// The words of all patterns.
#[derive(Debug, Default)]
pub(in crate::rules) struct Vocabulary {
    /// Stem classes; languages without inflection have the word itself.
    stems: BTreeMap<Language, HashMap<String, AtomId>>,
    characters: HashMap<String, AtomId>,
    beginnings: HashMap<String, AtomId>,
    longest_beginning: usize,
    exact: HashMap<String, AtomId>,
    count: AtomId,
    /// Stemming costs more than matching, so its results are kept. This changes speed and nothing else.
    remembered: RwLock<HashMap<Box<str>, Arc<[AtomId]>>>,
}

impl Vocabulary {
    /// Returns the number of an atom, a new one if it was not asked for before.
    pub(in crate::rules) fn intern(&mut self, atom: &Atom) -> AtomId {
        let next = self.count;
        let (table, name) = match atom {
            Atom::Word(language, form) => {
                (self.stems.entry(*language).or_default(), stem(form, *language).into_owned())
            }
            Atom::Character(form) => (&mut self.characters, form.clone()),
            Atom::Beginning(form) => {
                self.longest_beginning = self.longest_beginning.max(form.len());
                (&mut self.beginnings, form.clone())
            }
            Atom::Exact(form) => (&mut self.exact, form.clone()),
        };
        let id = *table.entry(name).or_insert(next);
        if id == next {
            self.count += 1;
        }
        id
    }

    /// Returns how many atoms there are; their numbers lie below.
    pub(in crate::rules) fn len(&self) -> AtomId {
        self.count
    }

    /// Returns the atoms of every word of a text, in order.
    pub(in crate::rules) fn atoms_of(&self, folded: &Folded) -> WordAtoms {
        let mut found = WordAtoms::default();
        let mut unknown = Vec::new();
        {
            let remembered = self.remembered.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            for word in folded.words() {
                self.push_atoms(folded, word, &remembered, &mut unknown, &mut found);
            }
        }
        self.remember(unknown);
        found
    }

    fn push_atoms(
        &self,
        folded: &Folded,
        word: &Word,
        remembered: &HashMap<Box<str>, Arc<[AtomId]>>,
        unknown: &mut Vec<(Box<str>, Arc<[AtomId]>)>,
        found: &mut WordAtoms,
    ) {
        let form = folded.form(word);
        if word.script == Script::Dense {
            found.ids.extend(self.characters.get(form));
        } else if let Some(atoms) = remembered.get(form) {
            found.ids.extend_from_slice(atoms);
        } else {
            let start = found.ids.len();
            self.inflected(form, &mut found.ids);
            if form.len() <= MAX_REMEMBERED_BYTES {
                unknown.push((form.into(), found.ids[start..].into()));
            }
        }
        if !self.exact.is_empty() {
            found.ids.extend(self.exact.get(folded.exact(word)));
        }
        found.ends.push(u32::try_from(found.ids.len()).expect("texts are cut far below four billion words"));
    }

    /// Adds the stem classes and beginnings of a folded word.
    fn inflected(&self, form: &str, ids: &mut Vec<AtomId>) {
        for (language, stems) in &self.stems {
            ids.extend(stems.get(stem(form, *language).as_ref()));
        }
        if self.beginnings.is_empty() {
            return;
        }
        let ends = form.char_indices().map(|(start, letter)| start + letter.len_utf8());
        for end in ends.take_while(|end| *end <= self.longest_beginning) {
            ids.extend(self.beginnings.get(&form[..end]));
        }
    }

    fn remember(&self, unknown: Vec<(Box<str>, Arc<[AtomId]>)>) {
        if unknown.is_empty() {
            return;
        }
        let mut remembered = self.remembered.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if remembered.len() + unknown.len() > MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.extend(unknown);
    }
}

/// The atoms of every word of one text.
#[derive(Debug, Default)]
pub(in crate::rules) struct WordAtoms {
    ids: Vec<AtomId>,
    ends: Vec<u32>,
}

impl WordAtoms {
    /// Returns the atoms of one word.
    pub(in crate::rules) fn of(&self, word: usize) -> &[AtomId] {
        let start = if word == 0 { 0 } else { self.ends[word - 1] as usize };
        &self.ids[start..self.ends[word] as usize]
    }
}
