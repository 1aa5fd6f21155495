//! What holds of desk hours in every zone, through both changes of its clocks.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};
use nightdesk::model::time::{DeskHours, Period, QuietHours};
use proptest::prelude::*;

/// Zones with changes of an hour, of half an hour and of two hours, at midnight, in Ramadan, in the southern summer, and
/// without any.
const ZONES: [&str; 14] = [
    "UTC",
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Santiago",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Pacific/Chatham",
];

/// The first minute tried: 1 January 2026; three years of minutes follow.
const FIRST_SECOND: i64 = 1_767_225_600;
const MINUTES: i64 = 3 * 366 * 24 * 60;

/// Days before clocks are changed somewhere.
const CHANGES: [(i16, i8, i8); 5] = [(2026, 3, 25), (2026, 9, 24), (2026, 10, 22), (2027, 3, 11), (2027, 4, 1)];

fn zone() -> impl Strategy<Value = TimeZone> {
    prop::sample::select(&ZONES[..]).prop_map(|name| TimeZone::get(name).expect("the zones are in the binary"))
}

fn period() -> impl Strategy<Value = Period> {
    (0_u16..1_440, 1_u16..1_440).prop_map(|(from, length)| Period { from, to: from + length })
}

fn day() -> impl Strategy<Value = civil::Date> {
    (0_i64..3 * 365).prop_map(|ahead| civil::date(2026, 1, 1) + jiff::Span::new().days(ahead))
}

prop_compose! {
    fn desk()(
        zone in zone(),
        week in prop::array::uniform7(prop::collection::vec(period(), 0..3)),
        holidays in prop::collection::btree_set(day(), 0..20),
        workdays in prop::collection::btree_set(day(), 0..20),
    ) -> DeskHours {
        let holidays: BTreeSet<civil::Date> = holidays;
        DeskHours { zone, country: None, week, holidays, workdays }
    }
}

fn moment() -> impl Strategy<Value = Timestamp> {
    // Every second moment lies in a week in which clocks are changed somewhere.
    let anywhere = 0..MINUTES;
    let changes = prop::sample::select(&CHANGES[..]).prop_flat_map(|(year, month, day)| {
        let date = civil::date(year, month, day);
        let start = date.to_zoned(TimeZone::UTC).expect("a day").timestamp().as_second();
        let start = (start - FIRST_SECOND) / 60;
        start..start + 14 * 24 * 60
    });
    prop_oneof![anywhere, changes]
        .prop_map(|minute| Timestamp::from_second(FIRST_SECOND + minute * 60).expect("in range"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_next_opening_is_open_and_nothing_before_it_is(desk in desk(), at in moment()) {
        let Some(next) = desk.next_open(at) else { return Ok(()) };
        prop_assert!(next >= at && desk.is_open(next));
        if next > at {
            let mut minute = at;
            while minute < next && minute < at + SignedDuration::from_hours(48) {
                prop_assert!(!desk.is_open(minute), "{minute} is open before {next}");
                minute += SignedDuration::from_mins(1);
            }
        }
    }

    #[test]
    fn desk_minutes_are_exactly_the_open_minutes_that_pass(desk in desk(), at in moment(), minutes in 1_u32..900) {
        let Some(over) = desk.after_desk_minutes(at, minutes) else { return Ok(()) };
        if over.duration_since(at) > SignedDuration::from_hours(5 * 24) {
            return Ok(());
        }
        let mut passed = 0;
        let mut minute = at;
        while minute < over {
            passed += u32::from(desk.is_open(minute));
            minute += SignedDuration::from_mins(1);
        }
        prop_assert_eq!(passed, minutes);
    }

    #[test]
    fn desk_minutes_add_up_and_never_end_in_a_closed_minute(
        desk in desk(), at in moment(), first in 1_u32..3_000, second in 1_u32..3_000,
    ) {
        let Some(over) = desk.after_desk_minutes(at, first) else { return Ok(()) };
        prop_assert!(desk.is_open(over - SignedDuration::from_secs(1)), "{over} ends a closed minute");
        let later = desk.after_desk_minutes(over, second);
        let together = desk.after_desk_minutes(at, first + second);
        if let (Some(later), Some(together)) = (later, together) {
            prop_assert_eq!(later, together);
        }
    }

    #[test]
    fn more_minutes_and_a_later_start_never_end_earlier(
        desk in desk(), at in moment(), ahead in 0_i64..10_000, minutes in 0_u32..3_000, more in 0_u32..500,
    ) {
        let Some(over) = desk.after_desk_minutes(at, minutes) else { return Ok(()) };
        if let Some(longer) = desk.after_desk_minutes(at, minutes + more) {
            prop_assert!(over <= longer);
        }
        if let Some(later) = desk.after_desk_minutes(at + SignedDuration::from_mins(ahead), minutes) {
            prop_assert!(over <= later);
        }
    }

    #[test]
    fn quiet_hours_end_outside_themselves_and_within_two_days(
        zone in zone(), at in moment(), from in 0_i8..24, to in 0_i8..24, half in prop::bool::ANY,
    ) {
        prop_assume!(from != to);
        let minute = if half { 30 } else { 0 };
        let quiet = QuietHours { from: civil::time(from, minute, 0, 0), to: civil::time(to, minute, 0, 0) };
        let over = quiet.over(at, &zone);
        prop_assert!(at <= over && over.duration_since(at) <= SignedDuration::from_hours(48));
        prop_assert_eq!(quiet.over(over, &zone), over);
    }
}
