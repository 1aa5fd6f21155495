//! Why nothing can be said about a run.

use std::fmt::{Display, Formatter};

/// What was found where, and is not as the format asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// File and line.
    pub place: String,
    /// What is wrong with it.
    pub what: String,
}

impl Refused {
    /// Says what is wrong where.
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl Display for Refused {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.place, self.what)
    }
}

impl std::error::Error for Refused {}
