//! The seller's files as they are now, read for people: what `check` says of them, whether or not they are in force.
//!
//! A review takes its time, so one is kept until a file changes or the day does; several people who ask at once wait for
//! the same one.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    diagnostic::{Diagnostic, source::SourceMap},
    library::watch::State,
};

/// Findings about dates change by themselves; a review that is older is made anew.
const KEPT: SignedDuration = SignedDuration::from_mins(10);

/// The way to the files.
pub struct Shelf {
    roots: Roots,
    read: Reviewer,
    kept: Mutex<Option<Kept>>,
}

/// Names the files and folders that a review looks at.
pub type Roots = Box<dyn Fn() -> Vec<PathBuf> + Send + Sync>;

/// Reads the files and says what is wrong with them; the error is a sentence for people.
pub type Reviewer = Box<dyn Fn() -> Result<Review, String> + Send + Sync>;

/// What was found in the files.
#[derive(Debug)]
pub struct Review {
    /// Their texts; secrets of the configuration are covered.
    pub sources: SourceMap,
    /// Everything that is wrong with them.
    pub found: Vec<Diagnostic>,
    /// The hash of the rules and replies they make, as verdicts record it.
    pub rule_set: String,
    /// When they were read.
    pub at: Timestamp,
}

struct Kept {
    state: State,
    review: Arc<Review>,
}

impl Shelf {
    /// Knows the way; nothing is read yet.
    pub fn new(roots: Roots, read: Reviewer) -> Self {
        Self { roots, read, kept: Mutex::default() }
    }

    /// Returns what is to be said of the files as they are now. It may take seconds and must not be called on a thread
    /// that serves.
    pub fn review(&self, now: Timestamp) -> Result<Arc<Review>, String> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked at before reading: what is saved meanwhile is found the next time.
        let state = State::of((self.roots)());
        if let Some(known) = kept.as_ref().filter(|known| known.state == state)
            && now.duration_since(known.review.at) < KEPT
        {
            return Ok(Arc::clone(&known.review));
        }
        let review = Arc::new((self.read)()?);
        *kept = Some(Kept { state, review: Arc::clone(&review) });
        Ok(review)
    }
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[test]
    fn a_review_is_made_anew_when_a_file_or_the_hour_changed_and_not_before() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("rule.yaml");
        fs::write(&file, "one").expect("writable");
        let readings = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&readings);
        let (at, root) = (Timestamp::UNIX_EPOCH, folder.path().to_owned());
        let read = move || {
            let rule_set = counted.fetch_add(1, Ordering::Relaxed).to_string();
            Ok(Review { sources: SourceMap::default(), found: Vec::new(), rule_set, at })
        };
        let shelf = Shelf::new(Box::new(move || vec![root.clone()]), Box::new(read));
        let seen = |now| shelf.review(now).expect("it can be read").rule_set.clone();
        assert_eq!((seen(at), seen(at)), ("0".to_owned(), "0".to_owned()));
        fs::write(&file, "one and two").expect("writable");
        assert_eq!(seen(at), "1");
        assert_eq!(seen(at + KEPT), "2");
        assert_eq!(readings.load(Ordering::Relaxed), 3);
    }
}
