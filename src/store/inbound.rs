//! Received messages between the two transactions, and the end without a verdict: ignore. Which one is next is found by
//! `next.rs`.

use jiff::Timestamp;

use crate::{
    model::{
        ids::{AccountName, InboundId, ThreadId},
        inbound::ChannelKind,
        receive::{FolderRole, Received, SourceKey},
        search::DocumentKind,
    },
    store::{
        Store,
        database::{Row, Tx, Value, retried},
        error::StoreError,
        indexing,
    },
};

/// Messages whose first try is counted at once: as many as are read at once to be decided.
pub const FIRST_TRIES: u32 = 4;

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
    /// Returns one received message with its bytes; none if there is no such message.
    pub async fn message(&self, id: InboundId) -> Result<Option<StoredInbound>, StoreError> {
        let mut tx = self.db.read("reading a received message").await?;
        one(&mut tx, id).await
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
            keep_count(tx).await?;
            row.count("tries")
        })
        .await
    }

    /// Returns those of these messages that still wait for a decision, in the order of their numbers.
    pub async fn still_undecided(&self, ids: &[InboundId]) -> Result<Vec<StoredInbound>, StoreError> {
        let mut tx = self.db.read("reading messages that belong together").await?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let undecided =
                concat!(include_str!("sql/stored-message.sql"), "WHERE i.id = $1 AND i.state = 'undecided'");
            if let Some(row) = tx.first(undecided, &[id.0.into()]).await? {
                found.push(stored(&row)?);
            }
        }
        Ok(found)
    }

    /// Counts the first try of up to [`FIRST_TRIES`] messages in one transaction. Only those that were never begun are
    /// counted: whoever is taken down together with a neighbor gets one try more than is true, and never a second, because
    /// from then on each is counted alone by [`Store::tried`].
    pub async fn first_tries(&self, ids: &[InboundId]) -> Result<(), StoreError> {
        let Some(last) = ids.last() else { return Ok(()) };
        let values: [Value<'_>; FIRST_TRIES as usize] =
            std::array::from_fn(|place| ids.get(place).unwrap_or(last).0.into());
        retried(|| async {
            let mut tx = self.db.beside("counting first tries").await?;
            tx.execute("UPDATE inbound SET tries = 1 WHERE tries = 0 AND id IN ($1, $2, $3, $4)", &values).await?;
            keep_count(tx).await
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

/// Makes a count of tries durable.
async fn keep_count(tx: Tx) -> Result<(), StoreError> {
    crate::failpoint::reach("store.attempt.before");
    tx.commit().await?;
    crate::failpoint::reach("store.attempt.after");
    Ok(())
}

/// Ends a message that waits for a decision; one that is decided stays as it is.
pub(super) async fn end(
    tx: &mut Tx,
    id: InboundId,
    outcome: &str,
    reason: &str,
    thread: Option<ThreadId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ended = tx
        .execute(
            "UPDATE inbound SET state = 'decided', outcome = $2, outcome_reason = $3, thread = $4, decided_at = $5
         WHERE id = $1 AND state = 'undecided'",
            &[id.0.into(), outcome.into(), reason.into(), thread.map(|thread| thread.0).into(), now.into()],
        )
        .await?;
    // Told of the same end twice, because an answer was lost, it is queued once.
    if ended > 0 { indexing::queue(tx, DocumentKind::Inbound, id.0).await } else { Ok(()) }
}

/// Returns one received message.
pub(super) async fn one(tx: &mut Tx, id: InboundId) -> Result<Option<StoredInbound>, StoreError> {
    let row = tx.first(concat!(include_str!("sql/stored-message.sql"), "WHERE i.id = $1"), &[id.0.into()]).await?;
    row.as_ref().map(stored).transpose()
}

/// Reads one row of what `sql/stored-message.sql` selects.
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
            role: role_of(row)?,
            reconciled: row.flag("reconciled")?,
        },
        tries: row.count("tries")?,
        stored_at: row.moment("stored_at")?,
        go_live: row.maybe_moment("go_live")?,
    })
}

fn role_of(row: &Row) -> Result<FolderRole, StoreError> {
    Ok(match (row.flag("in_sent")?, row.flag("in_junk")?) {
        (true, _) => FolderRole::Sent,
        (false, true) => FolderRole::Junk,
        (false, false) => FolderRole::Inbox,
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
