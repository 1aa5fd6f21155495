//! Folded text: the one form in which rules and messages are compared, with a way back to the original.
//!
//! Folding is the same function for patterns and for messages. It takes away what buyers do not mean: case, accents,
//! width, apostrophe and dash shapes, invisible characters, traditional against simplified characters, foreign digits.
//! The result is cut into words. Every word and every range of the folded text leads back to the original bytes, so
//! that a match can be shown where the buyer wrote it. No stemming and no spelling here.

use std::ops::Range;

pub mod chars;
pub mod classes;
pub mod folding;
mod page;
pub mod tokens;

use crate::text::folded::{classes::Classes, folding::Folding};

/// Words have four bytes and more with the space behind them; a guess too low is one more allocation.
const BYTES_PER_WORD: usize = 5;

/// The exact form of a word from which nothing was folded away. No text of four gigabytes is ever folded.
const SAME: (u32, u32) = (u32::MAX, u32::MAX);

/// Marks between the characters of one phrase: quotes of all shapes, emphasis, hyphens, the dot between two names.
const JOINING: &str = "\"'*_-“”‘’「」『』《》〈〉・·";

/// A text in folded form, cut into words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folded {
    text: String,
    pieces: Vec<Piece>,
    original_len: usize,
    words: Vec<Word>,
    /// Exact forms of the words whose accents or characters were folded away, one after the other.
    exact_forms: String,
    classes: Classes,
}

/// One word of a folded text.
///
/// Words are ordered. Their original ranges do not overlap, except that words unfolded from one single character
/// (`㍿`) share its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Its bytes in [`Folded::text`].
    pub folded: Range<usize>,
    /// Its bytes in the original.
    pub original: Range<usize>,
    /// How its script writes words.
    pub script: Script,
    /// It or the word before is a character of a script without spaces, and a mark that ends a clause or a picture
    /// stands between them: they are neighbors, but no phrase runs from one to the other.
    pub apart: bool,
    /// Its bytes in the exact forms; [`SAME`] where the exact form is no other one.
    exact: (u32, u32),
}

/// How a script writes words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Script {
    /// Words stand between spaces: Latin, Cyrillic, Arabic, digits and all others.
    Spaced,
    /// No spaces between words: Han, Kana, Thai, Lao, Khmer, Burmese. Each character is one word.
    Dense,
    /// Korean: spaced, but particles are glued to the end of a word.
    Hangul,
}

/// A stretch of folded text and where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    /// First byte in the folded text.
    pub(crate) folded: usize,
    /// First byte in the original.
    pub(crate) original: usize,
    /// Length in the original.
    pub(crate) original_len: usize,
    /// Byte by byte the same layout on both sides; otherwise the piece is one unit that only maps as a whole.
    pub(crate) linear: bool,
}

impl Folded {
    /// Folds a text. Never fails; an empty or unreadable text has no words.
    pub fn new(original: &str) -> Self {
        let folding = Folding::of(original);
        let mut folded = Self {
            classes: folding.classes,
            text: folding.text,
            pieces: folding.pieces,
            original_len: original.len(),
            words: Vec::new(),
            exact_forms: String::new(),
        };
        let mut words: Vec<Word> = Vec::with_capacity(folded.text.len() / BYTES_PER_WORD);
        let mut variants = folding.variants.as_slice();
        let mut piece = 0;
        tokens::cut(&folded.text, |range, script| {
            let mut original = way_back(&folded.pieces, &mut piece, &range);
            if let Some(last) = words.last().map(|last| &last.original)
                && original.start < last.end
            {
                // Words of one unit share its range; one that also reaches beyond the unit gets what lies beyond.
                original = if original.end > last.end { last.end..original.end } else { last.clone() };
            }
            while let [first, rest @ ..] = variants
                && first.folded.start < range.start
            {
                variants = rest;
            }
            let exact = match variants.first() {
                Some(first) if first.folded.start < range.end => {
                    keep_exact(&folded.text, &range, variants, &folding.exact, &mut folded.exact_forms)
                }
                _ => SAME,
            };
            let apart = words.last().is_some_and(|last| {
                let dense = script == Script::Dense || last.script == Script::Dense;
                dense && last.folded.end < range.start && parts(&folded.text[last.folded.end..range.start])
            });
            words.push(Word { folded: range, original, script, apart, exact });
        });
        folded.words = words;
        folded
    }

    /// Returns the folded text. White space runs are one space; punctuation is kept, its shapes unified.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns which classes of characters the folded text has.
    pub fn classes(&self) -> Classes {
        self.classes
    }

    /// Returns the words in order.
    #[inline]
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// Returns a word's folded form, accents off.
    #[inline]
    pub fn form(&self, word: &Word) -> &str {
        &self.text[word.folded.clone()]
    }

    /// Returns a word's exact form: NFKC and case folded, with its accents and its own Chinese characters.
    pub fn exact(&self, word: &Word) -> &str {
        if word.exact == SAME {
            return self.form(word);
        }
        &self.exact_forms[word.exact.0 as usize..word.exact.1 as usize]
    }

    /// Returns the bytes of the original that a range of the folded text came from.
    ///
    /// A range that holds a part of a unit (`s` of `ß`) is widened to the whole of it; one that reaches beyond the
    /// text is cut; an empty one stays empty. The result always lies on character boundaries.
    pub fn original_range(&self, folded: Range<usize>) -> Range<usize> {
        let end = self.text.floor_char_boundary(folded.end.min(self.text.len()));
        let start = self.text.floor_char_boundary(folded.start.min(end));
        let Some(mut piece) = self.pieces.partition_point(|piece| piece.folded <= start).checked_sub(1) else {
            return 0..if start == end { 0 } else { self.original_len };
        };
        if start == end {
            let piece = self.pieces[piece];
            let original = piece.original + if piece.linear { start - piece.folded } else { 0 };
            return original.min(self.original_len)..original.min(self.original_len);
        }
        way_back(&self.pieces, &mut piece, &(start..end))
    }
}

/// Returns whether what stands between two words parts them: anything but blanks, quotes, hyphens and the dot between
/// the parts of a name.
fn parts(between: &str) -> bool {
    between.chars().any(|mark| !mark.is_whitespace() && !JOINING.contains(mark))
}

/// Returns where a range of folded text came from; it is not empty and lies in the text. `from` is a piece at or before
/// its start and is moved to the piece of the start.
fn way_back(pieces: &[Piece], from: &mut usize, folded: &Range<usize>) -> Range<usize> {
    while pieces.get(*from + 1).is_some_and(|next| next.folded <= folded.start) {
        *from += 1;
    }
    let Some(piece) = pieces.get(*from) else { return 0..0 };
    let start = piece.original + if piece.linear { folded.start - piece.folded } else { 0 };
    let mut last = *from;
    while pieces.get(last + 1).is_some_and(|next| next.folded < folded.end) {
        last += 1;
    }
    let piece = pieces[last];
    start..piece.original + if piece.linear { folded.end - piece.folded } else { piece.original_len }
}

/// Writes down a word's exact form, made of the variants that lie in it (the first of `variants`), if there are any.
fn keep_exact(text: &str, word: &Range<usize>, variants: &[Variant], exact: &str, forms: &mut String) -> (u32, u32) {
    let start = forms.len();
    let mut at = word.start;
    for variant in variants.iter().take_while(|variant| variant.folded.end <= word.end) {
        forms.push_str(&text[at..variant.folded.start]);
        forms.push_str(&exact[variant.exact.clone()]);
        at = variant.folded.end;
    }
    if at == word.start {
        return SAME;
    }
    forms.push_str(&text[at..word.end]);
    let [start, end] = [start, forms.len()].map(|at| u32::try_from(at).unwrap_or(u32::MAX));
    (start, end)
}

/// A stretch of folded text whose exact form is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variant {
    /// Its bytes in the folded text.
    pub(crate) folded: Range<usize>,
    /// Its exact form's bytes in [`Folding::exact`].
    pub(crate) exact: Range<usize>,
}
