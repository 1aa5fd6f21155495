//! `regex:` patterns: checked when read, compiled when first needed, run only where their literals occur.
//!
//! They see folded text: lower case, accents off. The engine is linear in the text whatever is written.

use std::{ops::Range, sync::OnceLock};

use regex::{Regex, RegexBuilder};
use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind},
};

/// Longer expressions are refused: beyond it nobody can read them.
pub const MAX_BYTES: usize = 1000;
/// Groups in groups.
const MAX_NESTING: u32 = 32;
/// Estimated size: the sum over literals and classes times their counted repeats. `\w` weighs about 770; a pattern of
/// this weight compiles to less than [`COMPILED_BYTES`].
const MAX_WEIGHT: u64 = 10_000;
/// Bound of the compiled form.
const COMPILED_BYTES: usize = 8 << 20;
/// Shorter literals occur everywhere and would sort out nothing. One Chinese character has three bytes.
const MIN_LITERAL_BYTES: usize = 3;
/// A class of so few characters may be one letter in both cases.
const MAX_CASES: usize = 4;

/// A checked expression.
#[derive(Debug)]
pub struct Regular {
    source: String,
    /// Every inner list: one of these literals must occur.
    literals: Vec<Vec<String>>,
    compiled: OnceLock<Option<Regex>>,
}

/// Why an expression is refused, and where in its text if that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegularError {
    /// What is wrong.
    pub message: String,
    /// Bytes of the expression.
    pub range: Option<Range<usize>>,
}

impl Regular {
    /// Checks an expression.
    pub fn new(source: &str) -> Result<Self, RegularError> {
        if source.len() > MAX_BYTES {
            let message = format!("the expression has {} bytes, at most {MAX_BYTES}", source.len());
            return Err(RegularError { message, range: None });
        }
        let hir =
            ParserBuilder::new().nest_limit(MAX_NESTING).build().parse(source).map_err(|error| explain(&error))?;
        if hir.properties().minimum_len().is_none_or(|length| length == 0) {
            let message = "the expression matches the empty text".to_owned();
            return Err(RegularError { message, range: None });
        }
        if weight(&hir) > MAX_WEIGHT {
            let message = "the expression is too large once its counted repeats are written out".to_owned();
            return Err(RegularError { message, range: None });
        }
        Ok(Self { source: source.to_owned(), literals: required(&hir), compiled: OnceLock::new() })
    }

    /// Returns the expression as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns literals of which one in each list must occur in a text that matches; empty if nothing is required.
    pub fn literals(&self) -> &[Vec<String>] {
        &self.literals
    }

    /// Returns the compiled expression. None only if its size was misjudged; it then matches nothing.
    pub fn regex(&self) -> Option<&Regex> {
        let build = || {
            RegexBuilder::new(&self.source)
                .case_insensitive(true)
                .dot_matches_new_line(true)
                .size_limit(COMPILED_BYTES)
                .nest_limit(MAX_NESTING)
                .build()
                .ok()
        };
        self.compiled.get_or_init(build).as_ref()
    }
}

fn explain(error: &regex_syntax::Error) -> RegularError {
    let (message, span) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), Some(error.span())),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), Some(error.span())),
        other => (other.to_string(), None),
    };
    RegularError { message, range: span.map(|span| span.start.offset..span.end.offset) }
}

fn weight(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Unicode(class)) => class.ranges().len() as u64,
        HirKind::Class(Class::Bytes(class)) => class.ranges().len() as u64,
        HirKind::Repetition(repetition) => {
            let times = u64::from(repetition.max.unwrap_or(repetition.min).max(repetition.min).max(1));
            weight(&repetition.sub).saturating_mul(times)
        }
        HirKind::Capture(capture) => weight(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(weight).fold(0, u64::saturating_add),
    }
}

/// Returns what must occur: one literal of each list.
fn required(hir: &Hir) -> Vec<Vec<String>> {
    match hir.kind() {
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Alternation(branches) => {
            let best: Option<Vec<Vec<String>>> = branches
                .iter()
                .map(|branch| required(branch).into_iter().max_by_key(|list| list.iter().map(String::len).min()))
                .collect();
            best.map(|lists| vec![lists.concat()]).unwrap_or_default()
        }
        HirKind::Concat(parts) => required_in_order(parts),
        HirKind::Literal(_) | HirKind::Class(_) => required_in_order(std::slice::from_ref(hir)),
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => Vec::new(),
    }
}

fn required_in_order(parts: &[Hir]) -> Vec<Vec<String>> {
    let mut lists = Vec::new();
    let mut run = String::new();
    for part in parts {
        if let Some(letters) = fixed(part) {
            run.push_str(&letters);
            continue;
        }
        if matches!(part.kind(), HirKind::Look(_)) {
            continue;
        }
        lists.push(vec![std::mem::take(&mut run)]);
        if !matches!(part.kind(), HirKind::Literal(_) | HirKind::Class(_)) {
            lists.extend(required(part));
        }
    }
    lists.push(vec![run]);
    lists.retain(|list| list.iter().all(|literal| literal.len() >= MIN_LITERAL_BYTES));
    lists
}

/// Returns the text a part stands for, in lower case, if it stands for one text only.
fn fixed(part: &Hir) -> Option<String> {
    match part.kind() {
        HirKind::Literal(literal) => Some(std::str::from_utf8(&literal.0).ok()?.to_lowercase()),
        HirKind::Class(Class::Unicode(class)) => {
            let letters: Vec<char> =
                class.ranges().iter().flat_map(|range| range.start()..=range.end()).take(MAX_CASES + 1).collect();
            let lower = letters.first()?.to_lowercase().to_string();
            let same =
                letters.len() <= MAX_CASES && letters.iter().all(|letter| letter.to_lowercase().eq(lower.chars()));
            same.then_some(lower)
        }
        _ => None,
    }
}
