//! What was found out about words of earlier messages, so that stemming and repairing are paid for once.
//!
//! It belongs to one [`Scratch`](crate::rules::scratch::Scratch), so nothing is locked. It changes speed and nothing
//! else.

use std::hash::Hasher as _;

use rustc_hash::FxHasher;

use crate::{
    rules::vocabulary::{AtomId, NO_ATOM, Vocabulary},
    text::folded::{Folded, Script, Word},
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

impl Memory {
    /// Replaces `found` by the atoms of every word of a text, in order.
    pub(in crate::rules) fn look_up(&mut self, vocabulary: &Vocabulary, folded: &Folded, found: &mut WordAtoms) {
        found.ids.clear();
        found.ends.clear();
        let has_exact = vocabulary.has_exact();
        for word in folded.words() {
            let form = folded.form(word);
            if word.script == Script::Dense {
                found.ids.extend(vocabulary.character(form));
                if has_exact {
                    found.ids.extend(vocabulary.exact(folded.exact(word)));
                }
            } else {
                self.spaced(vocabulary, folded, word, form, found);
            }
            found.ends.push(u32::try_from(found.ids.len()).expect("texts are cut far below four billion words"));
        }
    }

    fn spaced(&mut self, vocabulary: &Vocabulary, folded: &Folded, word: &Word, form: &str, found: &mut WordAtoms) {
        if form.len() > MAX_WORD_BYTES {
            vocabulary.inflected(form, &mut found.ids);
            found.ids.extend(vocabulary.exact(folded.exact(word)));
            return;
        }
        let known = self.remembered(vocabulary, form);
        let atoms = known.atoms_start as usize..(known.atoms_start + known.atoms_len) as usize;
        found.ids.extend_from_slice(&self.atoms[atoms]);
        if vocabulary.has_exact() {
            let exact = folded.exact(word);
            if exact.as_ptr() != form.as_ptr() {
                found.ids.extend(vocabulary.exact(exact));
            } else if known.exact != NO_ATOM {
                found.ids.push(known.exact);
            }
        }
    }

    /// Returns what is known of a word, finding it out first if need be.
    fn remembered(&mut self, vocabulary: &Vocabulary, form: &str) -> Remembered {
        let hash = hash(form);
        if let Some(known) = self.find(hash, form) {
            return known;
        }
        self.make_room();
        let atoms_start = self.atoms.len();
        vocabulary.inflected(form, &mut self.atoms);
        let known = Remembered {
            text_start: small(self.texts.len()),
            text_len: small(form.len()),
            atoms_start: small(atoms_start),
            atoms_len: small(self.atoms.len() - atoms_start),
            exact: vocabulary.exact(form).unwrap_or(NO_ATOM),
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

#[expect(clippy::cast_possible_truncation, reason = "the halves of a hash")]
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
