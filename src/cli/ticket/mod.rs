//! `nightdesk ticket`: the queue from a terminal, beside a running service.

mod commands;
mod talks;
mod view;

use std::path::Path;

use clap::Args;
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    cli::{
        exit::Exit,
        files::{Files, config_only, open_store},
        output, runtime,
        ticket::commands::{Act, BuyerArguments, ListArguments, Said, TicketCommand, Typed},
    },
    config::Config,
    diagnostic::source::SourceMap,
    engine::Engine,
    model::{
        agent_command::UNDO_SECONDS,
        ids::{AgentName, TicketId},
        ticket::{Ticket, TicketState},
        wire_id::InstanceKey,
    },
    replies::catalog::Catalog,
    rules::set::RuleSet,
    service::{
        accounts::Accounts,
        agents::{self, ActError, Done, UndoError, Wish},
        canned,
        handle::Handle,
        search,
    },
    store::{
        Store,
        queue::{Narrowed, View, Viewer},
        search::{MOST_FOUND, SearchScope},
        ticket::TicketFilter,
    },
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

/// Tickets shown by one `list`; more are found by working from the top.
const LIST_LIMIT: u32 = 200;

impl TicketArguments {
    pub(super) fn run(self, path: &Path) -> anyhow::Result<Exit> {
        let config = config_only(path)?;
        runtime()?.block_on(async {
            let store = open_store(&config).await?;
            let done = self.work(path, &config, &store).await;
            store.close().await;
            done
        })
    }

    async fn work(self, path: &Path, config: &Config, store: &Store) -> anyhow::Result<Exit> {
        let agent = AgentName::new(self.agent);
        match self.command {
            TicketCommand::List(arguments) => list(store, &agent, &arguments).await,
            TicketCommand::Show { ticket, json } => show(config, store, TicketId(ticket), json).await,
            TicketCommand::Answered { before, json } => talks::answered(config, store, before, json).await,
            TicketCommand::MachineMail { before, json } => talks::machine_mail(config, store, before, json).await,
            TicketCommand::Conversation { conversation, json } => {
                talks::conversation(config, store, conversation, json).await
            }
            TicketCommand::Open { message } => talks::open(config, store, &agent, message).await,
            TicketCommand::Canned { ticket, reply } => {
                texts(path, config, store, TicketId(ticket), reply.as_deref()).await
            }
            TicketCommand::Undo { ticket } => undo(config, store, &agent, TicketId(ticket)).await,
            TicketCommand::Buyer(buyer) => say_of_buyer(store, &agent, buyer).await,
            TicketCommand::Act(act) => perform(config, store, agent, act).await,
        }
    }
}

/// Returns what acts need. The rules are read only where their replies are, so that whoever works the queue does not wait for
/// them, and can work it while they are broken.
async fn handle(store: &Store, config: &Config, rules: Option<&Path>) -> anyhow::Result<Handle> {
    let key = store.instance().await?.key;
    let accounts = Accounts::new(&config.accounts, key.clone());
    Ok(Handle::beside(store.clone(), engine(config, key, rules), accounts))
}

/// Returns an engine with the rules and replies beside that configuration, or with none.
fn engine(config: &Config, key: InstanceKey, rules: Option<&Path>) -> Engine {
    let settings = config.engine(key);
    if let Some(Ok(files)) = rules.map(Files::read) {
        return Engine::new(settings, files.library.rules, files.library.replies);
    }
    let none = SourceMap::default();
    Engine::new(settings, RuleSet::read(&none, &[]).0, Catalog::read(&none, &[]).0)
}

async fn perform(config: &Config, store: &Store, agent: AgentName, act: Act) -> anyhow::Result<Exit> {
    let now = Timestamp::now();
    let Typed { ticket, command, force, done } = act.typed(&config.desk.zone, now)?;
    let handle = handle(store, config, None).await?;
    let wish = Wish { despite: force, ..Wish::new(agent, ticket, command) };
    match agents::act(&handle, &wish, Timestamp::now()).await {
        Ok(after) => {
            output::talk(&sentence(&after, done, &config.desk.zone));
            Ok(Exit::Success)
        }
        Err(error @ (ActError::Store(_) | ActError::Outgoing(_))) => Err(error.into()),
        Err(refused) => {
            let hint = if refused.may_be_confirmed() { "; --force does it all the same" } else { "" };
            Ok(output::refusal(&format!("{refused}{hint}")))
        }
    }
}

/// Says what was done, and for a reply when it leaves.
fn sentence(after: &Done, done: &str, zone: &TimeZone) -> String {
    let id = after.ticket.id;
    if let Some(made) = after.made {
        return format!("Ticket {id} {done}; it began ticket {made}.");
    }
    let program = output::program();
    match (after.leaves_at, after.undo_until) {
        (Some(leaves), Some(until)) if leaves > until => {
            let at = view::moment(leaves, zone);
            format!("Ticket {id} {done}; it leaves on {at}. `{program} ticket cancel-reply {id}` takes it back.")
        }
        (Some(_), _) => {
            format!("Ticket {id} {done}; it leaves in {UNDO_SECONDS} s. `{program} ticket undo {id}` takes it back.")
        }
        _ => format!("Ticket {id} {done}."),
    }
}

async fn say_of_buyer(store: &Store, agent: &AgentName, buyer: BuyerArguments) -> anyhow::Result<Exit> {
    let id = TicketId(buyer.ticket);
    let act = match buyer.act() {
        Ok(act) => act,
        Err(wrong) => return Ok(output::refusal(&wrong.to_string())),
    };
    let Some(file) = store.ticket(id).await? else {
        return Ok(output::refusal(&ActError::NoTicket(id).to_string()));
    };
    let (key, now) = (&file.recipient.key, Timestamp::now());
    let Some(buyer) = store.buyer_of_key(key).await? else {
        return Ok(output::refusal("nobody is known under the address of this ticket"));
    };
    match act {
        Said::OfOne(act) => {
            store.change_buyer(key, agent, &act, now).await?;
            output::talk(&format!("It stands on the card of the buyer of ticket {id}."));
        }
        Said::SameAs(address) => {
            let Some(other) = store.buyer_of_key(&address.trim().to_lowercase()).await? else {
                return Ok(output::refusal(&format!(
                    "nobody writes from `{address}`; `ticket list --search` finds who does"
                )));
            };
            let joining = store.join_buyers(buyer, other, agent, now).await?;
            if !joining.is_done() {
                return Ok(output::refusal(&joining.told()));
            }
            output::talk(&joining.told());
        }
        Said::Apart => {
            let parted = store.part_buyer(buyer, agent, now).await?;
            let (now, before) =
                ("The address is a person of its own now.", "The address is a person of its own already.");
            output::talk(if parted { now } else { before });
        }
    }
    Ok(Exit::Success)
}

async fn undo(config: &Config, store: &Store, agent: &AgentName, id: TicketId) -> anyhow::Result<Exit> {
    let handle = handle(store, config, None).await?;
    match agents::undo(&handle, agent, id, Timestamp::now()).await {
        Ok(after) => {
            output::talk(&format!("Ticket {id} is {} as before.", after.state.as_str()));
            Ok(Exit::Success)
        }
        Err(UndoError::Store(error)) => Err(error.into()),
        Err(refused) => Ok(output::refusal(&refused.to_string())),
    }
}

async fn list(store: &Store, agent: &AgentName, arguments: &ListArguments) -> anyhow::Result<Exit> {
    let now = Timestamp::now();
    let narrowed = arguments.narrowed(agent);
    let (tickets, more) = match (&narrowed, arguments.view, &arguments.search) {
        (Some(narrowed), ..) => narrowed_down(store, agent, arguments, narrowed, now).await?,
        (None, Some(view), _) => in_view(store, agent, view, &Narrowed::default(), now).await?,
        (None, None, Some(words)) => with_words(store, words).await?,
        (None, None, None) => by_state(store, agent, arguments).await?,
    };
    if arguments.json {
        for ticket in &tickets {
            output::data(&serde_json::to_string(ticket)?);
        }
        return Ok(Exit::Success);
    }
    if tickets.is_empty() {
        output::talk(match arguments {
            _ if narrowed.is_some() => "No ticket of this list is so.",
            ListArguments { search: Some(_), .. } => "Nothing was found.",
            ListArguments { mine: true, .. } | ListArguments { view: Some(View::Mine), .. } => "You own no ticket.",
            ListArguments { view: Some(view), .. } if *view != View::Unclaimed => "This list is empty.",
            ListArguments { all: true, .. } => "There is no ticket yet.",
            _ => "No ticket waits for a person.",
        });
        return Ok(Exit::Success);
    }
    output::data(&view::table(&tickets, now, output::width()));
    if more {
        output::talk(&format!("These are the first {}; there may be more.", tickets.len()));
    }
    Ok(Exit::Success)
}

/// Returns a list as the console shows it, and whether it goes on.
async fn in_view(
    store: &Store,
    agent: &AgentName,
    view: View,
    narrowed: &Narrowed,
    now: Timestamp,
) -> anyhow::Result<(Vec<Ticket>, bool)> {
    let viewer = Viewer { name: agent, accounts: None };
    let page = store.queue(view, viewer, narrowed, None, LIST_LIMIT, now).await?;
    let more = page.next.is_some();
    Ok((page.tickets.into_iter().map(|listed| listed.ticket).collect(), more))
}

/// Returns a list that was narrowed down, in the console's order, and whether it goes on. Where no list is named it is what
/// the bare `list` shows, and with `--all` or a state everything that is so.
async fn narrowed_down(
    store: &Store,
    agent: &AgentName,
    arguments: &ListArguments,
    narrowed: &Narrowed,
    now: Timestamp,
) -> anyhow::Result<(Vec<Ticket>, bool)> {
    let views = match (arguments.view, narrowed.state) {
        (Some(view), _) => vec![view],
        (None, Some(TicketState::Closed)) => vec![View::Closed],
        (None, None) if arguments.all => vec![View::All, View::Closed],
        (None, _) => vec![View::All],
    };
    let usual = arguments.view.is_none() && narrowed.state.is_none() && !arguments.all;
    let (mut tickets, mut more) = (Vec::new(), false);
    for view in views {
        let (found, goes_on) = in_view(store, agent, view, narrowed, now).await?;
        tickets.extend(found);
        more |= goes_on;
    }
    // What waits for buyers stands behind everything else, so nothing is missed before it.
    tickets.retain(|ticket| !usual || ticket.state != TicketState::Waiting);
    Ok((tickets, more))
}

/// Returns the tickets in which something is said, the last said first, and whether there are more.
async fn with_words(store: &Store, words: &str) -> anyhow::Result<(Vec<Ticket>, bool)> {
    let scope = SearchScope { accounts: None, before: None, limit: MOST_FOUND };
    let results = search::find(store, words, scope).await?;
    let mut found: Vec<Ticket> = Vec::new();
    for id in results.found.iter().filter_map(|found| found.hit.ticket) {
        if found.iter().all(|ticket| ticket.id != id)
            && let Some(file) = store.ticket(id).await?
        {
            found.push(file.ticket);
        }
    }
    Ok((found, results.next.is_some()))
}

async fn by_state(store: &Store, agent: &AgentName, arguments: &ListArguments) -> anyhow::Result<(Vec<Ticket>, bool)> {
    let states = if arguments.all { TicketState::ALL.to_vec() } else { vec![TicketState::Open, TicketState::Claimed] };
    let assignee = arguments.mine.then(|| agent.clone());
    let tickets = store.tickets(&TicketFilter { states, assignee, limit: LIST_LIMIT }).await?;
    let more = tickets.len() == LIST_LIMIT as usize;
    Ok((tickets, more))
}

async fn show(config: &Config, store: &Store, id: TicketId, json: bool) -> anyhow::Result<Exit> {
    let Some(file) = store.ticket_at(id, Timestamp::now()).await? else {
        return Ok(output::refusal(&ActError::NoTicket(id).to_string()));
    };
    if json {
        let value = serde_json::json!({ "ticket": file.ticket, "events": file.events, "verdict": file.last_verdict,
            "orders": file.orders, "timeline": file.timeline, "buyer": file.card });
        output::data(&serde_json::to_string_pretty(&value)?);
        return Ok(Exit::Success);
    }
    let person = store.person(&file.recipient.key, None).await?;
    output::data(&view::describe(&file, &person.others, &config.desk.zone, Timestamp::now(), output::width()));
    Ok(Exit::Success)
}

async fn texts(path: &Path, config: &Config, store: &Store, id: TicketId, only: Option<&str>) -> anyhow::Result<Exit> {
    let Some(file) = store.ticket(id).await? else {
        return Ok(output::refusal(&ActError::NoTicket(id).to_string()));
    };
    let handle = handle(store, config, Some(path)).await?;
    let engine = handle.live.engine();
    let own = engine.settings().default_language;
    let switched = store.situation_switches().await?;
    let mut texts = canned::canned(&engine, &file, &switched, own, Timestamp::now());
    if let Some(only) = only {
        texts.retain(|canned| canned.reply.as_str() == only);
        if texts.is_empty() {
            return Ok(output::refusal(&format!("there is no reply `{only}`")));
        }
    }
    output::data(&view::canned(&texts, only.is_some(), output::width()));
    Ok(Exit::Success)
}
