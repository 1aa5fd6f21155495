//! What was found out about words of earlier messages, so that stemming and repairing are paid for once.
//!
//! It belongs to one `Scratch`, so nothing is locked. It changes speed and nothing
//! else.

use std::{hash::Hasher as _, ops::Range};

use rustc_hash::FxHasher;

use crate::{
    rules::{
        negation::{Languages, Negators},
        vocabulary::{AtomId, NO_ATOM, Vocabulary},
    },
    text::folded::{Folded, Script},
};

/// Words that are remembered; beyond it memory is started afresh. Sixteen thousand words are more than a year of one
/// shop's mail uses twice, and they fill less than a megabyte.
const MAX_WORDS: usize = 16_384;
/// Longer words are looked up each time: they are addresses and order numbers, which do not come back.
const MAX_WORD_BYTES: usize = 48;
/// Slots at the start, a power of two. Twice as many as words keeps chains short.
const FIRST_SLOTS: usize = 1024;
/// A slot that holds nothing.
const EMPTY: u32 = 0;

/// Words and their atoms.
#[derive(Debug, Default)]
pub(in crate::rules) struct Memory {
    /// Open addressing: the high half of the hash, and the number of the word plus one.
    slots: Vec<(u32, u32)>,
    words: Vec<Remembered>,
    texts: Vec<u8>,
    atoms: Vec<AtomId>,
}

#[derive(Debug, Clone, Copy)]
struct Remembered {
    text_start: u32,
    text_len: u32,
    atoms_start: u32,
    atoms_len: u32,
    /// The atom of the word's form as an exact form.
    exact: AtomId,
    /// The languages in which it may be the first word of a negator.
    negates: Languages,
    /// The word it is a misspelling of, or [`NOT_MISSPELT`]; its atoms are then that word's.
    meant: u32,
}

/// A word that means itself.
const NOT_MISSPELT: u32 = u32::MAX;

/// The atoms of every word of one text.
#[derive(Debug, Default)]
pub(in crate::rules) struct WordAtoms {
    ids: Vec<AtomId>,
    ends: Vec<u32>,
    /// The words that may be the first of a negator, and in which languages.
    negating: Vec<(u32, Languages)>,
    misspelt: Vec<Misspelt>,
    /// The atoms of what misspelt words stand for.
    meant: Vec<AtomId>,
}

/// A misspelt word.
#[derive(Debug, Clone)]
pub(in crate::rules) struct Misspelt {
    /// Its place among the words of the text.
    pub(in crate::rules) word: usize,
    /// What it stands for, as a number of the vocabulary.
    pub(in crate::rules) meant: u32,
    atoms: Range<usize>,
}

impl WordAtoms {
    /// Returns the atoms of one word.
    #[inline]
    pub(in crate::rules) fn of(&self, word: usize) -> &[AtomId] {
        let start = if word == 0 { 0 } else { self.ends[word - 1] as usize };
        &self.ids[start..self.ends[word] as usize]
    }

    /// Returns the misspelt words in order.
    pub(in crate::rules) fn misspelt(&self) -> &[Misspelt] {
        &self.misspelt
    }

    /// Takes words as they are written: those that mean something as they are.
    pub(in crate::rules) fn accept(&mut self, mut is_meant: impl FnMut(usize) -> bool) {
        self.misspelt.retain(|misspelt| !is_meant(misspelt.word));
    }

    /// Replaces this by the atoms of a text in which misspelt words are what they stand for.
    pub(in crate::rules) fn repair(&mut self, read: &Self) {
        self.ids.clear();
        self.ends.clear();
        let mut misspelt = read.misspelt.iter().peekable();
        for word in 0..read.ends.len() {
            self.ids.extend_from_slice(read.of(word));
            if let Some(misspelt) = misspelt.next_if(|misspelt| misspelt.word == word) {
                self.ids.extend_from_slice(&read.meant[misspelt.atoms.clone()]);
            }
            self.ends.push(small(self.ids.len()));
        }
    }

    /// Returns those of these words at which a negator of one of the languages may begin, in order.
    pub(in crate::rules) fn negating(
        &self,
        words: &Range<usize>,
        languages: Languages,
    ) -> impl Iterator<Item = usize> + Clone {
        let first = self.negating.partition_point(|(word, _)| (*word as usize) < words.start);
        let end = words.end;
        let here = self.negating[first..].iter().take_while(move |(word, _)| (*word as usize) < end);
        here.filter(move |(_, own)| own & languages != 0).map(|(word, _)| *word as usize)
    }
}

impl Memory {
    /// Replaces `found` by the atoms of every word of a text, in order.
    pub(in crate::rules) fn look_up(
        &mut self,
        vocabulary: &Vocabulary,
        negators: &Negators,
        folded: &Folded,
        found: &mut WordAtoms,
    ) {
        found.ids.clear();
        found.ends.clear();
        found.negating.clear();
        found.misspelt.clear();
        found.meant.clear();
        let has_exact = vocabulary.has_exact();
        for (index, word) in folded.words().iter().enumerate() {
            let form = folded.form(word);
            let negates = if word.script == Script::Dense {
                found.ids.extend(vocabulary.character(form));
                if has_exact {
                    found.ids.extend(vocabulary.exact(folded.exact(word)));
                }
                negators.may_begin(form)
            } else {
                self.spaced(vocabulary, negators, folded, index, found)
            };
            if negates != 0 {
                found.negating.push((small(index), negates));
            }
            found.ends.push(u32::try_from(found.ids.len()).expect("texts are cut far below four billion words"));
        }
    }

    /// Adds the atoms of a word, and returns the languages in which it may be the first of a negator.
    fn spaced(
        &mut self,
        vocabulary: &Vocabulary,
        negators: &Negators,
        folded: &Folded,
        index: usize,
        found: &mut WordAtoms,
    ) -> Languages {
        let word = &folded.words()[index];
        let form = folded.form(word);
        if form.len() > MAX_WORD_BYTES {
            vocabulary.inflected(form, &mut found.ids);
            found.ids.extend(vocabulary.exact(folded.exact(word)));
            return negators.may_begin(form);
        }
        let known = self.remembered(vocabulary, negators, form, word.script);
        let atoms = known.atoms_start as usize..(known.atoms_start + known.atoms_len) as usize;
        if known.meant == NOT_MISSPELT {
            found.ids.extend_from_slice(&self.atoms[atoms]);
        } else {
            let start = found.meant.len();
            found.meant.extend_from_slice(&self.atoms[atoms]);
            found.misspelt.push(Misspelt { word: index, meant: known.meant, atoms: start..found.meant.len() });
        }
        if vocabulary.has_exact() {
            let exact = folded.exact(word);
            if exact.as_ptr() != form.as_ptr() {
                found.ids.extend(vocabulary.exact(exact));
            } else if known.exact != NO_ATOM {
                found.ids.push(known.exact);
            }
        }
        known.negates
    }

    /// Returns what is known of a word, finding it out first if need be.
    fn remembered(&mut self, vocabulary: &Vocabulary, negators: &Negators, form: &str, script: Script) -> Remembered {
        let hash = hash(form);
        if let Some(known) = self.find(hash, form) {
            return known;
        }
        self.make_room();
        let atoms_start = self.atoms.len();
        vocabulary.inflected(form, &mut self.atoms);
        let exact = vocabulary.exact(form).unwrap_or(NO_ATOM);
        let is_unknown = self.atoms.len() == atoms_start && exact == NO_ATOM && script == Script::Spaced;
        let meant = if is_unknown { vocabulary.repair(form, &mut self.atoms) } else { None };
        let known = Remembered {
            text_start: small(self.texts.len()),
            text_len: small(form.len()),
            atoms_start: small(atoms_start),
            atoms_len: small(self.atoms.len() - atoms_start),
            exact,
            meant: meant.unwrap_or(NOT_MISSPELT),
            negates: negators.may_begin(form),
        };
        self.texts.extend_from_slice(form.as_bytes());
        self.words.push(known);
        self.file(hash, small(self.words.len()));
        known
    }

    fn find(&self, hash: u64, form: &str) -> Option<Remembered> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = place(hash) & mask;
        loop {
            let (tag, number) = self.slots[at];
            if number == EMPTY {
                return None;
            }
            if tag == upper(hash) {
                let known = self.words[number as usize - 1];
                let text = known.text_start as usize..(known.text_start + known.text_len) as usize;
                if self.texts[text] == *form.as_bytes() {
                    return Some(known);
                }
            }
            at = (at + 1) & mask;
        }
    }

    fn file(&mut self, hash: u64, number: u32) {
        let mask = self.slots.len() - 1;
        let mut at = place(hash) & mask;
        while self.slots[at].1 != EMPTY {
            at = (at + 1) & mask;
        }
        self.slots[at] = (upper(hash), number);
    }

    /// Keeps half of the slots free; forgets everything when there are too many words.
    fn make_room(&mut self) {
        if self.words.len() == MAX_WORDS {
            self.words.clear();
            self.texts.clear();
            self.atoms.clear();
            self.slots.fill((0, EMPTY));
        }
        if self.slots.is_empty() || self.words.len() * 2 >= self.slots.len() {
            let size = (self.slots.len() * 2).max(FIRST_SLOTS);
            self.slots.clear();
            self.slots.resize(size, (0, EMPTY));
            for index in 0..self.words.len() {
                let known = self.words[index];
                let text = known.text_start as usize..(known.text_start + known.text_len) as usize;
                let hash = hash_bytes(&self.texts[text]);
                self.file(hash, small(index + 1));
            }
        }
    }
}

fn hash(form: &str) -> u64 {
    hash_bytes(form.as_bytes())
}

fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

fn upper(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[expect(clippy::cast_possible_truncation, reason = "the halves of a hash")]
fn place(hash: u64) -> usize {
    hash as u32 as usize
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("at most MAX_WORDS words of at most MAX_WORD_BYTES")
}
