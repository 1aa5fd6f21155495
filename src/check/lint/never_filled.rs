//! A reply speaks of a situation, and the shop has none.

use crate::{
    check::{
        lint::{Lint, Look},
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic, source::Span},
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("never-filled");

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let today = trial.today();
    if trial
        .material
        .replies
        .situations()
        .iter()
        .any(|situation| situation.season.ends().is_none_or(|end| end >= today))
    {
        return Vec::new();
    }
    let uses = trial.material.replies.situation_uses().into_iter();
    let found = uses.map(|(reply, file)| {
        let text = &trial.material.sources.file(file).text;
        let start = text.find("situation.").unwrap_or(0);
        let rest = &text[start..];
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_')).unwrap_or(rest.len());
        let variable = &rest[..length];
        let message =
            format!("the reply `{}` prints `{variable}`, and no situation is in force or to come", reply.as_str());
        Diagnostic::warning(CODE, message, Span::new(file, start..start + length), "never has a value")
            .help("add the situation to replies/_situations.yaml, or take these words out")
    });
    found.collect()
}
