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
    let missed = trial.cases.iter().filter(|case| case.outcome == CaseOutcome::Missed);
    let found = missed.map(|case| {
        let message = format!("no pattern of `{}` hits this example", case.rule);
        Diagnostic::warning(CODE, message, case.span.clone(), "not recognized")
            .help("add a pattern with its words under `say:`; `nightdesk explain` shows how the text is read")
    });
    found.collect()
}
