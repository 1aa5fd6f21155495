//! The pattern language of `say`, `unless` and word lists: text to a tree.
//!
//! Words are folded by the same function as messages. Word lists are named here and resolved in
//! [`compile`](crate::rules::compile), which also knows the language; nothing here knows YAML.

use std::ops::Range;

use thiserror::Error;

use crate::text::folded::{Folded, Script};

/// A bare `*` skips up to this many words: enough for "ship it to me", too few to join two thoughts.
pub const GAP: u8 = 3;
/// `*N` skips at most this many words; beyond it `all:` says better what is meant.
pub const MAX_GAP: u8 = 12;
/// Longer patterns are refused: nobody writes the same twenty-four words twice. Chinese characters count as words.
pub const MAX_WORDS: usize = 24;
/// Longer pattern text is refused before it is read.
pub const MAX_BYTES: usize = 1000;
/// A pattern may stand for this many different phrases; more of them can no longer be overseen.
pub const MAX_EXPANSIONS: u64 = 20_000;
/// Brackets in brackets, deeper than any readable pattern.
const MAX_NESTING: usize = 8;

/// Elements in order, next to each other.
pub type Sequence = Vec<Element>;

/// One part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// A word of a spaced script in any inflection, folded.
    Word(String),
    /// One character of a script without spaces, folded.
    Character(String),
    /// Any word that begins so, folded: `cancel*`, and every Korean word.
    Beginning(String),
    /// Exactly this form: case-folded, accents kept, no inflection.
    Exact(String),
    /// Up to so many words in between.
    Gap(u8),
    /// One of these.
    Choice(Vec<Sequence>),
    /// One of these or nothing.
    Optional(Vec<Sequence>),
    /// One entry of a shared word list.
    List {
        /// The stem of its file.
        name: String,
        /// Where the name stands in the pattern.
        range: Range<usize>,
    },
    /// A value that the engine recognises.
    Entity {
        /// The kind, as `country`, or the name of an own list; resolved like a word list.
        kind: String,
        /// Where the kind stands in the pattern.
        range: Range<usize>,
        /// The name under which the value is kept; the kind if none is written.
        name: String,
    },
}

/// What is wrong with a pattern, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// What.
    pub problem: Problem,
    /// Bytes of the pattern text.
    pub range: Range<usize>,
}

/// What is wrong with a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Problem {
    /// A bracket without its partner.
    #[error("`{0}` without its partner `{1}`")]
    Unbalanced(char, char),
    /// Nothing between `(`, `|` and `)`.
    #[error("an alternative is empty")]
    EmptyAlternative,
    /// `|` outside brackets.
    #[error("`|` outside of brackets")]
    BareAlternative,
    /// `*word`, `(a|b)*`, `*5days`.
    #[error("`*` touches what it does not belong to")]
    AttachedGap,
    /// `*0` or `*99`.
    #[error("a gap of {0} words, expected 1 to {MAX_GAP}")]
    GapSize(String),
    /// `<>`, `{}` or a name with other characters.
    #[error("`{0}` is not a name: expected lower-case letters, digits and `_`")]
    Name(String),
    /// A pattern that nothing can fail.
    #[error("this pattern would match every message: everything in it is optional")]
    MatchesEmpty,
    /// A pattern without any word.
    #[error("this pattern holds no word")]
    NoWord,
    /// More words than [`MAX_WORDS`] or more bytes than [`MAX_BYTES`].
    #[error("the pattern is too long: {0}")]
    TooLong(String),
    /// More phrases than [`MAX_EXPANSIONS`].
    #[error("the pattern stands for more than {MAX_EXPANSIONS} phrases")]
    TooManyExpansions,
    /// Deeper than the limit.
    #[error("brackets are nested deeper than {MAX_NESTING} levels")]
    TooDeep,
}

impl Problem {
    /// Says what to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Unbalanced('"', _) => "close the quote, or leave it out: quotes mean exactly this form".to_owned(),
            Self::Unbalanced(open, close) => format!("write both `{open}` and `{close}`, or neither"),
            Self::EmptyAlternative => "write `[a|b]` if nothing is allowed there".to_owned(),
            Self::BareAlternative => "put the alternatives into brackets: `(a|b)`".to_owned(),
            Self::AttachedGap => {
                "`cancel*` is a word that begins so; a gap stands alone: `ship * free`, `ship *5 free`".to_owned()
            }
            Self::GapSize(_) => "for words anywhere in the sentence write `all: [one, other]`".to_owned(),
            Self::Name(_) => {
                "word lists are written `<ship>`, entities `{country}` or `{country:destination}`".to_owned()
            }
            Self::MatchesEmpty => "keep at least one word outside of `[…]`".to_owned(),
            Self::NoWord => "write the words that buyers use".to_owned(),
            Self::TooLong(_) => "keep the words that matter; gaps (`*`) skip the others".to_owned(),
            Self::TooManyExpansions | Self::TooDeep => "write it as several patterns, or use a word list".to_owned(),
        }
    }
}

/// Reads a pattern.
pub fn parse(text: &str) -> Result<Sequence, PatternError> {
    let whole = 0..text.len();
    let fail = |problem| Err(PatternError { problem, range: whole.clone() });
    if text.len() > MAX_BYTES {
        return fail(Problem::TooLong(format!("{} bytes, at most {MAX_BYTES}", text.len())));
    }
    let mut parser = Parser { text, at: 0, depth: 0 };
    let sequence = parser.sequence()?;
    if let Some(stray) = parser.peek() {
        let problem = match stray {
            '|' => Problem::BareAlternative,
            close => Problem::Unbalanced(close, partner(close)),
        };
        return Err(error(problem, parser.at..parser.at + stray.len_utf8()));
    }
    if !sequence.iter().any(has_word) {
        return fail(Problem::NoWord);
    }
    if sequence.iter().all(can_be_empty) {
        return fail(Problem::MatchesEmpty);
    }
    let longest = longest(&sequence);
    if longest > MAX_WORDS {
        return fail(Problem::TooLong(format!("{longest} words, at most {MAX_WORDS}")));
    }
    if expansions(&sequence) > MAX_EXPANSIONS {
        return fail(Problem::TooManyExpansions);
    }
    Ok(sequence)
}

/// Returns whether nothing may stand where this element stands.
pub fn can_be_empty(element: &Element) -> bool {
    match element {
        Element::Gap(_) | Element::Optional(_) => true,
        Element::Choice(branches) => branches.iter().any(|branch| branch.iter().all(can_be_empty)),
        _ => false,
    }
}

fn has_word(element: &Element) -> bool {
    match element {
        Element::Gap(_) => false,
        Element::Choice(branches) | Element::Optional(branches) => branches.iter().flatten().any(has_word),
        _ => true,
    }
}

fn longest(sequence: &[Element]) -> usize {
    sequence
        .iter()
        .map(|element| match element {
            Element::Gap(_) => 0,
            Element::Choice(branches) | Element::Optional(branches) => {
                branches.iter().map(|branch| longest(branch)).max().unwrap_or(0)
            }
            _ => 1,
        })
        .sum()
}

fn expansions(sequence: &[Element]) -> u64 {
    sequence.iter().fold(1, |product, element| {
        let ways = match element {
            Element::Choice(branches) => branches.iter().map(|branch| expansions(branch)).sum(),
            Element::Optional(branches) => 1 + branches.iter().map(|branch| expansions(branch)).sum::<u64>(),
            _ => 1,
        };
        product.saturating_mul(ways)
    })
}

fn partner(bracket: char) -> char {
    match bracket {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '<' => '>',
        '>' => '<',
        '{' => '}',
        '}' => '{',
        other => other,
    }
}

/// Characters that mean something; all others are ordinary text.
const SPECIAL: [char; 11] = ['(', ')', '[', ']', '<', '>', '{', '}', '|', '*', '"'];

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    /// Reads up to the end or to a closing bracket or `|`, which stays unread.
    fn sequence(&mut self) -> Result<Sequence, PatternError> {
        let mut sequence = Sequence::new();
        while let Some(next) = self.peek() {
            match next {
                '(' => {
                    let branches = self.branches('(')?;
                    sequence.push(Element::Choice(branches));
                }
                '[' => {
                    let branches = self.branches('[')?;
                    sequence.push(Element::Optional(branches));
                }
                '<' => sequence.push(self.list()?),
                '{' => sequence.push(self.entity()?),
                '"' => self.exact(&mut sequence)?,
                '*' => self.star(&mut sequence)?,
                ')' | ']' | '|' | '>' | '}' => break,
                _ => self.words(&mut sequence),
            }
        }
        Ok(sequence)
    }

    fn branches(&mut self, open: char) -> Result<Vec<Sequence>, PatternError> {
        let start = self.at;
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(error(Problem::TooDeep, start..start + 1));
        }
        let close = partner(open);
        let mut branches = Vec::new();
        loop {
            let branch_start = self.at;
            self.at += 1;
            let branch = self.sequence()?;
            if self.peek().is_none_or(|next| next != '|' && next != close) {
                return Err(error(Problem::Unbalanced(open, close), start..start + 1));
            }
            if !branch.iter().any(has_word) {
                return Err(error(Problem::EmptyAlternative, branch_start..self.at + 1));
            }
            branches.push(branch);
            if self.peek() == Some(close) {
                self.at += 1;
                self.depth -= 1;
                return Ok(branches);
            }
        }
    }

    fn list(&mut self) -> Result<Element, PatternError> {
        let range = self.enclosed('>')?;
        let name = self.name(range.clone())?;
        Ok(Element::List { name, range })
    }

    fn entity(&mut self) -> Result<Element, PatternError> {
        let range = self.enclosed('}')?;
        let inner = &self.text[range.clone()];
        let (kind, name) = match inner.split_once(':') {
            Some((kind, _)) => (range.start..range.start + kind.len(), range.start + kind.len() + 1..range.end),
            None => (range.clone(), range),
        };
        let name = self.name(name)?;
        Ok(Element::Entity { kind: self.name(kind.clone())?, range: kind, name })
    }

    fn exact(&mut self, sequence: &mut Sequence) -> Result<(), PatternError> {
        let range = self.enclosed('"')?;
        let folded = Folded::new(&self.text[range.clone()]);
        if folded.words().is_empty() {
            return Err(error(Problem::NoWord, range.start - 1..range.end + 1));
        }
        sequence.extend(folded.words().iter().map(|word| Element::Exact(folded.exact(word).to_owned())));
        Ok(())
    }

    fn star(&mut self, sequence: &mut Sequence) -> Result<(), PatternError> {
        let start = self.at;
        let before = self.text[..start].chars().next_back();
        self.at += 1;
        let rest = &self.text[self.at..];
        let digits = rest.len() - rest.trim_start_matches(|next: char| next.is_ascii_digit()).len();
        let number = &rest[..digits];
        let after = rest[digits..].chars().next();
        let touches_after = after.is_some_and(|next| !next.is_whitespace() && !matches!(next, ')' | ']' | '|'));
        let touches_before = before.is_some_and(|last| !last.is_whitespace() && !matches!(last, '(' | '[' | '|'));
        let dense = matches!(sequence.last(), Some(Element::Character(_)));
        if touches_before && number.is_empty() && !touches_after {
            match sequence.last_mut() {
                Some(Element::Word(form) | Element::Beginning(form)) => {
                    let beginning = std::mem::take(form);
                    sequence.pop();
                    sequence.push(Element::Beginning(beginning));
                    return Ok(());
                }
                _ if !dense => return Err(error(Problem::AttachedGap, start..self.at)),
                _ => {}
            }
        }
        // Scripts without spaces have nothing to keep a gap apart from its neighbours.
        let next_is_dense = after.is_some_and(is_dense);
        if (touches_before && !dense) || (touches_after && !next_is_dense) {
            return Err(error(Problem::AttachedGap, start..self.at));
        }
        self.at += digits;
        let size = if number.is_empty() { Some(GAP) } else { number.parse().ok() };
        match size.filter(|size| (1..=MAX_GAP).contains(size)) {
            Some(size) => sequence.push(Element::Gap(size)),
            None => return Err(error(Problem::GapSize(number.to_owned()), start..self.at)),
        }
        Ok(())
    }

    fn words(&mut self, sequence: &mut Sequence) {
        let rest = &self.text[self.at..];
        let end = rest.find(SPECIAL).unwrap_or(rest.len());
        let folded = Folded::new(&rest[..end]);
        self.at += end;
        sequence.extend(folded.words().iter().map(|word| {
            let form = folded.form(word).to_owned();
            match word.script {
                Script::Spaced => Element::Word(form),
                Script::Dense => Element::Character(form),
                // Particles follow the word without a space.
                Script::Hangul => Element::Beginning(form),
            }
        }));
    }

    /// Returns the range between an opening character and `close`, and moves behind it.
    fn enclosed(&mut self, close: char) -> Result<Range<usize>, PatternError> {
        let open = self.at;
        let inner = open + 1;
        let Some(length) = self.text[inner..].find(close) else {
            let opening = if close == '"' { '"' } else { partner(close) };
            return Err(error(Problem::Unbalanced(opening, close), open..inner));
        };
        self.at = inner + length + 1;
        Ok(inner..inner + length)
    }

    fn name(&self, range: Range<usize>) -> Result<String, PatternError> {
        let name = &self.text[range.clone()];
        let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        if name.is_empty() || !name.chars().all(fits) {
            return Err(error(Problem::Name(name.to_owned()), range));
        }
        Ok(name.to_owned())
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }
}

fn error(problem: Problem, range: Range<usize>) -> PatternError {
    PatternError { problem, range }
}

fn is_dense(letter: char) -> bool {
    let mut buffer = [0; 4];
    let folded = Folded::new(letter.encode_utf8(&mut buffer));
    folded.words().first().is_some_and(|word| word.script == Script::Dense)
}
