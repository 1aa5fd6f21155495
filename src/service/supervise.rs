//! Owns every task of the service and ends them in order.

use std::{collections::BTreeSet, future::Future, time::Duration};

use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    channel::Channel as _,
    model::ids::AccountName,
    service::{ServiceError, lease::Listen},
};

/// How long tasks may take to end after a stop: an SMTP dialogue after its final dot should hear the reply.
const GRACE: Duration = Duration::from_secs(30);

/// All tasks.
#[derive(Debug)]
pub(super) struct Supervisor {
    stop: CancellationToken,
    tasks: JoinSet<Ended>,
    listens: mpsc::UnboundedReceiver<Listen>,
    /// How many accounts there are.
    channels: usize,
    /// Those that no retry can mend.
    given_up: BTreeSet<AccountName>,
}

/// What a task was and how it ended.
#[derive(Debug)]
enum Ended {
    Part(&'static str),
    Channel(AccountName, Result<(), String>),
}

impl Supervisor {
    pub(super) fn new(stop: CancellationToken, listens: mpsc::UnboundedReceiver<Listen>, channels: usize) -> Self {
        Self { stop, tasks: JoinSet::new(), listens, channels, given_up: BTreeSet::new() }
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
        self.tasks.spawn(async move {
            let Listen { channel, inbox, stop, under_way } = listen;
            let ended = channel.listen(inbox, stop).await;
            if let Err(error) = &ended {
                tracing::error!(account = %channel.name(), "a channel stopped and needs a person: {error}");
            }
            drop(under_way);
            Ended::Channel(channel.name().clone(), ended.map_err(|error| error.to_string()))
        });
    }

    /// Waits until a stop is asked for and every task has ended, or until the last channel has given up.
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
                Some(Ok(Ended::Channel(account, Err(reason)))) => {
                    self.given_up.insert(account);
                    if self.given_up.len() == self.channels {
                        result = Err(ServiceError::NoChannel(reason));
                        break;
                    }
                }
                Some(Ok(Ended::Channel(_, Ok(())))) => {}
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
