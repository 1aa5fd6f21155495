//! Words a shop must not send: promises about taxes or days that only others can keep, rewards for reviews, which every
//! marketplace forbids, and words that say nothing.
//!
//! Read on rendered text before it goes out, and on the seller's own words by `check`.

use std::sync::{LazyLock, OnceLock};

use regex::Regex;

use crate::model::language::Language;

/// One pattern per row: language, kind, regular expression over lower-case text.
const TABLE: &str = include_str!("promises.tsv");

/// The group that alone counts, in expressions that have it.
const COUNTS: &str = "no";

/// What is wrong with a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It promises what the shop cannot keep.
    Promise,
    /// It says that the shop did, or pays, something: only a person may, who sees to it.
    Act,
    /// It names a time without a date.
    When,
    /// It answers without an answer.
    Hedge,
}

/// A phrase that must not go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbidden {
    /// What is wrong with it.
    pub fault: Fault,
    /// The words as written, in lower case.
    pub phrase: String,
    /// Where they stand in the lower-case text; in text without special capitals that is the text's own place.
    pub range: std::ops::Range<usize>,
}

struct Pattern {
    language: Language,
    fault: Fault,
    source: &'static str,
    /// Built when a text of its language is first read: a shop answers in few of them, and building takes long.
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| Regex::new(self.source).ok()).as_ref()
    }
}

static PATTERNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| TABLE.lines().filter_map(pattern).collect());

/// Returns every forbidden phrase of that language, in the order of the text.
pub fn forbidden(text: &str, language: Language) -> Vec<Forbidden> {
    let text = text.to_lowercase();
    let mut found: Vec<Forbidden> = Vec::new();
    // Whether one matches at all is asked first: it is cheaper than where, and mostly none does.
    let own = PATTERNS.iter().filter(|pattern| pattern.language == language);
    let own = own.filter_map(|pattern| Some((pattern, pattern.regex()?)));
    for (pattern, regex) in own.filter(|(_, regex)| regex.is_match(&text)) {
        let group = regex.capture_names().flatten().any(|name| name == COUNTS);
        let hits = regex.captures_iter(&text);
        let hits = hits.filter_map(|hit| if group { hit.name(COUNTS) } else { hit.get(0) });
        found.extend(hits.map(|hit| Forbidden {
            fault: pattern.fault,
            phrase: hit.as_str().trim().to_owned(),
            range: hit.range(),
        }));
    }
    found.sort_by_key(|forbidden| (forbidden.range.start, std::cmp::Reverse(forbidden.range.end)));
    // Two expressions may see the same words; they are said once.
    let mut end = 0;
    found.retain(|forbidden| {
        let new = forbidden.range.start >= end;
        end = end.max(forbidden.range.end);
        new
    });
    found
}

/// Returns how many rows the table has and how many could be read; a test keeps them equal.
pub fn table_size() -> (usize, usize) {
    let rows = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
    (rows, PATTERNS.iter().filter(|pattern| pattern.regex().is_some()).count())
}

fn pattern(row: &'static str) -> Option<Pattern> {
    let mut columns = row.splitn(3, '\t');
    let language = columns.next()?.parse().ok()?;
    let fault = match columns.next()? {
        "promise" => Fault::Promise,
        "act" => Fault::Act,
        "when" => Fault::When,
        "hedge" => Fault::Hedge,
        _ => return None,
    };
    Some(Pattern { language, fault, source: columns.next()?, regex: OnceLock::new() })
}
