//! `nightdesk import`: texts and examples from a spreadsheet come back, after a look at what they change.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;

use crate::{
    check::examples,
    cli::{
        ask, check, difference,
        exit::Exit,
        export::{What, texts_of},
        files::Files,
        layout, output, write,
    },
    diagnostic::{Severity, has_errors, nearest::advice, render::human, source::SourceMap},
    library::{Library, Sources},
    model::language::Language,
    replies::sheet::{self, Edit, Row},
};

/// A table is refused unread beyond this; all texts of a large shop in twelve languages stay below.
const MAX_TABLE_BYTES: u64 = 20_000_000;

/// Take texts or examples back from a spreadsheet; says first what they change.
#[derive(Debug, Args)]
pub(super) struct Import {
    #[command(flatten)]
    what: What,
    /// The table
    file: PathBuf,
    /// Write without asking
    #[arg(long)]
    yes: bool,
}

impl Import {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        let files = Files::read(config)?.usable()?;
        let Some((rules, replies)) = files.folders.clone() else {
            return Ok(output::refusal(
                "there is no folder of replies here; go into the shop's folder, or name it with --config",
            ));
        };
        let bytes = self.bytes()?;
        let previewed = if self.what.examples.is_some() { examples(&files, &bytes) } else { texts(&files, &bytes) };
        let edits = match previewed {
            Ok(edits) if edits.is_empty() => {
                output::talk(&format!("{} says what the files say; there is nothing to change.", self.file.display()));
                return Ok(Exit::Success);
            }
            Ok(edits) => edits,
            Err(problems) => return Ok(refused(&self.file, &problems)),
        };
        if !passes(files, &edits, (&rules, &replies))? {
            output::talk("Nothing was written; mend what stands above in the table, then import it again.");
            return Ok(Exit::Findings);
        }
        if !self.yes && !agreed()? {
            output::talk("Nothing was written; add --yes to write it.");
            return Ok(Exit::Success);
        }
        let place = |path: &str| match (path.strip_prefix("rules/"), path.strip_prefix("replies/")) {
            (Some(inner), _) => rules.join(inner),
            (None, inner) => replies.join(inner.unwrap_or(path)),
        };
        let changes: Vec<write::Change> =
            edits.into_iter().map(|(path, text)| write::Change { path: place(&path), text }).collect();
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

/// What becomes of files, by their paths as people see them: a text, or none for one that goes.
type Edits = BTreeMap<String, Option<String>>;

/// Reads a table of texts and shows what it changes; or what is wrong with it.
fn texts(files: &Files, bytes: &[u8]) -> Result<Edits, Vec<String>> {
    let texts = texts_of(&files.library.sources);
    let rows = sheet::read(bytes).map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let unknown = unknown(&texts, &rows, &files.languages());
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let edits = sheet::edits(&texts, &rows);
    if !edits.is_empty() {
        preview(&edits, &rows, sheet::count(&texts));
    }
    let text = |edit| match edit {
        Edit::New(text) | Edit::Changed { to: text, .. } => Some(text),
        Edit::Removed => None,
    };
    Ok(edits.into_iter().map(|(path, edit)| (format!("replies/{path}"), text(edit))).collect())
}

/// Reads a table of examples and shows what it adds; or what is wrong with it.
fn examples(files: &Files, bytes: &[u8]) -> Result<Edits, Vec<String>> {
    let (rules, sources) = (files.library.rules.rules(), &files.library.sources);
    let additions = examples::read(bytes, rules, sources)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let texts = examples::added(sources, &additions).map_err(|why| vec![why])?;
    for path in texts.keys() {
        output::data(&output::strong(path));
        for new in additions.iter().filter(|new| new.path == *path) {
            let line = format!("+ {} {}: {} (row {})", new.language, new.kind, new.text, new.number);
            output::data(&layout::block(&output::plain(&line), "  ", output::width()));
        }
    }
    if !additions.is_empty() {
        output::talk(&format!(
            "{} in {}.",
            output::counted(additions.len(), "new example"),
            output::counted(texts.len(), "file")
        ));
    }
    Ok(texts.into_iter().map(|(path, text)| (path, Some(text))).collect())
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
fn passes(files: Files, edits: &Edits, folders: (&Path, &Path)) -> anyhow::Result<bool> {
    let languages = files.languages();
    let sources = edited(Sources::from_folders(SourceMap::default(), folders.0, folders.1)?, edits);
    let files = Files { library: Library::read(sources, &languages), ..files };
    let (sources, _, mut found) = check::findings(files);
    let failed = has_errors(&found);
    found.retain(|finding| {
        finding.severity == Severity::Error || edits.contains_key(&sources.file(finding.primary.span.file).path)
    });
    if !found.is_empty() {
        output::excerpt(human::render(&sources, &found, output::talk_is_colored()).trim_end());
    }
    Ok(!failed)
}

/// Returns the files as they would be.
fn edited(before: Sources, edits: &Edits) -> Sources {
    let mut after = Sources::default();
    let mut new: BTreeMap<&str, &str> =
        edits.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?))).collect();
    for (ids, rules) in [(before.rules, true), (before.replies, false)] {
        for id in ids {
            let source = before.map.file(id);
            let edit = new.remove(source.path.as_str());
            if edit.is_none() && edits.contains_key(&source.path) {
                continue;
            }
            let id = after.map.add(source.path.as_str(), edit.unwrap_or(&source.text));
            if rules { after.rules.push(id) } else { after.replies.push(id) }
        }
    }
    // Only texts of replies can be new files.
    for (path, text) in new {
        after.replies.push(after.map.add(path, text));
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
