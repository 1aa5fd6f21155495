//! Which rule's examples go where.

use std::collections::BTreeMap;

use crate::{
    check::cases::{CaseOutcome, CaseResult},
    model::ids::IntentId,
};

/// Where the `match` examples of one rule go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The rule.
    pub rule: IntentId,
    /// How many `match` examples it has.
    pub examples: usize,
    /// How many of them it recognises.
    pub own: usize,
    /// How many go to another rule, or to none, most first.
    pub elsewhere: Vec<(Option<IntentId>, usize)>,
}

/// Examples, those of them that are recognised, and where the others go.
type Counts<'a> = (usize, usize, BTreeMap<Option<&'a IntentId>, usize>);

/// Returns the rows of all rules with examples that go elsewhere, in the order of the names.
pub fn table(results: &[CaseResult]) -> Vec<Row> {
    let mut rows: BTreeMap<&IntentId, Counts<'_>> = BTreeMap::new();
    for result in results.iter().filter(|result| result.matches) {
        let (examples, own, elsewhere) = rows.entry(&result.rule).or_default();
        *examples += 1;
        match &result.outcome {
            CaseOutcome::StolenBy(thief) => *elsewhere.entry(Some(thief)).or_default() += 1,
            CaseOutcome::Missed | CaseOutcome::NoCircumstance => *elsewhere.entry(None).or_default() += 1,
            _ => *own += 1,
        }
    }
    let row = |(rule, (examples, own, elsewhere)): (&IntentId, Counts<'_>)| {
        let mut elsewhere: Vec<_> = elsewhere.into_iter().map(|(other, count)| (other.cloned(), count)).collect();
        elsewhere.sort_by_key(|(other, count)| (std::cmp::Reverse(*count), other.is_none(), other.clone()));
        Row { rule: rule.clone(), examples, own, elsewhere }
    };
    rows.into_iter().map(row).filter(|row| !row.elsewhere.is_empty()).collect()
}
