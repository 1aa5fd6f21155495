//! A rule answers by itself in a language in which it has no example.

use crate::{
    check::lint::{Lint, Look, Material},
    diagnostic::{Code, Diagnostic, source::Span},
    model::mode::Mode,
    rules::rule::Action,
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Files(run) };

const CODE: Code = Code::new("missing-examples");

fn run(material: &Material<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let answering =
        material.rules.rules().iter().filter(|rule| rule.action == Action::Answer && rule.mode == Mode::Auto);
    for rule in answering {
        let has = |language| rule.examples.iter().any(|example| example.matches && example.language == language);
        let bare: Vec<String> =
            rule.languages.iter().filter(|language| !has(**language)).map(ToString::to_string).collect();
        if bare.is_empty() {
            continue;
        }
        let message = format!("the rule `{}` answers in {} and has no example there", rule.id, bare.join(", "));
        let help = "add `examples:` with `match:` sentences buyers write, and `skip:` ones that only look alike";
        let span = rule.reply.as_ref().map_or_else(|| Span::new(rule.file, 0..0), |reply| reply.span.clone());
        found.push(Diagnostic::warning(CODE, message, span, "sent by itself").help(help));
    }
    found
}
