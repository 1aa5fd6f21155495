//! Time: desk hours, response clocks, quiet hours and public holidays, by the tables of `tests/data/time/` and by
//! properties over zones.

mod eta;
mod holidays;
mod page;
mod properties;

use std::{fs, path::Path};

use jiff::{Timestamp, civil::date, tz::TimeZone};
use nightdesk::{
    config::{self, Config},
    diagnostic::{render::human, source::SourceMap},
    model::time::{Day, ResponseClock},
};

/// A configuration but for what a table adds.
const PLAIN: &str = "shop: {name: Lantern Home, languages: [en]}\n\
    accounts: [{name: post, folder: {address: shop@shop.example, inbox: in, outbox: out}}]\n";

#[test]
fn the_desk_is_open_when_the_table_says() {
    let mut wrong = Vec::new();
    for row in rows("desk.tsv", 6) {
        let [desk, at, open, next, minutes, over] = &row[..] else { continue };
        let desk = config(&format!("desk: {desk}\n")).desk;
        let at = moment(at);
        let found_open = if desk.is_open(at) { "open" } else { "closed" };
        let found_over = desk.after_desk_minutes(at, minutes.parse().expect("a number"));
        let expected = [maybe(next), maybe(over)];
        if found_open != open || [desk.next_open(at), found_over] != expected {
            wrong.push(format!("{row:?}\n  found {found_open} {:?} {found_over:?}", desk.next_open(at)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn response_clocks_run_as_in_the_table() {
    let desk = config("desk: {zone: Asia/Shanghai, hours: {mon-fri: 09:00-18:00}}\n").desk;
    let mut wrong = Vec::new();
    for row in rows("clocks.tsv", 4) {
        let [clock, at, zone, expected] = &row[..] else { continue };
        let zone = TimeZone::get(zone).expect("a zone");
        let read = clock.parse::<ResponseClock>().ok();
        if let Some(clock) = read {
            assert_eq!(clock.to_string().parse(), Ok(clock), "what is shown can be written");
        }
        let found = read.and_then(|clock| clock.due(moment(at), &desk, &zone));
        if found != maybe(expected) {
            wrong.push(format!("{row:?}: found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_days_written_in_full_are_days() {
    for (written, day) in
        [("2026-01-05", Day::Full(date(2026, 1, 5))), ("01-05", Day::Yearly(1, 5)), ("02-29", Day::Yearly(2, 29))]
    {
        assert_eq!(Day::parse(written), Some(day), "{written}");
    }
    for written in [
        "2026-1-05",
        "2026-01-5",
        "1-5",
        "01-5",
        "1-05",
        "20260105",
        "+2026-01-05",
        "-2026-01-05",
        "2026-01-05T10:00",
        "2026-02-29",
        "2026-13-01",
        "02-30",
        "+1-05",
        "２０２６-01-05",
        " 2026-01-05",
        "",
        "-",
        "--",
    ] {
        assert_eq!(Day::parse(written), None, "{written}");
    }
    for (holiday, holds) in
        [("2026-12-24", true), ("20261224", false), ("2026-12-24T00:00", false), ("2026-12-4", false)]
    {
        assert_eq!(try_config(&format!("desk: {{holidays: [\"{holiday}\"]}}\n")).is_ok(), holds, "{holiday}");
    }
}

#[test]
fn quiet_hours_end_as_in_the_table() {
    let mut wrong = Vec::new();
    for row in rows("quiet.tsv", 4) {
        let [hours, zone, at, expected] = &row[..] else { continue };
        let quiet = config(&format!("quiet_hours: {hours}\n")).quiet_hours.expect("hours are set");
        let found = quiet.over(moment(at), &TimeZone::get(zone).expect("a zone"));
        if found != moment(expected) {
            wrong.push(format!("{row:?}: found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Reads the smallest configuration with a section added.
fn config(section: &str) -> Config {
    try_config(section).unwrap_or_else(|found| panic!("{found}"))
}

fn try_config(section: &str) -> Result<Config, String> {
    let mut sources = SourceMap::default();
    let file = sources.add("config.yaml", format!("{PLAIN}{section}"));
    let (config, found) = config::read(&sources, file, Path::new(""), &|_| None);
    config.ok_or_else(|| human::render(&sources, &found, false))
}

/// Returns the rows of a table, each with so many cells.
fn rows(name: &str, cells: usize) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/time").join(name);
    let table = fs::read_to_string(&path).expect("the table can be read");
    let rows: Vec<Vec<String>> = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect();
    assert!(rows.iter().all(|row: &Vec<String>| row.len() == cells), "{name}: every row has {cells} cells");
    rows
}

fn moment(written: &str) -> Timestamp {
    written.parse().unwrap_or_else(|error| panic!("{written}: {error}"))
}

fn maybe(written: &str) -> Option<Timestamp> {
    (written != "-").then(|| moment(written))
}
