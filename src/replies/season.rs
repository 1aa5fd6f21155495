//! When a situation is in force: once, every year, or around a public holiday of a country, whose days nobody needs to
//! enter.

use jiff::{ToSpan as _, civil};

use crate::{
    diagnostic::{
        Code, Diagnostic,
        nearest::advised,
        source::{FileId, Span},
        yaml::{Node, Spanned, fields::Fields},
    },
    model::{
        holidays::{self, Calendar},
        time::{Day, YearlySpan},
    },
    replies::situations::SITUATION_DATES,
};

/// A country or a holiday that the calendar does not have.
pub const UNKNOWN_HOLIDAY: Code = Code::new("unknown-holiday");

/// A season that begins on 29 February comes after eight years at the latest.
const YEARS_AHEAD: i16 = 8;

/// The most days that a situation is longer than its holiday, at either end.
const MOST_DAYS_AROUND: u8 = 60;

const ONCE_OR_YEARLY: &str = "write full dates (`2027-02-04`), or days of every year (`from: 11-15`, `to: 01-05`)";
const FROM_CALENDAR: &str = "write `calendar: CN` and `holiday: Chinese New Year`, or `from` and `to`";

/// The days of one time it is in force, both ends included.
pub type Days = (civil::Date, civil::Date);

/// When a situation is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Season {
    /// Between two days of one year.
    Once(Days),
    /// Every year.
    Yearly(YearlySpan),
    /// Around each time of a public holiday that the calendar knows, in order.
    Holidays(Vec<Days>),
}

impl Season {
    /// Returns the days of the time that a day belongs to; of times that overlap the later one. None on any other day.
    pub fn around(&self, day: civil::Date) -> Option<Days> {
        let years = day.year().saturating_sub(1)..=day.year();
        let within = |(from, to): &Days| *from <= day && day <= *to;
        match self {
            Self::Once(days) => Some(*days).filter(within),
            Self::Yearly(span) => years.rev().filter_map(|year| span.beginning_in(year)).find(within),
            Self::Holidays(times) => times.iter().rev().copied().find(within),
        }
    }

    /// Returns the days of the next time that begins after a day; none if there is none, or the calendar ends before.
    pub fn after(&self, day: civil::Date) -> Option<Days> {
        let later = |(from, to): &Days| day < *from && from <= to;
        match self {
            Self::Once(days) => Some(*days).filter(later),
            Self::Yearly(span) => {
                let years = day.year()..=day.year().saturating_add(YEARS_AHEAD);
                years.filter_map(|year| span.beginning_in(year)).find(later)
            }
            Self::Holidays(times) => times.iter().copied().find(later),
        }
    }

    /// Returns the last day of the last time, if there is a last time.
    pub fn ends(&self) -> Option<civil::Date> {
        match self {
            Self::Once((_, to)) => Some(*to),
            Self::Yearly(_) => None,
            Self::Holidays(times) => times.last().map(|(_, to)| *to),
        }
    }

    /// Returns whether it ends before it begins, which is reported where it is written.
    pub fn is_turned(&self) -> bool {
        matches!(self, Self::Once((from, to)) if to < from)
    }

    /// Returns the first day on which both are in force; none if there is none in the years of the calendar.
    pub fn first_shared_day(&self, other: &Self) -> Option<civil::Date> {
        let (own, others) = (self.times(), other.times());
        let shared =
            own.iter().flat_map(|own| others.iter().map(move |other| (own.0.max(other.0), own.1.min(other.1))));
        shared.filter(|(from, to)| from <= to).map(|(from, _)| from).min()
    }

    fn times(&self) -> Vec<Days> {
        match self {
            Self::Once(days) => vec![*days],
            Self::Yearly(span) => {
                let years = holidays::YEARS.start().saturating_sub(1)..=*holidays::YEARS.end();
                years.filter_map(|year| span.beginning_in(year)).collect()
            }
            Self::Holidays(times) => times.clone(),
        }
    }
}

/// Reads `from` and `to`, or `calendar` and `holiday`; what is wrong is collected.
pub(super) fn read(file: FileId, fields: &mut Fields<'_>) -> Option<Season> {
    if !fields.has("calendar") && !fields.has("holiday") {
        // A misspelled key may mean one of the other form.
        for key in ["calendar", "holiday", "days_before", "days_after"] {
            if let Some(node) = fields.node(key) {
                let message = format!("`{key}` speaks of a holiday, and none is named");
                let found =
                    Diagnostic::error(SITUATION_DATES, message, Span::new(file, node.span.clone()), "without effect");
                fields.push(found.help(FROM_CALENDAR));
            }
        }
        return between(file, fields);
    }
    for key in ["from", "to"] {
        if let Some(node) = fields.node(key) {
            let span = Span::new(file, node.span.clone());
            let message = format!("the calendar says when the holiday is, and `{key}` says it as well");
            fields.push(Diagnostic::error(SITUATION_DATES, message, span, "one too many").help(FROM_CALENDAR));
        }
    }
    let country: Option<Spanned<String>> = fields.require("calendar", "name the country: `calendar: CN`");
    let holiday: Option<Spanned<String>> = fields.require("holiday", "name the holiday: `holiday: Chinese New Year`");
    let before = around(file, fields, "days_before");
    let after = around(file, fields, "days_after");
    let (country, holiday) = (country?, holiday?);
    let Some(calendar) = holidays::of(&country.value) else {
        fields.push(unknown_country(file, &country));
        return None;
    };
    let stretches = calendar.stretches(&holiday.value);
    if stretches.is_empty() {
        fields.push(unknown_holiday(file, &country.value, calendar, &holiday));
        return None;
    }
    let widen = |(from, to): Days| {
        Some((from.checked_sub(i64::from(before).days()).ok()?, to.checked_add(i64::from(after).days()).ok()?))
    };
    Some(Season::Holidays(stretches.into_iter().filter_map(widen).collect()))
}

fn around(file: FileId, fields: &mut Fields<'_>, key: &'static str) -> u8 {
    let Some(written) = fields.take::<Spanned<u8>>(key) else { return 0 };
    if written.value > MOST_DAYS_AROUND {
        let message = format!("{} days around a holiday are more than {MOST_DAYS_AROUND}", written.value);
        let span = Span::new(file, written.span);
        fields.push(Diagnostic::error(SITUATION_DATES, message, span, "here").help("make it a situation of its own"));
    }
    written.value
}

fn between(file: FileId, fields: &mut Fields<'_>) -> Option<Season> {
    let to_node = fields.node("to");
    let from = day(file, fields, "from", "write the first day, such as `2027-02-04`");
    let to = day(file, fields, "to", "write the last day: a situation without an end is never switched off");
    let place = |node: Option<&Node>| Span::new(file, node.map_or(0..0, |node| node.span.clone()));
    match (from?, to?) {
        (Day::Full(from), Day::Full(to)) => {
            if to < from {
                let message = format!("the situation ends on {to}, before it begins on {from}");
                let found = Diagnostic::error(SITUATION_DATES, message, place(to_node), "before `from`");
                fields.push(found.help("mind the year"));
            }
            Some(Season::Once((from, to)))
        }
        (Day::Yearly(month, day), Day::Yearly(to_month, to_day)) => {
            Some(Season::Yearly(YearlySpan { from: (month, day), to: (to_month, to_day) }))
        }
        _ => {
            let message = "one day has a year and the other has none";
            fields.push(Diagnostic::error(SITUATION_DATES, message, place(to_node), "mixed").help(ONCE_OR_YEARLY));
            None
        }
    }
}

fn day(file: FileId, fields: &mut Fields<'_>, key: &'static str, help: &str) -> Option<Day> {
    let written: Spanned<String> = fields.require(key, help)?;
    let day = Day::parse(&written.value);
    if day.is_none() {
        let message = format!("`{}` is not a day", written.value);
        let found = Diagnostic::error(SITUATION_DATES, message, Span::new(file, written.span), "no such day");
        fields.push(found.help(ONCE_OR_YEARLY));
    }
    day
}

fn unknown_country(file: FileId, country: &Spanned<String>) -> Diagnostic {
    let span = Span::new(file, country.span.clone());
    let message = format!("`{}` is not the code of a country", country.value);
    let found = Diagnostic::error(UNKNOWN_HOLIDAY, message, span.clone(), "not known");
    match holidays::in_capitals(&country.value) {
        Some(code) => found.help(format!("write `{code}`")).fix(span, code),
        None => found.help("write the two letters of ISO 3166-1 in capitals, such as CN or DE"),
    }
}

fn unknown_holiday(file: FileId, country: &str, calendar: &Calendar, holiday: &Spanned<String>) -> Diagnostic {
    let span = Span::new(file, holiday.span.clone());
    let message = format!("`{}` is no public holiday of {country}", holiday.value);
    let found = Diagnostic::error(UNKNOWN_HOLIDAY, message, span.clone(), "not in the calendar");
    advised(found, span, &holiday.value, &format!("{country} has"), &calendar.names())
}
