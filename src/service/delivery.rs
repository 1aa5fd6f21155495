//! Takes what is due from the outbox, sends it, and settles what became of it. The only caller of a channel's `send`.

use std::{
    collections::BTreeSet,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    channel::{Channel as _, InboxError, PhaseLog},
    failpoint,
    model::{
        ids::AccountName,
        outbound::{Concern, Outbound, Payload, Phase, Receipt},
    },
    service::{
        Settings, Wake,
        accounts::{Accounts, AnyChannel},
        lease::{Held, Work},
        verify::VerifySchedule,
    },
    store::{Store, error::StoreError, evidence::Evidence, outbox::Settlement},
};

/// How often the outbox is looked at without being woken: retries become due, and the terminal writes from another
/// process.
const POLL: Duration = Duration::from_millis(500);
/// How often a proof is offered to whoever took an account over: it looks what is in the middle at once.
const PROOFS: u32 = 5;

/// How long to wait when the store fails before it is asked again.
const STORE_PAUSE: Duration = Duration::from_secs(2);

/// The longest first rest of an account whose server failed as a whole; each failure in a row doubles it.
const FIRST_REST: SignedDuration = SignedDuration::from_secs(30);

/// The longest rest of an account: a server that is back must not wait for its buyers' answers as long as a message that
/// was refused by itself.
const LONGEST_REST: SignedDuration = SignedDuration::from_mins(15);

/// After a stop, an attempt gets this long to come to its last bytes. It leaves the server some seconds to take them
/// before the service ends; one that is slower is begun anew by whoever follows.
const LAST_BYTES: Duration = Duration::from_secs(2);

/// What is said of an attempt whose own code failed.
const PANICKED: &str = "the attempt failed inside nightdesk";

/// When a failed send is tried again: `first`, then five times as long each time up to `longest`, until the message is
/// older than `give_up_after`. An account that failed as a whole rests by itself, and its messages wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetrySchedule {
    /// After the first failure.
    pub first: SignedDuration,
    /// The longest pause.
    pub longest: SignedDuration,
    /// From then on a person is asked.
    pub give_up_after: SignedDuration,
}

impl Default for RetrySchedule {
    fn default() -> Self {
        // 1, 5, 25 minutes, then hourly for a day: greylisting lifts within minutes, outages within hours.
        Self {
            first: SignedDuration::from_mins(1),
            longest: SignedDuration::from_hours(1),
            give_up_after: SignedDuration::from_hours(24),
        }
    }
}

impl RetrySchedule {
    /// How much longer each pause is than the one before.
    const FACTOR: u32 = 5;

    /// Returns how long an account rests after that many failures in a row.
    pub fn rest(&self, failures: u32) -> SignedDuration {
        let factor = 2_i32.saturating_pow(failures.saturating_sub(1).min(16));
        let grown = self.first.min(FIRST_REST).checked_mul(factor).unwrap_or(LONGEST_REST);
        grown.min(self.longest).min(LONGEST_REST)
    }

    /// Returns when to try again after that many failed attempts, or none to give up.
    pub fn next(
        &self,
        attempts: u32,
        created_at: Timestamp,
        now: Timestamp,
        server_asks: Option<u32>,
    ) -> Option<Timestamp> {
        if now.duration_since(created_at) >= self.give_up_after {
            return None;
        }
        let factor = Self::FACTOR.saturating_pow(attempts.saturating_sub(1).min(8));
        let grown = self.first.checked_mul(i32::try_from(factor).unwrap_or(i32::MAX)).unwrap_or(self.longest);
        let asked = SignedDuration::from_secs(server_asks.unwrap_or(0).into());
        now.checked_add(grown.min(self.longest).max(asked)).ok()
    }
}

/// The delivery task.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    store: Store,
    accounts: Arc<Accounts>,
    held: Arc<Held>,
    retry: RetrySchedule,
    verify: VerifySchedule,
    wake: Wake,
}

impl Delivery {
    pub(super) fn new(store: Store, accounts: Arc<Accounts>, held: Arc<Held>, settings: &Settings, wake: Wake) -> Self {
        Self { store, accounts, held, retry: settings.retry, verify: settings.verify, wake }
    }

    /// Sends until told to stop, then waits for the sends under way. One message at a time per account; accounts do
    /// not wait for one another.
    pub(super) async fn run_until(self, stop: CancellationToken) {
        let mut sends = JoinSet::new();
        let mut busy: BTreeSet<AccountName> = BTreeSet::new();
        loop {
            while let Some(done) = sends.try_join_next() {
                release(&mut busy, done);
            }
            if stop.is_cancelled() {
                break;
            }
            match self.claim(&busy).await {
                Ok(Some((work, outbound))) => {
                    busy.insert(outbound.account.clone());
                    let (delivery, stop) = (Self { store: work.store.clone(), ..self.clone() }, stop.clone());
                    sends.spawn(async move {
                        let account = outbound.account.clone();
                        let mut next = Some(outbound);
                        while let Some(outbound) = next {
                            failpoint::reach("delivery.claim.after");
                            next = delivery.deliver(outbound, &stop).await;
                        }
                        drop(work);
                        account
                    });
                    continue;
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!("the outbox cannot be read, nothing is sent until it can: {error}");
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(STORE_PAUSE) => {}
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.outbox.notified() => {}
                Some(done) = sends.join_next() => release(&mut busy, done),
                () = tokio::time::sleep(POLL) => {}
            }
        }
        while sends.join_next().await.is_some() {}
    }

    /// Takes the next message that is due, of an account that this process serves and that is not busy.
    async fn claim(&self, busy: &BTreeSet<AccountName>) -> Result<Option<(Work, Outbound)>, StoreError> {
        let now = Timestamp::now();
        // What a lost claim has taken is not due any more.
        let mut accounts = self.held.with_lost_claims();
        accounts.extend(self.store.due(now).await?);
        for account in accounts {
            let Some(work) = self.held.work(&account).filter(|_| !busy.contains(&account)) else { continue };
            match work.store.claim(now, &[]).await {
                Ok(Some(outbound)) => return Ok(Some((work, outbound))),
                Ok(None) => {}
                Err(error) if error.is_fenced() => {
                    tracing::warn!(account = account.as_str(), "sending ends here: {error}");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Sends one message to its end; returns the next one of the account, if it was taken in the same step.
    async fn deliver(&self, outbound: Outbound, stop: &CancellationToken) -> Option<Outbound> {
        let started = std::time::Instant::now();
        let age = Timestamp::now().duration_since(outbound.created_at);
        let receipt = match self.accounts.channel(&outbound.account) {
            None => Receipt::Failed { reason: format!("the account {} is not configured any more", outbound.account) },
            // After a long pause or stop the answer may not be true any more.
            Some(_) if !outbound.human && outbound.attempts == 0 && age > self.retry.give_up_after => {
                Receipt::Failed { reason: format!("it waited {} hours and was not sent any more", age.as_hours()) }
            }
            Some(channel) => {
                failpoint::reach("delivery.attempt.before");
                let receipt = self.attempt(&channel, &outbound, stop).await;
                failpoint::reach("delivery.attempt.after");
                let Some(receipt) = receipt else {
                    tracing::info!(
                        outbox.id = outbound.id.0,
                        "nothing of a message had left when the stop came; it is sent by whoever follows"
                    );
                    return None;
                };
                receipt
            }
        };
        let settlement = self.settlement(&outbound, receipt, Timestamp::now()).await;
        log(&outbound, &settlement, started.elapsed());
        let next = self.settle_and_claim(&outbound, &settlement, stop).await;
        failpoint::reach("delivery.settlement.after");
        if let Settlement::Uncertain { .. } = settlement {
            self.wake.doubt.notify_one();
        }
        next
    }

    /// Writes the outcome. After the usual one the next message of the account is taken in the same transaction, unless the
    /// account is about to be given back or the program stops.
    async fn settle_and_claim(
        &self,
        outbound: &Outbound,
        settlement: &Settlement,
        stop: &CancellationToken,
    ) -> Option<Outbound> {
        if let Settlement::Sent { proof } = settlement
            && !stop.is_cancelled()
            && self.held.work(&outbound.account).is_some()
        {
            match self.store.settle_and_claim(outbound.id, proof, Timestamp::now()).await {
                Ok(next) => return next,
                Err(error) => tracing::debug!(outbox.id = outbound.id.0, "the next message was not taken: {error}"),
            }
        }
        self.settle(outbound, settlement, stop).await;
        None
    }

    /// Writes the outcome, and tries for as long as the store fails: a row left in `sending` holds up its thread. Told to
    /// stop, it gives up, and the next start settles the row by its phase.
    async fn settle(&self, outbound: &Outbound, settlement: &Settlement, stop: &CancellationToken) {
        while let Err(error) = self.store.settle(outbound.id, settlement, Timestamp::now()).await {
            if error.is_fenced() {
                tracing::warn!(
                    outbox.id = outbound.id.0,
                    "the outcome of a send is another process's business: {error}"
                );
                return self.prove(outbound, settlement).await;
            }
            tracing::error!(outbox.id = outbound.id.0, "the outcome of a send could not be written: {error}");
            if stop.is_cancelled() || !error.may_heal() {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(STORE_PAUSE) => {}
            }
        }
    }

    /// Hands on the server's word for a message that somebody else counts as in doubt since the lease was lost. Whoever
    /// took over may not have come to it yet.
    async fn prove(&self, outbound: &Outbound, settlement: &Settlement) {
        let (Settlement::Sent { proof }, Payload::Mail(mail)) = (settlement, &outbound.payload) else { return };
        for _ in 0..PROOFS {
            match self.store.free().evidence(&mail.message_id, proof, Timestamp::now()).await {
                Ok(Evidence::Verified(id)) => {
                    tracing::info!(outbox.id = id.0, "a message in doubt was sent after all");
                    return;
                }
                Ok(Evidence::Known(_)) | Err(_) => tokio::time::sleep(STORE_PAUSE).await,
                Ok(Evidence::Unknown) => return,
            }
        }
    }

    /// Tries to send; none if a stop ended the attempt before its last bytes. Its row then stays as it is, and the next
    /// holder of the account finds it.
    async fn attempt(&self, channel: &AnyChannel, outbound: &Outbound, stop: &CancellationToken) -> Option<Receipt> {
        let (phase, mut steps) = PhaseLog::pair();
        let (at_its_end, may_have_left) = (AtomicBool::new(false), AtomicBool::new(false));
        let write = async {
            while let Some((reached, done)) = steps.recv().await {
                at_its_end.fetch_or(reached == Phase::Dot, Ordering::Relaxed);
                failpoint::reach("delivery.phase.before");
                let written = self.store.set_phase(outbound.id, reached).await;
                failpoint::reach("delivery.phase.after");
                may_have_left.fetch_or(written.is_ok() && reached == Phase::Dot, Ordering::Relaxed);
                let answer = written.map_err(|error| InboxError(error.to_string()));
                if done.send(answer).is_err() {
                    break;
                }
            }
        };
        let send = Box::pin(async {
            // A message on which a channel panics must not hold up its account for ever.
            let receipt = AssertUnwindSafe(channel.send(outbound, &phase)).catch_unwind().await;
            drop(phase);
            receipt
        });
        let turned_back = async {
            stop.cancelled().await;
            tokio::time::sleep(LAST_BYTES).await;
            if at_its_end.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
        };
        let ended = tokio::select! {
            (receipt, ()) = async { tokio::join!(send, write) } => receipt,
            () = turned_back => return None,
        };
        Some(match ended {
            Ok(receipt) => receipt,
            Err(_) if may_have_left.load(Ordering::Relaxed) => Receipt::Uncertain { reason: PANICKED.to_owned() },
            Err(_) => Receipt::Retry { reason: PANICKED.to_owned(), after_seconds: None, concerns: Concern::Message },
        })
    }

    async fn settlement(&self, outbound: &Outbound, receipt: Receipt, now: Timestamp) -> Settlement {
        match receipt {
            Receipt::Sent { proof } => Settlement::Sent { proof },
            Receipt::Failed { reason } => Settlement::Failed { reason },
            Receipt::Uncertain { reason } => {
                Settlement::Uncertain { reason, verify_by: self.verify.verify_by(&outbound.payload, now) }
            }
            Receipt::Retry { reason, after_seconds, concerns } => {
                let attempts = outbound.attempts + 1;
                let mut next = self.retry.next(attempts, outbound.created_at, now, after_seconds);
                if concerns == Concern::Account {
                    let rested = self.rest(outbound, &reason, after_seconds, now).await;
                    // The message waits for its account, not for itself.
                    next = next.map(|at| rested.unwrap_or(at));
                }
                match next {
                    Some(at) => Settlement::RetryAt { at, reason },
                    None => Settlement::Failed { reason: format!("given up after {attempts} attempts: {reason}") },
                }
            }
        }
    }

    /// Lets the account rest. Returns until when; none if that could not be written.
    async fn rest(&self, outbound: &Outbound, reason: &str, asked: Option<u32>, now: Timestamp) -> Option<Timestamp> {
        let asked = asked.map(|seconds| SignedDuration::from_secs(seconds.into()));
        let pause = |failures| asked.unwrap_or_else(|| self.retry.rest(failures));
        let rested = self.store.rest(&outbound.account, reason, now, pause).await;
        rested.inspect_err(|error| tracing::error!("the rest of an account could not be written: {error}")).ok()
    }
}

fn release(busy: &mut BTreeSet<AccountName>, done: Result<AccountName, tokio::task::JoinError>) {
    match done {
        Ok(account) => {
            busy.remove(&account);
        }
        Err(panic) => {
            // The row stays in `sending`; freeing every account keeps the others going.
            tracing::error!("a send failed inside: {panic}");
            busy.clear();
        }
    }
}

fn log(outbound: &Outbound, settlement: &Settlement, took: Duration) {
    let (id, ms) = (outbound.id.0, u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    let account = outbound.account.as_str();
    match settlement {
        Settlement::Sent { .. } => {
            tracing::info!(outbox.id = id, account, kind = outbound.kind.as_str(), duration_ms = ms, "message sent");
        }
        Settlement::RetryAt { at, reason } => {
            let reason = without_addresses(reason);
            tracing::warn!(outbox.id = id, account, retry_at = %at, "sending failed and will be tried again: {reason}");
        }
        Settlement::Failed { reason } => {
            let reason = without_addresses(reason);
            tracing::warn!(outbox.id = id, account, "sending failed for good, a ticket asks a person: {reason}");
        }
        Settlement::Uncertain { reason, .. } => {
            let reason = without_addresses(reason);
            tracing::warn!(
                outbox.id = id,
                account,
                "a message may or may not have been sent; it is looked for and not sent again: {reason}"
            );
        }
    }
}

/// Returns a server's words without mail addresses: they name buyers, and logs do not. The ticket keeps them.
fn without_addresses(reason: &str) -> String {
    let word = |word: &'_ str| if word.contains('@') { "<address>".to_owned() } else { word.to_owned() };
    reason.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
