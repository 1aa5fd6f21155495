//! Holds the documents to their word: their commands, files, tables and transcripts.

mod api;
mod codes;
mod commands;
mod desk;
mod marketplaces;
mod proof;
mod quality;
mod reference;
pub(crate) mod transcript;
mod tutorial;

use std::{fs, path::Path};

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Compares a page with what the program generates for it; `UPDATE=1` rewrites the page.
fn generated(path: &str, page: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(root().join(path), page).expect("the page is writable");
        return;
    }
    let written = fs::read_to_string(root().join(path)).unwrap_or_default();
    let differs = written.lines().zip(page.lines()).position(|(written, page)| written != page);
    assert!(
        written == page,
        "{path} differs from line {:?} on; run the test with UPDATE=1 and review it",
        differs.map(|at| at + 1)
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
