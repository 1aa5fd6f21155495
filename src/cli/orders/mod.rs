//! `nightdesk orders`: the exports that tell buyers where their orders stand.

pub(super) mod finding;
mod mapping;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::{
    cli::{
        exit::Exit,
        files::{Unusable, config_of, config_only, config_quietly},
        output, write,
    },
    config::Config,
    library::exports::{self, Found, Opened},
    model::order::{self, OrderFile},
    orders::{
        field::Field,
        settings::{DEFAULT_STALE_AFTER, FileRule, Settings},
        table::{Refused, Summary},
    },
    store::orders::{OrderFileSeen, stale},
};

/// Lines that `orders check` reads at once: nothing is kept of them.
const BATCH: usize = 10_000;

/// Look at exports of orders before buyers are told what stands in them
#[derive(Debug, Args)]
pub(super) struct Orders {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say which column of an export tells what, as it goes into the configuration
    Map {
        /// The export, a CSV file
        file: PathBuf,
        /// Also write it into the configuration
        #[arg(long)]
        write: bool,
    },
    /// Read the exports and say what is wrong with them; nothing is kept
    Check {
        /// Only this file; all tables of the folder if it is left out
        file: Option<PathBuf>,
    },
}

impl Orders {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        match self.command {
            Command::Map { file, write } => map(config, &file, write),
            Command::Check { file } => check(config, file.as_deref()),
        }
    }
}

fn map(config: &Path, path: &Path, write: bool) -> anyhow::Result<Exit> {
    let name = name_of(path);
    let rule = config_quietly(config).and_then(|config| config.service.orders?.rule_for(&name)).unwrap_or_default();
    let found = found(path, name, rule)?;
    let name = found.file.name.clone();
    let known = !found.rule.pattern.is_empty();
    let opened = match exports::open(found.clone()) {
        Err(Refused::NoHeader { .. }) if found.rule.columns.is_empty() => {
            output::talk("No word of its header is known: look at each line, it is guessed from what stands below.");
            exports::guessed(found).and_then(exports::open)
        }
        opened => opened,
    };
    let opened = match opened {
        Ok(opened) => opened,
        Err(refused) => {
            output::talk(&format!("{name}: {refused}."));
            output::talk(&format!("What to do: {}.", refused.help()));
            return Ok(Exit::Findings);
        }
    };
    let summary = opened.read(BATCH, |_| true);
    output::data(&output::plain(&mapping::describe(&opened, summary.as_ref().ok())));
    let item = mapping::item(&opened, summary.as_ref().ok());
    if !write {
        output::data(&format!("\norders:\n  files:\n{item}"));
        let again = format!("{} orders map {} --write", output::program(), path.display());
        output::talk(&format!("`{again}` puts this into {}.", config.display()));
        return Ok(Exit::Success);
    }
    if known {
        let (file, config) = (path.display(), config.display());
        return Ok(output::refusal(&format!("{config} says already how files such as {file} are read; edit it there")));
    }
    let text = fs::read_to_string(config).map_err(|source| Unusable::Unreadable { path: config.to_owned(), source })?;
    let wanted = mapping::rule(&opened, summary.as_ref().ok());
    let Some(text) = mapping::insert(&text, &item).filter(|changed| reads_back(config, &text, changed, &wanted)) else {
        output::data(&format!("\norders:\n  files:\n{item}"));
        return Ok(output::refusal(&format!(
            "{} is written in a form that cannot be added to, and was left alone; put the lines above in by hand",
            config.display()
        )));
    };
    write::replaced(config, &text)?;
    output::talk(&format!("Wrote it into {}; a running service takes it at its next start.", config.display()));
    Ok(Exit::Success)
}

/// Returns whether a changed configuration reads back as it was, with one more kind of file.
fn reads_back(path: &Path, text: &str, changed: &str, wanted: &FileRule) -> bool {
    let orders = |text: &str| config_of(path, text).map(|config| config.service.orders);
    let (Some(before), Some(Some(after))) = (orders(text), orders(changed)) else { return false };
    let Some((first, rest)) = after.files.split_first() else { return false };
    let kept = before.is_none_or(|before| {
        (&before.folder, before.stale_after, before.files.as_slice()) == (&after.folder, after.stale_after, rest)
    });
    first == wanted && kept
}

fn check(config: &Path, file: Option<&Path>) -> anyhow::Result<Exit> {
    let orders = config_only(config)?.service.orders;
    let found = match (&orders, file) {
        (None, None) => {
            return Ok(output::refusal("the configuration has no `orders:` section; docs/orders.md has one"));
        }
        (_, Some(path)) => {
            let name = name_of(path);
            let rule = orders.as_ref().and_then(|orders| orders.rule_for(&name)).unwrap_or_default();
            vec![found(path, name, rule)?]
        }
        (Some(settings), None) => list(settings)?,
    };
    if found.is_empty() {
        output::talk("There is no table in the folder yet.");
    }
    let (mut clean, mut files) = (true, Vec::new());
    for found in found {
        match read(found) {
            Ok(seen) => {
                clean &= seen.summary.wrong == 0;
                output::data(&output::plain(&described(&seen)));
                files.push(seen.file);
            }
            Err(refused) => {
                clean = false;
                output::data(&output::plain(&refused));
            }
        }
    }
    let stale_after = orders.as_ref().map_or(DEFAULT_STALE_AFTER, |orders| orders.stale_after);
    let now = Timestamp::now();
    for file in order::stale(&files, |file| (&file.series, file.as_of), order::fresh_since(stale_after, now)) {
        clean = false;
        let hours = now.duration_since(file.as_of).as_hours();
        output::data(&format!("{}: it is {hours} hours old, so buyers are told nothing of it", file.name));
    }
    Ok(if clean { Exit::Success } else { Exit::Findings })
}

/// Returns the tables of the folder.
pub(super) fn list(settings: &Settings) -> anyhow::Result<Vec<Found>> {
    let folder = settings.folder.display();
    exports::list(settings, Timestamp::now()).with_context(|| {
        format!("cannot read the folder of orders {folder}; make it, or name another as `folder:` under `orders:`")
    })
}

/// A table that was read.
struct Seen {
    /// The file, with its series.
    file: OrderFile,
    /// It tells when orders were placed, so it is a shop's.
    dated: bool,
    summary: Summary,
}

/// Reads a table and keeps nothing; an error says what is wrong and what to do.
fn read(found: Found) -> Result<Seen, String> {
    let name = found.file.name.clone();
    let read = |opened: Opened| {
        let summary = opened.read(BATCH, |_| true)?;
        let dated = opened.plan.columns.at.contains_key(&Field::Placed);
        Ok(Seen { file: opened.found.file, dated, summary })
    };
    exports::open(found).and_then(read).map_err(|refused: Refused| format!("{name}: {refused}\n  {}", refused.help()))
}

fn described(Seen { file, dated, summary }: &Seen) -> String {
    let name = &file.name;
    let mut lines =
        vec![format!("{name}: {}", output::counted(usize::try_from(summary.lines).unwrap_or(usize::MAX), "line"))];
    if summary.without_email == summary.lines && *dated {
        lines.push(format!(
            "{name}: no line has an e-mail address, so nobody is told of its orders; if another file has the addresses, \
             give both the same `name` under `orders:`"
        ));
    } else if summary.without_email == summary.lines {
        lines.push(format!("{name}: no line has an e-mail address; it only adds to orders of other files"));
    } else if summary.without_email > 0 {
        lines.push(format!(
            "{name}: {} of them without an e-mail address; nobody is told of an order that has none in any line",
            summary.without_email
        ));
    }
    for problem in &summary.problems {
        lines.push(format!("{name}: {problem}\n  {}", problem.kind.help()));
    }
    let more = summary.wrong.saturating_sub(summary.problems.len() as u64);
    if more > 0 {
        lines.push(format!("{name}: and {more} more"));
    }
    lines.join("\n")
}

fn found(path: &Path, name: String, rule: FileRule) -> anyhow::Result<Found> {
    let found = exports::found(path, name, rule, Timestamp::now());
    let found = found.with_context(|| format!("cannot read the export {}", path.display()))?;
    found.with_context(|| format!("{} is no file", path.display()))
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Returns the lines that `status` says about orders.
pub(super) fn status(config: &Config, files: &[OrderFileSeen], now: Timestamp) -> Vec<String> {
    let Some(settings) = &config.service.orders else { return Vec::new() };
    if files.is_empty() {
        return vec![format!("Orders      none read yet from {}", settings.folder.display())];
    }
    let old = stale(files, settings.stale_after, now);
    let since = order::fresh_since(settings.stale_after, now);
    let line = |file: &OrderFileSeen| {
        let hours = now.duration_since(file.as_of).as_hours();
        let what = if file.refused {
            format!("not used: {}", file.note)
        } else if old.contains(&file) {
            format!("{} lines, {hours} h old: too old, buyers are not told of its orders", file.lines)
        } else if file.as_of < since {
            format!("{} lines, {hours} h old, replaced by a newer export", file.lines)
        } else {
            format!("{} lines, {hours} h old, {} to mend", file.lines, file.wrong)
        };
        let gone = if exports::is_there(settings, &file.name) { "" } else { "; not in the folder any more" };
        output::plain(&format!("Orders      {}: {what}{gone}", file.name))
    };
    // What could not be used and was taken away is nobody's concern any more.
    files.iter().filter(|file| !file.refused || exports::is_there(settings, &file.name)).map(line).collect()
}
