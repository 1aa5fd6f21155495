//! The service's side of an inbox, in memory: rows unique by key, as the store promises them.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use nightdesk::{
    channel::{
        Channel as _, Inbox, InboxError, InboxRequest, ListenError,
        telegram::{Settings, TelegramChannel},
    },
    model::{
        ids::{AccountName, InboundId},
        receive::{ReceiveOutcome, Received, SourceKey},
    },
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::bot_api::{BotApi, TOKEN};

/// What a store holds that outlives the process.
#[derive(Debug, Default, Clone)]
pub(super) struct Ledger {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    rows: Vec<Received>,
    last: Option<(i64, Timestamp)>,
    known: usize,
    lost_answers: u32,
    refusals: u32,
}

/// A channel that listens.
pub(super) struct Listening {
    task: JoinHandle<Result<(), ListenError>>,
    pub(super) stop: CancellationToken,
}

impl Ledger {
    /// Returns the raw bytes of the rows, in the order in which they were stored.
    pub(super) fn rows(&self) -> Vec<Received> {
        self.inner().rows.clone()
    }

    /// Returns how many updates came again and were recognised.
    pub(super) fn known(&self) -> usize {
        self.inner().known
    }

    /// Claims that the last update was stored at that moment.
    pub(super) fn set_last(&self, id: i64, at: Timestamp) {
        self.inner().last = Some((id, at));
    }

    /// The next commit succeeds, but its answer never arrives.
    pub(super) fn lose_next_answer(&self) {
        self.inner().lost_answers += 1;
    }

    /// The next commit fails.
    pub(super) fn refuse_next(&self) {
        self.inner().refusals += 1;
    }

    /// Starts a channel over this ledger.
    pub(super) fn listen(&self, api: &BotApi) -> Listening {
        self.listen_with(&api.url(), TOKEN)
    }

    /// Starts a channel with these settings over this ledger.
    pub(super) fn listen_with(&self, url: &str, token: &str) -> Listening {
        let (inbox, mut requests) = Inbox::pair(8);
        let ledger = self.clone();
        tokio::spawn(async move {
            while let Some(request) = requests.recv().await {
                ledger.serve(request);
            }
        });
        let channel = TelegramChannel::new(settings(url, token));
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let task = tokio::spawn(async move { channel.listen(inbox, stopped).await });
        Listening { task, stop }
    }

    fn serve(&self, request: InboxRequest) {
        match request {
            InboxRequest::Receive { batch, mark: None, done } => {
                let mut inner = self.inner();
                let lost = std::mem::take(&mut inner.lost_answers) > 0;
                let answer = if std::mem::take(&mut inner.refusals) > 0 {
                    Err(InboxError("the disk is full".to_owned()))
                } else {
                    Ok(inner.receive(batch))
                };
                let answer = if lost { Err(InboxError("the answer was lost".to_owned())) } else { answer };
                done.send(answer).expect("the channel waits for the commit");
            }
            InboxRequest::LastUpdate { account, done } => {
                assert_eq!(account.as_str(), "bot");
                done.send(Ok(self.inner().last)).expect("the channel waits for the answer");
            }
            other => panic!("a bot has no folders: {other:?}"),
        }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().expect("no test panics while it holds the ledger")
    }
}

impl Inner {
    fn receive(&mut self, batch: Vec<Received>) -> Vec<ReceiveOutcome> {
        let mut outcomes = Vec::new();
        for received in batch {
            let SourceKey::Telegram { update_id } = received.key else { panic!("not a Telegram key: {received:?}") };
            if self.rows.iter().any(|row| row.key == received.key) {
                self.known += 1;
                outcomes.push(ReceiveOutcome::Known);
                continue;
            }
            self.rows.push(received);
            self.last = Some((update_id, Timestamp::now()));
            outcomes.push(ReceiveOutcome::Stored(InboundId(i64::try_from(self.rows.len()).expect("few rows"))));
        }
        outcomes
    }
}

impl Listening {
    /// Stops the channel and waits until it has.
    pub(super) async fn stop(self) -> Result<(), ListenError> {
        self.stop.cancel();
        self.ended().await
    }

    /// Waits until the channel ends by itself.
    pub(super) async fn ended(self) -> Result<(), ListenError> {
        let limit = std::time::Duration::from_secs(10);
        let ended = tokio::time::timeout(limit, self.task).await.expect("the channel ends in time");
        ended.expect("the channel does not panic")
    }

    /// Ends the channel as `kill -9` would: nothing more is done.
    pub(super) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.is_err(), "the channel was killed while it ran");
    }
}

/// Settings of the bot `bot`.
pub(super) fn settings(url: &str, token: &str) -> Settings {
    Settings {
        name: AccountName::new("bot"),
        token: token.to_owned().into(),
        api_url: Some(url.to_owned()),
        poll_seconds: 20,
    }
}
