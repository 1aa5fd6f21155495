//! A `skip` example that the rule hits all the same.

use crate::{
    check::{
        cases::CaseOutcome,
        lint::{Lint, Look},
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic, source::Span},
    rules::evaluate::Attempt,
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("example-false-alarm");

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let alarms = trial.cases.iter().filter(|case| case.outcome == CaseOutcome::FalseAlarm);
    let found = alarms.map(|case| {
        let message = format!("the rule `{}` hits what it should skip", case.rule);
        let mut found = Diagnostic::warning(CODE, message, case.span.clone(), "hit")
            .help("narrow the pattern, or write the words that make the difference under `unless:`");
        if let Some(place) = culprit(trial, case.rule.as_str(), &case.text) {
            found = found.related(place, "by this pattern");
        }
        found
    });
    found.collect()
}

/// Returns the place of the pattern that hits.
fn culprit(trial: &Trial<'_>, rule: &str, text: &str) -> Option<Span> {
    let rule = trial.rules().iter().position(|known| known.id.as_str() == rule)?;
    let attempts = trial.material.rules.attempts(&trial.material.rules.reading(text));
    let own = |attempt: &&Attempt| attempt.rule == rule && !attempt.negated;
    let best = attempts.iter().filter(own).max_by_key(|attempt| (attempt.words.len(), attempt.span.len()))?;
    trial.place(rule, best.phrase)
}
