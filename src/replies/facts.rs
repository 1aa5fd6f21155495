//! Facts: values that replies quote, each with its source and the last day it may be quoted.
//!
//! `replies/_facts/<file>.yaml` holds `name: {source, checked_on, valid_until, value}` or, where the value depends on a
//! country or another key, `by: {DE: …, "AT, BE": …}`. A template calls it `fact("<file>.<name>")` or
//! `fact("<file>.<name>", key)`. An expired fact is never quoted. `example: true` marks a value that the starter pack made
//! up: it is quoted like any other, and `check` asks for the shop's own.

use std::collections::BTreeMap;

use jiff::{ToSpan as _, civil};

use crate::{
    diagnostic::{
        Code, Diagnostic,
        source::{FileId, Span},
        yaml::{Kind, Node, WRONG_TYPE, fields::Fields, parse_all},
    },
    model::{language::Language, verdict::FactUsed},
    replies::{filters, format::amount, template::FactUse},
};

/// A fact does not say where its value comes from.
pub const FACT_WITHOUT_SOURCE: Code = Code::new("fact-without-source");
/// A fact has no value, or both `value` and `by`.
pub const FACT_VALUE: Code = Code::new("fact-value");
/// A fact may no longer be quoted.
pub const FACT_EXPIRED: Code = Code::new("fact-expired");
/// A fact may be quoted for a few more days only.
pub const FACT_EXPIRES_SOON: Code = Code::new("fact-expires-soon");
/// Two entries of one fact have the same key.
pub const FACT_KEY_TWICE: Code = Code::new("fact-key-twice");

/// A fact holds an amount that readers of some languages take for another.
pub const FACT_NUMBER: Code = Code::new("fact-number");

/// A warning this early leaves time to look a value up again before answers stop.
const WARN_DAYS: i64 = 30;

/// All facts by their full name `<file>.<name>`.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts(BTreeMap<String, Fact>);

/// Why a fact cannot be quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotQuotable {
    /// There is none, in the words of a person.
    Missing(String),
    /// Its last day has passed.
    Expired { name: String, valid_until: civil::Date },
}

#[derive(Debug, Clone)]
struct Fact {
    /// Where its name stands.
    place: Span,
    values: Values,
    /// Where the starter pack says that the value is made up.
    example: Option<Span>,
}

#[derive(Debug, Clone)]
enum Values {
    One(Entry),
    By(BTreeMap<String, Entry>),
}

#[derive(Debug, Clone)]
struct Entry {
    words: Words,
    source: String,
    valid_until: Option<civil::Date>,
    span: Span,
}

#[derive(Debug, Clone)]
enum Words {
    Same(String),
    PerLanguage(BTreeMap<Language, String>),
}

/// What an entry takes over from its fact.
#[derive(Debug, Clone, Default)]
struct Origin {
    source: Option<String>,
    valid_until: Option<civil::Date>,
}

impl Facts {
    /// Reads one file of facts; `stem` is its name without folder and ending.
    pub(super) fn read(&mut self, file: FileId, stem: &str, text: &str) -> Vec<Diagnostic> {
        let (root, mut diagnostics) = parse_all(file, text);
        let Some(root) = root else { return diagnostics };
        let Kind::Mapping(entries) = &root.kind else {
            diagnostics.extend(Fields::open(file, &root).err());
            return diagnostics;
        };
        for (name, node) in entries {
            let place = Span::new(file, name.span.clone());
            let Some(name) = name.as_text() else { continue };
            if let Some(fact) = read_fact(file, place, node, &mut diagnostics) {
                self.0.insert(format!("{stem}.{name}"), fact);
            }
        }
        diagnostics
    }

    /// Returns the full names, sorted.
    pub(super) fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// Returns every full name with its place, sorted.
    pub(super) fn places(&self) -> impl Iterator<Item = (&str, &Span)> {
        self.0.iter().map(|(name, fact)| (name.as_str(), &fact.place))
    }

    /// Returns the facts whose values the starter pack made up, sorted by name, with the place of the mark.
    pub(super) fn examples(&self) -> Vec<(&str, &Span)> {
        self.0.iter().filter_map(|(name, fact)| Some((name.as_str(), fact.example.as_ref()?))).collect()
    }

    /// Returns everything a fact may say, by whatever key and in whatever language.
    pub(super) fn words(&self, name: &str) -> Vec<&str> {
        let Some(fact) = self.0.get(name) else { return Vec::new() };
        let words = fact.values.entries().into_iter().flat_map(|(_, entry)| match &entry.words {
            Words::Same(words) => vec![words.as_str()],
            Words::PerLanguage(words) => words.values().map(String::as_str).collect(),
        });
        words.collect()
    }

    /// Returns whether the fact of that name has one value for each of several keys; none if there is no such fact.
    pub(super) fn is_keyed(&self, name: &str) -> Option<bool> {
        self.0.get(name).map(|fact| matches!(fact.values, Values::By(_)))
    }

    /// Returns the first value of a fact that the filter behind it cannot read, and what that expects.
    pub(super) fn unreadable(&self, used: &FactUse) -> Option<(&str, &'static str)> {
        let filter = used.filter.as_deref()?;
        self.words(&used.name).into_iter().find_map(|value| Some((value, filters::unreadable(filter, value)?)))
    }

    /// Returns the value to be printed, with its source.
    pub(super) fn quote(
        &self,
        name: &str,
        key: Option<&str>,
        language: Language,
        today: civil::Date,
    ) -> Result<FactUsed, NotQuotable> {
        let missing = |why: String| NotQuotable::Missing(why);
        let full = full_name(name, key);
        let fact = self.0.get(name).ok_or_else(|| missing(format!("there is no fact `{name}`")))?;
        let entry = match (&fact.values, key) {
            (Values::One(entry), None) => entry,
            (Values::By(entries), Some(key)) => {
                entries.get(key).ok_or_else(|| missing(format!("the fact `{name}` has no entry for `{key}`")))?
            }
            (Values::One(_), Some(_)) => return Err(missing(format!("the fact `{name}` takes no key"))),
            (Values::By(_), None) => return Err(missing(format!("the fact `{name}` needs a key"))),
        };
        if let Some(valid_until) = entry.valid_until.filter(|last_day| *last_day < today) {
            return Err(NotQuotable::Expired { name: full, valid_until });
        }
        let value = match &entry.words {
            Words::Same(value) => value,
            Words::PerLanguage(values) => values
                .get(&language)
                .ok_or_else(|| missing(format!("the fact `{full}` has no words in `{language}`")))?,
        };
        let valid_until = entry.valid_until.map(|date| date.to_string());
        let made_up = fact.example.is_some();
        Ok(FactUsed { name: full, value: value.clone(), source: entry.source.clone(), valid_until, made_up })
    }

    /// Returns warnings about facts that may no longer be quoted or not much longer, one per place in a file.
    pub(super) fn check_dates(&self, today: civil::Date) -> Vec<Diagnostic> {
        let mut diagnostics: Vec<Diagnostic> = Vec::new();
        for (name, fact) in &self.0 {
            for (key, entry) in fact.values.entries() {
                let name = full_name(name, key);
                let known = |found: &Diagnostic| found.primary.span == entry.span;
                if let Some(found) = entry.age(&name, today).filter(|_| !diagnostics.iter().any(known)) {
                    diagnostics.push(found);
                }
            }
        }
        diagnostics
    }
}

impl Values {
    /// Returns every entry, with its key if the fact has keys.
    fn entries(&self) -> Vec<(Option<&str>, &Entry)> {
        match self {
            Self::One(entry) => vec![(None, entry)],
            Self::By(entries) => entries.iter().map(|(key, entry)| (Some(key.as_str()), entry)).collect(),
        }
    }
}

fn full_name(name: &str, key: Option<&str>) -> String {
    key.map_or_else(|| name.to_owned(), |key| format!("{name}[{key}]"))
}

impl Entry {
    fn age(&self, name: &str, today: civil::Date) -> Option<Diagnostic> {
        let last_day = self.valid_until?;
        let help = format!("look it up at its source ({}) and set checked_on and valid_until anew", self.source);
        if last_day < today {
            let message = format!("the fact `{name}` was valid until {last_day}; replies that quote it go to a person");
            return Some(Diagnostic::warning(FACT_EXPIRED, message, self.span.clone(), "expired").help(help));
        }
        if last_day > today.checked_add(WARN_DAYS.days()).ok()? {
            return None;
        }
        let message = format!("the fact `{name}` is valid until {last_day} only");
        Some(Diagnostic::warning(FACT_EXPIRES_SOON, message, self.span.clone(), "expires soon").help(help))
    }
}

fn read_fact(file: FileId, place: Span, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Fact> {
    let mut fields = match Fields::open(file, node) {
        Ok(fields) => fields,
        Err(found) => {
            diagnostics.push(found);
            return None;
        }
    };
    let origin = read_origin(&mut fields, &Origin::default());
    let (value, by) = (fields.node("value"), fields.node("by"));
    let example = marked_example(file, &mut fields);
    diagnostics.extend(fields.finish());
    let values = match (value, by) {
        (Some(value), None) => Values::One(entry(file, value, node, &origin, diagnostics)?),
        (None, Some(by)) => Values::By(read_keys(file, by, &origin, diagnostics)?),
        (both, _) => {
            let found = if both.is_some() { "has both `value` and `by`" } else { "has no value" };
            let span = Span::new(file, node.span.clone());
            let help = "write `value:` for one value, or `by:` with one value for each key";
            diagnostics.push(Diagnostic::error(FACT_VALUE, format!("the fact {found}"), span, "this fact").help(help));
            return None;
        }
    };
    Some(Fact { place, values, example })
}

/// Returns the place of `example: true`; none if the key is absent or false.
pub(super) fn marked_example(file: FileId, fields: &mut Fields<'_>) -> Option<Span> {
    let place = fields.node("example")?.span.clone();
    fields.take::<bool>("example")?.then(|| Span::new(file, place))
}

fn read_keys(
    file: FileId,
    by: &Node,
    origin: &Origin,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<BTreeMap<String, Entry>> {
    let Kind::Mapping(rows) = &by.kind else {
        diagnostics.extend(Fields::open(file, by).err());
        return None;
    };
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    for (keys, node) in rows {
        let Some(keys_text) = keys.as_text() else {
            diagnostics.push(not_text(file, keys));
            continue;
        };
        let Some(row) = keyed_entry(file, node, origin, diagnostics) else { continue };
        for key in keys_text.split(',').map(str::trim).filter(|key| !key.is_empty()) {
            if let Some(first) = entries.insert(key.to_owned(), row.clone()) {
                let span = Span::new(file, keys.span.clone());
                let found = Diagnostic::error(FACT_KEY_TWICE, format!("`{key}` has two values"), span, "second")
                    .related(first.span, "first")
                    .help("keep one of them");
                diagnostics.push(found);
            }
        }
    }
    Some(entries)
}

/// Reads one row of `by`: the bare value, or a mapping with `value` that may name its own source and dates.
fn keyed_entry(file: FileId, node: &Node, origin: &Origin, diagnostics: &mut Vec<Diagnostic>) -> Option<Entry> {
    if node.get("value").is_none() {
        return entry(file, node, node, origin, diagnostics);
    }
    let mut fields = Fields::open(file, node).ok()?;
    let own = read_origin(&mut fields, origin);
    let value = fields.node("value");
    diagnostics.extend(fields.finish());
    entry(file, value?, node, &own, diagnostics)
}

fn read_origin(fields: &mut Fields<'_>, outer: &Origin) -> Origin {
    // The day of the last look is for people who read the file; it must be a date all the same.
    let _checked_on: Option<civil::Date> = fields.take("checked_on");
    Origin {
        source: fields.take("source").or_else(|| outer.source.clone()),
        valid_until: fields.take("valid_until").or(outer.valid_until),
    }
}

fn entry(
    file: FileId,
    value: &Node,
    whole: &Node,
    origin: &Origin,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Entry> {
    let span = Span::new(file, whole.span.clone());
    let Some(source) = origin.source.clone().filter(|source| !source.trim().is_empty()) else {
        let message = "the fact does not say where its value comes from";
        let help = "add `source:` with the page, law or price list you read it in";
        diagnostics.push(Diagnostic::error(FACT_WITHOUT_SOURCE, message, span, "no source").help(help));
        return None;
    };
    let words = read_words(file, value, diagnostics)?;
    Some(Entry { words, source, valid_until: origin.valid_until, span })
}

fn read_words(file: FileId, value: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Words> {
    let Kind::Mapping(rows) = &value.kind else {
        let text = scalar(value);
        match &text {
            None => diagnostics.push(not_text(file, value)),
            Some(text) => diagnostics.extend(unclear_amount(file, value, text)),
        }
        return text.map(Words::Same);
    };
    let mut words = BTreeMap::new();
    for (language, text) in rows {
        let code = language.as_text().and_then(|code| code.parse::<Language>().ok());
        let (Some(code), Some(text)) = (code, scalar(text)) else {
            diagnostics.push(not_text(file, if code.is_none() { language } else { text }));
            return None;
        };
        words.insert(code, text);
    }
    Some(Words::PerLanguage(words))
}

/// Returns a warning about an amount that stands in replies of all languages and is not read the same in them.
fn unclear_amount(file: FileId, value: &Node, text: &str) -> Option<Diagnostic> {
    let (why, help) = amount::doubt(text)?;
    let span = Span::new(file, value.span.clone());
    Some(
        Diagnostic::warning(
            FACT_NUMBER,
            format!("the amount `{text}` is not clear: {why}"),
            span,
            "printed as it stands",
        )
        .help(help),
    )
}

fn scalar(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Text(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Kind::Integer(number) => Some(number.to_string()),
        Kind::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

fn not_text(file: FileId, node: &Node) -> Diagnostic {
    let message = format!("found {}, expected a text, a number or one text per language", node.describe());
    Diagnostic::error(WRONG_TYPE, message, Span::new(file, node.span.clone()), "not a value")
        .help("write `\"150 EUR\"`, or `{en: \"…\", zh: \"…\"}`")
}
