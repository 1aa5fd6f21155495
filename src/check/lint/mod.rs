//! Findings that need more than one file to see: rules against replies, rules against one another and against their
//! examples.
//!
//! What one file shows alone is found where that file is read (`rules::syntax`, `replies::catalog`).

pub(in crate::check) mod broad_pattern;
mod duplicate_pattern;
mod example_fact;
mod example_false_alarm;
mod example_missed;
mod example_stolen;
mod examples_missing;
mod holidays_unannounced;
mod language_gap;
mod mode_ceiling;
mod need_not_filled;
mod never_filled;
mod regex_gap;
mod regex_unfolded;
mod reply_language;
mod reply_missing;
mod reply_not_taken;
pub(in crate::check) mod reply_too_long;
mod rule_off;
mod tie;
mod unknown_in_when;
mod unreachable_pattern;
mod unused_entity_list;
mod unused_fact;
mod unused_reply;
mod unused_word_list;
mod unwritten_reply;

use crate::{
    check::trial::Trial,
    diagnostic::{Code, Diagnostic, source::SourceMap},
    model::language::Language,
    replies::catalog::Catalog,
    rules::{rule::Rule, set::RuleSet},
};

/// What lints of files look at.
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

impl<'a> Material<'a> {
    /// Returns the rules, also what could be read of those with errors.
    pub(super) fn all_rules(&self) -> impl Iterator<Item = &'a Rule> + use<'a> {
        self.rules.rules().iter().chain(self.rules.partial())
    }
}

/// One kind of finding.
#[derive(Debug)]
pub struct Lint {
    /// Its code.
    pub code: Code,
    /// What it looks at.
    pub look: Look,
}

/// What a lint looks at, and the function that returns what it finds.
#[derive(Debug, Clone, Copy)]
pub enum Look {
    /// The files. Runs whenever they are read: its errors keep them from being used.
    Files(fn(&Material<'_>) -> Vec<Diagnostic>),
    /// What the rules make of their examples. Runs in `check` only, because it takes its time; warnings.
    Trial(fn(&Trial<'_>) -> Vec<Diagnostic>),
}

/// All lints.
pub const LINTS: &[Lint] = &[
    reply_missing::LINT,
    reply_language::LINT,
    unwritten_reply::LINT,
    unwritten_reply::OF_DRAFTS,
    need_not_filled::LINT,
    unknown_in_when::LINT,
    examples_missing::LINT,
    example_fact::LINT,
    example_missed::LINT,
    example_stolen::LINT,
    example_false_alarm::LINT,
    tie::LINT,
    duplicate_pattern::LINT,
    unreachable_pattern::LINT,
    broad_pattern::LINT,
    regex_gap::LINT,
    regex_unfolded::LINT,
    language_gap::LINT,
    mode_ceiling::LINT,
    rule_off::LINT,
    reply_too_long::LINT,
    reply_not_taken::LINT,
    never_filled::LINT,
    holidays_unannounced::LINT,
    unused_reply::LINT,
    unused_fact::LINT,
    unused_word_list::LINT,
    unused_entity_list::LINT,
];

/// Returns what the lints of files find, in the order of the list.
pub fn files(material: &Material<'_>) -> Vec<Diagnostic> {
    let of = |lint: &Lint| match lint.look {
        Look::Files(run) => run(material),
        Look::Trial(_) => Vec::new(),
    };
    LINTS.iter().flat_map(of).collect()
}

/// Returns what all other lints find, in the order of the list.
pub fn trial(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let of = |lint: &Lint| match lint.look {
        Look::Files(_) => Vec::new(),
        Look::Trial(run) => run(trial),
    };
    LINTS.iter().flat_map(of).collect()
}
