//! A shop's own kinds of values, `rules/_entities/<name>.yaml`: what `{name}` in a pattern and `entity.name` stand for.
//!
//! ```yaml
//! red: {en: [red, crimson], zh: [红色]}
//! navy_blue: {en: [navy, dark blue], de: [marineblau]}
//! ```
//!
//! The key is the value that rules and replies see; the words are what buyers write, in any inflection.

use std::collections::BTreeMap;

use crate::{
    diagnostic::{
        Code, Diagnostic,
        nearest::{advice, nearest},
        source::{FileId, SourceMap, Span},
        yaml::{Kind, Node, WRONG_TYPE, parse_all},
    },
    model::language::Language,
    rules::syntax::phrase::language,
    text::{
        entity::{ENTITIES, own_list::OwnList},
        folded::Folded,
    },
};

/// A file of own values that has the name of a built-in kind, or an entry that is no plain words or stands for two values.
pub const BAD_ENTITY_LIST: Code = Code::new("bad-entity-list");

/// More words than any name of a color, model or material has.
const MAX_WORDS: usize = 12;
/// Characters that mean something in patterns; a value is found by plain words.
const PATTERN_CHARACTERS: [char; 7] = ['(', '|', '[', '<', '{', '*', '"'];
/// What to write, for help.
const SHAPE: &str = "write `red: {en: [red, crimson], zh: [红色]}`";

/// All kinds of values: the built-in ones and, numbered behind them, the shop's own lists.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct Kinds<'a>(pub(in crate::rules) &'a [OwnList]);

impl<'a> Kinds<'a> {
    /// Returns a kind's number; none if there is no such kind.
    pub(in crate::rules) fn number(self, kind: &str) -> Option<u16> {
        self.names().position(|known| known == kind).and_then(|index| u16::try_from(index).ok())
    }

    /// Returns what is wrong with naming a kind (behind `prefix`) at a place; nothing if there is such a kind.
    pub(in crate::rules) fn unknown(self, code: Code, prefix: &str, kind: &str, span: Span) -> Option<Diagnostic> {
        if self.number(kind).is_some() {
            return None;
        }
        let written = format!("{prefix}{kind}");
        let known: Vec<String> = self.names().map(|name| format!("{prefix}{name}")).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let help = match nearest(&written, known.iter().copied()) {
            Some(_) => advice(&written, &known),
            None => format!("{}; a kind of your own is a file `rules/_entities/{kind}.yaml`", advice(&written, &known)),
        };
        let message = format!("the entity `{kind}` is not known");
        Some(Diagnostic::error(code, message, span, "not known here").help(help))
    }

    fn names(self) -> impl Iterator<Item = &'a str> {
        ENTITIES.iter().map(|recognizer| recognizer.kind).chain(self.0.iter().map(OwnList::name))
    }
}

/// Reads a list; entries that cannot be read are left out and reported.
pub fn read(sources: &SourceMap, file: FileId, name: &str) -> (OwnList, Vec<Diagnostic>) {
    let (root, diagnostics) = parse_all(file, &sources.file(file).text);
    let mut reader = Reader { file, list: OwnList::new(name), known: BTreeMap::new(), diagnostics };
    if ENTITIES.iter().any(|recognizer| recognizer.kind == name) {
        let message = format!("`{name}` is a kind of value that is recognised anyway");
        reader.report(0..0, message, "this file", format!("rename it, to `my_{name}.yaml` for example"));
    }
    if let Some(root) = root {
        reader.values(&root);
    }
    (reader.list, reader.diagnostics)
}

struct Reader {
    file: FileId,
    list: OwnList,
    /// The value of each phrase of a language, and where it stands.
    known: BTreeMap<(Language, String), (String, Span)>,
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    fn values(&mut self, root: &Node) {
        let Kind::Mapping(entries) = &root.kind else { return self.wrong_type(root, "values with their words") };
        for (key, words) in entries {
            let value = match &key.kind {
                Kind::Text(text) if !text.trim().is_empty() => text.trim().to_owned(),
                Kind::Integer(number) => number.to_string(),
                _ => {
                    self.wrong_type(key, "a value");
                    continue;
                }
            };
            let Kind::Mapping(languages) = &words.kind else {
                self.wrong_type(words, "words by language");
                continue;
            };
            let number = self.list.add_value(&value);
            for (code, words) in languages {
                match language(self.file, code) {
                    Ok(language) => self.words(number, &value, language, words),
                    Err(found) => self.diagnostics.push(found),
                }
            }
        }
    }

    fn words(&mut self, number: usize, value: &str, language: Language, node: &Node) {
        let items = match &node.kind {
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        for item in items {
            let text = match &item.kind {
                Kind::Text(text) => text.clone(),
                Kind::Integer(number) => number.to_string(),
                _ => {
                    self.wrong_type(item, "a word or several");
                    continue;
                }
            };
            if self.is_plain(item, &text) && self.is_new(item, value, language, &text) {
                self.list.add_phrase(number, language, &text);
            }
        }
    }

    fn is_plain(&mut self, item: &Node, text: &str) -> bool {
        let words = Folded::new(text).words().len();
        if let Some(special) = text.chars().find(|character| PATTERN_CHARACTERS.contains(character)) {
            let message = format!("`{text}` is a pattern: a list of values holds plain words");
            let help = format!("leave `{special}` out and write every form as a word of its own");
            self.report(item.span.clone(), message, "not plain words", help);
            return false;
        }
        if words == 0 || words > MAX_WORDS {
            let message = format!("`{text}` has {words} words, expected 1 to {MAX_WORDS}");
            self.report(item.span.clone(), message, "in this entry", "write the words that buyers use".to_owned());
            return false;
        }
        true
    }

    /// Reports a phrase that stands for another value already; one that is written twice for the same value is harmless.
    fn is_new(&mut self, item: &Node, value: &str, language: Language, text: &str) -> bool {
        let span = Span::new(self.file, item.span.clone());
        let phrase = (language, Folded::new(text).text().trim().to_owned());
        let Some((other, earlier)) = self.known.get(&phrase) else {
            self.known.insert(phrase, (value.to_owned(), span));
            return true;
        };
        if other != value {
            let message = format!("`{text}` stands for `{other}` and for `{value}`");
            let found = Diagnostic::error(BAD_ENTITY_LIST, message, span, "again here");
            let found = found.related(earlier.clone(), "first here");
            self.diagnostics.push(found.help("keep it at the value that is meant more often"));
        }
        false
    }

    fn wrong_type(&mut self, node: &Node, expected: &str) {
        let message = format!("found {}, expected {expected}", node.describe());
        let span = Span::new(self.file, node.span.clone());
        self.diagnostics.push(Diagnostic::error(WRONG_TYPE, message, span, "wrong kind of value").help(SHAPE));
    }

    fn report(&mut self, span: std::ops::Range<usize>, message: String, label: &str, help: String) {
        let span = Span::new(self.file, span);
        self.diagnostics.push(Diagnostic::error(BAD_ENTITY_LIST, message, span, label).help(help));
    }
}
