//! Fixtures with an expected file beside each; `UPDATE=1` rewrites them.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Returns the files with that extension in a folder of fixtures, by name.
pub(crate) fn fixtures(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/email").join(folder);
    files(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == extension)).collect()
}

/// Runs `render` over every file with that extension and compares with its `.expected`. A missing expected file is made
/// and fails once; one without fixture fails.
pub(crate) fn check(folder: &str, extension: &str, at_least: usize, render: impl Fn(&[u8]) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/email").join(folder);
    let files = files(&folder);
    let fixtures: Vec<&PathBuf> =
        files.iter().filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
    assert!(fixtures.len() >= at_least, "{} has only {} fixtures", folder.display(), fixtures.len());
    let is_update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    for fixture in fixtures {
        let bytes = fs::read(fixture).expect("the fixture was just listed");
        let found = render(&bytes);
        let expected_path = fixture.with_extension("expected");
        let expected = fs::read_to_string(&expected_path).ok();
        if expected.as_deref() == Some(found.as_str()) {
            continue;
        }
        if is_update || expected.is_none() {
            fs::write(&expected_path, &found).expect("the data folder is writable");
        }
        if !is_update {
            wrong.push(format!(
                "{}:\n--- expected\n{}\n--- found\n{found}",
                fixture.display(),
                expected.unwrap_or_default()
            ));
        }
    }
    let names: BTreeSet<PathBuf> = files.iter().map(|path| path.with_extension(extension)).collect();
    wrong.extend(names.iter().filter(|path| !path.exists()).map(|path| format!("{} is missing", path.display())));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the fixture folder exists");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder entry can be read").path()).collect();
    files.sort();
    files
}
