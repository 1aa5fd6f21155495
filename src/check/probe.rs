//! Parts of patterns tried alone on a text, by the same machine that decides: what `explain --rule` and `new` ask.
//!
//! Nothing here knows how patterns run: each part becomes a rule of its own in a rule set made for the question.

use std::{collections::BTreeMap, fmt::Write as _, ops::Range};

use jiff::civil;

use crate::{
    diagnostic::source::{FileId, SourceMap},
    model::{ids::IntentId, inbound::ChannelKind, language::Language},
    rules::{condition::Moment, pattern::Element, set::RuleSet},
};

/// Patterns to be tried, each alone.
#[derive(Debug, Default)]
pub(super) struct Probes {
    known: BTreeMap<(Language, String), usize>,
}

/// Patterns ready to be tried on texts.
#[derive(Debug)]
pub(super) struct Trial {
    set: RuleSet,
}

/// Where a pattern hits, by sentence.
pub(super) type Places = BTreeMap<usize, Vec<Range<usize>>>;

impl Probes {
    /// Adds a pattern, written as in a rule file, and returns its number; the same pattern has one number only.
    pub(super) fn add(&mut self, language: Language, pattern: &str) -> usize {
        let next = self.known.len();
        *self.known.entry((language, pattern.to_owned())).or_insert(next)
    }

    /// Makes them ready; word lists are those of the sources. What cannot be read never hits.
    pub(super) fn ready(&self, sources: &SourceMap) -> Trial {
        let mut map = SourceMap::default();
        let mut files: Vec<FileId> = Vec::new();
        for (_, source) in sources.iter().filter(|(_, source)| is_shared(&source.path)) {
            files.push(map.add(source.path.as_str(), source.text.as_str()));
        }
        for ((language, pattern), number) in &self.known {
            let quoted = pattern.replace('\'', "''");
            let item = if pattern.starts_with("regex:") { pattern.clone() } else { format!("'{quoted}'") };
            let rule = format!(
                "intent: p{number}\ntitle: p\ncategory: other\naction: escalate\nnegation: ignore\nsay: {{{language}: \
                 [{item}]}}\n"
            );
            files.push(map.add(format!("rules/other/p{number}.yaml"), rule));
        }
        Trial { set: RuleSet::read(&map, &files).0 }
    }
}

/// Word lists and lists of own values, which patterns name.
fn is_shared(path: &str) -> bool {
    path.starts_with("rules/_")
}

impl Trial {
    /// Returns where each pattern hits a text, by its number.
    pub(super) fn on(&self, text: &str) -> BTreeMap<usize, Places> {
        let reading = self.set.reading(text);
        let moment = Moment::plain(ChannelKind::Email, civil::Date::constant(2026, 1, 1));
        let evaluation = self.set.evaluate(&reading, &moment);
        let hits = evaluation.hits.iter().map(|hit| (&hit.rule, hit.sentence, &hit.spans));
        let losers = evaluation.losers.iter().map(|loser| (&loser.rule, loser.sentence, &loser.spans));
        let mut found: BTreeMap<usize, Places> = BTreeMap::new();
        for (rule, sentence, spans) in hits.chain(losers) {
            let Some(number) = number(rule) else { continue };
            let places = found.entry(number).or_default();
            places.entry(sentence.unwrap_or_default()).or_insert_with(|| spans.clone());
        }
        found
    }
}

fn number(rule: &IntentId) -> Option<usize> {
    rule.as_str().strip_prefix('p')?.parse().ok()
}

/// Writes a part of a pattern as a seller would.
pub(super) fn written(elements: &[Element]) -> String {
    let mut text = String::new();
    let mut dense = false;
    for element in elements {
        let character = matches!(element, Element::Character(_));
        if !(text.is_empty() || dense && character) {
            text.push(' ');
        }
        dense = character;
        write_element(&mut text, element);
    }
    text
}

fn write_element(text: &mut String, element: &Element) {
    let branches =
        |branches: &[Vec<Element>]| branches.iter().map(|branch| written(branch)).collect::<Vec<_>>().join("|");
    let done = match element {
        Element::Word(word) | Element::Character(word) => write!(text, "{word}"),
        Element::Beginning(word) if is_hangul(word) => write!(text, "{word}"),
        Element::Beginning(word) => write!(text, "{word}*"),
        Element::Exact(word) => write!(text, "\"{word}\""),
        Element::Gap(longest) if *longest == crate::rules::pattern::GAP => write!(text, "*"),
        Element::Gap(longest) => write!(text, "*{longest}"),
        Element::Choice(choices) => write!(text, "({})", branches(choices)),
        Element::Optional(choices) => write!(text, "[{}]", branches(choices)),
        Element::List { name, .. } => write!(text, "<{name}>"),
        Element::Entity { kind, name, .. } if kind == name => write!(text, "{{{kind}}}"),
        Element::Entity { kind, name, .. } => write!(text, "{{{kind}:{name}}}"),
    };
    done.expect("writing to a String never fails");
}

/// Every Korean word of a pattern is a beginning without being written so.
fn is_hangul(word: &str) -> bool {
    word.chars().any(|character| ('\u{ac00}'..='\u{d7a3}').contains(&character))
}
