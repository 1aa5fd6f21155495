//! A rule that is off: nothing tries it, so nothing keeps it right.

use crate::{
    check::{
        lint::{Lint, Look},
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic, source::Span},
    model::mode::Mode,
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("rule-off");

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let off = trial.written.values().filter(|rule| rule.mode == Mode::Off);
    let found = off.map(|rule| {
        let (intent, patterns, examples) = (&rule.intent, rule.say.len(), rule.examples.len());
        let message = format!(
            "the rule `{}` is off: its patterns ({patterns}) and examples ({examples}) are not tried",
            intent.value
        );
        let span: Span = intent.span.clone();
        Diagnostic::warning(CODE, message, span, "off")
            .help("write `mode: shadow` to see in the records what it would do, or remove the file")
    });
    found.collect()
}
