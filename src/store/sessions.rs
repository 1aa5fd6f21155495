//! Who is signed in. The browser holds 256 random bits, the store their hash; a session is found by it, has an end, and
//! can be ended from elsewhere.

use jiff::{SignedDuration, Timestamp};

use crate::{
    model::{agent::Agent, audit::Deed, ids::AgentName},
    store::{
        Store,
        audit::{self, Actor},
        database::{Row, Tx, resumed},
        error::StoreError,
        once::Call,
        people,
    },
};

/// A session that nobody used for so long ends: longer than a working day with its breaks, shorter than a night.
pub const IDLE: SignedDuration = SignedDuration::from_hours(12);

/// A session ends after so long in any case.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// So long a right password waits for its code.
pub const CODE_WAIT: SignedDuration = SignedDuration::from_mins(5);

/// The last use is written again after so long, so that reading pages writes little.
const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// More sessions of one person are no browsers any more; the oldest end.
const MOST_SESSIONS: u32 = 20;

/// The longest name of a browser that is kept, in characters.
const MAX_BROWSER: usize = 200;

/// How far somebody has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The password was right, the code of the authenticator program is missing.
    Code,
    /// Signed in.
    Whole,
}

impl Stage {
    /// Returns the word used in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Whole => "whole",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Code, Self::Whole].into_iter().find(|stage| stage.as_str() == word)
    }
}

/// A session to begin.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// The hash of what the browser gets.
    pub hash: &'a str,
    /// Whose.
    pub agent: &'a AgentName,
    /// How far they came.
    pub stage: Stage,
    /// What the browser calls itself; cut at 200 characters.
    pub browser: &'a str,
}

/// A session under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The hash of what the browser holds.
    pub hash: String,
    /// How far they came.
    pub stage: Stage,
    /// The sign-in.
    pub created_at: Timestamp,
    /// The last use, to the minute.
    pub seen_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// From where they signed in.
    pub address: String,
    /// What the browser calls itself.
    pub browser: String,
}

impl Store {
    /// Begins a session in place of the one before, if the browser had one, so that nobody can prepare a session for
    /// somebody else. A whole one is noted as a login.
    pub async fn begin_session(
        &self,
        new: &NewSession<'_>,
        replaces: Option<&str>,
        by: &Actor<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("beginning a session").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(());
            }
            delete_old(&mut tx, replaces, now).await?;
            insert(&mut tx, new, by, now).await?;
            end_surplus(&mut tx, new.agent).await?;
            if new.stage == Stage::Whole {
                let sql = "UPDATE agent SET login_at = $2 WHERE name = $1";
                tx.execute(sql, &[new.agent.as_str().into(), now.into()]).await?;
                audit::note(&mut tx, by, Deed::SignedIn, "", now).await?;
            }
            tx.commit().await
        })
        .await
    }

    /// Returns the session of that hash and whose it is; none if it ended, whatever the reason.
    pub async fn session(&self, hash: &str, now: Timestamp) -> Result<Option<(Session, Agent)>, StoreError> {
        let rows = self
            .db
            .ask(
                "reading a session",
                "SELECT s.hash, s.stage, s.created_at AS begun_at, s.seen_at, s.expires_at, s.address, s.browser,
                   a.name, a.display, a.role, a.accounts, a.language, a.single_keys, a.email, a.password, a.totp,
                   a.disabled_at, a.created_at, a.login_at
                 FROM session s JOIN agent a ON a.name = s.agent
                 WHERE s.hash = $1 AND s.expires_at > $2 AND s.seen_at > $3
                   AND a.disabled_at IS NULL AND a.password IS NOT NULL",
                &[hash.into(), now.into(), (now - IDLE).into()],
            )
            .await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some((session_of(row)?, people::agent_of(row)?)))
    }

    /// Notes that a session was used; written once a minute at most.
    pub async fn session_used(&self, session: &Session, now: Timestamp) -> Result<(), StoreError> {
        if now.duration_since(session.seen_at) < SEEN_EVERY {
            return Ok(());
        }
        resumed(async |_| {
            let mut tx = self.db.beside("noting the use of a session").await?;
            let sql = "UPDATE session SET seen_at = $2 WHERE hash = $1 AND seen_at < $2";
            tx.execute(sql, &[session.hash.as_str().into(), now.into()]).await?;
            tx.commit().await
        })
        .await
    }

    /// Signs out; returns whether there was such a session.
    pub async fn end_session(&self, hash: &str, by: &Actor<'_>, now: Timestamp) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.beside("ending a session").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            if tx.execute("DELETE FROM session WHERE hash = $1", &[hash.into()]).await? == 0 {
                return Ok(false);
            }
            audit::note(&mut tx, by, Deed::SignedOut, "", now).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Ends sessions of a person: one by its hash, or all but one. Returns whether any did.
    pub async fn end_sessions(
        &self,
        agent: &AgentName,
        which: Ends<'_>,
        by: &Actor<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.beside("ending sessions").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            let (sql, hash) = match which {
                Ends::One(hash) => ("DELETE FROM session WHERE agent = $1 AND hash = $2", hash),
                Ends::AllBut(hash) => ("DELETE FROM session WHERE agent = $1 AND hash <> $2", hash),
            };
            let ended = tx.execute(sql, &[agent.as_str().into(), hash.into()]).await?;
            if ended == 0 {
                return Ok(false);
            }
            audit::note(&mut tx, by, Deed::SessionsEnded, &format!("{agent}: {ended}"), now).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Returns where a person is signed in, the last used first.
    pub async fn sessions_of(&self, agent: &AgentName, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let sql = "SELECT hash, stage, created_at AS begun_at, seen_at, expires_at, address, browser FROM session
             WHERE agent = $1 AND stage = 'whole' AND expires_at > $2 AND seen_at > $3 ORDER BY seen_at DESC, hash";
        let rows =
            self.db.ask("reading sessions", sql, &[agent.as_str().into(), now.into(), (now - IDLE).into()]).await?;
        rows.iter().map(session_of).collect()
    }
}

/// Which sessions end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends<'a> {
    /// The one of this hash.
    One(&'a str),
    /// All but the one of this hash.
    AllBut(&'a str),
}

/// Deletes the session that is replaced, and whatever ended by time.
async fn delete_old(tx: &mut Tx, replaces: Option<&str>, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM session WHERE hash = $1 OR expires_at <= $2 OR seen_at <= $3",
        &[replaces.unwrap_or_default().into(), now.into(), (now - IDLE).into()],
    )
    .await?;
    Ok(())
}

async fn insert(tx: &mut Tx, new: &NewSession<'_>, by: &Actor<'_>, now: Timestamp) -> Result<(), StoreError> {
    let browser: String = new.browser.chars().filter(|c| !c.is_control()).take(MAX_BROWSER).collect();
    let life = match new.stage {
        Stage::Code => CODE_WAIT,
        Stage::Whole => LONGEST,
    };
    tx.execute(
        "INSERT INTO session (hash, agent, stage, created_at, seen_at, expires_at, address, browser)
         VALUES ($1, $2, $3, $4, $4, $5, $6, $7)",
        &[
            new.hash.into(),
            new.agent.as_str().into(),
            new.stage.as_str().into(),
            now.into(),
            (now + life).into(),
            by.address.into(),
            browser.as_str().into(),
        ],
    )
    .await?;
    Ok(())
}

async fn end_surplus(tx: &mut Tx, agent: &AgentName) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM session WHERE agent = $1 AND hash NOT IN
           (SELECT hash FROM session WHERE agent = $1 ORDER BY created_at DESC, hash LIMIT $2)",
        &[agent.as_str().into(), MOST_SESSIONS.into()],
    )
    .await?;
    Ok(())
}

fn session_of(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        hash: row.get("hash")?,
        stage: row.word("stage", Stage::from_word)?,
        created_at: row.moment("begun_at")?,
        seen_at: row.moment("seen_at")?,
        expires_at: row.moment("expires_at")?,
        address: row.get("address")?,
        browser: row.get("browser")?,
    })
}
