//! The playground: a message that nobody sent, decided by the rules in force, with everything that led to the decision.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::HeaderMap,
};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::{
    console::{
        Shop,
        explained::Explained,
        problem::{Answer, Problem},
        rules::{Choice, Tab, Tabs},
        shell::{Place, Shell, page},
        visit::Visit,
        words::{Tongue, fill, playground::Words},
    },
    engine::Engine,
    model::{
        buyer::Buyer,
        context::{Context, Switches},
        ids::{AccountName, AgentName, BuyerId, InboundId},
        inbound::{ChannelKind, Inbound},
        language::Language,
    },
};

/// Longer than any message that a person types to try something out; matching cuts longer ones anyway.
const MAX_CHARACTERS: usize = 20_000;

/// The header by which the script asks for the result alone.
const FRAGMENT: &str = "x-fragment";

/// How much is worked out for pages at once: the processor is there for buyers first.
const AT_ONCE: usize = 2;

/// What is being worked out for pages: a few things at once, and of what visitors type one for each of them. Clones share
/// it.
#[derive(Debug, Clone)]
pub struct Busy {
    visitors: Arc<Mutex<BTreeSet<AgentName>>>,
    few: Arc<Semaphore>,
}

impl Default for Busy {
    fn default() -> Self {
        Self { visitors: Arc::default(), few: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

/// A visitor's turn; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    busy: Busy,
    name: AgentName,
}

impl Busy {
    /// Takes the visitor's turn; none while an earlier one lasts.
    pub(super) fn turn(&self, name: &AgentName) -> Option<Turn> {
        let free = self.visitors.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone());
        free.then(|| Turn { busy: self.clone(), name: name.clone() })
    }

    /// Works something out on a thread of its own, as soon as there is room.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let failed =
            |error: &dyn std::fmt::Display| Problem::Failed(format!("a page could not be worked out: {error}"));
        let room = Arc::clone(&self.few).acquire_owned().await.map_err(|error| failed(&error))?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(room);
            done
        });
        done.await.map_err(|error| failed(&error))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.busy.visitors.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

/// What is tried out.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Trial {
    #[serde(default)]
    text: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    country: String,
    #[serde(default)]
    account: String,
}

#[derive(Template)]
#[template(path = "playground.html")]
struct Playground {
    shell: Shell,
    words: &'static Words,
    tabs: Tabs,
    trial: Trial,
    languages: Vec<Choice>,
    accounts: Vec<Choice>,
    result: Outcome,
}

#[derive(Template)]
#[template(path = "playground-result.html")]
struct Fragment {
    words: &'static Words,
    result: Outcome,
}

/// What came of it.
#[derive(Debug, Default)]
struct Outcome {
    explained: Option<Explained>,
    problem: Option<String>,
    took: Option<String>,
}

/// What the playground begins with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Begun {
    /// The number of a message that came in.
    message: Option<i64>,
}

/// Shows the playground with nothing tried yet; with the words of a message, if one of the visitor's accounts is named.
pub(super) async fn show(State(shop): State<Shop>, visit: Visit, Query(begun): Query<Begun>) -> Answer {
    let trial = match begun.message {
        Some(message) => words_of(&shop, &visit, InboundId(message)).await?,
        None => Trial::default(),
    };
    whole(&shop, &visit, trial, Outcome::default()).await
}

/// Returns what somebody wrote, to be tried out.
async fn words_of(shop: &Shop, visit: &Visit, message: InboundId) -> Result<Trial, Problem> {
    let limit = visit.visitor()?.accounts.as_deref();
    let written = shop.store.words_of(message, limit).await?.ok_or(Problem::NotFound)?;
    Ok(Trial {
        text: written.text.chars().take(MAX_CHARACTERS).collect(),
        subject: written.subject,
        channel: written.channel.as_str().to_owned(),
        account: written.account.to_string(),
        ..Trial::default()
    })
}

/// Decides a message and shows what came of it: the whole page, or for the script the result alone.
pub(super) async fn decide(
    State(shop): State<Shop>,
    visit: Visit,
    headers: HeaderMap,
    Form(trial): Form<Trial>,
) -> Answer {
    let result = outcome(&shop, &visit, &trial).await?;
    if headers.contains_key(FRAGMENT) {
        return page(&Fragment { words: Words::of(visit.tongue), result });
    }
    whole(&shop, &visit, trial, result).await
}

async fn whole(shop: &Shop, visit: &Visit, trial: Trial, result: Outcome) -> Answer {
    let engine = shop.live.engine();
    let languages = engine.settings().languages.iter().map(|language| Choice {
        value: language.to_string(),
        name: language.to_string(),
        chosen: trial.language == language.as_str(),
    });
    let own = |name: &AccountName| {
        let limit = visit.visitor.as_ref().and_then(|visitor| visitor.accounts.as_ref());
        limit.is_none_or(|accounts| accounts.contains(name))
    };
    let accounts = shop.accounts.names().into_iter().filter(|name| own(&AccountName::new(name.as_str())));
    let accounts = accounts.map(|name| Choice { chosen: trial.account == name, value: name.clone(), name });
    page(&Playground {
        shell: Shell::of(shop, visit, Some(Place::Rules)).await?,
        words: Words::of(visit.tongue),
        tabs: Tabs::of(visit.tongue, Tab::Playground),
        languages: languages.collect(),
        accounts: accounts.collect(),
        trial,
        result,
    })
}

async fn outcome(shop: &Shop, visit: &Visit, trial: &Trial) -> Result<Outcome, Problem> {
    let words = Words::of(visit.tongue);
    let problem = |text: String| Ok(Outcome { problem: Some(text), ..Outcome::default() });
    if trial.text.trim().is_empty() {
        return Ok(Outcome::default());
    }
    if trial.text.chars().count() > MAX_CHARACTERS {
        return problem(fill(words.too_long, &[&MAX_CHARACTERS.to_string()]));
    }
    let country = match country(&trial.country) {
        Ok(country) => country,
        Err(wrong) => return problem(fill(words.bad_country, &[&wrong])),
    };
    let Some(turn) = shop.busy.turn(&visit.visitor()?.name) else { return problem(words.busy.to_owned()) };
    let switches = Switches { situations: shop.store.situation_switches().await?, ..Switches::default() };
    let (engine, trial, tongue) = (shop.live.engine(), trial.clone(), visit.tongue);
    let decided = shop.busy.work(move || {
        let _turn = turn;
        tried(&engine, &trial, country, switches, tongue)
    });
    decided.await
}

fn tried(engine: &Engine, trial: &Trial, country: Option<String>, switches: Switches, tongue: Tongue) -> Outcome {
    let started = Instant::now();
    let now = Timestamp::now();
    let inbound = inbound(trial, now);
    let buyer = country.map(|country| stranger(&inbound, country));
    let ctx = Context { buyer, switches, ..Context::default() };
    let verdict = engine.decide(&inbound, &ctx, now);
    let took = fill(Words::of(tongue).took, &[&started.elapsed().as_millis().to_string()]);
    Outcome { explained: Some(Explained::of(&inbound.text, &verdict, engine, tongue)), problem: None, took: Some(took) }
}

fn inbound(trial: &Trial, now: Timestamp) -> Inbound {
    let channel = if trial.channel == "telegram" { ChannelKind::Telegram } else { ChannelKind::Email };
    let mut inbound = Inbound::from_text(channel, &trial.text.replace("\r\n", "\n"), now);
    if channel == ChannelKind::Email {
        inbound.subject = trial.subject.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    inbound.language_hint = trial.language.parse::<Language>().ok();
    if !trial.account.is_empty() {
        inbound.account = AccountName::new(trial.account.as_str());
    }
    inbound
}

/// Returns a country's code as records have it, or what was written instead of one; none if nothing was.
pub(super) fn country(written: &str) -> Result<Option<String>, String> {
    let code = written.trim().to_ascii_uppercase();
    match code.len() {
        0 => Ok(None),
        2 if code.bytes().all(|byte| byte.is_ascii_uppercase()) => Ok(Some(code)),
        _ => Err(written.trim().to_owned()),
    }
}

/// Returns a buyer of whom nothing is known but the country.
fn stranger(inbound: &Inbound, country: String) -> Buyer {
    Buyer {
        id: BuyerId(0),
        key: inbound.sender_key().unwrap_or_default(),
        name: None,
        language: None,
        country: Some(country),
        suppressed: false,
        grade: None,
        tags: Vec::new(),
        orders: None,
    }
}
