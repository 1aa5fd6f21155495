//! What can go wrong after the store was opened.

use crate::{
    model::ids::{AccountName, OutboxId},
    store::dialect,
};

/// A statement or transaction that did not happen. Nothing of it was written, except perhaps where the error says so
/// ([`StoreError::InDoubt`]).
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or could not be reached.
    #[error("{doing}: {cause}")]
    Database {
        /// What was attempted.
        doing: &'static str,
        /// The driver's error.
        cause: sqlx::Error,
    },
    /// The connection was lost while the transaction was committed, and later attempts could not find out.
    #[error("{doing}: the connection was lost at the last moment, so it may or may not have been written: {cause}")]
    InDoubt {
        /// What was attempted.
        doing: &'static str,
        /// The driver's error.
        cause: sqlx::Error,
    },
    /// Another process serves the account now.
    #[error("{doing}: another process serves the account {account} now, nothing was written")]
    Fenced {
        /// What was attempted.
        doing: &'static str,
        /// The account.
        account: AccountName,
    },
    /// No room for another page.
    #[error("{doing}: the disk is full: free space at {place}, nothing was lost and work goes on by itself")]
    DiskFull {
        /// What was attempted.
        doing: &'static str,
        /// The file or the server.
        place: String,
    },
    /// A row that must be there is not.
    #[error("{doing}: there is no {what} {id} in the store")]
    Missing {
        /// What was attempted.
        doing: &'static str,
        /// What was looked for.
        what: &'static str,
        /// Its number.
        id: i64,
    },
    /// A stored record cannot be read back.
    #[error("{doing}: a stored record is damaged: {reason}")]
    Damaged {
        /// What was attempted.
        doing: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// An outbox row is not in the state that the step needs.
    #[error("outbox row {id} is `{state}`, not `sending`")]
    NotSending {
        /// The row.
        id: OutboxId,
        /// The state it is in.
        state: String,
    },
    /// The send must end before anything can be delivered: a person took over, or the shop was paused.
    #[error("outbox row {id} must not be sent: {reason}")]
    Overtaken {
        /// The row.
        id: OutboxId,
        /// Who or what overtook it.
        reason: String,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
    /// An outgoing message of that key is in the outbox already.
    #[error("an outgoing message with the key `{0}` exists already")]
    DuplicateOutbound(String),
}

impl StoreError {
    /// Returns whether the same call may succeed later: the database was away or full. Everything else is a fact.
    pub fn may_heal(&self) -> bool {
        matches!(self, Self::Database { .. } | Self::InDoubt { .. } | Self::DiskFull { .. })
    }

    /// Returns whether the process lost the right to write this: whoever has it now goes on.
    pub fn is_fenced(&self) -> bool {
        matches!(self, Self::Fenced { .. })
    }

    /// Returns whether the whole transaction may simply be run again: the engine aborted it to keep others consistent, or
    /// the connection was lost.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Database { cause, .. } => {
                dialect::is_conflict(cause) || dialect::is_lost_race(cause) || dialect::is_lost(cause)
            }
            other => other.is_in_doubt(),
        }
    }

    /// Returns whether the transaction may have been written in spite of the error.
    pub(super) fn is_in_doubt(&self) -> bool {
        matches!(self, Self::InDoubt { .. })
    }

    /// Keeps a doubt alive that a later attempt could not clear up.
    pub(super) fn doubted(self) -> Self {
        match self {
            Self::Database { doing, cause } => Self::InDoubt { doing, cause },
            other => other,
        }
    }
}
