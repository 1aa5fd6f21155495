//! The pass over the original that makes the folded text and notes where each stretch came from.
//!
//! Plain runs (ASCII, Han, kana, Hangul, Cyrillic) are copied; everything else goes cluster by cluster (a character and
//! the marks that join it) through NFKC, case folding and the tables of `chars`.

use std::{ops::Range, sync::LazyLock};

use unicode_normalization::{
    IsNormalized, UnicodeNormalization as _,
    char::{canonical_combining_class, is_combining_mark},
};

use crate::text::folded::{Piece, Variant, chars, tokens};

/// A cluster is folded until it no longer changes; real text needs one round, hostile stacks of marks two or three.
const MAX_ROUNDS: usize = 4;

/// The first of the accented Latin letters that [`LATIN`] holds: À.
const LATIN_START: u32 = 0xC0;

/// Folded and exact forms of the letters of Western and Central European languages (U+00C0 to U+017F).
static LATIN: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let letters = (LATIN_START..=0x17F).filter_map(char::from_u32);
    letters.map(|letter| cased(letter.encode_utf8(&mut [0; 4]))).map(|cased| (settled(&cased), cased)).collect()
});

/// A text on its way through folding.
#[derive(Debug, Default)]
pub(crate) struct Folding {
    /// The folded text so far.
    pub(crate) text: String,
    /// Where its stretches came from, in order.
    pub(crate) pieces: Vec<Piece>,
    /// The exact forms of `variants`, one after the other.
    pub(crate) exact: String,
    /// Stretches whose exact form is another one, in order.
    pub(crate) variants: Vec<Variant>,
}

impl Folding {
    /// Folds a whole text.
    pub(crate) fn of(original: &str) -> Self {
        let mut folding = Self { text: String::with_capacity(original.len()), ..Self::default() };
        let mut at = 0;
        while at < original.len() {
            at = if original.as_bytes()[at].is_ascii() {
                folding.ascii(original, at)
            } else {
                folding.character(original, at)
            };
        }
        folding
    }

    /// Copies an ASCII run and returns where it ends. A mark after it takes the last character along.
    fn ascii(&mut self, original: &str, start: usize) -> usize {
        let bytes = original.as_bytes();
        let mut end = start + bytes[start..].iter().position(|byte| !byte.is_ascii()).unwrap_or(bytes.len() - start);
        if let Some(next) = original[end..].chars().next()
            && (may_join(next) || chars::is_ignorable(next))
        {
            end -= 1;
        }
        let mut from = start;
        for at in start..end {
            let byte = bytes[at];
            let is_space = byte <= b' ' || byte == 0x7F;
            let doubled = is_space && (at == from && self.text.ends_with(' ') || at > from && bytes[at - 1] == b' ');
            if !doubled && byte != b'`' && (!is_space || byte == b' ') {
                continue;
            }
            self.ascii_run(original, from..at);
            if byte == b'`' {
                self.linear("'", at);
            } else if !self.text.ends_with(' ') {
                self.linear(" ", at);
            }
            from = at + 1;
        }
        self.ascii_run(original, from..end);
        if end == start || end < original.len() && bytes[end].is_ascii() { self.cluster(original, end) } else { end }
    }

    fn ascii_run(&mut self, original: &str, run: Range<usize>) {
        if run.is_empty() {
            return;
        }
        let folded = self.text.len();
        self.linear(&original[run.clone()], run.start);
        self.text[folded..].make_ascii_lowercase();
    }

    /// Folds the character at `at`, alone if its script allows it, and returns where it ended.
    fn character(&mut self, original: &str, at: usize) -> usize {
        let mut following = original[at..].chars();
        let Some(character) = following.next() else { return original.len() };
        let end = at + character.len_utf8();
        let latin = (character as u32).checked_sub(LATIN_START).and_then(|index| LATIN.get(index as usize));
        let folded = plain(character);
        if folded.is_none() && latin.is_none() {
            return self.cluster(original, at);
        }
        if following.next().is_some_and(|next| !next.is_ascii() && (may_join(next) || chars::is_ignorable(next))) {
            return self.cluster(original, at);
        }
        let Some(folded) = folded else {
            if let Some((folded, exact)) = latin {
                self.unit(folded, exact, at..end);
            }
            return end;
        };
        let mut buffer = [0; 4];
        let start = self.text.len();
        self.linear(folded.encode_utf8(&mut buffer), at);
        if chars::HAN.contains(&character) && folded != character {
            self.variant(start, &original[at..end]);
        }
        end
    }

    /// Folds a character with the marks that follow it as one unit and returns where it ended.
    fn cluster(&mut self, original: &str, at: usize) -> usize {
        let mut end = at;
        let mut kept = String::new();
        for character in original[at..].chars() {
            let ignorable = chars::is_ignorable(character);
            if !ignorable && kept.chars().next_back().is_some_and(|previous| !joins(previous, character)) {
                break;
            }
            end += character.len_utf8();
            if !ignorable {
                kept.push(character);
            }
        }
        let cased = cased(&kept);
        let mut folded = settled(&cased);
        if holds_gap(&folded) {
            folded = format!(" {folded} ");
        }
        self.unit(&folded, &cased, at..end);
        end
    }

    /// Appends a stretch that is laid out as in the original.
    fn linear(&mut self, folded: &str, original: usize) {
        let start = self.text.len();
        self.text.push_str(folded);
        if let Some(last) = self.pieces.last_mut()
            && last.linear
            && last.original + last.original_len == original
            && last.folded + last.original_len == start
        {
            last.original_len += folded.len();
            return;
        }
        self.pieces.push(Piece { folded: start, original, original_len: folded.len(), linear: true });
    }

    /// Appends a stretch that maps to the original only as a whole.
    fn unit(&mut self, folded: &str, exact: &str, original: Range<usize>) {
        let folded = if self.text.ends_with(' ') { folded.trim_start_matches(' ') } else { folded };
        if folded.is_empty() {
            return;
        }
        let start = self.text.len();
        self.text.push_str(folded);
        self.pieces.push(Piece {
            folded: start,
            original: original.start,
            original_len: original.len(),
            linear: false,
        });
        if exact.trim() != folded.trim() {
            self.variant(start, exact);
        }
    }

    fn variant(&mut self, folded_start: usize, exact: &str) {
        let start = self.exact.len();
        self.exact.push_str(exact);
        self.variants.push(Variant { folded: folded_start..self.text.len(), exact: start..self.exact.len() });
    }
}

/// Returns the folded form of a character that needs no normalization and keeps its length, if it is one of those.
fn plain(character: char) -> Option<char> {
    match character {
        '\u{4E00}'..='\u{9FFF}' => Some(chars::simplified(character)),
        '\u{0410}'..='\u{042F}' | '\u{0400}'..='\u{040F}' => {
            let lower = character.to_lowercase().next()?;
            chars::plain_letter(lower).is_none().then_some(lower)
        }
        '\u{0430}'..='\u{044F}'
        | '\u{0621}'
        | '\u{0624}'
        | '\u{0626}'..='\u{063A}'
        | '\u{0641}'..='\u{0648}'
        | '\u{064A}'
        | '\u{3001}'
        | '\u{3002}'
        | '\u{3008}'..='\u{3011}'
        | '\u{3041}'..='\u{3096}'
        | '\u{30A1}'..='\u{30FE}'
        | '\u{AC00}'..='\u{D7A3}' => Some(character),
        _ => None,
    }
}

/// Returns whether a unit unfolded to more than one word (`½`, `㈱`). Such a unit stands alone, so that its words do not
/// grow together with their neighbors.
fn holds_gap(folded: &str) -> bool {
    let is_word = |character: char| tokens::script(character).is_some();
    folded.trim_matches(|c| !is_word(c)).contains(|c| !is_word(c) && !is_combining_mark(c))
}

/// Returns whether a character belongs to the same unit as the one before it.
fn joins(previous: char, character: char) -> bool {
    if !may_join(character) {
        return false;
    }
    if is_jamo(character) {
        return is_jamo(previous) || ('\u{AC00}'..='\u{D7A3}').contains(&previous);
    }
    // A vowel sign that counts as a letter joins its own script only; accents join everything.
    tokens::script(character).is_none_or(|script| tokens::script(previous) == Some(script))
}

/// Returns whether a character may merge with some character before it under NFKC, or is a mark on it.
fn may_join(character: char) -> bool {
    match character {
        '\0'..='\u{02FF}'
        | '\u{0370}'..='\u{0482}'
        | '\u{0621}'..='\u{064A}'
        | '\u{1E00}'..='\u{1FFF}'
        | '\u{2010}'..='\u{2064}'
        | '\u{FF01}'..='\u{FF9D}'
        | '\u{3001}'..='\u{3029}'
        | '\u{3041}'..='\u{3096}'
        | '\u{30A1}'..='\u{30FE}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{AC00}'..='\u{D7A3}' => false,
        _ => {
            let first = std::iter::once(character).nfkd().next().unwrap_or(character);
            canonical_combining_class(first) != 0
                || unicode_normalization::is_nfkc_quick(std::iter::once(first)) == IsNormalized::Maybe
        }
    }
}

/// Returns whether a character is a single Korean letter, of full or half width.
fn is_jamo(character: char) -> bool {
    matches!(character,
        '\u{1100}'..='\u{11FF}' | '\u{3131}'..='\u{318E}' | '\u{A960}'..='\u{A97F}' | '\u{D7B0}'..='\u{D7FF}'
        | '\u{FFA0}'..='\u{FFDC}')
}

/// Returns the NFKC and case folded form with unified shapes, accents and Chinese characters as they were.
fn cased(text: &str) -> String {
    let unified = text.chars().map(chars::unified).nfkc();
    let lower = unified.map(chars::unified).flat_map(char::to_lowercase).map(chars::unified);
    lower.nfkc().filter(|character| !chars::is_ignorable(*character)).collect()
}

/// Returns the folded form of a cased text, folded until it no longer changes.
fn settled(cased: &str) -> String {
    let mut folded = bare(cased);
    for _ in 1..MAX_ROUNDS {
        let again = bare(&self::cased(&folded));
        if again == folded {
            break;
        }
        folded = again;
    }
    folded
}

/// Returns a cased text without accents, in plain letters and simplified characters.
fn bare(cased: &str) -> String {
    let mut bare = String::with_capacity(cased.len());
    for character in cased.chars() {
        if chars::is_accent(character) {
            continue;
        }
        if !chars::sheds_accents(character) {
            push_plain(&mut bare, character);
            continue;
        }
        for part in std::iter::once(character).nfd().filter(|part| !chars::is_accent(*part)) {
            push_plain(&mut bare, part);
        }
    }
    bare
}

fn push_plain(bare: &mut String, character: char) {
    match chars::plain_letter(character) {
        Some(plain) => bare.push_str(plain),
        None if character == ' ' && bare.ends_with(' ') => {}
        None => bare.push(chars::simplified(character)),
    }
}
