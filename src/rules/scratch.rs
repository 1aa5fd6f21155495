//! Memory that evaluations lend one another, so that a message allocates only what is handed out.

use std::sync::{Mutex, PoisonError};

use crate::rules::{
    evaluate::Row,
    memory::{Memory, WordAtoms},
    prefilter::{Key, Keys, PhraseId},
    program::Machine,
};

/// Everything one evaluation works with.
#[derive(Debug, Default)]
pub(in crate::rules) struct Scratch {
    pub(in crate::rules) memory: Memory,
    pub(in crate::rules) atoms: WordAtoms,
    /// The same with misspelt words repaired; only meant for texts that have any.
    pub(in crate::rules) repaired: WordAtoms,
    pub(in crate::rules) machine: Machine,
    pub(in crate::rules) keys: Keys,
    /// Rows that matched.
    pub(in crate::rules) rows: Vec<Row>,
    /// Keys of rows with the sentence they stand in.
    pub(in crate::rules) row_keys: Vec<(Key, usize)>,
    /// Literals: key, first byte of the folded text, end.
    pub(in crate::rules) literals: Vec<(Key, usize, usize)>,
    pub(in crate::rules) candidates: Vec<PhraseId>,
}

/// Scratches that nobody uses at the moment: as many as there ever were evaluations at the same time.
#[derive(Debug, Default)]
pub(in crate::rules) struct Scratches {
    free: Mutex<Vec<Scratch>>,
}

impl Scratches {
    /// Lends a scratch to some work. Work that panics keeps its scratch, whatever state that is in.
    pub(in crate::rules) fn lend<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let free = || self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let lent = free().pop();
        let mut scratch = lent.unwrap_or_default();
        let done = work(&mut scratch);
        free().push(scratch);
        done
    }
}
