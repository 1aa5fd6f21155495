//! `nightdesk backup` and `nightdesk restored`: a copy of the store while it is in use, and what to do after a copy was
//! put in its place.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use crate::{
    cli::{
        exit::Exit,
        files::{config_only, open_store},
        output, runtime,
    },
    store::backup::{self, BackupError},
};

/// Copy the store into a new file, also while the service runs
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The new file; an existing one is left alone
    file: PathBuf,
}

/// Say that the store was put back from a backup: nothing that may have been answered before is answered by itself
#[derive(Debug, Args)]
pub(super) struct Restored {
    /// Everything from before was looked after; answer as usual
    #[arg(long)]
    done: bool,
    /// Who says so
    #[arg(long, env = "NIGHTDESK_AGENT", default_value = "terminal", hide_env_values = true, value_name = "NAME")]
    agent: String,
}

impl Backup {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        let config = config_only(config)?;
        if let Some(command) = backup::server_command(&config.store, &self.file) {
            output::data(&command);
            return Ok(output::refusal(
                "the store is in PostgreSQL, which makes its backups itself: run the command above, and after putting \
                 one back, `nightdesk restored` before the service starts",
            ));
        }
        let made = runtime()?.block_on(async {
            let store = open_store(&config).await?;
            let made = store.backup(&self.file, Timestamp::now()).await;
            store.close().await;
            anyhow::Ok(made)
        })?;
        match made {
            Ok(made) => {
                let messages = output::counted(usize::try_from(made.messages).unwrap_or(usize::MAX), "message");
                output::talk(&format!("{} holds {messages}; it was looked over and is sound.", self.file.display()));
                Ok(Exit::Success)
            }
            Err(exists @ BackupError::Exists { .. }) => Ok(output::refusal(&exists.to_string())),
            Err(error) => Err(error.into()),
        }
    }
}

impl Restored {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        let config = config_only(config)?;
        let changed = runtime()?.block_on(async {
            let store = open_store(&config).await?;
            let now = Timestamp::now();
            let changed = if self.done {
                store.end_restore(Some(&self.agent), now).await
            } else {
                store.begin_restore("a person said that the store was put back", &self.agent, now).await
            };
            store.close().await;
            anyhow::Ok(changed?)
        })?;
        Ok(match (self.done, changed) {
            (true, true) => said("Restore mode is over; everything is answered as usual."),
            (true, false) => output::refusal("restore mode is not on"),
            (false, true) => said(
                "Restore mode is on. What may have been answered before becomes a ticket; it ends by itself when every \
                 mailbox was looked through, or with `nightdesk restored --done`.",
            ),
            (false, false) => said("Restore mode is on already."),
        })
    }
}

fn said(what: &str) -> Exit {
    output::talk(what);
    Exit::Success
}
