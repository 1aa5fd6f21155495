//! The installation itself: its secret, and the figures of the status page.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    model::wire_id::InstanceKey,
    store::{Store, database::Tx, error::StoreError},
};

/// This installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The secret behind our Message-IDs.
    pub key: InstanceKey,
    /// When it was first started.
    pub created_at: Timestamp,
}

/// The figures of the status page. Words are those of the store; a word without rows is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Counts {
    /// Decided messages by outcome, without what was only recorded from the Sent folder.
    pub inbound: BTreeMap<String, u64>,
    /// Mails of the Sent folder that were recorded: the shop's own.
    pub sent_folder: u64,
    /// Messages that wait for a decision.
    pub undecided: u64,
    /// When the oldest of them was stored.
    pub oldest_undecided: Option<Timestamp>,
    /// Messages of ours by state.
    pub outbox: BTreeMap<String, u64>,
    /// Tickets by state.
    pub tickets: BTreeMap<String, u64>,
    /// When the first of the tickets must be answered whose response clock runs.
    pub first_due: Option<Timestamp>,
    /// Messages that could not be decided on.
    pub quarantined: u64,
}

impl Store {
    /// Returns who this installation is; made at the first start, never changed.
    pub async fn instance(&self) -> Result<Instance, StoreError> {
        let mut tx = self.db.read("reading the installation").await?;
        let row = tx.one("SELECT secret, created_at FROM instance WHERE id = 1", &[]).await?;
        let secret: Vec<u8> = row.get("secret")?;
        let secret = <[u8; 32]>::try_from(secret).map_err(|_| row.damaged(&"the secret is not 32 bytes long"))?;
        Ok(Instance { key: InstanceKey::new(secret), created_at: row.moment("created_at")? })
    }

    /// Returns the figures of the status page.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let mut tx = self.db.read("counting").await?;
        let waiting = tx
            .one("SELECT COUNT(*) AS waiting, MIN(stored_at) AS oldest FROM inbound WHERE state = 'undecided'", &[])
            .await?;
        let recorded = tx
            .one("SELECT COUNT(*) AS recorded FROM inbound WHERE in_sent = 1 AND outcome = 'suppressed'", &[])
            .await?
            .count("recorded")?
            .into();
        let aside = tx.one("SELECT COUNT(*) AS aside FROM quarantine WHERE left_at IS NULL", &[]).await?;
        let due = tx.one("SELECT MIN(respond_by) AS due FROM ticket WHERE state IN ('open', 'claimed')", &[]).await?;
        Ok(Counts {
            first_due: due.maybe_moment("due")?,
            quarantined: aside.count("aside")?.into(),
            inbound: by_outcome(&mut tx, recorded).await?,
            sent_folder: recorded,
            undecided: waiting.count("waiting")?.into(),
            oldest_undecided: waiting.maybe_moment("oldest")?,
            outbox: by_word(&mut tx, "SELECT state AS word, COUNT(*) AS rows FROM outbox GROUP BY state").await?,
            tickets: by_word(&mut tx, "SELECT state AS word, COUNT(*) AS rows FROM ticket GROUP BY state").await?,
        })
    }
}

/// Counts by outcome; what was recorded from the Sent folder is suppressed in the store, and no message to the shop.
async fn by_outcome(tx: &mut Tx, recorded: u64) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut outcomes =
        by_word(tx, "SELECT outcome AS word, COUNT(*) AS rows FROM inbound WHERE outcome IS NOT NULL GROUP BY outcome")
            .await?;
    if let Some(suppressed) = outcomes.get_mut("suppressed") {
        *suppressed = suppressed.saturating_sub(recorded);
    }
    outcomes.retain(|_, count| *count > 0);
    Ok(outcomes)
}

async fn by_word(tx: &mut Tx, sql: &'static str) -> Result<BTreeMap<String, u64>, StoreError> {
    let rows = tx.all(sql, &[]).await?;
    rows.iter().map(|row| Ok((row.get("word")?, row.count("rows")?.into()))).collect()
}
