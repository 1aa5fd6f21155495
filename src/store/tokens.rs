//! What other programs come in with: one token per integration, known by its hash, with rights of its own.

use jiff::{SignedDuration, Timestamp};

use crate::{
    model::{agent::Role, audit::Deed, ids::AccountName},
    store::{
        Store,
        audit::{self, Actor},
        database::{Row, resumed},
        error::StoreError,
        once::Call,
        people,
    },
};

/// The last use is written again after so long, so that reading writes little.
const USED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// A token to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewToken<'a> {
    /// What it is for: `erp`, `dashboard`. Unique among those in force.
    pub name: &'a str,
    /// What its holder may do.
    pub role: Role,
    /// The accounts it reaches; none means all.
    pub accounts: Option<&'a [AccountName]>,
    /// The hash of the token, which is shown once and never kept.
    pub hash: &'a str,
}

/// A token that was made once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its number.
    pub id: i64,
    /// What it is for.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// The accounts it reaches; none means all.
    pub accounts: Option<Vec<AccountName>>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// The last use, to the minute.
    pub used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Store {
    /// Makes a token known by its hash; returns whether the name was free.
    pub async fn add_token(&self, new: &NewToken<'_>, by: &Actor<'_>, now: Timestamp) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("adding a token").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            let taken = "SELECT id FROM api_token WHERE name = $1 AND revoked_at IS NULL";
            if tx.first(taken, &[new.name.into()]).await?.is_some() {
                return Ok(false);
            }
            let accounts = new.accounts.map(|accounts| tx.json(accounts)).transpose()?;
            tx.execute(
                "INSERT INTO api_token (name, role, accounts, hash, created_by, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6)",
                &[
                    new.name.into(),
                    new.role.as_str().into(),
                    accounts.as_deref().into(),
                    new.hash.into(),
                    by.name.into(),
                    now.into(),
                ],
            )
            .await?;
            let text = format!("{}, {}, {}", new.name, new.role, people::accounts_in_words(new.accounts));
            audit::note(&mut tx, by, Deed::TokenAdded, &text, now).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Returns all tokens, those in force first, then by name.
    pub async fn tokens(&self) -> Result<Vec<ApiToken>, StoreError> {
        let sql = "SELECT id, name, role, accounts, created_by, created_at, used_at, revoked_at FROM api_token
             ORDER BY CASE WHEN revoked_at IS NULL THEN 0 ELSE 1 END, name, id";
        let rows = self.db.ask("listing tokens", sql, &[]).await?;
        rows.iter().map(token_of).collect()
    }

    /// Returns the token of that hash; none if it was never made, or revoked.
    pub async fn token(&self, hash: &str) -> Result<Option<ApiToken>, StoreError> {
        let sql = "SELECT id, name, role, accounts, created_by, created_at, used_at, revoked_at FROM api_token
             WHERE hash = $1 AND revoked_at IS NULL";
        let rows = self.db.ask("reading a token", sql, &[hash.into()]).await?;
        rows.first().map(token_of).transpose()
    }

    /// Notes that a token was used; written once a minute at most.
    pub async fn token_used(&self, token: &ApiToken, now: Timestamp) -> Result<(), StoreError> {
        if token.used_at.is_some_and(|used| now.duration_since(used) < USED_EVERY) {
            return Ok(());
        }
        resumed(async |_| {
            let mut tx = self.db.beside("noting the use of a token").await?;
            tx.execute("UPDATE api_token SET used_at = $2 WHERE id = $1", &[token.id.into(), now.into()]).await?;
            tx.commit().await
        })
        .await
    }

    /// Revokes a token for good; returns whether it was in force.
    pub async fn revoke_token(&self, id: i64, by: &Actor<'_>, now: Timestamp) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("revoking a token").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            let found = "SELECT name FROM api_token WHERE id = $1 AND revoked_at IS NULL";
            let Some(row) = tx.first(found, &[id.into()]).await? else { return Ok(false) };
            tx.execute("UPDATE api_token SET revoked_at = $2 WHERE id = $1", &[id.into(), now.into()]).await?;
            audit::note(&mut tx, by, Deed::TokenRevoked, row.get("name")?, now).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }
}

fn token_of(row: &Row) -> Result<ApiToken, StoreError> {
    Ok(ApiToken {
        id: row.get("id")?,
        name: row.get("name")?,
        role: row.word("role", Role::from_word)?,
        accounts: people::accounts_of(row)?,
        created_by: row.get("created_by")?,
        created_at: row.moment("created_at")?,
        used_at: row.maybe_moment("used_at")?,
        revoked_at: row.maybe_moment("revoked_at")?,
    })
}
