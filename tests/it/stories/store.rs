//! The same stories on a real store: what the small world of `nightdesk test` remembers is what the store remembers.

use jiff::Timestamp;
use nightdesk::{
    check::story::{Act, Story, play},
    desk::transition::{Circumstances, transition},
    engine::Engine,
    model::{
        agent_command::AgentCommand,
        commit::{Commit, CommitOutcome, InboundEnvelope, ThreadChoice},
        context::Context,
        ids::{AgentName, InboundId, ThreadId},
        inbound::{ChannelKind, Inbound, TelegramFacts},
        order::{Order, address_key},
        outbound::{NewOutbound, OutboundKind, Payload, TelegramPayload},
        receive::{FolderRole, ReceiveOutcome, Received, SourceKey},
        ticket::Ticket,
        verdict::{PlannedMessage, Verdict},
    },
    store::{Settings, Store, outbox::Settlement, ticket::TicketFilter},
};
use tempfile::TempDir;

use super::packs;

/// More tickets than any story opens.
const MANY: u32 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_story_is_decided_alike_by_the_store() {
    for pack in packs() {
        for story in &pack.stories {
            on_a_store(&pack.engine, story).await;
        }
    }
}

/// A store with one story on it.
struct Desk {
    store: Store,
    thread: Option<ThreadId>,
    messages: i64,
    _folder: TempDir,
}

async fn on_a_store(engine: &Engine, story: &Story) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite://{}", folder.path().join("story.db").display());
    let opened = Store::open(&Settings { url: url.into() }).await.expect("an empty store opens");
    let mut desk = Desk { store: opened, thread: None, messages: 0, _folder: folder };
    let telling = play::play(engine, story);
    // The shop's records are not the store's: whoever has them gives them to the engine.
    let mut orders = Vec::new();
    for (step, turn) in story.steps.iter().zip(&telling.turns) {
        match (&step.act, &turn.inbound) {
            (Act::Buyer(_), Some(inbound)) => {
                let verdict = desk.decide(engine, inbound, &orders, turn.at).await;
                assert_eq!(Some(&verdict), turn.verdict.as_deref(), "{}: {}", story.name, turn.text);
            }
            (Act::Agent(command), _) => desk.act(command, turn.at).await,
            (Act::Order(order, email), _) => {
                orders.retain(|(known, _): &(Order, Option<String>)| known.number != order.number);
                orders.insert(0, (Order::clone(order), email.clone()));
            }
            (Act::Pause(reason), _) => {
                desk.store.set_paused(Some(reason), "desk", turn.at).await.expect("the store takes it");
            }
            (Act::Resume, _) => desk.store.set_paused(None, "desk", turn.at).await.expect("the store takes it"),
            _ => {}
        }
    }
    desk.store.close().await;
}

impl Desk {
    /// Receives, decides, commits and delivers, as the service does.
    async fn decide(
        &mut self,
        engine: &Engine,
        inbound: &Inbound,
        orders: &[(Order, Option<String>)],
        now: Timestamp,
    ) -> Verdict {
        let id = self.receive(inbound, now).await;
        let breaker = engine.settings().limits.sends_per_ten_minutes;
        let read = self.store.context(id, inbound, breaker, now).await.expect("the context is read");
        let sender = inbound.from.as_ref().and_then(|mailbox| address_key(&mailbox.address));
        let theirs = |email: &Option<String>| email.as_ref().is_none_or(|email| address_key(email) == sender);
        let orders = orders.iter().filter(|(_, email)| theirs(email)).map(|(order, _)| order.clone()).collect();
        let context = Context { orders, ..read };
        let verdict = engine.decide(inbound, &context, now);
        let thread = context.thread.as_ref();
        let commit = Commit {
            inbound: id,
            envelope: envelope(inbound, &verdict),
            thread: thread
                .map_or(ThreadChoice::New, |thread| ThreadChoice::Existing { id: thread.id, epoch: thread.epoch }),
            beyond_limits: None,
            over_cap: false,
            unanswered_before: false,
            stoppable_until: None,
            joined: Vec::new(),
            counters: context.counters.clone(),
            outbound: verdict.messages.iter().map(|message| outbound(id, inbound, message)).collect(),
            verdict: verdict.clone(),
            now,
        };
        let outcome = self.store.commit(&commit).await.expect("the commit runs");
        let CommitOutcome::Committed { thread, .. } = outcome else { panic!("not committed: {outcome:?}") };
        self.thread = Some(thread);
        self.deliver(now).await;
        verdict
    }

    async fn receive(&mut self, inbound: &Inbound, now: Timestamp) -> InboundId {
        self.messages += 1;
        let raw = format!("message {}: {}", self.messages, inbound.text).into_bytes();
        let key = match inbound.channel {
            ChannelKind::Email => SourceKey::Maildir { name: self.messages.to_string() },
            ChannelKind::Telegram => SourceKey::Telegram { update_id: self.messages },
        };
        let received = Received {
            channel: inbound.channel,
            account: inbound.account.clone(),
            key,
            size: raw.len() as u64,
            raw,
            received_at: inbound.received_at,
            role: FolderRole::Inbox,
            reconciled: false,
        };
        let outcomes = self.store.receive(&[received], None, now).await.expect("the batch is stored");
        let [ReceiveOutcome::Stored(id)] = outcomes[..] else { panic!("not stored: {outcomes:?}") };
        id
    }

    async fn deliver(&self, now: Timestamp) {
        while let Some(row) = self.store.claim(now, &[]).await.expect("the claim runs") {
            let sent = Settlement::Sent { proof: "250 ok".to_owned() };
            self.store.settle(row.id, &sent, now).await.expect("settled");
        }
    }

    async fn act(&self, command: &AgentCommand, now: Timestamp) {
        let all = self
            .store
            .tickets(&TicketFilter { states: Vec::new(), assignee: None, limit: MANY })
            .await
            .expect("listed");
        let newest = all.into_iter().filter(|ticket| Some(ticket.thread) == self.thread).max_by_key(|ticket| ticket.id);
        let ticket: Ticket = newest.expect("the conversation has a ticket");
        let by = AgentName::new("desk");
        let file = self.store.ticket(ticket.id).await.expect("read").expect("it is there");
        let draft = file.draft.as_ref().map(|(_, draft)| draft.text());
        let around = Circumstances { draft, ..Circumstances::plain(now) };
        let mut change = transition(&ticket, &by, command, &around).expect("a story does what is possible");
        let words = match command {
            AgentCommand::Reply(answer) => Some(answer.text.clone()),
            AgentCommand::SendDraft(_) => draft.map(str::to_owned),
            _ => None,
        };
        change.outbound = words.map(|text| NewOutbound {
            key: format!("t{}-{}", ticket.id, ticket.version),
            account: "text".into(),
            kind: OutboundKind::Answer,
            human: true,
            recipient_key: file.recipient.key.clone(),
            recipient_domain: None,
            intents: Vec::new(),
            replies: Vec::new(),
            payload: payload(text),
        });
        self.store.change_ticket(ticket.id, &by, &change, now).await.expect("the store takes it");
        self.deliver(now).await;
    }
}

fn envelope(inbound: &Inbound, verdict: &Verdict) -> InboundEnvelope {
    let telegram = inbound.telegram.as_ref();
    let name = telegram.and_then(|telegram| telegram.name.clone());
    InboundEnvelope {
        channel: inbound.channel,
        sender_key: inbound.sender_key(),
        sender_domain: inbound.sender_domain(),
        sender_name: name.or_else(|| inbound.from.as_ref()?.name.clone()),
        message_id: inbound.mail.as_ref().and_then(|mail| mail.message_id.clone()),
        chat_key: telegram.map(TelegramFacts::chat_key),
        subject: inbound.subject.clone(),
        text: inbound.text.clone(),
        body_hash: inbound.body_hash,
        language: verdict.language.detected,
    }
}

fn outbound(id: InboundId, inbound: &Inbound, message: &PlannedMessage) -> NewOutbound {
    NewOutbound {
        key: format!("i{id}-{}", message.kind.as_str()),
        account: inbound.account.clone(),
        kind: message.kind,
        human: false,
        recipient_key: inbound.sender_key().expect("buyers of stories have a name"),
        recipient_domain: inbound.sender_domain(),
        intents: message.intents.clone(),
        replies: message.replies.clone(),
        payload: payload(message.text.clone()),
    }
}

/// Returns what the store keeps of words; the way they are sent does not matter here.
fn payload(text: String) -> Payload {
    Payload::Telegram(TelegramPayload { chat_id: 1, business_connection_id: None, reply_to_message_id: None, text })
}
