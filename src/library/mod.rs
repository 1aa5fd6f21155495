//! Reads a seller's rules and replies: from a folder, or the starter pack that travels inside the binary.
//!
//! Reading never stops at the first problem: what is wrong comes back as diagnostics, and the caller decides. Only a
//! folder that cannot be read at all is an error. [`watch`] notices that files changed; [`live`] holds the engine in
//! force and keeps the last good one.

pub mod exports;
pub mod live;
pub mod profile;
pub mod shelf;
pub mod watch;

use std::{
    fs,
    panic::resume_unwind,
    path::{Path, PathBuf},
    thread,
};

use rust_embed::Embed;

use crate::{
    check,
    diagnostic::{
        Diagnostic,
        source::{FileId, SourceMap},
    },
    engine,
    model::language::Language,
    replies::catalog::Catalog,
    rules::set::RuleSet,
};

/// Folders in folders deeper than this are a mistake or a loop of links.
const MAX_FOLDER_DEPTH: usize = 6;
/// More files than any shop has rules and replies in all languages.
const MAX_FILES: usize = 50_000;
/// The endings of files that are read; everything else (notes, backups, spreadsheets being edited) is left alone.
const ENDINGS: [&str; 3] = ["yaml", "txt", "html"];

/// The starter pack's rules.
#[derive(Embed)]
#[folder = "rules/"]
struct StarterRules;

/// The starter pack's replies.
#[derive(Embed)]
#[folder = "replies/"]
struct StarterReplies;

/// The files of a rule set, read but not understood.
#[derive(Debug, Default)]
pub struct Sources {
    /// All texts.
    pub map: SourceMap,
    /// Files under `rules/`.
    pub rules: Vec<FileId>,
    /// Files under `replies/`.
    pub replies: Vec<FileId>,
}

/// Rules and replies with everything that is wrong with them.
#[derive(Debug)]
pub struct Library {
    /// The texts that diagnostics point into.
    pub sources: SourceMap,
    /// The rules that could be read.
    pub rules: RuleSet,
    /// The replies that could be read.
    pub replies: Catalog,
    /// Everything found, in file order.
    pub diagnostics: Vec<Diagnostic>,
}

/// A folder that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The system refuses.
    #[error("cannot read {path}: {source}; it must be there, and nightdesk must run as a user who may read it")]
    Unreadable {
        /// Which file or folder.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// Not a text file.
    #[error("cannot read {path}: it is not UTF-8 text; save it as UTF-8")]
    NotText {
        /// Which file.
        path: PathBuf,
    },
    /// Far too much.
    #[error(
        "{path} holds more than {MAX_FILES} files, or folders nested deeper than {MAX_FOLDER_DEPTH}; is it the right folder?"
    )]
    TooMuch {
        /// Which folder.
        path: PathBuf,
    },
}

impl Sources {
    /// Reads both folders into a map that may hold other texts (the configuration) already. Paths in messages are
    /// `rules/…` and `replies/…`, whatever the folders are called.
    pub fn from_folders(map: SourceMap, rules: &Path, replies: &Path) -> Result<Self, LibraryError> {
        let mut sources = Self { map, ..Self::default() };
        sources.rules = sources.add_folder("rules", rules)?;
        sources.replies = sources.add_folder("replies", replies)?;
        Ok(sources)
    }

    /// Returns the starter pack.
    pub fn starter_pack() -> Self {
        let mut sources = Self::default();
        for (path, text) in starter_files() {
            let id = sources.map.add(path.as_str(), text);
            if path.starts_with("rules/") { sources.rules.push(id) } else { sources.replies.push(id) }
        }
        sources
    }

    fn add_folder(&mut self, shown: &str, folder: &Path) -> Result<Vec<FileId>, LibraryError> {
        let mut files = Vec::new();
        collect(folder, shown, 0, &mut files)?;
        if files.len() > MAX_FILES {
            return Err(LibraryError::TooMuch { path: folder.to_owned() });
        }
        files.sort();
        let mut ids = Vec::with_capacity(files.len());
        for (shown, path) in files {
            let bytes = fs::read(&path).map_err(|source| LibraryError::Unreadable { path: path.clone(), source })?;
            let text = String::from_utf8(bytes).map_err(|_| LibraryError::NotText { path })?;
            // Editors on Windows put a byte order mark in front.
            ids.push(self.map.add(shown, text.trim_start_matches('\u{feff}')));
        }
        Ok(ids)
    }
}

impl Library {
    /// Understands the files. `languages` are those the shop answers in; missing texts are reported for them.
    pub fn read(sources: Sources, languages: &[Language]) -> Self {
        // Rules and replies do not need one another, and what the engine itself brings needs neither.
        let ((rules, mut diagnostics), (replies, found)) = thread::scope(|scope| {
            let replies = scope.spawn(|| {
                let read = Catalog::read(&sources.map, &sources.replies);
                engine::read_built_in();
                read
            });
            let rules = RuleSet::read_for(languages, &sources.map, &sources.rules);
            (rules, replies.join().unwrap_or_else(|panic| resume_unwind(panic)))
        });
        diagnostics.extend(found);
        let library = check::lint::Material { sources: &sources.map, rules: &rules, replies: &replies, languages };
        diagnostics.extend(check::lint::files(&library));
        Self { sources: sources.map, rules, replies, diagnostics }
    }
}

/// Reads the story files of a folder, which need not exist: those that lie in it, not deeper. Paths in messages are
/// `tests/…`.
pub fn add_stories(sources: &mut SourceMap, folder: &Path) -> Result<Vec<FileId>, LibraryError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    let unreadable = |path: &Path, source| LibraryError::Unreadable { path: path.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let entry = entry.map_err(|error| unreadable(folder, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.')
            && Path::new(&name).extension().is_some_and(|ending| ending == "yaml")
            && entry.path().is_file()
        {
            files.push((name, entry.path()));
        }
    }
    files.sort();
    let read = |(name, path): (String, PathBuf)| {
        let bytes = fs::read(&path).map_err(|error| unreadable(&path, error))?;
        let text = String::from_utf8(bytes).map_err(|_| LibraryError::NotText { path })?;
        Ok(sources.add(format!("tests/{name}"), text.trim_start_matches('\u{feff}')))
    };
    files.into_iter().map(read).collect()
}

/// Returns the files of the starter pack with their paths, `rules/…` first.
pub fn starter_files() -> Vec<(String, String)> {
    let rules = StarterRules::iter().filter_map(|path| Some((format!("rules/{path}"), StarterRules::get(&path)?)));
    let replies =
        StarterReplies::iter().filter_map(|path| Some((format!("replies/{path}"), StarterReplies::get(&path)?)));
    let mut files: Vec<(String, String)> = rules
        .chain(replies)
        .filter_map(|(path, file)| Some((path, String::from_utf8(file.data.into_owned()).ok()?)))
        .collect();
    files.sort();
    files
}

fn collect(folder: &Path, shown: &str, depth: usize, files: &mut Vec<(String, PathBuf)>) -> Result<(), LibraryError> {
    if depth > MAX_FOLDER_DEPTH {
        return Err(LibraryError::TooMuch { path: folder.to_owned() });
    }
    let unreadable = |source| LibraryError::Unreadable { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        if path.is_dir() {
            collect(&path, &format!("{shown}/{name}"), depth + 1, files)?;
        } else if path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known)) {
            files.push((format!("{shown}/{name}"), path));
        }
    }
    Ok(())
}
