//! The words a text is found by, and where in the text they stand.
//!
//! Words are folded as the rules' words are: case, accents, width and traditional characters make no difference. Scripts
//! without spaces, and Korean with its glued particles, are cut into pairs of neighbors (`退款申请`: 退款, 款申, 申请), so
//! that any part of two characters and more is found as a chain of pairs; each character stands by itself besides.
//! Addresses and numbers fall into their parts: `anna@example.com` is three neighbors.

use std::ops::Range;

use crate::text::{
    folded::{Folded, Script, Word},
    reading::MAX_TEXT_BYTES,
};

/// No word of a language is longer; what goes on (a tracking link, a line of base64) is found by its beginning.
const MAX_WORD_BYTES: usize = 64;

/// One word of the index, and the bytes of the text it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The folded word, or a pair of characters. Holds no ASCII punctuation and no blank.
    pub text: String,
    /// Where it stands.
    pub original: Range<usize>,
    /// It is written without spaces to its neighbors.
    pub dense: bool,
}

/// The words of one text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tokens {
    /// Words and pairs in the order of the text.
    pub words: Vec<Token>,
    /// Every single character of the scripts that are cut into pairs.
    pub singles: Vec<Token>,
}

/// Returns the words of a text. What lies beyond [`MAX_TEXT_BYTES`] is not found.
pub fn tokens(original: &str) -> Tokens {
    let folded = Folded::new(&original[..original.floor_char_boundary(MAX_TEXT_BYTES)]);
    let words = folded.words();
    let mut tokens = Tokens::default();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let end = at + run(&words[at..]);
        match word.script {
            Script::Dense => pairs(&folded, words[at..end].iter().map(|word| word.folded.clone()), &mut tokens),
            Script::Hangul => {
                let start = word.folded.start;
                let characters = folded.form(word).char_indices();
                pairs(&folded, characters.map(|(at, sign)| start + at..start + at + sign.len_utf8()), &mut tokens);
            }
            Script::Spaced => parts(&folded, word, &mut tokens.words),
        }
        at = end;
    }
    tokens
}

/// Returns how many words at the beginning are characters that touch one another; at least one.
fn run(words: &[Word]) -> usize {
    let touches = |pair: &[Word]| {
        pair.iter().all(|word| word.script == Script::Dense) && pair[0].folded.end == pair[1].folded.start
    };
    1 + words.windows(2).take_while(|pair| touches(pair)).count()
}

fn pairs(folded: &Folded, characters: impl Iterator<Item = Range<usize>>, tokens: &mut Tokens) {
    let token = |range: Range<usize>| Token {
        text: folded.text()[range.clone()].to_owned(),
        original: folded.original_range(range),
        dense: true,
    };
    let mut last: Option<Range<usize>> = None;
    for character in characters {
        if let Some(last) = last {
            tokens.words.push(token(last.start..character.end));
        }
        tokens.singles.push(token(character.clone()));
        last = Some(character);
    }
}

/// Cuts a word at its punctuation.
fn parts(folded: &Folded, word: &Word, tokens: &mut Vec<Token>) {
    let form = folded.form(word);
    let mut start = 0;
    for part in form.split(|sign: char| sign.is_ascii() && !sign.is_ascii_alphanumeric()) {
        if !part.is_empty() {
            let range = word.folded.start + start..word.folded.start + start + part.len();
            tokens.push(Token {
                text: part[..part.floor_char_boundary(MAX_WORD_BYTES)].to_owned(),
                original: folded.original_range(range),
                dense: false,
            });
        }
        start += part.len() + 1;
    }
}
