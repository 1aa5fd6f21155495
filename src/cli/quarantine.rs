//! `nightdesk quarantine`: messages that could not be read or decided, beside a running service.

use std::{
    fs::OpenOptions,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use comfy_table::{Row, Table, presets};
use jiff::Timestamp;

use crate::{
    cli::{
        exit::Exit,
        files::{config_only, open_store},
        output, runtime,
    },
    model::{ids::InboundId, inbound::ChannelKind, receive::Received},
    store::{
        Store,
        quarantine::{Quarantined, Rerun},
    },
};

/// Messages shown by one `list`.
const LIST_LIMIT: u32 = 200;

/// So much of a message's beginning is shown: its header, as a rule. `save` has it whole.
const SHOWN_BYTES: usize = 4096;

/// Look into messages that could not be read or decided
#[derive(Debug, Args)]
pub(super) struct Quarantine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List messages in quarantine, the newest first
    List {
        /// Also those that were decided on after all
        #[arg(long)]
        all: bool,
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Show why a message was put aside, and how it begins
    Show {
        /// Its number
        message: i64,
    },
    /// Save a message as it came, as a file that mail programs open
    Save {
        /// Its number
        message: i64,
        /// Where to; an existing file is left alone
        file: PathBuf,
    },
    /// Have a message decided again, after an upgrade; the result joins its ticket
    Rerun {
        /// Its number
        message: i64,
        /// Who asks for it
        #[arg(long, env = "NIGHTDESK_AGENT", default_value = "desk", hide_env_values = true, value_name = "NAME")]
        agent: String,
    },
}

impl Quarantine {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        let config = config_only(config)?;
        runtime()?.block_on(async {
            let store = open_store(&config).await?;
            let done = match self.command {
                Command::List { all, json } => list(&store, all, json).await,
                Command::Show { message } => show(&store, InboundId(message)).await,
                Command::Save { message, file } => save(&store, InboundId(message), &file).await,
                Command::Rerun { message, agent } => rerun(&store, InboundId(message), &agent).await,
            };
            store.close().await;
            done
        })
    }
}

async fn list(store: &Store, all: bool, json: bool) -> anyhow::Result<Exit> {
    let messages = store.quarantined(all, None, None, LIST_LIMIT).await?;
    if json {
        for message in &messages {
            output::data(&serde_json::to_string(message)?);
        }
        return Ok(Exit::Success);
    }
    if messages.is_empty() {
        output::talk("No message is in quarantine.");
        return Ok(Exit::Success);
    }
    output::data(&table(&messages));
    Ok(Exit::Success)
}

fn table(messages: &[Quarantined]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["#", "TICKET", "ACCOUNT", "BYTES", "STATE", "WHY"]);
    for message in messages {
        table.add_row(Row::from([
            message.id.to_string(),
            message.ticket.to_string(),
            output::plain(message.account.as_str()),
            message.size.to_string(),
            state(message).to_owned(),
            output::plain(&message.reason),
        ]));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((u16::from(index > 0), 1));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

fn state(message: &Quarantined) -> &'static str {
    match (message.left_at, message.waits) {
        (Some(_), _) => "decided",
        (None, true) => "waits",
        (None, false) => "aside",
    }
}

async fn show(store: &Store, id: InboundId) -> anyhow::Result<Exit> {
    let Some((message, received)) = store.quarantined_message(id).await? else { return Ok(not_there(id)) };
    let head = String::from_utf8_lossy(&received.raw[..received.raw.len().min(SHOWN_BYTES)]).replace('\r', "");
    let lines = [
        output::strong(&format!("Message {}: {}", message.id, output::plain(&message.reason))),
        format!("Account  {}", output::plain(message.account.as_str())),
        format!("Ticket   {}", message.ticket),
        format!("Aside    since {}, {}", message.put_at, output::counted(message.reruns as usize, "rerun")),
        format!("Kept     {} of {} bytes", received.raw.len(), message.size),
        String::new(),
        output::plain(head.trim_end()),
    ];
    output::data(&lines.join("\n"));
    if received.raw.len() > SHOWN_BYTES {
        output::talk(&format!(
            "That is its beginning; `{} quarantine save {id} FILE` has it whole.",
            output::program()
        ));
    }
    Ok(Exit::Success)
}

async fn save(store: &Store, id: InboundId, file: &Path) -> anyhow::Result<Exit> {
    let Some((message, received)) = store.quarantined_message(id).await? else { return Ok(not_there(id)) };
    if file.exists() {
        return Ok(output::refusal(&format!("{} exists already", file.display())));
    }
    write_private(file, &received.raw).with_context(|| format!("cannot write {}", file.display()))?;
    output::talk(&format!("Message {id} is in {}{}.", file.display(), completeness(&message, &received)));
    output::talk("A stranger wrote it, and something in it harmed the program: open it with care.");
    Ok(Exit::Success)
}

fn completeness(message: &Quarantined, received: &Received) -> &'static str {
    if received.channel == ChannelKind::Email && message.size > received.raw.len() as u64 {
        ", its header only: it is too large to be fetched, and lies whole in the mailbox"
    } else {
        ""
    }
}

/// Writes a new file that only its owner can read.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

async fn rerun(store: &Store, id: InboundId, agent: &str) -> anyhow::Result<Exit> {
    match store.rerun(id, agent, Timestamp::now()).await? {
        Rerun::Waits(ticket) => {
            output::talk(&format!("Message {id} is decided again as soon as the service runs; see ticket {ticket}."));
            Ok(Exit::Success)
        }
        Rerun::NotInQuarantine => Ok(not_there(id)),
        Rerun::Answered => {
            Ok(output::refusal(&format!("message {id} was answered; a second decision could answer twice")))
        }
    }
}

fn not_there(id: InboundId) -> Exit {
    output::refusal(&format!("message {id} is not in quarantine"))
}
