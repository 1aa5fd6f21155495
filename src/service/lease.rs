//! Which accounts this process serves: takes their leases, keeps them alive, begins and ends the work on an account.
//!
//! On PostgreSQL several processes may run; each account is served by one of them (`share.rs` says by which). Work on an
//! account goes through [`Held::work`]: a handle of the store that is fenced by the lease. A lease that is lost, or not
//! certain any more, ends the work; so does giving back. Renewal goes on until the work has ended and stops before the
//! lease is released. On SQLite the same happens with one process that has every lease.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

use crate::{
    channel::Inbox,
    failpoint,
    model::ids::AccountName,
    service::{SharedChannel, Wake, accounts::Accounts, share, verify::VerifySchedule},
    store::{
        Store,
        error::StoreError,
        lease::{HEARTBEAT, Lease, Runner, Standing},
        outbox::Recovered,
    },
};

/// How often a process looks who lives and what is free: the price of a take-over in good order.
const LOOK: Duration = Duration::from_secs(1);

/// How often a stopping process looks whether its work has ended.
const DRAIN_LOOK: Duration = Duration::from_millis(20);

/// The accounts this process serves at this moment.
#[derive(Debug, Default)]
pub(super) struct Held {
    tenures: Mutex<BTreeMap<AccountName, Tenure>>,
    /// Work of all accounts.
    work: TaskTracker,
}

/// One account from acquiring its lease to losing it.
#[derive(Debug, Clone)]
struct Tenure {
    lease: Lease,
    store: Store,
    stop: CancellationToken,
    /// Everything under way for the account.
    tasks: TaskTracker,
    since: Timestamp,
}

/// The right to do something for an account, as long as it is kept.
#[derive(Debug)]
pub(super) struct Work {
    /// The store, fenced by the account's lease.
    pub store: Store,
    _under_way: [TaskTrackerToken; 2],
}

/// A channel to listen to, until its own stop.
pub(super) struct Listen {
    pub channel: SharedChannel,
    pub inbox: Inbox,
    pub stop: CancellationToken,
    /// Keeps the lease until listening has ended.
    pub under_way: TaskTrackerToken,
}

impl Held {
    /// Returns the right to work for an account; none while somebody else has it or may have it.
    pub(super) fn work(&self, account: &AccountName) -> Option<Work> {
        let tenures = self.tenures.lock().unwrap_or_else(PoisonError::into_inner);
        let tenure = tenures.get(account).filter(|tenure| tenure.lease.is_certain())?;
        Some(Work { store: tenure.store.clone(), _under_way: [tenure.tasks.token(), self.work.token()] })
    }

    /// Waits until no work is under way for any account; for tasks that were told to end and end soon.
    pub(super) async fn at_rest(&self) {
        self.work.close();
        self.work.wait().await;
    }

    /// Returns the accounts of which a message may be claimed that nobody has heard of.
    pub(super) fn with_lost_claims(&self) -> Vec<AccountName> {
        let tenures = self.tenures.lock().unwrap_or_else(PoisonError::into_inner);
        tenures.values().filter(|tenure| tenure.store.has_lost_claim()).map(|it| it.lease.account().clone()).collect()
    }

    /// Returns since when each account is served, by name.
    pub(super) fn since(&self) -> BTreeMap<String, Timestamp> {
        let tenures = self.tenures.lock().unwrap_or_else(PoisonError::into_inner);
        tenures.iter().map(|(account, tenure)| (account.to_string(), tenure.since)).collect()
    }

    fn accounts(&self) -> BTreeSet<AccountName> {
        self.tenures.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    fn begin(&self, tenure: Tenure) {
        let account = tenure.lease.account().clone();
        self.tenures.lock().unwrap_or_else(PoisonError::into_inner).insert(account, tenure);
    }

    fn end(&self, account: &AccountName) -> Option<Tenure> {
        self.tenures.lock().unwrap_or_else(PoisonError::into_inner).remove(account)
    }

    fn uncertain(&self) -> Vec<AccountName> {
        let tenures = self.tenures.lock().unwrap_or_else(PoisonError::into_inner);
        tenures.values().filter(|tenure| !tenure.lease.is_certain()).map(|it| it.lease.account().clone()).collect()
    }

    fn leases(&self) -> Vec<Lease> {
        let tenures = self.tenures.lock().unwrap_or_else(PoisonError::into_inner);
        tenures.values().map(|tenure| tenure.lease.clone()).collect()
    }
}

/// The task that takes, renews and gives back leases.
pub(super) struct Leases {
    store: Store,
    accounts: Arc<Accounts>,
    held: Arc<Held>,
    runner: Runner,
    verify: VerifySchedule,
    wake: Wake,
    listen: mpsc::UnboundedSender<Listen>,
    inbox: Inbox,
    stop: CancellationToken,
    /// Work that is ending: the lease is renewed until it has.
    leaving: Vec<Tenure>,
    renewed: Instant,
}

/// What the lease task works with.
pub(super) struct Parts {
    pub store: Store,
    pub accounts: Arc<Accounts>,
    pub held: Arc<Held>,
    pub verify: VerifySchedule,
    pub wake: Wake,
    pub listen: mpsc::UnboundedSender<Listen>,
    pub inbox: Inbox,
    pub stop: CancellationToken,
}

impl Leases {
    /// Puts the task together for a process that is enrolled; nothing is taken yet.
    pub(super) fn new(runner: Runner, parts: Parts) -> Self {
        let Parts { store, accounts, held, verify, wake, listen, inbox, stop } = parts;
        Self {
            store,
            accounts,
            held,
            runner,
            verify,
            wake,
            listen,
            inbox,
            stop,
            leaving: Vec::new(),
            renewed: Instant::now(),
        }
    }

    /// Serves this process's share until told to stop, then gives each account back when its work has ended. What has not
    /// ended when the service loses patience is given back by [`Store::retire`].
    pub(super) async fn run(mut self) {
        while !self.stop.is_cancelled() {
            if let Err(error) = self.look().await {
                tracing::error!("the store does not say who serves what, it is asked again: {error}");
            }
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        self.leave().await;
    }

    async fn look(&mut self) -> Result<(), StoreError> {
        let beaten = self.beat().await;
        for account in self.held.uncertain() {
            tracing::warn!(account = account.as_str(), "the lease of this account is lost, its work ends here");
            self.end(&account);
        }
        beaten?;
        self.give_back_finished().await?;
        let standing = self.store.standing().await?;
        let leaving = self.leaving.iter().map(|tenure| tenure.lease.account().clone()).collect();
        let plan = share::plan(&self.runner.id, &self.held.accounts(), &leaving, &standing);
        for account in plan.give {
            tracing::info!(account = account.as_str(), "another process serves less, this account is given back");
            self.end(&account);
        }
        for account in plan.take {
            self.take(&account, &standing).await?;
        }
        Ok(())
    }

    /// Renews when it is time. Leases on SQLite do not run out.
    async fn beat(&mut self) -> Result<(), StoreError> {
        if !self.store.is_shared() || self.renewed.elapsed() < HEARTBEAT {
            return Ok(());
        }
        let leaving = self.leaving.iter().map(|tenure| tenure.lease.clone());
        let leases: Vec<Lease> = self.held.leases().into_iter().chain(leaving).collect();
        failpoint::reach("lease.renewal.before");
        self.store.renew(&self.runner, &leases).await?;
        failpoint::reach("lease.renewal.after");
        self.renewed = Instant::now();
        Ok(())
    }

    /// Takes an account and begins to work for it: first what the last holder left in the middle, then everything else.
    async fn take(&self, account: &AccountName, standing: &Standing) -> Result<(), StoreError> {
        let Some(lease) = self.store.acquire(&self.runner, account).await? else { return Ok(()) };
        failpoint::reach("lease.take.after");
        let store = self.store.held(&lease);
        failpoint::reach("service.recovery.before");
        let recovered = store.recover(self.verify.verify_for, Timestamp::now()).await?;
        failpoint::reach("service.recovery.after");
        let stop = self.stop.child_token();
        let tenure = Tenure {
            lease: lease.clone(),
            store,
            stop: stop.clone(),
            tasks: TaskTracker::new(),
            since: Timestamp::now(),
        };
        let before = standing.leases.iter().find(|seen| seen.account == *account).map_or(0, |seen| seen.fence);
        tracing::info!(
            account = account.as_str(),
            lease.fence = lease.number(),
            lease.runner = self.runner.id,
            "this process serves the account{}",
            if before > 0 { " now" } else { "" }
        );
        log_recovery(&recovered);
        let under_way = tenure.tasks.token();
        // First of all, for a channel that begins at once is refused while nobody may work for its account.
        self.held.begin(tenure);
        if let Some(channel) = self.accounts.channel(account) {
            let inbox = self.inbox.clone();
            // The supervisor goes away only when everything ends.
            let _listening = self.listen.send(Listen { channel, inbox, stop, under_way });
            failpoint::reach("service.listen.after");
        }
        self.wake.received.notify_one();
        self.wake.outbox.notify_one();
        self.wake.doubt.notify_one();
        Ok(())
    }

    /// Ends the work on an account; its lease is given back when the last step has ended.
    fn end(&mut self, account: &AccountName) {
        let Some(tenure) = self.held.end(account) else { return };
        tenure.stop.cancel();
        tenure.tasks.close();
        self.leaving.push(tenure);
    }

    async fn give_back_finished(&mut self) -> Result<(), StoreError> {
        while let Some(at) = self.leaving.iter().position(|tenure| tenure.tasks.is_empty()) {
            self.store.release(&self.leaving[at].lease).await?;
            let tenure = self.leaving.swap_remove(at);
            tracing::info!(account = tenure.lease.account().as_str(), "the account is given back");
        }
        Ok(())
    }

    async fn leave(mut self) {
        for account in self.held.accounts() {
            self.end(&account);
        }
        while !self.leaving.is_empty() {
            let done = match self.beat().await {
                Ok(()) => self.give_back_finished().await,
                failed => failed,
            };
            if let Err(error) = done {
                tracing::warn!("leases could not be given back yet: {error}");
                return;
            }
            tokio::time::sleep(DRAIN_LOOK).await;
        }
    }
}

/// Names this process and what it could serve.
pub(super) fn runner(accounts: &Accounts) -> Result<Runner, StoreError> {
    let names = accounts.channels().map(|channel| crate::channel::Channel::name(&*channel).clone());
    Runner::new(host(), std::process::id(), names.collect())
}

/// Returns the machine's name, for people.
fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
    name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

fn log_recovery(recovered: &Recovered) {
    if recovered.requeued > 0 {
        let requeued = recovered.requeued;
        tracing::info!(outbox.requeued = requeued, "resuming sends that were interrupted before anything left");
    }
    if recovered.uncertain > 0 {
        let uncertain = recovered.uncertain;
        tracing::warn!(
            outbox.uncertain = uncertain,
            "messages may have been sent before the interruption; they are looked for and not sent again"
        );
    }
}
