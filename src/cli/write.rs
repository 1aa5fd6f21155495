//! Files that commands write into the seller's folder: whole or not at all.

use std::{fs, path::Path};

use anyhow::Context as _;

/// The ending of a file that is still being written; nothing reads it.
const UNFINISHED: &str = ".unfinished~";

/// Writes a file that may exist: readers see the old text or the new one, never half of it.
pub(super) fn replaced(path: &Path, text: &str) -> anyhow::Result<()> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let unfinished = path.with_file_name(format!(".{name}{UNFINISHED}"));
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&unfinished, text)?;
        if let Ok(metadata) = fs::metadata(path) {
            // Whoever could read the file still can.
            fs::set_permissions(&unfinished, metadata.permissions())?;
        }
        fs::rename(&unfinished, path)
    };
    let written = write();
    if written.is_err() {
        drop(fs::remove_file(&unfinished));
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}
