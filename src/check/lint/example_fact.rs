//! A fact or situation of the starter pack is still the made-up one.

use crate::{
    check::lint::{Lint, Look, Material},
    diagnostic::{Code, Diagnostic},
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Files(run) };

const CODE: Code = Code::new("example-fact");

fn run(material: &Material<'_>) -> Vec<Diagnostic> {
    let found = material.replies.made_up().into_iter().map(|example| {
        let message = format!("{} is a made-up example", example.what);
        Diagnostic::warning(CODE, message, example.span, "marked here")
            .help("buyers are told this value: put in your own and remove `example: true`")
    });
    found.collect()
}
