//! Rules that are part of the program and not of a seller's folder, in the same language and read by the same code.
//!
//! They are never mixed with a seller's rules: no priority, no `unless` and no mode of those reaches them.

use crate::{
    diagnostic::{Diagnostic, source::SourceMap},
    model::language::Language,
    rules::{evaluate::Attempt, set::RuleSet},
    text::reading::Reading,
};

/// A rule file that is compiled into the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// Its path as if it lay in a seller's folder: `rules/complaint/police.yaml`.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Reads built-in rules. A test of each list keeps the findings empty; a rule with an error would be left out.
pub fn read(files: &[BuiltIn]) -> (RuleSet, SourceMap, Vec<Diagnostic>) {
    let mut sources = SourceMap::default();
    let ids: Vec<_> = files.iter().map(|file| sources.add(file.path, file.text)).collect();
    let (rules, found) = RuleSet::read(&sources, &ids);
    (rules, sources, found)
}

/// Returns where the patterns of built-in rules match in these languages, as it is written: what would match only after a
/// repair is none. Without a language nothing is looked at.
pub fn phrases(rules: &RuleSet, reading: &Reading, languages: &[Language]) -> Vec<Attempt> {
    if languages.is_empty() {
        return Vec::new();
    }
    let mut found = rules.attempts(reading);
    found.retain(|found| !found.repaired && languages.contains(&found.language));
    found
}
