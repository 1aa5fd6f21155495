//! Why a rule does not hit: the pattern that came closest, and what is in its way.
//!
//! Each pattern is taken apart into the pieces that must occur; the pieces are tried alone. The pattern with the most of
//! them in one sentence is the nearest.

use std::{cmp::Reverse, collections::BTreeMap, ops::Range};

use serde::Serialize;

use crate::{
    check::probe::{Places, Probes, written},
    diagnostic::{nearest::nearest, source::SourceMap},
    model::language::Language,
    rules::{
        pattern::{Element, can_be_empty},
        rule::Rule,
        stop_word::only_stop_words,
        syntax::{
            self,
            phrase::{WrittenExpression, WrittenPhrase},
        },
    },
    text::reading::Reading,
};

/// The pattern that came closest to a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Nearness {
    /// The pattern as the seller wrote it.
    pub pattern: String,
    /// The language it is listed under.
    pub language: Language,
    /// Where the text has parts of it.
    pub spans: Vec<Range<usize>>,
    /// What is in the way.
    pub obstacle: Obstacle,
}

/// What keeps a pattern from hitting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Obstacle {
    /// Parts do not occur.
    Missing {
        /// They, as written.
        parts: Vec<String>,
        /// A word of the text that looks like one of them.
        looks_like: Option<String>,
    },
    /// The parts stand in several sentences.
    Sentences,
    /// One part stands before the other and should stand after it.
    Order {
        /// The part that the pattern has first.
        first: String,
        /// The part that the text has first.
        second: String,
    },
    /// More words between two parts than the pattern allows.
    Gap {
        /// The part before.
        before: String,
        /// The part after.
        after: String,
        /// So many may stand between.
        allowed: usize,
        /// So many do.
        found: usize,
    },
    /// A pattern under `none:` hits.
    Excluded {
        /// That pattern.
        pattern: String,
    },
    /// All is there and it does not hit all the same.
    Combination,
}

/// Returns the pattern of a rule that came closest to hitting; none if the text has no part of any.
pub fn nearest_pattern(sources: &SourceMap, rule: &Rule, reading: &Reading) -> Option<Nearness> {
    let file = syntax::read(sources, rule.file).0?;
    let mut probes = Probes::default();
    let shapes: Vec<Shape> = file.say.iter().flat_map(|phrase| shapes(phrase, &mut probes)).collect();
    let found = probes.ready(sources).on(reading.original());
    let sentences = reading.sentences().len();
    let judged = shapes.iter().enumerate().flat_map(|(index, shape)| {
        let found = &found;
        (0..sentences).filter_map(move |sentence| {
            let score = shape.score(found, sentence)?;
            Some((Reverse(score), index, sentence))
        })
    });
    let (_, index, sentence) = judged.min()?;
    Some(shapes[index].nearness(&found, sentence, reading))
}

/// A pattern taken apart.
struct Shape {
    language: Language,
    text: String,
    pieces: Vec<Piece>,
    /// The pieces stand in this order.
    ordered: bool,
    /// The pieces may stand in different sentences.
    message_wide: bool,
    /// What must not hit.
    none: Vec<(usize, String)>,
}

/// A part of a pattern that must occur.
struct Piece {
    text: String,
    /// One of these probes must hit.
    probes: Vec<usize>,
    /// How many words may stand before it.
    gap: usize,
    /// It says what is wanted; a stop word does not.
    says: bool,
}

type Found = BTreeMap<usize, Places>;

fn shapes(phrase: &WrittenPhrase, probes: &mut Probes) -> Vec<Shape> {
    let shape = |pieces, ordered| Shape {
        language: phrase.language,
        text: phrase.text.clone(),
        pieces,
        ordered,
        message_wide: false,
        none: Vec::new(),
    };
    match &phrase.expression {
        WrittenExpression::Words { sequence, .. } => vec![shape(pieces(sequence, phrase.language, probes), true)],
        WrittenExpression::Regular(_) => Vec::new(),
        WrittenExpression::Group(group) => {
            let mut part = |expression: &WrittenExpression| piece_of(expression, phrase.language, probes);
            let all: Vec<Piece> = group.all.iter().filter_map(&mut part).collect();
            let any: Vec<Piece> = group.any.iter().filter_map(&mut part).collect();
            let none: Vec<Piece> = group.none.iter().filter_map(&mut part).collect();
            let mut pieces = all;
            if !any.is_empty() {
                let text = any.iter().map(|piece| piece.text.as_str()).collect::<Vec<_>>().join("|");
                let probes = any.into_iter().flat_map(|piece| piece.probes).collect();
                pieces.push(Piece { text: format!("({text})"), probes, gap: 0, says: true });
            }
            let mut whole = shape(pieces, false);
            whole.message_wide = group.message_wide;
            whole.none = none
                .into_iter()
                .flat_map(|piece| piece.probes.into_iter().map(move |probe| (probe, piece.text.clone())))
                .collect();
            vec![whole]
        }
    }
}

fn piece_of(expression: &WrittenExpression, language: Language, probes: &mut Probes) -> Option<Piece> {
    let WrittenExpression::Words { sequence, text, .. } = expression else { return None };
    let says = !only_stop_words(sequence, language);
    Some(Piece { text: text.clone(), probes: vec![probes.add(language, text)], gap: 0, says })
}

/// Takes a sequence apart: each element that must occur is a piece; Chinese characters in a row are one.
fn pieces(sequence: &[Element], language: Language, probes: &mut Probes) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut gap = 0;
    let mut at = 0;
    while let Some(element) = sequence.get(at) {
        let character = |element: &Element| matches!(element, Element::Character(_));
        let run = sequence[at..].iter().take_while(|next| character(next)).count().max(1);
        let part = &sequence[at..at + run];
        at += run;
        if can_be_empty(element) {
            gap += match element {
                Element::Gap(longest) => usize::from(*longest),
                _ => LONGEST_OPTION,
            };
            continue;
        }
        let text = written(part);
        let says = !only_stop_words(part, language);
        pieces.push(Piece { probes: vec![probes.add(language, &text)], text, gap: std::mem::take(&mut gap), says });
    }
    pieces
}

/// An option takes the place of so many words at most, for a guess at what stands too far apart.
const LONGEST_OPTION: usize = 3;

impl Piece {
    fn place<'f>(&self, found: &'f Found, sentence: usize) -> Option<&'f [Range<usize>]> {
        self.probes.iter().find_map(|probe| found.get(probe)?.get(&sentence).map(Vec::as_slice))
    }

    fn occurs(&self, found: &Found) -> bool {
        self.probes.iter().any(|probe| found.contains_key(probe))
    }
}

impl Shape {
    /// Returns how near the pattern came in a sentence, more being nearer; none without a part that says something.
    fn score(&self, found: &Found, sentence: usize) -> Option<(usize, usize, Reverse<usize>)> {
        let here = |piece: &&Piece| piece.place(found, sentence).is_some();
        let says = self.pieces.iter().filter(here).filter(|piece| piece.says).count();
        if says == 0 {
            return None;
        }
        let count = self.pieces.iter().filter(here).count();
        let missing = self.pieces.len() - count;
        Some((count * 1_000 / self.pieces.len(), says, Reverse(missing)))
    }

    fn nearness(&self, found: &Found, sentence: usize, reading: &Reading) -> Nearness {
        let here: Vec<&[Range<usize>]> = self.pieces.iter().filter_map(|piece| piece.place(found, sentence)).collect();
        let mut spans: Vec<Range<usize>> = here.into_iter().flatten().cloned().collect();
        spans.sort_by_key(|span| (span.start, span.end));
        spans.dedup();
        let obstacle = self.obstacle(found, sentence, reading);
        Nearness { pattern: self.text.clone(), language: self.language, spans, obstacle }
    }

    fn obstacle(&self, found: &Found, sentence: usize, reading: &Reading) -> Obstacle {
        let missing: Vec<&Piece> = self.pieces.iter().filter(|piece| piece.place(found, sentence).is_none()).collect();
        if missing.iter().any(|piece| !piece.occurs(found)) {
            let missing: Vec<&Piece> = missing.into_iter().filter(|piece| !piece.occurs(found)).collect();
            let looks_like = missing.iter().find_map(|piece| similar_word(&piece.text, sentence, reading));
            return Obstacle::Missing {
                parts: missing.into_iter().map(|piece| piece.text.clone()).collect(),
                looks_like,
            };
        }
        if !missing.is_empty() && !self.message_wide {
            return Obstacle::Sentences;
        }
        if let Some((_, pattern)) = self.none.iter().find(|(probe, _)| found.contains_key(probe)) {
            return Obstacle::Excluded { pattern: pattern.clone() };
        }
        let mut pairs = self.pieces.windows(2).filter(|_| self.ordered);
        pairs.find_map(|pair| distance(&pair[0], &pair[1], found, sentence, reading)).unwrap_or(Obstacle::Combination)
    }
}

/// Returns what is wrong between two pieces of a pattern that stand in one sentence.
fn distance(first: &Piece, second: &Piece, found: &Found, sentence: usize, reading: &Reading) -> Option<Obstacle> {
    let end = first.place(found, sentence)?.last()?.end;
    let start = second.place(found, sentence)?.first()?.start;
    if start < end {
        return Some(Obstacle::Order { first: first.text.clone(), second: second.text.clone() });
    }
    let between =
        reading.folded().words().iter().filter(|word| end <= word.original.start && word.original.end <= start);
    let between = between.count();
    (between > second.gap).then(|| Obstacle::Gap {
        before: first.text.clone(),
        after: second.text.clone(),
        allowed: second.gap,
        found: between,
    })
}

/// Returns the word of the sentence that a plain word of a pattern may have been meant by.
fn similar_word(piece: &str, sentence: usize, reading: &Reading) -> Option<String> {
    /// Shorter words look like too many others.
    const MIN_LETTERS: usize = 4;
    if piece.chars().count() < MIN_LETTERS || !piece.chars().all(char::is_alphabetic) {
        return None;
    }
    let words = reading.sentences().get(sentence)?.words.clone();
    let forms = reading.folded().words()[words].iter().map(|word| reading.folded().form(word));
    nearest(piece, forms.filter(|form| form.chars().count() >= MIN_LETTERS)).map(str::to_owned)
}
