//! `nightdesk audit`: who came in, who was refused, who changed what may be done.

use std::path::Path;

use clap::Args;
use comfy_table::{Row, Table, presets};
use jiff::{SignedDuration, Timestamp};

use crate::{
    cli::{
        exit::Exit,
        files::{config_only, open_store},
        output, runtime,
    },
    diagnostic::nearest::nearest,
    model::audit::Deed,
    store::audit::{AuditEntry, AuditFilter, MAX_PAGE},
};

/// Show who came in, who was refused, and who changed what may be done, the newest first
#[derive(Debug, Args)]
pub(super) struct Audit {
    /// Only what this person did
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Only entries of this word, such as `sign_in_failed`
    #[arg(long, value_name = "WORD")]
    what: Option<String>,
    /// Only of the last days
    #[arg(long, value_name = "N")]
    days: Option<u16>,
    /// At most so many entries
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: u32,
    /// Only entries older than this one: the last number of the page before
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

impl Audit {
    pub(super) fn run(self, path: &Path) -> anyhow::Result<Exit> {
        let what = self.what.as_deref().unwrap_or_default();
        if !what.is_empty() && Deed::from_word(what).is_none() {
            let near = nearest(what, Deed::ALL.into_iter().map(Deed::as_str));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Ok(output::refusal(&format!("no entry has the word `{what}`{hint}")));
        }
        let config = config_only(path)?;
        let filter = AuditFilter {
            actor: self.actor.as_deref().unwrap_or_default(),
            what,
            since: self.days.map(|days| Timestamp::now() - SignedDuration::from_hours(24 * i64::from(days))),
            before: self.before,
            limit: self.limit.min(MAX_PAGE),
        };
        let entries = runtime()?.block_on(async {
            let store = open_store(&config).await?;
            let entries = store.audit_log(&filter).await?;
            store.close().await;
            anyhow::Ok(entries)
        })?;
        if self.json {
            for entry in &entries {
                output::data(&serde_json::to_string(entry)?);
            }
        } else if entries.is_empty() {
            let everything = AuditFilter { actor: "", what: "", since: None, before: None, limit: filter.limit };
            output::talk(if filter == everything {
                "Nothing has been written down yet."
            } else {
                "No entry is like that."
            });
        } else {
            output::data(&table(&entries));
        }
        Ok(Exit::Success)
    }
}

fn table(entries: &[AuditEntry]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["#", "WHEN", "WHO", "WHAT", "DETAILS", "FROM"]);
    for entry in entries {
        table.add_row(Row::from([
            entry.id.to_string(),
            entry.at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
            output::plain(&entry.actor),
            output::plain(&entry.what),
            output::plain(&entry.text),
            output::plain(&entry.address),
        ]));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((u16::from(index > 0), 1));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}
