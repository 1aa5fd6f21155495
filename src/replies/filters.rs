//! The filters that say a value in the language of the reply: amounts, numbers, days, plurals, lists. Each takes the
//! plain form in which facts and values are written; what it cannot read is an error, and the case goes to a person.

use jiff::civil;
use minijinja::{
    Environment, Error, ErrorKind, State, Value,
    value::{Kwargs, ValueKind},
};

use crate::{
    model::{language::Language, time::full_day},
    replies::format::{self, amount, moment, plural},
};

const AMOUNT: &str = "an amount such as `49 USD`";
const NUMBER: &str = "a number alone, such as `5` or `7-15`";
const DAY: &str = "a day such as `2026-12-24`";

/// The name under which the context holds what filters must know; templates cannot write it.
pub(super) const READER: &str = "reader of this message";

/// Who reads the message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader {
    /// The language.
    pub language: Language,
    /// The day it is written.
    pub today: civil::Date,
}

impl minijinja::value::Object for Reader {}

/// Adds the filters.
pub(super) fn add(environment: &mut Environment<'_>) {
    environment.add_filter("money", money);
    environment.add_filter("number", number);
    environment.add_filter("day", day);
    environment.add_filter("plural", plural);
    environment.add_filter("list", list);
}

/// Returns what a filter expects, if it cannot read that value; none too for filters that read any text.
pub(super) fn unreadable(filter: &str, value: &str) -> Option<&'static str> {
    let (readable, expected) = match filter {
        "money" => (amount::money(value, Language::EN).is_some(), AMOUNT),
        "number" | "plural" => (amount::bare(value).is_some(), NUMBER),
        "day" => (full_day(value.trim()).is_some(), DAY),
        _ => return None,
    };
    (!readable).then_some(expected)
}

/// Returns who reads the message.
pub(super) fn reader(state: &State<'_, '_>) -> Option<Reader> {
    state.lookup(READER)?.downcast_object_ref::<Reader>().copied()
}

/// Returns a fact as it is said: amounts and days in the forms of the language, everything else as it is written.
pub(super) fn fact(value: &str, reader: Reader) -> Option<String> {
    let day = || full_day(value).map(|date| moment::day(date, reader.today, reader.language));
    amount::said(value, reader.language).or_else(day)
}

fn money(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    said(state, value, AMOUNT, |text, reader| amount::money(text, reader.language))
}

fn number(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    said(state, value, NUMBER, |text, reader| {
        let (from, to) = amount::bare(text)?;
        Some(format::span(from, to, reader.language))
    })
}

fn day(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    said(state, value, DAY, |text, reader| {
        full_day(text.trim()).map(|date| moment::day(date, reader.today, reader.language))
    })
}

fn list(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    said(state, value, "items between commas", |text, reader| {
        let items: Vec<&str> =
            text.split([',', '，', '、', '،']).map(str::trim).filter(|item| !item.is_empty()).collect();
        (!items.is_empty()).then(|| format::list(&items, reader.language))
    })
}

#[expect(clippy::needless_pass_by_value, reason = "named arguments come by value only")]
fn plural(state: &State<'_, '_>, value: &Value, forms: Kwargs) -> Result<String, Error> {
    let mut given = Vec::new();
    for category in plural::CATEGORIES {
        given.push((category, forms.get::<Option<String>>(category)?));
    }
    forms.assert_all_used()?;
    let form = |category: &str| given.iter().find(|(known, _)| *known == category)?.1.as_deref();
    let text = written(value)?;
    let (Some(reader), Some(number)) = (reader(state), amount::bare(&text)) else { return Err(unlike(&text, NUMBER)) };
    let lacks = |category| {
        let message = format!("`plural` has no form `{category}`, which `{text}` takes in `{}`", reader.language);
        Error::new(ErrorKind::InvalidOperation, message)
    };
    plural::said(number, reader.language, form).map_err(lacks)
}

/// Applies a filter to the text of a value.
fn said(
    state: &State<'_, '_>,
    value: &Value,
    expected: &str,
    say: impl Fn(&str, Reader) -> Option<String>,
) -> Result<String, Error> {
    let text = written(value)?;
    reader(state).and_then(|reader| say(&text, reader)).ok_or_else(|| unlike(&text, expected))
}

/// Returns the text of a value; what is neither a text nor a number has none.
fn written(value: &Value) -> Result<String, Error> {
    if value.is_none() || value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    Ok(match value.kind() {
        ValueKind::String | ValueKind::Number => value.to_string(),
        _ => String::new(),
    })
}

fn unlike(text: &str, expected: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("`{text}` is not {expected}"))
}
