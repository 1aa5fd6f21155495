//! A language by its ISO 639 code.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A language, held as its lower-case ISO 639-1 code (`en`, `zh`), or 639-3 where no two-letter code exists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language([u8; 3]);

impl Language {
    /// English, the language of last resort.
    pub const EN: Self = Self(*b"en\0");
    /// Chinese, simplified or traditional: folding makes them one.
    pub const ZH: Self = Self(*b"zh\0");
    /// Japanese.
    pub const JA: Self = Self(*b"ja\0");
    /// Korean.
    pub const KO: Self = Self(*b"ko\0");
    /// Thai.
    pub const TH: Self = Self(*b"th\0");

    /// Returns the code as text.
    pub fn as_str(&self) -> &str {
        let end = if self.0[2] == 0 { 2 } else { 3 };
        std::str::from_utf8(&self.0[..end]).unwrap_or("en")
    }
}

/// What was written is not a two- or three-letter language code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a language code: expected two or three letters such as `en`, `zh`, `de`")]
pub struct NotALanguage(pub String);

impl FromStr for Language {
    type Err = NotALanguage;

    fn from_str(code: &str) -> Result<Self, NotALanguage> {
        let bytes = code.as_bytes();
        if !(2..=3).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_alphabetic) {
            return Err(NotALanguage(code.to_owned()));
        }
        let mut held = [0; 3];
        for (slot, byte) in held.iter_mut().zip(bytes) {
            *slot = byte.to_ascii_lowercase();
        }
        Ok(Self(held))
    }
}

impl TryFrom<String> for Language {
    type Error = NotALanguage;

    fn try_from(code: String) -> Result<Self, NotALanguage> {
        code.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.as_str().to_owned()
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
