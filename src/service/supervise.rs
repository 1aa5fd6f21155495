//! Owns every task of the service and ends them in order.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::service::{ServiceError, accounts::Accounts, lease::Listen};

/// How long tasks may take to end after a stop: an SMTP dialogue after its final dot should hear the reply.
const GRACE: Duration = Duration::from_secs(30);

/// All tasks.
#[derive(Debug)]
pub(super) struct Supervisor {
    stop: CancellationToken,
    tasks: JoinSet<Ended>,
    listens: mpsc::UnboundedReceiver<Listen>,
    accounts: Arc<Accounts>,
}

/// What a task was and how it ended.
#[derive(Debug)]
enum Ended {
    Part(&'static str),
    Channel(Result<(), String>),
}

impl Supervisor {
    pub(super) fn new(
        stop: CancellationToken,
        listens: mpsc::UnboundedReceiver<Listen>,
        accounts: Arc<Accounts>,
    ) -> Self {
        Self { stop, tasks: JoinSet::new(), listens, accounts }
    }

    /// Runs a part that lasts as long as the service.
    pub(super) fn serve(&mut self, name: &'static str, part: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(async move {
            part.await;
            Ended::Part(name)
        });
    }

    /// Runs a channel for as long as this process serves its account.
    fn listen(&mut self, listen: Listen) {
        let accounts = self.accounts.clone();
        self.tasks.spawn(async move {
            let Listen { channel, inbox, stop, under_way } = listen;
            let ended = accounts.listen(&channel, inbox, stop).await;
            drop(under_way);
            Ended::Channel(ended.map_err(|error| error.to_string()))
        });
    }

    /// Waits until a stop is asked for and every task has ended, or until no channel is left that ever worked.
    pub(super) async fn run(mut self) -> Result<(), ServiceError> {
        let mut result = Ok(());
        loop {
            // Parts end because of the stop; looking at it first tells that from an accident.
            let ended = tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                Some(listen) = self.listens.recv() => {
                    self.listen(listen);
                    continue;
                }
                ended = self.tasks.join_next() => ended,
            };
            match ended {
                None => break,
                Some(Ok(Ended::Channel(Err(reason)))) => {
                    result = Err(ServiceError::NoChannel(reason));
                    break;
                }
                Some(Ok(Ended::Channel(Ok(())))) => {}
                Some(Ok(Ended::Part(name))) => {
                    result = Err(ServiceError::Part(name.to_owned()));
                    break;
                }
                Some(Err(panic)) => {
                    result = Err(ServiceError::Part(panic.to_string()));
                    break;
                }
            }
        }
        self.stop.cancel();
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, drained).await.is_err() {
            tracing::warn!("some tasks did not end within {} s and were dropped", GRACE.as_secs());
        }
        result
    }
}
