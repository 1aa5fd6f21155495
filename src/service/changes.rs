//! News for pages that are open: something changed, look again.
//!
//! Acts in this process say so at once; what others do (the machine, another process, a terminal) is found by a look once
//! a second, and only while somebody listens. A page that hears nothing misses nothing: it reads everything when it is
//! opened.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::store::{Store, changes::ChangeMark};

/// How much longer it is between two looks while somebody listens and nothing is known to have happened.
const QUIET: Duration = Duration::from_millis(900);

/// The least time between two looks, whatever happens: a burst of acts is one piece of news.
const SHORTEST: Duration = Duration::from_millis(100);

/// Where news comes from and goes to. Clones share it.
#[derive(Debug, Clone)]
pub struct Changes {
    news: watch::Sender<ChangeMark>,
    happened: Arc<Notify>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { news: watch::Sender::new(ChangeMark::default()), happened: Arc::default() }
    }
}

impl Changes {
    /// Says that something was just done, so that listeners hear of it at once.
    pub fn happened(&self) {
        self.happened.notify_one();
    }

    /// Returns a listener; it sees a new mark after every change, and only the newest of several.
    pub fn listen(&self) -> watch::Receiver<ChangeMark> {
        let listener = self.news.subscribe();
        // The looks rest while nobody listens.
        self.happened.notify_one();
        listener
    }

    /// Looks for news until told to stop.
    pub async fn run_until(self, store: Store, stop: CancellationToken) {
        loop {
            let pause = async {
                tokio::time::sleep(SHORTEST).await;
                if self.news.receiver_count() == 0 {
                    self.happened.notified().await;
                } else {
                    let _quiet = tokio::time::timeout(QUIET, self.happened.notified()).await;
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = pause => {}
            }
            if self.news.receiver_count() == 0 {
                continue;
            }
            let mark = tokio::select! {
                () = stop.cancelled() => return,
                mark = store.latest_change() => mark,
            };
            match mark {
                Ok(mark) => {
                    self.news.send_if_modified(|last| {
                        let new = *last != mark;
                        *last = mark;
                        new
                    });
                }
                Err(error) => tracing::warn!("the store does not say what changed, pages wait: {error}"),
            }
        }
    }
}
