//! Which process serves which account, when several run on one database.
//!
//! An account's *lease* is the right to receive, decide and deliver for it. Its holder works through a handle of the
//! store made by [`Store::held`]: each of its writing transactions first looks whether the lease is still his by the
//! *fence*, a number that rises with every acquisition, and writes nothing when it is not. A lease that ran out and was
//! taken by nobody is still his: nobody else has written anything.
//!
//! Times are the database's clock only. What leaves the process cannot be fenced; for that the handle knows by the
//! monotonic clock until when nobody else can have the lease. On SQLite one process has the file for itself, so leases
//! there never run out.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    failpoint,
    model::ids::AccountName,
    store::{
        Store,
        database::{Db, Row, Tx, retried},
        error::StoreError,
        once,
    },
};

/// How long a lease lasts without a heartbeat: a process that was killed is replaced after this long at the latest,
/// and a busy machine or a restart of the database does not move accounts about.
pub const LENGTH: Duration = Duration::from_secs(15);

/// How often a holder says that it lives: two heartbeats may be lost.
pub const HEARTBEAT: Duration = Duration::from_secs(5);

/// The last bytes of a message are written only while this much of the lease is left: enough to write them and to turn
/// back before somebody else takes over.
const MARGIN: Duration = Duration::from_secs(4);

/// Rows about processes and calls that nobody asks for any more are kept this long.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// A process that serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runner {
    /// Random at each start.
    pub id: String,
    /// The machine's name, for people.
    pub host: String,
    /// The process id, for people.
    pub pid: u32,
    /// The accounts it could serve.
    pub accounts: Vec<AccountName>,
}

impl Runner {
    /// Names a process that begins to serve.
    pub fn new(host: String, pid: u32, accounts: Vec<AccountName>) -> Result<Self, StoreError> {
        Ok(Self { id: once::token()?, host, pid, accounts })
    }
}

/// A process as the others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunnerSeen {
    /// Who it is.
    pub runner: Runner,
    /// When it began.
    pub started_at: Timestamp,
    /// Its last heartbeat, by the database's clock.
    pub seen_at: Timestamp,
    /// Neither stopped nor silent for longer than a lease lasts.
    pub lives: bool,
}

/// A lease as everybody sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseSeen {
    /// The account.
    pub account: AccountName,
    /// The runner who holds it; none if it is free or ran out.
    pub holder: Option<String>,
    /// How often it was acquired.
    pub fence: i64,
    /// How long it is free; zero while it is held.
    pub free_for: Duration,
}

/// Who lives, who holds what, and what nobody has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Every process seen within a day, by id.
    pub runners: Vec<RunnerSeen>,
    /// Every lease ever taken, by account.
    pub leases: Vec<LeaseSeen>,
    /// Accounts with unfinished work that no process of the last day has in its configuration.
    pub abandoned: Vec<AccountName>,
}

/// A lease this process acquired.
#[derive(Debug, Clone)]
pub struct Lease {
    fence: Arc<Fence>,
}

/// What every write of a holder is checked by.
#[derive(Debug)]
pub(super) struct Fence {
    account: AccountName,
    name: String,
    holder: String,
    number: i64,
    /// Until when nobody else can have the lease.
    certain: Mutex<Certain>,
    /// Tokens of claims whose answer was lost.
    lost_claims: Mutex<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Certain {
    /// SQLite: the file is locked.
    Always,
    Until(Instant),
    /// Somebody else acquired it.
    Never,
}

impl Lease {
    /// Returns the account.
    pub fn account(&self) -> &AccountName {
        &self.fence.account
    }

    /// Returns the fence.
    pub fn number(&self) -> i64 {
        self.fence.number
    }

    /// Returns whether nobody else can have the lease at this moment.
    pub fn is_certain(&self) -> bool {
        self.fence.has_left(Duration::ZERO)
    }
}

impl Fence {
    pub(super) fn account(&self) -> &str {
        self.account.as_str()
    }

    /// Returns whether the lease lasts at least so long for certain.
    fn has_left(&self, time: Duration) -> bool {
        match self.certain() {
            Certain::Always => true,
            Certain::Until(end) => end.saturating_duration_since(Instant::now()) > time,
            Certain::Never => false,
        }
    }

    /// Refuses a step to the outside that cannot be taken back when too little of the lease is left.
    pub(super) fn allows_last_step(&self, doing: &'static str) -> Result<(), StoreError> {
        if self.has_left(MARGIN) { Ok(()) } else { Err(self.refusal(doing)) }
    }

    /// Makes sure, inside a transaction and until its end, that the lease is still ours.
    pub(super) async fn check(&self, tx: &mut Tx, doing: &'static str) -> Result<(), StoreError> {
        if self.certain() == Certain::Never {
            return Err(self.refusal(doing));
        }
        let ours = tx.locked_lease(&[(&self.name).into(), (&self.holder).into(), self.number.into()]).await?;
        if ours.is_none() {
            self.set(Certain::Never);
            return Err(self.refusal(doing));
        }
        Ok(())
    }

    /// Returns the token for the next claim: that of one whose answer was lost, or none.
    pub(super) fn lost_claim(&self) -> Option<String> {
        self.lost_claims.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn has_lost_claim(&self) -> bool {
        !self.lost_claims.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Remembers that the answer of a claim was lost.
    pub(super) fn remember_claim(&self, token: String) {
        self.lost_claims.lock().unwrap_or_else(PoisonError::into_inner).push(token);
    }

    fn certain(&self) -> Certain {
        *self.certain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, certain: Certain) {
        *self.certain.lock().unwrap_or_else(PoisonError::into_inner) = certain;
    }

    fn refusal(&self, doing: &'static str) -> StoreError {
        StoreError::Fenced { doing, account: self.account.clone() }
    }
}

impl Store {
    /// Returns a handle that works under a lease: it sees the account's rows only where rows are handed out, and each of
    /// its writes is refused with [`StoreError::Fenced`], nothing written, once somebody else acquired the lease.
    #[must_use]
    pub fn held(&self, lease: &Lease) -> Self {
        Self { db: Db { fence: Some(Arc::clone(&lease.fence)), ..self.db.clone() }, ..self.clone() }
    }

    /// Returns the same without a lease, for what everybody may write: proofs from outside, and what people do.
    #[must_use]
    pub fn free(&self) -> Self {
        Self { db: Db { fence: None, ..self.db.clone() }, ..self.clone() }
    }

    /// Returns whether the answer of a claim under this lease was lost. The message it may have taken is not due any more,
    /// and only the next [`Store::claim`] finds it.
    pub fn has_lost_claim(&self) -> bool {
        self.db.fence.as_ref().is_some_and(|fence| fence.has_lost_claim())
    }

    /// Returns whether other processes may serve the same store.
    pub fn is_shared(&self) -> bool {
        self.file.is_none()
    }

    /// Notes a process that begins to serve. On SQLite it is the only one, so whatever an earlier one held is free.
    pub async fn enroll(&self, runner: &Runner) -> Result<(), StoreError> {
        retried(|| async {
            let mut tx = self.db.beside("enrolling this process").await?;
            let now = tx.clock().await?;
            if !self.is_shared() {
                tx.execute("DELETE FROM runner", &[]).await?;
                tx.execute("UPDATE lease SET holder = '', until = $1 WHERE holder <> ''", &[now.into()]).await?;
                // Elsewhere every heartbeat does.
                tx.execute("DELETE FROM done_call WHERE at < $1", &[(now - KEPT).into()]).await?;
            }
            note_runner(&mut tx, runner, now).await?;
            tx.commit().await
        })
        .await
    }

    /// Says that a process lives: notes it, and makes every lease it holds last [`LENGTH`] from now on. Of `leases`,
    /// those that somebody else acquired are refused from now on.
    pub async fn renew(&self, runner: &Runner, leases: &[Lease]) -> Result<(), StoreError> {
        let doing = "renewing leases";
        let (begun, held) = retried(|| async {
            let mut tx = self.db.beside(doing).await?;
            // Read before the statement: the database's end of the lease is never earlier than ours.
            let begun = Instant::now();
            let now = tx.clock().await?;
            note_runner(&mut tx, runner, now).await?;
            let rows = tx
                .all(
                    "UPDATE lease SET until = $2 WHERE holder = $1 RETURNING name, fence",
                    &[(&runner.id).into(), end_of(now).into()],
                )
                .await?;
            tx.execute("DELETE FROM runner WHERE seen_at < $1", &[(now - KEPT).into()]).await?;
            tx.execute("DELETE FROM done_call WHERE at < $1", &[(now - KEPT).into()]).await?;
            tx.commit().await?;
            let held = rows.iter().map(|row| Ok((row.get::<String>("name")?, row.get::<i64>("fence")?)));
            Ok((begun, held.collect::<Result<Vec<_>, StoreError>>()?))
        })
        .await?;
        for Lease { fence } in leases {
            let still = held.iter().any(|(name, number)| *name == fence.name && *number == fence.number);
            match fence.certain() {
                Certain::Until(_) if still => fence.set(Certain::Until(begun + LENGTH)),
                Certain::Until(_) => fence.set(Certain::Never),
                Certain::Always | Certain::Never => {}
            }
        }
        Ok(())
    }

    /// Takes the lease of an account if it is free, ran out, or is this process's own already; the fence rises. None
    /// if somebody else holds it.
    pub async fn acquire(&self, runner: &Runner, account: &AccountName) -> Result<Option<Lease>, StoreError> {
        let name = name_of(account);
        retried(|| async {
            let mut tx = self.db.beside("acquiring a lease").await?;
            let begun = Instant::now();
            let now = tx.clock().await?;
            let row = tx
                .first(
                    "INSERT INTO lease (name, holder, fence, until) VALUES ($1, $2, 1, $3)
                     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = lease.fence + 1,
                       until = excluded.until
                     WHERE lease.holder = '' OR lease.until <= $4 OR lease.holder = excluded.holder
                     RETURNING fence",
                    &[(&name).into(), (&runner.id).into(), end_of(now).into(), now.into()],
                )
                .await?;
            failpoint::reach("store.lease.acquire.before");
            tx.commit().await?;
            failpoint::reach("store.lease.acquire.after");
            let Some(row) = row else { return Ok(None) };
            let certain = if self.is_shared() { Certain::Until(begun + LENGTH) } else { Certain::Always };
            let fence = Fence {
                account: account.clone(),
                name: name.clone(),
                holder: runner.id.clone(),
                number: row.get("fence")?,
                certain: Mutex::new(certain),
                lost_claims: Mutex::default(),
            };
            Ok(Some(Lease { fence: Arc::new(fence) }))
        })
        .await
    }

    /// Gives a lease back, so that others may take it at once. Its handle writes nothing any more. Renewals must have
    /// stopped to count on it: the caller takes the lease out of what it renews first.
    pub async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let Lease { fence } = lease;
        fence.set(Certain::Never);
        failpoint::reach("store.lease.release.before");
        retried(|| async {
            let mut tx = self.db.beside("giving a lease back").await?;
            let now = tx.clock().await?;
            tx.execute(
                "UPDATE lease SET holder = '', until = $4 WHERE name = $1 AND holder = $2 AND fence = $3",
                &[(&fence.name).into(), (&fence.holder).into(), fence.number.into(), now.into()],
            )
            .await?;
            tx.commit().await
        })
        .await?;
        failpoint::reach("store.lease.release.after");
        Ok(())
    }

    /// Notes that a process stopped in good order: others do not count with it any more, and whatever it still holds is
    /// free at once. Nothing of it may run any more, for a handle is not told that its lease is gone.
    pub async fn retire(&self, runner: &Runner) -> Result<(), StoreError> {
        retried(|| async {
            let mut tx = self.db.beside("signing this process off").await?;
            let now = tx.clock().await?;
            tx.execute(
                "UPDATE lease SET holder = '', until = $2 WHERE holder = $1",
                &[(&runner.id).into(), now.into()],
            )
            .await?;
            tx.execute("UPDATE runner SET left_at = $2 WHERE id = $1", &[(&runner.id).into(), now.into()]).await?;
            tx.commit().await
        })
        .await
    }

    /// Returns who lives, who holds what, and what nobody has, in one snapshot.
    pub async fn standing(&self) -> Result<Standing, StoreError> {
        let mut tx = self.db.read("reading who serves what").await?;
        let now = tx.clock().await?;
        let rows =
            tx.all("SELECT id, host, pid, accounts, started_at, seen_at, left_at FROM runner ORDER BY id", &[]).await?;
        let runners = rows.iter().map(|row| runner_of(row, now)).collect::<Result<Vec<_>, _>>()?;
        let rows = tx.all("SELECT name, holder, fence, until FROM lease ORDER BY name", &[]).await?;
        let leases = rows.iter().filter_map(|row| lease_of(row, now).transpose()).collect::<Result<_, _>>()?;
        let rows = tx
            .all(
                "SELECT account FROM inbound WHERE state = 'undecided'
                 UNION SELECT account FROM outbox WHERE state IN ('ready', 'retry_at')
                 UNION SELECT account FROM outbox WHERE state = 'sending'
                 UNION SELECT account FROM outbox WHERE state = 'uncertain'
                 ORDER BY account",
                &[],
            )
            .await?;
        let busy = rows.iter().map(|row| Ok(AccountName::new(row.get::<String>("account")?)));
        let busy = busy.collect::<Result<Vec<_>, StoreError>>()?;
        let known = |account: &AccountName| runners.iter().any(|seen| seen.runner.accounts.contains(account));
        let abandoned = busy.into_iter().filter(|account| !known(account)).collect();
        Ok(Standing { runners, leases, abandoned })
    }
}

async fn note_runner(tx: &mut Tx, runner: &Runner, now: Timestamp) -> Result<(), StoreError> {
    let names: Vec<&str> = runner.accounts.iter().map(AccountName::as_str).collect();
    let accounts = tx.json(&names)?;
    tx.execute(
        "INSERT INTO runner (id, host, pid, accounts, started_at, seen_at) VALUES ($1, $2, $3, $4, $5, $5)
         ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at",
        &[(&runner.id).into(), (&runner.host).into(), runner.pid.into(), (&accounts).into(), now.into()],
    )
    .await?;
    Ok(())
}

fn runner_of(row: &Row, now: Timestamp) -> Result<RunnerSeen, StoreError> {
    let seen_at = row.moment("seen_at")?;
    let silent = Duration::try_from(now.duration_since(seen_at)).unwrap_or_default() > LENGTH;
    Ok(RunnerSeen {
        runner: Runner {
            id: row.get("id")?,
            host: row.get("host")?,
            pid: row.count("pid")?,
            accounts: row.json("accounts")?,
        },
        started_at: row.moment("started_at")?,
        seen_at,
        lives: !silent && row.maybe_moment("left_at")?.is_none(),
    })
}

fn lease_of(row: &Row, now: Timestamp) -> Result<Option<LeaseSeen>, StoreError> {
    let Some(account) = row.get::<&str>("name")?.strip_prefix(PREFIX) else { return Ok(None) };
    let until = row.moment("until")?;
    let holder: String = row.get("holder")?;
    let free = holder.is_empty() || until <= now;
    let free_for = Duration::try_from(now.duration_since(until)).unwrap_or_default();
    Ok(Some(LeaseSeen {
        account: AccountName::new(account),
        holder: (!free).then_some(holder),
        fence: row.get("fence")?,
        free_for: if free { free_for } else { Duration::ZERO },
    }))
}

/// What the names of accounts' leases begin with; other names are other rights.
const PREFIX: &str = "account:";

fn name_of(account: &AccountName) -> String {
    format!("{PREFIX}{account}")
}

fn end_of(now: Timestamp) -> Timestamp {
    now + LENGTH
}
