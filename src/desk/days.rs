//! Which days a report is about: the night just past, whole days by the desk's clock, or since a moment that people name.

use jiff::{SignedDuration, Timestamp, ToSpan as _, civil, tz::TimeZone};

use crate::model::{
    figures::{BadDays, Days, MAX_DAYS},
    time::DeskHours,
};

/// How far the night report looks back where the desk never closes, or was closed for longer than it can look.
const WITHOUT_NIGHT: SignedDuration = SignedDuration::from_hours(24);

/// A moment that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSince {
    /// It has none of the forms.
    #[error("`{0}` is no moment; write 18:00, 2026-11-30, 36h, 7d or 4w")]
    Unknown(String),
    /// The report cannot cover that.
    #[error(transparent)]
    Days(#[from] BadDays),
}

/// Returns the time since the desk was last left for the night, as one piece.
pub fn night(desk: &DeskHours, now: Timestamp) -> Result<Days, BadDays> {
    let closed = desk.last_close(now).filter(|closed| *closed < now);
    let longest = SignedDuration::from_hours(24) * i32::from(MAX_DAYS);
    let from = closed.filter(|closed| now.duration_since(*closed) < longest).unwrap_or(now - WITHOUT_NIGHT);
    Days::new(vec![from, now])
}

/// Returns so many days by the clocks of a zone; the last is today, up to now. At least one.
pub fn last_days(zone: &TimeZone, count: usize, now: Timestamp) -> Result<Days, BadDays> {
    let today = now.to_zoned(zone.clone()).date();
    let back = i64::try_from(count.saturating_sub(1)).map_err(|_| BadDays::TooLong)?;
    let first = today.checked_sub(back.days()).map_err(|_| BadDays::TooLong)?;
    between(zone, first, now)
}

/// Returns the time since a moment that a person names, cut at midnight: `18:00` (the last time clocks showed it),
/// `2026-11-30`, `36h`, `7d` or `4w` (whole days, today among them).
pub fn since(text: &str, zone: &TimeZone, now: Timestamp) -> Result<Days, BadSince> {
    let unknown = || BadSince::Unknown(text.to_owned());
    let text = text.trim();
    if let Ok(date) = text.parse::<civil::Date>() {
        return Ok(between(zone, date, now)?);
    }
    if let Ok(time) = text.parse::<civil::Time>() {
        return Ok(cut(zone, last_time(zone, time, now).ok_or_else(unknown)?, now)?);
    }
    let unit = text.chars().next_back().ok_or_else(unknown)?;
    let number: usize = text[..text.len() - unit.len_utf8()].parse().map_err(|_| unknown())?;
    if number > 24 * usize::from(MAX_DAYS) {
        return Err(BadDays::TooLong.into());
    }
    match unit {
        'h' if number > 0 => {
            let hours = i64::try_from(number).map_err(|_| unknown())?;
            Ok(cut(zone, now - SignedDuration::from_hours(hours), now)?)
        }
        'd' if number > 0 => Ok(last_days(zone, number, now)?),
        'w' if number > 0 => Ok(last_days(zone, number * 7, now)?),
        _ => Err(unknown()),
    }
}

/// Returns the last moment before now at which clocks of the zone showed that time.
fn last_time(zone: &TimeZone, time: civil::Time, now: Timestamp) -> Option<Timestamp> {
    let today = now.to_zoned(zone.clone()).date();
    let days = [Some(today), today.yesterday().ok()];
    let moments = days.into_iter().flatten().filter_map(|day| day.to_datetime(time).to_zoned(zone.clone()).ok());
    moments.map(|moment| moment.timestamp()).find(|moment| *moment < now)
}

/// Returns the days from the first date on until now.
fn between(zone: &TimeZone, first: civil::Date, now: Timestamp) -> Result<Days, BadDays> {
    let begin = first.to_zoned(zone.clone()).map_err(|_| BadDays::TooLong)?.timestamp();
    cut(zone, begin, now)
}

/// Cuts the time between two moments at every midnight of the zone.
fn cut(zone: &TimeZone, from: Timestamp, now: Timestamp) -> Result<Days, BadDays> {
    let mut bounds = vec![from];
    let mut day = from.to_zoned(zone.clone()).date();
    while bounds.len() <= usize::from(MAX_DAYS) + 1 {
        day = day.tomorrow().map_err(|_| BadDays::TooLong)?;
        let midnight = day.to_zoned(zone.clone()).map_err(|_| BadDays::TooLong)?.timestamp();
        if midnight >= now {
            break;
        }
        bounds.push(midnight);
    }
    bounds.push(now);
    Days::new(bounds)
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, tz::TimeZone};

    use super::{last_days, night, since};
    use crate::model::{
        figures::MAX_DAYS,
        time::{DeskHours, Period},
    };

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").expect("a zone of the database")
    }

    /// Nine to noon and one to six, Monday to Friday, in Berlin.
    fn desk() -> DeskHours {
        let day = vec![Period { from: 9 * 60, to: 12 * 60 }, Period { from: 13 * 60, to: 18 * 60 }];
        DeskHours::weekly(berlin(), std::array::from_fn(|index| if index < 5 { day.clone() } else { Vec::new() }))
    }

    fn at(local: &str) -> Timestamp {
        let local: jiff::civil::DateTime = local.parse().expect("a moment");
        local.to_zoned(berlin()).expect("it exists").timestamp()
    }

    #[test]
    fn the_night_begins_when_the_desk_was_left_and_not_at_noon() {
        for (now, since) in [
            ("2026-11-24T03:00", "2026-11-23T18:00"),
            ("2026-11-24T09:30", "2026-11-23T18:00"),
            ("2026-11-24T12:30", "2026-11-23T18:00"),
            ("2026-11-24T18:05", "2026-11-24T18:00"),
            // A Monday: since Friday.
            ("2026-11-23T09:10", "2026-11-20T18:00"),
        ] {
            assert_eq!(night(&desk(), at(now)).expect("a stretch of time").from(), at(since), "{now}");
        }
        let never = DeskHours::weekly(berlin(), std::array::from_fn(|_| vec![Period { from: 0, to: 24 * 60 }]));
        let now = at("2026-11-24T03:00");
        assert_eq!(night(&never, now).expect("a stretch of time").from(), at("2026-11-23T03:00"));
    }

    #[test]
    fn days_are_those_of_the_desks_clock_even_when_clocks_are_put_back() {
        let days = last_days(&berlin(), 3, at("2026-10-26T10:00")).expect("three days");
        let each: Vec<_> = days.each().collect();
        assert_eq!(each.len(), 3);
        assert_eq!(days.from(), at("2026-10-24T00:00"));
        let longest = each[1].1.duration_since(each[1].0);
        assert_eq!(longest.as_hours(), 25, "Sunday had an hour twice");
        assert_eq!(days.to(), at("2026-10-26T10:00"));
    }

    #[test]
    fn moments_are_read_as_people_write_them() {
        let now = at("2026-11-24T10:00");
        for (text, from, days) in [
            ("18:00", "2026-11-23T18:00", 2),
            ("09:30", "2026-11-24T09:30", 1),
            ("2026-11-22", "2026-11-22T00:00", 3),
            ("36h", "2026-11-22T22:00", 3),
            ("1d", "2026-11-24T00:00", 1),
            ("7d", "2026-11-18T00:00", 7),
            ("2w", "2026-11-11T00:00", 14),
        ] {
            let read = since(text, &berlin(), now).expect("it is read");
            assert_eq!((read.from(), read.each().count()), (at(from), days), "{text}");
        }
        for text in ["", "d", "0d", "7", "-7d", "soon", "7m", "25:00", "七d", "99999999999999999999d"] {
            assert!(since(text, &berlin(), now).is_err(), "{text}");
        }
        let longest = format!("{MAX_DAYS}d");
        assert_eq!(since(&longest, &berlin(), now).expect("just allowed").each().count(), usize::from(MAX_DAYS));
        assert!(since(&format!("{}d", MAX_DAYS + 1), &berlin(), now).is_err());
        assert!(since("2020-01-01", &berlin(), now).is_err());
        assert!(since("2027-01-01", &berlin(), now).is_err(), "in the future");
    }
}
