//! How a mail account is doing, for the service's health page. Holds no message, address or secret.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use serde::Serialize;

use crate::model::receive::FolderRole;

/// The state of all folders of one account.
#[derive(Debug, Default)]
pub struct ChannelStatus {
    folders: Mutex<BTreeMap<String, FolderStatus>>,
}

/// One comparison of a folder with the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// When.
    pub at: Timestamp,
    /// Messages of the last days that the server listed.
    pub listed: usize,
    /// How many of them had been missed.
    pub missed: usize,
}

/// The state of one folder.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct FolderStatus {
    /// What the folder is for.
    pub role: FolderRole,
    /// Since when the folder is open; none while there is no connection.
    pub connected_since: Option<Timestamp>,
    /// When the server last told us all there is.
    pub last_poll: Option<Timestamp>,
    /// What went wrong last, and when; kept after a reconnect.
    pub last_error: Option<(Timestamp, String)>,
    /// The newest comparison with the ledger; none before the first.
    pub compared: Option<Compared>,
    /// Messages that comparisons found in this run, after they had been missed.
    pub missed: usize,
}

impl ChannelStatus {
    /// Returns the state of every folder by its name.
    pub fn folders(&self) -> BTreeMap<String, FolderStatus> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn connected(&self, folder: &str, role: FolderRole, now: Timestamp) {
        self.change(folder, |status| (status.role, status.connected_since) = (role, Some(now)));
    }

    pub(super) fn compared(&self, folder: &str, compared: Compared) {
        self.change(folder, |status| {
            status.compared = Some(compared);
            status.missed += compared.missed;
        });
    }

    pub(super) fn polled(&self, folder: &str, now: Timestamp) {
        self.change(folder, |status| status.last_poll = Some(now));
    }

    pub(super) fn failed(&self, folder: &str, now: Timestamp, error: String) {
        self.change(folder, |status| {
            status.connected_since = None;
            status.last_error = Some((now, error));
        });
    }

    /// Takes a folder out that turned out not to exist.
    pub(super) fn forget(&self, folder: &str) {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner).remove(folder);
    }

    fn change(&self, folder: &str, change: impl FnOnce(&mut FolderStatus)) {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        change(folders.entry(folder.to_owned()).or_default());
    }
}
