//! Fills templates with values. A value that is missing, a fact that may not be quoted and a template without end are
//! errors here, never words in a buyer's mailbox. What a buyer wrote is only ever a value.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::civil;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value, escape_formatter,
    syntax::SyntaxConfig,
    value::{Object, ObjectRepr, ValueKind},
};

use crate::{
    model::{ids::ReplyId, language::Language, order::Order, verdict::FactUsed},
    replies::{
        catalog::{RenderError, Rest, Values},
        country, entity,
        facts::{Facts, NotQuotable},
        filters::{self, Reader},
        format::moment,
        situations::Situation,
        variables::{ENTITY, VARIABLES},
    },
};

/// Instructions per template: the longest honest one uses some hundreds.
const FUEL: u64 = 20_000;
/// Longer first names are not first names.
const MAX_NAME_CHARS: usize = 40;

/// Everything one message is made from beside its templates.
pub(super) struct Setting<'a> {
    pub values: &'a Values,
    pub language: Language,
    pub today: civil::Date,
    /// The one in force, with its last day.
    pub situation: Option<(&'a Situation, civil::Date)>,
    pub rest: Rest<'a>,
    /// The shop's own kinds of values.
    pub own_kinds: &'a [String],
}

/// The context of one message; it remembers the facts that were quoted.
pub(super) struct Scope {
    context: BTreeMap<&'static str, Value>,
    quotes: Arc<Quotes>,
}

/// Returns an environment that offers exactly what `variables` lists.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_debug(true);
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    if let Ok(syntax) = syntax.build() {
        environment.set_syntax(syntax);
    }
    environment.set_auto_escape_callback(|name| {
        if Path::new(name).extension().is_some_and(|ending| ending == "html") {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    environment.set_formatter(print);
    environment.add_filter("default", |value: Value, other: Value| if is_missing(&value) { other } else { value });
    environment.add_filter("capitalize", |text: &str| capitalized(text));
    environment.add_filter("upper", |text: &str| text.to_uppercase());
    environment.add_filter("lower", |text: &str| text.to_lowercase());
    environment.add_filter("trim", |text: &str| text.trim().to_owned());
    filters::add(&mut environment);
    environment.add_test("defined", |value: Value| !is_missing(&value));
    environment.add_test("undefined", |value: Value| is_missing(&value));
    environment
}

impl Scope {
    /// Prepares the values of one message.
    pub(super) fn new(setting: &Setting<'_>, facts: &Arc<Facts>) -> Self {
        let language = setting.language;
        let code = setting.values.entities.get("country").cloned();
        let name = code.as_deref().and_then(|code| country::name(code, language));
        let quotes = Arc::new(Quotes {
            facts: Arc::clone(facts),
            language,
            today: setting.today,
            country: name.map(str::to_owned).zip(code.clone()),
            taken: Mutex::default(),
            refused: Mutex::default(),
        });
        let values = setting.values;
        let eta = values.human_eta.as_ref().map(|eta| moment::moment(&eta.at, eta.zone_known, setting.today, language));
        let first_name = values.buyer_first_name.as_deref().and_then(plausible_name);
        let next_workday = values.buyer_next_workday.map(|date| moment::day(date, setting.today, language));
        let context = BTreeMap::from([
            ("buyer", map([("first_name", optional(first_name)), ("next_workday", optional(next_workday))])),
            ("shop", map([("name", Value::from(values.shop_name.as_str()))])),
            ("desk", map([("hours", known(values.desk_hours.as_deref()))])),
            ("human_eta", optional(eta)),
            ("satisfaction_url", optional(values.satisfaction_url.clone())),
            ("entity", entities(setting)),
            ("order", order(values.order.as_ref(), setting)),
            ("situation", situation(setting)),
            (filters::READER, Value::from_object(Reader { language, today: setting.today })),
            ("automatic", Value::from(values.automatic)),
            ("uncovered", Value::from(setting.rest != Rest::Nothing)),
            ("rest", optional(setting.rest.words().map(str::to_owned))),
            ("fact", Value::from_dyn_object(Arc::clone(&quotes))),
        ]);
        Self { context, quotes }
    }

    /// Sets what the frame prints as `body`.
    pub(super) fn set_body(&mut self, body: &str) {
        self.context.insert("body", Value::from(body));
    }

    /// Fills one template; `reply` is named in errors.
    pub(super) fn fill(
        &self,
        environment: &Environment<'_>,
        name: &str,
        reply: &ReplyId,
    ) -> Result<String, RenderError> {
        let template = environment.get_template(name).map_err(|error| self.explain(&error, "", reply))?;
        template
            .render(Value::from(self.context.clone()))
            .map_err(|error| self.explain(&error, template.source(), reply))
    }

    /// Returns the facts quoted so far, each once.
    pub(super) fn facts(&self) -> Vec<FactUsed> {
        let mut facts: Vec<FactUsed> = Vec::new();
        for fact in self.quotes.taken.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            if !facts.contains(fact) {
                facts.push(fact.clone());
            }
        }
        facts
    }

    fn explain(&self, error: &Error, source: &str, reply: &ReplyId) -> RenderError {
        let reply = reply.clone();
        match self.quotes.refused.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(NotQuotable::Missing(what)) => return RenderError::FactMissing { reply, what },
            Some(NotQuotable::Expired { name, valid_until }) => {
                return RenderError::FactExpired { reply, fact: name, valid_until };
            }
            None => {}
        }
        let written = error.range().and_then(|range| source.get(range)).map(str::trim).unwrap_or_default();
        if error.kind() == ErrorKind::UndefinedError {
            return RenderError::Undefined { reply, what: written.to_owned() };
        }
        let message = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        RenderError::Template { reply, message }
    }
}

/// The function `fact`, and what came of it.
#[derive(Debug)]
struct Quotes {
    facts: Arc<Facts>,
    language: Language,
    today: civil::Date,
    /// Name and code: a template passes `entity.country`, which is the name, where a fact is kept by code.
    country: Option<(String, String)>,
    taken: Mutex<Vec<FactUsed>>,
    refused: Mutex<Option<NotQuotable>>,
}

impl Object for Quotes {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, arguments: &[Value]) -> Result<Value, Error> {
        let name = arguments.first().and_then(Value::as_str).unwrap_or_default();
        let key = match arguments.get(1) {
            Some(key) if is_missing(key) => return Err(Error::from(ErrorKind::UndefinedError)),
            Some(key) => Some(key.to_string()),
            None => None,
        };
        let code = self.country.as_ref().filter(|(name, _)| key.as_ref() == Some(name)).map(|(_, code)| code.clone());
        match self.facts.quote(name, code.or(key).as_deref(), self.language, self.today) {
            Ok(fact) => {
                let value = Value::from(fact.value.as_str());
                self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(fact);
                Ok(value)
            }
            Err(why) => {
                *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
                Err(Error::new(ErrorKind::InvalidOperation, "the fact cannot be quoted"))
            }
        }
    }
}

/// Returns a first name that may stand in a greeting: letters, blanks, apostrophes, hyphens, a closing dot. Display
/// names are free text that strangers choose, and a greeting must not carry their advertisement or address.
fn plausible_name(name: &str) -> Option<String> {
    let name = name.trim();
    let mut letters = name.chars().peekable();
    while let Some(c) = letters.next() {
        let dot_ends_a_word = c == '.' && letters.peek().is_none_or(|next| next.is_whitespace());
        if !(c.is_alphabetic() || matches!(c, ' ' | '\'' | '’' | '-' | '·') || dot_ends_a_word) {
            return None;
        }
    }
    Some(name.to_owned()).filter(|name| !name.is_empty() && name.chars().count() <= MAX_NAME_CHARS)
}

/// Returns what templates call `entity`: every kind there is, missing where the message names none.
fn entities(setting: &Setting<'_>) -> Value {
    let values = &setting.values.entities;
    let listed = VARIABLES.iter().filter_map(|variable| variable.name.strip_prefix(ENTITY));
    let kinds = listed.chain(setting.own_kinds.iter().map(String::as_str));
    let printed = |kind: &str| match (kind, values.get(kind)) {
        ("country", Some(code)) => known(country::name(code, setting.language)),
        ("country_code", _) => optional(values.get("country").cloned()),
        (kind, value) => {
            optional(value.and_then(|value| entity::printed(kind, value, setting.today, setting.language)))
        }
    };
    let kinds: BTreeMap<String, Value> = kinds.map(|kind| (kind.to_owned(), printed(kind))).collect();
    Value::from(kinds)
}

fn order(order: Option<&Order>, setting: &Setting<'_>) -> Value {
    let said = |date| moment::day(date, setting.today, setting.language);
    let day = |date: Option<civil::Date>| optional(date.map(said));
    map([
        ("number", optional(order.map(|order| order.number.clone()))),
        ("status", optional(order.and_then(|order| order.status).map(|status| status.as_str().to_owned()))),
        ("carrier", optional(order.and_then(|order| order.carrier.clone()))),
        ("tracking", optional(order.and_then(|order| order.tracking.clone()))),
        ("placed", day(order.and_then(|order| order.placed))),
        ("shipped", day(order.and_then(|order| order.shipped))),
        ("delivered", day(order.and_then(|order| order.delivered))),
    ])
}

fn situation(setting: &Setting<'_>) -> Value {
    let language = setting.language;
    let Some((situation, until)) = setting.situation else {
        return map(["title", "text", "delay_days", "until"].map(|name| (name, Value::from(()))));
    };
    map([
        ("title", known(situation.title.get(&language).map(String::as_str))),
        ("text", known(situation.text.get(&language).map(String::as_str))),
        ("delay_days", optional(situation.extra_days.map(|days| days.to_string()))),
        ("until", optional(Some(moment::day(until, setting.today, language)))),
    ])
}

fn map<const N: usize>(entries: [(&'static str, Value); N]) -> Value {
    Value::from(BTreeMap::from(entries))
}

/// A value that a template can test for: missing is false, and printing it is an error.
fn optional(value: Option<String>) -> Value {
    value.filter(|value| !value.is_empty()).map_or(Value::from(()), Value::from)
}

/// A value that must be there: touching it when it is not is an error, even in a condition.
fn known(value: Option<&str>) -> Value {
    value.map_or(Value::UNDEFINED, Value::from)
}

fn is_missing(value: &Value) -> bool {
    value.is_none() || value.is_undefined()
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Prints a value; `none`, `true` and `false` are no words for a buyer. A fact is said in the language of the reply only
/// here, so that conditions compare what the file says.
fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if is_missing(value) {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    if value.kind() == ValueKind::Bool {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("`{value}` is no text")));
    }
    let quoted = value.as_str().filter(|text| is_quoted(state, text));
    match quoted.zip(filters::reader(state)).and_then(|(text, reader)| filters::fact(text, reader)) {
        Some(said) => escape_formatter(out, state, &Value::from(said)),
        None => escape_formatter(out, state, value),
    }
}

/// Returns whether that text is the value of a fact that this message quotes.
fn is_quoted(state: &State<'_, '_>, text: &str) -> bool {
    let Some(quotes) = state.lookup("fact") else { return false };
    let Some(quotes) = quotes.downcast_object_ref::<Quotes>() else { return false };
    quotes.taken.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|fact| fact.value == text)
}
