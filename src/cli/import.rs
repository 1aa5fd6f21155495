//! `nightdesk import`: texts that were changed in a spreadsheet come back, after a look at what they change.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;

use crate::{
    cli::{
        ask, check, difference,
        exit::Exit,
        export::{Form, texts_of},
        files::Files,
        layout, output, write,
    },
    diagnostic::{has_errors, nearest::advice, render::human, source::SourceMap},
    library::{Library, Sources},
    model::language::Language,
    replies::sheet::{self, Edit, Row},
};

/// A table is refused unread beyond this; all texts of a large shop in twelve languages stay below.
const MAX_TABLE_BYTES: u64 = 20_000_000;

/// Take texts back from a spreadsheet; says first what they change.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The form of the table
    #[arg(long, value_enum, value_name = "FORM")]
    texts: Form,
    /// The table
    file: PathBuf,
    /// Write without asking
    #[arg(long)]
    yes: bool,
}

impl Import {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        let Form::Csv = self.texts;
        let files = Files::read(config)?.usable()?;
        let Some((rules, replies)) = files.folders.clone() else {
            return Ok(output::refusal(
                "there is no folder of replies here; go into the shop's folder, or name it with --config",
            ));
        };
        let texts = texts_of(&files.library.sources);
        let rows = match sheet::read(&self.bytes()?) {
            Ok(rows) => rows,
            Err(errors) => return Ok(refused(&self.file, &errors.iter().map(ToString::to_string).collect::<Vec<_>>())),
        };
        let unknown = unknown(&texts, &rows, &files.languages());
        if !unknown.is_empty() {
            return Ok(refused(&self.file, &unknown));
        }
        let edits = sheet::edits(&texts, &rows);
        if edits.is_empty() {
            output::talk(&format!("{} says what the texts say; there is nothing to change.", self.file.display()));
            return Ok(Exit::Success);
        }
        preview(&edits, &rows, sheet::count(&texts));
        if !passes(files, &edits, (&rules, &replies))? {
            output::talk("Nothing was written; mend what stands above in the table, then import it again.");
            return Ok(Exit::Findings);
        }
        if !self.yes && !agreed()? {
            output::talk("Nothing was written; add --yes to write it.");
            return Ok(Exit::Success);
        }
        let changes: Vec<write::Change> =
            edits.into_iter().map(|(path, edit)| change(replies.join(path), edit)).collect();
        write::all(&changes)?;
        output::talk(&format!("Wrote {}.", output::counted(changes.len(), "change")));
        Ok(Exit::Success)
    }

    fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        let context = || format!("cannot read the table {}", self.file.display());
        let size = fs::metadata(&self.file).with_context(context)?.len();
        anyhow::ensure!(
            size <= MAX_TABLE_BYTES,
            "the table {} is larger than {} MB; is it the right file?",
            self.file.display(),
            MAX_TABLE_BYTES / 1_000_000
        );
        fs::read(&self.file).with_context(context)
    }
}

fn refused(file: &Path, problems: &[String]) -> Exit {
    for problem in problems {
        output::talk(&format!("{}: {}", file.display(), output::plain(problem)));
    }
    output::refusal("the table cannot be used as it is, so nothing was written; mend what stands above")
}

/// Returns what is wrong with rows of texts that are not there: a reply nobody has, a language nobody speaks.
fn unknown(texts: &BTreeMap<String, String>, rows: &[Row], languages: &[Language]) -> Vec<String> {
    let mut replies: Vec<&str> = texts.keys().filter_map(|path| Some(path.split_once('/')?.0)).collect();
    replies.dedup();
    let new = rows.iter().filter(|row| !texts.contains_key(&row.path) && !row.text.trim().is_empty());
    let wrong = new.filter_map(|row| {
        let (reply, name) = row.path.split_once('/')?;
        let number = row.number;
        if !replies.contains(&reply) {
            let advice = advice(reply, &replies);
            return Some(format!(
                "row {number}: there is no reply `{reply}`; {advice} (`nightdesk new` makes new ones)"
            ));
        }
        let language: Language = name.split('.').next()?.parse().ok()?;
        let known = languages.contains(&language);
        (!known).then(|| {
            format!(
                "row {number}: the shop does not answer in `{language}`; add it to `languages` in config.yaml first"
            )
        })
    });
    wrong.collect()
}

/// Shows every change and counts them.
fn preview(edits: &BTreeMap<String, Edit>, rows: &[Row], texts: usize) {
    let number_of: BTreeMap<&str, u64> = rows.iter().map(|row| (row.path.as_str(), row.number)).collect();
    let (mut new, mut changed, mut removed) = (0, 0, 0);
    for (path, edit) in edits {
        let (word, lines) = match edit {
            Edit::New(text) => (count(&mut new, "new"), difference::lines("", text)),
            Edit::Changed { from, to } => (count(&mut changed, "changed"), difference::lines(from, to)),
            Edit::Removed => (count(&mut removed, "removed"), Vec::new()),
        };
        let number = number_of.get(path.as_str()).copied().unwrap_or_default();
        output::data(&output::strong(&format!("replies/{path}: {word} (row {number} of the table)")));
        if !lines.is_empty() {
            output::data(&layout::block(&output::plain(&lines.join("\n")), "  ", output::width()));
        }
    }
    let stay = texts - changed - removed;
    output::talk(&format!(
        "{changed} changed, {new} new, {removed} removed; {} as before.",
        output::counted(stay, "text")
    ));
}

fn count(number: &mut usize, word: &'static str) -> &'static str {
    *number += 1;
    word
}

/// Runs the checks of `check` on the result and shows what speaks against it; errors keep it from being written.
fn passes(files: Files, edits: &BTreeMap<String, Edit>, folders: (&Path, &Path)) -> anyhow::Result<bool> {
    let languages = files.languages();
    let sources = edited(Sources::from_folders(SourceMap::default(), folders.0, folders.1)?, edits);
    let files = Files { library: Library::read(sources, &languages), ..files };
    let (sources, _, mut found) = check::findings(files);
    let touched = |path: &str| path.strip_prefix("replies/").is_some_and(|path| edits.contains_key(path));
    let failed = has_errors(&found);
    found.retain(|finding| {
        finding.severity == crate::diagnostic::Severity::Error || touched(&sources.file(finding.primary.span.file).path)
    });
    if !found.is_empty() {
        output::excerpt(human::render(&sources, &found, output::talk_is_colored()).trim_end());
    }
    Ok(!failed)
}

/// Returns the files as they would be.
fn edited(before: Sources, edits: &BTreeMap<String, Edit>) -> Sources {
    let mut after = Sources::default();
    for id in before.rules {
        let source = before.map.file(id);
        after.rules.push(after.map.add(source.path.as_str(), source.text.as_str()));
    }
    for id in before.replies {
        let source = before.map.file(id);
        let edit = source.path.strip_prefix("replies/").and_then(|path| edits.get(path));
        let text = match edit {
            None => source.text.as_str(),
            Some(Edit::Changed { to: text, .. } | Edit::New(text)) => text,
            Some(Edit::Removed) => continue,
        };
        after.replies.push(after.map.add(source.path.as_str(), text));
    }
    for (path, edit) in edits {
        if let Edit::New(text) = edit {
            after.replies.push(after.map.add(format!("replies/{path}"), text.as_str()));
        }
    }
    after
}

fn agreed() -> anyhow::Result<bool> {
    if !ask::is_possible() {
        return Ok(false);
    }
    let answer = ask::line("Write it? [y/N]")?;
    Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
}

fn change(path: PathBuf, edit: Edit) -> write::Change {
    match edit {
        Edit::New(text) | Edit::Changed { to: text, .. } => write::Change { path, text: Some(text) },
        Edit::Removed => write::Change { path, text: None },
    }
}
