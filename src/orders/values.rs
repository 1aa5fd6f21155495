//! What cells say: order numbers, days, statuses.

use std::{collections::BTreeMap, sync::LazyLock};

use jiff::{ToSpan as _, civil::Date};

use crate::{
    model::order::{LineStatus, OrderStatus},
    orders::recognize::{ANY, fold},
};

/// What status words mean, as data.
pub(super) const STATUSES: &str = include_str!("statuses.tsv");

/// The longest order number: nobody types more, and longer cells are something else.
const MAX_NUMBER_CHARS: usize = 64;
/// Spreadsheets count days from here (ECMA-376 part 1, section 18.17.4.1, the 1900 date base).
const SPREADSHEET_EPOCH: Date = jiff::civil::date(1899, 12, 30);
/// The days that a spreadsheet's number may stand for: 2009 to 2064.
const SPREADSHEET_DAYS: std::ops::Range<i64> = 40_000..60_000;
/// Two digits are a year of this century.
const CENTURY: i16 = 2000;

/// Whether the day or the month comes first in dates such as 03/04/2026.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOrder {
    /// 03/04/2026 is the third of April.
    DayFirst,
    /// 03/04/2026 is the fourth of March.
    MonthFirst,
}

impl DayOrder {
    /// The words of the configuration.
    pub const WORDS: [&str; 2] = ["day-first", "month-first"];

    /// Reads the word of the configuration.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "day-first" => Some(Self::DayFirst),
            "month-first" => Some(Self::MonthFirst),
            _ => None,
        }
    }

    /// Returns the word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DayFirst => "day-first",
            Self::MonthFirst => "month-first",
        }
    }
}

/// Why a cell cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// A long number that a spreadsheet rounded.
    Rounded,
    /// No order number.
    NoNumber,
    /// Either of two days.
    EitherDay,
    /// No day.
    NoDay,
}

/// Returns an order number as people write it: without the marks that spreadsheets need to leave it alone.
pub fn number(cell: &str) -> Result<String, Unreadable> {
    let cell = cell.trim();
    let formula = cell.strip_prefix('=').map_or(cell, |rest| rest.trim_matches('"'));
    let number = formula.trim_start_matches('\'').trim();
    if is_rounded(number) {
        return Err(Unreadable::Rounded);
    }
    let fits = number.chars().count() <= MAX_NUMBER_CHARS && number.chars().any(|letter| letter.is_ascii_digit());
    if fits && !number.chars().any(char::is_control) { Ok(number.to_owned()) } else { Err(Unreadable::NoNumber) }
}

/// Spreadsheets show numbers of more than eleven digits as 8.12E+15 and save them so.
fn is_rounded(number: &str) -> bool {
    let Some((digits, power)) = number.split_once(['E', 'e']) else { return false };
    let Some(power) = power.strip_prefix('+') else { return false };
    digits.contains(['.', ','])
        && digits.chars().all(|letter| letter.is_ascii_digit() || ".,".contains(letter))
        && !power.is_empty()
        && power.chars().all(|letter| letter.is_ascii_digit())
}

/// Returns a day; the time of day does not matter. None for an empty cell.
pub fn day(cell: &str, order: Option<DayOrder>) -> Result<Option<Date>, Unreadable> {
    let cell = cell.trim().trim_start_matches('\'');
    if cell.is_empty() || cell.chars().all(|letter| "-/0: .".contains(letter)) || fold(cell) == "na" {
        return Ok(None);
    }
    if let Some(days) = spreadsheet_day(cell) {
        return Ok(Some(days));
    }
    let parts = parts(cell);
    let [first, second, third] = parts[..] else { return Err(Unreadable::NoDay) };
    let (year, month, day) = match (first, second, third) {
        (Part::Number(year, 4), month, Part::Number(day, _)) => (year, month.month(), day),
        (Part::Name(month), Part::Number(day, _), Part::Number(year, digits))
        | (Part::Number(day, _), Part::Name(month), Part::Number(year, digits)) => (century(year, digits), month, day),
        (Part::Number(first, _), Part::Number(second, _), Part::Number(year, digits)) => {
            let dotted = cell.contains('.').then_some(DayOrder::DayFirst);
            let (month, day) = month_and_day(first, second, order.or(dotted))?;
            (century(year, digits), month, day)
        }
        _ => return Err(Unreadable::NoDay),
    };
    let month = i8::try_from(month).map_err(|_| Unreadable::NoDay)?;
    let day = i8::try_from(day).map_err(|_| Unreadable::NoDay)?;
    Date::new(year, month, day).map(Some).map_err(|_| Unreadable::NoDay)
}

/// Returns month and day of the first two numbers of a date.
fn month_and_day(first: i16, second: i16, order: Option<DayOrder>) -> Result<(i16, i16), Unreadable> {
    let day_first = match (first > 12, second > 12) {
        (true, true) => return Err(Unreadable::NoDay),
        (true, false) => true,
        (false, true) => false,
        (false, false) if first == second => true,
        (false, false) => order.ok_or(Unreadable::EitherDay)? == DayOrder::DayFirst,
    };
    Ok(if day_first { (second, first) } else { (first, second) })
}

/// Returns which order this day proves; none if it is any or either.
pub fn order_of(cell: &str) -> Option<DayOrder> {
    let parts = parts(cell.trim());
    let [Part::Number(first, short), Part::Number(second, _), Part::Number(..)] = parts[..] else { return None };
    match (first > 12, second > 12) {
        (true, false) if short < 3 => Some(DayOrder::DayFirst),
        (false, true) => Some(DayOrder::MonthFirst),
        _ => None,
    }
}

/// A part of a written day: a number with how many digits it has, or the name of a month.
#[derive(Debug, Clone, Copy)]
enum Part {
    Number(i16, usize),
    Name(i16),
}

impl Part {
    fn month(self) -> i16 {
        match self {
            Self::Number(month, _) | Self::Name(month) => month,
        }
    }
}

/// Takes the first three parts; what follows is the time of day.
fn parts(cell: &str) -> Vec<Part> {
    let compact = cell.split(['T', ' ']).next().unwrap_or_default();
    if compact.len() == 8 && compact.bytes().all(|byte| byte.is_ascii_digit()) {
        let part = |range: std::ops::Range<usize>| compact[range.clone()].parse().map(|n| Part::Number(n, range.len()));
        return [0..4, 4..6, 6..8].into_iter().filter_map(|range| part(range).ok()).collect();
    }
    let words = cell.split(|letter: char| !letter.is_alphanumeric() || "年月日T".contains(letter));
    let part = |word: &str| {
        if let Ok(number) = word.parse() {
            return Some(Part::Number(number, word.len()));
        }
        month_of(word).map(Part::Name)
    };
    // Names of weekdays stand in front of days.
    words.filter(|word| !word.is_empty()).filter_map(part).take(3).collect()
}

/// Returns the month of an English name or its abbreviation; exports in other languages write numbers.
fn month_of(word: &str) -> Option<i16> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = word.get(..3)?.to_lowercase();
    MONTHS.iter().zip(1..).find(|(month, _)| **month == start).map(|(_, number)| number)
}

fn century(year: i16, digits: usize) -> i16 {
    if digits <= 2 { CENTURY + year } else { year }
}

fn spreadsheet_day(cell: &str) -> Option<Date> {
    let (whole, fraction) = cell.split_once('.').unwrap_or((cell, ""));
    let days: i64 = whole.parse().ok()?;
    let plain = whole.len() == 5 && fraction.chars().all(|letter| letter.is_ascii_digit());
    if !plain || !SPREADSHEET_DAYS.contains(&days) {
        return None;
    }
    SPREADSHEET_EPOCH.checked_add(days.days()).ok()
}

/// What status words mean, by export and folded word.
static WORDS: LazyLock<BTreeMap<&'static str, BTreeMap<String, LineStatus>>> = LazyLock::new(|| {
    let mut known: BTreeMap<&str, BTreeMap<String, LineStatus>> = BTreeMap::new();
    for line in STATUSES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut cells = line.split('\t');
        let (export, status) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        let status = OrderStatus::from_word(status).map_or(LineStatus::Unclear, LineStatus::Known);
        let words = cells.next().unwrap_or_default().split('|');
        known.entry(export).or_default().extend(words.map(|word| (fold(word), status)));
    }
    known
});

/// Returns what a status word means in an export; none if nobody explained it. `own` are the seller's words, folded.
pub fn status(word: &str, export: &str, own: &BTreeMap<String, LineStatus>) -> Option<LineStatus> {
    let folded = fold(word);
    let of = |export: &str| WORDS.get(export)?.get(&folded);
    own.get(&folded).or_else(|| of(export)).or_else(|| of(ANY)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_exports_write_them() {
        let expected = jiff::civil::date(2026, 11, 9);
        for cell in [
            "2026-11-09",
            "2026-11-09 10:11:12 +0800",
            "2026-11-09T10:11:12Z",
            "2026/11/9",
            "2026年11月9日 08:00",
            "20261109",
            "09.11.2026",
            "9.11.26",
            "Nov-09-26",
            "9 Nov 2026 10:11",
            "Nov 9, 2026",
            "Mon, 9 November 2026",
            "46335",
            "46335.52",
        ] {
            assert_eq!(day(cell, None), Ok(Some(expected)), "{cell}");
        }
        assert_eq!(day("11/09/26", Some(DayOrder::MonthFirst)), Ok(Some(expected)));
        assert_eq!(day("09/11/2026", Some(DayOrder::DayFirst)), Ok(Some(expected)));
        assert_eq!(day("09/11/2026", None), Err(Unreadable::EitherDay));
        assert_eq!(day("11/23/2026", Some(DayOrder::DayFirst)), Ok(Some(jiff::civil::date(2026, 11, 23))));
        for empty in ["", " ", "-", "N/A", "0000-00-00 00:00:00"] {
            assert_eq!(day(empty, None), Ok(None), "{empty}");
        }
        for wrong in ["soon", "2026", "31.02.2026", "99/99/2026", "1-2"] {
            assert_eq!(day(wrong, None), Err(Unreadable::NoDay), "{wrong}");
        }
    }

    #[test]
    fn a_day_past_the_twelfth_proves_the_order() {
        assert_eq!(order_of("13/11/2026"), Some(DayOrder::DayFirst));
        assert_eq!(order_of("11/13/26 10:00"), Some(DayOrder::MonthFirst));
        assert_eq!((order_of("11/12/2026"), order_of("2026-11-13"), order_of("x")), (None, None, None));
    }

    #[test]
    fn numbers_lose_the_marks_of_spreadsheets() {
        for (cell, written) in [("=\"0012345678\"", "0012345678"), ("'1001", "1001"), ("#1001 \t", "#1001")] {
            assert_eq!(number(cell).as_deref(), Ok(written));
        }
        assert_eq!(number("8.12E+15"), Err(Unreadable::Rounded));
        assert_eq!(number("1,13E+16"), Err(Unreadable::Rounded));
        assert_eq!(number("AE+15").as_deref(), Ok("AE+15"), "no number that was rounded");
        assert_eq!((number(""), number("total")), (Err(Unreadable::NoNumber), Err(Unreadable::NoNumber)));
    }

    #[test]
    fn no_status_word_means_two_things() {
        let mut seen = BTreeMap::new();
        for line in STATUSES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [export, status, words] = cells[..] else { panic!("three cells: {line}") };
            assert!(status == "-" || OrderStatus::from_word(status).is_some(), "{line}");
            for word in words.split('|') {
                let before = seen.insert((export, fold(word)), status);
                assert!(before.is_none_or(|before| before == status), "`{word}` is {before:?} and {status}");
            }
        }
    }

    #[test]
    fn an_exports_own_word_and_the_sellers_go_before_everybodys() {
        let none = BTreeMap::new();
        let shipped = Some(LineStatus::Known(OrderStatus::Shipped));
        assert_eq!(status("Completed", "woocommerce", &none), shipped);
        assert_eq!(status("Completed", ANY, &none), None, "shops mean sent or arrived by it");
        assert_eq!(status("已发货", "1688", &none), shipped);
        assert_eq!(status("refunded", "shopify", &none), Some(LineStatus::Unclear));
        let own = BTreeMap::from([(fold("Shipped"), LineStatus::Known(OrderStatus::Packed))]);
        assert_eq!(status("SHIPPED", ANY, &own), Some(LineStatus::Known(OrderStatus::Packed)));
    }
}
