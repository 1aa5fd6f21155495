//! Received messages between the two transactions, and the two ends without a verdict: quarantine and ignore.

use jiff::Timestamp;

use crate::{
    model::{
        ids::{AccountName, InboundId, ThreadId, TicketId},
        inbound::ChannelKind,
        receive::{Received, SourceKey},
        ticket::Urgency,
    },
    store::{
        Store,
        database::{Row, Tx, retried},
        error::StoreError,
        thread::{self, NewThread},
        ticket::{self, Case},
    },
};

/// A received message read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredInbound {
    /// Row number.
    pub id: InboundId,
    /// The message as it was received, times to the millisecond.
    pub received: Received,
    /// How often a decision on it was begun.
    pub tries: u32,
    /// When it was stored.
    pub stored_at: Timestamp,
    /// Messages the server took before this moment are never answered: the folder's mark, or when the account was
    /// first seen; none if the account was never announced.
    pub go_live: Option<Timestamp>,
}

impl Store {
    /// Returns messages that wait for a decision, oldest first; under a lease, those of its account.
    pub async fn undecided(&self, limit: u32) -> Result<Vec<StoredInbound>, StoreError> {
        let mut tx = self.db.read("reading undecided messages").await?;
        let rows = tx
            .all(
                "SELECT i.id, i.channel, i.account, i.source_key, i.raw, i.size, i.in_junk, i.received_at, i.stored_at,
                        i.tries, COALESCE(f.go_live, s.first_seen) AS go_live
                 FROM inbound i
                 LEFT JOIN folder f ON f.account = i.account AND f.folder = i.folder
                 LEFT JOIN account_seen s ON s.account = i.account
                 WHERE i.state = 'undecided' AND ($2 IS NULL OR i.account = $2) ORDER BY i.id LIMIT $1",
                &[limit.into(), self.db.account().into()],
            )
            .await?;
        rows.iter().map(stored).collect()
    }

    /// Returns the accounts with messages that wait for a decision.
    pub async fn waiting(&self) -> Result<Vec<AccountName>, StoreError> {
        let mut tx = self.db.read("looking for undecided messages").await?;
        let rows =
            tx.all("SELECT DISTINCT account FROM inbound WHERE state = 'undecided' ORDER BY account", &[]).await?;
        rows.iter().map(|row| Ok(AccountName::new(row.get::<String>("account")?))).collect()
    }

    /// Counts one more try to decide, before the message is parsed; returns the count. A message whose count rises
    /// without a decision kills its process and belongs into quarantine.
    pub async fn tried(&self, id: InboundId) -> Result<u32, StoreError> {
        retried(|| async {
            let mut tx = self.db.beside("counting a try").await?;
            let row = tx
                .first("UPDATE inbound SET tries = tries + 1 WHERE id = $1 RETURNING tries", &[id.0.into()])
                .await?
                .ok_or_else(|| tx.missing("received message", id.0))?;
            crate::failpoint::reach("store.attempt.before");
            tx.commit().await?;
            crate::failpoint::reach("store.attempt.after");
            row.count("tries")
        })
        .await
    }

    /// Ends a message that cannot be decided on: outcome escalated, a ticket with the reason, the raw bytes kept.
    /// Repeated, it returns the same ticket.
    pub async fn quarantine(&self, id: InboundId, reason: &str, now: Timestamp) -> Result<TicketId, StoreError> {
        retried(|| async {
            let mut tx = self.db.write("putting a message into quarantine").await?;
            let row = tx
                .first("SELECT state, channel, account FROM inbound WHERE id = $1", &[id.0.into()])
                .await?
                .ok_or_else(|| tx.missing("received message", id.0))?;
            if row.get::<&str>("state")? == "decided" {
                let ticket = ticket::of_inbound(&mut tx, id).await?;
                return ticket.ok_or_else(|| tx.missing("ticket of the decided message", id.0));
            }
            let new = NewThread {
                channel: row.word("channel", channel_of)?,
                account: &row.get::<String>("account")?,
                participant: "",
                chat_key: None,
                language: None,
                pending: None,
            };
            let thread = thread::create(&mut tx, &new, now).await?;
            end(&mut tx, id, "escalated", reason, Some(thread), now).await?;
            let reasons = [reason.to_owned()];
            let case = Case {
                thread,
                inbound: id,
                urgency: Urgency::High,
                reasons: &reasons,
                intent: None,
                tags: &[],
                subject: "(message that could not be read)",
                buyer: "(unknown)",
                now,
            };
            let ticket = ticket::raise(&mut tx, &case).await?;
            crate::failpoint::reach("store.quarantine.before");
            tx.commit().await?;
            crate::failpoint::reach("store.quarantine.after");
            Ok(ticket)
        })
        .await
    }

    /// Ends a message without a verdict: outcome suppressed with the reason. A decided message stays as it is.
    pub async fn ignore(&self, id: InboundId, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        retried(|| async {
            let mut tx = self.db.write("ignoring a message").await?;
            end(&mut tx, id, "suppressed", reason, None, now).await?;
            crate::failpoint::reach("store.ignore.before");
            tx.commit().await
        })
        .await
    }
}

async fn end(
    tx: &mut Tx,
    id: InboundId,
    outcome: &str,
    reason: &str,
    thread: Option<ThreadId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE inbound SET state = 'decided', outcome = $2, outcome_reason = $3, thread = $4, decided_at = $5
         WHERE id = $1 AND state = 'undecided'",
        &[id.0.into(), outcome.into(), reason.into(), thread.map(|thread| thread.0).into(), now.into()],
    )
    .await?;
    Ok(())
}

/// Reads one row of the columns that [`Store::undecided`] selects.
pub(super) fn stored(row: &Row) -> Result<StoredInbound, StoreError> {
    let size = u64::try_from(row.get::<i64>("size")?).map_err(|error| row.damaged(&error))?;
    Ok(StoredInbound {
        id: InboundId(row.get("id")?),
        received: Received {
            channel: row.word("channel", channel_of)?,
            account: AccountName::new(row.get::<String>("account")?),
            key: row.word("source_key", source_key)?,
            raw: row.get("raw")?,
            received_at: row.moment("received_at")?,
            size,
            in_junk: row.flag("in_junk")?,
        },
        tries: row.count("tries")?,
        stored_at: row.moment("stored_at")?,
        go_live: row.maybe_moment("go_live")?,
    })
}

/// Reads a channel's word back.
pub(super) fn channel_of(word: &str) -> Option<ChannelKind> {
    [ChannelKind::Email, ChannelKind::Telegram].into_iter().find(|channel| channel.as_str() == word)
}

/// Reads [`SourceKey::as_text`] back.
pub(super) fn source_key(text: &str) -> Option<SourceKey> {
    let (kind, rest) = text.split_once(':')?;
    match kind {
        "imap" => {
            let (uid_validity, rest) = rest.split_once(':')?;
            let (uid, folder) = rest.split_once(':')?;
            let (uid_validity, uid) = (uid_validity.parse().ok()?, uid.parse().ok()?);
            Some(SourceKey::Imap { folder: folder.to_owned(), uid_validity, uid })
        }
        "telegram" => Some(SourceKey::Telegram { update_id: rest.parse().ok()? }),
        "maildir" => Some(SourceKey::Maildir { name: rest.to_owned() }),
        _ => None,
    }
}
