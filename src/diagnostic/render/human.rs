//! Findings with the lines they point at, in the manner of `rustc`; columns count characters, wide ones as two cells.

use std::{cmp::Reverse, collections::BTreeSet, fmt::Write as _, ops::Range};

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use unicode_width::UnicodeWidthStr as _;

use crate::diagnostic::{
    Diagnostic, Severity,
    render::in_order,
    source::{FileId, SourceMap},
};

/// A narrower terminal is treated as one of this width: below it excerpts show nothing.
const MIN_WIDTH: usize = 50;
/// Where the width is not known, longer source lines are cut here.
const PLAIN_WIDTH: usize = 140;

/// Returns every finding with its place, and a closing line that counts them; empty if there is none.
///
/// Errors stand last, right above that line: of a long text a terminal shows the end, and what keeps the files from
/// being used must not be scrolled away by warnings.
///
/// Each finding is followed by an empty line. `colored` adds terminal escapes.
pub fn render(sources: &SourceMap, diagnostics: &[Diagnostic], colored: bool) -> String {
    render_within(sources, diagnostics, colored, None)
}

/// Like [`render`], for a terminal of that many columns: words are wrapped and long source lines cut around the place.
pub fn render_within(sources: &SourceMap, diagnostics: &[Diagnostic], colored: bool, width: Option<usize>) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let width = width.map(|width| width.max(MIN_WIDTH));
    let renderer = if colored { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(width.unwrap_or(PLAIN_WIDTH));
    let mut ordered = in_order(sources, diagnostics);
    ordered.sort_by_key(|diagnostic| Reverse(diagnostic.severity));
    let mut text = String::new();
    for diagnostic in &ordered {
        let wrapped = match width {
            Some(width) => wrapped(diagnostic, width),
            None => (*diagnostic).clone(),
        };
        text.push_str(&renderer.render(&report(sources, &wrapped)));
        text.push_str("\n\n");
    }
    text.push_str(&summary(&ordered));
    text
}

/// Breaks the words of a finding into lines; the renderer aligns them.
fn wrapped(diagnostic: &Diagnostic, width: usize) -> Diagnostic {
    let title = diagnostic.severity.as_str().len() + diagnostic.code.as_str().len() + "[]: ".len();
    let mut diagnostic = diagnostic.clone();
    diagnostic.message = in_lines(&diagnostic.message, width.saturating_sub(title));
    let help = if diagnostic.fix.is_some() { "help: ".len() } else { GUTTER + "= help: ".len() };
    diagnostic.help = diagnostic.help.map(|help_text| in_lines(&help_text, width.saturating_sub(help)));
    diagnostic
}

/// The widest number of a line that the words beside it are wrapped for, with its blanks.
const GUTTER: usize = 6;

/// Breaks a text at blanks so that no line takes more than `room` cells, unless one word does.
fn in_lines(text: &str, room: usize) -> String {
    let mut lines = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let cells = word.width();
        if used > 0 && used + 1 + cells > room {
            lines.push('\n');
            used = 0;
        } else if used > 0 {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += cells;
    }
    lines
}

fn report<'a>(sources: &'a SourceMap, diagnostic: &'a Diagnostic) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let home = diagnostic.primary.span.file;
    let mut snippet = snippet(sources, home).annotation(
        AnnotationKind::Primary
            .span(within(sources, home, &diagnostic.primary.span.range))
            .label(&diagnostic.primary.text),
    );
    for label in diagnostic.related.iter().filter(|label| label.span.file == home) {
        let place = within(sources, home, &label.span.range);
        snippet = snippet.annotation(AnnotationKind::Context.span(place).label(&label.text));
    }
    let mut group = level.primary_title(&diagnostic.message).id(diagnostic.code.as_str()).element(snippet);
    for label in diagnostic.related.iter().filter(|label| label.span.file != home) {
        let file = label.span.file;
        let place = within(sources, file, &label.span.range);
        let annotation = AnnotationKind::Context.span(place).label(&label.text);
        group = group.element(self::snippet(sources, file).annotation(annotation));
    }
    match (&diagnostic.help, &diagnostic.fix) {
        (help, Some(fix)) => {
            let title = Level::HELP.secondary_title(help.as_deref().unwrap_or("replace it"));
            let place = within(sources, fix.span.file, &fix.span.range);
            let patched = self::snippet(sources, fix.span.file).patch(Patch::new(place, &fix.text));
            vec![group, Group::with_title(title).element(patched)]
        }
        (Some(help), None) => vec![group.element(Level::HELP.message(help))],
        (None, None) => vec![group],
    }
}

fn snippet<T: Clone>(sources: &SourceMap, file: FileId) -> Snippet<'_, T> {
    let source = sources.file(file);
    Snippet::source(&source.text).path(&source.path)
}

/// A place that runs over several lines is shown by its first one; one beyond the end of the text (a file cut while
/// being edited) is moved to its end.
fn within(sources: &SourceMap, file: FileId, range: &Range<usize>) -> Range<usize> {
    let text = &sources.file(file).text;
    let start = text.floor_char_boundary(range.start);
    let end = text.floor_char_boundary(range.end).max(start);
    let first_line = text[start..end].lines().next().map_or(0, str::len);
    start..start + first_line
}

fn summary(ordered: &[&Diagnostic]) -> String {
    let errors = ordered.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    let warnings = ordered.len() - errors;
    let files: BTreeSet<FileId> = ordered.iter().map(|diagnostic| diagnostic.primary.span.file).collect();
    let mut line = String::new();
    if errors > 0 {
        line.push_str(&counted(errors, "error"));
    }
    if warnings > 0 {
        let comma = if errors > 0 { ", " } else { "" };
        let _infallible = write!(line, "{comma}{}", counted(warnings, "warning"));
    }
    let _infallible = writeln!(line, " in {}.", counted(files.len(), "file"));
    line
}

fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
