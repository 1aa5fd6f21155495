//! The history of readings of the rule files.

use crate::{
    model::reload::{Cause, Reload},
    store::{
        Store,
        database::{Row, resumed},
        error::StoreError,
        once::Call,
    },
};

/// So many readings are kept: months of edits, and a program that writes without end does not fill the disk.
const KEPT: i64 = 1_000;

impl Store {
    /// Notes what became of a reading of the files; of many only the newest thousand are kept.
    pub async fn note_reload(&self, reload: &Reload) -> Result<(), StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("noting a reading of the rules").await?;
            if call.took_effect(&mut tx, doubt, reload.at).await? {
                return Ok(());
            }
            let restart = tx.json(&reload.restart)?;
            tx.execute(
                "INSERT INTO reload (at, cause, rule_set, rules, errors, first, restart)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                &[
                    reload.at.into(),
                    reload.cause.as_str().into(),
                    reload.rule_set.as_str().into(),
                    reload.rules.into(),
                    reload.errors.into(),
                    reload.first.as_deref().into(),
                    restart.as_str().into(),
                ],
            )
            .await?;
            tx.execute("DELETE FROM reload WHERE id <= (SELECT MAX(id) FROM reload) - $1", &[KEPT.into()]).await?;
            tx.commit().await
        })
        .await
    }

    /// Returns the last readings of the files, the newest first.
    pub async fn reloads(&self, limit: u32) -> Result<Vec<Reload>, StoreError> {
        let rows = self
            .db
            .ask(
                "reading the history of the rules",
                "SELECT at, cause, rule_set, rules, errors, first, restart FROM reload ORDER BY id DESC LIMIT $1",
                &[limit.into()],
            )
            .await?;
        rows.iter().map(reload_of).collect()
    }
}

fn reload_of(row: &Row) -> Result<Reload, StoreError> {
    Ok(Reload {
        at: row.moment("at")?,
        cause: row.word("cause", Cause::from_word)?,
        rule_set: row.get("rule_set")?,
        rules: row.count("rules")?,
        errors: row.count("errors")?,
        first: row.get("first")?,
        restart: row.json("restart")?,
    })
}
