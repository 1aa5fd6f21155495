//! `nightdesk check`: all mistakes at once, with place and help.

use std::{collections::BTreeSet, path::Path};

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::{
    check::{
        codes,
        coverage::{Coverage, TARGET_PERCENT},
        lint::{self, Material},
        story::read,
        trial::Trial,
    },
    cli::{
        exit::Exit,
        files::{Files, config_quietly, stories_folder},
        orders, output, reload,
    },
    config,
    diagnostic::{
        Diagnostic, has_errors,
        render::{github, human, json},
        source::SourceMap,
    },
    engine::Engine,
    library::{
        self,
        shelf::{Review, Shelf},
    },
};

/// Look for mistakes in configuration, rules, replies and stories.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// How findings are written: for people, one JSON object per line, or annotations of a pull request
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Also end with exit code 1 if there are warnings, as continuous integration wants it
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,
    /// Say what a code means, why it matters and how it is written right; nothing is checked
    #[arg(long, value_name = "CODE", conflicts_with_all = ["format", "deny"])]
    explain: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

impl Check {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        if let Some(code) = &self.explain {
            return Ok(explain(code));
        }
        let files = Files::read(config)?;
        let origin = files.origin.clone();
        let (mut sources, engine, mut found) = findings(files);
        found.extend(stories(&mut sources, &engine, &found, config)?);
        self.show(&sources, &found);
        if self.format == Format::Human && !has_errors(&found) {
            let (rules, replies, languages) = (engine.rules(), engine.replies(), &engine.settings().languages);
            covered(&Coverage::of(&Material { sources: &sources, rules, replies, languages }));
        }
        let rules = output::counted(engine.rules().rules().len() + engine.rules().partial().len(), "rule");
        let replies = output::counted(engine.replies().all().len(), "reply");
        output::talk(&format!("Checked {rules} and {replies} of {origin}."));
        if self.format == Format::Human && has_errors(&found) {
            output::talk(
                "Until the errors are mended, `run` does not start, and a running service keeps what it read before.",
            );
        }
        let denied = self.deny == Some(Deny::Warnings) && !found.is_empty();
        Ok(if denied || has_errors(&found) { Exit::Findings } else { Exit::Success })
    }

    fn show(&self, sources: &SourceMap, found: &[Diagnostic]) {
        let text = match self.format {
            Format::Human => human::render_within(sources, found, output::data_is_colored(), output::width()),
            Format::Json => json::render(sources, found),
            Format::Github => github::render(sources, found),
        };
        if !text.is_empty() {
            output::data(text.trim_end());
        }
    }
}

/// Returns the way to the files of a configuration for a running service, which shows people what `check` says.
pub(super) fn shelf(config: &Path) -> Shelf {
    let (looked_at, path) = (config.to_owned(), config.to_owned());
    let roots = move || {
        let mut roots = reload::roots(&looked_at);
        roots.push(stories_folder(&looked_at));
        roots.extend(config_quietly(&looked_at).and_then(|config| Some(config.service.orders?.folder)));
        roots
    };
    Shelf::new(Box::new(roots), Box::new(move || review(&path).map_err(|error| format!("{error:#}"))))
}

fn review(path: &Path) -> anyhow::Result<Review> {
    let at = Timestamp::now();
    let (mut sources, engine, mut found) = findings(Files::read(path)?);
    found.extend(stories(&mut sources, &engine, &found, path)?);
    Ok(Review { sources, found, rule_set: engine.hash().to_owned(), at })
}

/// Returns everything that is wrong with files, with their texts and the engine they make.
pub(super) fn findings(mut files: Files) -> (SourceMap, Engine, Vec<Diagnostic>) {
    let sources = files.library.sources.clone();
    let mut found = std::mem::take(&mut files.library.diagnostics);
    let mut named = BTreeSet::new();
    // One variable is one thing to do, however many keys take it.
    found.retain(|finding| !config::is_unset_secret(finding) || named.insert(finding.message.clone()));
    if let Some((config, place)) = files.config.as_ref().zip(files.orders_place.as_ref()) {
        found.extend(orders::finding::findings(config, place));
    }
    let desk_country = files.config.as_ref().and_then(|config| config.desk_country.clone());
    let engine = files.engine();
    let trial = Trial::new(&sources, &engine, desk_country, Timestamp::now());
    found.extend(engine.replies().check_dates(trial.today()));
    found.extend(lint::trial(&trial));
    (sources, engine, found)
}

/// Reads the stories and returns what is wrong with them.
///
/// While rules or replies have errors, names in stories are not judged: what they name may stand in the broken file.
fn stories(
    sources: &mut SourceMap,
    engine: &Engine,
    known: &[Diagnostic],
    config: &Path,
) -> anyhow::Result<Vec<Diagnostic>> {
    let files = library::add_stories(sources, &stories_folder(config))?;
    let (_, mut found) = read::read(sources, &files, &read::Names::of(engine));
    found.retain(|finding| finding.code != read::UNKNOWN_IN_STORY || !has_errors(known));
    Ok(found)
}

fn explain(code: &str) -> Exit {
    match codes::explain(code) {
        Ok(paragraph) => {
            output::data(paragraph.trim_end());
            Exit::Success
        }
        Err(unknown) => {
            output::failure(&unknown.into());
            Exit::Usage
        }
    }
}

/// Says how much of what the shop knows is there in each of its languages.
fn covered(coverage: &Coverage<'_>) {
    if coverage.intents == 0 {
        return;
    }
    let rows = coverage.languages.iter();
    let rows: Vec<String> = rows
        .map(|row| format!("{} of {} in {}", coverage.intents - row.missing.len(), coverage.intents, row.language))
        .collect();
    let percent = coverage.percent();
    output::talk(&format!(
        "Intents covered: {}; together {percent} %, the target is {TARGET_PERCENT} %.",
        rows.join(", ")
    ));
}
