//! Files under `replies/` to a [`Catalog`]: which file is what, and every problem at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};

use minijinja::Environment;
use sha2::{Digest as _, Sha256};

use crate::{
    diagnostic::{
        Code, Diagnostic, has_errors,
        nearest::advice,
        source::{FileId, SourceMap, Span},
    },
    model::{ids::ReplyId, language::Language},
    replies::{
        catalog::{Catalog, Form, Page, PageKey},
        facts::Facts,
        html, placeholder, render, situations, tags,
        template::{self, FactUse, TEMPLATE_FACT, TEMPLATE_SYNTAX, Uses},
        variables::Place,
    },
};

/// A file under `replies/` that is none of the known kinds.
pub const REPLY_FILE: Code = Code::new("reply-file");
/// A reply without any words.
pub const REPLY_EMPTY: Code = Code::new("reply-empty");
/// Replies are written in a language that has no frame.
pub const FRAME_MISSING: Code = Code::new("frame-missing");
/// A frame that does not print its replies, or a subject where none is sent.
pub const FRAME_BODY: Code = Code::new("frame-body");

/// The folder of the frames.
pub(super) const FRAME: &str = "_frame";
const SUBJECT: &str = "Subject:";
/// How the first line, or that after the subject, begins where people send a text themselves.
const BY_HAND: &str = "{# by hand";

/// Reads every file; see [`Catalog::read`].
pub(super) fn read(sources: &SourceMap, files: &[FileId]) -> (Catalog, Vec<Diagnostic>) {
    let mut reader = Reader {
        pages: BTreeMap::new(),
        files: BTreeMap::new(),
        frames: BTreeSet::new(),
        broken_facts: BTreeSet::new(),
        environment: render::environment(),
        facts: Facts::default(),
        situations: Vec::new(),
        own_kinds: own_kinds(sources),
        uses: Vec::new(),
        diagnostics: Vec::new(),
    };
    for &file in files {
        let source = sources.file(file);
        reader.file(file, &source.path, &source.text);
    }
    reader.check_facts();
    reader.check_frames();
    let hash = hash(sources, files);
    let Reader { pages, files, environment, facts, situations, own_kinds, uses, diagnostics, .. } = reader;
    let quoted = uses.into_iter().map(|used| used.name).collect();
    (Catalog { pages, files, environment, facts: Arc::new(facts), situations, quoted, own_kinds, hash }, diagnostics)
}

/// Returns the shop's own kinds of values, sorted: the names of their files.
fn own_kinds(sources: &SourceMap) -> Vec<String> {
    let kind = |path: &str| {
        let (_, name) = path.rsplit_once("rules/_entities/")?;
        name.strip_suffix(".yaml").filter(|kind| !kind.contains('/')).map(str::to_owned)
    };
    let kinds: BTreeSet<String> = sources.iter().filter_map(|(_, source)| kind(&source.path)).collect();
    kinds.into_iter().collect()
}

struct Reader {
    pages: BTreeMap<PageKey, Page>,
    files: BTreeMap<ReplyId, BTreeMap<Language, FileId>>,
    frames: BTreeSet<Language>,
    /// Files of facts with errors: what they lack is no news.
    broken_facts: BTreeSet<String>,
    environment: Environment<'static>,
    facts: Facts,
    situations: Vec<situations::Situation>,
    own_kinds: Vec<String>,
    uses: Vec<FactUse>,
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    fn file(&mut self, file: FileId, path: &str, text: &str) {
        let inner = path.rsplit_once("replies/").map_or(path, |(_, inner)| inner);
        if let Some(name) = inner.strip_prefix("_facts/") {
            let Some(stem) = name.strip_suffix(".yaml").filter(|stem| !stem.contains('/')) else {
                self.unknown_file(file, path, "facts are .yaml files directly under replies/_facts");
                return;
            };
            let found = self.facts.read(file, stem, text);
            if has_errors(&found) {
                self.broken_facts.insert(stem.to_owned());
            }
            self.diagnostics.extend(found);
            return;
        }
        if inner == "_situations.yaml" {
            let (situations, found) = situations::read(file, text);
            self.situations = situations;
            self.diagnostics.extend(found);
            return;
        }
        match page_key(inner) {
            Ok(key) => self.page(file, key, path, text),
            Err(help) => self.unknown_file(file, path, help),
        }
    }

    fn unknown_file(&mut self, file: FileId, path: &str, help: &str) {
        let message = format!("`{path}` is not a file that replies are made of");
        let found = Diagnostic::warning(REPLY_FILE, message, Span::new(file, 0..0), "left out");
        self.diagnostics.push(found.help(help));
    }

    fn page(&mut self, file: FileId, key: PageKey, path: &str, text: &str) {
        let is_frame = key.reply.as_str() == FRAME;
        match key.form {
            Form::Text if is_frame => drop(self.frames.insert(key.language)),
            Form::Text => drop(self.files.entry(key.reply.clone()).or_default().insert(key.language, file)),
            Form::Telegram | Form::Html => {}
        }
        let place = if is_frame { Place::Frame } else { Place::Everywhere };
        let (subject, body) = split_subject(text);
        let (uses, mut found) = template::check(file, text, place, key.language, &self.own_kinds);
        found.extend(template::check_words(file, text, key.language, key.form == Form::Html));
        found.extend(shape(file, text, body, is_frame, subject.is_some(), &uses));
        let subject_name = subject.as_ref().map(|_| format!("{path}#subject"));
        let parts = [(subject_name.clone(), subject), (Some(path.to_owned()), Some(body..text.len()))];
        for (name, range) in parts.into_iter().filter_map(|(name, range)| name.zip(range)) {
            let start = range.start;
            let added = self.environment.add_template_owned(name, text[range].trim_end().to_owned());
            found.extend(added.err().map(|error| syntax(file, start, text, &error)));
        }
        let usable = !has_errors(&found);
        self.diagnostics.extend(found);
        self.uses.extend(uses.facts);
        if usable {
            let (links, variables, needed) = (html::links(text), uses.variables, uses.needed);
            let units =
                tags::without_tags(&text[body..]).split_whitespace().map(|word| word.encode_utf16().count() + 1).sum();
            let unwritten = placeholder::find(text).map(|range| Span::new(file, range));
            let by_hand = text.lines().take(2).any(|line| line.starts_with(BY_HAND));
            let template = path.to_owned();
            let subject = subject_name;
            let page = Page { file, template, subject, links, variables, needed, units, unwritten, by_hand };
            self.pages.insert(key, page);
        }
    }

    /// Facts may be read after the replies that quote them, so names are compared at the end.
    fn check_facts(&mut self) {
        let names = self.facts.names();
        for used in &self.uses {
            let stem = used.name.split('.').next().unwrap_or_default();
            let (message, help) = match self.facts.is_keyed(&used.name) {
                None if self.broken_facts.contains(stem) => continue,
                None => (format!("there is no fact `{}`", used.name), advice(&used.name, &names)),
                Some(true) if !used.keyed => {
                    let help = format!("write `fact(\"{}\", entity.country)`", used.name);
                    (format!("the fact `{}` has one value per key", used.name), help)
                }
                Some(false) if used.keyed => {
                    let help = format!("write `fact(\"{}\")`", used.name);
                    (format!("the fact `{}` has one value only", used.name), help)
                }
                Some(_) => match self.facts.unreadable(used) {
                    Some((value, expected)) => {
                        let filter = used.filter.as_deref().unwrap_or_default();
                        let message = format!("`{filter}` cannot read the fact `{}`: it says `{value}`", used.name);
                        (message, format!("write {expected} in replies/_facts, or take the filter away"))
                    }
                    None => continue,
                },
            };
            self.diagnostics.push(Diagnostic::error(TEMPLATE_FACT, message, used.span.clone(), "here").help(help));
        }
    }

    fn check_frames(&mut self) {
        let mut reported = self.frames.clone();
        for (key, page) in &self.pages {
            if !reported.insert(key.language) {
                continue;
            }
            let message = format!("replies are written in `{0}`, but there is no replies/_frame/{0}.txt", key.language);
            let span = Span::new(page.file, 0..0);
            let found = Diagnostic::error(FRAME_MISSING, message, span, "no greeting and closing for this language");
            self.diagnostics.push(found.help("copy replies/_frame/en.txt and translate it"));
        }
    }
}

/// Reads `<reply>/<language>.<form>`; the error says what was expected.
fn page_key(inner: &str) -> Result<PageKey, &'static str> {
    const EXPECTED: &str = "name it replies/<reply>/<language>.txt, such as replies/free_shipping/en.txt";
    let (reply, name) = inner.split_once('/').ok_or(EXPECTED)?;
    let (stem, form) = if let Some(stem) = name.strip_suffix(".telegram.txt") {
        (stem, Form::Telegram)
    } else if let Some(stem) = name.strip_suffix(".txt") {
        (stem, Form::Text)
    } else {
        (name.strip_suffix(".html").ok_or(EXPECTED)?, Form::Html)
    };
    let language: Language = stem.parse().map_err(|_| EXPECTED)?;
    match (reply == FRAME, form) {
        (true, Form::Html) => Err("a frame is text; mail's HTML is made from it"),
        (false, Form::Telegram) => Err("only frames differ by channel: replies/_frame/<language>.telegram.txt"),
        _ => Ok(PageKey { reply: ReplyId::new(reply), language, form }),
    }
}

/// Returns the place of a subject in the first line, and where the body begins.
fn split_subject(text: &str) -> (Option<std::ops::Range<usize>>, usize) {
    let Some(after) = text.strip_prefix(SUBJECT) else { return (None, 0) };
    let end = after.find('\n').map_or(text.len(), |end| SUBJECT.len() + end);
    let line = &text[SUBJECT.len()..end];
    let start = SUBJECT.len() + line.len() - line.trim_start().len();
    let body = text.len() - text[end..].trim_start().len();
    (Some(start..end.max(start)), body)
}

/// Judges what a file must have as a whole.
fn shape(file: FileId, text: &str, body: usize, is_frame: bool, subject: bool, uses: &Uses) -> Option<Diagnostic> {
    let span = Span::new(file, body.min(text.len())..text.len());
    if text[body..].trim().is_empty() {
        let found = Diagnostic::error(REPLY_EMPTY, "the file has no words", span, "empty");
        return Some(found.help("write the text, or remove the file"));
    }
    if is_frame && subject {
        let found = Diagnostic::error(FRAME_BODY, "a frame has no subject", Span::new(file, 0..SUBJECT.len()), "here");
        return Some(found.help("subjects belong into replies"));
    }
    if is_frame && !uses.variables.contains("body") {
        let found = Diagnostic::error(FRAME_BODY, "the frame does not print the replies", span, "no `{{ body }}`");
        return Some(found.help("write `{{ body }}` on a line of its own where the replies belong"));
    }
    None
}

fn syntax(file: FileId, start: usize, text: &str, error: &minijinja::Error) -> Diagnostic {
    // The reader points at one byte of a character that it does not expect, such as a curly quote.
    let range = error.range().map_or(0..0, |range| {
        let end = text.ceil_char_boundary((start + range.end).min(text.len()));
        text.floor_char_boundary((start + range.start).min(end))..end
    });
    let message = match error.detail() {
        Some(detail) => format!("the template cannot be read: {detail}"),
        None => format!("the template cannot be read: {}", error.kind()),
    };
    Diagnostic::error(TEMPLATE_SYNTAX, message, Span::new(file, range), "here")
        .help("values stand in `{{ … }}`, conditions in `{% if … %} … {% endif %}`")
}

fn hash(sources: &SourceMap, files: &[FileId]) -> String {
    let mut sorted: Vec<_> = files.iter().map(|&file| sources.file(file)).collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    let mut hasher = Sha256::new();
    for source in sorted {
        for part in [&source.path, &source.text] {
            hasher.update(part.len().to_le_bytes());
            hasher.update(part.as_bytes());
        }
    }
    hasher.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing into a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
