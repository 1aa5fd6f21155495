//! Questions to the person at the terminal. Nothing is ever asked where nobody can answer.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::bail;

/// Returns whether somebody is there to be asked.
pub(super) fn is_possible() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks one question and returns the line, trimmed; the end of the input is an error that says that nothing was done.
pub(super) fn line(question: &str) -> anyhow::Result<String> {
    let mut err = std::io::stderr().lock();
    write!(err, "{question}: ")?;
    err.flush()?;
    let mut line = String::new();
    if std::io::stdin().lock().read_line(&mut line)? == 0 {
        bail!("the questions were not answered, so nothing was written; `--yes` asks none");
    }
    Ok(line.trim().to_owned())
}
