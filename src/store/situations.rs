//! Situations that people switched by hand. They survive a restart, and every switch is kept with who and when.

use jiff::{Timestamp, civil};

use crate::{
    model::{audit::Deed, switch::SituationSwitch},
    store::{
        Store,
        audit::{self, Actor},
        database::{Row, Tx, resumed},
        error::StoreError,
        once::Call,
    },
};

impl Store {
    /// Switches a situation by hand; a second switch of the same situation takes the place of the first. Decisions that
    /// begin after this returned see it.
    pub async fn switch_situation(&self, switch: &SituationSwitch) -> Result<(), StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("switching a situation").await?;
            if call.took_effect(&mut tx, doubt, switch.at).await? {
                return Ok(());
            }
            tx.execute(
                "INSERT INTO situation_switch (situation, switched_on, since, until, reason, actor, at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (situation) DO UPDATE SET switched_on = excluded.switched_on, since = excluded.since,
                   until = excluded.until, reason = excluded.reason, actor = excluded.actor, at = excluded.at",
                &[
                    switch.situation.as_str().into(),
                    switch.on.into(),
                    switch.since.to_string().as_str().into(),
                    switch.until.to_string().as_str().into(),
                    switch.reason.as_str().into(),
                    switch.by.as_str().into(),
                    switch.at.into(),
                ],
            )
            .await?;
            let state = if switch.on { "on" } else { "off" };
            let text = format!("{} {state} until {}: {}", switch.situation, switch.until, switch.reason);
            audit::note(&mut tx, &Actor::here(&switch.by), Deed::SituationSwitched, &text, switch.at).await?;
            tx.commit().await
        })
        .await
    }

    /// Lets the dates of a situation decide again; returns whether somebody had switched it.
    pub async fn unswitch_situation(&self, situation: &str, by: &str, now: Timestamp) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("taking a switch of a situation back").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            let ended = tx.execute("DELETE FROM situation_switch WHERE situation = $1", &[situation.into()]).await?;
            if ended == 0 {
                return Ok(false);
            }
            audit::note(&mut tx, &Actor::here(by), Deed::SituationByDates, situation, now).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Returns every switch of a situation, sorted by name; also those whose last day is over.
    pub async fn situation_switches(&self) -> Result<Vec<SituationSwitch>, StoreError> {
        let mut tx = self.db.read("reading the switches of situations").await?;
        all(&mut tx).await
    }
}

/// Returns every switch of a situation, sorted by name.
pub(super) async fn all(tx: &mut Tx) -> Result<Vec<SituationSwitch>, StoreError> {
    let rows = tx
        .all(
            "SELECT situation, switched_on, since, until, reason, actor, at FROM situation_switch ORDER BY situation",
            &[],
        )
        .await?;
    rows.iter().map(switch_of).collect()
}

fn switch_of(row: &Row) -> Result<SituationSwitch, StoreError> {
    let day = |column: &str| -> Result<civil::Date, StoreError> {
        let written: &str = row.get(column)?;
        written.parse().map_err(|error| row.damaged(&format!("{column}: {error}")))
    };
    Ok(SituationSwitch {
        situation: row.get("situation")?,
        on: row.flag("switched_on")?,
        since: day("since")?,
        until: day("until")?,
        reason: row.get("reason")?,
        by: row.get("actor")?,
        at: row.moment("at")?,
    })
}
