//! How far a rule is trusted.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The trust ladder of a rule, from nothing to sending; the order is the order of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Not evaluated.
    Off,
    /// Recorded only.
    Shadow,
    /// A draft for a person to send.
    Suggest,
    /// Sent.
    Auto,
}

impl Mode {
    /// Every word, as written in files, in the order of trust.
    pub const WORDS: &'static [&'static str] = &["off", "shadow", "suggest", "auto"];

    /// Returns what the word means.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Off, Self::Shadow, Self::Suggest, Self::Auto].into_iter().find(|mode| mode.as_str() == word)
    }

    /// Returns the word used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Shadow => "shadow",
            Self::Suggest => "suggest",
            Self::Auto => "auto",
        }
    }
}
