//! The practice chat: a colleague plays the buyer, and the rules in force play the machine.
//!
//! A conversation is kept as what was typed and when; it is played as a story is (`check::story`), in a world of its own,
//! each time it is shown. Nothing reaches the store, the queue or a buyer.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use askama::Template;
use axum::{
    Form,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde::Deserialize;

use crate::{
    check::story::{
        Act, Letter, Step, Story,
        play::{Turn, play_in},
        world::World,
    },
    console::{
        Shop,
        explained::Explained,
        order_line,
        playground::country,
        problem::{Answer, Problem},
        rules::Choice,
        shell::{Place, Shell, page},
        visit::Visit,
        when::day_name,
        words::{Tongue, fill, practice::Words},
    },
    diagnostic::source::{SourceMap, Span},
    engine::Engine,
    model::{
        agent_command::AgentCommand,
        ids::AgentName,
        inbound::ChannelKind,
        language::Language,
        order::{Order, OrderStatus},
        switch::SituationSwitch,
    },
};

/// More conversations than people practice at once; the one that rested longest makes room.
const MAX_CONVERSATIONS: usize = 64;
/// All of a conversation is decided each time it is shown, so it stays short.
const MAX_ACTS: usize = 50;
/// Longer than what anybody types to practice.
const MAX_CHARACTERS: usize = 4_000;
/// The order number of a buyer who practices, if none is named.
const ORDER: &str = "114-7122810-2961857";

/// The conversations of everybody who practices. Clones share them; they end with the process.
#[derive(Debug, Clone, Default)]
pub struct Practice(Arc<Mutex<BTreeMap<AgentName, Conversation>>>);

/// One conversation.
#[derive(Debug, Clone)]
struct Conversation {
    buyer: Buyer,
    began: Timestamp,
    /// How far its clock is ahead of ours, because time was told to pass.
    ahead: SignedDuration,
    touched: Timestamp,
    acts: Vec<(Timestamp, Said)>,
}

/// Who the colleague plays.
#[derive(Debug, Clone)]
struct Buyer {
    channel: ChannelKind,
    name: Option<String>,
    language: Option<Language>,
    country: Option<String>,
    order: Option<Order>,
}

/// What happened in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Buyer { text: String, subject: Option<String> },
    TakenOver,
    Passed,
}

impl Practice {
    fn of(&self, name: &AgentName) -> Option<Conversation> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn begin(&self, name: &AgentName, buyer: Buyer, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_CONVERSATIONS && !all.contains_key(name) {
            let oldest = all.iter().min_by_key(|(_, known)| known.touched).map(|(name, _)| name.clone());
            oldest.and_then(|oldest| all.remove(&oldest));
        }
        let new = Conversation { buyer, began: now, ahead: SignedDuration::ZERO, touched: now, acts: Vec::new() };
        all.insert(name.clone(), new);
    }

    /// Adds what happened; false if the conversation is full. `passed` is the time that passes before.
    fn add(&self, name: &AgentName, said: Said, passed: SignedDuration, now: Timestamp) -> Result<bool, Problem> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get_mut(name).ok_or(Problem::NotFound)?;
        if known.acts.len() >= MAX_ACTS {
            return Ok(false);
        }
        known.ahead += passed;
        known.touched = now;
        let last = known.acts.last().map_or(known.began, |(at, _)| *at);
        known.acts.push(((now + known.ahead).max(last), said));
        Ok(true)
    }
}

#[derive(Template)]
#[template(path = "practice.html")]
struct Page {
    shell: Shell,
    words: &'static Words,
    languages: Vec<Choice>,
    statuses: Vec<Choice>,
    chat: Option<Chat>,
}

#[derive(Debug)]
struct Chat {
    mail: bool,
    about: Vec<String>,
    turns: Vec<Shown>,
}

/// One step as it is shown.
#[derive(Debug)]
struct Shown {
    at: String,
    buyer: bool,
    text: String,
    subject: Option<String>,
    explained: Option<Explained>,
}

/// Shows the conversation, or the form that begins one.
pub(super) async fn show(State(shop): State<Shop>, visit: Visit) -> Answer {
    let words = Words::of(visit.tongue);
    let engine = shop.live.engine();
    let languages = engine.settings().languages.iter();
    let choice = |word: &str, name: &str| Choice { value: word.to_owned(), name: name.to_owned(), chosen: false };
    let languages = languages.map(|language| choice(language.as_str(), language.as_str())).collect();
    let statuses =
        OrderStatus::ALL.into_iter().map(|status| choice(status.as_str(), order_line::status(status, visit.tongue)));
    let chat = match shop.practice.of(&visit.visitor()?.name) {
        Some(conversation) => Some(played(&shop, &visit, conversation).await?),
        None => None,
    };
    page(&Page {
        shell: Shell::of(&shop, &visit, Some(Place::Practice)).await?,
        words,
        languages,
        statuses: statuses.collect(),
        chat,
    })
}

async fn played(shop: &Shop, visit: &Visit, conversation: Conversation) -> Result<Chat, Problem> {
    let words = Words::of(visit.tongue);
    let Some(turn) = shop.busy.turn(&visit.visitor()?.name) else { return Err(Problem::Bad(words.busy.to_owned())) };
    let switches = shop.store.situation_switches().await?;
    let (engine, tongue) = (shop.live.engine(), visit.tongue);
    let played = shop.busy.work(move || {
        let _turn = turn;
        chat(&engine, &conversation, switches, tongue)
    });
    played.await
}

fn chat(engine: &Engine, conversation: &Conversation, switches: Vec<SituationSwitch>, tongue: Tongue) -> Chat {
    let words = Words::of(tongue);
    let story = conversation.story();
    let told = play_in(engine, &story, World::beginning(switches, conversation.buyer.country.clone()));
    let zone = &engine.settings().desk.zone;
    // The order and the clock of each step are no acts of their own.
    let acted = told.turns.iter().filter(|turn| matches!(turn.who, "buyer" | "agent"));
    let mut turns = acted;
    let shown = conversation.acts.iter().map(|(at, said)| {
        let then = at.to_zoned(zone.clone());
        let clock = format!("{} {}", day_name(&then, tongue), then.strftime("%H:%M"));
        let text = |text: String| Shown { at: clock.clone(), buyer: false, text, subject: None, explained: None };
        match said {
            Said::Passed => text(fill(words.passed, &[&clock])),
            Said::TakenOver => text(match turns.next().and_then(|turn| turn.misses.first()) {
                Some(miss) => fill(words.not_possible, &[&miss.came]),
                None => words.claimed.to_owned(),
            }),
            Said::Buyer { text, subject } => {
                let explained = heard(turns.next(), engine, tongue);
                Shown { at: clock.clone(), buyer: true, text: text.clone(), subject: subject.clone(), explained }
            }
        }
    });
    let turns = shown.collect();
    Chat { mail: conversation.buyer.channel == ChannelKind::Email, about: conversation.buyer.about(tongue), turns }
}

/// Returns what the machine made of a message.
fn heard(turn: Option<&Turn>, engine: &Engine, tongue: Tongue) -> Option<Explained> {
    let turn = turn?;
    let (inbound, verdict) = (turn.inbound.as_deref()?, turn.verdict.as_deref()?);
    Some(Explained { told: true, ..Explained::of(&inbound.text, verdict, engine, tongue) })
}

impl Conversation {
    /// Returns the conversation as a story.
    fn story(&self) -> Story {
        let mut nowhere = SourceMap::default();
        let span = Span::new(nowhere.add("practice", ""), 0..0);
        let step = |act: Act| Step { act, claims: Vec::new(), span: span.clone() };
        let mut steps: Vec<Step> = Vec::new();
        steps.extend(self.buyer.order.clone().map(|order| step(Act::Order(Box::new(order), None))));
        for (at, said) in &self.acts {
            let act = match said {
                Said::Passed => continue,
                Said::TakenOver => Act::Agent(AgentCommand::Claim),
                Said::Buyer { text, subject } => Act::Buyer(Box::new(Letter {
                    text: text.clone(),
                    subject: subject.clone(),
                    from: None,
                    name: self.buyer.name.clone(),
                    channel: self.buyer.channel,
                    attachments: Vec::new(),
                    headers: Vec::new(),
                    client_language: self.buyer.language,
                    new_mail: false,
                })),
            };
            steps.push(step(Act::At(*at)));
            steps.push(step(act));
        }
        Story { name: "practice".to_owned(), at: self.began, channel: self.buyer.channel, steps, span }
    }
}

impl Buyer {
    /// Says who the colleague plays.
    fn about(&self, tongue: Tongue) -> Vec<String> {
        let words = Words::of(tongue);
        let channel = if self.channel == ChannelKind::Email { words.email } else { words.telegram };
        let mut about = vec![channel.to_owned()];
        about.extend(self.name.clone());
        about.extend(self.language.map(|language| language.to_string()));
        about.extend(self.country.clone());
        about.extend(self.order.as_ref().map(|order| {
            let status = order.status.map_or(words.unknown, |status| order_line::status(status, tongue));
            fill(words.order_is, &[&order.number, status])
        }));
        about
    }
}

/// Who is to be played.
#[derive(Debug, Deserialize)]
pub(super) struct BeginForm {
    #[serde(default)]
    channel: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    country: String,
    #[serde(default)]
    order: String,
    #[serde(default)]
    order_number: String,
}

/// Begins a conversation; one that was there ends.
pub(super) async fn begin(State(shop): State<Shop>, visit: Visit, Form(form): Form<BeginForm>) -> Answer {
    let words = Words::of(visit.tongue);
    let now = Timestamp::now();
    let country = country(&form.country).map_err(|wrong| Problem::Bad(fill(words.bad_country, &[&wrong])))?;
    let name: String = form.name.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(64).collect();
    let number: String = form.order_number.trim().chars().take(64).collect();
    let status = OrderStatus::ALL.into_iter().find(|status| status.as_str() == form.order);
    let today = now.to_zoned(shop.live.engine().settings().desk.zone.clone()).date();
    let order = status.map(|status| order(if number.is_empty() { ORDER } else { &number }, status, today));
    let buyer = Buyer {
        channel: if form.channel == "telegram" { ChannelKind::Telegram } else { ChannelKind::Email },
        name: Some(name).filter(|name| !name.is_empty()),
        language: form.language.parse().ok(),
        country,
        order,
    };
    shop.practice.begin(&visit.visitor()?.name, buyer, now);
    Ok(back())
}

/// Returns an order as the shop's records would have it in that state.
fn order(number: &str, status: OrderStatus, today: jiff::civil::Date) -> Order {
    let before = |days: i64| today.checked_sub(days.days()).ok();
    let left = status >= OrderStatus::Shipped && status != OrderStatus::Canceled;
    Order {
        number: number.to_owned(),
        status: Some(status),
        placed: before(9),
        shipped: if left { before(7) } else { None },
        delivered: before(1).filter(|_| status == OrderStatus::Delivered),
        carrier: left.then(|| "DHL".to_owned()),
        tracking: left.then(|| "LX123456785CN".to_owned()),
        source: None,
    }
}

/// What happens next.
#[derive(Debug, Deserialize)]
pub(super) struct ActForm {
    act: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    subject: String,
}

/// Lets something happen in the conversation.
pub(super) async fn act(State(shop): State<Shop>, visit: Visit, Form(form): Form<ActForm>) -> Answer {
    let words = Words::of(visit.tongue);
    let text = form.text.replace("\r\n", "\n");
    let (said, passed) = match form.act.as_str() {
        "hour" => (Said::Passed, SignedDuration::from_hours(1)),
        "day" => (Said::Passed, SignedDuration::from_hours(24)),
        "claim" => (Said::TakenOver, SignedDuration::ZERO),
        _ if text.trim().is_empty() => return Ok(back()),
        _ => {
            if text.chars().count() > MAX_CHARACTERS {
                return Err(Problem::Bad(fill(words.too_long, &[&MAX_CHARACTERS.to_string()])));
            }
            let subject: String = form.subject.split_whitespace().collect::<Vec<_>>().join(" ");
            let subject = Some(subject.chars().take(500).collect()).filter(|subject: &String| !subject.is_empty());
            (Said::Buyer { text, subject }, SignedDuration::ZERO)
        }
    };
    if !shop.practice.add(&visit.visitor()?.name, said, passed, Timestamp::now())? {
        return Err(Problem::Bad(fill(words.full, &[&MAX_ACTS.to_string()])));
    }
    Ok(back())
}

fn back() -> Response {
    Redirect::to("/practice#last").into_response()
}
