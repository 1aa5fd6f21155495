//! Days as buyers name them; value in one of four forms that need no clock to be found.
//!
//! `2026-11-21` is a full date, `--11-21` one without its year (RFC 6350 section 4.3.1), `+1d` counts from the day the
//! message came (`+0d` is today, `-1d` yesterday) and `fri` is a weekday, mostly the next one.
//!
//! Numbers alone: the year stands first or last. In `21/11` and `11/21` the larger number is the day. If both can be a
//! month, dots mean day first everywhere; with slashes or hyphens the day is first only beside words of a language that
//! writes so, and the month in Chinese, Japanese and Korean. In English nothing is found: `3/4/2026` is two dates.

use std::sync::LazyLock;

use crate::{
    model::verdict::EntityFound,
    text::{
        entity::{
            calendar,
            lexicon::Lexicon,
            mark::DATE,
            number,
            passage::{Passage, is_digits},
        },
        folded::classes::Classes,
    },
};

/// The kind's name.
pub const KIND: &str = "date";

/// Years that a shop's letters speak of.
const YEARS: std::ops::RangeInclusive<u32> = 1990..=2099;
/// Words of languages that write the day first, one of which is in nearly every sentence.
const DAY_FIRST: &[&str] = &[
    "der", "die", "das", "und", "ist", "am", "bis", "vom", "ich", "meine", "le", "la", "les", "est", "du", "je", "ma",
    "el", "los", "mi", "es", "que", "para", "o", "os", "meu", "minha", "em", "il", "lo", "mio", "e", "di", "per", "do",
    "od", "dnia", "moje", "jest",
];
/// So many words at the beginning of a text show its language.
const LANGUAGE_WORDS: usize = 64;
/// Words right before a day and a month in numbers without a year.
const BEFORE: &[&str] = &[
    "on", "by", "until", "till", "before", "after", "from", "since", "am", "bis", "vom", "zum", "ab", "seit", "le",
    "du", "au", "avant", "el", "del", "al", "hasta", "dia", "em", "ate", "il", "dal", "entro", "до", "с", "к", "от",
    "dnia", "do", "od", "date", "datum", "fecha", "data",
];
/// Greetings and habits that hold the word for tomorrow or morning.
const NO_TOMORROW: &[&str] = &["guten", "gute", "schonen", "am", "jeden", "la", "buena", "buenas", "cada", "in"];

/// What a word says about a day.
#[derive(Debug, Clone, Copy)]
enum Said {
    Month(u32),
    Day(&'static str),
}

static WORDS: LazyLock<Lexicon<Said>> = LazyLock::new(|| {
    let months =
        calendar::MONTHS.iter().flat_map(|(month, names)| names.split(';').map(|name| (name, Said::Month(*month))));
    let days = calendar::WEEKDAYS.iter().chain(calendar::RELATIVE);
    Lexicon::new(months.chain(days.flat_map(|(day, names)| names.split(';').map(|name| (name, Said::Day(day))))))
});

/// Returns the words with which days in words begin.
pub(in crate::text) fn first_words() -> impl Iterator<Item = &'static str> {
    WORDS.first_words()
}

/// A day found: its value and how many words it takes.
type Found = (String, usize);

/// Returns the days in a text, in order.
pub fn find(passage: &Passage<'_>) -> Vec<EntityFound> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < passage.len() {
        let day = if passage.may_begin(at, DATE) {
            in_words(passage, at)
        } else {
            passage.form(at).as_bytes()[0].is_ascii_digit().then(|| in_numbers(passage, at)).flatten()
        };
        let Some((value, length)) = day else {
            at += 1;
            continue;
        };
        found.push(passage.found(KIND, value, at..at + length));
        at += length;
    }
    found
}

/// Days that begin with a number.
fn in_numbers(passage: &Passage<'_>, at: usize) -> Option<Found> {
    one_word(passage, at)
        .or_else(|| with_slashes(passage, at))
        .or_else(|| eastern(passage, at))
        .or_else(|| day_and_month(passage, at))
}

/// `2026-11-21`, `21.11.2026`, `21-11-2026`, `20261121` is none.
fn one_word(passage: &Passage<'_>, at: usize) -> Option<Found> {
    let form = passage.form(at);
    let separator = form.find(['-', '.']).map(|at| form.as_bytes()[at])?;
    let parts: Vec<&str> = form.split(char::from(separator)).collect();
    let value = match parts.as_slice() {
        [a, b, c] => full(passage, [a, b, c], separator == b'.')?,
        [day, month] if separator == b'.' && BEFORE.contains(&passage.form_before(at)) => {
            // 21.11. without its year, behind a word that wants a day.
            let ends = passage.gap(at).starts_with('.') || passage.gap(at).trim().is_empty();
            let value = yearless(day, month)?;
            (ends && day.len() <= 2 && month.len() == 2 && !is_money_or_measure(passage, at)).then_some(value)?
        }
        _ => return None,
    };
    Some((value, 1))
}

fn is_money_or_measure(passage: &Passage<'_>, at: usize) -> bool {
    passage.after(at).trim_start().starts_with(['€', '$', '%', '£', '¥'])
        || ["eur", "euro", "usd", "kg", "cm", "mm", "m", "l", "zl", "руб"].contains(&passage.form(at + 1))
}

/// `21/11/2026`, `2026/11/21`, `by 11/21`.
fn with_slashes(passage: &Passage<'_>, at: usize) -> Option<Found> {
    let joined = |word: usize| passage.gap(word) == "/" && passage.is_digits(word) && passage.is_digits(word + 1);
    if !joined(at) || passage.before(at).ends_with('/') {
        return None;
    }
    let (first, second) = (passage.form(at), passage.form(at + 1));
    if joined(at + 1) {
        return full(passage, [first, second, passage.form(at + 2)], false).map(|value| (value, 3));
    }
    if !BEFORE.contains(&passage.form_before(at)) || passage.after(at + 1).starts_with('/') {
        return None;
    }
    let (day, month) = day_month(passage, first, second, false)?;
    Some((yearless(&day.to_string(), &month.to_string())?, 2))
}

/// `2026年11月21日`, `11月21日`, `11월 21일`.
fn eastern(passage: &Passage<'_>, at: usize) -> Option<Found> {
    let unit = |word: usize, chinese: &str, korean: &str| {
        let form = passage.form(word + 1);
        passage.is_digits(word) && passage.gap(word).is_empty() && (form == chinese || form.starts_with(korean))
    };
    let mut month = at;
    let year = unit(at, "年", "년")
        .then(|| passage.form(at).parse::<u32>().ok())
        .flatten()
        .filter(|year| YEARS.contains(year));
    if year.is_some() {
        month += 2;
    }
    if !unit(month, "月", "월") || !unit(month + 2, "日", "일") && !unit(month + 2, "号", "일") {
        return None;
    }
    let value = yearless(passage.form(month + 2), passage.form(month))?;
    let value = year.map_or(value.clone(), |year| value.replacen('-', &year.to_string(), 1));
    Some((value, month + 4 - at))
}

/// `21 Nov`, `21. November 2026`, `21 de noviembre de 2026`, `21st of November`, `2nd Nov`.
fn day_and_month(passage: &Passage<'_>, at: usize) -> Option<Found> {
    let form = passage.form(at);
    let day = ["st", "nd", "rd", "th", "er", "°", "го", "ое", "e"]
        .iter()
        .find_map(|end| form.strip_suffix(end))
        .unwrap_or(form);
    let fits = is_digits(day) && day.len() <= 2 && matches!(passage.gap(at), " " | ". " | "." | "-");
    let month_at = if ["of", "de", "di"].contains(&passage.form(at + 1)) { at + 2 } else { at + 1 };
    let (Said::Month(month), length) = WORDS.at(passage, month_at)? else { return None };
    if !fits || passage.before(at).ends_with(['.', ',', ':', '/', '-']) {
        return None;
    }
    if passage.form(month_at) == "may" && day == form && passage.raw(month_at) == "may" {
        return None;
    }
    let value = yearless(day, &month.to_string())?;
    let end = month_at + length;
    let (value, end) = with_year(passage, value, end);
    Some((value, end - at))
}

/// Days that begin with a word: `Nov 21`, `tomorrow`, `Friday`.
fn in_words(passage: &Passage<'_>, at: usize) -> Option<Found> {
    let (said, length) = WORDS.at(passage, at)?;
    match *said {
        Said::Day(day) => is_day(passage, at, length).then(|| (day.to_owned(), length)),
        Said::Month(month) => {
            let number = at + length;
            let form = passage.form(number);
            let day = ["st", "nd", "rd", "th"].iter().find_map(|end| form.strip_suffix(end)).unwrap_or(form);
            // `may` is a month only with a capital; a number may belong to something else: `Mar 5 pcs`.
            let named = passage.form(at) != "may" || passage.raw(at).starts_with('M');
            let joined = matches!(passage.gap(number - 1), " " | ". ");
            let other = number::whole(passage, number).is_none() && day == form
                || passage.after(number).starts_with([':', '/', '%', '$', '€'])
                || ["pcs", "days", "pieces", "weeks", "x"].contains(&passage.form(number + 1));
            if !named || !joined || other || !is_digits(day) || day.len() > 2 {
                return None;
            }
            let value = yearless(day, &month.to_string())?;
            let (value, end) = with_year(passage, value, number + 1);
            Some((value, end - at))
        }
    }
}

/// Returns whether a weekday or a word such as tomorrow means a day here.
fn is_day(passage: &Passage<'_>, at: usize, length: usize) -> bool {
    let before = passage.form_before(at);
    match passage.form(at) {
        "morgen" | "manana" if length == 1 => !NO_TOMORROW.contains(&before) && passage.form(at + 1) != "fruh",
        "friday" | "monday" => !["black", "cyber"].contains(&before),
        _ => true,
    }
}

/// Adds the year behind a day and month, if one stands there, and returns where it all ends.
fn with_year(passage: &Passage<'_>, value: String, end: usize) -> (String, usize) {
    let year_at = if ["de", "del", "of"].contains(&passage.form(end)) { end + 1 } else { end };
    let form = passage.form(year_at);
    let joined = matches!(passage.gap(year_at.saturating_sub(1)), " " | ", " | "," | ". " | "-");
    let is_year = form.len() == 4 && form.parse().is_ok_and(|year: u32| YEARS.contains(&year));
    if joined && is_year { (value.replacen('-', form, 1), year_at + 1) } else { (value, end) }
}

/// Returns a date of three numbers, in whatever order they stand.
fn full(passage: &Passage<'_>, parts: [&str; 3], dotted: bool) -> Option<String> {
    if !parts.iter().all(|part| is_digits(part)) {
        return None;
    }
    let [first, second, last] = parts;
    let (year, day, month) = if first.len() == 4 {
        (first, last.parse().ok()?, second.parse().ok()?)
    } else {
        let (day, month) = day_month(passage, first, second, dotted)?;
        (last, day, month)
    };
    let year: u32 = match year.len() {
        4 => year.parse().ok()?,
        2 if dotted || first.len() <= 2 => 2000 + year.parse::<u32>().ok()?,
        _ => return None,
    };
    let value = yearless(&day.to_string(), &month.to_string())?;
    let exists = day <= days_in(month, year);
    (YEARS.contains(&year) && exists).then(|| value.replacen('-', &year.to_string(), 1))
}

/// Returns which of two numbers is the day and which the month; none where nobody can know.
fn day_month(passage: &Passage<'_>, first: &str, second: &str, dotted: bool) -> Option<(u32, u32)> {
    if first.len() > 2 || second.len() > 2 {
        return None;
    }
    let (first, second): (u32, u32) = (first.parse().ok()?, second.parse().ok()?);
    let eastern = || passage.has(Classes::HAN.or(Classes::KANA).or(Classes::HANGUL));
    let day_first = || {
        passage.has(Classes::CYRILLIC.or(Classes::ARABIC))
            || (0..passage.len().min(LANGUAGE_WORDS)).filter(|at| DAY_FIRST.contains(&passage.form(*at))).count() >= 2
    };
    match (first, second) {
        (13.., _) => Some((first, second)),
        (_, 13..) if !dotted => Some((second, first)),
        _ if first == second || dotted => Some((first, second)),
        _ if eastern() => Some((second, first)),
        _ if day_first() => Some((first, second)),
        _ => None,
    }
}

/// Returns `--month-day` if there is such a day in some year.
fn yearless(day: &str, month: &str) -> Option<String> {
    let (day, month): (u32, u32) = (day.parse().ok()?, month.parse().ok()?);
    let leap_year = 2000;
    ((1..=12).contains(&month) && (1..=days_in(month, leap_year)).contains(&day))
        .then(|| format!("--{month:02}-{day:02}"))
}

fn days_in(month: u32, year: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}
