//! What channels ask of the store: keep what came in, and say how far a folder was read.

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::{
    channel::{FolderState, InboxError, InboxRequest},
    service::intake::Intake,
    store::error::StoreError,
};

/// So many requests of channels are served at once.
const REQUESTS_AT_ONCE: usize = 4;

impl Intake {
    /// Answers the channels until the last of them is gone. An answer means: committed.
    pub(super) async fn serve(self, requests: mpsc::Receiver<InboxRequest>) {
        let requests = stream::unfold(requests, async |mut requests| Some((requests.recv().await?, requests)));
        requests.for_each_concurrent(REQUESTS_AT_ONCE, |request| self.answer(request)).await;
    }

    async fn answer(&self, request: InboxRequest) {
        let refused = |error: StoreError| {
            tracing::error!("the store refuses, nothing is acknowledged to the server: {error}");
            InboxError(error.to_string())
        };
        let not_ours = || InboxError("this process does not serve the account any more".to_owned());
        // A channel that went away while its request was served does not want the answer any more.
        let gone = || tracing::debug!("a channel left before its request was answered");
        match request {
            InboxRequest::Receive { batch, mark, done } => {
                crate::failpoint::reach("intake.receive.before");
                let account = batch.first().map(|first| &first.account).or(mark.as_ref().map(|mark| &mark.account));
                let Some(work) = account.and_then(|account| self.held.work(account)) else {
                    return done.send(Err(not_ours())).unwrap_or_else(|_| gone());
                };
                let stored = work.store.receive(&batch, mark.as_ref(), Timestamp::now()).await;
                crate::failpoint::reach("intake.receive.after");
                self.wake.received.notify_one();
                done.send(stored.map_err(refused)).unwrap_or_else(|_| gone());
            }
            InboxRequest::Folder { account, folder, done } => {
                let state = self.store.folder(&account, &folder).await;
                let state = state.map(|found| found.map(|(mark, newest)| FolderState { mark, newest }));
                done.send(state.map_err(refused)).unwrap_or_else(|_| gone());
            }
            InboxRequest::Renumber { mark, done } => {
                let Some(work) = self.held.work(&mark.account) else {
                    return done.send(Err(not_ours())).unwrap_or_else(|_| gone());
                };
                let replaced = work.store.renumber(&mark, Timestamp::now()).await;
                done.send(replaced.map_err(refused)).unwrap_or_else(|_| gone());
            }
            InboxRequest::Unknown { account, folder, uid_validity, uids, done } => {
                let unknown = self.store.unknown(&account, &folder, uid_validity, &uids).await;
                done.send(unknown.map_err(refused)).unwrap_or_else(|_| gone());
            }
            InboxRequest::LastUpdate { account, done } => {
                let last = self.store.last_update(&account).await;
                done.send(last.map_err(refused)).unwrap_or_else(|_| gone());
            }
        }
    }
}
