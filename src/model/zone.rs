//! The main time zone of a country: where most of its people live. Good enough for "good evening" and for not calling at
//! night; a moment named to a buyer says its zone where the country has several.

use jiff::tz::TimeZone;

use crate::model::language::Language;

/// ISO 3166-1 alpha-2 code, the IANA zone of most people, `+` if the country has other clocks too.
const TABLE: &str = include_str!("zones.tsv");

/// Languages nearly all of whose speakers have one clock, with its zone. Of English, Spanish or Arabic nothing follows.
const LANGUAGE_ZONES: [(&str, &str); 12] = [
    ("cs", "Europe/Prague"),
    ("da", "Europe/Copenhagen"),
    ("de", "Europe/Berlin"),
    ("he", "Asia/Jerusalem"),
    ("it", "Europe/Rome"),
    ("ja", "Asia/Tokyo"),
    ("ko", "Asia/Seoul"),
    ("nl", "Europe/Amsterdam"),
    ("pl", "Europe/Warsaw"),
    ("sv", "Europe/Stockholm"),
    ("th", "Asia/Bangkok"),
    ("vi", "Asia/Ho_Chi_Minh"),
];

/// The clock of most people in a country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MainZone {
    /// The zone.
    pub zone: TimeZone,
    /// Everybody in the country has this clock.
    pub only: bool,
}

/// Returns the main zone of a country by its code in capitals; none for an unknown code.
pub fn main_zone(country: &str) -> Option<MainZone> {
    let mut rows = rows();
    let (_, name, only) = rows.find(|(code, _, _)| *code == country)?;
    Some(MainZone { zone: TimeZone::get(name).ok()?, only })
}

/// Returns the clock of nearly everybody who speaks a language; none for languages of many clocks.
pub fn of_language(language: Language) -> Option<TimeZone> {
    let (_, name) = LANGUAGE_ZONES.iter().find(|(code, _)| *code == language.as_str())?;
    TimeZone::get(name).ok()
}

/// Returns whether that is the code of a country, in capitals.
pub fn is_country(code: &str) -> bool {
    rows().any(|(known, _, _)| known == code)
}

/// Returns every row: code, zone, whether it is the only one.
pub fn rows() -> impl Iterator<Item = (&'static str, &'static str, bool)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut cells = line.split('\t');
        Some((cells.next()?, cells.next()?, cells.next() != Some("+")))
    })
}
