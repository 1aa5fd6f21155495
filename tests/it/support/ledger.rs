//! The service's end of an inbox, with a ledger in memory: what the store promises, as a channel sees it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use nightdesk::{
    channel::{FolderState, Inbox, InboxError, InboxRequest},
    model::{
        ids::InboundId,
        receive::{FolderMark, ReceiveOutcome, Received, SourceKey},
    },
};

/// What was stored, in order, and the marks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    rows: Vec<Received>,
    batches: Vec<Vec<String>>,
    folders: BTreeMap<String, FolderState>,
    refuse: u32,
}

impl Ledger {
    /// Starts a ledger that knows these folders and will refuse the first `refuse` batches.
    pub(crate) fn open(folders: Vec<FolderState>, refuse: u32) -> (Self, Inbox) {
        let folders = folders.into_iter().map(|state| (state.mark.folder.clone(), state)).collect();
        let ledger = Self { state: Arc::new(Mutex::new(State { folders, refuse, ..State::default() })) };
        let inbox = ledger.inbox();
        (ledger, inbox)
    }

    /// Returns another way in, as after a restart of the service.
    pub(crate) fn inbox(&self) -> Inbox {
        let (inbox, mut requests) = Inbox::pair(8);
        let ledger = self.clone();
        tokio::spawn(async move {
            while let Some(request) = requests.recv().await {
                ledger.serve(request);
            }
        });
        inbox
    }

    /// Returns all stored messages, oldest first.
    pub(crate) fn rows(&self) -> Vec<Received> {
        self.lock().rows.clone()
    }

    /// Returns the keys of each batch that was committed, batches without a new message left out.
    pub(crate) fn batches(&self) -> Vec<Vec<String>> {
        self.lock().batches.clone()
    }

    /// Returns the mark of a folder.
    pub(crate) fn mark(&self, folder: &str) -> Option<FolderMark> {
        self.lock().folders.get(folder).map(|state| state.mark.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, request: InboxRequest) {
        // The asking side may be gone: a channel that was told to stop waits for nothing.
        match request {
            InboxRequest::Receive { batch, mark, done } => drop(done.send(self.lock().receive(batch, mark))),
            InboxRequest::Folder { folder, done, .. } => drop(done.send(Ok(self.lock().folders.get(&folder).cloned()))),
            InboxRequest::Renumber { mark, done } => {
                drop(done.send(self.lock().receive(Vec::new(), Some(mark)).map(drop)));
            }
            InboxRequest::Unknown { account, folder, uid_validity, uids, done } => {
                let state = self.lock();
                let key = |uid: u32| SourceKey::Imap { folder: folder.clone(), uid_validity, uid };
                let known = |uid: u32| state.rows.iter().any(|row| row.account == account && row.key == key(uid));
                drop(done.send(Ok(uids.into_iter().filter(|uid| !known(*uid)).collect())));
            }
            InboxRequest::LastUpdate { done, .. } => drop(done.send(Ok(None))),
        }
    }
}

impl State {
    fn receive(&mut self, batch: Vec<Received>, mark: Option<FolderMark>) -> Result<Vec<ReceiveOutcome>, InboxError> {
        if self.refuse > 0 {
            self.refuse -= 1;
            return Err(InboxError("the disk is full".to_owned()));
        }
        let mut fresh = Vec::new();
        let mut newest: Option<Timestamp> = None;
        let mut outcomes = Vec::new();
        for received in batch {
            newest = newest.max(Some(received.received_at));
            let key = received.key.as_text();
            if self.rows.iter().any(|row| row.account == received.account && row.key.as_text() == key) {
                outcomes.push(ReceiveOutcome::Known);
                continue;
            }
            fresh.push(key);
            self.rows.push(received);
            outcomes.push(ReceiveOutcome::Stored(InboundId(i64::try_from(self.rows.len()).expect("a small number"))));
        }
        if !fresh.is_empty() {
            self.batches.push(fresh);
        }
        if let Some(mark) = mark {
            let known = self.folders.get(&mark.folder).and_then(|state| state.newest);
            self.folders.insert(mark.folder.clone(), FolderState { mark, newest: newest.max(known) });
        }
        Ok(outcomes)
    }
}
