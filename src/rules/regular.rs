//! `regex:` patterns: checked when read, compiled when first needed, run only where their literals occur.
//!
//! They see folded text: lower case, accents off. The engine is linear in the text whatever is written.

use std::{ops::Range, sync::OnceLock};

use regex::{Regex, RegexBuilder};
use regex_syntax::{
    ParserBuilder,
    ast::{self, Ast, RepetitionKind, RepetitionRange},
    hir::{Class, Hir, HirKind},
};

/// Longer expressions are refused: beyond it nobody can read them.
pub const MAX_BYTES: usize = 1000;
/// Groups in groups.
pub const MAX_NESTING: u32 = 32;
/// `.{0,200}` is longer than sentences; larger counts only make larger programs.
pub const MAX_REPEATS: u32 = 200;
/// Bound of the compiled form. Ordinary expressions stay below 100 KB; `(?:.{0,400}x){20}` has 8 MB and reads a page of
/// text in milliseconds.
pub const COMPILED_BYTES: usize = 512 << 10;
/// Expressions that are estimated to be smaller are compiled when they are first needed. Twice the room is kept, because
/// ignoring case makes classes larger.
const SURELY_SMALL: u64 = COMPILED_BYTES as u64 / 2;
/// Bytes that a byte of a literal, a class, and each range of a class compile to, measured: `a{200}` has 16 KB, `.` has
/// 1.2 KB, `\w` with its 770 ranges 50 KB.
const LITERAL_COST: u64 = 100;
const CLASS_COST: u64 = 1100;
const RANGE_COST: u64 = 70;
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
        if let Some((times, range)) = repeats_beyond(source) {
            let message = format!("the expression counts to {times}, at most {MAX_REPEATS}");
            return Err(RegularError { message, range: Some(range) });
        }
        let regular = Self { source: source.to_owned(), literals: required(&hir), compiled: OnceLock::new() };
        if size(&hir) > SURELY_SMALL && regular.regex().is_none() {
            let kilobytes = COMPILED_BYTES >> 10;
            let message = format!("the expression has more than {kilobytes} KB once its repeats are written out");
            return Err(RegularError { message, range: None });
        }
        Ok(regular)
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

/// Returns the first count beyond the limit, and its place.
fn repeats_beyond(source: &str) -> Option<(u32, Range<usize>)> {
    struct Counts(Option<(u32, Range<usize>)>);

    impl ast::Visitor for Counts {
        type Output = Option<(u32, Range<usize>)>;
        type Err = std::convert::Infallible;

        fn finish(self) -> Result<Self::Output, Self::Err> {
            Ok(self.0)
        }

        fn visit_pre(&mut self, part: &Ast) -> Result<(), Self::Err> {
            let Ast::Repetition(repetition) = part else { return Ok(()) };
            let RepetitionKind::Range(counts) = &repetition.op.kind else { return Ok(()) };
            let times = match counts {
                RepetitionRange::Exactly(times)
                | RepetitionRange::AtLeast(times)
                | RepetitionRange::Bounded(_, times) => *times,
            };
            let span = repetition.op.span;
            if times > MAX_REPEATS && self.0.is_none() {
                self.0 = Some((times, span.start.offset..span.end.offset));
            }
            Ok(())
        }
    }

    let tree = ast::parse::ParserBuilder::new().nest_limit(MAX_NESTING).build().parse(source).ok()?;
    ast::visit(&tree, Counts(None)).ok().flatten()
}

/// Estimates the bytes of the compiled form.
fn size(hir: &Hir) -> u64 {
    let class = |ranges: usize| CLASS_COST + RANGE_COST * ranges as u64;
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => LITERAL_COST,
        HirKind::Literal(literal) => LITERAL_COST * literal.0.len() as u64,
        HirKind::Class(Class::Unicode(ranges)) => class(ranges.ranges().len()),
        HirKind::Class(Class::Bytes(ranges)) => class(ranges.ranges().len()),
        HirKind::Repetition(repetition) => {
            let times = u64::from(repetition.max.unwrap_or(repetition.min).max(repetition.min).max(1));
            size(&repetition.sub).saturating_mul(times)
        }
        HirKind::Capture(capture) => size(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(size).fold(0, u64::saturating_add),
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
