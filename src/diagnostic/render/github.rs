//! Findings as workflow commands of GitHub Actions, which shows them beside the lines of a pull request.

use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, render::in_order, source::SourceMap};

/// Returns one workflow command per line; empty if there is none.
pub fn render(sources: &SourceMap, diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for diagnostic in in_order(sources, diagnostics) {
        let span = &diagnostic.primary.span;
        let (line, column) = sources.line_column(span.file, span.range.start);
        let (end_line, end_column) = sources.line_column(span.file, span.range.end);
        let help = diagnostic.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
        let _infallible = writeln!(
            text,
            "::{severity} file={file},line={line},col={column},endLine={end_line},endColumn={end_column},title={code}::{message}",
            severity = diagnostic.severity.as_str(),
            file = property(&sources.file(span.file).path),
            code = diagnostic.code,
            message = body(&format!("{}{help}", diagnostic.message)),
        );
    }
    text
}

/// Escapes as the runner's command parser wants it: percent and line breaks.
fn body(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Properties end at `,` and `:`, so those are escaped too.
fn property(text: &str) -> String {
    body(text).replace(':', "%3A").replace(',', "%2C")
}
