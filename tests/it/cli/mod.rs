//! The program as its users see it: commands, words, exit codes.

mod cases;
mod codes;
mod configuration;
mod given;
mod matching;
mod reports;
mod schemas;
mod shells;
mod starting;
mod testing;
mod tickets;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Returns the program, to be run in that folder without anything of this machine's settings.
pub(crate) fn nightdesk(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightdesk"));
    command.current_dir(folder).env_clear().env("PATH", "/usr/bin:/bin").env("TZ", "UTC");
    command
}

/// Returns a path of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
