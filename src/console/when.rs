//! Moments as pages show them: how far off they are, and on pointing at them the hour on the desk's clock.

use std::fmt;

use jiff::{SignedDuration, Timestamp, Zoned, civil, tz::TimeZone};

use crate::{
    console::{Shop, visit::Visit, words::Tongue},
    model::time::offset_name,
};

/// The clock of one page.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    /// When the page is made.
    pub now: Timestamp,
    /// The zone of the desk.
    pub zone: TimeZone,
    /// The language of the page.
    pub tongue: Tongue,
}

impl Clock {
    /// Returns the desk's clock as it stands.
    pub(super) fn of(shop: &Shop, visit: &Visit) -> Self {
        Self { now: Timestamp::now(), zone: shop.live.engine().settings().desk.zone.clone(), tongue: visit.tongue }
    }

    /// Returns a moment by its distance: `3 h ago`.
    pub(super) fn near(&self, at: Timestamp) -> Moment {
        self.moment(at, distance(at.duration_since(self.now), self.tongue))
    }

    /// Returns a moment by its hour: `14:05`, with the day if that is another one.
    pub(super) fn hour(&self, at: Timestamp) -> Moment {
        let (then, today) = (at.to_zoned(self.zone.clone()), self.now.to_zoned(self.zone.clone()));
        let words = if then.date() == today.date() {
            then.strftime("%H:%M").to_string()
        } else if then.year() == today.year() {
            match self.tongue {
                Tongue::English => then.strftime("%-d %b %H:%M").to_string(),
                Tongue::Chinese => then.strftime("%-m月%-d日 %H:%M").to_string(),
            }
        } else {
            then.strftime("%Y-%m-%d %H:%M").to_string()
        };
        self.moment(at, words)
    }

    /// Returns a moment to the second, for what ends soon.
    pub(super) fn second(&self, at: Timestamp) -> Moment {
        let words = at.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string();
        self.moment(at, words)
    }

    /// Returns the moment that a person chose in a field of date and hour (`2026-11-22T09:00`), by the desk's clock.
    pub(super) fn read(&self, field: &str) -> Option<Timestamp> {
        let local: civil::DateTime = field.trim().parse().ok()?;
        Some(local.to_zoned(self.zone.clone()).ok()?.timestamp())
    }

    /// Returns the text such a field begins with.
    pub(super) fn field(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string()
    }

    /// Returns what a clock in that zone shows now: `Mon 09:12 (UTC+1)`.
    pub(super) fn wall(&self, zone: &TimeZone) -> String {
        let there = self.now.to_zoned(zone.clone());
        format!("{} {} ({})", day_name(&there, self.tongue), there.strftime("%H:%M"), offset_name(&there))
    }

    fn moment(&self, at: Timestamp, words: String) -> Moment {
        let there = at.to_zoned(self.zone.clone());
        let exact = format!(
            "{} {} {}",
            day_name(&there, self.tongue),
            there.strftime("%Y-%m-%d %H:%M:%S"),
            offset_name(&there)
        );
        Moment { iso: at.to_string(), exact, words }
    }
}

pub(super) fn day_name(at: &Zoned, tongue: Tongue) -> &'static str {
    let place = usize::try_from(at.weekday().to_monday_zero_offset()).unwrap_or_default();
    let names = match tongue {
        Tongue::English => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        Tongue::Chinese => ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
    };
    names.get(place).copied().unwrap_or_default()
}

/// A moment, ready for a page: it writes itself as a `time` element. All of its words are ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    iso: String,
    exact: String,
    words: String,
}

impl Moment {
    /// Returns the moment to the second with its day, as text.
    pub(super) fn exact(&self) -> &str {
        &self.exact
    }

    /// Returns the words alone.
    pub(super) fn words(&self) -> &str {
        &self.words
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<time datetime=\"{}\" title=\"{}\">{}</time>", self.iso, self.exact, self.words)
    }
}

impl askama::filters::HtmlSafe for Moment {}

/// Returns how far off something is, in one unit, cut and not rounded: a deadline is never told later than it is.
pub(super) fn distance(distance: SignedDuration, tongue: Tongue) -> String {
    let length = length(distance, tongue);
    match (tongue, distance.is_negative()) {
        _ if distance.unsigned_abs().as_secs() < 60 => match tongue {
            Tongue::English => "now".to_owned(),
            Tongue::Chinese => "刚刚".to_owned(),
        },
        (Tongue::English, true) => format!("{length} ago"),
        (Tongue::English, false) => format!("in {length}"),
        (Tongue::Chinese, true) => format!("{length}前"),
        (Tongue::Chinese, false) => format!("{length}后"),
    }
}

/// Returns a length of time in one unit: minutes up to two hours, hours up to two days, then days.
pub(super) fn length(length: SignedDuration, tongue: Tongue) -> String {
    let minutes = length.unsigned_abs().as_secs() / 60;
    let (count, en, zh) = match minutes {
        0..120 => (minutes, "min", "分钟"),
        120..2880 => (minutes / 60, "h", "小时"),
        _ => (minutes / 1440, "days", "天"),
    };
    match tongue {
        Tongue::English => format!("{count} {en}"),
        Tongue::Chinese => format!("{count} {zh}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_told_in_one_unit_and_never_rounded_up() {
        for (seconds, en, zh) in [
            (30, "now", "刚刚"),
            (-59, "now", "刚刚"),
            (119, "in 1 min", "1 分钟后"),
            (-7199, "119 min ago", "119 分钟前"),
            (7200, "in 2 h", "2 小时后"),
            (-172_799, "47 h ago", "47 小时前"),
            (172_800, "in 2 days", "2 天后"),
        ] {
            let duration = SignedDuration::from_secs(seconds);
            assert_eq!(distance(duration, Tongue::English), en);
            assert_eq!(distance(duration, Tongue::Chinese), zh);
        }
    }

    #[test]
    fn an_hour_names_its_day_when_that_is_another_one() {
        let clock = Clock {
            now: "2026-11-22T22:00:00Z".parse().expect("a moment"),
            zone: TimeZone::UTC,
            tongue: Tongue::English,
        };
        for (at, words) in [
            ("2026-11-22T08:05:09Z", "08:05"),
            ("2026-11-21T08:05:09Z", "21 Nov 08:05"),
            ("2025-11-22T08:05:09Z", "2025-11-22 08:05"),
        ] {
            assert_eq!(clock.hour(at.parse().expect("a moment")).words(), words);
        }
        let moment = clock.hour(clock.now);
        assert_eq!(
            moment.to_string(),
            "<time datetime=\"2026-11-22T22:00:00Z\" title=\"Sun 2026-11-22 22:00:00 UTC\">22:00</time>"
        );
        assert_eq!(clock.read(&clock.field(clock.now)), Some(clock.now));
    }
}
