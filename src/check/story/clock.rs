//! Moments and durations as stories write them.

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

/// Reads `90s`, `15m`, `4h`, `2d`, or several of them: `1d 6h`; none if it is written otherwise.
pub(super) fn duration(written: &str) -> Option<SignedDuration> {
    let mut seconds: i64 = 0;
    let mut rest = written.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|character: char| character.is_ascii_digit()).len();
        let number: i64 = rest.get(..digits)?.parse().ok()?;
        let after = rest[digits..].trim_start();
        let letters = after.len() - after.trim_start_matches(|character: char| character.is_ascii_alphabetic()).len();
        let factor = match &after[..letters] {
            "s" => 1,
            "m" | "min" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        seconds = seconds.checked_add(number.checked_mul(factor)?)?;
        rest = after[letters..].trim_start();
    }
    Some(SignedDuration::from_secs(seconds))
}

/// Reads `09:30`; none if it is written otherwise.
pub(super) fn time_of_day(written: &str) -> Option<civil::Time> {
    let (hour, minute) = written.trim().split_once(':')?;
    civil::Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// Returns the first moment after `now` at which clocks of the zone show that time.
pub(super) fn next(now: Timestamp, time: civil::Time, zone: &TimeZone) -> Timestamp {
    let today = now.to_zoned(zone.clone()).date();
    let days = [Some(today), today.tomorrow().ok()];
    let mut moments = days.into_iter().flatten().filter_map(|day| day.to_datetime(time).to_zoned(zone.clone()).ok());
    moments.find(|moment| moment.timestamp() > now).map_or(now, |moment| moment.timestamp())
}
