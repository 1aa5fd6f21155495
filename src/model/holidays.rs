//! Public holidays of 250 countries, with the days of rest of each week and the days on which the law makes people work
//! instead. The table is generated from a maintained source (docs/decisions.md); regions of a country are not in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    sync::{LazyLock, OnceLock},
};

use jiff::{ToSpan as _, civil};

/// Code, name of a holiday, days.
const TABLE: &str = include_str!("holidays.tsv");

/// The years the table speaks of. What governments announce late, such as China's days of rest and of work, it has for the
/// years that were announced when it was made.
pub const YEARS: RangeInclusive<i16> = 2026..=2033;

/// Rows that list other days than holidays.
const WEEKEND: &str = "(weekend)";
const WORKDAYS: &str = "(workdays)";
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// No run of days of rest is looked at beyond this: the longest there is lasts two weeks.
const LONGEST_RUN: usize = 31;

/// The public holidays of one country.
#[derive(Debug, Default)]
pub struct Calendar {
    /// Whether each day of the week is a day of rest, Monday first.
    weekend: [bool; 7],
    /// Each day with the names it has, in English.
    holidays: BTreeMap<civil::Date, Vec<&'static str>>,
    workdays: BTreeSet<civil::Date>,
}

/// The rows of one country, read when they are first asked for.
struct Entry {
    rows: &'static str,
    calendar: OnceLock<Calendar>,
}

static COUNTRIES: LazyLock<BTreeMap<&'static str, Entry>> = LazyLock::new(|| {
    let mut countries = BTreeMap::new();
    let mut rest = TABLE;
    while let Some(code) = rest.split(['\t', '\n']).next().filter(|code| !code.is_empty()) {
        let own = rest.split_inclusive('\n').take_while(|line| line.split(['\t', '\n']).next() == Some(code));
        let (rows, next) = rest.split_at(own.map(str::len).sum());
        if !code.starts_with('#') {
            countries.insert(code, Entry { rows, calendar: OnceLock::new() });
        }
        rest = next;
    }
    countries
});

/// Returns the public holidays of a country by its code in capitals; none for an unknown code.
pub fn of(country: &str) -> Option<&'static Calendar> {
    let entry = COUNTRIES.get(country)?;
    Some(entry.calendar.get_or_init(|| Calendar::read(entry.rows)))
}

/// Returns the code of a country that is written in other than capitals; none if it is not the code of any.
pub fn in_capitals(written: &str) -> Option<String> {
    Some(written.to_uppercase()).filter(|code| of(code).is_some())
}

/// Returns the codes of all countries, sorted.
pub fn countries() -> impl Iterator<Item = &'static str> {
    COUNTRIES.keys().copied()
}

impl Calendar {
    fn read(rows: &'static str) -> Self {
        let mut calendar = Self::default();
        for row in rows.lines() {
            let mut cells = row.split('\t').skip(1);
            let (Some(name), Some(days)) = (cells.next(), cells.next()) else { continue };
            match name {
                WEEKEND => calendar.weekend = DAYS.map(|day| days.split(' ').any(|written| written == day)),
                WORKDAYS => calendar.workdays.extend(days.split(' ').flat_map(dates)),
                _ => {
                    for date in days.split(' ').flat_map(dates) {
                        calendar.holidays.entry(date).or_default().push(name);
                    }
                }
            }
        }
        calendar
    }

    /// Returns the public holidays, in order.
    pub fn holidays(&self) -> impl Iterator<Item = civil::Date> + '_ {
        self.holidays.keys().copied()
    }

    /// Returns the days of rest on which the law makes people work, in order.
    pub fn workdays(&self) -> impl Iterator<Item = civil::Date> + '_ {
        self.workdays.iter().copied()
    }

    /// Returns whether the table has holidays of that year: of some countries it ends sooner, and Ukraine keeps none while
    /// martial law lasts.
    pub fn covers(&self, year: i16) -> bool {
        self.holidays.keys().any(|day| day.year() == year)
    }

    /// Returns the English names of a public holiday; empty on any other day.
    pub fn names_on(&self, date: civil::Date) -> &[&'static str] {
        self.holidays.get(&date).map_or(&[], Vec::as_slice)
    }

    /// Returns the names of all holidays as people write them, without what stands in parentheses; sorted, each once.
    pub fn names(&self) -> BTreeSet<&'static str> {
        self.holidays.values().flatten().map(|name| name.split_once(" (").map_or(*name, |(short, _)| short)).collect()
    }

    /// Returns the days of the holiday of that name, in order; compared as for [`Self::stretches`].
    pub fn named(&self, name: &str) -> Vec<civil::Date> {
        let named = self.holidays.iter().filter(|(_, names)| names.iter().any(|known| means(name, known)));
        named.map(|(day, _)| *day).collect()
    }

    /// Returns whether people rest on that day: a public holiday, or a day of rest of the week that nobody has to make up
    /// for.
    pub fn is_rest(&self, date: civil::Date) -> bool {
        let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
        self.holidays.contains_key(&date) || (self.weekend[weekday] && !self.workdays.contains(&date))
    }

    /// Returns the first day from `date` on on which people work; none if there is none within a month.
    pub fn next_workday(&self, date: civil::Date) -> Option<civil::Date> {
        date.series(1.day()).take(LONGEST_RUN).find(|day| !self.is_rest(*day))
    }

    /// Returns the first and the last day of rest around each day of a holiday, in order: days of rest that touch one
    /// another belong together. Chinese New Year is the whole festival week with its weekends.
    ///
    /// The name is compared without case, and what stands in parentheses in the table need not be written.
    pub fn stretches(&self, name: &str) -> Vec<(civil::Date, civil::Date)> {
        let mut stretches: Vec<(civil::Date, civil::Date)> = Vec::new();
        for day in self.named(name) {
            if stretches.last().is_some_and(|(_, to)| day <= *to) {
                continue;
            }
            let rests = |date: &civil::Date| self.is_rest(*date);
            let first = day.series(-1.day()).take(LONGEST_RUN).take_while(rests).last().unwrap_or(day);
            let last = day.series(1.day()).take(LONGEST_RUN).take_while(rests).last().unwrap_or(day);
            stretches.push((first, last));
        }
        stretches
    }
}

/// Returns whether a seller's word is the name of a holiday.
fn means(written: &str, name: &str) -> bool {
    let fold = |text: &str| text.trim().replace('’', "'").to_lowercase();
    let (written, name) = (fold(written), fold(name));
    written == name || name.split_once(" (").is_some_and(|(short, _)| short == written)
}

/// Returns the days of `01-01`, `2026-02-17` or `2026-02-17+2`.
fn dates(written: &str) -> Vec<civil::Date> {
    if let Some((month, day)) = written.split_once('-').filter(|(month, _)| month.len() == 2) {
        let (Ok(month), Ok(day)) = (month.parse(), day.parse()) else { return Vec::new() };
        return YEARS.filter_map(|year| civil::Date::new(year, month, day).ok()).collect();
    }
    let (first, more) = written.split_once('+').unwrap_or((written, "0"));
    match (first.parse::<civil::Date>(), more.parse::<usize>()) {
        (Ok(first), Ok(more)) => first.series(1.day()).take(more + 1).collect(),
        _ => Vec::new(),
    }
}
