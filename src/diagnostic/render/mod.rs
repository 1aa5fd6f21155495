//! Findings as people, programs and pull requests read them.
//!
//! Every form shows them in an order of its own, whatever order they were found in.

pub mod github;
pub mod human;
pub mod json;

use crate::diagnostic::{Diagnostic, source::SourceMap};

/// Returns the findings by path, then place, then code, each once.
fn in_order<'a>(sources: &SourceMap, diagnostics: &'a [Diagnostic]) -> Vec<&'a Diagnostic> {
    let mut ordered: Vec<&Diagnostic> = diagnostics.iter().collect();
    ordered.sort_by(|left, right| key(sources, left).cmp(&key(sources, right)));
    ordered.dedup();
    ordered
}

type Key<'a> = (&'a str, usize, usize, &'static str, &'a str);

fn key<'a>(sources: &'a SourceMap, diagnostic: &'a Diagnostic) -> Key<'a> {
    let span = &diagnostic.primary.span;
    let path = sources.file(span.file).path.as_str();
    (path, span.range.start, span.range.end, diagnostic.code.as_str(), &diagnostic.message)
}
