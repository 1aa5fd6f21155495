//! Desk hours as written: `mon-fri: 09:00-18:00`.

use std::collections::BTreeSet;

use jiff::{
    civil,
    tz::{self, TimeZone},
};

use crate::{
    diagnostic::{
        Code, Diagnostic,
        nearest::{advised, nearest},
        source::{FileId, Span},
        yaml::{Kind, Node, WRONG_TYPE, fields::Fields},
    },
    model::{
        holidays::{self, Calendar},
        time::{DeskHours, Period, full_day},
    },
};

/// Hours, days, dates or zones that cannot be read.
pub(super) const BAD_TIME: Code = Code::new("bad-time");

const MINUTES_A_DAY: u16 = 24 * 60;

pub(super) const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Returns the hours of a shop that names none: working days of the given zone, nine to six.
pub(super) fn default_hours() -> DeskHours {
    let working = vec![Period { from: 9 * 60, to: 18 * 60 }];
    let week = std::array::from_fn(|day| if day < 5 { working.clone() } else { Vec::new() });
    DeskHours::weekly(TimeZone::UTC, week)
}

/// Reads `zone`, `country`, `hours`, `holidays` and `workdays`; returns with the hours where the country is named.
pub(super) fn read(file: FileId, fields: &mut Fields<'_>) -> (DeskHours, Option<Span>) {
    let mut desk = default_hours();
    if let Some(node) = fields.node("zone") {
        match node.as_text().map(TimeZone::get) {
            Some(Ok(zone)) => desk.zone = zone,
            _ => fields.push(unknown_zone(file, node)),
        }
    }
    if let Some(node) = fields.node("hours") {
        desk.week = std::array::from_fn(|_| Vec::new());
        hours(file, node, &mut desk.week, fields);
    }
    let written = fields.node("country");
    let calendar = written.and_then(|node| country(file, node, fields));
    let written = written.filter(|_| calendar.is_some());
    desk.country = written.and_then(|node| node.as_text()).map(str::to_owned);
    let holidays = listed_days(file, "holidays", calendar, fields);
    let workdays = listed_days(file, "workdays", calendar, fields);
    // What the shop says of a day counts more than what the country says.
    let known = calendar.into_iter().flat_map(Calendar::holidays).filter(|day| !workdays.contains(day));
    desk.holidays = known.chain(holidays.iter().copied()).collect();
    let known = calendar.into_iter().flat_map(Calendar::workdays).filter(|day| !holidays.contains(day));
    desk.workdays = known.chain(workdays.iter().copied()).collect();
    for day in workdays.intersection(&holidays) {
        let node = fields.node("workdays").map_or(0..0, |node| node.span.clone());
        let message = format!("{day} is a holiday and a workday");
        fields
            .push(Diagnostic::error(BAD_TIME, message, Span::new(file, node), "here").help("leave it out of one list"));
    }
    (desk, written.map(|node| Span::new(file, node.span.clone())))
}

/// Returns the public holidays of the country named.
fn country(file: FileId, node: &Node, fields: &mut Fields<'_>) -> Option<&'static Calendar> {
    let calendar = node.as_text().and_then(holidays::of);
    if calendar.is_none() {
        let found = bad(file, node, "the code of a country in capitals such as CN or DE");
        fields.push(match node.as_text().and_then(holidays::in_capitals) {
            Some(code) => found.help(format!("write `{code}`")).fix(Span::new(file, node.span.clone()), code),
            None => found,
        });
    }
    calendar
}

/// Reads a list of days: dates, and names of holidays of the desk's country.
fn listed_days(
    file: FileId,
    key: &'static str,
    calendar: Option<&Calendar>,
    fields: &mut Fields<'_>,
) -> BTreeSet<civil::Date> {
    let mut days = BTreeSet::new();
    let Some(node) = fields.node(key) else { return days };
    let Kind::List(items) = &node.kind else {
        fields.push(bad(file, node, "a list of dates such as [2027-01-01]"));
        return days;
    };
    for item in items {
        let text = item.as_text().unwrap_or_default();
        if let Some(date) = full_day(text) {
            days.insert(date);
            continue;
        }
        let named = calendar.map(|calendar| calendar.named(text)).unwrap_or_default();
        if named.is_empty() {
            fields.push(unknown_holiday(file, item, calendar));
        }
        days.extend(named);
    }
    days
}

fn unknown_holiday(file: FileId, item: &Node, calendar: Option<&Calendar>) -> Diagnostic {
    let Some(calendar) = calendar else {
        return bad(file, item, "a date such as 2027-01-01")
            .help("with `country: CN` names of its holidays do as well");
    };
    let found = bad(file, item, "a date such as 2027-01-01, or the English name of a holiday of the desk's country");
    let place = Span::new(file, item.span.clone());
    advised(found, place, item.as_text().unwrap_or_default(), "its holidays are", &calendar.names())
}

fn hours(file: FileId, node: &Node, week: &mut [Vec<Period>; 7], fields: &mut Fields<'_>) {
    let Kind::Mapping(entries) = &node.kind else {
        let span = Span::new(file, node.span.clone());
        let message = format!("found {}, expected days with hours", node.describe());
        fields.push(Diagnostic::error(WRONG_TYPE, message, span, "here").help("write `mon-fri: 09:00-18:00`"));
        return;
    };
    for (key, value) in entries {
        let Some(days) = key.as_text().and_then(days) else {
            fields.push(bad(file, key, "a day or a span of days such as mon-fri"));
            continue;
        };
        for item in listed(value) {
            match item.as_text().and_then(period) {
                Some(period) => days.iter().for_each(|day| week[*day].push(period)),
                None => fields.push(bad(file, item, "hours such as 09:00-18:00, or a night such as 22:00-06:00")),
            }
        }
    }
    for periods in week {
        periods.sort_by_key(|period| period.from);
    }
}

fn listed(node: &Node) -> &[Node] {
    match &node.kind {
        Kind::List(items) => items,
        _ => std::slice::from_ref(node),
    }
}

/// Returns the weekdays, Monday as 0, of `mon` or `mon-fri`; `sat-mon` goes over the weekend.
fn days(written: &str) -> Option<Vec<usize>> {
    let index = |name: &str| DAYS.iter().position(|day| name.trim().to_lowercase().starts_with(day));
    let Some((from, to)) = written.split_once('-') else { return Some(vec![index(written)?]) };
    let (from, to) = (index(from)?, index(to)?);
    let count = (to + 7 - from) % 7 + 1;
    Some((0..count).map(|step| (from + step) % 7).collect())
}

/// Reads `09:00-18:00`, or a night that ends on the next day: `22:00-06:00`.
pub(super) fn period(written: &str) -> Option<Period> {
    let (from, to) = written.split_once(['-', '–'])?;
    let (from, to) = (minute(from)?, minute(to)?);
    let to = if to < from { to + MINUTES_A_DAY } else { to };
    (from < to && from < MINUTES_A_DAY).then_some(Period { from, to })
}

fn minute(written: &str) -> Option<u16> {
    let (hour, minute) = written.trim().split_once(':')?;
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
    let total = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && total <= MINUTES_A_DAY).then_some(total)
}

fn unknown_zone(file: FileId, node: &Node) -> Diagnostic {
    let found = bad(file, node, "an IANA time zone such as Asia/Shanghai or Europe/Berlin");
    let known: Vec<String> = tz::db().available().map(|name| name.to_string()).collect();
    let close = node.as_text().and_then(|written| nearest(written, known.iter().map(String::as_str)));
    match close {
        Some(close) => found.help(format!("did you mean `{close}`?")).fix(Span::new(file, node.span.clone()), close),
        None => found,
    }
}

fn bad(file: FileId, node: &Node, expected: &str) -> Diagnostic {
    let span = Span::new(file, node.span.clone());
    Diagnostic::error(BAD_TIME, format!("found {}, expected {expected}", node.describe()), span, "here")
}
