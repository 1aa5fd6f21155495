//! The edges towards buyers: mail, Telegram, a Maildir folder.
//!
//! A channel brings raw messages to the [`Inbox`] and waits until they are committed before it acknowledges anything to
//! the outside; it sends what `service::delivery` hands it, once, and reports honestly how far it came. It knows no
//! store, no rules and no other channel.

pub mod email;
pub mod folder;
pub mod telegram;

use std::future::Future;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::model::{
    ids::AccountName,
    outbound::{Outbound, Phase, Receipt, Verification},
    receive::{FolderMark, ReceiveOutcome, Received},
};

/// A way in and out.
pub trait Channel: Send + Sync {
    /// Returns the account's name in the configuration.
    fn name(&self) -> &AccountName;

    /// Brings messages to the inbox until told to stop. Reconnects by itself; returns only on `stop`, or with an error
    /// that no retry can mend (wrong password, revoked token).
    fn listen(&self, inbox: Inbox, stop: CancellationToken) -> impl Future<Output = Result<(), ListenError>> + Send;

    /// Makes one attempt. `phase` is awaited with [`Phase::Dot`] right before the bytes that can no longer be taken
    /// back; if it fails, the attempt ends there as [`Receipt::Retry`].
    fn send(&self, outbound: &Outbound, phase: &PhaseLog) -> impl Future<Output = Receipt> + Send;

    /// Looks once for a message of ours that may have left, by its Message-ID without angle brackets. Changes nothing
    /// outside, and takes minutes at most.
    fn verify(&self, message_id: &str) -> impl Future<Output = Verification> + Send;

    /// Looks once among the sent messages for an answer to the message with that Message-ID, whoever wrote it. Changes
    /// nothing outside, and takes minutes at most.
    fn answered(&self, message_id: &str) -> impl Future<Output = Verification> + Send;
}

/// Why a channel cannot go on by itself.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The server refuses the credentials.
    #[error("{account}: the server refuses the login: {reason}")]
    Credentials {
        /// Account.
        account: AccountName,
        /// The server's words.
        reason: String,
    },
    /// Something in the configuration cannot work (folder missing, bad address, unreadable directory).
    #[error("{account}: {reason}")]
    Setup {
        /// Account.
        account: AccountName,
        /// What and what to do.
        reason: String,
    },
}

/// The service's ear: everything a channel wants to have stored or wants to know.
#[derive(Debug, Clone)]
pub struct Inbox {
    requests: mpsc::Sender<InboxRequest>,
}

/// One request of a channel to the service.
#[derive(Debug)]
pub enum InboxRequest {
    /// Store these messages and move the mark, in one transaction.
    Receive {
        /// The messages, in the server's order.
        batch: Vec<Received>,
        /// The mark after them, for IMAP.
        mark: Option<FolderMark>,
        /// Answered after the commit.
        done: oneshot::Sender<Result<Vec<ReceiveOutcome>, InboxError>>,
    },
    /// Where did we stop reading this folder?
    Folder {
        /// Account.
        account: AccountName,
        /// Folder name, decoded.
        folder: String,
        /// None if the folder was never read.
        done: oneshot::Sender<Result<Option<FolderState>, InboxError>>,
    },
    /// Replace the mark of a folder that the server numbers anew; it may fall.
    Renumber {
        /// The new mark.
        mark: FolderMark,
        /// Answered after the commit.
        done: oneshot::Sender<Result<(), InboxError>>,
    },
    /// Which of these messages of a folder were never stored?
    Unknown {
        /// Account.
        account: AccountName,
        /// Folder name, decoded.
        folder: String,
        /// UIDVALIDITY under which the UIDs hold.
        uid_validity: u32,
        /// What the server has.
        uids: Vec<u32>,
        /// What the ledger does not know of it.
        done: oneshot::Sender<Result<Vec<u32>, InboxError>>,
    },
    /// Which Telegram update was stored last?
    LastUpdate {
        /// Account.
        account: AccountName,
        /// The `update_id` and when it was stored.
        done: oneshot::Sender<Result<Option<(i64, Timestamp)>, InboxError>>,
    },
}

/// How far a folder was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderState {
    /// The mark.
    pub mark: FolderMark,
    /// When the server took the newest stored message of this folder.
    pub newest: Option<Timestamp>,
}

/// The store could not do it; nothing may be acknowledged.
#[derive(Debug, Clone, thiserror::Error)]
#[error("could not store: {0}")]
pub struct InboxError(pub String);

impl Inbox {
    /// Returns the two ends; the service answers what comes out of the second.
    pub fn pair(capacity: usize) -> (Self, mpsc::Receiver<InboxRequest>) {
        let (requests, served) = mpsc::channel(capacity);
        (Self { requests }, served)
    }

    /// Stores messages and moves the mark; returns after the commit, outcomes in the order of the batch.
    pub async fn receive(
        &self,
        batch: Vec<Received>,
        mark: Option<FolderMark>,
    ) -> Result<Vec<ReceiveOutcome>, InboxError> {
        self.ask(|done| InboxRequest::Receive { batch, mark, done }).await
    }

    /// Returns how far the folder was read; none if never.
    pub async fn folder(&self, account: &AccountName, folder: &str) -> Result<Option<FolderState>, InboxError> {
        let (account, folder) = (account.clone(), folder.to_owned());
        self.ask(|done| InboxRequest::Folder { account, folder, done }).await
    }

    /// Replaces the mark of a folder; returns after the commit.
    pub async fn renumber(&self, mark: FolderMark) -> Result<(), InboxError> {
        self.ask(|done| InboxRequest::Renumber { mark, done }).await
    }

    /// Returns which of these UIDs the ledger does not know.
    pub async fn unknown(
        &self,
        account: &AccountName,
        folder: &str,
        uid_validity: u32,
        uids: Vec<u32>,
    ) -> Result<Vec<u32>, InboxError> {
        let (account, folder) = (account.clone(), folder.to_owned());
        self.ask(|done| InboxRequest::Unknown { account, folder, uid_validity, uids, done }).await
    }

    /// Returns the last stored `update_id` of that bot and when it was stored.
    pub async fn last_update(&self, account: &AccountName) -> Result<Option<(i64, Timestamp)>, InboxError> {
        let account = account.clone();
        self.ask(|done| InboxRequest::LastUpdate { account, done }).await
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, InboxError>>) -> InboxRequest,
    ) -> Result<T, InboxError> {
        let (done, answer) = oneshot::channel();
        let closed = || InboxError("the service is shutting down".to_owned());
        self.requests.send(request(done)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

/// Persists how far one send has come.
#[derive(Debug, Clone)]
pub struct PhaseLog {
    steps: mpsc::Sender<(Phase, oneshot::Sender<Result<(), InboxError>>)>,
}

/// One step to persist, with where to say that it was.
pub type PhaseStep = (Phase, oneshot::Sender<Result<(), InboxError>>);

impl PhaseLog {
    /// Returns the two ends; delivery writes what comes out of the second to the outbox row.
    pub fn pair() -> (Self, mpsc::Receiver<PhaseStep>) {
        let (steps, written) = mpsc::channel(1);
        (Self { steps }, written)
    }

    /// Writes the phase; returns after the commit.
    pub async fn reach(&self, phase: Phase) -> Result<(), InboxError> {
        let (done, answer) = oneshot::channel();
        let closed = || InboxError("the service is shutting down".to_owned());
        self.steps.send((phase, done)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}
