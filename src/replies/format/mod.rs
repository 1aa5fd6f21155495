//! Days, hours, numbers and lists as readers of a language write them.
//!
//! The forms come from the Unicode consortium's data (CLDR, through ICU4X); our own are only the choices between them:
//! which English, which digits, which calendar, and how spans are joined. Nothing here knows templates or facts.

pub mod amount;
pub mod hours;
pub mod moment;
pub mod plural;

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock},
};

use icu_calendar::Gregorian;
use icu_datetime::{
    DateTimeFormatterPreferences, FixedCalendarDateTimeFormatter, NoCalendarFormatter, fieldsets,
    input::{Date, DateTime, Time},
    options::TimePrecision,
    preferences::HourCycle,
};
use icu_decimal::{DecimalFormatter, input::Decimal};
use icu_list::{
    ListFormatter,
    options::{ListFormatterOptions, ListLength},
};
use icu_locale_core::{Locale, locale};
use icu_plurals::PluralRules;
use jiff::{SpanRound, ToSpan as _, Unit, civil};

use crate::model::language::Language;

/// A day further away than this is named with its year: a weekday and a day of the month alone would mean the next one.
const WITHOUT_YEAR_DAYS: i32 = 270;
/// What ICU joins groups of digits with in French; old mail programs show a box for it.
const NARROW_NO_BREAK_SPACE: char = '\u{202f}';
/// Keeps the groups of a number on one line just as well, and every program knows it.
const NO_BREAK_SPACE: &str = "\u{a0}";

/// Returns a number with the signs of a language, its digits as written: `1234.50` is `1.234,50`.
pub fn number(written: &str, language: Language) -> String {
    Formats::of(language).number(written)
}

/// Returns a number, or a span of two: `8–15`, `8～15`.
pub fn span(from: &str, to: Option<&str>, language: Language) -> String {
    plural::span(&Formats::of(language), from, to)
}

/// Returns items with what a language puts between them: `A, B and C`.
pub fn list(items: &[&str], language: Language) -> String {
    Formats::of(language).list(items)
}

/// The forms of one language.
#[derive(Debug)]
pub(super) struct Formats {
    /// The language whose data is used: the reply's own, or English where there is none.
    pub language: Language,
    day: Day<fieldsets::MDE>,
    day_of_year: Day<fieldsets::YMDE>,
    /// Only their order and what stands between them is used, see [`Formats::moment`].
    short_day: Day<fieldsets::MDE>,
    short_moment: Day<fieldsets::MDET>,
    weekday: Day<fieldsets::E>,
    clock: NoCalendarFormatter<fieldsets::T>,
    number: DecimalFormatter,
    plurals: PluralRules,
    /// Counted through once, and only for templates with a plural.
    needs: OnceLock<Vec<plural::Need>>,
    list: ListFormatter,
}

type Day<F> = FixedCalendarDateTimeFormatter<Gregorian, F>;

/// Read once per language: a process answers in few, and reading takes a fraction of a millisecond.
static READ: LazyLock<RwLock<BTreeMap<Language, Arc<Formats>>>> = LazyLock::new(RwLock::default);

impl Formats {
    /// Returns the forms of a language; those of English if the data does not know it.
    pub(super) fn of(language: Language) -> Arc<Self> {
        if let Some(known) = READ.read().unwrap_or_else(PoisonError::into_inner).get(&language) {
            return Arc::clone(known);
        }
        let formats = Arc::new(Self::read(language));
        READ.write().unwrap_or_else(PoisonError::into_inner).insert(language, Arc::clone(&formats));
        formats
    }

    fn read(language: Language) -> Self {
        let (dates, numbers) = locales(language);
        Self::try_read(language, &dates, &numbers)
            .filter(|formats| language == Language::EN || formats.is_known())
            .or_else(|| {
                let (dates, numbers) = locales(Language::EN);
                Self::try_read(Language::EN, &dates, &numbers)
            })
            .expect("the data of English is compiled in")
    }

    fn try_read(language: Language, dates: &Locale, numbers: &Locale) -> Option<Self> {
        let mut preferences = DateTimeFormatterPreferences::from(dates);
        // 09:30 is understood everywhere; 9:30 without its "am" is not.
        preferences.hour_cycle = Some(HourCycle::H23);
        let day = if has_short_weekdays(language) { fieldsets::MDE::medium() } else { fieldsets::MDE::long() };
        let moment = fieldsets::MDE::medium().with_time(TimePrecision::Minute);
        let list = ListFormatterOptions::default().with_length(ListLength::Wide);
        Some(Self {
            language,
            day: Day::try_new(preferences, day).ok()?,
            day_of_year: Day::try_new(preferences, fieldsets::YMDE::long()).ok()?,
            short_day: Day::try_new(preferences, fieldsets::MDE::medium()).ok()?,
            short_moment: Day::try_new(preferences, moment).ok()?,
            weekday: Day::try_new(preferences, fieldsets::E::medium()).ok()?,
            clock: NoCalendarFormatter::try_new(preferences, fieldsets::T::hm()).ok()?,
            number: DecimalFormatter::try_new(numbers.into(), icu_decimal::options::DecimalFormatterOptions::default())
                .ok()?,
            plurals: PluralRules::try_new_cardinal(numbers.into()).ok()?,
            needs: OnceLock::new(),
            list: ListFormatter::try_new_and(numbers.into(), list).ok()?,
        })
    }

    /// Returns whether the data has words of this language: without them the month is a bare number.
    fn is_known(&self) -> bool {
        let root = locale!("und");
        let Ok(unknown) = Day::try_new((&root).into(), fieldsets::MDE::long()) else { return false };
        let sample = civil::date(2026, 11, 23);
        date(sample).is_some_and(|date| unknown.format(&date).to_string() != self.day.format(&date).to_string())
    }

    /// Returns a day without its year, or with it if the day is far from `today`: `Saturday, 21 November`, `11月21日周六`.
    pub(super) fn day(&self, day: civil::Date, today: civil::Date) -> String {
        let Some(input) = date(day) else { return day.to_string() };
        let apart = SpanRound::new().largest(Unit::Day).days_are_24_hours();
        let apart = (day - today).round(apart).map_or(0, |span| span.get_days());
        if apart.abs() > WITHOUT_YEAR_DAYS {
            self.day_of_year.format(&input).to_string()
        } else {
            self.day.format(&input).to_string()
        }
    }

    /// Returns a day and a time of day: `Saturday, 21 November, 09:30`.
    ///
    /// The data offers long days only with a word for "at" (`at`, `um`, `в`), which stands badly behind a colon and behind
    /// "before". So the day is put where the short form of the data has its own.
    pub(super) fn moment(&self, at: civil::DateTime, today: civil::Date) -> String {
        let (day, clock) = (self.day(at.date(), today), self.clock(at.time()));
        let Some(input) = date(at.date()).zip(time(at.time())) else { return format!("{day} {clock}") };
        let short = self.short_day.format(&input.0).to_string();
        let whole = self.short_moment.format(&DateTime { date: input.0, time: input.1 }).to_string();
        if whole.contains(&short) { whole.replacen(&short, &day, 1) } else { format!("{day} {clock}") }
    }

    /// Returns a time of day on a clock of 24 hours: `09:30`.
    pub(super) fn clock(&self, at: civil::Time) -> String {
        time(at).map_or_else(|| at.strftime("%H:%M").to_string(), |time| self.clock.format(&time).to_string())
    }

    /// Returns the short name of a weekday, 0 being Monday.
    pub(super) fn weekday(&self, index: usize) -> String {
        // 2 November 2026 is a Monday.
        let monday = civil::date(2026, 11, 2);
        let ahead = i64::try_from(index % 7).unwrap_or(0);
        let day = monday.checked_add(ahead.days()).unwrap_or(monday);
        date(day).map_or_else(String::new, |date| self.weekday.format(&date).to_string())
    }

    /// Returns a number with the signs of the language, its digits as written: `1234.50` is `1.234,50`. What is not digits
    /// with at most one point comes back as it is.
    pub(super) fn number(&self, written: &str) -> String {
        let Ok(number) = written.parse::<Decimal>() else { return written.to_owned() };
        self.number.format(&number).to_string().replace(NARROW_NO_BREAK_SPACE, NO_BREAK_SPACE)
    }

    /// Returns items with what the language puts between them: `A, B and C`.
    pub(super) fn list(&self, items: &[&str]) -> String {
        self.list.format(items.iter()).to_string()
    }

    /// Returns what joins the ends of a span: `8–15`, `8～15`.
    pub(super) fn to(&self) -> &'static str {
        match self.language.as_str() {
            "zh" => "-",
            "ja" => "～",
            "ko" => "~",
            _ => "–",
        }
    }
}

/// Returns the locale of dates and that of numbers and lists.
///
/// Digits are Latin in every language: they are compared with a tracking page, a carrier's mail and a card statement,
/// where they are Latin too.
fn locales(language: Language) -> (Locale, Locale) {
    if language == Language::EN {
        // The day before the month, which also Americans read right as soon as the month is a word; the comma behind the
        // weekday is India's. World English groups numbers by thousands, India does not.
        return (locale!("en-IN"), locale!("en-001"));
    }
    let locale: Locale = format!("{language}-u-nu-latn").parse().unwrap_or(locale!("und"));
    (locale.clone(), locale)
}

/// Chinese, Japanese and Korean letters abbreviate the weekday, as readers expect in a running text.
fn has_short_weekdays(language: Language) -> bool {
    [Language::ZH, Language::JA, Language::KO].contains(&language)
}

fn date(date: civil::Date) -> Option<Date<Gregorian>> {
    Date::try_new_gregorian(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs()).ok()
}

fn time(time: civil::Time) -> Option<Time> {
    Time::try_new(time.hour().unsigned_abs(), time.minute().unsigned_abs(), 0, 0).ok()
}
