//! `nightdesk check`: all mistakes at once, with place and help.

use std::path::Path;

use clap::{Args, ValueEnum};
use jiff::Zoned;

use crate::{
    cli::{exit::Exit, files::Files, output},
    diagnostic::render::{github, human, json},
};

/// Look for mistakes in configuration, rules and replies.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// How findings are written: for people, one JSON object per line, or annotations of a pull request
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
    Github,
}

impl Check {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        let mut files = Files::read(config)?;
        let today = Zoned::now().date();
        let dated = files.library.replies.check_dates(today);
        files.library.diagnostics.extend(dated);
        let (sources, found) = (&files.library.sources, &files.library.diagnostics[..]);
        let text = match self.format {
            Format::Human => human::render(sources, found, output::data_is_colored()),
            Format::Json => json::render(sources, found),
            Format::Github => github::render(sources, found),
        };
        if !text.is_empty() {
            output::data(text.trim_end());
        }
        let rules = output::counted(files.library.rules.rules().len(), "rule");
        let replies = output::counted(files.library.replies.names().len(), "reply");
        output::talk(&format!("Checked {rules} and {replies} of {}.", files.origin));
        Ok(if files.has_errors() { Exit::Findings } else { Exit::Success })
    }
}
