//! `nightdesk pause` and `nightdesk resume`: one switch over all automatic answers. It survives a restart.

use std::path::Path;

use clap::Args;
use jiff::Timestamp;

use crate::cli::{
    exit::Exit,
    files::{config_only, open_store},
    output, runtime,
};

/// Stop all automatic answers until `resume`; messages become tickets.
#[derive(Debug, Args)]
pub(super) struct Pause {
    /// Why; shown on every ticket opened meanwhile
    #[arg(long, default_value = "paused by hand")]
    reason: String,
}

/// Answer automatically again.
#[derive(Debug, Args)]
pub(super) struct Resume;

impl Pause {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        set(config, Some(&self.reason))?;
        output::talk("Automatic answers are paused. Messages become tickets until `nightdesk resume`.");
        Ok(Exit::Success)
    }
}

impl Resume {
    pub(super) fn run(config: &Path) -> anyhow::Result<Exit> {
        set(config, None)?;
        output::talk("Automatic answers are on again.");
        Ok(Exit::Success)
    }
}

fn set(config: &Path, reason: Option<&str>) -> anyhow::Result<()> {
    let config = config_only(config)?;
    runtime()?.block_on(async {
        let store = open_store(&config).await?;
        store.set_paused(reason, "terminal", Timestamp::now()).await?;
        store.close().await;
        Ok(())
    })
}
