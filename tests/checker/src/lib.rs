//! Judges a run from outside: the truth that the parties around the program wrote down, and a dump of its store.
//!
//! README.md beside this crate says what is read and what each invariant means. Nothing here knows the program's code.

pub mod chain;
pub mod dump;
pub mod invariant;
pub mod measure;
pub mod refused;
pub mod report;
pub mod run;
pub mod truth;
pub mod world;
