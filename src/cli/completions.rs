//! `nightdesk completions`: what makes the Tab key complete commands and options in a shell.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::cli::{exit::Exit, output};

/// Print the completions of a shell.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  nightdesk completions bash > ~/.local/share/bash-completion/completions/nightdesk
  nightdesk completions zsh > ~/.zfunc/_nightdesk
  nightdesk completions fish > ~/.config/fish/completions/nightdesk.fish")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Prints them; `command` is the whole command line.
    pub(super) fn run(self, mut command: Command) -> anyhow::Result<Exit> {
        let mut script = Vec::new();
        generate(self.shell, &mut command, "nightdesk", &mut script);
        output::data(String::from_utf8(script)?.trim_end());
        Ok(Exit::Success)
    }
}
