//! Seeds that once failed; they are played again in every run.

use crate::world::Shape;

/// One line of the table: case, store, processes, seed, and what was wrong.
const TABLE: &str = include_str!("../data/faults/seeds.tsv");

/// A run that once failed.
pub(crate) struct Kept {
    /// The case.
    pub(crate) case: String,
    /// Store and processes.
    pub(crate) shape: Shape,
    /// The seed.
    pub(crate) seed: u64,
}

/// Returns all of them.
pub(crate) fn kept() -> Vec<Kept> {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    rows.map(|line| read(line).unwrap_or_else(|| panic!("seeds.tsv: case, store, processes, seed, why: {line}")))
        .collect()
}

fn read(line: &str) -> Option<Kept> {
    let mut cells = line.split('\t');
    let case = cells.next()?.to_owned();
    let postgres = match cells.next()? {
        "sqlite" => false,
        "postgres" => true,
        _ => return None,
    };
    let instances = cells.next()?.parse().ok()?;
    let seed = cells.next()?.parse().ok()?;
    cells.next()?;
    Some(Kept { case, shape: Shape { postgres, instances }, seed })
}
