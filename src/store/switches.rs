//! What people switch: pauses over the shop, an account or a rule. They survive a restart, and every one is kept with
//! who and when.

use jiff::Timestamp;

use crate::{
    failpoint,
    model::{
        audit::Deed,
        context::Switches,
        ids::{AccountName, IntentId, OutboxId},
        outbound::NewOutbound,
        switch::{Pause, Scope},
    },
    store::{
        Store,
        audit::{self, Actor},
        database::{Row, Tx, resumed},
        error::StoreError,
        once::Call,
        situations,
    },
};

impl Store {
    /// Pauses automatic messages; a second pause of the same scope replaces reason and name of the first. When this
    /// returns, no automatic message within the scope can pass its last phase any more; people's messages still go.
    pub async fn pause(&self, scope: &Scope, reason: &str, by: &str, now: Timestamp) -> Result<(), StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("pausing").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(());
            }
            tx.execute(
                "INSERT INTO switch (scope, name, reason, actor, at) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (scope, name) DO UPDATE SET reason = excluded.reason, actor = excluded.actor,
                   at = excluded.at",
                &[scope.word().into(), scope.name().into(), reason.into(), by.into(), now.into()],
            )
            .await?;
            let text = format!("{scope}: {reason}");
            audit::note(&mut tx, &Actor::here(by), Deed::Paused, &text, now).await?;
            failpoint::reach("store.pause.before");
            tx.commit().await?;
            failpoint::reach("store.pause.after");
            Ok(())
        })
        .await
    }

    /// Takes a pause back; returns whether there was one.
    pub async fn resume(&self, scope: &Scope, by: &str, now: Timestamp) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("resuming").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            let ended = tx
                .execute(
                    "DELETE FROM switch WHERE scope = $1 AND name = $2",
                    &[scope.word().into(), scope.name().into()],
                )
                .await?;
            if ended == 0 {
                return Ok(false);
            }
            audit::note(&mut tx, &Actor::here(by), Deed::Resumed, &scope.to_string(), now).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Pauses the whole shop with a reason, or resumes with none.
    pub async fn set_paused(&self, reason: Option<&str>, by: &str, now: Timestamp) -> Result<(), StoreError> {
        match reason {
            Some(reason) => self.pause(&Scope::Shop, reason, by, now).await,
            None => self.resume(&Scope::Shop, by, now).await.map(|_| ()),
        }
    }

    /// Returns who paused the shop and why; none if it is not paused as a whole.
    pub async fn paused(&self) -> Result<Option<String>, StoreError> {
        let pauses = self.pauses().await?;
        Ok(pauses.iter().find(|pause| pause.scope == Scope::Shop).map(Pause::who_and_why))
    }

    /// Returns every pause in force: the shop first, then accounts, then rules.
    pub async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        let mut tx = self.db.read("reading the pauses").await?;
        all(&mut tx).await
    }
}

/// Returns every pause in force, sorted.
async fn all(tx: &mut Tx) -> Result<Vec<Pause>, StoreError> {
    let rows = tx.all("SELECT scope, name, reason, actor, at FROM switch WHERE scope <> 'restore'", &[]).await?;
    let mut pauses: Vec<Pause> = rows.iter().map(pause_of).collect::<Result<_, _>>()?;
    pauses.sort_by(|one, other| one.scope.cmp(&other.scope));
    Ok(pauses)
}

fn pause_of(row: &Row) -> Result<Pause, StoreError> {
    let (word, name): (&str, &str) = (row.get("scope")?, row.get("name")?);
    Ok(Pause {
        scope: Scope::from_words(word, name).ok_or_else(|| row.damaged(&format!("scope `{word}`")))?,
        reason: row.get("reason")?,
        by: row.get("actor")?,
        at: row.moment("at")?,
    })
}

/// Returns what is switched, as a decision about a message of that account sees it.
pub(super) async fn seen_from(tx: &mut Tx, account: &AccountName) -> Result<Switches, StoreError> {
    let mut switches = Switches { situations: situations::all(tx).await?, ..Switches::default() };
    for pause in all(tx).await? {
        match &pause.scope {
            Scope::Shop => switches.paused = Some(pause.who_and_why()),
            Scope::Account(paused) if paused == account && switches.paused.is_none() => {
                switches.paused = Some(pause.to_string());
            }
            Scope::Account(_) => {}
            Scope::Rule(rule) => {
                let _before = switches.rules.insert(rule.clone(), pause.who_and_why());
            }
        }
    }
    Ok(switches)
}

/// Returns the pause that forbids a message which is about to be queued.
pub(super) async fn forbids(tx: &mut Tx, outbound: &[NewOutbound]) -> Result<Option<Pause>, StoreError> {
    if outbound.is_empty() {
        return Ok(None);
    }
    let pauses = all(tx).await?;
    let hits =
        |pause: &Pause| outbound.iter().any(|outbound| reaches(&pause.scope, &outbound.account, &outbound.intents));
    Ok(pauses.into_iter().find(hits))
}

fn reaches(scope: &Scope, account: &AccountName, intents: &[IntentId]) -> bool {
    match scope {
        Scope::Shop => true,
        Scope::Account(paused) => paused == account,
        Scope::Rule(rule) => intents.contains(rule),
    }
}

/// Returns the pause that forbids an automatic message of the outbox.
pub(super) async fn forbids_row(tx: &mut Tx, id: OutboxId) -> Result<Option<Pause>, StoreError> {
    let row = tx
        .first(
            "SELECT s.scope, s.name, s.reason, s.actor, s.at FROM outbox o
             JOIN switch s ON s.scope = 'shop' OR (s.scope = 'account' AND s.name = o.account)
               OR (s.scope = 'rule' AND REPLACE(o.intents, '\"' || s.name || '\"', '') <> o.intents)
             WHERE o.id = $1 ORDER BY s.scope, s.name LIMIT 1",
            &[id.0.into()],
        )
        .await?;
    row.as_ref().map(pause_of).transpose()
}
