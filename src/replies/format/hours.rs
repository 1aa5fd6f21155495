//! Desk hours as a buyer reads them: `Mon–Fri 09:30–18:30 (UTC+8)`.

use jiff::{Timestamp, civil, tz::TimeZone};

use crate::{
    model::{
        language::Language,
        time::{DeskHours, Period},
    },
    replies::format::{Formats, moment},
};

/// Minutes of a day.
const DAY: i32 = 24 * 60;

/// Whose clock the hours are told in.
#[derive(Debug, Clone)]
pub struct Clock {
    /// The zone.
    pub zone: TimeZone,
    /// It is known to be the buyer's own.
    pub is_buyers: bool,
}

/// Returns when people are at the desk, told in the clock that is given, as it stands to the desk's at that moment; none if
/// the desk has no hours.
pub fn describe(desk: &DeskHours, clock: &Clock, now: Timestamp, language: Language) -> Option<String> {
    let formats = Formats::of(language);
    let offset = |zone: &TimeZone| zone.to_offset(now).seconds() / 60;
    let week = shifted(&desk.week, offset(&clock.zone) - offset(&desk.zone));
    let groups: Vec<String> = groups(&week).iter().map(|group| said(&formats, &week, group)).collect();
    if groups.is_empty() {
        return None;
    }
    let words = groups.join(between_groups(language));
    let clock = moment::clock(&now.to_zoned(clock.zone.clone()), clock.is_buyers, language);
    Some(moment::on_clock(&words, &clock, language))
}

/// Returns the week as clocks show it that are so many minutes ahead. Hours over midnight stand at the day they begin.
fn shifted(week: &[Vec<Period>; 7], ahead: i32) -> [Vec<(i32, i32)>; 7] {
    let mut shifted: [Vec<(i32, i32)>; 7] = Default::default();
    for (day, periods) in (0_i32..).zip(week) {
        for period in periods {
            let from = (day * DAY + i32::from(period.from) + ahead).rem_euclid(7 * DAY);
            let length = i32::from(period.to) - i32::from(period.from);
            let at = usize::try_from(from / DAY).unwrap_or(0);
            shifted[at].push((from % DAY, from % DAY + length));
        }
    }
    for periods in &mut shifted {
        periods.sort_unstable();
    }
    shifted
}

/// Returns the runs of days with the same hours, as first day and number of days. A run may go over Sunday: a week that
/// begins on Sunday is told from Sunday on.
fn groups(week: &[Vec<(i32, i32)>; 7]) -> Vec<(usize, usize)> {
    let begins = |day: &usize| week[*day] != week[(*day + 6) % 7];
    let Some(first) = (0..7).find(begins) else { return if week[0].is_empty() { Vec::new() } else { vec![(0, 7)] } };
    // Monday in the middle of a run: the run begins where it begins, be it on Saturday.
    let first = if first == 0 || week[0].is_empty() { first } else { (0..7).rev().find(begins).unwrap_or(first) };
    let mut groups = Vec::new();
    let mut day = first;
    while day < first + 7 {
        let length = (1..7).take_while(|ahead| week[(day + ahead) % 7] == week[day % 7]).count() + 1;
        let length = length.min(first + 7 - day);
        if !week[day % 7].is_empty() {
            groups.push((day % 7, length));
        }
        day += length;
    }
    groups
}

fn said(formats: &Formats, week: &[Vec<(i32, i32)>; 7], (first, length): &(usize, usize)) -> String {
    let days = match length {
        1 => formats.weekday(*first),
        _ => [formats.weekday(*first), formats.weekday((first + length - 1) % 7)].join(between_days(formats)),
    };
    let hours: Vec<String> =
        week[*first].iter().map(|(from, to)| [clock(formats, *from), clock(formats, *to)].join(formats.to())).collect();
    format!("{days} {}", hours.join(between_hours(formats.language)))
}

/// Returns a time of day; the end of a day is 24:00, and what lies behind it is the next day's.
fn clock(formats: &Formats, minute: i32) -> String {
    let time = |minute: i32| {
        let narrow = |value: i32| i8::try_from(value).unwrap_or(0);
        civil::Time::new(narrow(minute / 60), narrow(minute % 60), 0, 0).unwrap_or_default()
    };
    if minute == DAY {
        return formats.clock(time(DAY - 60)).replacen("23", "24", 1);
    }
    formats.clock(time(minute % DAY))
}

/// Chinese says 至 between days; a hyphen between two words that begin with 周 is hard to see.
fn between_days(formats: &Formats) -> &'static str {
    if formats.language == Language::ZH { "至" } else { formats.to() }
}

fn between_groups(language: Language) -> &'static str {
    match language.as_str() {
        "zh" | "ja" => "；",
        "ar" | "fa" | "ur" => "؛ ",
        _ => "; ",
    }
}

fn between_hours(language: Language) -> &'static str {
    match language.as_str() {
        "zh" | "ja" => "、",
        "ar" | "fa" | "ur" => "، ",
        _ => ", ",
    }
}
