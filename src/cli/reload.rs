//! How a running service reads its files anew: the same reading as at the start, with what cannot change left alone.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::{
    cli::files::{self, Files},
    config::Config,
    diagnostic::{Severity, source::SourceMap},
    engine::{Engine, settings::Settings},
    library::{
        live::{Live, Reading, Refused},
        watch::State,
    },
    model::wire_id::InstanceKey,
};

/// Builds the first engine from files that were found usable, and the way to build the next.
///
/// `first` is the state of the files before they were read.
pub(super) fn live(path: &Path, first: State, config: &Config, files: Files, instance: &InstanceKey) -> Live {
    let sources = files.library.sources.clone();
    let engine = Engine::new(config.engine(instance.clone()), files.library.rules, files.library.replies);
    let started = Started { path: path.to_owned(), settings: engine.settings().clone(), fixed: config.fixed.clone() };
    Live::new(engine, sources, first, Box::new(move || started.read_again()), Timestamp::now())
}

/// Returns the present state of all files that a reading of this configuration would read.
pub(super) fn state(path: &Path) -> State {
    State::of(roots(path))
}

/// Returns the files and folders that a reading of this configuration would read.
pub(super) fn roots(path: &Path) -> Vec<PathBuf> {
    let beside = |name: &str| files::folder_of(path).join(name);
    match files::config_quietly(path) {
        Some(config) => roots_of(path, &config),
        None => vec![path.to_owned(), beside("rules"), beside("replies"), beside("profiles")],
    }
}

/// What a new engine takes over from the first one.
struct Started {
    path: PathBuf,
    settings: Settings,
    fixed: crate::config::fixed::Fixed,
}

impl Started {
    fn read_again(&self) -> Reading {
        let refused = |first: String| {
            let refused = Refused { errors: 1, first };
            Reading { engine: Err(refused), restart: Vec::new(), roots: None }
        };
        let mut files = match Files::read(&self.path) {
            Ok(files) => files,
            Err(error) => return refused(format!("{error:#}")),
        };
        let Some(config) = files.config.take().filter(|_| !files.has_errors()) else {
            let wrong = first_error(&files);
            return Reading { engine: Err(wrong), restart: Vec::new(), roots: None };
        };
        let sources = files.library.sources.clone();
        let engine = Engine::new(self.settings_of(&config), files.library.rules, files.library.replies);
        engine.warm();
        Reading {
            restart: self.fixed.changed(&config.fixed),
            roots: Some(roots_of(&self.path, &config)),
            engine: Ok((engine, sources)),
        }
    }

    /// Returns the edited settings; which addresses are ours and whom we trust follows the accounts, which stay.
    fn settings_of(&self, config: &Config) -> Settings {
        Settings {
            own_addresses: self.settings.own_addresses.clone(),
            trusted_authserv_ids: self.settings.trusted_authserv_ids.clone(),
            ..config.engine(self.settings.instance.clone())
        }
    }
}

fn roots_of(path: &Path, config: &Config) -> Vec<PathBuf> {
    vec![path.to_owned(), config.rules.clone(), config.replies.clone(), config.profiles_folder.clone()]
}

fn first_error(files: &Files) -> Refused {
    let mut errors: Vec<_> =
        files.library.diagnostics.iter().filter(|found| found.severity == Severity::Error).collect();
    errors.sort_by_key(|found| (found.primary.span.file, found.primary.span.range.start));
    let sources: &SourceMap = &files.library.sources;
    let first = errors.first().map_or_else(
        || "there is no configuration any more".to_owned(),
        |found| {
            let span = &found.primary.span;
            let (line, column) = sources.line_column(span.file, span.range.start);
            format!("{}:{line}:{column}: {}", sources.file(span.file).path, found.message)
        },
    );
    Refused { errors: errors.len().max(1), first }
}
