//! An example that its own rule does not hit.

use crate::{
    check::{
        cases::CaseOutcome,
        lint::{Lint, Look},
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic},
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("example-missed");

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let found = trial.cases.iter().filter_map(|case| {
        let (message, help) = match case.outcome {
            CaseOutcome::Missed => (
                format!("no pattern of `{}` hits this example", case.rule),
                "add a pattern with its words under `say:`; `nightdesk explain` shows how the text is read",
            ),
            CaseOutcome::NoCircumstance => (
                format!(
                    "the rule `{}` never counts: no circumstance could be found in which its `when` holds",
                    case.rule
                ),
                "mend `when:`; conditions that exclude one another never hold together",
            ),
            _ => return None,
        };
        Some(Diagnostic::warning(CODE, message, case.span.clone(), "not recognized").help(help))
    });
    found.collect()
}
