//! The first transaction: raw messages, their ledger keys and the folder mark, before anything is acknowledged.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::{
    failpoint,
    model::{
        ids::{AccountName, InboundId},
        receive::{FolderMark, FolderRole, ReceiveOutcome, Received, SourceKey},
        wire_id::hex,
    },
    store::{
        Store,
        database::{Row, Tx, Value, retried},
        error::StoreError,
        inbound::source_key,
    },
};

/// Keys that one statement asks for; few enough for every database's limit of parameters.
const ASKED_AT_ONCE: usize = 32;

impl Store {
    /// Notes that an account is served from now on; the first call wins. Messages that reached an account without
    /// folder marks (Telegram, Maildir) before that moment are never answered, so call it before the channel listens.
    pub async fn see(&self, account: &AccountName, now: Timestamp) -> Result<(), StoreError> {
        retried(|| async {
            let mut tx = self.db.beside("noting an account").await?;
            tx.execute(
                "INSERT INTO account_seen (account, first_seen) VALUES ($1, $2) ON CONFLICT (account) DO NOTHING",
                &[account.as_str().into(), now.into()],
            )
            .await?;
            // A clock that was ahead at the first start would keep everything silent until it is reached.
            tx.execute(
                "UPDATE account_seen SET first_seen = $2 WHERE account = $1 AND first_seen > $2",
                &[account.as_str().into(), now.into()],
            )
            .await?;
            tx.execute(
                "UPDATE folder SET go_live = $2 WHERE account = $1 AND go_live > $2",
                &[account.as_str().into(), now.into()],
            )
            .await?;
            failpoint::reach("store.see.before");
            tx.commit().await
        })
        .await
    }

    /// Stores a batch and moves the mark in one transaction; returns after both are on the disk, outcomes in the order
    /// of the batch.
    ///
    /// A key the ledger knows is [`ReceiveOutcome::Known`]. After a UIDVALIDITY change, a message with the very bytes
    /// of one stored from the same folder under another UIDVALIDITY is known as well: its new key joins the old row.
    /// The mark never moves back under the same UIDVALIDITY and keeps its `go_live`; a new UIDVALIDITY replaces it.
    pub async fn receive(
        &self,
        batch: &[Received],
        mark: Option<&FolderMark>,
        now: Timestamp,
    ) -> Result<Vec<ReceiveOutcome>, StoreError> {
        retried(|| async {
            let mut tx = self.db.beside("storing received messages").await?;
            let mut outcomes = Vec::with_capacity(batch.len());
            for received in batch {
                outcomes.push(receive_one(&mut tx, received, now).await?);
            }
            if let Some(mark) = mark {
                move_mark(&mut tx, mark, now).await?;
            }
            failpoint::reach("store.receive.before");
            tx.commit().await?;
            failpoint::reach("store.receive.after");
            Ok(outcomes)
        })
        .await
    }

    /// Replaces the mark of a folder whose messages the server numbers anew, or whose numbers it went back in: the one
    /// way by which a mark may fall under the same UIDVALIDITY. The old mark is remembered, `go_live` kept.
    pub async fn renumber(&self, mark: &FolderMark, now: Timestamp) -> Result<(), StoreError> {
        retried(|| async {
            let mut tx = self.db.beside("replacing a folder mark").await?;
            let mut mark = mark.clone();
            if let Some(stored) = stored_mark(&mut tx, &mark.account, &mark.folder).await? {
                if stored == mark {
                    return Ok(());
                }
                remember_mark(&mut tx, &stored, now).await?;
                mark.go_live = stored.go_live;
            }
            write_mark(&mut tx, &mark, now).await?;
            failpoint::reach("store.renumber.before");
            tx.commit().await
        })
        .await
    }

    /// Returns those of these UIDs that the ledger does not know, in the order given.
    pub async fn unknown(
        &self,
        account: &AccountName,
        folder: &str,
        uid_validity: u32,
        uids: &[u32],
    ) -> Result<Vec<u32>, StoreError> {
        let mut tx = self.db.read("comparing a folder with the ledger").await?;
        let mut unknown = Vec::new();
        for chunk in uids.chunks(ASKED_AT_ONCE) {
            let key = |uid: &u32| SourceKey::Imap { folder: folder.to_owned(), uid_validity, uid: *uid }.as_text();
            let keys: Vec<String> = chunk.iter().map(key).collect();
            let known = known_keys(&mut tx, account, &keys).await?;
            let missed = chunk.iter().zip(&keys).filter(|(_, key)| !known.contains(*key));
            unknown.extend(missed.map(|(uid, _)| *uid));
        }
        Ok(unknown)
    }

    /// Returns how far a folder was read and when the server took its newest stored message; none if it was never read.
    pub async fn folder(
        &self,
        account: &AccountName,
        folder: &str,
    ) -> Result<Option<(FolderMark, Option<Timestamp>)>, StoreError> {
        let mut tx = self.db.read("reading a folder mark").await?;
        let Some(mark) = stored_mark(&mut tx, account, folder).await? else { return Ok(None) };
        let newest = tx
            .one(
                "SELECT MAX(received_at) AS newest FROM inbound WHERE account = $1 AND folder = $2",
                &[account.as_str().into(), folder.into()],
            )
            .await?
            .maybe_moment("newest")?;
        Ok(Some((mark, newest)))
    }

    /// Returns the `update_id` of the Telegram update that was stored last for that bot, and when it was stored.
    pub async fn last_update(&self, account: &AccountName) -> Result<Option<(i64, Timestamp)>, StoreError> {
        let mut tx = self.db.read("reading the last update").await?;
        let row = tx
            .first(
                "SELECT source_key, stored_at FROM inbound
                 WHERE account = $1 AND channel = 'telegram' ORDER BY id DESC LIMIT 1",
                &[account.as_str().into()],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let SourceKey::Telegram { update_id } = row.word("source_key", source_key)? else {
            return Err(row.damaged(&"a Telegram row without an update_id"));
        };
        Ok(Some((update_id, row.moment("stored_at")?)))
    }
}

/// Returns which of at most [`ASKED_AT_ONCE`] keys the ledger holds.
async fn known_keys(tx: &mut Tx, account: &AccountName, keys: &[String]) -> Result<BTreeSet<String>, StoreError> {
    let Some(last) = keys.last() else { return Ok(BTreeSet::new()) };
    let mut values = vec![Value::from(account.as_str())];
    values.extend((0..ASKED_AT_ONCE).map(|place| Value::from(keys.get(place).unwrap_or(last))));
    let rows = tx
        .all(
            "SELECT source_key FROM ledger WHERE account = $1 AND source_key IN (
               $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
               $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)",
            &values,
        )
        .await?;
    rows.iter().map(|row| row.get("source_key")).collect()
}

async fn receive_one(tx: &mut Tx, received: &Received, now: Timestamp) -> Result<ReceiveOutcome, StoreError> {
    let key = received.key.as_text();
    let account = received.account.as_str();
    let sha256: [u8; 32] = Sha256::digest(&received.raw).into();
    let Some(key) = free_key(tx, received, key, &sha256).await? else { return Ok(ReceiveOutcome::Known) };
    if let Some(old) = same_before_reset(tx, received, &sha256).await? {
        note_key(tx, account, &key, old, now).await?;
        return Ok(ReceiveOutcome::Known);
    }
    let id = insert(tx, received, &key, &sha256, now).await?;
    note_key(tx, account, &key, id, now).await?;
    Ok(ReceiveOutcome::Stored(id))
}

/// Returns the key to store a message under; none if it is stored already.
///
/// A mailbox restored from a backup gives old numbers to new mail. A whole message under a known number with other
/// bytes is such a mail: it is kept under the number and its hash.
async fn free_key(
    tx: &mut Tx,
    received: &Received,
    key: String,
    sha256: &[u8; 32],
) -> Result<Option<String>, StoreError> {
    let account = received.account.as_str();
    let known = tx
        .first(
            "SELECT i.raw_sha256 FROM ledger l JOIN inbound i ON i.id = l.inbound
             WHERE l.account = $1 AND l.source_key = $2",
            &[account.into(), (&key).into()],
        )
        .await?;
    let Some(known) = known else { return Ok(Some(key)) };
    let whole = matches!(received.key, SourceKey::Imap { .. }) && received.size == received.raw.len() as u64;
    if !whole || known.get::<Vec<u8>>("raw_sha256")? == sha256 {
        return Ok(None);
    }
    let other = format!("{key}#{}", hex(&sha256[..8]));
    let twice = tx
        .first("SELECT inbound FROM ledger WHERE account = $1 AND source_key = $2", &[account.into(), (&other).into()])
        .await?;
    Ok(twice.is_none().then_some(other))
}

/// Finds the row of the same bytes from the same folder under another UIDVALIDITY. Within one UIDVALIDITY the server
/// says that two messages are two, even if their bytes are the same.
async fn same_before_reset(tx: &mut Tx, received: &Received, sha256: &[u8]) -> Result<Option<InboundId>, StoreError> {
    let SourceKey::Imap { folder, uid_validity, .. } = &received.key else { return Ok(None) };
    // Not the first by number: an engine that reads by number until it finds one would read everything.
    let rows = tx
        .all(
            "SELECT id FROM inbound WHERE account = $1 AND folder = $2 AND raw_sha256 = $3 AND uid_validity <> $4",
            &[received.account.as_str().into(), folder.into(), sha256.into(), (*uid_validity).into()],
        )
        .await?;
    let ids = rows.iter().map(|row| row.get("id").map(InboundId)).collect::<Result<Vec<_>, _>>()?;
    Ok(ids.into_iter().min())
}

async fn insert(
    tx: &mut Tx,
    received: &Received,
    key: &str,
    sha256: &[u8],
    now: Timestamp,
) -> Result<InboundId, StoreError> {
    let (folder, uid_validity) = match &received.key {
        SourceKey::Imap { folder, uid_validity, .. } => (Some(folder.as_str()), Some(i64::from(*uid_validity))),
        SourceKey::Telegram { .. } | SourceKey::Maildir { .. } => (None, None),
    };
    let size = i64::try_from(received.size).unwrap_or(i64::MAX);
    let row = tx
        .one(
            "INSERT INTO inbound (channel, account, source_key, folder, uid_validity, raw, raw_sha256, size, in_junk,
                                  in_sent, reconciled, received_at, stored_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id",
            &[
                received.channel.as_str().into(),
                received.account.as_str().into(),
                key.into(),
                folder.into(),
                uid_validity.into(),
                Value::Bytes(&received.raw),
                sha256.into(),
                size.into(),
                (received.role == FolderRole::Junk).into(),
                (received.role == FolderRole::Sent).into(),
                received.reconciled.into(),
                received.received_at.into(),
                now.into(),
            ],
        )
        .await?;
    Ok(InboundId(row.get("id")?))
}

async fn note_key(tx: &mut Tx, account: &str, key: &str, id: InboundId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO ledger (account, source_key, inbound, noted_at) VALUES ($1, $2, $3, $4)",
        &[account.into(), key.into(), id.0.into(), now.into()],
    )
    .await?;
    Ok(())
}

async fn move_mark(tx: &mut Tx, mark: &FolderMark, now: Timestamp) -> Result<(), StoreError> {
    let account = mark.account.as_str();
    match stored_mark(tx, &mark.account, &mark.folder).await? {
        Some(stored) if stored.uid_validity == mark.uid_validity => {
            tx.execute(
                "UPDATE folder SET uid = $3, first_uid = COALESCE(first_uid, uid), changed_at = $4
                 WHERE account = $1 AND folder = $2 AND uid < $3",
                &[account.into(), (&mark.folder).into(), mark.uid.into(), now.into()],
            )
            .await?;
        }
        Some(stored) => {
            remember_mark(tx, &stored, now).await?;
            write_mark(tx, mark, now).await?;
        }
        None => write_mark(tx, mark, now).await?,
    }
    Ok(())
}

async fn write_mark(tx: &mut Tx, mark: &FolderMark, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO folder (account, folder, uid_validity, uid, first_uid, go_live, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (account, folder) DO UPDATE SET uid_validity = excluded.uid_validity, uid = excluded.uid,
           first_uid = excluded.first_uid, go_live = excluded.go_live, changed_at = excluded.changed_at",
        &[
            mark.account.as_str().into(),
            (&mark.folder).into(),
            mark.uid_validity.into(),
            mark.uid.into(),
            mark.first_uid.into(),
            mark.go_live.into(),
            now.into(),
        ],
    )
    .await?;
    Ok(())
}

async fn remember_mark(tx: &mut Tx, old: &FolderMark, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO folder_history (account, folder, uid_validity, uid, go_live, replaced_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            old.account.as_str().into(),
            (&old.folder).into(),
            old.uid_validity.into(),
            old.uid.into(),
            old.go_live.into(),
            now.into(),
        ],
    )
    .await?;
    Ok(())
}

async fn stored_mark(tx: &mut Tx, account: &AccountName, folder: &str) -> Result<Option<FolderMark>, StoreError> {
    let row = tx
        .first(
            "SELECT uid_validity, uid, COALESCE(first_uid, uid) AS first_uid, go_live FROM folder WHERE account = $1 AND folder = $2",
            &[account.as_str().into(), folder.into()],
        )
        .await?;
    row.map(|row| mark_of(&row, account, folder)).transpose()
}

fn mark_of(row: &Row, account: &AccountName, folder: &str) -> Result<FolderMark, StoreError> {
    Ok(FolderMark {
        account: account.clone(),
        folder: folder.to_owned(),
        uid_validity: row.count("uid_validity")?,
        uid: row.count("uid")?,
        first_uid: row.count("first_uid")?,
        go_live: row.moment("go_live")?,
    })
}
