//! What is wrong in a seller's file, where, and what to do about it.
//!
//! This module knows no list of codes: each reader of files owns its own. It is not for runtime failures; those are
//! errors of the module that raises them.

pub mod nearest;
pub mod render;
pub mod schema;
pub mod source;
pub mod yaml;

use std::fmt;

use crate::diagnostic::source::Span;

/// The unique, documented name of one kind of finding, such as `unknown-key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

impl Code {
    /// Names a kind of finding.
    pub const fn new(code: &'static str) -> Self {
        Self(code)
    }

    /// Returns the name.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// How bad it is: an error keeps the files from being used, a warning does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The files cannot be used as they are.
    Error,
    /// The files work, and probably not as meant.
    Warning,
}

impl Severity {
    /// Returns the word that people and programs see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A place and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words shown under the caret.
    pub text: String,
}

/// A replacement that would mend the finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What to replace.
    pub span: Span,
    /// What to put there.
    pub text: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// What is wrong, lower case, without full stop.
    pub message: String,
    /// Where.
    pub primary: Label,
    /// Other places that belong to it (the first use of a name used twice).
    pub related: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// The mend, where it is certain.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// Returns an error at that place.
    pub fn error(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message.into(), span, label.into())
    }

    /// Returns a warning at that place.
    pub fn warning(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message.into(), span, label.into())
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// Adds a certain mend.
    #[must_use]
    pub fn fix(mut self, span: Span, text: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, text: text.into() });
        self
    }

    fn new(code: Code, severity: Severity, message: String, span: Span, label: String) -> Self {
        let primary = Label { span, text: label };
        Self { code, severity, message, primary, related: Vec::new(), help: None, fix: None }
    }
}

/// Returns whether any finding is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}
