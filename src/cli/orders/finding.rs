//! What `nightdesk check` finds about exports of orders.

use crate::{
    cli::orders::{Seen, list, read},
    config::Config,
    diagnostic::{Code, Diagnostic, source::Span},
};

/// The folder cannot be read.
const ORDERS_FOLDER: Code = Code::new("orders-folder");
/// A file cannot be used, or some of it cannot.
const ORDERS_FILE: Code = Code::new("orders-file");
/// Nothing vouches for senders, so nobody is told anything.
const ORDERS_UNPROVED: Code = Code::new("orders-unproved");

/// Returns what is wrong with the folder and its files; `place` is the section in the configuration.
pub(in crate::cli) fn findings(config: &Config, place: &Span) -> Vec<Diagnostic> {
    let Some(settings) = &config.service.orders else { return Vec::new() };
    let mut found = Vec::new();
    let warning = |code: Code, message: String, help: &str| {
        Diagnostic::warning(code, message, place.clone(), "for this folder").help(help)
    };
    if config.trusted_authserv_ids.is_empty() {
        let help = "write `trusted_authserv_ids:` with the name your server puts first into Authentication-Results";
        let message = "no mail server vouches for senders, so no buyer is told of an order".to_owned();
        found.push(warning(ORDERS_UNPROVED, message, help));
    }
    let files = match list(settings) {
        Ok(files) => files,
        Err(error) => {
            let help = "make the folder, or name another as `folder:`, relative to this file";
            let message = format!("cannot read the folder {}: {}", settings.folder.display(), error.root_cause());
            found.push(warning(ORDERS_FOLDER, message, help));
            return found;
        }
    };
    let read: Vec<_> = files.into_iter().map(|file| (file.file.name.clone(), read(file))).collect();
    let addressed = |seen: &Seen| seen.summary.without_email < seen.summary.lines;
    // A list adds to the orders of the others.
    let some_addressed = read.iter().any(|(_, seen)| seen.as_ref().is_ok_and(addressed));
    for (name, seen) in read {
        match seen {
            Ok(seen) => {
                let Seen { summary, dated, .. } = &seen;
                if !addressed(&seen) && (*dated || !some_addressed) {
                    let message = format!("{name} has no e-mail addresses, so by itself it tells nobody anything");
                    let help = "export the buyers' addresses too; lists of tracking numbers need none";
                    found.push(warning(ORDERS_FILE, message, help));
                }
                if let Some(problem) = summary.problems.first() {
                    let more = summary.wrong - 1;
                    let rest =
                        if more == 0 { String::new() } else { format!(" (and {more} more: `nightdesk orders check`)") };
                    found.push(warning(ORDERS_FILE, format!("{name}, {problem}{rest}"), problem.kind.help()));
                }
            }
            Err(refused) => {
                let (what, help) = refused.split_once("\n  ").unwrap_or((&refused, ""));
                found.push(warning(ORDERS_FILE, what.to_owned(), help));
            }
        }
    }
    found
}
