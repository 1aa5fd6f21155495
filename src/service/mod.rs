//! The running service: messages in, decisions, messages out, people in between.
//!
//! [`Service::run`] owns every task; nothing else spawns one. Channels bring raw messages to `intake`, which stores,
//! decides and commits by the rules that `reload` keeps at the state of the files; `delivery` is the only caller of a channel's `send`; `agents` is the one entry for human acts;
//! `lease` says which accounts this
//! process serves, when several run on one database; `orders` reads the folder of exports; `status` tells how things stand.

pub mod accounts;
pub mod agents;
pub mod burst;
pub mod canned;
pub mod changes;
pub mod colleague;
pub mod delivery;
mod desk;
pub mod handle;
pub mod indexer;
pub mod intake;
mod isolation;
mod lease;
pub mod notices;
pub mod openings;
pub mod orders;
pub mod original;
pub mod outgoing;
mod reading;
mod reload;
mod requests;
mod restore;
mod returned;
mod room;
pub mod satisfaction;
pub mod search;
mod sent;
mod share;
pub mod staff_mail;
pub mod status;
pub mod supervise;
mod sweep;
mod timer;
pub mod verify;
pub mod webhooks;

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::{Notify, mpsc},
};
use tokio_util::sync::CancellationToken;

use crate::{
    channel::{Channel as _, Inbox},
    library::live::Live,
    service::{
        accounts::{Accounts, AnyChannel},
        burst::Pace,
        changes::Changes,
        delivery::{Delivery, RetrySchedule},
        handle::Handle,
        intake::Intake,
        isolation::Isolation,
        lease::{Held, Leases, Listen, Parts},
        notices::{Notices, StaffMail},
        orders::Orders,
        satisfaction::Asks,
        supervise::Supervisor,
        sweep::{Found, Sweep},
        timer::Timer,
        verify::{Verifier, VerifySchedule},
        webhooks::{Webhook, Webhooks},
    },
    store::{Store, lease::Runner},
};

/// How many requests of channels may wait for the store; a batch of fifty messages each is plenty.
const INBOX_CAPACITY: usize = 64;

/// How long giving the leases back and closing the store may take after everything has ended: milliseconds where the
/// store answers.
const LAST_STEPS: Duration = Duration::from_millis(2500);

/// What the service is told once.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where health and readiness are served; none switches the page off.
    pub status: Option<SocketAddr>,
    /// When a failed send is tried again, and for how long.
    pub retry: RetrySchedule,
    /// How long a message that may have left is looked for.
    pub verify: VerifySchedule,
    /// How long an automatic message can be stopped, and how long a buyer may go on writing.
    pub pace: Pace,
    /// The folder of exported orders; none if the shop has none.
    pub orders: Option<crate::orders::settings::Settings>,
    /// Which programs are told what happens on tickets.
    pub webhooks: Vec<Webhook>,
    /// How people of the desk are told of tickets by mail; none if they are not.
    pub staff_mail: Option<StaffMail>,
    /// Which buyers are asked how content they are, and where they answer; none: nobody.
    pub satisfaction: Option<satisfaction::Settings>,
}

/// The running service.
pub struct Service {
    settings: Settings,
    store: Store,
    live: Arc<Live>,
    reread: Arc<Notify>,
    accounts: Arc<Accounts>,
    beside: Mutex<Vec<Beside>>,
    changes: Changes,
    wake: Wake,
}

/// A task that lasts as long as the service: the console.
pub type Beside = (&'static str, Pin<Box<dyn Future<Output = ()> + Send>>);

/// The service could not start or had to end.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::store::error::StoreError),
    /// The status page has no port.
    #[error("the status page cannot listen on {address}: {source}; set `status.listen` to a free port")]
    Status {
        /// Where.
        address: SocketAddr,
        /// The system's words.
        source: std::io::Error,
    },
    /// A part ended that should last as long as the service.
    #[error("a part of the service ended by accident ({0}); it stops so that it is restarted whole")]
    Part(String),
    /// Every channel gave up.
    #[error("no channel is left running; the last one said: {0}")]
    NoChannel(String),
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Service {
    /// Puts the parts together; nothing runs yet.
    pub fn new(settings: Settings, store: Store, live: Arc<Live>, accounts: Arc<Accounts>) -> Self {
        Self {
            settings,
            store,
            live,
            reread: Arc::default(),
            accounts,
            beside: Mutex::default(),
            changes: Changes::default(),
            wake: Wake::default(),
        }
    }

    /// Adds a task that runs beside the service and ends by itself when the service is told to stop.
    pub fn beside(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.beside.get_mut().unwrap_or_else(PoisonError::into_inner).push((name, Box::pin(task)));
    }

    /// Returns what everybody needs who acts for a person in this process.
    pub fn handle(&self) -> Handle {
        Handle {
            store: self.store.clone(),
            live: self.live.clone(),
            accounts: self.accounts.clone(),
            wake: self.wake.clone(),
            changes: self.changes.clone(),
        }
    }

    /// Returns what makes the service read rules, replies and configuration at once when it is notified.
    pub fn reread(&self) -> Arc<Notify> {
        Arc::clone(&self.reread)
    }

    /// Returns where pages hear that something changed, and acts say so.
    pub fn changes(&self) -> Changes {
        self.changes.clone()
    }

    /// Runs until told to stop, or until no channel is left. A stop takes ten seconds at most, whatever is under way:
    /// what had not come to its end is sent by whoever follows, and what may have left is looked for.
    ///
    /// Each account is served while this process has its lease. Interrupted sends of the last holder are settled first:
    /// what may have left is looked for, the rest is sent.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), ServiceError> {
        let status = match self.settings.status {
            Some(address) => Some(status::bind(address).await?),
            None => None,
        };
        let runner = lease::runner(&self.accounts)?;
        let held = Arc::<Held>::default();
        let (listen, listens) = mpsc::unbounded_channel();
        let mut supervisor = Supervisor::new(stop.clone(), listens, self.accounts.clone());
        let begun = tokio::select! {
            begun = self.begin(&runner) => Some(begun?),
            () = stop.cancelled() => None,
        };
        let ended = match begun {
            Some(()) => {
                self.serve(&mut supervisor, runner.clone(), held.clone(), listen, status, stop);
                supervisor.run().await
            }
            None => Ok(()),
        };
        let left = tokio::time::timeout(LAST_STEPS, async {
            // Only after this does nothing write for an account any more, so that it may be given away.
            supervisor.drop_rest().await;
            held.at_rest().await;
            if let Err(error) = self.store.retire(&runner).await {
                tracing::warn!("this process could not sign off, its leases run out by themselves: {error}");
            }
            crate::failpoint::reach("service.drain.after");
            self.store.close().await;
        });
        if left.await.is_err() {
            tracing::warn!("the store does not answer; what is written is safe, and leases run out by themselves");
        }
        ended
    }

    /// Puts every task under way.
    fn serve(
        &mut self,
        supervisor: &mut Supervisor,
        runner: Runner,
        held: Arc<Held>,
        listen: mpsc::UnboundedSender<Listen>,
        status: Option<TcpListener>,
        stop: CancellationToken,
    ) {
        let wake = self.wake.clone();
        let (inbox, requests) = Inbox::pair(INBOX_CAPACITY);
        let parts = Parts {
            store: self.store.clone(),
            accounts: self.accounts.clone(),
            held: held.clone(),
            verify: self.settings.verify,
            wake: wake.clone(),
            listen,
            inbox,
            stop: stop.clone(),
        };
        let staff = self.settings.staff_mail.clone().map(Arc::new);
        // One for all who read what strangers wrote: the threads that they leave to themselves count together.
        let isolation = Isolation::new(isolation::MAX_TIME);
        let intake = Intake::new(self.handle(), held.clone(), self.settings.pace, staff, isolation.clone());
        supervisor
            .serve("reload", reload::follow(self.live.clone(), self.store.clone(), self.reread.clone(), stop.clone()));
        supervisor.serve("receive", intake.clone().serve(requests));
        supervisor.serve("decide", decide(self.live.clone(), intake, stop.clone()));
        let delivery =
            Delivery::new(self.store.clone(), self.accounts.clone(), held.clone(), &self.settings, wake.clone());
        supervisor.serve("deliver", delivery.run_until(stop.clone()));
        let verifier = Verifier::new(self.store.clone(), self.accounts.clone(), held.clone(), wake.clone());
        supervisor.serve("verify", verifier.run_until(stop.clone()));
        let found = Found::default();
        let sweep = Sweep {
            store: self.store.clone(),
            accounts: self.accounts.clone(),
            settings: self.settings.clone(),
            wake,
            found: found.clone(),
        };
        supervisor.serve("sweep", sweep.run_until(stop.clone()));
        let orders = self.serve_desk(supervisor, &held, &isolation, &stop);
        if let Some(listener) = status {
            let page = status::Page {
                store: self.store.clone(),
                accounts: self.accounts.clone(),
                held,
                live: self.live.clone(),
                found,
                orders,
                started: jiff::Timestamp::now(),
            };
            supervisor.serve("status", status::serve(listener, page, stop));
        }
        supervisor.serve("lease", Leases::new(runner, parts).run());
        self.serve_beside(supervisor);
    }

    /// Puts the tasks of others under way.
    fn serve_beside(&mut self, supervisor: &mut Supervisor) {
        for (name, task) in self.beside.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..) {
            supervisor.serve(name, task);
        }
    }

    /// Puts under way what people at the desk need beside the pages: search, news, mail, the folder of exported orders.
    fn serve_desk(
        &self,
        supervisor: &mut Supervisor,
        held: &Arc<Held>,
        isolation: &Isolation,
        stop: &CancellationToken,
    ) -> Option<Orders> {
        supervisor.serve("index", indexer::run_until(self.store.clone(), stop.clone()));
        let timer = Timer { store: self.store.clone(), changes: self.changes.clone() };
        supervisor.serve("timer", timer.run_until(stop.clone()));
        if let Some(settings) = &self.settings.satisfaction {
            let asks = Asks::new(self.handle(), settings.clone()).sharing(isolation);
            supervisor.serve("satisfaction", asks.run_until(stop.clone()));
        }
        if !self.settings.webhooks.is_empty() {
            let webhooks = Webhooks { store: self.store.clone(), hooks: self.settings.webhooks.clone() };
            supervisor.serve("webhooks", webhooks.run_until(stop.clone()));
        }
        if let Some(settings) = self.settings.staff_mail.clone() {
            let (handle, held, retry) = (self.handle(), Arc::clone(held), self.settings.retry);
            let isolation = isolation.apart();
            let notices = Notices { handle, held, settings, retry, isolation };
            supervisor.serve("notices", notices.run_until(stop.clone()));
        }
        supervisor.serve("changes", self.changes.clone().run_until(self.store.clone(), stop.clone()));
        let orders = Orders::new(self.store.clone(), self.settings.orders.clone()?);
        supervisor.serve("orders", orders.clone().run_until(stop.clone()));
        Some(orders)
    }

    /// Notes since when each account is served, whether the store is a restored one, and that this process is there.
    async fn begin(&self, runner: &Runner) -> Result<(), ServiceError> {
        for channel in self.accounts.channels() {
            self.store.see(channel.name(), jiff::Timestamp::now()).await?;
        }
        restore::notice(&self.store).await?;
        self.store.enroll(runner).await?;
        Ok(())
    }
}

/// Wakes the tasks that wait for rows.
#[derive(Debug, Clone, Default)]
pub struct Wake {
    /// Something was received.
    pub received: Arc<Notify>,
    /// Something may be sent.
    pub outbox: Arc<Notify>,
    /// Something may have been sent, and nobody knows.
    pub doubt: Arc<Notify>,
}

/// Decides message after message. The examples of the rules are learned first, so that no buyer's decision runs into its
/// time limit meanwhile; receiving and sending do not wait for that.
async fn decide(live: Arc<Live>, intake: Intake, stop: CancellationToken) {
    let learned = tokio::select! {
        () = stop.cancelled() => return,
        learned = tokio::task::spawn_blocking(move || live.engine().warm()) => learned,
    };
    if learned.is_err() {
        tracing::error!("the examples of the rules could not be learned ahead");
    }
    intake.decide_until(stop).await;
}

/// A channel as the service holds it.
pub type SharedChannel = Arc<AnyChannel>;
