//! `nightdesk pause` and `nightdesk resume`: switches over automatic answers. They survive a restart.

use std::path::Path;

use clap::Args;
use jiff::Timestamp;

use crate::{
    cli::{
        exit::Exit,
        files::{Files, config_only, open_store},
        output, runtime,
    },
    config::Config,
    diagnostic::nearest::nearest,
    model::{
        ids::{AccountName, IntentId},
        switch::Scope,
    },
};

/// Stop all automatic answers until `resume`; messages become tickets.
#[derive(Debug, Args)]
pub(super) struct Pause {
    #[command(flatten)]
    what: What,
    /// Why; shown on every ticket opened meanwhile
    #[arg(long, default_value = "paused by hand")]
    reason: String,
    /// Who pauses; shown beside the reason
    #[arg(long, env = "NIGHTDESK_AGENT", default_value = "terminal", hide_env_values = true, value_name = "NAME")]
    agent: String,
}

/// Answer automatically again.
#[derive(Debug, Args)]
pub(super) struct Resume {
    #[command(flatten)]
    what: What,
    /// Who resumes
    #[arg(long, env = "NIGHTDESK_AGENT", default_value = "terminal", hide_env_values = true, value_name = "NAME")]
    agent: String,
}

/// What is switched: everything, unless one of these is named.
#[derive(Debug, Args)]
struct What {
    /// Only what this mailbox or bot sends by itself
    #[arg(long, conflicts_with = "rule", value_name = "NAME")]
    account: Option<String>,
    /// Only what this rule says
    #[arg(long, value_name = "ID")]
    rule: Option<String>,
}

impl What {
    fn scope(self) -> Scope {
        match (self.account, self.rule) {
            (Some(account), _) => Scope::Account(AccountName::new(account)),
            (None, Some(rule)) => Scope::Rule(IntentId::new(rule)),
            (None, None) => Scope::Shop,
        }
    }
}

impl Pause {
    pub(super) fn run(self, path: &Path) -> anyhow::Result<Exit> {
        let config = config_only(path)?;
        let scope = self.what.scope();
        if let Some(unknown) = unknown(&scope, &config, path)? {
            return Ok(output::refusal(&unknown));
        }
        runtime()?.block_on(async {
            let store = open_store(&config).await?;
            store.pause(&scope, &self.reason, &self.agent, Timestamp::now()).await?;
            store.close().await;
            anyhow::Ok(())
        })?;
        output::talk(&paused(&scope));
        Ok(Exit::Success)
    }
}

impl Resume {
    pub(super) fn run(self, path: &Path) -> anyhow::Result<Exit> {
        let config = config_only(path)?;
        let scope = self.what.scope();
        let (ended, left) = runtime()?.block_on(async {
            let store = open_store(&config).await?;
            let ended = store.resume(&scope, &self.agent, Timestamp::now()).await?;
            let left = store.pauses().await?;
            store.close().await;
            anyhow::Ok((ended, left))
        })?;
        // Whoever resumes the shop wants answers; to be told that there are some already is no failure.
        if !ended && scope != Scope::Shop {
            return Ok(output::refusal(&format!("{scope} is not paused")));
        }
        output::talk(&match &scope {
            Scope::Shop => "Automatic answers are on again.".to_owned(),
            scope => format!("Automatic answers of {scope} are on again."),
        });
        for pause in left {
            output::talk(&format!("Still so: {pause}."));
        }
        Ok(Exit::Success)
    }
}

fn paused(scope: &Scope) -> String {
    match scope {
        Scope::Shop => "Automatic answers are paused. Messages become tickets until `nightdesk resume`.".to_owned(),
        Scope::Account(account) => format!(
            "Automatic answers of {scope} are paused. Its messages become tickets until `nightdesk resume --account \
             {account}`."
        ),
        Scope::Rule(rule) => format!(
            "Automatic answers of {scope} are paused. Messages it would answer become tickets until `nightdesk resume \
             --rule {rule}`."
        ),
    }
}

/// Returns why a name cannot be paused; none if it can. A name that nothing carries would pause nothing.
fn unknown(scope: &Scope, config: &Config, path: &Path) -> anyhow::Result<Option<String>> {
    let known: Vec<String> = match scope {
        Scope::Shop => return Ok(None),
        Scope::Account(_) => config.accounts.iter().map(|account| account.name().to_string()).collect(),
        Scope::Rule(_) => {
            // A folder with a mistake in it must not keep a rule from being paused.
            Files::read(path)?.library.rules.rules().iter().map(|rule| rule.id.to_string()).collect()
        }
    };
    if known.iter().any(|name| name == scope.name()) {
        return Ok(None);
    }
    let meant = nearest(scope.name(), known.iter().map(String::as_str));
    let hint = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
    let word = scope.word();
    Ok(Some(format!("there is no {word} `{}`{hint}", scope.name())))
}
