//! Dates and times as a reader of the language expects them. Chinese and English are written out; every other language
//! gets the ISO form, which nobody misreads.

use jiff::{Zoned, civil};

use crate::model::{language::Language, time::offset_name};

const ENGLISH_DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const CHINESE_DAYS: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Zones whose everyday Chinese name is clearer than an offset.
const CHINESE_ZONES: &[(&str, &str)] =
    &[("Asia/Shanghai", "北京时间"), ("Asia/Hong_Kong", "香港时间"), ("Asia/Taipei", "台北时间")];

/// Returns a day without its year: `Saturday, 21 November`, `11月21日（周六）`, `2026-11-21`.
pub(super) fn day(date: civil::Date, language: Language) -> String {
    let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
    let month = usize::from(date.month().unsigned_abs());
    match language {
        Language::EN => format!("{}, {} {}", ENGLISH_DAYS[weekday], date.day(), ENGLISH_MONTHS[month - 1]),
        Language::ZH => format!("{month}月{}日（{}）", date.day(), CHINESE_DAYS[weekday]),
        _ => date.to_string(),
    }
}

/// Returns a day and a time of day with the clock it is meant in: the reader's own, or a named one.
pub(super) fn moment(at: &Zoned, readers_clock: bool, language: Language) -> String {
    let day = day(at.date(), language);
    let time = at.strftime("%H:%M");
    let zone = zone(at, language);
    match (language, readers_clock) {
        (Language::EN, true) => format!("{day}, {time} (your time)"),
        (Language::EN, false) => format!("{day}, {time} ({zone})"),
        (Language::ZH, true) => format!("{day}{time}（您的当地时间）"),
        (Language::ZH, false) => format!("{day}{time}（{zone}）"),
        _ => format!("{day} {time} ({zone})"),
    }
}

/// Names the zone: by its offset, or as Chinese readers call their own.
fn zone(at: &Zoned, language: Language) -> String {
    let known = CHINESE_ZONES.iter().find(|(name, _)| at.time_zone().iana_name() == Some(name));
    if let (Language::ZH, Some((_, chinese))) = (language, known) {
        return (*chinese).to_owned();
    }
    offset_name(at)
}
