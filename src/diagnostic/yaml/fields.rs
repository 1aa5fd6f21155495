//! Reads a mapping key by key and collects everything that is wrong with it.

use serde::de::DeserializeOwned;

use crate::diagnostic::{
    Diagnostic,
    nearest::{advice, nearest},
    source::{FileId, Span},
    yaml::{Kind, MISSING_KEY, Node, UNKNOWN_KEY, WRONG_TYPE, read},
};

/// Unknown keys of one mapping that are reported; so many say enough, and looking for what was meant takes time.
const MAX_UNKNOWN: usize = 100;

/// A mapping being read. Every key asked for becomes a known key; [`Fields::finish`] reports all others.
#[derive(Debug)]
pub struct Fields<'a> {
    file: FileId,
    mapping: &'a Node,
    entries: &'a [(Node, Node)],
    known: Vec<&'static str>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Fields<'a> {
    /// Opens a mapping; anything else is a finding that says what was found.
    pub fn open(file: FileId, node: &'a Node) -> Result<Self, Diagnostic> {
        let Kind::Mapping(entries) = &node.kind else {
            let message = format!("found {}, expected a mapping (`key: value` lines)", node.describe());
            let span = Span::new(file, node.span.clone());
            return Err(Diagnostic::error(WRONG_TYPE, message, span, "wrong kind of value"));
        };
        Ok(Self { file, mapping: node, entries, known: Vec::new(), diagnostics: Vec::new() })
    }

    /// Returns the value of a key as a node, if the key is there.
    pub fn node(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        self.entries.iter().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value)
    }

    /// Returns the value of a key, if the key is there and fits; what does not fit is collected.
    pub fn take<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<T> {
        let node = self.node(key)?;
        match read(self.file, node) {
            Ok(value) => Some(value),
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    /// Like [`Fields::take`]; an absent key is collected as missing, with `help` saying what to write.
    pub fn require<T: DeserializeOwned>(&mut self, key: &'static str, help: &str) -> Option<T> {
        if !self.has(key) {
            self.missing(key, help);
            return None;
        }
        self.take(key)
    }

    /// Returns whether a key is there, whatever its value.
    pub fn has(&self, key: &str) -> bool {
        self.mapping.get(key).is_some()
    }

    /// Collects a key as missing, with `help` saying what to write.
    pub fn missing(&mut self, key: &'static str, help: &str) {
        self.known.push(key);
        let place = self.entries.first().map_or(&self.mapping.span, |(name, _)| &name.span);
        let span = Span::new(self.file, place.clone());
        let message = format!("the key `{key}` is missing");
        self.diagnostics.push(Diagnostic::error(MISSING_KEY, message, span, "in this mapping").help(help));
    }

    /// Collects another finding about this mapping.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Collects findings about values of this mapping.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.diagnostics.extend(diagnostics);
    }

    /// Reports every key nobody asked for and returns all that was collected.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        let mut unknown = 0;
        for (key, _) in self.entries {
            let written = key.as_text().map_or_else(|| key.describe(), str::to_owned);
            if self.known.contains(&written.as_str()) {
                continue;
            }
            unknown += 1;
            if unknown > MAX_UNKNOWN {
                break;
            }
            let span = Span::new(self.file, key.span.clone());
            let message = format!("unknown key `{written}`");
            let mut found = Diagnostic::error(UNKNOWN_KEY, message, span.clone(), "not known here")
                .help(advice(&written, &self.known));
            if let Some(name) = nearest(&written, self.known.iter().copied()) {
                found = found.fix(span, name);
            }
            self.diagnostics.push(found);
        }
        self.diagnostics
    }
}
