//! Which known word a misspelt one stands for.
//!
//! The rules' words are filed under everything that is left of them when one or two letters are taken away; a buyer's
//! word that leaves the same is close to them (Garbe's symmetric deletes). Whoever asks knows already that the word is
//! in no rule; that it is no ordinary word of some language is known here. Only spaced scripts: a Chinese character or
//! a Korean syllable is not misspelt by a letter.

use std::{hash::Hasher as _, sync::LazyLock};

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use crate::{
    model::language::Language,
    text::{folded::Folded, stem::stem},
};

/// Shorter words are never repaired: among three letters everything is one letter from something else.
pub const MIN_LETTERS: usize = 4;
/// Shorter words are repaired only after a slip of the finger: two neighbours swapped, or a letter doubled or not. Among
/// seventy thousand words of real customers, any other single edit of four or five letters made other words of other
/// languages out of two words in three (`chart` to `cart`, `into` to `info`).
pub const ANY_EDIT_FROM: usize = 6;
/// From this length on two edits are repaired if one of them is a slip of the finger. Two others make `excluded` out of
/// `exploded` and `swapping` out of `shipping`.
pub const TWO_EDITS_FROM: usize = 8;
/// Longer words are names, addresses or glued together; what is left of them would fill the index.
const MAX_LETTERS: usize = 20;
/// Bits of the filter for each entry: at eight, one look-up in about eight goes to the index for nothing.
const FILTER_BITS: usize = 8;

/// Very frequent words by language, as people write them: what is one of these, in any inflection, is meant as it
/// stands. Chinese, Japanese and Korean have none because nothing of theirs is repaired.
const COMMON: &[(&str, &str)] = &[
    ("ar", include_str!("ar.txt")),
    ("de", include_str!("de.txt")),
    ("en", include_str!("en.txt")),
    ("es", include_str!("es.txt")),
    ("fr", include_str!("fr.txt")),
    ("it", include_str!("it.txt")),
    ("nl", include_str!("nl.txt")),
    ("pl", include_str!("pl.txt")),
    ("pt", include_str!("pt.txt")),
    ("ru", include_str!("ru.txt")),
];

static COMMON_STEMS: LazyLock<Vec<(Language, FxHashSet<Box<str>>)>> = LazyLock::new(|| {
    let stems = |(code, words): &(&str, &str)| {
        let language = code.parse().expect("the codes above are codes");
        let folded = Folded::new(words);
        let stems = folded.words().iter().map(|word| stem(folded.form(word), language).into()).collect();
        (language, stems)
    };
    COMMON.iter().map(stems).collect()
});

/// Returns whether a folded word is an ordinary one of some language, in any inflection.
pub fn is_common(form: &str) -> bool {
    COMMON_STEMS.iter().any(|(language, stems)| stems.contains(stem(form, *language).as_ref()))
}

/// The words that others may be meant as.
#[derive(Debug, Default)]
pub struct Spelling {
    words: Vec<Box<str>>,
    /// Hash of what is left of a word, and the word; sorted.
    left: Vec<(u32, u32)>,
    /// One bit for each hash that occurs.
    filter: Vec<u64>,
}

impl Spelling {
    /// Files folded words. Those that are too short, too long or not all letters are nobody's meaning.
    pub fn new(words: impl IntoIterator<Item = Box<str>>) -> Self {
        let mut words: Vec<Box<str>> = words.into_iter().filter(|word| is_repairable(word)).collect();
        words.sort_unstable();
        words.dedup();
        let mut left = Vec::new();
        let mut letters = Vec::new();
        for (word, number) in words.iter().zip(0..) {
            letters.clear();
            letters.extend(word.chars());
            each_left(&letters, |hash| left.push((hash, number)));
        }
        left.sort_unstable();
        left.dedup();
        let bits = (left.len() * FILTER_BITS).next_power_of_two().max(64);
        let mut filter = vec![0u64; bits / 64];
        for (hash, _) in &left {
            let bit = *hash as usize & (bits - 1);
            filter[bit / 64] |= 1 << (bit % 64);
        }
        Self { words, left, filter }
    }

    /// Returns a word by its number.
    pub fn word(&self, number: u32) -> &str {
        &self.words[number as usize]
    }

    /// Returns the words that a folded one may be meant as: all that are as close as the closest, in alphabetical
    /// order; none if none is close enough.
    ///
    /// An edit is a letter too many, too few or wrong, or two neighbours swapped. The shorter of both words has at least
    /// [`MIN_LETTERS`]; below [`ANY_EDIT_FROM`] the edit is a slip of the finger, from [`TWO_EDITS_FROM`] on it may be
    /// two. The first letter is right, or swapped with the second.
    pub fn meant(&self, form: &str) -> Vec<u32> {
        if self.words.is_empty() || !is_repairable(form) {
            return Vec::new();
        }
        let letters: Vec<char> = form.chars().collect();
        let mut near: FxHashMap<u32, Option<usize>> = FxHashMap::default();
        each_left(&letters, |hash| {
            for number in self.filed(hash) {
                near.entry(number).or_insert_with(|| {
                    let word: Vec<char> = self.words[number as usize].chars().collect();
                    edits(&letters, &word)
                });
            }
        });
        let Some(closest) = near.values().copied().flatten().min() else { return Vec::new() };
        let mut meant: Vec<u32> =
            near.into_iter().filter(|(_, edits)| *edits == Some(closest)).map(|(word, _)| word).collect();
        meant.sort_unstable();
        meant
    }

    fn filed(&self, hash: u32) -> impl Iterator<Item = u32> + '_ {
        let bit = hash as usize & (self.filter.len() * 64 - 1);
        let start = if self.filter[bit / 64] >> (bit % 64) & 1 == 0 {
            self.left.len()
        } else {
            self.left.partition_point(|(filed, _)| *filed < hash)
        };
        self.left[start..].iter().take_while(move |(filed, _)| *filed == hash).map(|(_, word)| *word)
    }
}

/// Returns whether a word has the length and the letters to be repaired, or to be what another one means.
fn is_repairable(word: &str) -> bool {
    let letters = word.chars().count();
    (MIN_LETTERS..=MAX_LETTERS).contains(&letters) && word.chars().all(char::is_alphabetic)
}

/// Calls `left` with the hash of a word and of what is left when one letter, or two of a long word, are taken away.
fn each_left(letters: &[char], mut left: impl FnMut(u32)) {
    let none = letters.len();
    left(hash_without(letters, none, none));
    for first in 0..letters.len() {
        left(hash_without(letters, first, none));
        if letters.len() >= TWO_EDITS_FROM {
            for second in first + 1..letters.len() {
                left(hash_without(letters, first, second));
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the better half of a hash")]
fn hash_without(letters: &[char], first: usize, second: usize) -> u32 {
    let mut hasher = FxHasher::default();
    for (at, letter) in letters.iter().enumerate() {
        if at != first && at != second {
            hasher.write_u32(*letter as u32);
        }
    }
    hasher.finish() as u32
}

/// Returns the edits that make one word of the other, if that many may be repaired.
fn edits(written: &[char], word: &[char]) -> Option<usize> {
    let edits = distance(written, word, true);
    let swapped = || {
        let crossed = written[0] == word[1] && written[1] == word[0];
        crossed && distance(&written[2..], &word[2..], true) + 1 == edits
    };
    if written[0] != word[0] && !swapped() {
        return None;
    }
    let is_slip = || {
        let single = distance(&without_doubles(written), &without_doubles(word), true);
        single < edits || distance(written, word, false) > edits
    };
    let shorter = written.len().min(word.len());
    let allowed = match edits {
        1 => shorter >= ANY_EDIT_FROM || is_slip(),
        2 => shorter >= TWO_EDITS_FROM && is_slip(),
        _ => false,
    };
    allowed.then_some(edits)
}

fn without_doubles(letters: &[char]) -> Vec<char> {
    let mut single = letters.to_vec();
    single.dedup();
    single
}

/// Returns the edits between two words: letters added, taken away and replaced, and neighbours swapped if those count
/// as one (optimal string alignment).
fn distance(left: &[char], right: &[char], swaps: bool) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, letter) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != other);
            let mut best = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            let crossed = row > 0 && column > 0 && left[row - 1] == *other && right[column - 1] == *letter;
            if swaps && crossed {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut last, current);
    }
    last[right.len()]
}
