//! The people of the desk and the secrets they come in by. What may be done with them is decided by the console; here
//! every change is one transaction with its entry in the audit log, and one promise is kept: somebody can always let
//! others in, so the last admin is neither shut out nor made less.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    failpoint,
    model::{
        agent::{Agent, Role},
        audit::Deed,
        ids::{AccountName, AgentName},
        language::Language,
    },
    store::{
        Store,
        audit::{self, Actor},
        database::{Row, Tx, Value, resumed},
        error::StoreError,
        once::Call,
    },
};

/// A person to be added.
#[derive(Debug)]
pub struct NewAgent<'a> {
    /// The login name.
    pub name: &'a AgentName,
    /// The name that colleagues see.
    pub display: &'a str,
    /// What the person may do.
    pub role: Role,
    /// The accounts the person works for; none means all.
    pub accounts: Option<&'a [AccountName]>,
    /// The language of the pages.
    pub language: Language,
    /// The password as a PHC string; none until the person follows a link and chooses one.
    pub password: Option<&'a SecretString>,
}

/// What is compared when somebody wants to come in.
#[derive(Debug)]
pub struct Credentials {
    /// Who it would be.
    pub agent: Agent,
    /// The password as a PHC string.
    pub password: Option<SecretString>,
    /// The secret of the authenticator program, in base 32.
    pub totp: Option<SecretString>,
}

/// One change to a person.
#[derive(Debug)]
pub enum AgentChange<'a> {
    /// Another name for colleagues.
    Display(&'a str),
    /// Another language of the pages.
    Language(Language),
    /// Keys that are pressed alone work from now on, or do not.
    SingleKeys(bool),
    /// Another mail address for notices, in the form of [`crate::model::notice::staff_address`]; none: no notices.
    Email(Option<&'a str>),
    /// Another role.
    Role(Role),
    /// Other accounts; none means all.
    Accounts(Option<&'a [AccountName]>),
    /// Another password, as a PHC string.
    Password(&'a SecretString),
    /// An authenticator program is asked from now on.
    TotpOn {
        /// Its secret, in base 32.
        secret: &'a SecretString,
        /// The time step whose code proved that the program has it; that code counts no more.
        step: i64,
        /// The hashes of the recovery codes, which replace all earlier ones.
        codes: &'a [String],
    },
    /// New recovery codes, by their hashes, which replace all earlier ones.
    Codes(&'a [String]),
    /// No code is asked any more.
    TotpOff,
    /// The person is shut out.
    Disable,
    /// The person may come in again.
    Enable,
}

/// What became of a change to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentOutcome {
    /// It was made.
    Changed,
    /// There is no such person.
    NoSuchAgent,
    /// It would leave nobody who can let others in.
    LastAdmin,
    /// Somebody else has that mail address.
    AddressTaken,
}

impl Store {
    /// Adds a person; returns whether the name was free.
    pub async fn add_agent(&self, new: &NewAgent<'_>, by: &Actor<'_>, now: Timestamp) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("adding a person").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            if !insert(&mut tx, new, now).await? {
                return Ok(false);
            }
            let text = format!("{}, {}, {}", new.name, new.role, accounts_in_words(new.accounts));
            audit::note(&mut tx, by, Deed::PersonAdded, &text, now).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Returns everybody, by name, those who are shut out too.
    pub async fn agents(&self) -> Result<Vec<Agent>, StoreError> {
        let sql = "SELECT name, display, role, accounts, language, single_keys, email, password, totp, disabled_at,
                    created_at, login_at
             FROM agent ORDER BY name";
        let rows = self.db.ask("reading who works here", sql, &[]).await?;
        rows.iter().map(agent_of).collect()
    }

    /// Returns one person; none if the name is nobody's.
    pub async fn agent(&self, name: &AgentName) -> Result<Option<Agent>, StoreError> {
        Ok(self.credentials(name).await?.map(|credentials| credentials.agent))
    }

    /// Returns what is compared when somebody gives this name; none if it is nobody's.
    pub async fn credentials(&self, name: &AgentName) -> Result<Option<Credentials>, StoreError> {
        let mut tx = self.db.read("reading who wants to come in").await?;
        let Some(row) = row_of(&mut tx, name).await? else { return Ok(None) };
        let secret = |column| Ok::<_, StoreError>(row.get::<Option<String>>(column)?.map(SecretString::from));
        Ok(Some(Credentials { agent: agent_of(&row)?, password: secret("password")?, totp: secret("totp")? }))
    }

    /// Returns the person whose notices go to that address, written in lower case; those who are shut out have none.
    pub async fn agent_by_email(&self, email: &str) -> Result<Option<Agent>, StoreError> {
        let mut tx = self.db.read("looking whose address that is").await?;
        by_email(&mut tx, email).await.map(|agent| agent.filter(|agent| agent.disabled_at.is_none()))
    }

    /// Returns whether an admin can sign in; until then the first one is let in by a link.
    pub async fn has_admin(&self) -> Result<bool, StoreError> {
        let mut tx = self.db.read("looking for an admin").await?;
        has_admin(&mut tx, None).await
    }

    /// Changes a person. What decides about rights or secrets ends all sessions of the person, so that nobody who came in
    /// by what held before goes on.
    pub async fn change_agent(
        &self,
        name: &AgentName,
        change: &AgentChange<'_>,
        by: &Actor<'_>,
        now: Timestamp,
    ) -> Result<AgentOutcome, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("changing a person").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(AgentOutcome::Changed);
            }
            let Some(row) = row_of(&mut tx, name).await? else { return Ok(AgentOutcome::NoSuchAgent) };
            let agent = agent_of(&row)?;
            if change.takes_admin(&agent) && !has_admin(&mut tx, Some(name)).await? {
                return Ok(AgentOutcome::LastAdmin);
            }
            if let AgentChange::Email(Some(email)) = change
                && by_email(&mut tx, email).await?.is_some_and(|other| other.name != *name)
            {
                return Ok(AgentOutcome::AddressTaken);
            }
            write(&mut tx, name, change, now).await?;
            if change.ends_sessions() {
                end_sessions(&mut tx, name).await?;
            }
            if let Some(deed) = change.deed() {
                audit::note(&mut tx, by, deed, &format!("{name}{}", change.in_words(&agent)), now).await?;
            }
            failpoint::reach("store.agent.before");
            tx.commit().await?;
            failpoint::reach("store.agent.after");
            Ok(AgentOutcome::Changed)
        })
        .await
    }

    /// Takes the code of a time step; returns whether it counts: none of that step or a later one was taken before.
    pub async fn take_totp_step(&self, name: &AgentName, step: i64, now: Timestamp) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.beside("taking a code").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            let sql = "UPDATE agent SET totp_step = $2 WHERE name = $1 AND totp_step < $2";
            if tx.execute(sql, &[name.as_str().into(), step.into()]).await? == 0 {
                return Ok(false);
            }
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Takes a recovery code by its hash; returns whether it counts. None counts twice.
    pub async fn take_recovery_code(
        &self,
        name: &AgentName,
        hash: &str,
        by: &Actor<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.beside("taking a recovery code").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            let sql = "DELETE FROM recovery_code WHERE agent = $1 AND hash = $2";
            if tx.execute(sql, &[name.as_str().into(), hash.into()]).await? == 0 {
                return Ok(false);
            }
            audit::note(&mut tx, by, Deed::RecoveryCodeUsed, name.as_str(), now).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Returns how many recovery codes a person has left.
    pub async fn recovery_codes_left(&self, name: &AgentName) -> Result<u32, StoreError> {
        let mut tx = self.db.read("counting recovery codes").await?;
        let sql = "SELECT COUNT(*) AS n FROM recovery_code WHERE agent = $1";
        tx.one(sql, &[name.as_str().into()]).await?.count("n")
    }
}

impl AgentChange<'_> {
    /// Returns whether the change takes an admin who could sign in away from the desk.
    fn takes_admin(&self, agent: &Agent) -> bool {
        let less = match self {
            Self::Role(role) => *role != Role::Admin,
            Self::Disable => true,
            _ => false,
        };
        less && agent.role == Role::Admin && agent.is_active()
    }

    fn ends_sessions(&self) -> bool {
        !matches!(
            self,
            Self::Display(_) | Self::Language(_) | Self::SingleKeys(_) | Self::Email(_) | Self::Codes(_) | Self::Enable
        )
    }

    /// Returns what the audit log calls it; none for what is the person's own taste.
    fn deed(&self) -> Option<Deed> {
        Some(match self {
            Self::Language(_) | Self::SingleKeys(_) => return None,
            Self::Display(_) => Deed::NameChanged,
            Self::Email(_) => Deed::MailAddressChanged,
            Self::Role(_) => Deed::RoleChanged,
            Self::Accounts(_) => Deed::AccountsChanged,
            Self::Password(_) => Deed::PasswordChanged,
            Self::TotpOn { .. } => Deed::TotpOn,
            Self::Codes(_) => Deed::RecoveryCodesMade,
            Self::TotpOff => Deed::TotpOff,
            Self::Disable => Deed::PersonDisabled,
            Self::Enable => Deed::PersonEnabled,
        })
    }

    /// Returns what stands behind the name in the log.
    fn in_words(&self, before: &Agent) -> String {
        match self {
            Self::Display(display) => format!(": {} → {display}", before.display),
            Self::Email(email) => {
                let words = |email: Option<&str>| email.unwrap_or("none").to_owned();
                format!(": {} → {}", words(before.email.as_deref()), words(*email))
            }
            Self::Role(role) => format!(": {} → {role}", before.role),
            Self::Accounts(accounts) => {
                let (old, new) = (accounts_in_words(before.accounts.as_deref()), accounts_in_words(*accounts));
                format!(": {old} → {new}")
            }
            _ => String::new(),
        }
    }
}

/// Returns the accounts somebody works for, as people read them.
pub fn accounts_in_words(accounts: Option<&[AccountName]>) -> String {
    let Some(accounts) = accounts else { return "all accounts".to_owned() };
    if accounts.is_empty() {
        return "no account".to_owned();
    }
    accounts.iter().map(AccountName::as_str).collect::<Vec<_>>().join(", ")
}

/// Writes a change without looking at what it leaves.
pub(super) async fn write(
    tx: &mut Tx,
    name: &AgentName,
    change: &AgentChange<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let name = name.as_str();
    match change {
        AgentChange::Display(display) => {
            set(tx, "UPDATE agent SET display = $2 WHERE name = $1", name, (*display).into()).await
        }
        AgentChange::Language(language) => {
            set(tx, "UPDATE agent SET language = $2 WHERE name = $1", name, language.as_str().into()).await
        }
        AgentChange::SingleKeys(on) => {
            set(tx, "UPDATE agent SET single_keys = $2 WHERE name = $1", name, (*on).into()).await
        }
        AgentChange::Email(email) => {
            set(tx, "UPDATE agent SET email = $2 WHERE name = $1", name, (*email).into()).await
        }
        AgentChange::Role(role) => {
            set(tx, "UPDATE agent SET role = $2 WHERE name = $1", name, role.as_str().into()).await
        }
        AgentChange::Accounts(accounts) => {
            let list = accounts.map(|accounts| tx.json(accounts)).transpose()?;
            set(tx, "UPDATE agent SET accounts = $2 WHERE name = $1", name, list.as_deref().into()).await
        }
        AgentChange::Password(phc) => {
            set(tx, "UPDATE agent SET password = $2 WHERE name = $1", name, phc.expose_secret().into()).await?;
            // A link that would choose another one has served.
            tx.execute("DELETE FROM invitation WHERE agent = $1", &[name.into()]).await?;
            Ok(())
        }
        AgentChange::TotpOn { secret, step, codes } => {
            set(tx, "UPDATE agent SET totp = $2 WHERE name = $1", name, secret.expose_secret().into()).await?;
            set(tx, "UPDATE agent SET totp_step = $2 WHERE name = $1", name, (*step).into()).await?;
            replace_codes(tx, name, codes).await
        }
        AgentChange::Codes(codes) => replace_codes(tx, name, codes).await,
        AgentChange::TotpOff => {
            set(tx, "UPDATE agent SET totp = $2 WHERE name = $1", name, Value::Text(None)).await?;
            replace_codes(tx, name, &[]).await
        }
        AgentChange::Disable => {
            set(tx, "UPDATE agent SET disabled_at = $2 WHERE name = $1", name, now.into()).await?;
            tx.execute("DELETE FROM invitation WHERE agent = $1", &[name.into()]).await?;
            Ok(())
        }
        AgentChange::Enable => {
            set(tx, "UPDATE agent SET disabled_at = $2 WHERE name = $1", name, Value::Int(None)).await
        }
    }
}

async fn set(tx: &mut Tx, sql: &'static str, name: &str, value: Value<'_>) -> Result<(), StoreError> {
    tx.execute(sql, &[name.into(), value]).await?;
    Ok(())
}

async fn replace_codes(tx: &mut Tx, name: &str, codes: &[String]) -> Result<(), StoreError> {
    tx.execute("DELETE FROM recovery_code WHERE agent = $1", &[name.into()]).await?;
    for hash in codes {
        tx.execute("INSERT INTO recovery_code (agent, hash) VALUES ($1, $2)", &[name.into(), hash.into()]).await?;
    }
    Ok(())
}

/// Writes a new person; returns whether the name was free.
pub(super) async fn insert(tx: &mut Tx, new: &NewAgent<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let accounts = new.accounts.map(|accounts| tx.json(accounts)).transpose()?;
    let written = tx
        .execute(
            "INSERT INTO agent (name, display, role, accounts, language, password, totp_step, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, 0, $7) ON CONFLICT (name) DO NOTHING",
            &[
                new.name.as_str().into(),
                new.display.into(),
                new.role.as_str().into(),
                accounts.as_deref().into(),
                new.language.as_str().into(),
                new.password.map(SecretString::expose_secret).into(),
                now.into(),
            ],
        )
        .await?;
    Ok(written == 1)
}

pub(super) async fn row_of(tx: &mut Tx, name: &AgentName) -> Result<Option<Row>, StoreError> {
    let sql = "SELECT name, display, role, accounts, language, single_keys, email, password, totp, disabled_at,
                    created_at, login_at
         FROM agent WHERE name = $1";
    tx.first(sql, &[name.as_str().into()]).await
}

/// Returns the person who has that address, one who is shut out too.
async fn by_email(tx: &mut Tx, email: &str) -> Result<Option<Agent>, StoreError> {
    let sql = "SELECT name, display, role, accounts, language, single_keys, email, password, totp, disabled_at,
                    created_at, login_at
         FROM agent WHERE email = $1";
    tx.first(sql, &[email.into()]).await?.as_ref().map(agent_of).transpose()
}

/// Reads a person from a row with all columns but the step.
pub(super) fn agent_of(row: &Row) -> Result<Agent, StoreError> {
    let (password, totp): (Option<&str>, Option<&str>) = (row.get("password")?, row.get("totp")?);
    Ok(Agent {
        name: AgentName::new(row.get::<&str>("name")?),
        display: row.get("display")?,
        role: row.word("role", Role::from_word)?,
        accounts: accounts_of(row)?,
        language: row.word("language", |code| code.parse().ok())?,
        single_keys: row.flag("single_keys")?,
        email: row.get("email")?,
        has_password: password.is_some(),
        totp: totp.is_some(),
        disabled_at: row.maybe_moment("disabled_at")?,
        created_at: row.moment("created_at")?,
        login_at: row.maybe_moment("login_at")?,
    })
}

/// Reads a list of accounts; none means all.
pub(super) fn accounts_of(row: &Row) -> Result<Option<Vec<AccountName>>, StoreError> {
    match row.get::<Option<&str>>("accounts")? {
        Some(_) => row.json("accounts").map(Some),
        None => Ok(None),
    }
}

/// Returns whether an admin can sign in, beside this one.
pub(super) async fn has_admin(tx: &mut Tx, beside: Option<&AgentName>) -> Result<bool, StoreError> {
    let sql = "SELECT name FROM agent
         WHERE role = 'admin' AND password IS NOT NULL AND disabled_at IS NULL AND name <> $1 LIMIT 1";
    Ok(tx.first(sql, &[beside.map_or("", AgentName::as_str).into()]).await?.is_some())
}

/// Ends all sessions of a person.
pub(super) async fn end_sessions(tx: &mut Tx, name: &AgentName) -> Result<(), StoreError> {
    tx.execute("DELETE FROM session WHERE agent = $1", &[name.as_str().into()]).await?;
    Ok(())
}
