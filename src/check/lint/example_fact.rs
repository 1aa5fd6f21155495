//! A fact or situation of the starter pack is still the made-up one.

use crate::{
    check::lint::{Lint, Look, Material},
    diagnostic::{Code, Diagnostic},
    replies::catalog::MadeUp,
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Files(run) };

const CODE: Code = Code::new("example-fact");

/// More places of one file help nobody: who opens it sees them.
const MAX_SHOWN: usize = 2;

/// One finding for a file: the starter pack makes up dozens of values, and a list of them would hide everything else.
fn run(material: &Material<'_>) -> Vec<Diagnostic> {
    let mut made_up = material.replies.made_up();
    made_up.sort_by_key(|example| (example.span.file, example.span.range.start));
    let of_one_file = made_up.chunk_by(|one, next| one.span.file == next.span.file);
    let finding = |values: &[MadeUp]| {
        let first = values.first()?;
        let message = match values.len() {
            1 => format!("{} is a made-up example", first.what),
            count => format!("{count} values of this file are made-up examples"),
        };
        let found = Diagnostic::warning(CODE, message, first.span.clone(), "marked here")
            .help("it is told to buyers unless `tell_made_up_facts: false` stands in config.yaml: put in your own and remove `example: true`");
        let others = values[1..].iter().take(MAX_SHOWN);
        Some(others.fold(found, |found, other| found.related(other.span.clone(), format!("{} as well", other.what))))
    };
    of_one_file.filter_map(finding).collect()
}
