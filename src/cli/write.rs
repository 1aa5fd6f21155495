//! Files that commands write into the seller's folder: whole or not at all.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

/// The ending of a file that is still being written; nothing reads it.
const UNFINISHED: &str = ".unfinished~";

/// What becomes of one file.
#[derive(Debug)]
pub(super) struct Change {
    /// The file.
    pub path: PathBuf,
    /// Its new text; none removes it.
    pub text: Option<String>,
}

/// Writes a file that may exist: readers see the old text or the new one, never half of it.
pub(super) fn replaced(path: &Path, text: &str) -> anyhow::Result<()> {
    all(&[Change { path: path.to_owned(), text: Some(text.to_owned()) }])
}

/// Makes several changes: every text is written beside its file first, so that a full disk changes nothing.
pub(super) fn all(changes: &[Change]) -> anyhow::Result<()> {
    for (index, change) in changes.iter().enumerate() {
        let Some(text) = &change.text else { continue };
        if let Err(error) = prepared(&change.path, text) {
            for change in &changes[..=index] {
                drop(fs::remove_file(unfinished(&change.path)));
            }
            return Err(error).with_context(|| format!("cannot write {}", change.path.display()));
        }
    }
    for change in changes {
        let done = match &change.text {
            Some(_) => fs::rename(unfinished(&change.path), &change.path),
            None => fs::remove_file(&change.path),
        };
        done.with_context(|| format!("cannot write {}", change.path.display()))?;
    }
    Ok(())
}

fn prepared(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let unfinished = unfinished(path);
    fs::write(&unfinished, text)?;
    match fs::metadata(path) {
        // Whoever could read the file still can.
        Ok(metadata) => fs::set_permissions(&unfinished, metadata.permissions()),
        Err(_) => Ok(()),
    }
}

fn unfinished(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}{UNFINISHED}"))
}
