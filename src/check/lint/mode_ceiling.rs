//! Rules that are trusted more than any channel allows.

use crate::{
    check::{
        lint::{Lint, Look},
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic, source::Span},
    model::{inbound::ChannelKind, mode::Mode},
    rules::rule::Action,
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("mode-above-ceiling");

/// So many rules are named; the others are only counted.
const NAMED: usize = 3;
/// Every kind of channel.
const CHANNELS: [ChannelKind; 2] = [ChannelKind::Email, ChannelKind::Telegram];

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let ceilings = &trial.engine.settings().max_mode;
    let Some(ceiling) = CHANNELS.iter().map(|kind| ceilings.get(kind).copied().unwrap_or(Mode::Auto)).max() else {
        return Vec::new();
    };
    let above: Vec<_> =
        trial.rules().iter().filter(|rule| rule.action == Action::Answer && rule.mode > ceiling).collect();
    let Some(first) = above.first() else { return Vec::new() };
    let named: Vec<String> = above.iter().take(NAMED).map(|rule| format!("`{}`", rule.id)).collect();
    let more = if above.len() > NAMED { format!(" and {} more", above.len() - NAMED) } else { String::new() };
    let message = format!(
        "no channel lets a rule be more than `{}`, and {}{more} would be `{}`",
        ceiling.as_str(),
        named.join(", "),
        first.mode.as_str()
    );
    let (span, label) = place(trial).unwrap_or_else(|| (Span::new(first.file, 0..0), "this rule, for one"));
    let help = "raise the ceiling of the channel you trust, or give the rules the mode that holds anyway";
    vec![Diagnostic::warning(CODE, message, span, label).help(help)]
}

/// Returns where the configuration sets the ceilings.
fn place(trial: &Trial<'_>) -> Option<(Span, &'static str)> {
    const KEY: &str = "max_mode";
    let mut files = trial.material.sources.iter().filter(|(_, source)| !source.path.starts_with("rules/"));
    files.find_map(|(file, source)| {
        let at =
            source.text.starts_with(KEY).then_some(0).or_else(|| source.text.find("\nmax_mode").map(|at| at + 1))?;
        Some((Span::new(file, at..at + KEY.len()), "the ceilings"))
    })
}
