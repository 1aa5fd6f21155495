//! A fact that no reply quotes.

use crate::{
    check::{
        lint::{Lint, Look},
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic},
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("unused-fact");

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let unused = trial.material.replies.unused_facts().into_iter();
    let found = unused.map(|(name, span)| {
        Diagnostic::warning(CODE, format!("no reply quotes the fact `{name}`"), span, "never quoted")
            .help(format!("write `{{{{ fact(\"{name}\") }}}}` where buyers should read it, or remove the fact"))
    });
    found.collect()
}
