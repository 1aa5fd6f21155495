//! YAML as sellers write it: text to a tree in which every key and value knows its place.
//!
//! YAML 1.2 with strict booleans: `no`, `on`, `yes` are text. Duplicate keys, tabs, anchors, aliases, merge keys, deep
//! nesting and large files are refused with a place and advice. [`fields`] reads a mapping key by key so that one bad
//! key does not hide the next; [`read`] fills any serde type. Nothing here knows what a file is about.

mod deserializer;
pub mod fields;
mod spanned;

use std::{collections::BTreeMap, ops::Range};

use serde::de::DeserializeOwned;

use crate::diagnostic::{
    Code, Diagnostic,
    source::{FileId, Span},
    yaml::deserializer::NodeDeserializer,
};

/// The text is not YAML, or uses a part of YAML that these files do without.
pub const YAML_SYNTAX: Code = Code::new("yaml-syntax");
/// A key stands twice in one mapping.
pub const DUPLICATE_KEY: Code = Code::new("duplicate-key");
/// A key or value is larger or deeper than any honest file.
pub const YAML_TOO_LARGE: Code = Code::new("yaml-too-large");
/// A key that this mapping does not have.
pub const UNKNOWN_KEY: Code = Code::new("unknown-key");
/// A word where only certain words are allowed.
pub const UNKNOWN_VALUE: Code = Code::new("unknown-value");
/// A list where text is expected, and the like.
pub const WRONG_TYPE: Code = Code::new("wrong-type");
/// A key that must be there is not.
pub const MISSING_KEY: Code = Code::new("missing-key");

/// Larger files are refused unread: the largest honest file (a fact table of every country) stays below 100 KB.
pub const MAX_BYTES: usize = 1 << 20;
/// Deeper nesting is refused: the deepest honest file (conditions in conditions) stays below 12.
pub const MAX_DEPTH: usize = 32;
/// More values are refused, before they cost memory: a file of [`MAX_BYTES`] of honest text, whose values are phrases of
/// 25 bytes and more, stays below, and reading so many takes well under 100 ms.
pub const MAX_NODES: usize = 40_000;

/// One value with its place in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Bytes from the start of the file; quotes included.
    pub span: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Nothing, or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Keys and values, in the order written.
    Mapping(Vec<(Node, Node)>),
}

/// A value with its place, for use inside serde types that are filled by [`read`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Bytes from the start of the file.
    pub span: Range<usize>,
}

/// Reads a file into a tree; stops at the first problem.
pub fn parse(file: FileId, text: &str) -> Result<Node, Diagnostic> {
    let (node, mut diagnostics) = parse_all(file, text);
    match node {
        Some(node) if diagnostics.is_empty() => Ok(node),
        _ => Err(diagnostics.swap_remove(0)),
    }
}

/// Reads a file into a tree and reports every duplicate key; the first value of such a key is kept.
///
/// There is no tree if the text is not YAML, and then exactly one finding.
pub fn parse_all(file: FileId, text: &str) -> (Option<Node>, Vec<Diagnostic>) {
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes, more than {MAX_BYTES}", text.len());
        let span = Span::new(file, 0..0);
        let found = Diagnostic::error(YAML_TOO_LARGE, message, span, "too large").help("split it into several files");
        return (None, vec![found]);
    }
    match serde_saphyr::from_str_with_options::<Node>(text, options()) {
        Ok(mut root) => {
            let mut diagnostics = Vec::new();
            widen(text, &mut root);
            refuse_duplicates(file, &mut root, &mut diagnostics);
            (Some(root), diagnostics)
        }
        Err(error) => (None, vec![explain(file, text, &error)]),
    }
}

/// Fills a type from a node; the finding points at the key or value that does not fit.
pub fn read<T: DeserializeOwned>(file: FileId, node: &Node) -> Result<T, Diagnostic> {
    T::deserialize(NodeDeserializer::new(node)).map_err(|mismatch| mismatch.into_diagnostic(file, node))
}

impl Node {
    /// Returns the text, if it is text.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the value of a key, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Kind::Mapping(entries) = &self.kind else { return None };
        entries.iter().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value)
    }

    /// Says what this is, for "found …, expected …".
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".to_owned(),
            Kind::Bool(value) => format!("`{value}`"),
            Kind::Integer(value) => format!("the number {value}"),
            Kind::Float(value) => format!("the number {value}"),
            Kind::Text(text) => format!("the text `{}`", shorten(text)),
            Kind::List(_) => "a list".to_owned(),
            Kind::Mapping(_) => "a mapping".to_owned(),
        }
    }
}

/// Returns the place in the file of a part of a text value.
///
/// Exact for text written on one line without escapes; otherwise the place of the whole value, because what was written
/// and what was read differ in length.
pub fn inside(source: &str, scalar: &Range<usize>, value: &str, part: Range<usize>) -> Range<usize> {
    let written = source.get(scalar.clone()).unwrap_or_default();
    match written.find(value) {
        Some(start) if !value.is_empty() => {
            let start = scalar.start + start;
            start + part.start..start + part.end
        }
        _ => scalar.clone(),
    }
}

/// Longer values are cut in messages.
const SHOWN_CHARACTERS: usize = 40;

fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= SHOWN_CHARACTERS && line.len() == text.len() {
        return text.to_owned();
    }
    let start: String = line.chars().take(SHOWN_CHARACTERS).collect();
    format!("{start}…")
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        // `NO` is Norway and `off` is a mode.
        strict_booleans: true,
        // Order numbers such as 007123 keep their zeros.
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        // Both are found in the tree, where the first place is known too.
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::PassThrough,
        merge_keys: serde_saphyr::MergeKeyPolicy::AsOrdinary,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_nodes: MAX_NODES,
            max_depth: MAX_DEPTH,
            max_documents: 1,
            max_aliases: 0,
            max_anchors: 0,
        },
    }
}

/// Lets lists and mappings reach to the end of their last value and its closing bracket; the reader marks only where
/// they begin.
fn widen(text: &str, node: &mut Node) {
    let end = match &mut node.kind {
        Kind::List(items) => {
            for item in items.iter_mut() {
                widen(text, item);
            }
            items.last().map(|item| item.span.end)
        }
        Kind::Mapping(entries) => {
            for (_, value) in entries.iter_mut() {
                widen(text, value);
            }
            entries.last().map(|(key, value)| value.span.end.max(key.span.end))
        }
        _ => return,
    };
    let end = end.unwrap_or(node.span.start + 1).max(node.span.end).min(text.len());
    let close = match text.as_bytes().get(node.span.start) {
        Some(b'[') => ']',
        Some(b'{') => '}',
        _ => '\0',
    };
    let rest = text[end..].trim_start_matches([' ', ',', '\n', '\r']);
    let bracket = usize::from(rest.starts_with(close));
    node.span.end = if bracket == 1 { text.len() - rest.len() + bracket } else { end };
}

fn refuse_duplicates(file: FileId, node: &mut Node, diagnostics: &mut Vec<Diagnostic>) {
    match &mut node.kind {
        Kind::List(items) => {
            for item in items {
                refuse_duplicates(file, item, diagnostics);
            }
        }
        Kind::Mapping(entries) => {
            let mut first: BTreeMap<String, Range<usize>> = BTreeMap::new();
            entries.retain(|(key, _)| {
                let name = key.as_text().map_or_else(|| key.describe(), str::to_owned);
                let found = if name == "<<" { Some(merge_key(file, key)) } else { duplicate(file, key, &first, &name) };
                first.entry(name).or_insert_with(|| key.span.clone());
                let keep = found.is_none();
                diagnostics.extend(found);
                keep
            });
            for (_, value) in entries {
                refuse_duplicates(file, value, diagnostics);
            }
        }
        _ => {}
    }
}

fn duplicate(file: FileId, key: &Node, first: &BTreeMap<String, Range<usize>>, name: &str) -> Option<Diagnostic> {
    let earlier = first.get(name)?;
    let place = Span::new(file, key.span.clone());
    let found = Diagnostic::error(DUPLICATE_KEY, format!("the key `{name}` stands twice"), place, "second time");
    let earlier = Span::new(file, earlier.clone());
    Some(found.related(earlier, "first time").help("keep one of them; put several values into one list"))
}

fn merge_key(file: FileId, key: &Node) -> Diagnostic {
    let place = Span::new(file, key.span.clone());
    Diagnostic::error(YAML_SYNTAX, "merge keys (`<<`) are not used in these files", place, "merge key")
        .help("write the keys out; what one file says should be readable in that file")
}

/// Turns the YAML reader's error into a finding in the seller's words.
fn explain(file: FileId, text: &str, error: &serde_saphyr::Error) -> Diagnostic {
    use serde_saphyr::{Error, budget::BudgetBreach};
    let error = error.without_snippet();
    let span = Span::new(file, place(text, error));
    let breach = match error {
        Error::Budget { breach, .. } => Some(breach),
        _ => None,
    };
    match breach {
        Some(BudgetBreach::Aliases { .. } | BudgetBreach::Anchors { .. }) => return alias(span),
        Some(BudgetBreach::Depth { .. }) => return too_deep(span),
        Some(BudgetBreach::Documents { .. }) => {
            let message = "a second document begins with `---`";
            return Diagnostic::error(YAML_SYNTAX, message, span, "second document").help("use one file for each");
        }
        Some(_) => {
            let message = format!("more than {MAX_NODES} values in one file");
            return Diagnostic::error(YAML_TOO_LARGE, message, span, "too many").help("split it into several files");
        }
        None => {}
    }
    if matches!(error, Error::UnknownAnchor { .. }) {
        return alias(span);
    }
    if let Some(tab) = tab_in_indentation(text, span.range.start) {
        return Diagnostic::error(
            YAML_SYNTAX,
            "a tab stands where YAML wants spaces",
            Span::new(file, tab.clone()),
            "tab",
        )
        .help("indent with spaces, two for each level")
        .fix(Span::new(file, tab), "  ");
    }
    if let Some(pattern) = bracket_then_text(text, span.range.start) {
        let message = "text stands behind a closing bracket";
        let help = "to YAML `[` and `{` begin a list or a mapping; put the whole line into 'single quotes'";
        return Diagnostic::error(YAML_SYNTAX, message, Span::new(file, pattern), "needs quotes").help(help);
    }
    let message = serde_saphyr::MessageFormatter::format_message(&serde_saphyr::UserMessageFormatter, error);
    // Brackets are counted by the scanner, which knows no budget.
    if message.contains("recursion limit") {
        return too_deep(span);
    }
    Diagnostic::error(YAML_SYNTAX, format!("this is not YAML: {}", first_sentence(&message)), span, "here")
        .help("check the indentation here and above; put text that contains `: ` or ` #`, or that begins with one of `[ { * & ! | > % @ \"`, into 'single quotes'")
}

/// Returns the item of the line if it begins with a bracket: `- [free] shipping`.
fn bracket_then_text(text: &str, offset: usize) -> Option<Range<usize>> {
    let line_start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next()?;
    let item = line.trim_start().strip_prefix("- ")?.trim();
    let start = line_start + line.find(item)?;
    item.starts_with(['[', '{']).then_some(start..start + item.len())
}

fn too_deep(span: Span) -> Diagnostic {
    let message = format!("nested deeper than {MAX_DEPTH} levels");
    Diagnostic::error(YAML_TOO_LARGE, message, span, "too deep").help("flatten it, or split the file")
}

fn alias(span: Span) -> Diagnostic {
    Diagnostic::error(YAML_SYNTAX, "anchors (`&name`) and aliases (`*name`) are not used in these files", span, "here")
        .help("write the value out; a pattern that begins with `*` or `&` goes into 'single quotes'")
}

fn first_sentence(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line = line.split(" at line ").next().unwrap_or(line);
    line.trim_end_matches('.').to_owned()
}

/// Scanner errors carry line and column but no byte offset, so the offset is counted here.
fn place(text: &str, error: &serde_saphyr::Error) -> Range<usize> {
    let Some(location) = error.location() else { return 0..0 };
    let written = location.span();
    let start = match written.byte_offset() {
        Some(offset) => usize::try_from(offset).unwrap_or(0),
        None => offset(text, location.line(), location.column()),
    };
    let start = floor_boundary(text, start.min(text.len()));
    let length = written.byte_len().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let end = floor_boundary(text, (start + length).min(text.len()));
    let one = text[start..].chars().next().filter(|next| *next != '\n').map_or(0, char::len_utf8);
    start..end.max(start + one)
}

fn floor_boundary(text: &str, mut offset: usize) -> usize {
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn offset(text: &str, line: u64, column: u64) -> usize {
    let above = usize::try_from(line.saturating_sub(1)).unwrap_or(0);
    let start: usize = text.split_inclusive('\n').take(above).map(str::len).sum();
    let characters = usize::try_from(column.saturating_sub(1)).unwrap_or(0);
    text[start..].char_indices().nth(characters).map_or(text.len(), |(index, _)| start + index)
}

/// Returns the tabs that indent the line of that offset or the line above it.
fn tab_in_indentation(text: &str, offset: usize) -> Option<Range<usize>> {
    let line_start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let above = text[..line_start.saturating_sub(1)].rfind('\n').map_or(0, |newline| newline + 1);
    [line_start, above].into_iter().find_map(|start| {
        let indentation = text[start..].len() - text[start..].trim_start_matches([' ', '\t']).len();
        let tab = text[start..start + indentation].find('\t')?;
        let tabs = text[start + tab..start + indentation].len();
        Some(start + tab..start + tab + tabs)
    })
}
