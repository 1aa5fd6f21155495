//! Patterns made from sentences that buyers wrote: the words that few other rules have, in their order.
//!
//! What is common is learned from the examples of all rules, so it works in every language that has some.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    check::probe::Probes,
    diagnostic::source::SourceMap,
    model::{language::Language, verdict::SentenceKind},
    rules::{
        pattern::{GAP, MAX_GAP},
        rule::Rule,
        stop_word::is_stop_word,
    },
    text::{
        folded::{Folded, Script},
        reading::Reading,
        stem::stem,
    },
};

/// A pattern of more words than this says too much: the next buyer uses other ones.
const MAX_WORDS: usize = 3;
/// Words that stand in the examples of so many rules say nothing.
const COMMON_RULES: usize = 3;
/// Where all words of a sentence are common, twice as common ones are looked at so often: in a large pack even “wrap” and
/// “gift” stand in several rules, and only together they say something.
const WIDENED: u32 = 3;

/// English words that join others: in a shop with few rules its examples do not show yet that they are common. Others are
/// learned.
const JOINING: &[&str] = &[
    "about", "after", "again", "all", "already", "also", "am", "another", "any", "anything", "as", "because", "been",
    "before", "but", "by", "could", "did", "does", "doing", "don", "done", "else", "ever", "every", "get", "give",
    "go", "got", "had", "has", "he", "her", "here", "him", "his", "into", "its", "just", "know", "let", "like", "ll",
    "make", "may", "might", "more", "most", "much", "must", "need", "no", "not", "now", "off", "one", "only", "other",
    "our", "out", "over", "re", "say", "see", "shall", "she", "should", "since", "some", "still", "such", "take",
    "tell", "than", "thank", "thanks", "their", "them", "then", "there", "these", "they", "thing", "those", "too",
    "until", "up", "us", "ve", "very", "want", "wanted", "way", "well", "were", "when", "where", "which", "while",
    "who", "why", "without", "would", "yes", "yet",
];

/// What is known of words from the examples of all rules.
#[derive(Debug)]
pub struct Corpus<'a> {
    sources: &'a SourceMap,
    /// In the examples of how many rules a stem, or a pair of characters, stands.
    rules_with: BTreeMap<String, usize>,
    examples: Vec<String>,
}

/// A stretch of a sentence that may become a part of a pattern.
#[derive(Debug, Clone)]
struct Part {
    text: String,
    /// The words it covers.
    first: usize,
    last: usize,
    rules: usize,
}

impl Part {
    /// Returns whether it is a stretch of a text without spaces that is as long as two words.
    fn is_phrase(&self) -> bool {
        self.last - self.first >= 3
    }
}

impl<'a> Corpus<'a> {
    /// Reads the examples of all rules.
    pub fn new(sources: &'a SourceMap, rules: &[Rule]) -> Self {
        let mut rules_with: BTreeMap<String, usize> = BTreeMap::new();
        let mut examples = Vec::new();
        for rule in rules {
            let mut own: BTreeSet<String> = BTreeSet::new();
            for example in rule.examples.iter().filter(|example| example.matches) {
                let reading = Reading::new(&example.text);
                own.extend(terms(reading.folded(), example.language));
                examples.push(example.text.clone());
            }
            for term in own {
                *rules_with.entry(term).or_default() += 1;
            }
        }
        Self { sources, rules_with, examples }
    }

    /// Returns a pattern for a sentence that hits it and none of the examples of other rules; none if the sentence has
    /// no words of its own.
    pub fn pattern(&self, sentence: &str, language: Language) -> Option<String> {
        let reading = Reading::new(sentence);
        let asking = reading.sentences().iter().filter(|sentence| sentence.kind != SentenceKind::Courtesy);
        let words =
            asking.max_by_key(|sentence| (sentence.kind == SentenceKind::Asks, sentence.words.len()))?.words.clone();
        (0..=WIDENED).find_map(|widened| {
            let parts = self.parts(&reading, words.clone(), language, COMMON_RULES << widened);
            self.rarest(&parts, &reading, language)
        })
    }

    /// Returns a pattern of the rarest parts that hits this text and no example.
    fn rarest(&self, parts: &[Part], reading: &Reading, language: Language) -> Option<String> {
        let mut rarest: Vec<&Part> = parts.iter().collect();
        rarest.sort_by_key(|part| (part.rules, std::cmp::Reverse(part.text.chars().count()), part.first));
        (2..=MAX_WORDS.max(parts.len())).chain([1]).find_map(|count| {
            let mut chosen: Vec<&Part> = rarest.iter().copied().take(count).collect();
            let alone = count == 1 && chosen.first().is_none_or(|part| part.rules > 0 && !part.is_phrase());
            chosen.sort_by_key(|part| part.first);
            let pattern = joined(&chosen)?;
            (!alone && chosen.len() == count && self.is_own(&pattern, language, reading)).then_some(pattern)
        })
    }

    /// Returns whether a pattern hits this text and no example.
    fn is_own(&self, pattern: &str, language: Language, reading: &Reading) -> bool {
        let mut probes = Probes::default();
        probes.add(language, pattern);
        let trial = probes.ready(self.sources);
        !trial.on(reading.original()).is_empty() && self.examples.iter().all(|example| trial.on(example).is_empty())
    }

    /// Returns the words that stand in the examples of fewer rules than `common`.
    fn parts(&self, reading: &Reading, words: std::ops::Range<usize>, language: Language, common: usize) -> Vec<Part> {
        let folded = reading.folded();
        let mut parts: Vec<Part> = Vec::new();
        let mut at = words.start;
        while at < words.end {
            let word = &folded.words()[at];
            if word.script == Script::Dense {
                let end =
                    (at..words.end).find(|next| folded.words()[*next].script != Script::Dense).unwrap_or(words.end);
                parts.extend(self.dense(folded, at..end, language, common));
                at = end;
                continue;
            }
            let form = folded.form(word);
            let known = self.rules_with.get(stem(form, language).as_ref()).copied().unwrap_or_default();
            let number = form.chars().any(|character| character.is_ascii_digit());
            let joins = is_stop_word(form, language) || language == Language::EN && JOINING.contains(&form);
            if !joins && known < common.max(self.rules_with.len() / 400) && !number {
                parts.push(Part { text: form.to_owned(), first: at, last: at, rules: known });
            }
            at += 1;
        }
        parts
    }

    /// Returns the stretches of a text without spaces that are left when common pairs of characters are taken out.
    fn dense(&self, folded: &Folded, words: std::ops::Range<usize>, language: Language, common: usize) -> Vec<Part> {
        let form = |at: usize| folded.form(&folded.words()[at]);
        let pair = |at: usize| format!("{}{}", form(at), form(at + 1));
        let common = |at: usize| self.rules_with.get(&pair(at)).is_some_and(|rules| *rules >= common);
        let mut keep: Vec<bool> = words.clone().map(|at| !is_stop_word(form(at), language)).collect();
        for at in words.start..words.end.saturating_sub(1) {
            if common(at) {
                keep[at - words.start] = false;
                keep[at + 1 - words.start] = false;
            }
        }
        let mut parts = Vec::new();
        let mut start = None;
        for at in words.start..=words.end {
            let kept = at < words.end && keep[at - words.start];
            match (kept, start) {
                (true, None) => start = Some(at),
                (false, Some(first)) => {
                    start = None;
                    if at - first >= 2 {
                        let text: String = (first..at).map(form).collect();
                        let rules = (first..at - 1).filter_map(|at| self.rules_with.get(&pair(at)).copied()).min();
                        parts.push(Part { text, first, last: at - 1, rules: rules.unwrap_or_default() });
                    }
                }
                _ => {}
            }
        }
        parts
    }
}

/// Returns what is counted: stems of spaced words, pairs of characters of others.
fn terms(folded: &Folded, language: Language) -> BTreeSet<String> {
    let words = folded.words();
    let spaced = words.iter().filter(|word| word.script != Script::Dense);
    let mut terms: BTreeSet<String> = spaced.map(|word| stem(folded.form(word), language).into_owned()).collect();
    for pair in words.windows(2).filter(|pair| pair.iter().all(|word| word.script == Script::Dense)) {
        terms.insert(format!("{}{}", folded.form(&pair[0]), folded.form(&pair[1])));
    }
    terms
}

/// Joins parts by gaps of the size the sentence has, rounded up to the usual one; none if they stand too far apart.
fn joined(parts: &[&Part]) -> Option<String> {
    let mut pattern = String::new();
    let mut before: Option<&Part> = None;
    for part in parts {
        if let Some(before) = before {
            let between = part.first - before.last - 1;
            match between {
                0 => pattern.push(' '),
                _ if between <= usize::from(GAP) => pattern.push_str(" * "),
                _ if between <= usize::from(MAX_GAP) => pattern.extend([" *", &between.to_string(), " "]),
                _ => return None,
            }
        }
        pattern.push_str(&part.text);
        before = Some(part);
    }
    (!pattern.is_empty()).then_some(pattern)
}
