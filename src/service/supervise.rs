//! Owns every task of the service and ends them in order.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::service::{ServiceError, accounts::Accounts, lease::Listen};

/// How long tasks may take to end after a stop: an SMTP dialogue after its final dot should hear the reply, and the whole
/// stop must fit into the ten seconds after which process managers kill.
const GRACE: Duration = Duration::from_secs(6);

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

    /// Waits until a stop is asked for, or until no channel is left that ever worked; then until every task has ended or
    /// [`GRACE`] is over. What still runs then is left to [`Self::drop_rest`].
    pub(super) async fn run(&mut self) -> Result<(), ServiceError> {
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
        // What was not begun yet is not begun any more. Each holds the lease of its account and a way into the store, so
        // leases and the receiving task would wait for it.
        self.listens.close();
        while self.listens.try_recv().is_ok() {}
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, drained).await.is_err() {
            tracing::warn!("some tasks did not end within {} s and are dropped", GRACE.as_secs());
        }
        result
    }

    /// Ends what did not end by itself; returns when every task has.
    pub(super) async fn drop_rest(&mut self) {
        self.tasks.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::{
        channel::{Inbox, folder},
        model::wire_id::InstanceKey,
        service::accounts::AccountSettings,
    };

    #[tokio::test]
    async fn a_channel_that_was_not_begun_before_a_stop_holds_nothing_up() {
        let folder = AccountSettings::Folder(folder::Settings {
            name: "shop".into(),
            address: "shop@example.com".to_owned(),
            display_name: "Shop".to_owned(),
            inbox: "missing".into(),
            outbox: "missing".into(),
            poll_millis: 50,
        });
        let accounts = Arc::new(Accounts::new(&[folder], InstanceKey::new([7; 32])));
        let (sender, listens) = mpsc::unbounded_channel();
        let (inbox, mut requests) = Inbox::pair(1);
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let listen = || Listen {
            channel: accounts.channels().next().expect("one account"),
            inbox: inbox.clone(),
            stop: stop.child_token(),
            under_way: tasks.token(),
        };
        let mut supervisor = Supervisor::new(stop.clone(), listens, accounts.clone());
        sender.send(listen()).unwrap_or_else(|_| panic!("the supervisor is there"));
        let late = listen();
        drop(inbox);
        stop.cancel();
        // As the receiving task and the leases do: one waits for the last way in, the other for the last work.
        let under_way = tasks.clone();
        supervisor.serve("receive", async move { while requests.recv().await.is_some() {} });
        supervisor.serve("lease", async move {
            drop(sender.send(late));
            under_way.close();
            under_way.wait().await;
        });
        let begun = Instant::now();
        supervisor.run().await.expect("it was asked to stop");
        assert!(begun.elapsed() < GRACE, "{:?}", begun.elapsed());
        assert!(tasks.is_empty());
    }
}
