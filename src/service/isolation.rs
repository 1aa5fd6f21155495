//! Work on what strangers sent, on threads of its own: it may panic and it may never end, and neither harms anybody else.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Reading, deciding and writing take microseconds; a message that needs this long is hostile. It is time on the wall, so it
/// leaves room for a machine that is busy with other things.
pub(super) const MAX_TIME: Duration = Duration::from_secs(10);

/// Work on a message, notice or question that was begun this often and never finished took the process down; it is not
/// tried again. Not fewer: a machine that fails and restarts several times in a row catches innocent ones in the middle as
/// well.
pub(super) const MAX_TRIES: u32 = 5;

/// So many threads may be left to themselves. Threads cannot be ended, and each holds what it works on and may hold a
/// processor; beyond this the service ends, so that it is started anew without them. Messages that they chewed on are in
/// quarantine by then; notices are counted.
pub(super) const MAX_ABANDONED: usize = 4;

/// How one piece of work ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Isolated<T> {
    /// With its result.
    Done(T),
    /// With a panic.
    Panicked,
    /// Not within its time; its thread is left to itself.
    TooLong,
}

/// Runs pure work on threads of its own. Clones count together.
#[derive(Debug, Clone)]
pub(super) struct Isolation {
    limit: Duration,
    running: Arc<AtomicUsize>,
    abandoned: Arc<AtomicUsize>,
}

impl Isolation {
    /// Work may take that long on the wall.
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, running: Arc::default(), abandoned: Arc::default() }
    }

    /// Returns a counter of its own beside the shared count of abandoned threads, to see whether one piece is at work.
    pub(super) fn apart(&self) -> Self {
        Self { running: Arc::default(), ..self.clone() }
    }

    /// Runs one piece of work.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Isolated<T> {
        let _at_work = Counted::new(&self.running);
        let mut thread = tokio::task::spawn_blocking(work);
        match tokio::time::timeout(self.limit, &mut thread).await {
            Ok(Ok(done)) => Isolated::Done(done),
            Ok(Err(_)) => Isolated::Panicked,
            Err(_) => {
                let counted = Counted::new(&self.abandoned);
                // Ends with the thread, however that ends; a stop of the program does not wait for it.
                tokio::spawn(async move {
                    drop(thread.await);
                    drop(counted);
                });
                Isolated::TooLong
            }
        }
    }

    /// Returns whether work is under way that was begun through this handle.
    pub(super) fn is_at_work(&self) -> bool {
        self.running.load(Ordering::SeqCst) > 0
    }

    /// Returns how many threads were left to themselves and still run.
    pub(super) fn abandoned(&self) -> usize {
        self.abandoned.load(Ordering::SeqCst)
    }
}

/// One more while it lives.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_that_panics_harms_nobody() {
        let isolation = Isolation::new(Duration::from_secs(10));
        let ended: Isolated<()> = isolation.run(|| panic!("a hostile message")).await;
        assert_eq!(ended, Isolated::Panicked);
        assert_eq!(isolation.run(|| 7).await, Isolated::Done(7));
        assert_eq!((isolation.abandoned(), isolation.is_at_work()), (0, false));
    }

    #[tokio::test]
    async fn work_that_does_not_end_is_counted_until_it_does() {
        let isolation = Isolation::new(Duration::from_millis(20));
        let (release, held) = mpsc::channel::<()>();
        assert_eq!(isolation.run(move || held.recv().unwrap_or_default()).await, Isolated::TooLong);
        assert_eq!(isolation.apart().abandoned(), 1, "all handles count together");
        assert_eq!(isolation.run(|| 7).await, Isolated::Done(7), "neighbors are not delayed");
        release.send(()).expect("the thread listens");
        while isolation.abandoned() > 0 {
            tokio::task::yield_now().await;
        }
    }
}
