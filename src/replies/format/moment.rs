//! Dates and times as a buyer reads them, with the clock they are meant in.

use jiff::{Zoned, civil};

use crate::{
    model::{language::Language, time::offset_name},
    replies::format::Formats,
};

/// Zones whose everyday Chinese name is clearer than an offset.
const CHINESE_ZONES: &[(&str, &str)] =
    &[("Asia/Shanghai", "北京时间"), ("Asia/Hong_Kong", "香港时间"), ("Asia/Taipei", "台北时间")];
/// "On your clock", in the address that the starter pack's replies use. Readers of other languages get the offset.
const YOUR_TIME: &[(&str, &str)] = &[
    ("en", "your time"),
    ("zh", "您的当地时间"),
    ("es", "su hora local"),
    ("fr", "votre heure locale"),
    ("de", "Ihre Ortszeit"),
    ("pt", "seu horário local"),
    ("it", "sua ora locale"),
    ("ru", "по вашему времени"),
    ("ja", "お客様の現地時間"),
    ("ko", "고객님 현지 시간"),
    ("ar", "بتوقيتكم المحلي"),
    ("pl", "Państwa czasu lokalnego"),
];

/// Returns a day, seen from `today`: `Saturday, 21 November`, `11月21日周六`.
pub fn day(date: civil::Date, today: civil::Date, language: Language) -> String {
    Formats::of(language).day(date, today)
}

/// Returns a day and a time of day with the clock it is meant in: the reader's own, or a named one.
pub fn moment(at: &Zoned, readers_clock: bool, today: civil::Date, language: Language) -> String {
    let words = Formats::of(language).moment(at.datetime(), today);
    on_clock(&words, &clock(at, readers_clock, language), language)
}

/// Returns words with the clock they are meant in, in brackets.
pub(super) fn on_clock(words: &str, clock: &str, language: Language) -> String {
    if [Language::ZH, Language::JA].contains(&language) {
        format!("{words}（{clock}）")
    } else {
        format!("{words} ({clock})")
    }
}

/// Names the clock: the reader's, by its offset, or as Chinese readers call their own.
pub(super) fn clock(at: &Zoned, readers: bool, language: Language) -> String {
    if let Some((_, yours)) = YOUR_TIME.iter().find(|(code, _)| readers && *code == language.as_str()) {
        return (*yours).to_owned();
    }
    let known = CHINESE_ZONES.iter().find(|(name, _)| at.time_zone().iana_name() == Some(name));
    match known {
        Some((_, chinese)) if language == Language::ZH => (*chinese).to_owned(),
        _ => offset_name(at),
    }
}
