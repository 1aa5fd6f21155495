//! Calendar arithmetic: desk hours, yearly periods, response clocks and quiet hours. It never asks what time it is.

use std::{collections::BTreeSet, fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp, ToSpan as _, Zoned, civil, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// When people sit at the desk.
#[derive(Debug, Clone, PartialEq)]
pub struct DeskHours {
    /// The zone the hours are written in.
    pub zone: TimeZone,
    /// The country whose public holidays the desk keeps, if one is named.
    pub country: Option<String>,
    /// The periods that begin on each weekday, Monday first.
    pub week: [Vec<Period>; 7],
    /// Days of the desk's zone on which nobody begins to work. What began the night before goes on to its end.
    pub holidays: BTreeSet<civil::Date>,
    /// Days on which people work although their weekday has no hours, such as Saturdays that make up for a holiday. They
    /// have the hours of the nearest weekday before them that has some.
    pub workdays: BTreeSet<civil::Date>,
}

/// A span of hours, `from` inclusive, `to` exclusive, on the day it begins. Midnight at its end is 1,440; a night that ends
/// on the next day goes on counting: 22:00-06:00 is from 1,320 to 1,800.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Minutes after midnight, less than 1,440.
    pub from: u16,
    /// Minutes after the same midnight, more than `from`, and less than a day more.
    pub to: u16,
}

/// How far ahead an opening is looked for; longer closures need a situation, not an ETA.
const LOOK_AHEAD_DAYS: i64 = 60;

/// One stay at the desk, its first moment inclusive, its last exclusive.
#[derive(Debug, Clone, Copy)]
struct Shift {
    from: Timestamp,
    to: Timestamp,
}

impl DeskHours {
    /// Returns hours that are the same every week.
    pub fn weekly(zone: TimeZone, week: [Vec<Period>; 7]) -> Self {
        Self { zone, country: None, week, holidays: BTreeSet::new(), workdays: BTreeSet::new() }
    }

    /// Returns whether the hours leave out no minute of the week; holidays aside.
    pub fn never_closes(&self) -> bool {
        let whole = i64::from(MINUTES_A_DAY);
        let mut open: Vec<(i64, i64)> = Vec::new();
        for (day, periods) in (0_i64..).zip(&self.week) {
            let start = day * whole;
            open.extend(periods.iter().map(|period| (start + i64::from(period.from), start + i64::from(period.to))));
        }
        // Sunday's night ends on Monday.
        let late: Vec<(i64, i64)> = open.iter().map(|(from, to)| (from - 7 * whole, to - 7 * whole)).collect();
        open.extend(late);
        open.sort_unstable();
        let covered = open.iter().fold(0, |until, (from, to)| if *from <= until { until.max(*to) } else { until });
        covered >= 7 * whole
    }

    /// Returns whether somebody is at the desk at that moment.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.shift_at(at).is_some()
    }

    /// Returns the first moment from `at` on at which somebody is there, which is `at` itself when open; none if the
    /// desk does not open within sixty days.
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        let mut day = self.yesterday(at)?;
        // Yesterday's night may still go on.
        for _ in 0..=LOOK_AHEAD_DAYS + 1 {
            let ahead = self.shifts(day).filter(|shift| shift.to > at).map(|shift| shift.from.max(at)).min();
            if ahead.is_some() {
                return ahead;
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// Returns when the desk was last left for a night or longer: the newest moment up to `at` at which everybody went and
    /// nobody came for `NIGHT`; breaks at noon are none. None if that is longer ago than sixty days.
    pub fn last_close(&self, at: Timestamp) -> Option<Timestamp> {
        let long = |to: Timestamp| self.next_open(to).is_none_or(|open| open.duration_since(to) >= NIGHT);
        let mut day = at.to_zoned(self.zone.clone()).date();
        for _ in 0..=LOOK_AHEAD_DAYS {
            let left = self.shifts(day).map(|shift| shift.to).filter(|to| *to <= at && long(*to)).max();
            if left.is_some() {
                return left;
            }
            day = day.yesterday().ok()?;
        }
        None
    }

    /// Returns the moment at which that many minutes of desk time will have passed since `at`; none if the desk does not
    /// open often enough within sixty days. It is never later than needed: the end of a stay is not put off to the next.
    pub fn after_desk_minutes(&self, at: Timestamp, minutes: u32) -> Option<Timestamp> {
        let mut left = SignedDuration::from_mins(i64::from(minutes));
        let mut now = self.next_open(at)?;
        let horizon = at.checked_add((LOOK_AHEAD_DAYS * 24).hours()).ok()?;
        while now < horizon {
            let closing = self.shift_at(now)?.to;
            let here = closing.duration_since(now);
            if left <= here {
                return now.checked_add(left).ok();
            }
            left -= here;
            now = self.next_open(closing)?;
        }
        None
    }

    /// Returns the stay that goes on at that moment; of several the one that ends last.
    fn shift_at(&self, at: Timestamp) -> Option<Shift> {
        let yesterday = self.yesterday(at)?;
        let days = [Some(yesterday), yesterday.tomorrow().ok()];
        let shifts = days.into_iter().flatten().flat_map(|day| self.shifts(day));
        shifts.filter(|shift| shift.from <= at && at < shift.to).max_by_key(|shift| shift.to)
    }

    /// Returns what is worked on the day it begins. Hours that the clocks leave out when they are put forward are no
    /// stay, or a shorter one.
    fn shifts(&self, date: civil::Date) -> impl Iterator<Item = Shift> + '_ {
        let shift = move |period: &Period| {
            let (from, to) = (self.moment(date, period.from)?, self.moment(date, period.to)?);
            (from < to).then_some(Shift { from, to })
        };
        self.periods(date).iter().filter_map(shift)
    }

    fn periods(&self, date: civil::Date) -> &[Period] {
        if self.holidays.contains(&date) {
            return &[];
        }
        let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
        let own = &self.week[weekday];
        if !own.is_empty() || !self.workdays.contains(&date) {
            return own;
        }
        let before = (1..7).map(|back| &self.week[(weekday + 7 - back) % 7]);
        before.into_iter().find(|periods| !periods.is_empty()).unwrap_or(own)
    }

    /// Returns the day before that of the moment, in the desk's zone.
    fn yesterday(&self, at: Timestamp) -> Option<civil::Date> {
        at.to_zoned(self.zone.clone()).date().yesterday().ok()
    }

    /// Returns the moment at which clocks of the zone show that minute of that day; where they show it twice the first
    /// time, where they leave it out as long after the gap as it lies within.
    fn moment(&self, date: civil::Date, minute: u16) -> Option<Timestamp> {
        let date = date.checked_add(i64::from(minute / MINUTES_A_DAY).days()).ok()?;
        let (hour, minute) = i8_pair(minute % MINUTES_A_DAY);
        Some(date.at(hour, minute, 0, 0).to_zoned(self.zone.clone()).ok()?.timestamp())
    }
}

const MINUTES_A_DAY: u16 = 24 * 60;

/// The shortest time without anybody that people call a night.
const NIGHT: SignedDuration = SignedDuration::from_hours(4);

/// Returns hour and minute of a minute of the day below 1,440.
fn i8_pair(minute: u16) -> (i8, i8) {
    (i8::try_from(minute / 60).unwrap_or(0), i8::try_from(minute % 60).unwrap_or(0))
}

/// A day as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// Month and day, every year: `11-20`.
    Yearly(i8, i8),
    /// One day: `2026-11-20`.
    Full(civil::Date),
}

/// A leap year, so that 29 February is a day.
const LEAP_YEAR: i16 = 2024;

impl Day {
    /// Reads `11-20` or `2026-11-20`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(day) = full_day(text) {
            return Some(Self::Full(day));
        }
        let day = full_day(&format!("{LEAP_YEAR}-{text}"))?;
        Some(Self::Yearly(day.month(), day.day()))
    }
}

/// Reads a day written in full: four digits, two and two, joined by hyphens (`2026-11-20`).
///
/// Nothing else is a day: `20261120` may be the number of an order, and a moment is more than a day.
pub fn full_day(text: &str) -> Option<civil::Date> {
    let shaped = |(at, byte): (usize, u8)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    let is_full = text.len() == 10 && text.bytes().enumerate().all(shaped);
    is_full.then(|| text.parse().ok())?
}

/// A yearly span of days such as 20 November to 5 January, both ends inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearlySpan {
    /// Month and day of the first day.
    pub from: (i8, i8),
    /// Month and day of the last day; before `from` when the span crosses the new year.
    pub to: (i8, i8),
}

impl YearlySpan {
    /// Returns whether that day lies within the span.
    pub fn contains(&self, date: civil::Date) -> bool {
        let day = (date.month(), date.day());
        if self.from <= self.to {
            return self.from <= day && day <= self.to;
        }
        day >= self.from || day <= self.to
    }

    /// Returns the first and the last day of the span that begins in that year. A 29 February that the year does not have
    /// is the day before as an end, the day after as a beginning.
    pub fn beginning_in(&self, year: i16) -> Option<(civil::Date, civil::Date)> {
        let ends_in = if self.from <= self.to { year } else { year.checked_add(1)? };
        let day = |year, (month, day): (i8, i8)| civil::Date::new(year, month, day).ok();
        let from = day(year, self.from).or_else(|| day(year, (3, 1)))?;
        let to = day(ends_in, self.to).or_else(|| day(ends_in, (2, 28)))?;
        Some((from, to))
    }
}

/// Names a zone by its offset at that moment: `UTC`, `UTC+8`, `UTC+5:30`. Abbreviations such as `CST` mean several clocks.
pub fn offset_name(at: &Zoned) -> String {
    let minutes = at.offset().seconds() / 60;
    if minutes == 0 {
        return "UTC".to_owned();
    }
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    if rest == 0 { format!("UTC{sign}{hours}") } else { format!("UTC{sign}{hours}:{rest:02}") }
}

/// Within which time a person must have answered a buyer.
///
/// Written `24h` (any hour counts, weekends and holidays too), `2m desk` (only hours in which somebody is at the desk) or
/// `same_day` (before the buyer's day ends).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ResponseClock {
    /// So many minutes, whatever the hour or the day.
    Always(u32),
    /// So many minutes of desk time.
    Desk(u32),
    /// Until midnight of the buyer's clock, and never less than [`LEAST_EVENING`].
    SameDay,
}

/// A message late in the buyer's evening is answered within four hours, as the day would leave nobody the time to.
pub const LEAST_EVENING: SignedDuration = SignedDuration::from_hours(4);
/// The longest response clock: after a month nobody waits any more.
const LONGEST_CLOCK_MINUTES: u32 = 31 * 24 * 60;

/// What a written response clock looks like, as a regular expression for schemas; [`ResponseClock`] remains the judge.
pub const CLOCK_SHAPE: &str = "same_day|[0-9]+ *(m|min|h|d)( *desk)?";

/// A response clock that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no response clock: expected `24h`, `2m desk` or `same_day`")]
pub struct BadClock(String);

impl ResponseClock {
    /// Returns the moment by which a message that came in at `at` must be answered; none if the desk opens too seldom.
    pub fn due(self, at: Timestamp, desk: &DeskHours, buyer: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Always(minutes) => at.checked_add(SignedDuration::from_mins(i64::from(minutes))).ok(),
            Self::Desk(minutes) => desk.after_desk_minutes(at, minutes),
            Self::SameDay => {
                let midnight = at.to_zoned(buyer.clone()).tomorrow().ok()?.start_of_day().ok()?.timestamp();
                Some(midnight.max(at.checked_add(LEAST_EVENING).ok()?))
            }
        }
    }
}

impl FromStr for ResponseClock {
    type Err = BadClock;

    fn from_str(written: &str) -> Result<Self, BadClock> {
        let text = written.trim();
        if text == "same_day" {
            return Ok(Self::SameDay);
        }
        let (length, desk) = text.strip_suffix("desk").map_or((text, false), |length| (length, true));
        let minutes = minutes(length.trim()).filter(|minutes| (1..=LONGEST_CLOCK_MINUTES).contains(minutes));
        let minutes = minutes.ok_or_else(|| BadClock(written.to_owned()))?;
        Ok(if desk { Self::Desk(minutes) } else { Self::Always(minutes) })
    }
}

/// Reads `15m`, `4h`, `2d`.
fn minutes(written: &str) -> Option<u32> {
    let digits = written.len() - written.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let factor = match written[digits..].trim() {
        "m" | "min" => 1,
        "h" => 60,
        "d" => 24 * 60,
        _ => return None,
    };
    written[..digits].parse::<u32>().ok()?.checked_mul(factor)
}

impl fmt::Display for ResponseClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (minutes, desk) = match self {
            Self::SameDay => return f.write_str("same_day"),
            Self::Always(minutes) => (*minutes, ""),
            Self::Desk(minutes) => (*minutes, " desk"),
        };
        if minutes % 60 == 0 { write!(f, "{}h{desk}", minutes / 60) } else { write!(f, "{minutes}m{desk}") }
    }
}

impl TryFrom<String> for ResponseClock {
    type Error = BadClock;

    fn try_from(written: String) -> Result<Self, BadClock> {
        written.parse()
    }
}

impl From<ResponseClock> for String {
    fn from(clock: ResponseClock) -> Self {
        clock.to_string()
    }
}

/// Hours of the buyer's clock in which nothing goes out that can wait, `from` inclusive, `to` exclusive, over midnight if
/// `to` is the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    /// When it becomes quiet.
    pub from: civil::Time,
    /// When it ends.
    pub to: civil::Time,
}

impl QuietHours {
    /// Returns the first moment from `at` on at which a buyer with that clock may be disturbed, which is `at` itself
    /// outside the quiet hours.
    pub fn over(&self, at: Timestamp, buyer: &TimeZone) -> Timestamp {
        let local = at.to_zoned(buyer.clone());
        let now = local.time();
        let quiet =
            if self.from <= self.to { self.from <= now && now < self.to } else { self.from <= now || now < self.to };
        if !quiet {
            return at;
        }
        let day = if now < self.to { Ok(local.date()) } else { local.date().tomorrow() };
        let morning = day.and_then(|day| day.to_datetime(self.to).to_zoned(buyer.clone()));
        // Where the clocks show an hour twice, the morning that is meant may be over.
        morning.map_or(at, |morning| morning.timestamp().max(at))
    }
}
