//! What other programs are told: a durable queue of calls, filled from the histories of tickets.
//!
//! Each webhook has a mark in the line of events. What lies behind the mark becomes calls in the transaction that moves it,
//! so that no event is passed over and none is queued twice. A call may be made twice (its answer may be lost), always
//! with the same id.

use jiff::{SignedDuration, Timestamp};

use crate::{
    failpoint,
    model::{
        ids::{AccountName, TicketId},
        satisfaction,
        ticket::EventKind,
        webhook::{HookEvent, HookKind},
    },
    store::{
        Store,
        database::{Row, Tx, resumed},
        error::StoreError,
        once::Call,
    },
};

/// Events that one step looks at; the next goes on.
const AT_ONCE: u32 = 200;

/// How long a call belongs to the process that makes it: longer than an attempt may take.
const MINE_FOR: SignedDuration = SignedDuration::from_secs(60);

/// Settled calls are kept so long, for people who look why something was not told.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A call that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookCall {
    /// Its number; the id that the other side knows it by is made of it.
    pub id: i64,
    /// The webhook.
    pub webhook: String,
    /// What it says, fixed when it was queued.
    pub body: String,
    /// How many attempts were begun, this one included.
    pub attempts: u32,
    /// When it was queued.
    pub created_at: Timestamp,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookOutcome {
    /// The other side took it.
    Told,
    /// Another attempt then.
    Again {
        /// When.
        at: Timestamp,
        /// What was said, or why nobody was reached.
        note: String,
    },
    /// No further attempt.
    GivenUp {
        /// What was said last.
        note: String,
    },
}

/// How a webhook stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct HookStanding {
    /// Calls that wait, for their first or another attempt.
    pub waiting: u64,
    /// Calls that were given up in the last thirty days.
    pub given_up: u64,
    /// What was said to the newest call that failed and waits or was given up.
    pub note: Option<String>,
}

impl Store {
    /// Queues calls for what happened on tickets since the webhook was looked at last; returns whether there may be more.
    /// A webhook that was never looked at begins with what happens from now on. `body` makes what is said, with a kind of
    /// the event.
    pub async fn queue_hook_calls(
        &self,
        webhook: &str,
        body: impl Fn(HookKind, &HookEvent) -> Option<String> + Send + Sync,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        let body = &body;
        resumed(async |doubt| {
            let mut tx = self.db.write("queuing calls of a webhook").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                let Some(mark) = mark_of(&mut tx, webhook).await? else { return Ok(true) };
                return Ok(!events_after(&mut tx, mark).await?.is_empty());
            }
            let Some(mark) = mark_of(&mut tx, webhook).await? else {
                begin(&mut tx, webhook).await?;
                tx.commit().await?;
                return Ok(false);
            };
            let events = events_after(&mut tx, mark).await?;
            let Some((last, _, _)) = events.last() else { return Ok(false) };
            let last = *last;
            let more = events.len() >= AT_ONCE as usize;
            for (id, what, event) in &events {
                let Some(kind) = HookKind::of(*what) else { continue };
                let Some(body) = body(kind, event) else { continue };
                queue(&mut tx, webhook, *id, kind, &body, now).await?;
            }
            tx.execute("UPDATE webhook SET event = $2 WHERE name = $1", &[webhook.into(), last.into()]).await?;
            failpoint::reach("store.webhook.before");
            tx.commit().await?;
            Ok(more)
        })
        .await
    }

    /// Returns whether something happened on tickets that the webhook was not looked at for.
    pub async fn hook_is_behind(&self, webhook: &str) -> Result<bool, StoreError> {
        let newest = "SELECT COALESCE(MAX(e.id), 0) AS newest,
                (SELECT w.event FROM webhook w WHERE w.name = $1) AS mark FROM ticket_event e";
        let rows = self.db.ask("looking how far a webhook is", newest, &[webhook.into()]).await?;
        let Some(row) = rows.first() else { return Ok(true) };
        Ok(row.get::<Option<i64>>("mark")?.is_none_or(|mark| mark < row.get("newest").unwrap_or(i64::MAX)))
    }

    /// Takes the call of a webhook that is due for longest, for a minute; none if nothing is due.
    pub async fn claim_hook_call(&self, webhook: &str, now: Timestamp) -> Result<Option<HookCall>, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("claiming a call of a webhook").await?;
            let taken = call.took_effect(&mut tx, doubt, now).await?;
            let (sql, due) = if taken { (TAKEN, now + MINE_FOR) } else { (DUE, now) };
            let Some(row) = tx.first(sql, &[due.into(), webhook.into()]).await? else { return Ok(None) };
            let mut claimed = call_of(&row)?;
            if taken {
                return Ok(Some(claimed));
            }
            claimed.attempts += 1;
            tx.execute(
                "UPDATE webhook_call SET attempts = attempts + 1, due_at = $2 WHERE id = $1",
                &[claimed.id.into(), (now + MINE_FOR).into()],
            )
            .await?;
            tx.commit().await?;
            Ok(Some(claimed))
        })
        .await
    }

    /// Writes what became of an attempt.
    pub async fn settle_hook_call(&self, id: i64, outcome: &HookOutcome, now: Timestamp) -> Result<(), StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("settling a call of a webhook").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(());
            }
            let (state, due, note, settled) = match outcome {
                HookOutcome::Told => ("told", now, None, Some(now)),
                HookOutcome::Again { at, note } => ("waiting", *at, Some(note.as_str()), None),
                HookOutcome::GivenUp { note } => ("given_up", now, Some(note.as_str()), Some(now)),
            };
            tx.execute(
                "UPDATE webhook_call SET state = $2, due_at = $3, note = $4, settled_at = $5
                 WHERE id = $1 AND state = 'waiting'",
                &[id.into(), state.into(), due.into(), note.into(), settled.map(Timestamp::as_millisecond).into()],
            )
            .await?;
            tx.execute("DELETE FROM webhook_call WHERE settled_at < $1", &[(now - KEPT).into()]).await?;
            tx.commit().await
        })
        .await
    }

    /// Returns how a webhook stands.
    pub async fn hook_standing(&self, webhook: &str) -> Result<HookStanding, StoreError> {
        let mut tx = self.db.read("looking how a webhook stands").await?;
        let counts = tx
            .all(
                "SELECT state, COUNT(*) AS calls FROM webhook_call WHERE webhook = $1 AND state <> 'told' GROUP BY state",
                &[webhook.into()],
            )
            .await?;
        let mut standing = HookStanding::default();
        for row in &counts {
            let calls = u64::from(row.count("calls")?);
            if row.get::<&str>("state")? == "waiting" { standing.waiting = calls } else { standing.given_up = calls }
        }
        let note = tx
            .first(
                "SELECT note FROM webhook_call WHERE webhook = $1 AND state <> 'told' AND note IS NOT NULL
                 ORDER BY id DESC LIMIT 1",
                &[webhook.into()],
            )
            .await?;
        standing.note = note.map(|row| row.get("note")).transpose()?.flatten();
        Ok(standing)
    }
}

/// The call that is due for longest.
const DUE: &str = "SELECT id, webhook, body, attempts, created_at FROM webhook_call
     WHERE state = 'waiting' AND due_at <= $1 AND webhook = $2
     ORDER BY due_at, id LIMIT 1";

/// The call that an attempt of this claim has taken, whose answer was lost.
const TAKEN: &str = "SELECT id, webhook, body, attempts, created_at FROM webhook_call
     WHERE state = 'waiting' AND due_at = $1 AND webhook = $2
     ORDER BY due_at, id LIMIT 1";

async fn mark_of(tx: &mut Tx, webhook: &str) -> Result<Option<i64>, StoreError> {
    let row = tx.first("SELECT event FROM webhook WHERE name = $1", &[webhook.into()]).await?;
    row.map(|row| row.get("event")).transpose()
}

async fn begin(tx: &mut Tx, webhook: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO webhook (name, event) SELECT $1, COALESCE(MAX(e.id), 0) FROM ticket_event e",
        &[webhook.into()],
    )
    .await?;
    Ok(())
}

async fn events_after(tx: &mut Tx, mark: i64) -> Result<Vec<(i64, EventKind, HookEvent)>, StoreError> {
    let rows = tx
        .all(
            "SELECT e.id, e.ticket, e.at, e.actor, e.what, e.text, k.state, k.subject, k.intent, t.account,
                    t.channel
             FROM ticket_event e JOIN ticket k ON k.id = e.ticket JOIN thread t ON t.id = k.thread
             WHERE e.id > $1 ORDER BY e.id LIMIT $2",
            &[mark.into(), AT_ONCE.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let event = HookEvent {
                ticket: TicketId(row.get("ticket")?),
                at: row.moment("at")?,
                by: row.get("actor")?,
                text: satisfaction::without_links(row.get("text")?),
                state: row.get("state")?,
                subject: row.get("subject")?,
                intent: row.get("intent")?,
                account: AccountName::new(row.get::<String>("account")?),
                channel: row.get("channel")?,
            };
            Ok((row.get("id")?, row.word("what", EventKind::from_word)?, event))
        })
        .collect()
}

async fn queue(
    tx: &mut Tx,
    webhook: &str,
    event: i64,
    kind: HookKind,
    body: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO webhook_call (webhook, event, kind, body, due_at, created_at) VALUES ($1, $2, $3, $4, $5, $5)
         ON CONFLICT (webhook, event) DO NOTHING",
        &[webhook.into(), event.into(), kind.as_str().into(), body.into(), now.into()],
    )
    .await?;
    Ok(())
}

fn call_of(row: &Row) -> Result<HookCall, StoreError> {
    Ok(HookCall {
        id: row.get("id")?,
        webhook: row.get("webhook")?,
        body: row.get("body")?,
        attempts: row.count("attempts")?,
        created_at: row.moment("created_at")?,
    })
}
