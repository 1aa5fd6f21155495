//! Texts that come from standard input: a reply, a note, a message to be explained.

use std::io::{IsTerminal as _, Read as _};

use anyhow::{Context as _, bail};

use crate::cli::output;

/// A text longer than this is a pasted file; a buyer's mail has one page.
const MAX_TEXT_BYTES: usize = 100_000;

/// Returns the text of the command line; `-` or none reads it from standard input. `what` names it for the person at a
/// terminal: "the answer".
///
/// A longer text than 100 kB is refused, never cut.
pub(super) fn text(given: Option<String>, what: &str) -> anyhow::Result<String> {
    if let Some(text) = given.filter(|text| text != "-") {
        return Ok(text);
    }
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        output::talk(&format!("Type {what}; Ctrl-D on a line of its own ends it."));
    }
    let mut text = String::new();
    let limit = u64::try_from(MAX_TEXT_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let context = || format!("cannot read {what} from standard input; is it UTF-8 text?");
    stdin.take(limit).read_to_string(&mut text).with_context(context)?;
    if text.len() > MAX_TEXT_BYTES {
        bail!("{what} is longer than {} kB; is it the right file?", MAX_TEXT_BYTES / 1_000);
    }
    Ok(text.trim_end().to_owned())
}
