//! `nightdesk find`: full-text search from a terminal, beside a running service.

use std::{fmt::Write as _, path::Path};

use clap::Args;
use jiff::tz::TimeZone;

use crate::{
    cli::{
        exit::Exit,
        files::{config_only, open_store},
        output, runtime,
    },
    desk::search::Piece,
    model::time::offset_name,
    service::search::{self, Found, Results},
    store::{
        Store,
        search::{MOST_FOUND, SearchScope},
    },
};

/// What a search without a limit shows: about two screens.
const USUAL_LIMIT: u32 = 20;

/// Counting what is not searchable yet ends here.
const MOST_WAITING: u32 = 1_000;

/// Find messages, answers and notes by their words, the newest first
///
/// All words must occur. "in a row" keeps their order, -word excludes, ord* may go on; from:ana means who wrote it,
/// tag:late a label, in:open a state of the ticket, #12 a ticket. Chinese, Japanese and Korean are found by any part.
#[derive(Debug, Args)]
pub(super) struct Find {
    /// What to look for
    #[arg(required = true, allow_hyphen_values = true, trailing_var_arg = true, value_name = "WORDS")]
    words: Vec<String>,
    /// At most so many results
    #[arg(long, default_value_t = USUAL_LIMIT, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_FOUND)))]
    limit: u32,
    /// Go on after a page: the number that it ended with
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

impl Find {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        let config = config_only(config)?;
        runtime()?.block_on(async {
            let store = open_store(&config).await?;
            let found = self.find(&store, &config.desk.zone).await;
            store.close().await;
            found
        })
    }

    async fn find(self, store: &Store, zone: &TimeZone) -> anyhow::Result<Exit> {
        let scope = SearchScope { accounts: None, before: self.before, limit: self.limit };
        let results = search::find(store, &self.words.join(" "), scope).await?;
        for found in &results.found {
            let line = if self.json { serde_json::to_string(found)? } else { described(found, zone) };
            output::data(&line);
        }
        if results.found.is_empty() {
            output::talk(if results.next.is_some() {
                "Nothing yet: the newest texts with these words do not fit."
            } else {
                "Nothing was found."
            });
        }
        self.go_on(&results);
        let waiting = store.unindexed_count(MOST_WAITING).await?;
        if waiting > 0 {
            let many = if waiting == MOST_WAITING { "1000 texts or more".to_owned() } else { texts(waiting) };
            output::talk(&format!("{many} cannot be found yet; a running service sees to that within seconds."));
        }
        Ok(Exit::Success)
    }

    /// Says how to see what is older.
    fn go_on(&self, results: &Results) {
        if let Some(next) = results.next {
            let words = self.words.join(" ");
            output::talk(&format!("Older ones: {} find --before {next} {}", output::program(), output::plain(&words)));
        }
    }
}

fn texts(count: u32) -> String {
    output::counted(usize::try_from(count).unwrap_or(usize::MAX), "text")
}

/// Returns a result as people read it: where, when, who, about what; below, why it was found.
fn described(found: &Found, zone: &TimeZone) -> String {
    let hit = &found.hit;
    let ticket = match (hit.ticket, hit.state) {
        (Some(ticket), Some(state)) => format!("#{ticket} {}", state.as_str()),
        _ => hit.thread.map_or_else(|| "no ticket".to_owned(), |thread| format!("conversation {thread}")),
    };
    let at = hit.at.to_zoned(zone.clone());
    let mut text = format!("{ticket}  {} {}  {}  ", at.strftime("%Y-%m-%d %H:%M"), offset_name(&at), hit.by);
    if !hit.buyer.is_empty() && hit.buyer != hit.by {
        // Writing to a string cannot fail.
        let _infallible = write!(text, "to {}  ", hit.buyer);
    }
    let mut text = output::plain(&text);
    text.push_str(&shown(&found.subject));
    let more = if found.more > 0 { format!("  (and {} more in this conversation)", found.more) } else { String::new() };
    format!("{}{more}\n    {}", text.trim_end(), shown(&found.excerpt))
}

fn shown(pieces: &[Piece]) -> String {
    let piece = |piece: &Piece| {
        let plain = output::plain(&piece.text);
        if piece.hit { output::strong(&plain) } else { plain }
    };
    pieces.iter().map(piece).collect()
}
