//! Links that open once: the first admin's, a colleague's, that of somebody who forgot a password.
//!
//! The store knows their hashes only. A link ends when it is used, when its time is over, and when a newer one is made
//! for the same person.

use jiff::Timestamp;
use secrecy::SecretString;

use crate::{
    failpoint,
    model::{
        agent::{Agent, Role},
        audit::Deed,
        ids::AgentName,
        language::Language,
    },
    store::{
        Store,
        audit::{self, Actor},
        database::{Tx, resumed},
        error::StoreError,
        once::Call,
        people::{self, AgentChange, NewAgent},
    },
};

/// A link that is still good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// For whom; none for the first admin, who chooses a name.
    pub agent: Option<Agent>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What somebody who followed a link chose.
#[derive(Debug)]
pub struct Chosen<'a> {
    /// The login name: the first admin's choice, or whose link it is.
    pub name: &'a AgentName,
    /// The name that colleagues see; counts for the first admin only.
    pub display: &'a str,
    /// The language of the pages.
    pub language: Language,
    /// The password, as a PHC string.
    pub password: &'a SecretString,
}

/// What became of the use of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// This person can sign in now.
    By(AgentName),
    /// The link was used, replaced, or is too old; or somebody else was the first admin.
    Gone,
    /// The first admin chose a name that somebody has.
    NameTaken,
}

impl Store {
    /// Makes a link known by its hash, in place of earlier ones for the same person. Returns whether it was made: not for
    /// a name that is nobody's or shut out, and without a name only while there is no admin who can sign in.
    pub async fn invite(
        &self,
        hash: &str,
        agent: Option<&AgentName>,
        expires_at: Timestamp,
        by: &Actor<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("inviting somebody").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            let name = agent.map_or("", AgentName::as_str);
            if !may_be_invited(&mut tx, agent).await? {
                return Ok(false);
            }
            let earlier = "DELETE FROM invitation WHERE COALESCE(agent, '') = $1 OR expires_at <= $2";
            tx.execute(earlier, &[name.into(), now.into()]).await?;
            tx.execute(
                "INSERT INTO invitation (hash, agent, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
                &[hash.into(), agent.map(AgentName::as_str).into(), by.name.into(), now.into(), expires_at.into()],
            )
            .await?;
            let text = if agent.is_some() { name } else { "the first admin" };
            audit::note(&mut tx, by, Deed::Invited, text, now).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Returns what a link is for; none if it is not good, for whatever reason.
    pub async fn invitation(&self, hash: &str, now: Timestamp) -> Result<Option<Invitation>, StoreError> {
        let mut tx = self.db.read("looking at a link").await?;
        good(&mut tx, hash, now).await
    }

    /// Uses a link: the person has this password from now on, and whoever was signed in under the name is not any more.
    pub async fn accept_invitation(
        &self,
        hash: &str,
        chosen: &Chosen<'_>,
        by: &Actor<'_>,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("using a link").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(Accepted::By(chosen.name.clone()));
            }
            let Some(invitation) = good(&mut tx, hash, now).await? else { return Ok(Accepted::Gone) };
            let name = match &invitation.agent {
                Some(agent) => agent.name.clone(),
                None if first_admin(&mut tx, chosen, now).await? => chosen.name.clone(),
                None => return Ok(Accepted::NameTaken),
            };
            people::write(&mut tx, &name, &AgentChange::Password(chosen.password), now).await?;
            people::write(&mut tx, &name, &AgentChange::Language(chosen.language), now).await?;
            people::end_sessions(&mut tx, &name).await?;
            tx.execute("DELETE FROM invitation WHERE hash = $1", &[hash.into()]).await?;
            let actor = Actor { name: name.as_str(), address: by.address };
            audit::note(&mut tx, &actor, Deed::InvitationAccepted, name.as_str(), now).await?;
            failpoint::reach("store.invitation.before");
            tx.commit().await?;
            failpoint::reach("store.invitation.after");
            Ok(Accepted::By(name))
        })
        .await
    }
}

async fn may_be_invited(tx: &mut Tx, agent: Option<&AgentName>) -> Result<bool, StoreError> {
    let Some(name) = agent else { return Ok(!people::has_admin(tx, None).await?) };
    let row = people::row_of(tx, name).await?;
    let agent = row.as_ref().map(people::agent_of).transpose()?;
    Ok(agent.is_some_and(|agent| agent.disabled_at.is_none()))
}

async fn good(tx: &mut Tx, hash: &str, now: Timestamp) -> Result<Option<Invitation>, StoreError> {
    let sql = "SELECT agent, expires_at FROM invitation WHERE hash = $1 AND expires_at > $2";
    let Some(row) = tx.first(sql, &[hash.into(), now.into()]).await? else { return Ok(None) };
    let expires_at = row.moment("expires_at")?;
    let Some(name) = row.get::<Option<&str>>("agent")? else {
        // Whoever finds the link later must not become a second first admin.
        let taken = people::has_admin(tx, None).await?;
        return Ok((!taken).then_some(Invitation { agent: None, expires_at }));
    };
    let Some(row) = people::row_of(tx, &AgentName::new(name)).await? else { return Ok(None) };
    let agent = people::agent_of(&row)?;
    Ok(agent.disabled_at.is_none().then_some(Invitation { agent: Some(agent), expires_at }))
}

/// Adds the first admin; returns whether the name was free.
async fn first_admin(tx: &mut Tx, chosen: &Chosen<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let new = NewAgent {
        name: chosen.name,
        display: chosen.display,
        role: Role::Admin,
        accounts: None,
        language: chosen.language,
        password: None,
    };
    people::insert(tx, &new, now).await
}
