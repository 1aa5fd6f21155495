//! `nightdesk status`: how things stand, read from the store beside a running service.

use std::{collections::BTreeMap, path::Path};

use clap::Args;
use jiff::Timestamp;

use crate::{
    cli::{
        exit::Exit,
        files::{config_only, open_store},
        orders, output, runtime,
    },
    model::switch::Pause,
    store::{restore::Restore, status::Counts},
};

/// Say how things stand: pauses with who and when, and what waits
#[derive(Debug, Args)]
pub(super) struct Status {
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(&self, config: &Path) -> anyhow::Result<Exit> {
        let config = config_only(config)?;
        let (pauses, restore, counts, orders) = runtime()?.block_on(async {
            let store = open_store(&config).await?;
            let seen =
                (store.pauses().await?, store.restore().await?, store.counts().await?, store.order_files().await?);
            store.close().await;
            anyhow::Ok(seen)
        })?;
        if self.json {
            let mut value = serde_json::json!({ "pauses": pauses, "restore": restore, "counts": counts });
            if config.service.orders.is_some() {
                value["orders"] = serde_json::to_value(&orders)?;
            }
            output::data(&serde_json::to_string_pretty(&value)?);
        } else {
            let now = Timestamp::now();
            let mut lines = vec![describe(&pauses, restore.as_ref(), &counts, now)];
            lines.extend(orders::status(&config, &orders, now));
            output::data(&lines.join("\n"));
        }
        Ok(Exit::Success)
    }
}

fn describe(pauses: &[Pause], restore: Option<&Restore>, counts: &Counts, now: Timestamp) -> String {
    let mut lines: Vec<String> =
        pauses.iter().map(|pause| output::plain(&format!("{pause}, since {}", pause.at))).collect();
    if pauses.is_empty() {
        lines.push("Nothing is paused.".to_owned());
    }
    if let Some(restore) = restore {
        lines.push(output::plain(&format!(
            "Restore mode since {}: {}. Nothing that may have been answered before is answered by itself. It \
             ends when every mailbox was looked through; where several processes serve the store, with `nightdesk \
             restored --done`.",
            restore.noticed_at, restore.reason
        )));
    }
    let waiting = match counts.oldest_undecided {
        Some(oldest) => {
            let minutes = now.duration_since(oldest).as_mins().max(0);
            format!("{}, the oldest for {minutes} min", counts.undecided)
        }
        None => "none".to_owned(),
    };
    lines.push(format!("Undecided   {waiting}"));
    lines.push(format!("Messages    {}", words(&counts.inbound)));
    lines.push(format!("Sent folder {} recorded", counts.sent_folder));
    lines.push(format!("Outbox      {}", words(&counts.outbox)));
    lines.push(format!("Tickets     {}{}", words(&counts.tickets), due(counts.first_due, now)));
    lines.push(format!("Quarantine  {}", counts.quarantined));
    lines.join("\n")
}

/// Says when the next answer is due, or since when one is late.
fn due(first: Option<Timestamp>, now: Timestamp) -> String {
    let Some(due) = first else { return String::new() };
    let minutes = now.duration_since(due).as_mins();
    if minutes > 0 {
        format!("; an answer is {minutes} min late")
    } else {
        format!("; the next answer is due at {due}")
    }
}

fn words(counts: &BTreeMap<String, u64>) -> String {
    if counts.is_empty() {
        return "none".to_owned();
    }
    counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}
