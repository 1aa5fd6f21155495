//! What columns may mean by what stands in them, for exports whose header nobody knows. A person looks at it before it
//! counts.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    model::order::address_key,
    orders::{
        field::Field,
        recognize::{ANY, fold},
        source::{Delimiter, Look},
        table,
        values::{self, DayOrder},
    },
};

/// Of the cells that are not empty, so many are of a kind where the column is.
const MOST_PERCENT: usize = 60;
/// A column of so many different words or fewer tells a status.
const MAX_STATUSES: usize = 12;
/// Tracking numbers have no fewer characters.
const LEAST_TRACKING: usize = 9;

/// Returns whether the cells of a column are of a kind.
type Kind = fn(&[&str]) -> bool;

/// Returns the columns that may tell what, by their names in the header.
pub fn columns(look: &Look, delimiter: Option<Delimiter>) -> BTreeMap<Field, Vec<String>> {
    let records = table::beginning(look, delimiter.unwrap_or_else(|| Delimiter::guess(&look.beginning)));
    // The widest of the first lines; a title is narrower.
    let width = records.iter().map(Vec::len).max().unwrap_or(0);
    let Some(header) = records.iter().position(|record| record.len() == width) else { return BTreeMap::new() };
    let (header, rows) = (&records[header], &records[header + 1..]);
    let mut found = BTreeMap::new();
    let mut taken = BTreeSet::new();
    let kinds: [(Field, Kind); 5] = [
        (Field::Email, |cells| most(cells, |cell| address_key(cell).is_some())),
        (Field::Placed, |cells| most(cells, is_day)),
        (Field::Status, is_status),
        (Field::Number, is_number),
        (Field::Tracking, |cells| most(cells, |cell| cell.len() >= LEAST_TRACKING && values::number(cell).is_ok())),
    ];
    for (field, fits) in kinds {
        let column = (0..width).filter(|at| !taken.contains(at)).find(|at| {
            let cells: Vec<&str> = rows.iter().filter_map(|row| row.get(*at)).map(String::as_str).collect();
            let said: Vec<&str> = cells.into_iter().filter(|cell| !cell.is_empty()).collect();
            !said.is_empty() && header.get(*at).is_some_and(|name| !name.is_empty()) && fits(&said)
        });
        if let Some(at) = column {
            taken.insert(at);
            found.insert(field, vec![header[at].clone()]);
        }
    }
    found
}

fn most(cells: &[&str], fits: impl Fn(&str) -> bool) -> bool {
    cells.iter().filter(|cell| fits(cell)).count() * 100 >= cells.len() * MOST_PERCENT
}

fn is_day(cell: &str) -> bool {
    values::day(cell, Some(DayOrder::DayFirst)).is_ok_and(|day| day.is_some())
}

/// Words without digits that come again, one of which is known, or few of them.
fn is_status(cells: &[&str]) -> bool {
    let words: BTreeSet<String> = cells.iter().map(|cell| fold(cell)).collect();
    let plain = cells.iter().all(|cell| !cell.contains(|letter: char| letter.is_ascii_digit() || letter == '@'));
    let known = cells.iter().any(|cell| values::status(cell, ANY, &BTreeMap::new()).is_some());
    plain && known && words.len() <= MAX_STATUSES
}

/// Numbers that hardly ever come twice; lines of one order do.
fn is_number(cells: &[&str]) -> bool {
    let different: BTreeSet<&&str> = cells.iter().collect();
    let long = |cell: &str| cell.chars().filter(char::is_ascii_digit).count() >= 3 && !cell.contains([',', ' ', '@']);
    different.len() * 2 >= cells.len() && most(cells, |cell| long(cell) && values::number(cell).is_ok())
}
