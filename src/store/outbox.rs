//! Messages of ours on their way out: queueing, claiming, and how far an attempt has come.
//!
//! What may follow what is said by [`DeliveryState::after`](crate::model::delivery::DeliveryState::after); drafts are `held` until a person acts. How an attempt ends is
//! written by `delivery.rs`, what becomes of one that may have left by `evidence.rs`.

use jiff::Timestamp;

use crate::{
    model::{
        ids::{AccountName, AgentName, InboundId, OutboxId, ThreadId},
        outbound::{NewOutbound, Outbound, OutboundKind, Payload, Phase},
        search::DocumentKind,
        ticket::Ticket,
    },
    store::{
        Store,
        database::{Row, Tx, resumed, retried},
        error::StoreError,
        indexing, next, once, switches,
        thread::{self, index_key},
    },
};

/// The reason of every automatic message that a human act overtook.
pub(super) const TAKEN_OVER: &str = "a person took over";
/// Why a message that was never tried waits.
const QUIET: &str = "quiet hours of the buyer";
/// Why a person's message waits for a moment.
const UNDOABLE: &str = "it can still be taken back";
/// Why a person's message waits longer, until the moment that the person chose.
pub const SCHEDULED: &str = "it waits for its hour";
/// Why a message waits that a person may still stop.
const STOPPABLE: &str = "it can still be stopped";
/// Why a message waits that was not tried yet: nothing went wrong.
pub const PATIENCE: [&str; 4] = [QUIET, UNDOABLE, SCHEDULED, STOPPABLE];

/// How one attempt ended, as delivery judged the channel's receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// The server took responsibility.
    Sent {
        /// Its words.
        proof: String,
    },
    /// Nothing was delivered; the same bytes are tried again.
    RetryAt {
        /// Not before this moment.
        at: Timestamp,
        /// What went wrong.
        reason: String,
    },
    /// Nothing was delivered and never will be: cancelled, and a ticket says so.
    Failed {
        /// The server's words.
        reason: String,
    },
    /// It may have been delivered: never repeated. It is looked for; if it is not found, a ticket says so.
    Uncertain {
        /// What was seen last.
        reason: String,
        /// After the look at this moment a person is asked.
        verify_by: Timestamp,
    },
}

/// What a restart found in the middle of sending.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Rows of which nothing had left: they are sent again.
    pub requeued: u32,
    /// Rows that may have been delivered: they are looked for.
    pub uncertain: u32,
}

impl Store {
    /// Takes the oldest message that is due and marks it as being sent; none if nothing is due.
    ///
    /// Messages of one thread leave in order: a later one waits while an earlier one is ready, being sent or due for a
    /// retry (a person's message does not wait for a machine's that was not begun). Within a pause only people's
    /// messages are taken, and none of the accounts that are `busy` or that rest. People's messages go first. An
    /// automatic message whose thread a person took over since is cancelled here. A pause that was set by a clock ahead
    /// of the present one is over. Under a lease, messages of its account only; a claim whose answer was lost on the way
    /// is found again by the next one.
    pub async fn claim(&self, now: Timestamp, busy: &[AccountName]) -> Result<Option<Outbound>, StoreError> {
        let lost = self.db.fence.as_ref().and_then(|fence| fence.lost_claim());
        let (token, lost) = match lost {
            Some(token) => (token, true),
            None => (once::token()?, false),
        };
        let claimed = resumed(|doubt| self.claim_once(now, busy, &token, doubt || lost)).await;
        if let (Err(error), Some(fence)) = (&claimed, &self.db.fence)
            && error.may_heal()
        {
            fence.remember_claim(token);
        }
        claimed
    }

    async fn claim_once(
        &self,
        now: Timestamp,
        busy: &[AccountName],
        token: &str,
        doubt: bool,
    ) -> Result<Option<Outbound>, StoreError> {
        let mut tx = self.db.write("claiming a message to send").await?;
        if doubt && let Some(outbound) = claimed_by(&mut tx, token).await? {
            return Ok(Some(outbound));
        }
        let claimed = take(&mut tx, now, busy, self.db.account(), token).await?;
        if claimed.is_some() {
            crate::failpoint::reach("store.claim.before");
        }
        tx.commit().await?;
        if claimed.is_some() {
            crate::failpoint::reach("store.claim.after");
        }
        Ok(claimed)
    }

    /// Writes how far an attempt has come; returns after it is on the disk.
    ///
    /// [`Phase::Dot`] is the last moment to turn back: it is refused for an automatic message when a person took the
    /// thread over or the shop was paused since the claim, so that nothing leaves after either was acknowledged.
    ///
    /// Under a lease it is refused as well when so little of the lease is left that somebody else may take over before
    /// the last bytes are written: they cannot be fenced.
    pub async fn set_phase(&self, id: OutboxId, phase: Phase) -> Result<(), StoreError> {
        let last = |store: &Self| match &store.db.fence {
            Some(fence) if phase == Phase::Dot => fence.allows_last_step("beginning the last step of a send"),
            _ => Ok(()),
        };
        last(self)?;
        retried(|| async {
            let mut tx = self.db.write("writing how far a send has come").await?;
            if tx.execute(STEP, &[id.0.into(), phase.as_str().into()]).await? == 0 {
                return Err(stopped_by(&mut tx, id).await?);
            }
            crate::failpoint::reach("store.phase.before");
            tx.commit().await
        })
        .await?;
        // The database may have been slow.
        last(self)
    }
}

/// Takes the oldest message that is due and marks it as being sent, as [`Store::claim`] promises.
pub(super) async fn take(
    tx: &mut Tx,
    now: Timestamp,
    busy: &[AccountName],
    account: Option<&str>,
    token: &str,
) -> Result<Option<Outbound>, StoreError> {
    loop {
        let row = next::to_send(tx, account, busy, now).await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let outbound = claimed(&row)?;
        if !outbound.human && row.get::<i64>("epoch")? != row.get::<i64>("thread_epoch")? {
            cancel(tx, outbound.id, TAKEN_OVER, now).await?;
            continue;
        }
        tx.execute(
            "UPDATE outbox SET state = 'sending', phase = 'before', attempts = attempts + 1, changed_at = $2,
               lease_owner = $3
             WHERE id = $1",
            &[outbound.id.0.into(), now.into(), token.into()],
        )
        .await?;
        return Ok(Some(outbound));
    }
}

/// Writes how far a send has come, unless it must end: the last step of an automatic message is forbidden when a person
/// took the thread over or a pause reaches it.
const STEP: &str = "UPDATE outbox SET phase = $2
     WHERE id = $1 AND state = 'sending' AND ($2 = 'before' OR human = 1 OR (
       epoch = (SELECT t.epoch FROM thread t WHERE t.id = outbox.thread)
       AND NOT EXISTS (
         SELECT 1 FROM switch s
         WHERE s.scope = 'shop' OR (s.scope = 'account' AND s.name = outbox.account)
           OR (s.scope = 'rule' AND REPLACE(outbox.intents, '\"' || s.name || '\"', '') <> outbox.intents))))";

/// Returns why a send must not go on.
async fn stopped_by(tx: &mut Tx, id: OutboxId) -> Result<StoreError, StoreError> {
    let row = tx
        .first(
            "SELECT o.state, o.epoch, t.epoch AS thread_epoch
             FROM outbox o JOIN thread t ON t.id = o.thread WHERE o.id = $1",
            &[id.0.into()],
        )
        .await?
        .ok_or_else(|| tx.missing("outgoing message", id.0))?;
    let state: String = row.get("state")?;
    if state != "sending" {
        return Ok(StoreError::NotSending { id, state });
    }
    if row.get::<i64>("epoch")? != row.get::<i64>("thread_epoch")? {
        return Ok(StoreError::Overtaken { id, reason: TAKEN_OVER.to_owned() });
    }
    match switches::forbids_row(tx, id).await? {
        Some(pause) => Ok(StoreError::Overtaken { id, reason: pause.to_string() }),
        None => Err(tx.damaged(&"a send may neither go on nor end")),
    }
}

/// Finds the message that an earlier attempt of the same claim took.
pub(super) async fn claimed_by(tx: &mut Tx, token: &str) -> Result<Option<Outbound>, StoreError> {
    let row = tx
        .first(
            "SELECT id, key, account, kind, human, thread, attempts - 1 AS attempts,
                    COALESCE(leaves_at, created_at) AS created_at, payload
             FROM outbox WHERE state = 'sending' AND lease_owner = $1",
            &[token.into()],
        )
        .await?;
    row.as_ref().map(claimed).transpose()
}

fn claimed(row: &Row) -> Result<Outbound, StoreError> {
    Ok(Outbound {
        id: OutboxId(row.get("id")?),
        key: row.get("key")?,
        account: AccountName::new(row.get::<String>("account")?),
        kind: row.word("kind", OutboundKind::from_word)?,
        human: row.flag("human")?,
        thread: ThreadId(row.get("thread")?),
        attempts: row.count("attempts")?,
        created_at: row.moment("created_at")?,
        payload: row.json("payload")?,
    })
}

/// Where a new message belongs.
pub(super) struct Entry {
    pub(super) thread: ThreadId,
    pub(super) inbound: Option<InboundId>,
    pub(super) epoch: i64,
    pub(super) now: Timestamp,
}

/// Queues a message, or holds it when it is a draft, and registers its Message-ID.
pub(super) async fn insert(tx: &mut Tx, outbound: &NewOutbound, entry: &Entry) -> Result<OutboxId, StoreError> {
    let message_id = match &outbound.payload {
        Payload::Mail(mail) => Some(mail.message_id.as_str()),
        Payload::Telegram(_) => None,
    };
    let state = if outbound.kind == OutboundKind::Draft { "held" } else { "ready" };
    let (intents, replies) = (tx.json(&outbound.intents)?, tx.json(&outbound.replies)?);
    let payload = tx.json(&outbound.payload)?;
    let row = tx
        .first(
            "INSERT INTO outbox (key, thread, inbound, account, kind, human, epoch, recipient_key, recipient_domain,
                                 intents, replies, message_id, payload, state, due_at, created_at, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $15)
             ON CONFLICT (key) DO NOTHING RETURNING id",
            &[
                (&outbound.key).into(),
                entry.thread.0.into(),
                entry.inbound.map(|inbound| inbound.0).into(),
                outbound.account.as_str().into(),
                outbound.kind.as_str().into(),
                outbound.human.into(),
                entry.epoch.into(),
                index_key(&outbound.recipient_key).as_ref().into(),
                outbound.recipient_domain.as_deref().map(index_key).as_deref().into(),
                (&intents).into(),
                (&replies).into(),
                message_id.map(index_key).as_deref().into(),
                (&payload).into(),
                state.into(),
                entry.now.into(),
            ],
        )
        .await?
        .ok_or_else(|| StoreError::DuplicateOutbound(outbound.key.clone()))?;
    if let Some(message_id) = message_id {
        thread::register(tx, message_id, entry.thread, outbound.account.as_str(), true).await?;
    }
    let id = OutboxId(row.get("id")?);
    if outbound.kind != OutboundKind::Draft {
        indexing::queue(tx, DocumentKind::Outbox, id.0).await?;
    }
    Ok(id)
}

/// Lets a queued message wait: it is night where the buyer is, or a person may still stop it; the later moment holds.
pub(super) async fn hold(
    tx: &mut Tx,
    id: OutboxId,
    quiet: Option<Timestamp>,
    stoppable: Option<Timestamp>,
) -> Result<(), StoreError> {
    let Some(until) = quiet.into_iter().chain(stoppable).max() else { return Ok(()) };
    let reason = if quiet == Some(until) { QUIET } else { STOPPABLE };
    tx.execute(
        "UPDATE outbox SET state = 'retry_at', due_at = $2, reason = $3 WHERE id = $1",
        &[id.0.into(), until.into(), reason.into()],
    )
    .await?;
    Ok(())
}

/// Sends what waits for the morning in a thread on its way; where a person may stop what the machine says, that is true of
/// it as well.
pub(super) async fn wake(
    tx: &mut Tx,
    thread: ThreadId,
    stoppable: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let state = if stoppable.is_some() { "retry_at" } else { "ready" };
    tx.execute(
        "UPDATE outbox SET state = $4, due_at = $3, reason = $6, changed_at = $2
         WHERE thread = $1 AND state = 'retry_at' AND attempts = 0 AND human = 0 AND reason = $5",
        &[thread.0.into(), now.into(), stoppable.unwrap_or(now).into(), state.into(), QUIET.into(), STOPPABLE.into()],
    )
    .await?;
    Ok(())
}

/// Ends a message that will not be sent.
pub(super) async fn cancel(tx: &mut Tx, id: OutboxId, reason: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE outbox SET state = 'cancelled', reason = $2, settled_at = $3, changed_at = $3 WHERE id = $1",
        &[id.0.into(), reason.into(), now.into()],
    )
    .await?;
    Ok(())
}

/// Cancels the automatic messages of a ticket's threads that were not begun, because a person took over.
pub(super) async fn cancel_automatic(tx: &mut Tx, ticket: &Ticket, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE outbox SET state = 'cancelled', reason = $3, settled_at = $4, changed_at = $4
         WHERE human = 0 AND state IN ('ready', 'retry_at')
           AND thread IN (SELECT t.id FROM thread t WHERE t.id = $1 OR t.merged_into = $2)",
        &[ticket.thread.0.into(), ticket.id.0.into(), TAKEN_OVER.into(), now.into()],
    )
    .await?;
    Ok(())
}

/// Notes who wrote a message, and lets it wait until its moment.
pub(super) async fn sign(
    tx: &mut Tx,
    id: OutboxId,
    by: &AgentName,
    leaves_at: Option<Timestamp>,
    scheduled: bool,
) -> Result<(), StoreError> {
    tx.execute("UPDATE outbox SET author = $2 WHERE id = $1", &[id.0.into(), by.as_str().into()]).await?;
    let Some(at) = leaves_at else { return Ok(()) };
    let reason = if scheduled { SCHEDULED } else { UNDOABLE };
    tx.execute(
        "UPDATE outbox SET state = 'retry_at', due_at = $2, leaves_at = $2, scheduled = $3, reason = $4 WHERE id = $1",
        &[id.0.into(), at.into(), scheduled.into(), reason.into()],
    )
    .await?;
    Ok(())
}

/// Cancels a person's message that was not begun; returns whether it was not.
pub(super) async fn cancel_unbegun(
    tx: &mut Tx,
    id: OutboxId,
    reason: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let cancelled = tx
        .execute(
            "UPDATE outbox SET state = 'cancelled', reason = $2, settled_at = $3, changed_at = $3
             WHERE id = $1 AND state IN ('ready', 'retry_at') AND attempts = 0",
            &[id.0.into(), reason.into(), now.into()],
        )
        .await?;
    Ok(cancelled > 0)
}

/// Cancels the replies of a ticket that wait for their hour; returns whether there were any.
pub(super) async fn cancel_scheduled(
    tx: &mut Tx,
    ticket: &Ticket,
    reason: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let cancelled = tx
        .execute(
            "UPDATE outbox SET state = 'cancelled', reason = $3, settled_at = $4, changed_at = $4
             WHERE scheduled = 1 AND state IN ('ready', 'retry_at') AND attempts = 0
               AND thread IN (SELECT t.id FROM thread t WHERE t.id = $1 OR t.merged_into = $2)",
            &[ticket.thread.0.into(), ticket.id.0.into(), reason.into(), now.into()],
        )
        .await?;
    Ok(cancelled > 0)
}

/// Returns the replies of a ticket that wait for their hour.
pub(super) async fn scheduled_of(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<i64>, StoreError> {
    let rows = tx
        .all(
            "SELECT id FROM outbox
             WHERE scheduled = 1 AND state IN ('ready', 'retry_at') AND attempts = 0
               AND thread IN (SELECT t.id FROM thread t WHERE t.id = $1 OR t.merged_into = $2) ORDER BY id",
            &[ticket.thread.0.into(), ticket.id.0.into()],
        )
        .await?;
    rows.iter().map(|row| row.get("id")).collect()
}

/// Lets a reply wait for its hour again that was taken back. A message that ended stays so; what waits again is a new row
/// with its words.
pub(super) async fn wait_again(tx: &mut Tx, id: OutboxId, version: i64, now: Timestamp) -> Result<(), StoreError> {
    let row = tx
        .first(
            "INSERT INTO outbox (key, thread, inbound, account, kind, human, epoch, recipient_key, recipient_domain,
                                 intents, replies, message_id, payload, state, due_at, reason, author, leaves_at,
                                 scheduled, created_at, changed_at)
             SELECT s.key || '-v' || $2, s.thread, s.inbound, s.account, s.kind, s.human, s.epoch, s.recipient_key,
                    s.recipient_domain, s.intents, s.replies, s.message_id, s.payload, 'retry_at', s.leaves_at, $3,
                    s.author, s.leaves_at, 1, s.created_at, $4
             FROM outbox s WHERE s.id = $1 AND s.state = 'cancelled' AND s.attempts = 0 RETURNING id",
            &[id.0.into(), (&version.to_string()).into(), SCHEDULED.into(), now.into()],
        )
        .await?;
    match row {
        Some(row) => indexing::queue(tx, DocumentKind::Outbox, row.get("id")?).await,
        None => Ok(()),
    }
}

/// Returns the draft of a thread that waits for a person; there is at most one.
pub(super) async fn draft_of(tx: &mut Tx, thread: ThreadId) -> Result<Option<(OutboxId, Payload)>, StoreError> {
    let row = tx
        .first(
            "SELECT id, payload FROM outbox WHERE thread = $1 AND state = 'held' ORDER BY id DESC LIMIT 1",
            &[thread.0.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some((OutboxId(row.get("id")?), row.json("payload")?)))
}

/// Ends the draft of a thread.
pub(super) async fn drop_draft(tx: &mut Tx, thread: ThreadId, reason: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE outbox SET state = 'cancelled', reason = $2, settled_at = $3, changed_at = $3
         WHERE thread = $1 AND state = 'held'",
        &[thread.0.into(), reason.into(), now.into()],
    )
    .await?;
    Ok(())
}
