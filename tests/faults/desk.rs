//! People at the desk, dozens at a time. They act through the program's one entry for human acts, in this process beside
//! the service, as the terminal does in a process of its own; starting one for each of thousands of acts would be most of
//! the work.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use nightdesk::{
    config::{self, Config},
    diagnostic::source::SourceMap,
    engine::Engine,
    model::{
        agent_command::{AgentCommand, Answer},
        ids::{AgentName, TicketId},
    },
    replies::catalog::Catalog,
    rules::set::RuleSet,
    service::{
        accounts::Accounts,
        agents::{self, ActError, Wish},
        handle::Handle,
    },
    store::Store,
};
use serde_json::json;
use tokio::{runtime::Runtime, task::JoinSet};

use crate::{
    truth::{Truth, now_ns},
    world::World,
};

/// How often somebody who is told that the ticket changed meanwhile looks at it and tries again.
const LOOKS: u32 = 20;

/// What a person does to take a conversation over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Takes the ticket.
    Claim,
    /// Answers the buyer.
    Reply,
    /// Switches the machine off in the conversation.
    BotOff,
}

impl Way {
    /// All.
    pub(crate) const ALL: [Self; 3] = [Self::Claim, Self::Reply, Self::BotOff];

    fn command(self) -> AgentCommand {
        match self {
            Self::Claim => AgentCommand::Claim,
            Self::BotOff => AgentCommand::BotOff,
            Self::Reply => AgentCommand::Reply(Answer::now("A person writes to you now.")),
        }
    }

    /// Returns how the truth log calls it.
    fn word(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::BotOff => "bot_off",
            Self::Reply => "reply",
        }
    }
}

/// The people, and what they are doing.
pub(crate) struct Desk {
    shared: Arc<Shared>,
    acts: JoinSet<Result<(), String>>,
    // Dropped last: the acts run on it.
    runtime: Runtime,
}

struct Shared {
    handle: Handle,
    truth: Truth,
}

impl Desk {
    /// Sits down at a world's store. The program must have been started once: it makes the store.
    pub(crate) fn open(world: &World) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let config = configuration(world)?;
        let shared = runtime.block_on(async {
            let store = Store::open(&config.store).await.map_err(|error| error.to_string())?;
            let instance = store.instance().await.map_err(|error| error.to_string())?;
            let accounts = Accounts::new(&config.accounts, instance.key.clone());
            // What people write comes from them: no rules are needed.
            let none = SourceMap::default();
            let (rules, replies) = (RuleSet::read(&none, &[]).0, Catalog::read(&none, &[]).0);
            let engine = Engine::new(config.engine(instance.key), rules, replies);
            let handle = Handle::beside(store, engine, accounts);
            Ok::<_, String>(Shared { handle, truth: world.truth.clone() })
        })?;
        Ok(Self { shared: Arc::new(shared), acts: JoinSet::new(), runtime })
    }

    /// Has somebody take a ticket's conversation over after a while.
    pub(crate) fn take_over(&mut self, ticket: i64, way: Way, after: Duration) {
        let shared = Arc::clone(&self.shared);
        let act = async move {
            tokio::time::sleep(after).await;
            shared.act(ticket, way).await
        };
        self.acts.spawn_on(act, self.runtime.handle());
    }

    /// Returns how the acts came out that ended since the last question: acknowledged, or why not.
    pub(crate) fn ended(&mut self) -> Vec<Result<(), String>> {
        let mut ended = Vec::new();
        while let Some(done) = self.acts.try_join_next() {
            ended.push(done.unwrap_or_else(|error| Err(error.to_string())));
        }
        ended
    }

    /// Says whether somebody still acts.
    pub(crate) fn is_busy(&self) -> bool {
        !self.acts.is_empty()
    }

    /// Leaves.
    pub(crate) fn close(self) {
        let Self { shared, runtime, .. } = self;
        runtime.block_on(shared.handle.store.close());
    }
}

impl Shared {
    /// Acts, and writes down when it was asked for and when it was acknowledged.
    async fn act(&self, ticket: i64, way: Way) -> Result<(), String> {
        let by = AgentName::new("races");
        for look in 1..=LOOKS {
            let started = now_ns();
            let wish = Wish::new(by.clone(), TicketId(ticket), way.command());
            let done = agents::act(&self.handle, &wish, Timestamp::now()).await;
            if matches!(done, Err(ActError::Conflict { .. })) && look < LOOKS {
                continue;
            }
            let fields = json!({
                "ticket": ticket, "how": way.word(), "acknowledged": done.is_ok(), "silent": way == Way::Reply,
            });
            self.truth.since(started, "agents", "take_over", fields);
            return done.map(drop).map_err(|error| error.to_string());
        }
        Err("the ticket changed again and again".to_owned())
    }
}

fn configuration(world: &World) -> Result<Config, String> {
    let path = world.path("config.yaml");
    let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let mut sources = SourceMap::default();
    let file = sources.add(path.display().to_string(), text);
    let (config, found) = config::read(&sources, file, world.folder(), &|_| None);
    config.ok_or_else(|| format!("the configuration cannot be read: {found:?}"))
}
