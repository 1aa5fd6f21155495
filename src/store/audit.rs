//! The audit log: who came in, who was refused, who changed what may be done. Rows are only ever added.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    model::audit::Deed,
    store::{
        Store,
        database::{Row, Tx, resumed},
        error::StoreError,
        once::Call,
    },
};

/// The most entries one page of the log shows.
pub const MAX_PAGE: u32 = 500;

/// Who does something, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor<'a> {
    /// A login name, `token:NAME`, or a word for the program itself.
    pub name: &'a str,
    /// The address of the other side; empty for the terminal and the program itself.
    pub address: &'a str,
}

impl<'a> Actor<'a> {
    /// Names somebody who sits at this machine.
    pub fn here(name: &'a str) -> Self {
        Self { name, address: "" }
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// Its number; a newer entry has a higher one.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What, as one of [`Deed`]'s words or one of another part of the program.
    pub what: String,
    /// The rest, for people.
    pub text: String,
    /// From where; empty for the terminal and the program itself.
    pub address: String,
}

/// Which entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditFilter<'a> {
    /// Only those of this name; empty for everybody's.
    pub actor: &'a str,
    /// Only those of this word; empty for all.
    pub what: &'a str,
    /// Only those since this moment.
    pub since: Option<Timestamp>,
    /// Only those older than this entry: the last one of the page before.
    pub before: Option<i64>,
    /// At most so many; never more than [`MAX_PAGE`].
    pub limit: u32,
}

impl Store {
    /// Writes one entry by itself; entries about changes are written with the change.
    pub async fn note(&self, by: &Actor<'_>, deed: Deed, text: &str, now: Timestamp) -> Result<(), StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.beside("writing into the audit log").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(());
            }
            note(&mut tx, by, deed, text, now).await?;
            tx.commit().await
        })
        .await
    }

    /// Returns entries, the newest first.
    pub async fn audit_log(&self, filter: &AuditFilter<'_>) -> Result<Vec<AuditEntry>, StoreError> {
        let since = filter.since.map_or(i64::MIN, Timestamp::as_millisecond);
        let rows = self
            .db
            .ask(
                "reading the audit log",
                "SELECT id, at, actor, what, text, address FROM audit
                 WHERE ($1 = '' OR actor = $1) AND ($2 = '' OR what = $2) AND at >= $3 AND id < $4
                 ORDER BY id DESC LIMIT $5",
                &[
                    filter.actor.into(),
                    filter.what.into(),
                    since.into(),
                    filter.before.unwrap_or(i64::MAX).into(),
                    filter.limit.min(MAX_PAGE).into(),
                ],
            )
            .await?;
        rows.iter().map(entry_of).collect()
    }
}

fn entry_of(row: &Row) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        id: row.get("id")?,
        at: row.moment("at")?,
        actor: row.get("actor")?,
        what: row.get("what")?,
        text: row.get("text")?,
        address: row.get("address")?,
    })
}

/// Writes one entry in the transaction of the change it tells of.
pub(super) async fn note(
    tx: &mut Tx,
    by: &Actor<'_>,
    deed: Deed,
    text: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO audit (at, actor, what, text, address) VALUES ($1, $2, $3, $4, $5)",
        &[now.into(), by.name.into(), deed.as_str().into(), text.into(), by.address.into()],
    )
    .await?;
    Ok(())
}
