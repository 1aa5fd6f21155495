//! The `nightdesk` program: parses arguments, runs one command, turns its outcome into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    nightdesk::cli::run().into()
}
