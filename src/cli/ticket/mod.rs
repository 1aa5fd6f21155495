//! `nightdesk ticket`: the queue from a terminal, beside a running service.

mod view;

use std::path::Path;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::{
    cli::{
        exit::Exit,
        files::{config_only, open_store},
        input, output, runtime,
    },
    config::Config,
    model::{
        agent_command::AgentCommand,
        ids::{AgentName, TicketId},
        ticket::TicketState,
    },
    service::{
        accounts::Accounts,
        agents::{self, ActError},
    },
    store::{Store, ticket::TicketFilter},
};

/// Work the queue of tickets.
#[derive(Debug, Args)]
pub(super) struct TicketArguments {
    /// Who acts; the name colleagues see
    #[arg(
        long,
        env = "NIGHTDESK_AGENT",
        default_value = "desk",
        hide_env_values = true,
        global = true,
        value_name = "NAME"
    )]
    agent: String,
    #[command(subcommand)]
    command: TicketCommand,
}

#[derive(Debug, Subcommand)]
enum TicketCommand {
    /// List tickets, the most urgent first
    List {
        /// Also those that wait for the buyer and those that are closed
        #[arg(long)]
        all: bool,
        /// Only those I own
        #[arg(long)]
        mine: bool,
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Show a ticket: the conversation, and why the machine did not settle it
    Show {
        /// Its number
        ticket: i64,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a ticket; from then on the machine is silent in its conversation
    Claim {
        /// Its number
        ticket: i64,
    },
    /// Answer the buyer, in the same mail thread or chat
    Reply {
        /// Its number
        ticket: i64,
        /// The text; `-` or nothing reads it from standard input
        text: Option<String>,
        /// Send the prepared draft as it stands
        #[arg(long, conflicts_with = "text")]
        draft: bool,
    },
    /// Write something for colleagues; it never leaves the house
    Note {
        /// Its number
        ticket: i64,
        /// The text; `-` or nothing reads it from standard input
        text: Option<String>,
    },
    /// Close a ticket; a new message of the buyer opens it again
    Close {
        /// Its number
        ticket: i64,
        /// How it ended
        #[arg(default_value = "")]
        result: String,
    },
}

/// Tickets shown by one `list`; more are found by working from the top.
const LIST_LIMIT: u32 = 200;

impl TicketArguments {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        let config = config_only(config)?;
        runtime()?.block_on(async {
            let store = open_store(&config).await?;
            let done = self.act(&config, &store).await;
            store.close().await;
            done
        })
    }

    async fn act(self, config: &Config, store: &Store) -> anyhow::Result<Exit> {
        let agent = AgentName::new(self.agent);
        let (ticket, command, done) = match self.command {
            TicketCommand::List { all, mine, json } => {
                let assignee = mine.then(|| agent.clone());
                return list(store, all, assignee, json).await;
            }
            TicketCommand::Show { ticket, json } => return show(config, store, TicketId(ticket), json).await,
            TicketCommand::Claim { ticket } => {
                (ticket, AgentCommand::Claim, "is yours; the machine is silent in its conversation")
            }
            TicketCommand::Reply { ticket, draft: true, .. } => {
                (ticket, AgentCommand::SendDraft, "was answered with its draft; the message is on its way")
            }
            TicketCommand::Reply { ticket, text, .. } => (
                ticket,
                AgentCommand::Reply(input::text(text, "the answer")?),
                "was answered; the message is on its way",
            ),
            TicketCommand::Note { ticket, text } => {
                (ticket, AgentCommand::Note(input::text(text, "the note")?), "has a new note")
            }
            TicketCommand::Close { ticket, result } => (ticket, AgentCommand::Close(result), "is closed"),
        };
        let instance = store.instance().await?;
        let settings = config.engine(instance.key.clone());
        let accounts = Accounts::new(&config.accounts, instance.key);
        match agents::act(store, &accounts, &settings, &agent, TicketId(ticket), &command, Timestamp::now()).await {
            Ok(after) => {
                output::talk(&format!("Ticket {} {done}.", after.id));
                Ok(Exit::Success)
            }
            Err(error @ (ActError::Store(_) | ActError::Outgoing(_))) => Err(error.into()),
            Err(refused) => Ok(output::refusal(&refused.to_string())),
        }
    }
}

async fn list(store: &Store, all: bool, assignee: Option<AgentName>, json: bool) -> anyhow::Result<Exit> {
    let states = if all { TicketState::ALL.to_vec() } else { vec![TicketState::Open, TicketState::Claimed] };
    let mine = assignee.is_some();
    let tickets = store.tickets(&TicketFilter { states, assignee, limit: LIST_LIMIT }).await?;
    if json {
        for ticket in &tickets {
            output::data(&serde_json::to_string(ticket)?);
        }
        return Ok(Exit::Success);
    }
    if tickets.is_empty() {
        output::talk(match (all, mine) {
            (_, true) => "You own no ticket.",
            (true, false) => "There is no ticket yet.",
            (false, false) => "No ticket waits for a person.",
        });
        return Ok(Exit::Success);
    }
    output::data(&view::table(&tickets, Timestamp::now(), output::width()));
    if tickets.len() == LIST_LIMIT as usize {
        output::talk(&format!("These are the first {LIST_LIMIT}; there may be more."));
    }
    Ok(Exit::Success)
}

async fn show(config: &Config, store: &Store, id: TicketId, json: bool) -> anyhow::Result<Exit> {
    let Some(file) = store.ticket(id).await? else {
        return Ok(output::refusal(&ActError::NoTicket(id).to_string()));
    };
    if json {
        let value = serde_json::json!({ "ticket": file.ticket, "events": file.events, "verdict": file.last_verdict,
            "orders": file.orders });
        output::data(&serde_json::to_string_pretty(&value)?);
        return Ok(Exit::Success);
    }
    output::data(&view::describe(&file, &config.desk.zone, Timestamp::now(), output::width()));
    Ok(Exit::Success)
}
