//! Which intents the shop can recognize and answer in which of its languages.

use crate::{
    check::lint::Material,
    model::{language::Language, mode::Mode},
    rules::rule::{Category, Rule},
};

/// Below this share, in percent, buyers of a language notice that they are second class.
pub const TARGET_PERCENT: usize = 95;

/// The matrix of intents and languages.
#[derive(Debug)]
pub struct Coverage<'a> {
    /// How many intents there are: every rule that is not off and not about foreign topics.
    pub intents: usize,
    /// One row for each language of the shop, in its order.
    pub languages: Vec<Row<'a>>,
}

/// One language.
#[derive(Debug)]
pub struct Row<'a> {
    /// The language.
    pub language: Language,
    /// Rules without a pattern in it, or whose reply has no text in it.
    pub missing: Vec<&'a Rule>,
}

impl<'a> Coverage<'a> {
    /// Counts the rules that can be evaluated.
    pub fn of(material: &Material<'a>) -> Self {
        let counted = |rule: &&Rule| rule.mode != Mode::Off && rule.category != Category::Foreign;
        let rules: Vec<&Rule> = material.rules.rules().iter().filter(counted).collect();
        let languages = material.languages.iter().map(|language| {
            let missing = rules.iter().copied().filter(|rule| !covers(material, rule, *language)).collect();
            Row { language: *language, missing }
        });
        Self { languages: languages.collect(), intents: rules.len() }
    }

    /// Returns the share of the matrix that is covered, in whole percent; 100 if there is nothing to cover.
    pub fn percent(&self) -> usize {
        let cells = self.intents * self.languages.len();
        let missing: usize = self.languages.iter().map(|row| row.missing.len()).sum();
        ((cells - missing) * 100).checked_div(cells).unwrap_or(100)
    }
}

fn covers(material: &Material<'_>, rule: &Rule, language: Language) -> bool {
    let answered = rule.reply.iter().all(|reply| material.replies.written(&reply.value).contains(&language));
    rule.languages.contains(&language) && answered
}
