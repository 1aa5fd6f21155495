//! Holds the documents to their word: their commands, files, tables and transcripts.

mod commands;
mod reference;
mod transcript;
mod tutorial;

use std::{fs, path::Path};

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
