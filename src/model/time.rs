//! Calendar arithmetic: desk hours and yearly periods. It never asks what time it is.

use jiff::{Timestamp, ToSpan as _, Zoned, civil, tz::TimeZone};

/// When people sit at the desk.
#[derive(Debug, Clone, PartialEq)]
pub struct DeskHours {
    /// The zone the hours are written in.
    pub zone: TimeZone,
    /// The periods of each weekday, Monday first.
    pub week: [Vec<Period>; 7],
    /// Days on which nobody is there, in the desk's zone.
    pub holidays: Vec<civil::Date>,
}

/// A span of one day, `from` inclusive, `to` exclusive. `to` may be midnight of the next day, written 24:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Minutes after midnight.
    pub from: u16,
    /// Minutes after midnight, at most 1,440.
    pub to: u16,
}

/// How far ahead an opening is looked for; longer closures need a situation, not an ETA.
const LOOK_AHEAD_DAYS: i64 = 60;

impl DeskHours {
    /// Returns whether somebody is at the desk at that moment.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let local = at.to_zoned(self.zone.clone());
        if self.holidays.contains(&local.date()) {
            return false;
        }
        let minute = minute_of_day(local.time());
        self.periods(local.date()).iter().any(|period| (period.from..period.to).contains(&minute))
    }

    /// Returns the first moment from `at` on at which somebody is there, which is `at` itself when open; none if the
    /// desk never opens within sixty days.
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        if self.is_open(at) {
            return Some(at);
        }
        let today = at.to_zoned(self.zone.clone()).date();
        for ahead in 0..=LOOK_AHEAD_DAYS {
            let date = today.checked_add(ahead.days()).ok()?;
            if self.holidays.contains(&date) {
                continue;
            }
            for period in self.periods(date) {
                let Ok(opening) = self.moment(date, period.from) else { continue };
                if opening >= at {
                    return Some(opening);
                }
            }
        }
        None
    }

    /// Returns the moment at which that many minutes of desk time will have passed since `at`; none if the desk does not
    /// open often enough within sixty days.
    pub fn after_desk_minutes(&self, at: Timestamp, minutes: u32) -> Option<Timestamp> {
        let mut left = i64::from(minutes);
        let mut now = self.next_open(at)?;
        let horizon = at.checked_add((LOOK_AHEAD_DAYS * 24).hours()).ok()?;
        while now < horizon {
            let closing = self.closing(now)?;
            let open_minutes = closing.duration_since(now).as_secs() / 60;
            if left <= open_minutes {
                return now.checked_add(left.minutes()).ok();
            }
            left -= open_minutes;
            now = self.next_open(closing)?;
        }
        None
    }

    /// Returns the end of the period that holds `at`, which must be open.
    fn closing(&self, at: Timestamp) -> Option<Timestamp> {
        let local = at.to_zoned(self.zone.clone());
        let minute = minute_of_day(local.time());
        let period = self.periods(local.date()).iter().find(|period| (period.from..period.to).contains(&minute))?;
        self.moment(local.date(), period.to).ok()
    }

    fn periods(&self, date: civil::Date) -> &[Period] {
        &self.week[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())]
    }

    fn moment(&self, date: civil::Date, minute: u16) -> Result<Timestamp, jiff::Error> {
        // Minute 1,440 is midnight of the next day.
        let date = date.checked_add(i64::from(minute / MINUTES_A_DAY).days())?;
        let minute = i8_pair(minute % MINUTES_A_DAY);
        Ok(date.at(minute.0, minute.1, 0, 0).to_zoned(self.zone.clone())?.timestamp())
    }
}

const MINUTES_A_DAY: u16 = 24 * 60;

/// Returns hour and minute of a minute of the day below 1,440.
fn i8_pair(minute: u16) -> (i8, i8) {
    (i8::try_from(minute / 60).unwrap_or(0), i8::try_from(minute % 60).unwrap_or(0))
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
}

fn minute_of_day(time: civil::Time) -> u16 {
    let minutes = i32::from(time.hour()) * 60 + i32::from(time.minute());
    u16::try_from(minutes).unwrap_or(0)
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
