//! Which column tells what: as the seller says, or recognized by the words of the header.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use crate::orders::{
    field::Field,
    settings::FileRule,
    values::{self, DayOrder},
};

/// The columns of exports, as data.
const HEADERS: &str = include_str!("headers.tsv");

/// The name of the export that is recognized by single words only.
pub const ANY: &str = "any";

/// The columns that were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// The export's name; [`ANY`] if it is none that is known.
    pub export: &'static str,
    /// The positions of the columns of each field; several for a status only.
    pub at: BTreeMap<Field, Vec<usize>>,
    /// Whether days or months come first in its dates, if the export is known to have one order.
    pub dates: Option<DayOrder>,
}

/// Why a header leads to no columns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoColumns {
    /// A column that the seller named is not there.
    #[error("there is no column `{column}` for `{}`", field.as_str())]
    Missing {
        /// What it would tell.
        field: Field,
        /// Its name as the seller wrote it.
        column: String,
    },
    /// There is no column with order numbers.
    #[error("no column tells the order number")]
    NoNumber,
    /// There is a number and nothing else.
    #[error("no column tells anything about an order but its number")]
    NothingElse,
}

impl NoColumns {
    /// Says what to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "write the column's name as it stands in the header, or take the key away",
            Self::NoNumber | Self::NothingElse => "say which column is which with `nightdesk orders map FILE --write`",
        }
    }
}

/// One known export.
#[derive(Debug, Default)]
struct Export {
    name: &'static str,
    sign: Vec<String>,
    fields: BTreeMap<Field, Vec<String>>,
    dates: Option<DayOrder>,
}

/// The known exports in the order of the file, the one that is recognized by single words last.
static EXPORTS: LazyLock<Vec<Export>> = LazyLock::new(|| {
    let mut exports: Vec<Export> = Vec::new();
    for line in HEADERS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut cells = line.split('\t');
        let (name, what, words) = (cells.next().unwrap_or(""), cells.next().unwrap_or(""), cells.next().unwrap_or(""));
        let folded: Vec<String> = words.split('|').map(fold).collect();
        if what == "sign" || exports.last().is_none_or(|last| last.name != name) {
            exports.push(Export { name, ..Export::default() });
        }
        let Some(export) = exports.last_mut() else { continue };
        match (what, Field::from_word(what)) {
            ("sign", _) => export.sign = folded,
            ("dates", _) => export.dates = DayOrder::from_word(words),
            (_, Some(field)) => {
                export.fields.insert(field, folded);
            }
            _ => {}
        }
    }
    exports
});

/// Returns what changes with the words that the program knows: a file that was read by others is read again.
pub fn data_version() -> String {
    format!("{HEADERS}{}", values::STATUSES)
}

/// Returns letters and digits in lower case: what headers and status words are compared by.
pub fn fold(word: &str) -> String {
    word.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns the names of the exports that are recognized.
pub fn known_exports() -> Vec<&'static str> {
    let mut names: Vec<&str> = EXPORTS.iter().map(|export| export.name).filter(|name| *name != ANY).collect();
    names.dedup();
    names
}

/// Returns which column of a header tells what. What the seller named counts alone; otherwise the header is recognized.
pub fn columns(header: &[String], rule: &FileRule) -> Result<Columns, NoColumns> {
    let folded: Vec<String> = header.iter().map(|cell| fold(cell)).collect();
    let recognized = recognize(&folded);
    let columns = if rule.columns.is_empty() {
        recognized
    } else {
        let mut at = BTreeMap::new();
        for (field, names) in &rule.columns {
            let position = |name: &String| {
                let exact = header.iter().position(|cell| cell.trim() == name.trim());
                let found = exact.or_else(|| folded.iter().position(|cell| !cell.is_empty() && *cell == fold(name)));
                found.ok_or_else(|| NoColumns::Missing { field: *field, column: name.clone() })
            };
            at.insert(*field, names.iter().map(position).collect::<Result<Vec<usize>, NoColumns>>()?);
        }
        Columns { at, ..recognized }
    };
    if !columns.at.contains_key(&Field::Number) {
        return Err(NoColumns::NoNumber);
    }
    let tells = |field: &Field| !matches!(field, Field::Number | Field::Email | Field::Placed);
    if columns.at.keys().any(tells) { Ok(columns) } else { Err(NoColumns::NothingElse) }
}

fn recognize(header: &[String]) -> Columns {
    let has = |word: &String| header.contains(word);
    let export = EXPORTS.iter().find(|export| export.sign.iter().all(has));
    let mut columns = Columns { export: ANY, at: BTreeMap::new(), dates: None };
    let Some(export) = export else { return columns };
    (columns.export, columns.dates) = (export.name, export.dates);
    let mut taken = BTreeSet::new();
    take(&mut columns, &mut taken, header, export);
    if export.name != ANY
        && let Some(any) = EXPORTS.last()
    {
        take(&mut columns, &mut taken, header, any);
    }
    columns
}

/// Takes the columns that an export names and that nothing else took.
fn take(columns: &mut Columns, taken: &mut BTreeSet<usize>, header: &[String], export: &Export) {
    for (field, words) in &export.fields {
        if columns.at.contains_key(field) {
            continue;
        }
        let position = |word: &String| header.iter().position(|cell| cell == word);
        let mut found: Vec<usize> =
            words.iter().filter_map(position).filter(|position| !taken.contains(position)).collect();
        // One export may have several columns for a status; a word that is only guessed names one.
        if *field != Field::Status || export.name == ANY {
            found.truncate(1);
        }
        if !found.is_empty() {
            taken.extend(&found);
            columns.at.insert(*field, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognized(header: &str) -> Result<Columns, NoColumns> {
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        columns(&header, &FileRule::default())
    }

    #[test]
    fn every_line_of_the_data_says_something() {
        for line in HEADERS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [_, what, words] = cells[..] else { panic!("three cells: {line}") };
            let known = what == "sign" || what == "dates" || Field::from_word(what).is_some();
            assert!(known, "{line}");
            assert!(words.split('|').all(|word| !fold(word).is_empty()), "{line}");
        }
        assert_eq!(EXPORTS.last().map(|export| export.name), Some(ANY));
    }

    #[test]
    fn what_the_seller_names_counts_alone() {
        let header: Vec<String> = ["No", "Mail", "Order Status", "Zustand"].map(str::to_owned).into();
        let named = [(Field::Number, "No"), (Field::Email, "mail "), (Field::Status, "Zustand")];
        let columns_named = named.map(|(field, name)| (field, vec![name.to_owned()]));
        let rule = FileRule { columns: columns_named.into_iter().collect(), ..FileRule::default() };
        let found = columns(&header, &rule).expect("all are there");
        let expected = [(Field::Number, vec![0]), (Field::Email, vec![1]), (Field::Status, vec![3])];
        assert_eq!(found.at, expected.into_iter().collect());
        let rule = FileRule { columns: [(Field::Number, vec!["Nr".to_owned()])].into(), ..FileRule::default() };
        let missing = columns(&header, &rule).expect_err("there is no such column");
        assert_eq!(missing.to_string(), "there is no column `Nr` for `number`");
    }

    #[test]
    fn words_of_a_header_are_recognized_and_a_bare_list_is_no_export() {
        let found = recognized("Bestellnummer,Kunde,E-Mail,Status,Sendungsnummer").expect("a German table");
        assert_eq!((found.export, found.at[&Field::Number][0], found.at[&Field::Tracking][0]), (ANY, 0, 4));
        assert_eq!(recognized("a,b,c"), Err(NoColumns::NoNumber));
        assert_eq!(recognized("Order ID,Email"), Err(NoColumns::NothingElse));
    }
}
