//! `nightdesk user`: the people who may sign in to the console, from the terminal of the machine it runs on.
//!
//! Whoever may run this reads the store anyway, so no password is asked for; every change is in the audit log.

use std::path::Path;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use comfy_table::{Row, Table, presets};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use crate::{
    cli::{
        exit::Exit,
        files::{config_only, open_store},
        input, output, runtime,
    },
    config::Config,
    console::{
        guard::password::{Passwords, weakness},
        setup,
    },
    diagnostic::nearest::nearest,
    model::{
        agent::{self, Agent, Role},
        ids::{AccountName, AgentName},
        language::Language,
        notice,
    },
    store::{
        Store,
        audit::Actor,
        people::{AgentChange, AgentOutcome, NewAgent, accounts_in_words},
    },
};

/// Who acts, as the audit log says it.
const TERMINAL: Actor<'_> = Actor { name: "terminal", address: "" };

const NO_CONSOLE: &str = "the configuration has no section `console`, so there is nowhere to sign in";

/// Say who may sign in to the console, and as what
#[derive(Debug, Args)]
pub(super) struct User {
    #[command(subcommand)]
    command: Command,
}

/// A role, as it is written here.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleWord {
    /// Works the queue
    Agent,
    /// Also switches and rules
    Editor,
    /// Also people, tokens and settings
    Admin,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a person and print the link by which they choose a password
    Add {
        /// The login name
        name: String,
        /// The name that colleagues see
        #[arg(long, default_value = "", hide_default_value = true)]
        display: String,
        /// What they may do
        #[arg(long, default_value = "agent")]
        role: RoleWord,
        /// The mailboxes and bots they work for; all of them if it is left out
        #[arg(long, value_delimiter = ',', value_name = "NAMES")]
        accounts: Option<Vec<String>>,
        /// The language of the pages: en or zh
        #[arg(long, default_value = "en")]
        language: Language,
        /// Where notices about tickets go, if `staff_mail` is set up
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
    },
    /// List everybody
    List {
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Print a link by which a person chooses a new password; it works once, within three days
    Invite {
        /// The login name
        name: String,
    },
    /// Give a person another role
    Role {
        /// The login name
        name: String,
        /// The role
        role: RoleWord,
    },
    /// Limit a person to mailboxes and bots; `all` ends the limit
    Accounts {
        /// The login name
        name: String,
        /// Their names, or `all`
        #[arg(required = true, value_delimiter = ',')]
        accounts: Vec<String>,
    },
    /// Say where notices about tickets go to a person; they answer from that address only
    Email {
        /// The login name
        name: String,
        /// The address, or `none`
        address: String,
    },
    /// Set a person's password, read from standard input; `invite` lets them choose one themselves
    Password {
        /// The login name
        name: String,
    },
    /// Ask a person for no code any more, when telephone and recovery codes are lost
    TotpOff {
        /// The login name
        name: String,
    },
    /// Shut a person out; what they are doing in the console ends at once
    Disable {
        /// The login name
        name: String,
    },
    /// Let a person in again
    Enable {
        /// The login name
        name: String,
    },
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Agent => Self::Agent,
            RoleWord::Editor => Self::Editor,
            RoleWord::Admin => Self::Admin,
        }
    }
}

impl User {
    pub(super) fn run(self, path: &Path) -> anyhow::Result<Exit> {
        let config = config_only(path)?;
        runtime()?.block_on(async {
            let store = open_store(&config).await?;
            let done = self.command.run(&store, &config).await;
            store.close().await;
            done
        })
    }
}

impl Command {
    async fn run(self, store: &Store, config: &Config) -> anyhow::Result<Exit> {
        match self {
            Self::Add { name, display, role, accounts, language, email } => {
                let accounts = match accounts.map(|names| known(config, names)).transpose() {
                    Ok(accounts) => accounts,
                    Err(unknown) => return Ok(output::refusal(&unknown)),
                };
                let email = match email.map(|typed| staff_address(config, &typed)).transpose() {
                    Ok(email) => email,
                    Err(problem) => return Ok(output::refusal(&problem)),
                };
                let who = Newcomer { name: &name, display: &display, role: role.into(), language };
                add(store, config, &who, accounts.as_deref(), email.as_deref()).await
            }
            Self::List { json } => list(store, json).await,
            Self::Invite { name } => invite(store, config, &AgentName::new(name)).await,
            Self::Role { name, role } => change(store, &name, &AgentChange::Role(role.into())).await,
            Self::Accounts { name, accounts } if accounts == ["all"] => {
                change(store, &name, &AgentChange::Accounts(None)).await
            }
            Self::Accounts { name, accounts } => match known(config, accounts) {
                Ok(accounts) => change(store, &name, &AgentChange::Accounts(Some(&accounts))).await,
                Err(unknown) => Ok(output::refusal(&unknown)),
            },
            Self::Email { name, address } if address == "none" => change(store, &name, &AgentChange::Email(None)).await,
            Self::Email { name, address } => match staff_address(config, &address) {
                Ok(address) => change(store, &name, &AgentChange::Email(Some(&address))).await,
                Err(problem) => Ok(output::refusal(&problem)),
            },
            Self::Password { name } => password(store, config, &name).await,
            Self::TotpOff { name } => change(store, &name, &AgentChange::TotpOff).await,
            Self::Disable { name } => change(store, &name, &AgentChange::Disable).await,
            Self::Enable { name } => change(store, &name, &AgentChange::Enable).await,
        }
    }
}

/// Returns names as accounts of the configuration; the error says which is none.
fn known(config: &Config, names: Vec<String>) -> Result<Vec<AccountName>, String> {
    let all: Vec<&str> = config.accounts.iter().map(|account| account.name().as_str()).collect();
    let read = |name: String| {
        if all.contains(&name.as_str()) {
            return Ok(AccountName::new(name));
        }
        let near = nearest(&name, all.iter().copied());
        let hint = near.map_or_else(
            || format!("; the accounts are {}", all.join(", ")),
            |near| format!("; did you mean `{near}`?"),
        );
        Err(format!("there is no account `{name}`{hint}"))
    };
    names.into_iter().map(read).collect()
}

/// Returns a person's address as it is kept; the error says why it cannot be one.
fn staff_address(config: &Config, typed: &str) -> Result<String, String> {
    let address = notice::staff_address(typed).ok_or_else(|| format!("`{typed}` is no mail address"))?;
    if config.is_own_address(&address) {
        return Err(format!("{address} is an address of the shop: notices would come back as mail of buyers"));
    }
    Ok(address)
}

/// Who is added.
struct Newcomer<'a> {
    name: &'a str,
    display: &'a str,
    role: Role,
    language: Language,
}

async fn add(
    store: &Store,
    config: &Config,
    who: &Newcomer<'_>,
    accounts: Option<&[AccountName]>,
    email: Option<&str>,
) -> anyhow::Result<Exit> {
    let Newcomer { name, display, role, language } = *who;
    let name = match agent::login_name(name) {
        Ok(_) if config.console.is_none() => return Ok(output::refusal(NO_CONSOLE)),
        Ok(name) => name,
        Err(problem) => return Ok(output::refusal(&problem.to_string())),
    };
    // Whoever is added a second time has the address already: then it is the name that is taken.
    if let Some(owner) = whose(store, email).await?.filter(|owner| owner.name != name) {
        let taken = taken(&owner, email.unwrap_or_default());
        return Ok(output::refusal(&format!("{taken}; give {name} another address (nobody was added)")));
    }
    let display = agent::display_name(display, &name);
    let new = NewAgent { name: &name, display: &display, role, accounts, language, password: None };
    if !store.add_agent(&new, &TERMINAL, Timestamp::now()).await? {
        return Ok(output::refusal(&format!("the name {name} is taken")));
    }
    output::talk(&format!("{name} was added: {role}, {}.", accounts_in_words(accounts)));
    if email.is_some() {
        let set = store.change_agent(&name, &AgentChange::Email(email), &TERMINAL, Timestamp::now()).await?;
        if set == AgentOutcome::AddressTaken {
            let taken = "somebody else took the address just now; give another one with `nightdesk user email`";
            return Ok(output::refusal(taken));
        }
    }
    invite(store, config, &name).await
}

/// Returns who has that address, shut out or not.
async fn whose(store: &Store, email: Option<&str>) -> anyhow::Result<Option<Agent>> {
    let Some(email) = email else { return Ok(None) };
    Ok(store.agents().await?.into_iter().find(|agent| agent.email.as_deref() == Some(email)))
}

/// Says that an address is somebody's. Who is shut out gets no notices, and keeps the address until it is taken away.
fn taken(owner: &Agent, address: &str) -> String {
    let name = &owner.name;
    if owner.disabled_at.is_none() {
        return format!("{name} gets notices at {address} already");
    }
    format!("{address} is the address of {name}, who is shut out; `nightdesk user email {name} none` frees it")
}

/// Prints a link on standard output.
async fn invite(store: &Store, config: &Config, name: &AgentName) -> anyhow::Result<Exit> {
    let Some(settings) = &config.console else { return Ok(output::refusal(NO_CONSOLE)) };
    match setup::invite(store, settings, name, &TERMINAL, Timestamp::now()).await? {
        Some(link) => {
            output::talk(&format!("Hand this link to {name}; it works once, within three days:"));
            output::data(&link);
            Ok(Exit::Success)
        }
        None => Ok(output::refusal(&format!("there is nobody called {name} who may come in"))),
    }
}

async fn change(store: &Store, name: &str, change: &AgentChange<'_>) -> anyhow::Result<Exit> {
    Ok(match store.change_agent(&AgentName::new(name), change, &TERMINAL, Timestamp::now()).await? {
        AgentOutcome::Changed => {
            let done = match change {
                AgentChange::Enable => "may sign in again",
                AgentChange::Disable => "is shut out; what they were doing in the console has ended",
                AgentChange::Password(_) => "has a new password, and signs in again",
                AgentChange::Email(None) => "gets no notices any more",
                AgentChange::Email(Some(_)) => "gets notices there from now on, if `staff_mail` is set up",
                AgentChange::TotpOff => "is asked for no code any more, and signs in again",
                _ => "has other rights, and signs in again to use them",
            };
            output::talk(&format!("{name} {done}."));
            Exit::Success
        }
        AgentOutcome::NoSuchAgent => output::refusal(&format!("there is nobody called {name}")),
        AgentOutcome::AddressTaken => {
            let email = if let AgentChange::Email(email) = change { *email } else { None };
            let told = match whose(store, email).await? {
                Some(owner) => taken(&owner, email.unwrap_or_default()),
                None => "somebody else got notices at that address just now; try again".to_owned(),
            };
            output::refusal(&told)
        }
        AgentOutcome::LastAdmin => {
            output::refusal(&format!("{name} is the last admin who can sign in; make somebody else an admin first"))
        }
    })
}

async fn password(store: &Store, config: &Config, name: &str) -> anyhow::Result<Exit> {
    let Some(agent) = store.agent(&AgentName::new(name)).await? else {
        return Ok(output::refusal(&format!("there is nobody called {name}")));
    };
    let password = SecretString::from(input::text(None, "the password")?);
    let names = [agent.name.as_str(), agent.display.as_str(), config.shop_name.as_str()];
    if let Some(weak) = weakness(password.expose_secret(), &names) {
        return Ok(output::refusal(&weak.to_string()));
    }
    let hashed = Passwords::default().hash(password).await.context("cannot keep the password")?;
    change(store, name, &AgentChange::Password(&hashed)).await
}

/// One person, as scripts read it.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    agent: &'a Agent,
    active: bool,
}

async fn list(store: &Store, json: bool) -> anyhow::Result<Exit> {
    let people = store.agents().await?;
    if json {
        for agent in &people {
            output::data(&serde_json::to_string(&Listed { agent, active: agent.is_active() })?);
        }
    } else if people.is_empty() {
        output::talk("Nobody may sign in yet; `nightdesk user add NAME --role admin` adds the first one.");
    } else {
        output::data(&table(&people));
    }
    Ok(Exit::Success)
}

fn table(people: &[Agent]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["NAME", "ROLE", "STATE", "CODE", "ACCOUNTS", "LAST LOGIN"]);
    for agent in people {
        let state = match (agent.disabled_at, agent.has_password) {
            (Some(_), _) => "shut out",
            (None, true) => "active",
            (None, false) => "invited",
        };
        let login = agent.login_at.map(|at| at.strftime("%Y-%m-%d %H:%MZ").to_string());
        table.add_row(Row::from([
            output::plain(agent.name.as_str()),
            agent.role.to_string(),
            state.to_owned(),
            if agent.totp { "yes" } else { "no" }.to_owned(),
            output::plain(&accounts_in_words(agent.reach())),
            login.unwrap_or_else(|| "never".to_owned()),
        ]));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((u16::from(index > 0), 1));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}
