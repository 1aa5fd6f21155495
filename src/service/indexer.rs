//! Makes everything that was written searchable, within a second; after an upgrade everything that was ever written.
//!
//! The queue lies in the store and loses nothing, so this task may end at any moment. Several processes may do this at
//! once; each text is indexed once.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{
    desk::search,
    model::search::Document,
    store::{Store, error::StoreError},
};

/// Between two looks into an empty queue.
const PERIOD: Duration = Duration::from_millis(500);

/// After the store refused: it may be full, or away for a while.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// Between two full batches, so that messages and people come first while years are indexed.
const BREATH: Duration = Duration::from_millis(20);

/// Texts that are indexed in one transaction: some ten milliseconds for which other writers wait.
const BATCH: u32 = 50;

/// Indexes until told to stop.
pub(super) async fn run_until(store: Store, stop: CancellationToken) {
    loop {
        // A batch that is broken off is taken again.
        let done = tokio::select! {
            () = stop.cancelled() => return,
            done = index_batch(&store) => done,
        };
        let pause = match done {
            Ok(count) if count == usize::try_from(BATCH).unwrap_or(usize::MAX) => BREATH,
            Ok(_) => PERIOD,
            Err(error) => {
                tracing::warn!("the store refuses, new messages are found by search later: {error}");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Makes everything searchable that waits for it. For commands that work without a running service, and for tests.
pub async fn index_all(store: &Store) -> Result<(), StoreError> {
    while index_batch(store).await? > 0 {}
    Ok(())
}

/// Indexes what waits, up to [`BATCH`]; returns how much that was.
async fn index_batch(store: &Store) -> Result<usize, StoreError> {
    let documents = store.unindexed(BATCH).await?;
    let count = documents.len();
    if count == 0 {
        return Ok(0);
    }
    // Folding a batch of long mails takes tens of milliseconds.
    let folded = tokio::task::spawn_blocking(move || documents.into_iter().map(with_words).collect::<Vec<_>>());
    let Ok(documents) = folded.await else {
        // Folding never panics on any text (fuzzed); a runtime that ends takes its tasks along.
        return Ok(0);
    };
    store.index(&documents).await?;
    Ok(count)
}

fn with_words(document: Document) -> (Document, Vec<String>) {
    let words = search::words(&document);
    (document, words)
}
