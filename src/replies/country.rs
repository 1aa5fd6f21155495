//! Names of countries in the languages of replies. Recognising a country in a message is the business of `text`.

use std::{collections::BTreeMap, sync::LazyLock};

use crate::model::language::Language;

/// One row per ISO 3166-1 code, one column per language; `#` begins a comment.
const TABLE: &str = include_str!("countries.tsv");

static NAMES: LazyLock<BTreeMap<(&'static str, &'static str), &'static str>> = LazyLock::new(|| {
    let mut rows = TABLE.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t'));
    let languages: Vec<&str> = rows.next().map(|header| header.skip(1).collect()).unwrap_or_default();
    let mut names = BTreeMap::new();
    for mut row in rows {
        let Some(code) = row.next() else { continue };
        for (language, name) in languages.iter().zip(row) {
            names.insert((code, *language), name);
        }
    }
    names
});

/// Returns the country's name as it stands within a sentence of that language, in English with its article; none for
/// an unknown code or a language without a column, because a bare code is no answer to a buyer.
pub fn name(code: &str, language: Language) -> Option<&'static str> {
    NAMES.get(&(code, language.as_str())).copied()
}

/// Returns whether that is the code of a country, in capitals.
pub fn is_code(code: &str) -> bool {
    NAMES.contains_key(&(code, Language::EN.as_str()))
}
