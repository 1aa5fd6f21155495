//! `nightdesk schema`: JSON Schemas, with which editors complete and explain the seller's files.

use std::path::{Path, PathBuf};

use clap::{Args, builder::PossibleValuesParser};
use serde_json::Value;

use crate::{
    check::schema::{FOLDER, SCHEMAS, Schema},
    cli::{exit::Exit, output, write},
    config,
    library::profile,
};

/// Print or write the JSON Schema of a kind of file, for editors.
#[derive(Debug, Args)]
pub(super) struct SchemaArguments {
    /// Which files it describes
    #[arg(value_parser = PossibleValuesParser::new(names()), required_unless_present = "write")]
    kind: Option<String>,
    /// Write all of them into this folder instead
    #[arg(long, value_name = "DIR", conflicts_with = "kind", num_args = 0..=1, default_missing_value = FOLDER)]
    write: Option<PathBuf>,
}

impl SchemaArguments {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        if let Some(folder) = self.write {
            let count = write_all(&folder)?;
            output::talk(&format!("Wrote {} into {}.", output::counted(count, "schema"), folder.display()));
            return Ok(Exit::Success);
        }
        if let Some(schema) = all().find(|schema| Some(schema.name) == self.kind.as_deref()) {
            output::data(&written(&(schema.make)()));
        }
        Ok(Exit::Success)
    }
}

/// Writes every schema into a folder, replacing older ones, and returns how many there are.
pub(super) fn write_all(folder: &Path) -> anyhow::Result<usize> {
    for schema in all() {
        let text = written(&(schema.make)()) + "\n";
        write::replaced(&folder.join(format!("{}.json", schema.name)), &text)?;
    }
    Ok(all().count())
}

fn all() -> impl Iterator<Item = Schema> {
    SCHEMAS.iter().copied().chain([
        Schema { name: "profile", make: profile::schema::schema },
        Schema { name: "config", make: config::schema::schema },
    ])
}

fn names() -> Vec<&'static str> {
    all().map(|schema| schema.name).collect()
}

fn written(schema: &Value) -> String {
    format!("{schema:#}")
}
