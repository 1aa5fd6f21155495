//! A list of the shop's own values that nothing asks for.

use crate::{
    check::{
        lint::{Lint, Look},
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic, source::Span},
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("unused-entity-list");

/// Where own values lie.
const ENTITIES: &str = "rules/_entities/";

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let lists = trial.material.sources.iter().filter_map(|(file, source)| {
        let name = source.path.strip_prefix(ENTITIES)?.strip_suffix(".yaml")?;
        Some((file, name))
    });
    let orphans = lists.filter(|(_, name)| !trial.is_mentioned(name));
    let found = orphans.map(|(file, name)| {
        let message = format!("no rule and no reply mentions `{name}`");
        Diagnostic::warning(CODE, message, Span::new(file, 0..0), "never asked for")
            .help(format!("write `{{{name}}}` in a pattern or `entity.{name}` under `needs`, or remove the file"))
    });
    found.collect()
}
