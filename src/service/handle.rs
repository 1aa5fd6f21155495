//! What everybody needs who acts for a person: pages, the terminal, mail and chat.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    engine::Engine,
    library::live::Live,
    service::{Wake, accounts::Accounts, changes::Changes},
    store::Store,
};

/// The store, the engine in force, the accounts, and how to wake the service. Clones are the same.
#[derive(Debug, Clone)]
pub struct Handle {
    /// Where everything is kept.
    pub store: Store,
    /// The engine in force.
    pub live: Arc<Live>,
    /// The shop's mailboxes and bots.
    pub accounts: Arc<Accounts>,
    /// Wakes the tasks of the service; nobody listens where no service runs in this process.
    pub wake: Wake,
    /// Tells open pages that something was done.
    pub changes: Changes,
}

impl Handle {
    /// Puts the parts together for a process in which no service runs: another one finds what was written by itself, within
    /// half a second.
    pub fn beside(store: Store, engine: Engine, accounts: Accounts) -> Self {
        let live = Live::still(engine, Timestamp::now());
        Self {
            store,
            live: Arc::new(live),
            accounts: Arc::new(accounts),
            wake: Wake::default(),
            changes: Changes::default(),
        }
    }
}
