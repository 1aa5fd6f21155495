//! What the store would keep of a conversation, in memory: threads, buyers, tickets, what was said and counted.
//!
//! It follows `store::commit`, `store::context` and `store::change` step by step; the test
//! `every_story_is_decided_alike_by_the_store` plays all stories on both and compares every verdict.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::{
    desk::transition::{Circumstances, Refusal, transition},
    model::{
        agent_command::{AgentCommand, Edit, Owner, TicketChange},
        buyer::Buyer,
        context::{Context, Counters, Switches},
        ids::{AgentName, BuyerId, InboundId, IntentId, ReplyId, ThreadId, TicketId},
        inbound::Inbound,
        language::Language,
        outbound::OutboundKind,
        switch::SituationSwitch,
        thread::{PendingAsk, Said, ThreadState},
        ticket::{Due, EventKind, Ticket, TicketState, Urgency},
        verdict::{Outcome, TicketPlan, Verdict},
    },
};

/// The windows of the caps, and how long a closed ticket is opened again, as the store has them.
const DAY: SignedDuration = SignedDuration::from_hours(24);
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const TEN_MINUTES: SignedDuration = SignedDuration::from_mins(10);
const REOPEN_WINDOW: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Below this the detector's guess is not remembered.
const SURE: f64 = 0.5;

/// Everything known at one moment.
#[derive(Debug, Default)]
pub struct World {
    threads: Vec<Thread>,
    buyers: BTreeMap<String, Buyer>,
    tickets: Vec<Ticket>,
    sent: Vec<Sent>,
    received: Vec<Received>,
    paused: Option<String>,
    /// Situations that somebody switched by hand.
    situations: Vec<SituationSwitch>,
    /// The country of buyers who have not said theirs.
    country: Option<String>,
}

/// One conversation.
#[derive(Debug)]
struct Thread {
    id: ThreadId,
    epoch: i64,
    participant: String,
    last_human_reply: Option<Timestamp>,
    bot_off: bool,
    pending: Option<PendingAsk>,
    language: Option<Language>,
    draft: Option<String>,
}

/// One automatic message that went out.
#[derive(Debug)]
struct Sent {
    thread: ThreadId,
    recipient: Option<String>,
    domain: Option<String>,
    said: Said,
}

/// One decided message.
#[derive(Debug)]
struct Received {
    sender: Option<String>,
    body_hash: [u8; 32],
    at: Timestamp,
}

/// Why a person cannot do what the story says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// There is nothing to act on.
    #[error("the conversation has no ticket")]
    NoTicket,
    /// The ticket's state does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl World {
    /// Returns a world in which nothing happened yet, with situations switched by hand and the country in which buyers are
    /// known to live.
    pub fn beginning(situations: Vec<SituationSwitch>, country: Option<String>) -> Self {
        Self { situations, country, ..Self::default() }
    }

    /// Returns what is known of a buyer; none if nothing is.
    fn buyer(&self, key: String) -> Option<Buyer> {
        let known = self.buyers.get(&key).cloned();
        known.or_else(|| self.country.is_some().then(|| self.stranger(key)))
    }

    /// Returns a buyer who has never written.
    fn stranger(&self, key: String) -> Buyer {
        Buyer {
            id: BuyerId(next(self.buyers.len())),
            key,
            name: None,
            language: None,
            country: self.country.clone(),
            suppressed: false,
            grade: None,
            tags: Vec::new(),
            orders: None,
        }
    }

    /// Returns what the engine may see for the decision on a message of that conversation.
    pub fn context(&self, inbound: &Inbound, thread: Option<ThreadId>, now: Timestamp) -> Context {
        let sender = inbound.sender_key();
        Context {
            thread: thread.and_then(|id| self.state(id)),
            buyer: sender.and_then(|key| self.buyer(key)),
            counters: self.counters(inbound, now),
            switches: Switches {
                paused: self.paused.clone(),
                situations: self.situations.clone(),
                ..Switches::default()
            },
            ..Context::default()
        }
    }

    /// Writes a decision, as the store's commit does; returns the conversation it went to.
    pub fn commit(
        &mut self,
        inbound: &Inbound,
        thread: Option<ThreadId>,
        verdict: &Verdict,
        now: Timestamp,
    ) -> ThreadId {
        let sender = inbound.sender_key();
        self.learn(inbound, verdict);
        let thread = self.settle_thread(thread, sender.clone(), verdict);
        self.received.push(Received { sender: sender.clone(), body_hash: inbound.body_hash, at: inbound.received_at });
        match &verdict.ticket {
            Some(plan) => self.raise(thread, inbound, plan, verdict.due.as_ref(), now),
            None if matches!(verdict.outcome, Outcome::Suppressed { .. }) => {}
            None => self.note(thread, now),
        }
        for message in &verdict.messages {
            if message.kind == OutboundKind::Draft {
                self.thread_mut(thread).draft = Some(message.text.clone());
                continue;
            }
            let said = Said {
                kind: message.kind,
                intents: message.intents.clone(),
                replies: message.replies.clone(),
                at: now,
            };
            let (recipient, domain) = (sender.clone(), inbound.sender_domain());
            self.sent.push(Sent { thread, recipient, domain, said });
        }
        thread
    }

    /// Does what a person does to the conversation's ticket; returns the words that go to the buyer, if any.
    pub fn act(
        &mut self,
        thread: Option<ThreadId>,
        by: &AgentName,
        command: &AgentCommand,
        now: Timestamp,
    ) -> Result<Option<String>, Impossible> {
        let thread = thread.ok_or(Impossible::NoTicket)?;
        let index = self.tickets.iter().rposition(|ticket| ticket.thread == thread).ok_or(Impossible::NoTicket)?;
        let draft = self.thread_mut(thread).draft.clone();
        let around = Circumstances { draft: draft.as_deref(), ..Circumstances::plain(now) };
        let change = transition(&self.tickets[index], by, command, &around)?;
        let words = match command {
            AgentCommand::Reply(answer) => Some(answer.text.clone()),
            AgentCommand::SendDraft(_) => draft,
            _ => None,
        };
        self.change(index, by, &change, words.is_some(), now);
        Ok(words)
    }

    /// Stops all automatic answers, or lets them go on.
    pub fn pause(&mut self, reason: Option<String>) {
        self.paused = reason;
    }

    /// Returns the newest ticket of a conversation.
    pub fn ticket(&self, thread: Option<ThreadId>) -> Option<&Ticket> {
        let thread = thread?;
        self.tickets.iter().rfind(|ticket| ticket.thread == thread)
    }

    fn state(&self, id: ThreadId) -> Option<ThreadState> {
        let thread = self.threads.iter().find(|thread| thread.id == id)?;
        let open = self.ticket(Some(id)).filter(|ticket| ticket.state != TicketState::Closed);
        Some(ThreadState {
            id,
            epoch: thread.epoch,
            participant: thread.participant.clone(),
            open_ticket: open.map(|ticket| ticket.id),
            claimed: open.is_some_and(|ticket| ticket.state == TicketState::Claimed),
            bot_off: thread.bot_off,
            last_human_reply: thread.last_human_reply,
            said: self.sent.iter().filter(|sent| sent.thread == id).map(|sent| sent.said.clone()).collect(),
            pending: thread.pending.clone(),
            language: thread.language,
        })
    }

    /// Counts as the store does, except for the shop's usual load, which only ever loosens a cap.
    fn counters(&self, inbound: &Inbound, now: Timestamp) -> Counters {
        let sender = inbound.sender_key();
        let domain = inbound.sender_domain();
        let chat = inbound.telegram.as_ref().map(crate::model::inbound::TelegramFacts::chat_key);
        let mut counters = Counters::default();
        let mut replies: BTreeSet<ReplyId> = BTreeSet::new();
        for sent in &self.sent {
            let age = now.duration_since(sent.said.at);
            let answer = sent.said.kind == OutboundKind::Answer;
            if sender.is_some() && sent.recipient == sender {
                counters.answers_sender_week += u32::from(answer && age < WEEK);
                counters.answers_sender_day += u32::from(answer && age < DAY);
                counters.notices_sender_day += u32::from(!answer && age < DAY);
                if age < DAY {
                    replies.extend(sent.said.replies.iter().cloned());
                }
            }
            if domain.is_some() && sent.domain == domain && answer {
                counters.answers_domain_week += u32::from(age < WEEK);
                counters.answers_domain_day += u32::from(age < DAY);
            }
            counters.sends_chat_hour += u32::from(chat.is_some() && sent.recipient == chat && age < HOUR);
            counters.sends_shop_ten_minutes += u32::from(age < TEN_MINUTES);
        }
        let near = |received: &&Received| {
            let apart = inbound.received_at.duration_since(received.at).abs() <= TEN_MINUTES;
            apart && received.body_hash == inbound.body_hash && sender.is_some() && received.sender == sender
        };
        counters.same_body_ten_minutes = u32::try_from(self.received.iter().filter(near).count()).unwrap_or(u32::MAX);
        counters.replies_sender_day = replies.into_iter().collect();
        counters
    }

    fn learn(&mut self, inbound: &Inbound, verdict: &Verdict) {
        let Some(key) = inbound.sender_key() else { return };
        let new = self.stranger(key.clone());
        let buyer = self.buyers.entry(key).or_insert(new);
        let telegram = inbound.telegram.as_ref().and_then(|telegram| telegram.name.clone());
        let name = telegram.or_else(|| inbound.from.as_ref()?.name.clone());
        buyer.name = name.or_else(|| buyer.name.take());
        let language = verdict.language.detected.filter(|_| verdict.language.confidence >= SURE);
        buyer.language = language.or(buyer.language);
        buyer.country = verdict.learned.get("country").cloned().or_else(|| buyer.country.take());
    }

    fn settle_thread(&mut self, thread: Option<ThreadId>, sender: Option<String>, verdict: &Verdict) -> ThreadId {
        let Some(id) = thread else {
            let id = ThreadId(next(self.threads.len()));
            self.threads.push(Thread {
                id,
                epoch: 0,
                participant: sender.unwrap_or_default(),
                last_human_reply: None,
                bot_off: false,
                pending: verdict.pending.clone(),
                language: verdict.language.detected,
                draft: None,
            });
            return id;
        };
        if !matches!(verdict.outcome, Outcome::Suppressed { .. }) {
            let thread = self.thread_mut(id);
            thread.language = verdict.language.detected.or(thread.language);
            thread.pending.clone_from(&verdict.pending);
        }
        id
    }

    /// Opens a ticket, extends the open one, or opens one again that was closed lately.
    fn raise(&mut self, thread: ThreadId, inbound: &Inbound, plan: &TicketPlan, due: Option<&Due>, now: Timestamp) {
        let respond_by = due.map(|due| due.at);
        let known = self.tickets.iter_mut().rfind(|ticket| ticket.thread == thread);
        let lately =
            |ticket: &&mut Ticket| ticket.state != TicketState::Closed || now - REOPEN_WINDOW <= ticket.changed_at;
        let Some(ticket) = known.filter(lately) else {
            self.open(thread, inbound, plan, respond_by, now);
            return;
        };
        if ticket.state != TicketState::Claimed {
            ticket.state = TicketState::Open;
        }
        ticket.urgency = ticket.urgency.max(plan.urgency);
        ticket.intent = plan.intent.clone().or_else(|| ticket.intent.take());
        add_new(&mut ticket.reasons, &plan.reasons);
        add_new(&mut ticket.tags, &plan.tags);
        ticket.version += 2;
        ticket.changed_at = now;
        ticket.respond_by = ticket.respond_by.into_iter().chain(respond_by).min();
    }

    fn open(
        &mut self,
        thread: ThreadId,
        inbound: &Inbound,
        plan: &TicketPlan,
        respond_by: Option<Timestamp>,
        now: Timestamp,
    ) {
        let TicketPlan { urgency, reasons, intent, tags }: &TicketPlan = plan;
        let (urgency, intent): (Urgency, Option<IntentId>) = (*urgency, intent.clone());
        self.tickets.push(Ticket {
            id: TicketId(next(self.tickets.len())),
            thread,
            inbound: InboundId(next(self.received.len()) - 1),
            state: TicketState::Open,
            urgency,
            subject: inbound.subject.clone(),
            buyer: inbound.sender_key().unwrap_or_default(),
            intent,
            reasons: reasons.clone(),
            tags: tags.clone(),
            assignee: None,
            version: 1,
            opened_at: now,
            changed_at: now,
            respond_by,
            claimed_at: None,
            snoozed_until: None,
            merged_into: None,
            result: None,
            cause: None,
            compensation: None,
        });
    }

    /// A message joins the history of the open ticket.
    fn note(&mut self, thread: ThreadId, now: Timestamp) {
        let open = |ticket: &&mut Ticket| ticket.thread == thread && ticket.state != TicketState::Closed;
        if let Some(ticket) = self.tickets.iter_mut().rfind(open) {
            ticket.version += 1;
            ticket.changed_at = now;
        }
    }

    fn change(&mut self, index: usize, by: &AgentName, change: &TicketChange, writes: bool, now: Timestamp) {
        let ticket = &mut self.tickets[index];
        ticket.state = change.state;
        match &change.owner {
            Owner::Same => {}
            Owner::Actor => ticket.assignee = Some(by.clone()),
            Owner::Person(person) => ticket.assignee = Some(person.clone()),
            Owner::Nobody => ticket.assignee = None,
        }
        ticket.respond_by = ticket.respond_by.filter(|_| change.keeps_waiting());
        ticket.version += 1;
        ticket.changed_at = now;
        let id = ticket.thread;
        let thread = self.thread_mut(id);
        if change.take_over {
            thread.epoch += 1;
            thread.pending = None;
        }
        if change.event == EventKind::Reply {
            thread.last_human_reply = Some(now);
        }
        match &change.edit {
            Some(Edit::HandBack) => (thread.last_human_reply, thread.bot_off) = (None, false),
            Some(Edit::BotOff(off)) => thread.bot_off = *off,
            _ => {}
        }
        if writes || change.state == TicketState::Closed {
            thread.draft = None;
        }
    }

    fn thread_mut(&mut self, id: ThreadId) -> &mut Thread {
        let index = self.threads.iter().position(|thread| thread.id == id);
        &mut self.threads[index.expect("threads are never removed, and ids come from here")]
    }
}

/// Returns the row number after so many.
fn next(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX - 1) + 1
}

fn add_new(known: &mut Vec<String>, new: &[String]) {
    for word in new {
        if !known.contains(word) {
            known.push(word.clone());
        }
    }
}
