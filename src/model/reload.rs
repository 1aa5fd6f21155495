//! What became of one reading of the rule files: the history that people look at when answers changed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One reading of configuration, rules and replies by a running service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reload {
    /// When it was finished.
    pub at: Timestamp,
    /// Why the files were read.
    pub cause: Cause,
    /// The hash of the set in force afterwards, which every decision records.
    pub rule_set: String,
    /// How many rules that set has.
    pub rules: u32,
    /// How many errors kept the files from being used; 0 if they were taken.
    pub errors: u32,
    /// The first of the errors with its place.
    pub first: Option<String>,
    /// Parts of the configuration that changed and need a restart.
    pub restart: Vec<String>,
}

impl Reload {
    /// Returns whether what was read is in force.
    pub fn taken(&self) -> bool {
        self.errors == 0
    }
}

/// Why files were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The service started.
    Start,
    /// Somebody saved a file.
    Files,
    /// Somebody asked for it (SIGHUP).
    Signal,
}

impl Cause {
    /// Returns the word used in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Files => "files",
            Self::Signal => "signal",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Start, Self::Files, Self::Signal].into_iter().find(|cause| cause.as_str() == word)
    }
}
