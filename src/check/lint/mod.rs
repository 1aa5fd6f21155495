//! Findings that need more than one file to see: rules against replies, rules against the shop's languages.
//!
//! What one file shows alone is found where that file is read (`rules::syntax`, `replies::catalog`).

mod example_fact;
mod examples_missing;
mod need_not_filled;
mod reply_language;
mod reply_missing;

use crate::{
    diagnostic::{Code, Diagnostic, source::SourceMap},
    model::language::Language,
    replies::catalog::Catalog,
    rules::set::RuleSet,
};

/// What lints look at.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// All texts.
    pub sources: &'a SourceMap,
    /// The rules that could be read.
    pub rules: &'a RuleSet,
    /// The replies that could be read.
    pub replies: &'a Catalog,
    /// The languages the shop answers in.
    pub languages: &'a [Language],
}

/// One kind of finding.
#[derive(Debug)]
pub struct Lint {
    /// Its code.
    pub code: Code,
    /// What it finds, in one sentence.
    pub finds: &'static str,
    /// Returns what it finds.
    pub run: fn(&Material<'_>) -> Vec<Diagnostic>,
}

/// All lints.
pub const LINTS: &[Lint] =
    &[reply_missing::LINT, reply_language::LINT, need_not_filled::LINT, examples_missing::LINT, example_fact::LINT];

/// Returns what all lints find, in the order of the list.
pub fn run(material: &Material<'_>) -> Vec<Diagnostic> {
    LINTS.iter().flat_map(|lint| (lint.run)(material)).collect()
}
