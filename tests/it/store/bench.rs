//! What the store's cases work with: an open store, letters and decisions as the service would make them.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use nightdesk::{
    channel::email::parse,
    model::{
        commit::{Commit, CommitOutcome, InboundEnvelope, ThreadChoice},
        context::Context,
        ids::{AccountName, InboundId, OutboxId, ReplyId, ThreadId, TicketId},
        inbound::{ChannelKind, Inbound, MailFacts, Mailbox, TelegramFacts},
        language::Language,
        order::Order,
        outbound::{MailPayload, NewOutbound, OutboundKind, Payload, TelegramPayload},
        receive::{FolderRole, ReceiveOutcome, Received, SourceKey},
        thread::PendingAsk,
        ticket::{TicketState, Urgency},
        verdict::{FactUsed, LanguageChoice, Outcome, TicketPlan, Verdict},
    },
    store::{Settings, Store, ticket::TicketFilter},
};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, PgPool, Row as _, SqlitePool};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::support::postgres::{self, Cluster};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// A store of one case.
pub(crate) struct Bench {
    pub(super) backend: Backend,
    pub(super) store: Store,
    pub(super) url: String,
    beside: Beside,
    folder: TempDir,
    next: AtomicU32,
}

/// A value for `$n`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given {
    Number(i64),
    Text(&'static str),
    /// No text.
    Nothing,
}

/// A connection of the test's own.
enum Beside {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A received message with what the parser made of it.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) id: InboundId,
    pub(crate) inbound: Inbound,
}

/// What a decision is to do.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(super) outcome: Outcome,
    pub(crate) ticket: Option<TicketPlan>,
    pub(super) send: Vec<OutboundKind>,
    pub(super) pending: Option<PendingAsk>,
    pub(super) country: Option<String>,
    pub(super) confidence: f64,
    /// What the answer would quote.
    pub(crate) facts: Vec<FactUsed>,
    pub(crate) order: Option<Order>,
}

/// What a decision led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    pub(super) thread: ThreadId,
    pub(crate) ticket: Option<TicketId>,
    pub(super) outbox: Vec<OutboxId>,
}

/// Returns a moment, in minutes after the beginning of every case.
pub(crate) fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000).expect("a moment in 2026") + SignedDuration::from_mins(minutes)
}

pub(super) fn settings(url: &str) -> Settings {
    Settings { url: url.to_owned().into() }
}

impl Plan {
    pub(crate) fn answer() -> Self {
        Self::of(Outcome::Answered, None, &[OutboundKind::Answer])
    }

    pub(crate) fn escalate() -> Self {
        let ticket = TicketPlan {
            urgency: Urgency::Normal,
            reasons: vec!["no rule stands".to_owned()],
            intent: None,
            tags: Vec::new(),
        };
        Self::of(Outcome::Escalated { with_answer: false }, Some(ticket), &[OutboundKind::Ack])
    }

    pub(crate) fn suppress() -> Self {
        Self::of(Outcome::Suppressed { reason: "B3".to_owned() }, None, &[])
    }

    pub(super) fn urgent(mut self, urgency: Urgency) -> Self {
        if let Some(ticket) = &mut self.ticket {
            ticket.urgency = urgency;
        }
        self
    }

    pub(super) fn labelled(mut self, tag: &str) -> Self {
        if let Some(ticket) = &mut self.ticket {
            ticket.tags.push(tag.to_owned());
        }
        self
    }

    pub(crate) fn sending(mut self, kinds: &[OutboundKind]) -> Self {
        self.send = kinds.to_vec();
        self
    }

    fn of(outcome: Outcome, ticket: Option<TicketPlan>, send: &[OutboundKind]) -> Self {
        Self {
            outcome,
            ticket,
            send: send.to_vec(),
            pending: None,
            country: None,
            confidence: 0.9,
            facts: Vec::new(),
            order: None,
        }
    }
}

/// Returns an empty store's file. It is made once: some hundred cases need one, and the schema has many steps.
async fn empty_file() -> &'static [u8] {
    static FILE: OnceCell<Vec<u8>> = OnceCell::const_new();
    FILE.get_or_init(async || {
        let folder = TempDir::new().expect("a temporary folder");
        let file = folder.path().join("desk.db");
        open_and_close(&format!("sqlite://{}", file.display())).await;
        fs::read(&file).expect("the store is closed, and all of it in one file")
    })
    .await
}

/// Returns the name of an empty store's database.
async fn empty_database(cluster: &Cluster) -> &'static str {
    static DATABASE: OnceCell<String> = OnceCell::const_new();
    DATABASE
        .get_or_init(async || {
            let name = cluster.database().await;
            open_and_close(&cluster.url(&name)).await;
            name
        })
        .await
}

async fn open_and_close(url: &str) {
    Store::open(&settings(url)).await.expect("an empty store opens").close().await;
}

impl Bench {
    pub(super) async fn new(backend: Backend) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = match backend {
            Backend::Sqlite => {
                let file = folder.path().join("desk.db");
                fs::write(&file, empty_file().await).expect("the folder is writable");
                format!("sqlite://{}", file.display())
            }
            Backend::Postgres => {
                let cluster = postgres::cluster().expect("the suite is skipped without PostgreSQL");
                cluster.url(&cluster.copy(empty_database(cluster).await).await)
            }
        };
        let store = Store::open(&settings(&url)).await.expect("an empty store opens");
        let beside = match backend {
            Backend::Sqlite => Beside::Sqlite(SqlitePool::connect_lazy(&url).expect("an address that opened")),
            Backend::Postgres => Beside::Postgres(PgPool::connect_lazy(&url).expect("an address that opened")),
        };
        Self { backend, store, url, beside, folder, next: AtomicU32::new(1) }
    }

    /// Works with a SQLite store that somebody else opened, through the store alone.
    pub(crate) fn over(store: &Store) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = "sqlite::memory:".to_owned();
        let beside = Beside::Sqlite(SqlitePool::connect_lazy(&url).expect("an address"));
        Self { backend: Backend::Sqlite, store: store.clone(), url, beside, folder, next: AtomicU32::new(1) }
    }

    /// Receives a mail of these bytes and reads it as the service does.
    pub(crate) async fn received(&self, raw: &str, now: Timestamp) -> Letter {
        let received = mail(self.next(), 7, raw, now);
        let inbound = parse::parse(&received);
        Letter { id: self.receive(received, now).await, inbound }
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join("desk.db")
    }

    /// Runs a query beside the store and returns its one number.
    pub(super) async fn number(&self, sql: &str) -> i64 {
        let query = AssertSqlSafe(sql.to_owned());
        let number = match &self.beside {
            Beside::Sqlite(pool) => sqlx::query_scalar(query).fetch_one(pool).await,
            Beside::Postgres(pool) => sqlx::query_scalar(query).fetch_one(pool).await,
        };
        number.expect("the query is well-formed")
    }

    /// Runs a statement beside the store.
    pub(super) async fn run(&self, sql: &str) {
        assert!(!self.refuses(sql).await, "the statement is well-formed: {sql}");
    }

    /// Runs a query beside the store and returns its one text.
    pub(super) async fn text(&self, sql: &str) -> String {
        let query = AssertSqlSafe(sql.to_owned());
        let text = match &self.beside {
            Beside::Sqlite(pool) => sqlx::query_scalar(query).fetch_one(pool).await,
            Beside::Postgres(pool) => sqlx::query_scalar(query).fetch_one(pool).await,
        };
        text.expect("the query is well-formed")
    }

    /// Returns the plan of a query beside the store: on PostgreSQL with what it looked at.
    pub(super) async fn plan(&self, sql: &str, given: &[Given]) -> String {
        let lines: Result<Vec<String>, _> = match &self.beside {
            Beside::Sqlite(pool) => {
                let query = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
                let query = given.iter().fold(sqlx::query(query), |query, value| match value {
                    Given::Number(number) => query.bind(*number),
                    Given::Text(text) => query.bind(*text),
                    Given::Nothing => query.bind(None::<&str>),
                });
                query.fetch_all(pool).await.map(|rows| rows.iter().map(|row| row.get("detail")).collect())
            }
            Beside::Postgres(pool) => {
                let query = AssertSqlSafe(format!("EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) {sql}"));
                let query = given.iter().fold(sqlx::query_scalar(query), |query, value| match value {
                    Given::Number(number) => query.bind(*number),
                    Given::Text(text) => query.bind(*text),
                    Given::Nothing => query.bind(None::<&str>),
                });
                query.fetch_all(pool).await
            }
        };
        lines.expect("the query is well-formed").join("\n")
    }

    /// Runs a statement beside the store and returns whether the schema refuses it.
    pub(super) async fn refuses(&self, sql: &str) -> bool {
        let query = AssertSqlSafe(sql.to_owned());
        match &self.beside {
            Beside::Sqlite(pool) => sqlx::query(query).execute(pool).await.is_err(),
            Beside::Postgres(pool) => sqlx::query(query).execute(pool).await.is_err(),
        }
    }

    /// Closes this store and opens it again, as a restart does.
    pub(super) async fn reopened(self) -> Self {
        let Self { backend, store, url, beside, folder, next } = self;
        store.close().await;
        drop(store);
        let store = Store::open(&settings(&url)).await.expect("it opens again");
        Self { backend, store, url, beside, folder, next }
    }

    /// Lets go of the store and keeps the folder.
    pub(super) fn released(self) -> TempDir {
        self.folder
    }

    pub(super) fn next(&self) -> u32 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Receives a mail and returns it as the parser would.
    pub(super) async fn mail(&self, from: &str, text: &str, now: Timestamp) -> Letter {
        let number = self.next();
        let message_id = format!("letter-{number}@buyer.example");
        self.mail_as(from, text, &message_id, &[], now).await
    }

    /// Receives an answer to the mails of these ids.
    pub(super) async fn reply(&self, from: &str, text: &str, to: &[&str], now: Timestamp) -> Letter {
        let message_id = format!("letter-{}@buyer.example", self.next());
        self.mail_as(from, text, &message_id, to, now).await
    }

    pub(super) async fn mail_as(
        &self,
        from: &str,
        text: &str,
        message_id: &str,
        references: &[&str],
        now: Timestamp,
    ) -> Letter {
        let raw = format!("From: Ana <{from}>\r\nMessage-ID: <{message_id}>\r\n\r\n{text}");
        let received = mail(self.next(), 7, &raw, now);
        let id = self.receive(received, now).await;
        let mut inbound = Inbound::from_text(ChannelKind::Email, text, now);
        inbound.account = account();
        "Order".clone_into(&mut inbound.subject);
        inbound.from = Some(Mailbox { name: Some("Ana".to_owned()), address: from.to_owned() });
        inbound.body_hash = Sha256::digest(text).into();
        inbound.mail = Some(MailFacts {
            message_id: Some(message_id.to_owned()),
            references: references.iter().map(|&id| id.to_owned()).collect(),
            ..MailFacts::default()
        });
        Letter { id, inbound }
    }

    /// Receives a Telegram message.
    pub(super) async fn chat(&self, chat_id: i64, text: &str, now: Timestamp) -> Letter {
        let id = self.receive(update(self.next().into(), text, now), now).await;
        let mut inbound = Inbound::from_text(ChannelKind::Telegram, text, now);
        inbound.account = AccountName::from("bot");
        inbound.from = Some(Mailbox { name: Some("Ana".to_owned()), address: String::new() });
        inbound.subject = String::new();
        inbound.body_hash = Sha256::digest(text).into();
        inbound.telegram = Some(TelegramFacts { chat_id, private: true, ..TelegramFacts::default() });
        Letter { id, inbound }
    }

    async fn receive(&self, received: Received, now: Timestamp) -> InboundId {
        let outcomes = self.store.receive(&[received], None, now).await.expect("the batch is stored");
        let [ReceiveOutcome::Stored(id)] = outcomes[..] else { panic!("not stored: {outcomes:?}") };
        id
    }

    pub(super) async fn context(&self, letter: &Letter, now: Timestamp) -> Context {
        // From a breaker at nothing on, every count is exact.
        self.store.context(letter.id, &letter.inbound, 0, now).await.expect("the context is read")
    }

    /// Decides on a message as the plan says and commits it, which must succeed.
    pub(crate) async fn decide(&self, letter: &Letter, plan: Plan, now: Timestamp) -> Done {
        let commit = self.commit_of(letter, plan, now).await;
        match self.store.commit(&commit).await.expect("the commit runs") {
            CommitOutcome::Committed { thread, ticket, outbox } => Done { thread, ticket, outbox },
            other => panic!("not committed: {other:?}"),
        }
    }

    /// Returns the commit of a plan on the present context.
    pub(super) async fn commit_of(&self, letter: &Letter, plan: Plan, now: Timestamp) -> Commit {
        let context = self.context(letter, now).await;
        let inbound = &letter.inbound;
        let thread = match &context.thread {
            Some(thread) => ThreadChoice::Existing { id: thread.id, epoch: thread.epoch },
            None => ThreadChoice::New,
        };
        let outbound = plan.send.iter().map(|kind| outbound(letter, *kind)).collect();
        Commit {
            inbound: letter.id,
            envelope: envelope(inbound),
            thread,
            beyond_limits: None,
            over_cap: false,
            unanswered_before: false,
            stoppable_until: None,
            joined: Vec::new(),
            counters: context.counters,
            verdict: verdict(plan, now),
            outbound,
            now,
        }
    }

    /// Returns the tickets of these states, in the queue's order.
    pub(super) async fn listed(&self, states: &[TicketState]) -> Vec<TicketId> {
        let filter = TicketFilter { states: states.to_vec(), assignee: None, limit: 100 };
        let tickets = self.store.tickets(&filter).await.expect("the list is read");
        tickets.iter().map(|ticket| ticket.id).collect()
    }

    /// Returns the state of an outbox row.
    pub(super) async fn is(&self, id: OutboxId, state: &str) -> bool {
        self.number(&format!("SELECT COUNT(*) FROM outbox WHERE id = {id} AND state = '{state}'")).await == 1
    }
}

pub(super) fn account() -> AccountName {
    AccountName::from("shop")
}

/// Returns a mail of the INBOX.
pub(super) fn mail(uid: u32, uid_validity: u32, raw: &str, received_at: Timestamp) -> Received {
    Received {
        channel: ChannelKind::Email,
        account: account(),
        key: SourceKey::Imap { folder: "INBOX".to_owned(), uid_validity, uid },
        raw: raw.as_bytes().to_vec(),
        received_at,
        size: raw.len() as u64,
        role: FolderRole::Inbox,
        reconciled: false,
    }
}

/// Returns a Telegram update.
pub(super) fn update(update_id: i64, text: &str, received_at: Timestamp) -> Received {
    Received {
        channel: ChannelKind::Telegram,
        account: AccountName::from("bot"),
        key: SourceKey::Telegram { update_id },
        raw: text.as_bytes().to_vec(),
        received_at,
        size: text.len() as u64,
        role: FolderRole::Inbox,
        reconciled: false,
    }
}

fn envelope(inbound: &Inbound) -> InboundEnvelope {
    InboundEnvelope {
        channel: inbound.channel,
        sender_key: inbound.sender_key(),
        sender_domain: inbound.sender_domain(),
        sender_name: inbound.from.as_ref().and_then(|from| from.name.clone()),
        message_id: inbound.mail.as_ref().and_then(|mail| mail.message_id.clone()),
        chat_key: inbound.conversation_key(),
        subject: inbound.subject.clone(),
        text: inbound.text.clone(),
        body_hash: inbound.body_hash,
        language: Some(Language::EN),
    }
}

fn verdict(plan: Plan, now: Timestamp) -> Verdict {
    Verdict {
        relay: None,
        decided_at: now,
        rule_set_hash: "rules".to_owned(),
        outcome: plan.outcome,
        guards: Vec::new(),
        language: LanguageChoice {
            detected: Some(Language::EN),
            confidence: plan.confidence,
            answer: Language::EN,
            reason: "detector".to_owned(),
        },
        sentences: Vec::new(),
        hits: Vec::new(),
        losers: Vec::new(),
        entities: Vec::new(),
        facts: plan.facts,
        order: plan.order,
        orders_unseen: None,
        situation: None,
        messages: Vec::new(),
        ticket: plan.ticket,
        due: None,
        not_before: None,
        pending: plan.pending,
        learned: plan.country.into_iter().map(|country| ("country".to_owned(), country)).collect(),
        confident: true,
        confidence: 1.0,
        similar: Vec::new(),
        alarms: Vec::new(),
        doubts: Vec::new(),
        shadow: Vec::new(),
        mode: None,
    }
}

/// Returns an automatic message to the sender of a letter.
pub(crate) fn outbound(letter: &Letter, kind: OutboundKind) -> NewOutbound {
    let key = format!("i{}-{}", letter.id, kind.as_str());
    let text = format!("{} to {}", kind.as_str(), letter.inbound.text);
    let payload = match &letter.inbound.telegram {
        Some(telegram) => Payload::Telegram(TelegramPayload {
            chat_id: telegram.chat_id,
            business_connection_id: None,
            reply_to_message_id: None,
            text,
        }),
        None => Payload::Mail(MailPayload {
            envelope_from: "shop@shop.example".to_owned(),
            envelope_to: letter.inbound.sender_key().unwrap_or_default(),
            message_id: format!("ar.{key}@shop.example"),
            bytes: b"Subject: x\r\n\r\nx\0\xff".to_vec(),
            text,
        }),
    };
    NewOutbound {
        key,
        account: letter.inbound.account.clone(),
        kind,
        human: false,
        recipient_key: letter.inbound.sender_key().unwrap_or_default(),
        recipient_domain: letter.inbound.sender_domain(),
        intents: Vec::new(),
        replies: vec![ReplyId::from(kind.as_str())],
        payload,
    }
}
