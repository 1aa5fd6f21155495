//! Finds what the documents claim about the repository: paths in code spans and links, and names of tests.

use std::{fs, path::Path};

/// Returns `README.md` and every page of `docs/`, as paths from the root.
pub(super) fn pages(root: &Path) -> Vec<String> {
    let mut pages: Vec<String> = fs::read_dir(root.join("docs"))
        .expect("docs/ is readable")
        .map(|entry| entry.expect("docs/ is readable").file_name().to_string_lossy().into_owned())
        .filter(|name| has_extension(name, "md"))
        .map(|name| format!("docs/{name}"))
        .collect();
    pages.push("README.md".to_owned());
    pages.sort();
    pages
}

/// Returns the repository paths a page names, with their lines. Fenced blocks are commands and transcripts, not claims;
/// patterns and placeholders (`*`, `<name>`, `{a,b}`, `…`) are not paths.
pub(super) fn paths(page: &str, text: &str, top_level: &[&str]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            continue;
        }
        let spans = line.split('`').skip(1).step_by(2).map(str::to_owned);
        let links = link_targets(line).filter_map(|target| from_root(page, target));
        let named = spans.filter(|span| looks_like_path(span, top_level)).chain(links);
        found.extend(named.map(|path| (path, index + 1)));
    }
    found
}

/// Returns the tests named in the "Invariants" table: the code spans of its last column.
pub(super) fn named_tests(page: &str) -> Vec<String> {
    let section = page.lines().skip_while(|line| *line != "## Invariants").skip(1);
    let rows = section.take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with('|'));
    let last_cells = rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next());
    last_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// Says whether the path ends with this extension.
pub(super) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

fn looks_like_path(span: &str, top_level: &[&str]) -> bool {
    let placeholder =
        span.contains(['*', '<', '>', '{', '}', '…', '$', ' ', '|', '=', '"', ':']) || span.contains("NNNN");
    let first = span.split('/').next().unwrap_or("");
    let in_tree = top_level.contains(&first) && (span.contains('/') || first.contains('.'));
    let source = span.contains('/') && has_extension(span, "rs");
    !placeholder && (in_tree || source)
}

fn link_targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// Returns the target as a path from the root; none for web addresses, mail addresses and anchors of the same page.
fn from_root(page: &str, target: &str) -> Option<String> {
    let path = target.split('#').next().unwrap_or("");
    if path.is_empty() || target.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
