//! What the seller says about the folder of exports.

use std::{collections::BTreeMap, path::PathBuf};

use jiff::SignedDuration;

use crate::{
    model::order::LineStatus,
    orders::{
        field::Field,
        source::{Delimiter, Encoding},
        values::DayOrder,
    },
};

/// An export that nobody renewed for longer than a day and some hours is not spoken of: most shops export once a day.
pub const DEFAULT_STALE_AFTER: SignedDuration = SignedDuration::from_hours(26);

/// The pattern of files that are read where nobody named one.
pub const TABLES: [&str; 3] = ["*.csv", "*.tsv", "*.txt"];

/// Endings of files that browsers, editors and transfer programs have not finished.
const UNFINISHED: [&str; 7] = [".part", ".partial", ".tmp", ".crdownload", ".download", ".filepart", ".swp"];

/// The folder of exports and how to read them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The folder; files in folders below are left alone.
    pub folder: PathBuf,
    /// So long after it was written a file counts.
    pub stale_after: SignedDuration,
    /// How to read files of these names; the first that fits counts. A file that none fits is recognized by its header.
    pub files: Vec<FileRule>,
}

impl Settings {
    /// Returns how to read a file of that name; none if it is no table of orders.
    pub fn rule_for(&self, name: &str) -> Option<FileRule> {
        let hidden = name.starts_with(['.', '~']) || name.ends_with('~');
        let unfinished = UNFINISHED.iter().any(|ending| name.to_lowercase().ends_with(ending));
        if hidden || unfinished {
            return None;
        }
        let named = self.files.iter().find(|rule| fits(&rule.pattern, name));
        let plain = || TABLES.iter().any(|pattern| fits(pattern, name)).then(FileRule::default);
        named.cloned().or_else(plain)
    }
}

/// How to read files of certain names; what is not said is recognized.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileRule {
    /// The files' names, with `*` for anything and `?` for one character.
    pub pattern: String,
    /// The shop or marketplace; order numbers are unique within one. None is the export that is recognized.
    pub name: Option<String>,
    /// Which columns tell what, by the words of the header. Empty means that they are recognized.
    pub columns: BTreeMap<Field, Vec<String>>,
    /// What words in status columns mean, beside those that everybody uses; keys are folded.
    pub statuses: BTreeMap<String, LineStatus>,
    /// Whether the day or the month comes first in dates such as 03/04/2026.
    pub dates: Option<DayOrder>,
    /// What separates the columns.
    pub delimiter: Option<Delimiter>,
    /// How characters are written.
    pub encoding: Option<Encoding>,
}

/// Returns whether a name fits a pattern with `*` and `?`, whatever the case.
pub fn fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let name: Vec<char> = name.to_lowercase().chars().collect();
    // Where the last `*` stands, and how much of the name it took so far.
    let (mut at, mut seen, mut star) = (0, 0, None);
    while seen < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(letter) if *letter == '?' || *letter == name[seen] => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((back, taken)) = star else { return false };
                star = Some((back, taken + 1));
                at = back + 1;
                seen = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_fit_names() {
        for (pattern, name) in [("*.csv", "Orders.CSV"), ("orders*.csv", "orders-2026.csv"), ("o?d*", "old"), ("*", "")]
        {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("*.csv", "orders.csv.part"), ("orders*.csv", "my-orders.csv"), ("?", ""), ("", "x")] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }
}
