//! The pass over the original that makes the folded text and notes where each stretch came from.
//!
//! A cluster (a character and the marks that join it) goes through NFKC, case folding and the tables of `chars`. Of
//! characters that stand alone, which nearly all do, the outcome is kept (`page`), and ASCII needs none of it.

use std::ops::Range;

use unicode_normalization::{
    IsNormalized, UnicodeNormalization as _,
    char::{canonical_combining_class, is_combining_mark},
};

use crate::text::folded::{
    Piece, Variant, chars,
    classes::Classes,
    page::{self, Alone},
    tokens,
};

/// Bytes of ASCII that are compared at once.
const BLOCK: usize = 16;
/// A cluster is folded until it no longer changes; real text needs one round, hostile stacks of marks two or three.
const MAX_ROUNDS: usize = 4;

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
    /// What the folded text consists of.
    pub(crate) classes: Classes,
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
                folding.beyond_ascii(original, at)
            };
        }
        folding
    }

    /// Copies an ASCII run and returns where it ends. A mark after it takes the last character along.
    fn ascii(&mut self, original: &str, start: usize) -> usize {
        let bytes = original.as_bytes();
        let mut end = start + ascii_length(&bytes[start..]);
        let joined = original[end..].chars().next().is_some_and(|next| page::look(next).joins());
        if joined {
            end -= 1;
        }
        let mut at = start;
        while at < end {
            let plain = plain_length(&bytes[at..end]);
            self.ascii_run(original, at..at + plain);
            at += plain;
            let rest = &bytes[at..end];
            let spaces = rest.iter().take_while(|byte| is_space(**byte)).count();
            if spaces > 0 {
                if !self.text.ends_with(' ') {
                    self.linear(" ", at);
                }
                at += spaces;
            } else if rest.first() == Some(&b'`') {
                self.linear("'", at);
                at += 1;
            }
        }
        if joined { self.cluster(original, end) } else { end }
    }

    fn ascii_run(&mut self, original: &str, run: Range<usize>) {
        let skipped = usize::from(self.text.ends_with(' ') && original[run.clone()].starts_with(' '));
        let run = run.start + skipped..run.end;
        if run.is_empty() {
            return;
        }
        let folded = self.text.len();
        self.linear(&original[run.clone()], run.start);
        self.text[folded..].make_ascii_lowercase();
        self.classes = self.classes.or(Classes::of_ascii(&self.text.as_bytes()[folded..]));
    }

    /// Folds a run of characters beyond ASCII and returns where it ends.
    fn beyond_ascii(&mut self, original: &str, start: usize) -> usize {
        let mut characters = original[start..].char_indices();
        let mut next = characters.next().map(|(_, character)| (start, character, page::look(character)));
        // What is not yet written: the run of characters that fold to themselves, and the piece it belongs to.
        let mut same = start;
        let mut piece = (self.text.len(), start);
        let mut end = start;
        while let Some((at, character, entry)) = next {
            end = at + character.len_utf8();
            next = characters
                .next()
                .filter(|(_, next)| !next.is_ascii())
                .map(|(offset, next)| (start + offset, next, page::look(next)));
            let alone = if next.is_some_and(|(_, _, next)| next.joins()) { Alone::Cluster } else { entry.alone() };
            match alone {
                Alone::Plain(folded) if folded == character => {
                    self.classes = self.classes.or(Classes::of_character(folded));
                }
                Alone::Plain(folded) => {
                    self.text.push_str(&original[same..at]);
                    self.text.push(folded);
                    self.classes = self.classes.or(Classes::of_character(folded));
                    same = end;
                }
                Alone::Held => {
                    self.text.push_str(&original[same..at]);
                    self.held(character, at, &mut piece);
                    same = end;
                }
                Alone::Cluster => {
                    self.text.push_str(&original[same..at]);
                    self.stretch(piece.0, piece.1..at);
                    return self.cluster(original, at);
                }
            }
        }
        self.text.push_str(&original[same..end]);
        self.stretch(piece.0, piece.1..end);
        end
    }

    /// Appends what a character folds to that is no single character; `piece` is the stretch that is open before it.
    fn held(&mut self, character: char, at: usize, piece: &mut (usize, usize)) {
        let Some(held) = page::held(character) else { return };
        let start = self.text.len();
        self.classes = self.classes.or(held.classes);
        if held.linear {
            self.text.push_str(&held.folded);
            self.variant(start, &held.exact);
            return;
        }
        self.stretch(piece.0, piece.1..at);
        let end = at + character.len_utf8();
        self.unit(&held.folded, &held.exact, at..end);
        *piece = (self.text.len(), end);
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
        let (folded, exact) = both_forms(&kept);
        self.classes = self.classes.or(Classes::of(&folded));
        self.unit(&folded, &exact, at..end);
        end
    }

    /// Appends a text that is laid out as in the original.
    fn linear(&mut self, folded: &str, original: usize) {
        let start = self.text.len();
        self.text.push_str(folded);
        self.stretch(start, original..original + folded.len());
    }

    /// Notes that the text from `folded` on is laid out as this range of the original.
    fn stretch(&mut self, folded: usize, original: Range<usize>) {
        if original.is_empty() {
            return;
        }
        if let Some(last) = self.pieces.last_mut()
            && last.linear
            && last.original + last.original_len == original.start
            && last.folded + last.original_len == folded
        {
            last.original_len += original.len();
            return;
        }
        self.pieces.push(Piece { folded, original: original.start, original_len: original.len(), linear: true });
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

/// Returns the folded and the exact form of a character that nothing joins.
pub(crate) fn alone(character: char) -> (String, String) {
    match ideograph_or_syllable(character) {
        Some(folded) => (folded.into(), character.into()),
        None => both_forms(character.encode_utf8(&mut [0; 4])),
    }
}

/// Returns what a Chinese character or a Korean syllable folds to. No step but simplification touches them, and thirty
/// thousand of them are too many to find that out one by one.
fn ideograph_or_syllable(character: char) -> Option<char> {
    if ('\u{AC00}'..='\u{D7A3}').contains(&character) {
        return Some(character);
    }
    let simplify = |character, _| chars::simplified(character);
    let folded = chars::HAN.contains(&character).then(|| (0..MAX_ROUNDS).fold(character, simplify))?;
    chars::HAN.contains(&folded).then_some(folded)
}

/// Returns whether a character may merge with one before it, or vanishes.
pub(crate) fn joins_some(character: char) -> bool {
    may_join(character) || chars::is_ignorable(character)
}

/// Returns the folded and the exact form of a character and its marks.
fn both_forms(cluster: &str) -> (String, String) {
    let exact = cased(cluster);
    let folded = settled(&exact);
    if holds_gap(&folded) { (format!(" {folded} "), exact) } else { (folded, exact) }
}

/// Returns how many bytes of ASCII a text begins with.
fn ascii_length(bytes: &[u8]) -> usize {
    let blocks = bytes.chunks_exact(BLOCK).take_while(|block| block.is_ascii()).count() * BLOCK;
    blocks + bytes[blocks..].iter().take_while(|byte| byte.is_ascii()).count()
}

/// Returns how many bytes of an ASCII text can be copied as they are: up to a control character, a grave accent, or the
/// first of several spaces.
fn plain_length(ascii: &[u8]) -> usize {
    let mut at = 0;
    while let (Some(block), Some(shifted)) = (ascii.get(at..at + BLOCK), ascii.get(at + 1..=at + BLOCK)) {
        // No early way out, so that the compiler compares all bytes of a block at once.
        if block.iter().zip(shifted).fold(false, |stop, (byte, next)| stop | stops(*byte, *next)) {
            break;
        }
        at += BLOCK;
    }
    let rest = ascii[at..].iter().zip(ascii[at..].iter().skip(1).chain([&b'.']));
    at + rest.take_while(|(byte, next)| !stops(**byte, **next)).count()
}

/// Returns whether a byte cannot be copied as it is.
#[expect(clippy::needless_bitwise_bool, reason = "without branches the compiler compares many bytes at once")]
fn stops(byte: u8, next: u8) -> bool {
    (byte < b' ') | (byte == b'`') | (byte == 0x7F) | ((byte == b' ') & ((next <= b' ') | (next == 0x7F)))
}

fn is_space(ascii: u8) -> bool {
    ascii <= b' ' || ascii == 0x7F
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_ideographs_and_syllables_is_what_folding_makes_of_them() {
        for character in ('\u{3400}'..='\u{FAFF}').chain('\u{20000}'..='\u{20100}') {
            let slow = both_forms(character.encode_utf8(&mut [0; 4]));
            assert_eq!(alone(character), slow, "{character} {:x}", character as u32);
        }
    }
}
