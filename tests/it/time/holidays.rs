//! Public holidays: the table is the generator's, whole, and says what people know.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use jiff::civil;
use nightdesk::model::{holidays, wire_id::hex, zone};
use sha2::{Digest as _, Sha256};

use super::rows;
use crate::support::needs::skipped;

const TABLE: &str = "src/model/holidays.tsv";
const GENERATOR: &str = "tests/holidays/generate.py";

/// Places where nobody lives, and Ukraine, which keeps no holidays while martial law lasts.
const WITHOUT: [&str; 4] = ["BV", "HM", "IO", "UA"];
/// Sri Lanka's moon days are announced a year before.
const ANNOUNCED: [(&str, i16); 1] = [("LK", 2026)];

/// Returns whether the source knows nothing of that year.
fn ends_before(code: &str, year: i16) -> bool {
    WITHOUT.contains(&code) || ANNOUNCED.iter().any(|(announced, last)| *announced == code && year > *last)
}

#[test]
fn holidays_are_those_of_the_generator() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join(TABLE)).expect("the table can be read");
    let (head, body): (Vec<&str>, Vec<&str>) = table.split_inclusive('\n').partition(|line| line.starts_with('#'));
    let digest = hex(&Sha256::digest(body.concat()));
    let named = |label: &str| head.iter().find_map(|line| line.split_once(label)).expect("the head says it").1.trim();
    assert_eq!(named("sha256 of what follows: "), digest, "the table was edited by hand; run {GENERATOR}");
    let years = format!("years {} to {}.", holidays::YEARS.start(), holidays::YEARS.end());
    assert!(head.concat().contains(&years), "{years}");
    // Where the package of that very version is installed, the table is made anew.
    let version = named("package holidays ").split(' ').next().unwrap_or_default();
    let asked = Command::new("python3").args(["-c", "import holidays; print(holidays.__version__)"]).output();
    let installed = asked.ok().filter(|output| output.status.success());
    let installed = installed.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    if installed.as_deref() == Some(version) {
        let checked = Command::new("python3").arg(root.join(GENERATOR)).arg("--check").status();
        assert!(checked.expect("python runs").success(), "the generator writes something else");
    } else {
        skipped(&format!("making the holidays anew: the Python package holidays {version} is not installed"));
    }
}

#[test]
fn every_country_with_a_clock_has_holidays() {
    let known: Vec<&str> = holidays::countries().collect();
    let missing: Vec<&str> = zone::rows().map(|(code, _, _)| code).filter(|code| !known.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for code in known {
        let calendar = holidays::of(code).expect("it is listed");
        for year in holidays::YEARS.filter(|year| !ends_before(code, *year)) {
            let count = calendar.holidays().filter(|day| day.year() == year).count();
            assert!((4..=60).contains(&count) && calendar.covers(year), "{code} has {count} holidays in {year}");
        }
    }
    assert!(holidays::of("XX").is_none() && holidays::of("cn").is_none());
}

#[test]
fn days_of_rest_around_a_holiday_are_those_of_the_table() {
    let mut wrong = Vec::new();
    for row in rows("stretches.tsv", 5) {
        let [country, name, year, from, to] = &row[..] else { continue };
        let date = |text: &str| text.parse::<civil::Date>().expect("a date");
        let year: i16 = year.parse().expect("a year");
        let calendar = holidays::of(country).expect("a country");
        let found = calendar.stretches(name).into_iter().find(|(from, _)| from.year() == year);
        if found != Some((date(from), date(to))) {
            wrong.push(format!("{row:?}: found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_holiday_comes_once_a_year_and_its_days_are_rest() {
    let mut often: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for code in ["CN", "US", "DE", "JP", "KR", "BR", "SA", "FR", "PL", "RU", "IT", "ES", "PT", "GB", "AU", "CA"] {
        let calendar = holidays::of(code).expect("a country");
        for name in calendar.names() {
            for (from, to) in calendar.stretches(name) {
                assert!(from <= to && calendar.is_rest(from) && calendar.is_rest(to), "{code} {name} {from}");
                let before = from.yesterday().expect("a day");
                assert!(!calendar.is_rest(before), "{code} {name}: {before} is rest as well");
                *often.entry((code, name)).or_default() += 1;
            }
        }
        let after = calendar.next_workday(civil::date(2026, 12, 25)).expect("people work again");
        assert!(!calendar.is_rest(after), "{code} {after}");
    }
    assert_eq!(often.get(&("CN", "Dragon Boat Festival")), Some(&8));
}
