//! Restore mode: this store came from a backup, so the world is ahead of it.
//!
//! What was on its way when the backup was made may have left since, and messages received since may have been answered.
//! None of that can be read from the store, so nothing of it is sent by itself unless it is certain that it was not.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::{
    failpoint,
    model::{
        audit::Deed,
        ids::{AccountName, InboundId},
    },
    store::{
        Store,
        audit::{self, Actor},
        database::{Tx, Value, resumed, retried},
        error::StoreError,
        once::Call,
    },
};

/// How far numbers jump. The lost time gave out numbers too; keys of outgoing messages and their Message-IDs are made of
/// them, and a mail of the lost time must never be taken for one of ours. More than any shop receives between two backups.
const JUMP: i64 = 1_000_000;

/// How far a mail server's clock may be off: what it took within this time after the restore was noticed is doubted too.
const CLOCK_MARGIN: SignedDuration = SignedDuration::from_mins(15);

/// How long what was on its way is looked for: a mailbox that is slow to answer right after a restore gets its time.
const VERIFY_FOR: SignedDuration = SignedDuration::from_mins(30);

/// Who ends restore mode when everything was looked at.
const BY_ITSELF: &str = "nightdesk";

/// What is said of messages that were on their way in the backup.
const ON_ITS_WAY: &str = "it was on its way when the backup was made, and may have been sent since";

/// A restore that is being worked through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restore {
    /// When it was noticed; messages that servers took before may have been answered.
    pub noticed_at: Timestamp,
    /// How it was noticed.
    pub reason: String,
    /// Who said so.
    pub by: String,
}

impl Store {
    /// Begins restore mode; returns whether it was off. Messages on their way may have left and become uncertain, and
    /// numbers jump, so that nothing new is taken for something of the lost time.
    pub async fn begin_restore(&self, reason: &str, by: &str, now: Timestamp) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("beginning restore mode").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            if open(&mut tx).await?.is_some() {
                return Ok(false);
            }
            begin(&mut tx, reason, by, now).await?;
            failpoint::reach("store.restore.before");
            tx.commit().await?;
            failpoint::reach("store.restore.after");
            Ok(true)
        })
        .await
    }

    /// Begins restore mode if the store is a copy that a backup made; every backup carries the mark. To be called before
    /// anything is sent. Returns the restore that is being worked through, if any.
    pub async fn resume_restore(&self, now: Timestamp) -> Result<Option<Restore>, StoreError> {
        retried(|| async {
            let mut tx = self.db.write("looking whether this is a backup").await?;
            if let Some(restore) = open(&mut tx).await? {
                return Ok(Some(restore));
            }
            let marked = tx.first("SELECT reason, actor FROM switch WHERE scope = 'restore'", &[]).await?;
            let Some(marked) = marked else { return Ok(None) };
            begin(&mut tx, marked.get("reason")?, marked.get("actor")?, now).await?;
            tx.commit().await?;
            failpoint::reach("store.restore.resumed.after");
            let mut tx = self.db.read("reading the restore").await?;
            open(&mut tx).await
        })
        .await
    }

    /// Notes that a message with an id of ours was seen outside of which this store knows nothing: the store is older
    /// than the world. Returns whether restore mode began; an id that an earlier restore explains begins nothing.
    pub async fn suspect_restore(&self, message_id: &str, now: Timestamp) -> Result<bool, StoreError> {
        let instance = self.instance().await?;
        let Some(own) = instance.key.verify(message_id) else { return Ok(false) };
        let number = number_of(&own.key);
        let mut tx = self.db.read("reading earlier restores").await?;
        let explained = tx
            .first(
                "SELECT id FROM restored WHERE $1 IS NULL OR first_inbound > $1 ORDER BY id DESC LIMIT 1",
                &[number.into()],
            )
            .await?;
        drop(tx);
        if explained.is_some() {
            return Ok(false);
        }
        let reason = "the sent mail holds a message of this program that this store does not know";
        self.begin_restore(reason, BY_ITSELF, now).await
    }

    /// Ends restore mode; returns whether it was on. With a person's name, that person vouches that what came before was
    /// looked after; by itself (`by` none), late messages of the time before are doubted for ever.
    pub async fn end_restore(&self, by: Option<&str>, now: Timestamp) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("ending restore mode").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            let by = by.unwrap_or(BY_ITSELF);
            let ended = tx
                .execute(
                    "UPDATE restored SET ended_at = $1, ended_by = $2 WHERE ended_at IS NULL",
                    &[now.into(), by.into()],
                )
                .await?;
            let unmarked = tx.execute("DELETE FROM switch WHERE scope = 'restore'", &[]).await?;
            if ended + unmarked == 0 {
                return Ok(false);
            }
            audit::note(&mut tx, &Actor::here(by), Deed::Restored, "restore mode ended", now).await?;
            failpoint::reach("store.restore.end.before");
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Returns the restore that is being worked through, if any.
    pub async fn restore(&self) -> Result<Option<Restore>, StoreError> {
        let mut tx = self.db.read("reading the restore").await?;
        open(&mut tx).await
    }

    /// Returns whether nothing of the time before is open any more: every message is decided, and nothing that may have
    /// left is still looked for.
    pub async fn is_worked_through(&self) -> Result<bool, StoreError> {
        let mut tx = self.db.read("looking whether the restore is worked through").await?;
        for open in [
            "SELECT id FROM inbound WHERE state = 'undecided' LIMIT 1",
            "SELECT id FROM outbox WHERE state = 'uncertain' LIMIT 1",
        ] {
            if tx.first(open, &[]).await?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the id of the newest mail of an account that its server has taken; none if there is none.
    pub async fn newest_sent(&self, account: &AccountName) -> Result<Option<String>, StoreError> {
        let mut tx = self.db.read("reading the newest sent mail").await?;
        let row = tx
            .first(
                "SELECT message_id FROM outbox
                 WHERE account = $1 AND state IN ('sent', 'verified_sent') AND message_id IS NOT NULL
                 ORDER BY id DESC LIMIT 1",
                &[account.as_str().into()],
            )
            .await?;
        row.map(|row| row.get("message_id")).transpose()
    }

    /// Returns whether a message may have been answered in a time that this store does not know.
    pub async fn is_doubtful(&self, id: InboundId) -> Result<bool, StoreError> {
        Ok(!self.db.ask("looking whether a message was answered before", DOUBTFUL, &doubts(id)).await?.is_empty())
    }
}

/// Returns whether a message may have been answered in a time that this store does not know: its server took it before a
/// restore was noticed, and no person vouched for that time.
pub(super) async fn doubtful(tx: &mut Tx, id: InboundId) -> Result<bool, StoreError> {
    Ok(tx.first(DOUBTFUL, &doubts(id)).await?.is_some())
}

/// Finds a restore that throws a doubt on a message.
const DOUBTFUL: &str = "SELECT r.id FROM restored r JOIN inbound i ON i.received_at < r.noticed_at + $2
     WHERE i.id = $1 AND (r.ended_by IS NULL OR r.ended_by = $3) LIMIT 1";

fn doubts(id: InboundId) -> [Value<'static>; 3] {
    [id.0.into(), i64::try_from(CLOCK_MARGIN.as_millis()).unwrap_or(i64::MAX).into(), BY_ITSELF.into()]
}

async fn open(tx: &mut Tx) -> Result<Option<Restore>, StoreError> {
    let row = tx
        .first("SELECT noticed_at, reason, actor FROM restored WHERE ended_at IS NULL ORDER BY id DESC LIMIT 1", &[])
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Restore { noticed_at: row.moment("noticed_at")?, reason: row.get("reason")?, by: row.get("actor")? }))
}

async fn begin(tx: &mut Tx, reason: &str, by: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO switch (scope, name, reason, actor, at) VALUES ('restore', '', $1, $2, $3)
         ON CONFLICT (scope, name) DO NOTHING",
        &[reason.into(), by.into(), now.into()],
    )
    .await?;
    doubt_what_was_on_its_way(tx, now).await?;
    let first = tx.jump_numbers(JUMP).await?;
    // A person's key is made of ticket and version.
    tx.execute("UPDATE ticket SET version = version + $1", &[JUMP.into()]).await?;
    tx.execute(
        "INSERT INTO restored (noticed_at, reason, actor, first_inbound) VALUES ($1, $2, $3, $4)",
        &[now.into(), reason.into(), by.into(), first.into()],
    )
    .await?;
    audit::note(tx, &Actor::here(by), Deed::Restored, reason, now).await
}

/// What was on its way is looked for until its time is up, as after a send that was broken off (`DeliveryEvent::Restored`).
async fn doubt_what_was_on_its_way(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE outbox SET state = 'uncertain', reason = $2, due_at = $1, looks = 0, changed_at = $1,
           verify_by = CASE WHEN message_id IS NULL THEN $1 ELSE $3 END
         WHERE state IN ('ready', 'retry_at', 'sending')",
        &[now.into(), ON_ITS_WAY.into(), (now + VERIFY_FOR).into()],
    )
    .await?;
    Ok(())
}

/// Returns the number of the message that an outgoing one answers, from its key `i<number>-<kind>`; none for a person's,
/// whose key names a ticket.
fn number_of(key: &str) -> Option<i64> {
    let (number, _) = key.strip_prefix('i')?.split_once('-')?;
    number.parse().ok()
}
