//! Finds and reads what most commands need: the configuration, the rules, the replies, the store.

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

use crate::{
    cli::output,
    config::{self, Config},
    diagnostic::{
        Diagnostic, Severity, has_errors,
        render::human,
        source::{SourceMap, Span},
    },
    engine::{
        Engine,
        settings::{Clocks, DEFAULT_ANSWER_AT, Limits, Settings},
    },
    library::{Library, Sources, profile},
    model::{language::Language, time::DeskHours, wire_id::InstanceKey},
    store::Store,
};

/// The files cannot be used; what is wrong was shown already, or stands in the message.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    /// Errors were printed.
    #[error("{0}")]
    Found(String),
    /// There is no configuration.
    #[error(
        "there is no {0}; run `nightdesk init` to make a folder with one, or name yours with --config FILE \
         (`nightdesk demo` needs none)"
    )]
    NoConfig(PathBuf),
    /// It cannot be read at all.
    #[error("cannot read the configuration {path}: {source}; it must be a text file (UTF-8) that this user may read")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
}

/// The configuration, rules and replies of one folder, with everything found wrong in them.
#[derive(Debug)]
pub(super) struct Files {
    /// The configuration, if it could be read.
    pub config: Option<Config>,
    /// Rules and replies; its sources and findings are those of the configuration too.
    pub library: Library,
    /// Where rules and replies come from, for people.
    pub origin: String,
    /// Where the section `orders:` of the configuration stands.
    pub orders_place: Option<Span>,
    /// The folders of rules and replies; none if the starter pack inside the program was taken.
    pub folders: Option<(PathBuf, PathBuf)>,
}

impl Files {
    /// Reads the configuration and the folders it names.
    ///
    /// Without a configuration, `rules/` and `replies/` in its folder are read with a plain shop's settings; without
    /// those, the starter pack is taken.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let mut sources = SourceMap::default();
        let written = path.exists();
        let (config, found) = if written { read_config(path, &mut sources)? } else { (None, Vec::new()) };
        let orders_place = written.then(|| place_of(&sources, "orders")).flatten();
        let languages = config.as_ref().map_or_else(plain_languages, |config| config.languages.clone());
        let (rules, replies) = match &config {
            Some(config) => (config.rules.clone(), config.replies.clone()),
            None => (folder_of(path).join("rules"), folder_of(path).join("replies")),
        };
        let origin = format!("{} and {}", rules.display(), replies.display());
        let own = config.is_some() || rules.is_dir() && replies.is_dir();
        let (sources, origin) = if own {
            match Sources::from_folders(sources.clone(), &rules, &replies) {
                Ok(sources) => (sources, origin),
                // The configuration is wrong already, and these folders are only guessed.
                Err(_) if has_errors(&found) => (Sources { map: sources, ..Sources::default() }, origin),
                Err(error) => return Err(error.into()),
            }
        } else if written {
            (Sources { map: sources, ..Sources::default() }, origin)
        } else {
            let origin = format!("the starter pack inside the program (there is no {})", path.display());
            (Sources::starter_pack(), origin)
        };
        let mut library = Library::read(sources, &languages);
        library.diagnostics.extend(found);
        let folders = own.then_some((rules, replies));
        Ok(Self { config, library, origin, orders_place, folders })
    }

    /// Returns whether anything makes the files unusable.
    pub(super) fn has_errors(&self) -> bool {
        has_errors(&self.library.diagnostics)
    }

    /// Prints errors and refuses, or returns the files; warnings are left to `check`.
    pub(super) fn usable(self) -> anyhow::Result<Self> {
        if !self.has_errors() {
            return Ok(self);
        }
        let mut errors = self.library.diagnostics;
        errors.retain(|found| found.severity == Severity::Error);
        output::excerpt(human::render(&self.library.sources, &errors, output::talk_is_colored()).trim_end());
        let todo = "the files cannot be used as they are, so nothing was done; mend what stands above";
        Err(Unusable::Found(todo.to_owned()).into())
    }

    /// As [`Files::usable`], for a service: the secrets are there, too.
    pub(super) fn complete(self) -> anyhow::Result<Self> {
        let files = self.usable()?;
        let unset: Vec<Diagnostic> =
            files.library.diagnostics.iter().filter(|found| config::is_unset_secret(found)).cloned().collect();
        if unset.is_empty() {
            return Ok(files);
        }
        output::excerpt(human::render(&files.library.sources, &unset, output::talk_is_colored()).trim_end());
        let todo = "a secret is not set, so nothing was started; nobody's mailbox is tried without one";
        Err(Unusable::Found(todo.to_owned()).into())
    }

    /// Returns the languages the shop answers in, the default first; never empty.
    pub(super) fn languages(&self) -> Vec<Language> {
        self.config.as_ref().map_or_else(plain_languages, |config| config.languages.clone())
    }

    /// Returns an engine that decides texts: no store, a secret that matches no Message-ID.
    pub(super) fn engine(self) -> Engine {
        let secret = InstanceKey::new([0; 32]);
        let settings = match &self.config {
            Some(config) => config.engine(secret),
            None => plain_settings(secret),
        };
        Engine::new(settings, self.library.rules, self.library.replies)
    }
}

/// Reads the configuration alone, for commands that do not decide anything.
pub(super) fn config_only(path: &Path) -> anyhow::Result<Config> {
    if !path.exists() {
        return Err(Unusable::NoConfig(path.to_owned()).into());
    }
    let mut sources = SourceMap::default();
    let (config, found) = read_config(path, &mut sources)?;
    config.ok_or_else(|| {
        output::excerpt(human::render(&sources, &found, output::talk_is_colored()).trim_end());
        let todo = format!("{} cannot be used as it is, so nothing was done; mend what stands above", path.display());
        Unusable::Found(todo).into()
    })
}

/// Reads the configuration without a word about what is wrong with it; none if it cannot be used.
pub(super) fn config_quietly(path: &Path) -> Option<Config> {
    let (config, _) = read_config(path, &mut SourceMap::default()).ok()?;
    config
}

/// Returns the configuration that a file would be with this text; none if it could not be used.
pub(super) fn config_of(path: &Path, text: &str) -> Option<Config> {
    let mut sources = SourceMap::default();
    let file = sources.add(path.display().to_string(), text.trim_start_matches('\u{feff}'));
    let (config, found) = config::read(&sources, file, &folder_of(path), &|name| std::env::var(name).ok());
    config.filter(|_| !has_errors(&found))
}

/// Opens the store of a configuration beside a running service.
pub(super) async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let stale_after = config.service.orders.as_ref().map(|orders| orders.stale_after);
    Ok(Store::open(&config.store).await?.with_orders(stale_after))
}

fn read_config(path: &Path, sources: &mut SourceMap) -> anyhow::Result<(Option<Config>, Vec<Diagnostic>)> {
    let unreadable = |source| Unusable::Unreadable { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(unreadable)?;
    // Editors on Windows put a byte order mark in front.
    let text = text.trim_start_matches('\u{feff}');
    let shown = path.display().to_string();
    let mut written = sources.clone();
    let file = written.add(shown.as_str(), text);
    let environment = |name: &str| std::env::var(name).ok();
    let (mut config, mut found) = config::read(&written, file, &folder_of(path), &environment);
    // What people see, and what ends up in logs, quotes the file without its secrets; places are the same.
    sources.add(shown, config::mask::masked(text));
    if let Some(config) = &mut config {
        found.extend(config.read_profiles(sources)?);
        for (key, folder) in [("rules", &config.rules), ("replies", &config.replies)] {
            if let Err(error) = fs::read_dir(folder) {
                let message = format!("cannot read the folder {}: {error}", folder.display());
                let help =
                    format!("write `{key}: path` relative to this file, or run `nightdesk init` for a starter set");
                let span = Span::new(file, line_of(text, key));
                found.push(Diagnostic::error(UNREADABLE_FOLDER, message, span, "named here or by default").help(help));
            }
        }
    }
    let config = config.filter(|_| !has_errors(&found));
    Ok((config, found))
}

/// Returns the place of a key of the configuration, which is the first text that was read; profiles follow it.
fn place_of(sources: &SourceMap, key: &str) -> Option<Span> {
    let (file, source) = sources.iter().next()?;
    Some(Span::new(file, line_of(&source.text, key)))
}

/// Returns the place of a key at the left margin; the start of the file if it is not written.
fn line_of(text: &str, key: &str) -> Range<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')) {
            return start..start + line.trim_end().len();
        }
        start += line.len();
    }
    0..0
}

/// A folder of rules or replies that cannot be read.
const UNREADABLE_FOLDER: crate::diagnostic::Code = crate::diagnostic::Code::new("unreadable-folder");

/// Returns the folder of stories of a configuration.
pub(super) fn stories_folder(config: &Path) -> PathBuf {
    folder_of(config).join("tests")
}

/// Returns the folder a configuration lies in.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or_else(PathBuf::new, Path::to_owned)
}

fn plain_languages() -> Vec<Language> {
    vec![Language::EN, Language::ZH]
}

/// The settings of a shop without configuration: its desk never closes, it answers in the starter pack's languages.
fn plain_settings(instance: InstanceKey) -> Settings {
    let always = vec![crate::model::time::Period { from: 0, to: 24 * 60 }];
    let desk = DeskHours::weekly(jiff::tz::TimeZone::UTC, std::array::from_fn(|_| always.clone()));
    Settings {
        shop_name: "Your shop".to_owned(),
        languages: plain_languages(),
        default_language: Language::EN,
        desk,
        reply_within_minutes: 240,
        own_addresses: std::collections::BTreeSet::from(["shop@example.com".to_owned()]),
        trusted_authserv_ids: std::collections::BTreeSet::new(),
        instance,
        max_mode: std::collections::BTreeMap::new(),
        profiles: profile::shipped(),
        answer_at: DEFAULT_ANSWER_AT,
        tell_made_up_facts: true,
        limits: Limits::default(),
        overnight: None,
        clocks: Clocks::default(),
        quiet_hours: None,
        causes: Vec::new(),
    }
}
