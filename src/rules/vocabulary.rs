//! Every word that some pattern asks for, as a number; and which of these numbers a word of a message has.
//!
//! A message word may have several: the stem classes of several languages, beginnings, its exact form. Words that no
//! pattern knows have none, and most words of most messages are such words. What was found out about a word is kept in
//! [`memory`](crate::rules::memory); here is the slow way.

use std::hash::BuildHasher as _;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::{
    model::language::Language,
    text::{
        spelling::{Spelling, is_common},
        stem::stem,
    },
};

/// The number of something a pattern asks of one word.
pub(in crate::rules) type AtomId = u32;

/// No atom.
pub(in crate::rules) const NO_ATOM: AtomId = AtomId::MAX;

/// What a pattern asks of one word.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::rules) enum Atom<'a> {
    /// An inflection of this word, folded, in that language.
    Word(Language, &'a str),
    /// This one character of a script without spaces.
    Character(&'a str),
    /// A word that begins so.
    Beginning(&'a str),
    /// Exactly this form.
    Exact(&'a str),
}

/// The first of the Han characters that have a table of their own; nearly all Chinese text is made of them.
const FIRST_HAN: char = '\u{4E00}';
/// The last of them.
const LAST_HAN: char = '\u{9FFF}';

/// The words of all patterns.
#[derive(Debug, Default)]
pub(in crate::rules) struct Vocabulary {
    /// Stem classes; languages without inflection have the word itself.
    stems: Vec<(Language, FxHashMap<Box<str>, AtomId>)>,
    /// Han characters by their distance from the first; empty if no pattern has any.
    han: Vec<AtomId>,
    /// All other characters of scripts without spaces.
    characters: FxHashMap<Box<str>, AtomId>,
    beginnings: FxHashMap<Box<str>, AtomId>,
    longest_beginning: usize,
    exact: FxHashMap<Box<str>, AtomId>,
    /// In which forms the words of a stem class stand in patterns, by hash.
    written: FxHashSet<(AtomId, u64)>,
    count: AtomId,
    /// Words that a misspelt one may stand for, until they are filed.
    intended: FxHashSet<Box<str>>,
    spelling: Spelling,
}

impl Vocabulary {
    /// Returns the number of an atom, a new one if it was not asked for before.
    pub(in crate::rules) fn intern(&mut self, atom: &Atom<'_>) -> AtomId {
        let next = self.count;
        let id = match atom {
            Atom::Word(language, form) => {
                let stem = stem(form, *language);
                let id = number(self.stems_of(*language), &stem, next);
                self.written.insert((id, FxBuildHasher.hash_one(form)));
                id
            }
            Atom::Character(form) => match han_index(form) {
                Some(index) => self.han_number(index, next),
                None => number(&mut self.characters, form, next),
            },
            Atom::Beginning(form) => {
                self.longest_beginning = self.longest_beginning.max(form.len());
                number(&mut self.beginnings, form, next)
            }
            Atom::Exact(form) => number(&mut self.exact, form, next),
        };
        if id == next {
            self.count += 1;
        }
        id
    }

    /// Lets a folded word be what a misspelt one stands for.
    pub(in crate::rules) fn intend(&mut self, form: &str) {
        if !self.intended.contains(form) {
            self.intended.insert(form.into());
        }
    }

    /// Files the words that misspelt ones may stand for; no word is added afterwards.
    pub(in crate::rules) fn complete(mut self) -> Self {
        self.spelling = Spelling::new(std::mem::take(&mut self.intended));
        self
    }

    fn stems_of(&mut self, language: Language) -> &mut FxHashMap<Box<str>, AtomId> {
        let index = match self.stems.binary_search_by_key(&language, |(known, _)| *known) {
            Ok(index) => index,
            Err(index) => {
                self.stems.insert(index, (language, FxHashMap::default()));
                index
            }
        };
        &mut self.stems[index].1
    }

    fn han_number(&mut self, index: usize, next: AtomId) -> AtomId {
        if self.han.is_empty() {
            self.han = vec![NO_ATOM; LAST_HAN as usize - FIRST_HAN as usize + 1];
        }
        if self.han[index] == NO_ATOM {
            self.han[index] = next;
        }
        self.han[index]
    }

    /// Returns how many atoms there are; their numbers lie below.
    pub(in crate::rules) fn len(&self) -> AtomId {
        self.count
    }

    /// Returns the atom of one character of a script without spaces.
    pub(in crate::rules) fn character(&self, form: &str) -> Option<AtomId> {
        match han_index(form) {
            Some(index) => self.han.get(index).copied().filter(|atom| *atom != NO_ATOM),
            None => self.characters.get(form).copied(),
        }
    }

    /// Returns whether any pattern asks for an exact form.
    pub(in crate::rules) fn has_exact(&self) -> bool {
        !self.exact.is_empty()
    }

    /// Returns the atom of an exact form.
    pub(in crate::rules) fn exact(&self, form: &str) -> Option<AtomId> {
        self.exact.get(form).copied()
    }

    /// Returns whether a folded word stands in a pattern of that language as it is, and not only an inflection of it. Of
    /// words that no pattern of the language inflects there is nothing to say against.
    pub(in crate::rules) fn is_as_written(&self, form: &str, language: Language) -> bool {
        let Ok(index) = self.stems.binary_search_by_key(&language, |(known, _)| *known) else { return true };
        let class = self.stems[index].1.get(stem(form, language).as_ref());
        class.is_none_or(|id| self.written.contains(&(*id, FxBuildHasher.hash_one(form))))
    }

    /// Returns whether a pattern of that language holds a folded word as it is.
    pub(in crate::rules) fn is_written_in(&self, form: &str, language: Language) -> bool {
        let Ok(index) = self.stems.binary_search_by_key(&language, |(known, _)| *known) else { return false };
        let class = self.stems[index].1.get(stem(form, language).as_ref());
        class.is_some_and(|id| self.written.contains(&(*id, FxBuildHasher.hash_one(form))))
    }

    /// Returns whether a pattern of any language holds a folded word as it is.
    pub(in crate::rules) fn is_written(&self, form: &str) -> bool {
        self.exact.contains_key(form) || self.stems.iter().any(|(language, _)| self.is_written_in(form, *language))
    }

    /// Adds the stem classes and beginnings of a folded word.
    pub(in crate::rules) fn inflected(&self, form: &str, ids: &mut Vec<AtomId>) {
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

    /// Returns the word that a word without atoms stands for, after adding that word's atoms; none if it is an ordinary
    /// word, nothing is close to it, or what is close has nothing in common.
    pub(in crate::rules) fn repair(&self, form: &str, ids: &mut Vec<AtomId>) -> Option<u32> {
        let meant = self.spelling.meant(form);
        let (first, others) = meant.split_first()?;
        if is_common(form) {
            return None;
        }
        let start = ids.len();
        self.inflected(self.spelling.word(*first), ids);
        let mut other_ids = Vec::new();
        for other in others {
            other_ids.clear();
            self.inflected(self.spelling.word(*other), &mut other_ids);
            let mut kept = start;
            for at in start..ids.len() {
                if other_ids.contains(&ids[at]) {
                    ids[kept] = ids[at];
                    kept += 1;
                }
            }
            ids.truncate(kept);
        }
        (ids.len() > start).then_some(*first)
    }

    /// Returns a word that [`repair`](Self::repair) named.
    pub(in crate::rules) fn intended(&self, word: u32) -> &str {
        self.spelling.word(word)
    }
}

fn number(table: &mut FxHashMap<Box<str>, AtomId>, name: &str, next: AtomId) -> AtomId {
    if let Some(id) = table.get(name) {
        return *id;
    }
    table.insert(name.into(), next);
    next
}

/// Returns the place of a form in the table of Han characters, if it is one of them and nothing more.
fn han_index(form: &str) -> Option<usize> {
    let mut letters = form.chars();
    let first = letters.next().filter(|first| (FIRST_HAN..=LAST_HAN).contains(first))?;
    letters.next().is_none().then_some(first as usize - FIRST_HAN as usize)
}
