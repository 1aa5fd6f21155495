//! Mail profiles of marketplaces and web forms: those that travel inside the binary, and the seller's own beside them.
//!
//! A seller's file of the same name changes of a shipped profile what it says and nothing else; `like:` begins with
//! another one. What a profile means stands in `model::profile`, what its file looks like in [`read`] and [`schema`].

pub mod read;
pub mod schema;
pub mod table;

use std::{
    fs,
    path::Path,
    sync::{Arc, LazyLock},
};

use rust_embed::Embed;

use crate::{
    diagnostic::{
        Code, Diagnostic,
        nearest::nearest,
        source::{SourceMap, Span},
    },
    library::LibraryError,
    model::profile::{Profile, Profiles},
};

/// A marketplace that no profile describes.
pub(super) const UNKNOWN_MARKETPLACE: Code = Code::new("unknown-marketplace");
/// A marketplace the shop sells on, by a profile that does not say who writes.
pub(super) const MARKETPLACE_WITHOUT_SENDER: Code = Code::new("marketplace-without-sender");
/// Marketplaces without a server whose word for a sender counts.
pub(super) const MARKETPLACE_UNPROVEN: Code = Code::new("marketplace-unproven");

/// A shop has a handful of forms; more files are the wrong folder.
const MAX_FILES: usize = 200;

/// The profiles inside the binary.
#[derive(Embed)]
#[folder = "src/library/profiles/"]
struct Shipped;

/// Returns the profiles inside the binary.
pub fn shipped() -> Profiles {
    static READ: LazyLock<Vec<Arc<Profile>>> = LazyLock::new(|| {
        let mut sources = SourceMap::default();
        let mut found = Vec::new();
        let mut all: Vec<Arc<Profile>> = Vec::new();
        for (name, text) in shipped_files() {
            let file = sources.add(format!("profiles/{name}.yaml"), text);
            let (profile, problems) = read::read_shipped(&sources, file, &name);
            found.extend(problems);
            all.extend(profile.map(Arc::new));
        }
        // A test reads every shipped file and finds nothing.
        if found.is_empty() { all } else { Vec::new() }
    });
    Profiles { all: READ.clone(), used: std::collections::BTreeSet::new() }
}

/// Returns the shipped files by name, sorted.
pub fn shipped_files() -> Vec<(String, String)> {
    let text = |path: &str| String::from_utf8(Shipped::get(path)?.data.into_owned()).ok();
    let mut files: Vec<(String, String)> =
        Shipped::iter().filter_map(|path| Some((path.strip_suffix(".yaml")?.to_owned(), text(&path)?))).collect();
    files.sort();
    files
}

/// Adds the seller's own profiles to the shipped ones. The folder need not exist; paths in messages are `profiles/…`.
pub fn with_own(
    sources: &mut SourceMap,
    folder: &Path,
    shipped: &Profiles,
) -> Result<(Profiles, Vec<Diagnostic>), LibraryError> {
    let mut profiles = shipped.clone();
    let mut found = Vec::new();
    for (name, text) in own_files(folder)? {
        let file = sources.add(format!("profiles/{name}.yaml"), text.trim_start_matches('\u{feff}'));
        let (profile, problems) = read::read(sources, file, &name, &shipped.all);
        found.extend(problems);
        if let Some(profile) = profile {
            profiles.all.retain(|known| known.name != name);
            profiles.all.push(Arc::new(profile));
        }
    }
    profiles.all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok((profiles, found))
}

fn own_files(folder: &Path) -> Result<Vec<(String, String)>, LibraryError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let unreadable = |path: &Path, source| LibraryError::Unreadable { path: path.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        let is_yaml = path.extension().is_some_and(|ending| ending == "yaml");
        let Some(name) = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()) else { continue };
        if name.starts_with('.') || !is_yaml || !path.is_file() {
            continue;
        }
        let bytes = fs::read(&path).map_err(|error| unreadable(&path, error))?;
        files.push((name, String::from_utf8(bytes).map_err(|_| LibraryError::NotText { path })?));
    }
    if files.len() > MAX_FILES {
        return Err(LibraryError::TooMuch { path: folder.to_owned() });
    }
    files.sort();
    Ok(files)
}

/// Marks the profiles that the shop names as its marketplaces, and says what is wrong with that. `trusts` tells whether
/// there is a server whose word for a sender counts.
pub fn mark_used(
    profiles: &mut Profiles,
    named: &[(String, Span)],
    sources: &SourceMap,
    trusts: bool,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, span) in named {
        let Some(profile) = profiles.get(name) else {
            // One with errors has findings of its own.
            let own = format!("profiles/{name}.yaml");
            if sources.iter().any(|(_, source)| source.path == own) {
                continue;
            }
            let known = profiles.all.iter().map(|profile| profile.name.as_str());
            let message = format!("there is no mail profile called `{name}`");
            let mut problem = Diagnostic::error(UNKNOWN_MARKETPLACE, message, span.clone(), "not known").help(format!(
                "write one of: {}; or describe it in profiles/{name}.yaml",
                known.clone().collect::<Vec<_>>().join(", ")
            ));
            if let Some(meant) = nearest(name, known) {
                problem = problem.fix(span.clone(), meant);
            }
            found.push(problem);
            continue;
        };
        if profile.senders.is_empty() {
            let message = format!("the profile `{name}` does not say which address writes for you");
            let help = format!("write profiles/{name}.yaml with `senders: [{{from: wordpress@shop.example}}]`");
            found.push(
                Diagnostic::error(MARKETPLACE_WITHOUT_SENDER, message, span.clone(), "recognizes nothing").help(help),
            );
        }
        profiles.used.insert(name.clone());
    }
    if let Some((_, span)) = named.first().filter(|_| !trusts) {
        let message = "no mail of a marketplace can be proven, so each becomes a ticket";
        let help = "write `trusted_authserv_ids:` with the name that your mail server puts first into \
                    Authentication-Results (docs/marketplaces.md)";
        found.push(Diagnostic::warning(MARKETPLACE_UNPROVEN, message, span.clone(), "named here").help(help));
    }
    found
}
