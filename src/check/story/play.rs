//! Plays stories: every message is decided by the engine that answers buyers, every step compared with what is expected.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::{
    check::story::{
        Act, Letter, Step, Story,
        claim::{Found, Miss, said},
        clock,
        world::World,
    },
    diagnostic::source::Span,
    engine::Engine,
    model::{
        agent_command::AgentCommand,
        context::Context,
        ids::{AgentName, ThreadId},
        inbound::{Attachment, ChannelKind, HeaderField, Inbound, MailFacts, Mailbox, ReturnPath, TelegramFacts},
        order::{Order, OrderStatus, address_key},
        verdict::Verdict,
        wire_id::Origin,
    },
};

/// What passes between two steps of which neither is about time: people take a moment to read and to write.
const BETWEEN_STEPS: SignedDuration = SignedDuration::from_mins(1);
/// The buyer of a story that names none.
const BUYER: &str = "buyer@example.com";
/// The field in which our own server says whether it vouches for the sender.
const VOUCHER: &str = "Authentication-Results";
/// Who sits at the desk.
const AGENT: &str = "desk";
/// Declared of attachments, of which only the name matters.
const ATTACHMENT_BYTES: u64 = 40_000;

/// A story as it went.
#[derive(Debug, Clone, PartialEq)]
pub struct Telling<'a> {
    /// The story.
    pub story: &'a Story,
    /// Its steps, in order.
    pub turns: Vec<Turn>,
}

/// One step as it went.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// When.
    pub at: Timestamp,
    /// The same as the desk's clock shows it, `02:10`.
    pub clock: String,
    /// Who did it: `buyer`, `agent`, `clock` or `shop`.
    pub who: &'static str,
    /// What was said or done.
    pub text: String,
    /// The message as the engine saw it, for a message.
    pub inbound: Option<Box<Inbound>>,
    /// The decision, for a message.
    pub verdict: Option<Box<Verdict>>,
    /// What came of it, in one line; empty where nothing was decided.
    pub came: String,
    /// What did not come about.
    pub misses: Vec<Miss>,
    /// Where the step is written.
    pub span: Span,
}

impl Telling<'_> {
    /// Returns whether all came about as expected.
    pub fn holds(&self) -> bool {
        self.turns.iter().all(|turn| turn.misses.is_empty())
    }
}

/// Plays a story.
pub fn play<'a>(engine: &Engine, story: &'a Story) -> Telling<'a> {
    play_in(engine, story, World::default())
}

/// Plays a story in a world in which something is known already.
pub fn play_in<'a>(engine: &Engine, story: &'a Story, world: World) -> Telling<'a> {
    let mut stage = Stage {
        engine,
        now: story.at,
        moved: true,
        world,
        threads: BTreeMap::new(),
        latest: None,
        orders: Vec::new(),
        written: 0,
        said: 0,
    };
    Telling { story, turns: story.steps.iter().map(|step| stage.turn(step)).collect() }
}

/// The state of a story between two steps.
struct Stage<'e> {
    engine: &'e Engine,
    now: Timestamp,
    /// The clock was moved by the step before, or nothing happened yet.
    moved: bool,
    world: World,
    /// The conversation of each buyer, by sender and channel.
    threads: BTreeMap<String, Conversation>,
    /// The key of the conversation spoken of last.
    latest: Option<String>,
    /// The orders of the shop's records with their buyers' addresses, newest first.
    orders: Vec<(Order, Option<String>)>,
    written: usize,
    said: usize,
}

/// What a mail program knows of a conversation.
#[derive(Debug, Clone, Default)]
struct Conversation {
    thread: Option<ThreadId>,
    /// Message-IDs, oldest first.
    ids: Vec<String>,
    subject: String,
}

impl Stage<'_> {
    fn turn(&mut self, step: &Step) -> Turn {
        let passes = matches!(step.act, Act::Wait(_) | Act::At(_) | Act::Clock(_));
        if !passes && !self.moved {
            self.now += BETWEEN_STEPS;
        }
        self.moved = passes;
        let mut turn = Turn {
            at: self.now,
            clock: String::new(),
            who: "shop",
            text: String::new(),
            inbound: None,
            verdict: None,
            came: String::new(),
            misses: Vec::new(),
            span: step.span.clone(),
        };
        match &step.act {
            Act::Buyer(letter) => self.hear(letter, &mut turn),
            Act::Agent(command) => self.work(command, &mut turn),
            Act::Wait(time) => self.go_to(self.now + *time, &mut turn),
            Act::At(moment) => self.go_to(*moment, &mut turn),
            Act::Clock(time) => {
                let zone = self.engine.settings().desk.zone.clone();
                self.go_to(clock::next(self.now, *time, &zone), &mut turn);
            }
            Act::Order(order, email) => {
                let status = order.status.map_or("somewhere unknown", OrderStatus::as_str);
                turn.text = format!("the order {} is {status}", order.number);
                self.orders.retain(|(known, _)| known.number != order.number);
                self.orders.insert(0, (Order::clone(order), email.clone()));
            }
            Act::Pause(reason) => {
                self.world.pause(Some(format!("{AGENT}: {reason}")));
                turn.text = format!("automatic answers are paused: {reason}");
            }
            Act::Resume => {
                self.world.pause(None);
                "automatic answers are on again".clone_into(&mut turn.text);
            }
        }
        let thread = self.latest.as_ref().and_then(|key| self.threads.get(key)?.thread);
        let found = Found { verdict: turn.verdict.as_deref(), ticket: self.world.ticket(thread) };
        let misses: Vec<Miss> = step.claims.iter().filter_map(|claim| claim.missed(found)).collect();
        turn.misses.extend(misses);
        let zone = self.engine.settings().desk.zone.clone();
        turn.clock = turn.at.to_zoned(zone).strftime("%H:%M").to_string();
        turn
    }

    fn hear(&mut self, letter: &Letter, turn: &mut Turn) {
        let key = format!("{} {}", letter.channel.as_str(), letter.from.as_deref().unwrap_or(BUYER));
        if letter.new_mail && letter.channel == ChannelKind::Email {
            self.threads.remove(&key);
        }
        let conversation = self.threads.get(&key).cloned().unwrap_or_default();
        self.written += 1;
        let inbound = self.inbound(letter, &conversation);
        let ctx =
            Context { orders: self.orders_of(&inbound), ..self.world.context(&inbound, conversation.thread, self.now) };
        let verdict = self.engine.decide(&inbound, &ctx, self.now);
        let thread = self.world.commit(&inbound, conversation.thread, &verdict, self.now);
        let ids = inbound.mail.iter().filter_map(|mail| mail.message_id.clone()).chain(self.own_ids(&verdict));
        let ids = conversation.ids.into_iter().chain(ids).collect();
        let subject = if conversation.subject.is_empty() { inbound.subject.clone() } else { conversation.subject };
        self.threads.insert(key.clone(), Conversation { thread: Some(thread), ids, subject });
        self.latest = Some(key);
        turn.who = "buyer";
        turn.text.clone_from(&letter.text);
        turn.came = said(&verdict);
        turn.verdict = Some(Box::new(verdict));
        turn.inbound = Some(Box::new(inbound));
    }

    /// Returns the orders that the shop's records hold for the sender of a message.
    fn orders_of(&self, inbound: &Inbound) -> Vec<Order> {
        let sender = inbound.from.as_ref().and_then(|mailbox| address_key(&mailbox.address));
        let is_theirs = |email: &Option<String>| {
            email.as_ref().is_none_or(|email| sender.is_some() && address_key(email) == sender)
        };
        self.orders.iter().filter(|(_, email)| is_theirs(email)).map(|(order, _)| order.clone()).collect()
    }

    fn work(&mut self, command: &AgentCommand, turn: &mut Turn) {
        turn.who = "agent";
        let thread = self.latest.as_ref().and_then(|key| self.threads.get(key)?.thread);
        let word = match command {
            AgentCommand::Claim => "claims the ticket",
            AgentCommand::SendDraft(_) => "sends the draft",
            AgentCommand::Reply(_) => "writes",
            AgentCommand::Note(_) => "notes",
            AgentCommand::Close(_) => "closes the ticket",
            AgentCommand::HandBack => "hands the conversation back",
            AgentCommand::BotOff => "switches the machine off",
            AgentCommand::BotOn => "switches the machine on",
            _ => "works the ticket",
        };
        match self.world.act(thread, &AgentName::new(AGENT), command, self.now) {
            Ok(words) => turn.text = words.map_or_else(|| word.to_owned(), |words| format!("{word}: {words}")),
            Err(why) => {
                word.clone_into(&mut turn.text);
                let expected = "this to be possible".to_owned();
                turn.misses.push(Miss { expected, came: why.to_string(), span: turn.span.clone() });
            }
        }
    }

    fn go_to(&mut self, moment: Timestamp, turn: &mut Turn) {
        turn.who = "clock";
        let zone = self.engine.settings().desk.zone.clone();
        turn.text = format!("it is {}", moment.to_zoned(zone).strftime("%a %Y-%m-%d %H:%M"));
        if moment < self.now {
            let (expected, came) = ("time to go on".to_owned(), "this is earlier than the step before".to_owned());
            turn.misses.push(Miss { expected, came, span: turn.span.clone() });
        }
        self.now = self.now.max(moment);
        turn.at = self.now;
    }

    /// Returns the ids under which our messages would have gone out, for a buyer's mail program to refer to.
    fn own_ids(&mut self, verdict: &Verdict) -> Vec<String> {
        let instance = &self.engine.settings().instance;
        let sent =
            verdict.messages.iter().filter(|message| message.kind != crate::model::outbound::OutboundKind::Draft);
        let ids = sent.zip(self.said..).map(|(message, number)| {
            let key = format!("s{number}-{}", message.kind.as_str());
            instance.message_id(Origin::Automatic, &key, "shop.example")
        });
        let ids: Vec<String> = ids.collect();
        self.said += ids.len();
        ids
    }

    fn inbound(&self, letter: &Letter, conversation: &Conversation) -> Inbound {
        let body = letter.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let attachment = |name: &String| Attachment {
            name: name.clone(),
            content_type: "application/octet-stream".to_owned(),
            size: ATTACHMENT_BYTES,
        };
        let mut inbound = Inbound {
            body_hash: Sha256::digest(body.as_bytes()).into(),
            attachments: letter.attachments.iter().map(attachment).collect(),
            language_hint: letter.client_language,
            ..Inbound::from_text(letter.channel, &letter.text, self.now)
        };
        match letter.channel {
            ChannelKind::Email => self.as_mail(letter, conversation, &mut inbound),
            ChannelKind::Telegram => as_chat(letter, self.written, &mut inbound),
        }
        inbound
    }

    fn as_mail(&self, letter: &Letter, conversation: &Conversation, inbound: &mut Inbound) {
        let address = letter.from.clone().unwrap_or_else(|| BUYER.to_owned());
        let from = Mailbox { name: letter.name.clone(), address: address.clone() };
        let answered = (!conversation.ids.is_empty()).then(|| format!("Re: {}", conversation.subject));
        inbound.subject = letter.subject.clone().or(answered).unwrap_or_default();
        inbound.from = Some(from.clone());
        // A shop without a mailbox has no address a mail could have come to.
        let Some(own) = self.engine.settings().own_addresses.first() else { return };
        let header = |(name, value): &(String, String)| HeaderField { name: name.clone(), value: value.clone() };
        let mut headers: Vec<HeaderField> = letter.headers.iter().map(header).collect();
        // An honest buyer's mail is vouched for; a story that tells of another says so.
        let named = |field: &HeaderField| field.name.eq_ignore_ascii_case(VOUCHER);
        if let Some(server) = self.engine.settings().trusted_authserv_ids.first().filter(|_| !headers.iter().any(named))
        {
            headers.push(HeaderField { name: VOUCHER.to_owned(), value: format!("{server}; dmarc=pass") });
        }
        let reply_to = headers.iter().filter(|field| field.name.eq_ignore_ascii_case("Reply-To"));
        let reply_to = reply_to.map(|field| Mailbox { name: None, address: field.value.clone() }).collect();
        inbound.mail = Some(MailFacts {
            headers,
            reply_to,
            return_path: ReturnPath::Address(address),
            from: vec![from],
            recipients: vec![Mailbox { name: None, address: own.clone() }],
            message_id: Some(format!("story-{}@mail.example", self.written)),
            in_reply_to: conversation.ids.last().cloned().into_iter().collect(),
            references: conversation.ids.clone(),
            part_types: vec!["text/plain".to_owned()],
            size: inbound.text.len() as u64,
            ..MailFacts::default()
        });
    }
}

fn as_chat(letter: &Letter, number: usize, inbound: &mut Inbound) {
    let buyer = letter.from.as_deref().unwrap_or(BUYER);
    // Any number does, as long as it is the buyer's own.
    let chat_id = buyer.bytes().fold(1_i64, |sum, byte| (sum * 31 + i64::from(byte)) % 1_000_000_007);
    inbound.from = None;
    inbound.telegram = Some(TelegramFacts {
        chat_id,
        message_id: i32::try_from(number).unwrap_or(i32::MAX),
        private: true,
        name: letter.name.clone(),
        ..TelegramFacts::default()
    });
}
