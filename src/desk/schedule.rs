//! When a reply leaves that a person does not want to leave at once.

use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::time, tz::TimeZone};

use crate::model::{
    agent_command::{Schedule, UNDO},
    language::Language,
    zone,
};

/// The farthest hour a reply may wait for: later nobody remembers what it was about.
const FARTHEST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A moment that no reply can leave at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadMoment {
    /// It is over.
    #[error("{0} is over; name a moment that is still to come")]
    Past(Timestamp),
    /// It is too far off.
    #[error("{0} is more than {days} days off; name an earlier moment", days = FARTHEST.as_hours() / 24)]
    TooFar(Timestamp),
}

/// The clock on the buyer's wall, as far as anything is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct BuyersZone {
    /// Its zone; the desk's where nothing is known.
    pub zone: TimeZone,
    /// What it was taken from, for people.
    pub by: ZoneSource,
}

/// What a buyer's clock was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoneSource {
    /// The buyer's country has one clock.
    Country,
    /// Most people of the buyer's country have it.
    MostOfCountry,
    /// Nearly everybody who speaks the buyer's language has it.
    Language,
    /// Nothing is known: it is our own.
    Desk,
}

/// Returns the buyer's clock by what is known of the buyer.
pub fn buyers_zone(country: Option<&str>, language: Option<Language>, desk: &TimeZone) -> BuyersZone {
    if let Some(main) = country.and_then(zone::main_zone) {
        let by = if main.only { ZoneSource::Country } else { ZoneSource::MostOfCountry };
        return BuyersZone { zone: main.zone, by };
    }
    match language.and_then(zone::of_language) {
        Some(zone) => BuyersZone { zone, by: ZoneSource::Language },
        None => BuyersZone { zone: desk.clone(), by: ZoneSource::Desk },
    }
}

/// Returns when a reply leaves, and whether a person chose that moment.
pub fn leaves_at(schedule: Schedule, buyer: &TimeZone, now: Timestamp) -> Result<(Timestamp, bool), BadMoment> {
    let soonest = now + UNDO;
    match schedule {
        Schedule::Now => Ok((soonest, false)),
        Schedule::At(at) => within(at, now).map(|at| (at.max(soonest), true)),
        Schedule::BuyersMorning => {
            let morning = morning(buyer, soonest);
            Ok((morning, morning > soonest))
        }
    }
}

/// Returns the moment if somebody may wait for it.
pub fn within(at: Timestamp, now: Timestamp) -> Result<Timestamp, BadMoment> {
    if at <= now {
        return Err(BadMoment::Past(at));
    }
    if at.duration_since(now) > FARTHEST { Err(BadMoment::TooFar(at)) } else { Ok(at) }
}

/// Returns the first moment from `now` on between eight and nine of that clock, when people look at what came overnight.
fn morning(zone: &TimeZone, now: Timestamp) -> Timestamp {
    let local = now.to_zoned(zone.clone());
    let (eight, nine) = (time(8, 0, 0, 0), time(9, 0, 0, 0));
    if eight <= local.time() && local.time() < nine {
        return now;
    }
    let date = if local.time() < eight { Ok(local.date()) } else { local.date().checked_add(1.day()) };
    let morning = date.and_then(|date| date.to_datetime(eight).to_zoned(zone.clone()));
    morning.map_or(now, |morning| morning.timestamp().max(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    #[test]
    fn the_buyers_morning_is_the_next_one_of_the_buyers_clock() {
        let berlin = buyers_zone(Some("DE"), None, &TimeZone::UTC);
        assert_eq!(berlin.by, ZoneSource::Country);
        for (now, leaves, chosen) in [
            ("2026-11-22T22:00:00Z", "2026-11-23T07:00:00Z", true),
            ("2026-11-23T03:00:00Z", "2026-11-23T07:00:00Z", true),
            ("2026-11-23T07:30:00Z", "2026-11-23T07:30:10Z", false),
            ("2026-11-23T08:00:00Z", "2026-11-24T07:00:00Z", true),
            // The night in which the clocks go forward.
            ("2026-03-28T22:00:00Z", "2026-03-29T06:00:00Z", true),
        ] {
            assert_eq!(leaves_at(Schedule::BuyersMorning, &berlin.zone, at(now)), Ok((at(leaves), chosen)), "{now}");
        }
    }

    #[test]
    fn of_a_buyer_of_whom_nothing_is_known_the_desks_clock_counts() {
        let desk = TimeZone::get("Asia/Shanghai").expect("known");
        assert_eq!(
            buyers_zone(None, Some(Language::EN), &desk),
            BuyersZone { zone: desk.clone(), by: ZoneSource::Desk }
        );
        let japanese: Language = "ja".parse().expect("a language");
        assert_eq!(buyers_zone(None, Some(japanese), &desk).by, ZoneSource::Language);
        assert_eq!(buyers_zone(Some("US"), Some(japanese), &desk).by, ZoneSource::MostOfCountry);
    }

    #[test]
    fn a_moment_that_is_over_or_far_off_is_refused() {
        let now = at("2026-11-22T22:00:00Z");
        let leave = |at| leaves_at(Schedule::At(at), &TimeZone::UTC, now);
        assert_eq!(leave(now), Err(BadMoment::Past(now)));
        assert_eq!(leave(at("2027-11-22T22:00:00Z")), Err(BadMoment::TooFar(at("2027-11-22T22:00:00Z"))));
        assert_eq!(leave(at("2026-11-22T22:00:01Z")), Ok((at("2026-11-22T22:00:10Z"), true)));
    }
}
