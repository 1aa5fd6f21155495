//! What `check`, `test` and `explain` say about a seller's files and about one decision.
//!
//! Pure: files come in as texts, findings go out as data. Nothing here decides what a buyer is told; it asks the
//! engine, which is the same one that answers.

pub mod cases;
pub mod circumstance;
pub mod codes;
pub mod confusion;
pub mod coverage;
pub mod derive;
pub mod examples;
pub mod explain;
pub mod lint;
pub mod nearness;
pub mod portrait;
mod probe;
pub mod reference;
pub mod regexes;
pub mod sample;
pub mod scaffold;
pub mod schema;
pub mod story;
pub mod trial;
