//! A reply that does not fit into one message of a channel.

use crate::{
    check::{
        lint::{Lint, Look},
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic, source::Span},
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("reply-too-long");

/// Telegram takes 4,096 UTF-16 code units per message (Bot API, `sendMessage`).
pub(in crate::check) const TELEGRAM_UNITS: usize = 4_096;

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let long = trial.material.replies.lengths().into_iter().filter(|length| length.units > TELEGRAM_UNITS);
    let found = long.map(|length| {
        let message = format!(
            "the reply `{}` has at least {} characters with its frame, and Telegram takes {TELEGRAM_UNITS}",
            length.reply.as_str(),
            length.units
        );
        Diagnostic::warning(CODE, message, Span::new(length.file, 0..0), "too long")
            .help("say it in fewer words, or link to a page; a buyer reads the first lines")
    });
    found.collect()
}
