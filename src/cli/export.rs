//! `nightdesk export`: the texts of replies, or the examples of rules, as a table for spreadsheets and translators.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

use crate::{
    check::examples,
    cli::{
        exit::Exit,
        files::{Files, Unusable},
        output, write,
    },
    diagnostic::source::SourceMap,
    replies::sheet,
};

/// Write the texts of replies, or the examples of rules, as a table that spreadsheets open.
#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    what: What,
    /// Where to write it; without a name, or with `-`, it is printed
    file: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long)]
    replace: bool,
}

/// What a table holds; one of them.
#[derive(Debug, Clone, Copy, Args)]
#[group(required = true, multiple = false)]
pub(super) struct What {
    /// The texts of replies, in this form
    #[arg(long, value_enum, value_name = "FORM")]
    pub texts: Option<Form>,
    /// The examples of rules, in this form; new rows become new examples
    #[arg(long, value_enum, value_name = "FORM")]
    pub examples: Option<Form>,
}

/// The form of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// Comma-separated values, UTF-8
    Csv,
}

impl Export {
    pub(super) fn run(mut self, config: &Path) -> anyhow::Result<Exit> {
        self.file = self.file.filter(|file| file != Path::new("-"));
        if let Some(file) = self.file.as_deref().filter(|file| file.exists() && !self.replace) {
            let why = format!(
                "{} exists already, and may hold changes that were not imported; name another file, or add --replace",
                file.display()
            );
            return Ok(output::refusal(&why));
        }
        let files = Files::read(config)?;
        if files.folders.is_none() && config.exists() {
            // The configuration itself is broken; its findings say more than an empty table.
            files.usable()?;
            return Err(Unusable::NoConfig(config.to_owned()).into());
        }
        let (table, count, option) = if self.what.examples.is_some() {
            let rules = files.library.rules.rules();
            let count = rules.iter().map(|rule| rule.examples.len()).sum();
            (examples::write(rules), output::counted(count, "example"), "--examples")
        } else {
            let texts = texts_of(&files.library.sources);
            (sheet::write(&texts), output::counted(sheet::count(&texts), "text"), "--texts")
        };
        let Some(file) = self.file else {
            output::bytes(table.as_bytes());
            return Ok(Exit::Success);
        };
        write::replaced(&file, &table)?;
        let file = file.display();
        output::talk(&format!(
            "Wrote {count} into {file}.\nChange it in a spreadsheet, save it as CSV (UTF-8), and look at what it changes: {} \
             import {option} csv {file}",
            output::program()
        ));
        Ok(Exit::Success)
    }
}

/// Returns the files under `replies/` by their path in it.
pub(super) fn texts_of(sources: &SourceMap) -> BTreeMap<String, String> {
    let files = sources.iter().filter_map(|(_, source)| {
        let path = source.path.strip_prefix("replies/")?;
        Some((path.to_owned(), source.text.clone()))
    });
    files.collect()
}
