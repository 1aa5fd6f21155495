//! Findings for programs: one JSON object per line, with field names that stay.

use std::ops::Range;

use serde::Serialize;

use crate::diagnostic::{
    Diagnostic,
    render::in_order,
    source::{SourceMap, Span},
};

/// Returns one line of JSON per finding; empty if there is none. Lines and columns count from 1, columns in characters.
pub fn render(sources: &SourceMap, diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for diagnostic in in_order(sources, diagnostics) {
        let line = serde_json::to_string(&Line::of(sources, diagnostic)).expect("text and numbers always serialize");
        text.push_str(&line);
        text.push('\n');
    }
    text
}

#[derive(Serialize)]
struct Line<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    label: &'a str,
    related: Vec<Related<'a>>,
    help: Option<&'a str>,
    fix: Option<Mend<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Related<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    label: &'a str,
}

#[derive(Serialize)]
struct Mend<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn of(sources: &'a SourceMap, diagnostic: &'a Diagnostic) -> Self {
        let related = diagnostic.related.iter();
        Self {
            code: diagnostic.code.as_str(),
            severity: diagnostic.severity.as_str(),
            message: &diagnostic.message,
            place: Place::of(sources, &diagnostic.primary.span),
            label: &diagnostic.primary.text,
            related: related
                .map(|label| Related { place: Place::of(sources, &label.span), label: &label.text })
                .collect(),
            help: diagnostic.help.as_deref(),
            fix: diagnostic.fix.as_ref().map(|fix| Mend { place: Place::of(sources, &fix.span), text: &fix.text }),
        }
    }
}

impl<'a> Place<'a> {
    fn of(sources: &'a SourceMap, span: &Span) -> Self {
        let Range { start, end } = span.range;
        let (line, column) = sources.line_column(span.file, start);
        let (end_line, end_column) = sources.line_column(span.file, end);
        Self { file: &sources.file(span.file).path, line, column, end_line, end_column }
    }
}
