//! From a stored message to a committed decision.
//!
//! *Receive* and *decide* are two transactions. Between them everything is repeatable from the stored row, so a crash
//! costs a repetition and nothing else. A message that cannot be decided (it panics, takes too long, or its thread
//! changes under our hands twice) is quarantined as a ticket with its raw bytes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::RwLock;
use tokio_util::sync::CancellationToken;

use crate::{
    engine::{
        burst,
        guard::{self, Case, Stage},
    },
    library::live::Live,
    model::{
        commit::{Commit, CommitOutcome, InboundEnvelope, Joined, Refusal, ThreadChoice},
        context::{Context, Counters},
        ids::{AccountName, InboundId},
        inbound::{Inbound, Note},
        outbound::NewOutbound,
        receive::{FolderRole, Received},
        verdict::Verdict,
    },
    service::{
        Wake,
        accounts::Accounts,
        burst::{Gathering, Pace},
        desk::{self, Desk, Slow},
        handle::Handle,
        isolation::{Isolated, Isolation, MAX_ABANDONED, MAX_TRIES},
        lease::{Held, Work},
        outgoing::{self, Words},
        reading::{self, Parsed},
        restore::Doubted,
        room::with_room,
        sent,
        staff_mail::Staff,
    },
    store::{
        Store,
        error::StoreError,
        inbound::{FIRST_TRIES, StoredInbound},
        quarantine::Cause,
    },
};

/// Messages read at once: few, because each may be as large as the largest mail that is fetched.
const BATCH: u32 = FIRST_TRIES;
/// How many batches of one account are decided before the table is looked at again.
const TURN: usize = 8;
/// So many accounts are decided for at once: while one waits for the database, another one has the processor.
const ACCOUNTS_AT_ONCE: usize = 4;
/// How often the table is looked at without being woken.
const POLL: Duration = Duration::from_secs(1);
/// How long to wait when the store fails before it is asked again.
const STORE_PAUSE: Duration = Duration::from_secs(2);
/// Neighbors of a message that is chewed on longer than this are decided meanwhile.
const PATIENCE: Duration = Duration::from_secs(1);
/// So many messages of an account are chewed on at once; while there are more of them, the others wait, at most `MAX_TIME`.
const MAX_SLOW: usize = 4;
/// The guards that count how much was said: what they stop in a flood is one ticket for each sender.
const CAPS: [&str; 5] = ["F1", "F2", "F3", "F4", "F5"];

/// A message that was read.
struct Read {
    id: InboundId,
    inbound: Arc<Inbound>,
    received: Arc<Received>,
}

impl Read {
    /// Returns it as a part of a burst.
    fn of(&self, verdict: &Verdict) -> Joined {
        Joined { inbound: self.id, envelope: envelope(&self.inbound, verdict) }
    }
}

/// The intake task.
#[derive(Debug, Clone)]
pub(super) struct Intake {
    pub(super) store: Store,
    live: Arc<Live>,
    pub(super) accounts: Arc<Accounts>,
    pace: Pace,
    pub(super) held: Arc<Held>,
    pub(super) wake: Wake,
    isolation: Isolation,
    /// What people do who answer by mail goes through this.
    pub(super) handle: Handle,
    pub(super) staff: Staff,
    doubted: Doubted,
    /// Held alone by whoever decides a second time: accounts that are decided for at once must not overtake one another
    /// until a person has to look at it.
    commits: Arc<RwLock<()>>,
}

impl Intake {
    pub(super) fn new(handle: Handle, held: Arc<Held>, pace: Pace, staff: Staff, isolation: Isolation) -> Self {
        let Handle { store, live, accounts, wake, .. } = handle.clone();
        Self {
            doubted: Doubted::new(store.clone(), accounts.clone()),
            store,
            live,
            accounts,
            pace,
            held,
            wake,
            isolation,
            handle,
            staff,
            commits: Arc::default(),
        }
    }

    /// Returns the same under an account's lease.
    fn under(&self, work: &Work) -> Self {
        Self { store: work.store.clone(), ..self.clone() }
    }

    /// Decides what is stored and undecided until told to stop, or until too many threads are left to themselves.
    pub(super) async fn decide_until(self, stop: CancellationToken) {
        let mut desks = BTreeMap::new();
        while !stop.is_cancelled() {
            if self.isolation.abandoned() >= MAX_ABANDONED {
                tracing::error!(
                    "{MAX_ABANDONED} pieces of work on hostile messages, now put aside, hold a thread each that cannot be \
                     ended; the service ends so that it is started anew"
                );
                return;
            }
            let decided = self.decide_round(&mut desks, &stop).await;
            let pause = desk::until_complete(&desks, Timestamp::now()).map_or(POLL, |wait| wait.min(POLL));
            match decided {
                Ok(0) => tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.wake.received.notified() => {}
                    () = desk::one_slow_ended(&mut desks) => {}
                    () = tokio::time::sleep(pause) => {}
                },
                Ok(_) => {}
                Err(error) => {
                    tracing::error!("the store refuses, decisions wait until it works again: {error}");
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(STORE_PAUSE) => {}
                    }
                }
            }
        }
        // They may chew for long yet. What is not written is decided again from the row.
        for desk in desks.values_mut() {
            desk.slow.tasks.shutdown().await;
        }
    }

    /// Decides for every account that this process serves and that has something to decide, several accounts at once;
    /// returns how much there was.
    async fn decide_round(
        &self,
        desks: &mut BTreeMap<AccountName, Desk>,
        stop: &CancellationToken,
    ) -> Result<usize, StoreError> {
        let waiting: BTreeSet<AccountName> = self.store.waiting().await?.into_iter().collect();
        for account in &waiting {
            desks.entry(account.clone()).or_default();
        }
        let turns = desks.iter_mut().filter_map(|(account, desk)| {
            let work = self.held.work(account).filter(|_| waiting.contains(account));
            if work.is_none() {
                // Whoever has the account now gathers for itself.
                desk.gathering = Gathering::default();
            }
            Some(self.decide_for(account, Arc::new(work?), desk, stop))
        });
        let turns: Vec<_> = turns.collect();
        let done: Vec<_> = stream::iter(turns).buffer_unordered(ACCOUNTS_AT_ONCE).collect().await;
        done.into_iter().sum()
    }

    /// Decides for one account; returns how much there was.
    async fn decide_for(
        &self,
        account: &AccountName,
        work: Arc<Work>,
        desk: &mut Desk,
        stop: &CancellationToken,
    ) -> Result<usize, StoreError> {
        let intake = self.under(&work);
        let mut count = 0;
        for _ in 0..TURN {
            if stop.is_cancelled() {
                break;
            }
            match intake.decide_batch(&work, desk, stop).await {
                Ok(0) => break,
                Ok(decided) => count += decided,
                Err(error) if error.is_fenced() => {
                    tracing::warn!(account = account.as_str(), "deciding ends here: {error}");
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(count)
    }

    async fn decide_batch(
        &self,
        work: &Arc<Work>,
        Desk { begun, slow, gathering }: &mut Desk,
        stop: &CancellationToken,
    ) -> Result<usize, StoreError> {
        while slow.ids.len() >= MAX_SLOW && !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                () = slow.one_ended() => {}
            }
        }
        let busy: Vec<InboundId> = slow.ids.iter().copied().chain(gathering.ids()).collect();
        let rows = if gathering.is_full() { Vec::new() } else { self.store.undecided_besides(BATCH, &busy).await? };
        let mut count = rows.len();
        let first: Vec<InboundId> =
            rows.iter().filter(|row| row.tries == 0 && !begun.contains(&row.id)).map(|row| row.id).collect();
        self.store.first_tries(&first).await?;
        begun.extend(first);
        for row in rows {
            if stop.is_cancelled() || slow.ids.len() >= MAX_SLOW {
                return Ok(count);
            }
            let id = row.id;
            // Counted once in the life of a process: the count is about messages that take the process down, and a store
            // that fails for a while must not put innocent ones aside.
            if begun.insert(id) && self.store.tried(id).await? > MAX_TRIES {
                self.quarantine(id, Cause::Crashed, "It was begun several times and never finished.").await?;
            } else if let Some(window) = self.pace.window(&row) {
                // It stays begun until it is decided.
                if self.gather(row, window, gathering).await? {
                    continue;
                }
            } else {
                self.process_or_pass(vec![row], work, slow).await?;
            }
            begun.remove(&id);
        }
        // What was written in one go may lie in several batches.
        if count == 0 {
            for burst in gathering.complete(Timestamp::now()) {
                count += burst.len();
                let rows = self.store.still_undecided(&burst).await?;
                if !rows.is_empty() {
                    self.process_or_pass(rows, work, slow).await?;
                }
                begun.retain(|id| !burst.contains(id));
            }
        }
        Ok(count)
    }

    /// Lets a message wait for more of the same buyer; returns whether it waits. One that cannot be read ends here.
    async fn gather(
        &self,
        row: StoredInbound,
        window: SignedDuration,
        gathering: &mut Gathering,
    ) -> Result<bool, StoreError> {
        let copy = row.clone();
        let Some(read) = self.read(row).await? else { return Ok(false) };
        // Whoever cannot be named writes no second message that could be known for theirs.
        let key = burst::key(&read.inbound).unwrap_or_else(|| format!("message {}", read.id));
        gathering.add(key, &copy, window);
        Ok(true)
    }

    /// Decides one message, or goes on without it when it is chewed on for long: its neighbors do not wait. What waits for
    /// the store is waited for, so that the messages of a conversation are decided in their order.
    async fn process_or_pass(
        &self,
        rows: Vec<StoredInbound>,
        work: &Arc<Work>,
        slow: &mut Slow,
    ) -> Result<(), StoreError> {
        let started = std::time::Instant::now();
        let intake = Self { isolation: self.isolation.apart(), ..self.clone() };
        let ids: Vec<InboundId> = rows.iter().map(|row| row.id).collect();
        let (last, isolation) = (ids.last().map(|id| id.0), intake.isolation.clone());
        let mut deciding = Box::pin(async move { intake.process(rows).await });
        loop {
            match tokio::time::timeout(PATIENCE, &mut deciding).await {
                Ok(done) => {
                    let took = u64::try_from(started.elapsed().as_micros()).unwrap_or(0);
                    tracing::debug!(inbound.id = last, duration_us = took, "decided");
                    return done;
                }
                Err(_) if !isolation.is_at_work() => {}
                Err(_) => {
                    tracing::warn!(
                        inbound.id = last,
                        "a message takes long to read, its neighbors are decided meanwhile"
                    );
                    slow.ids.extend(&ids);
                    let under_way = Arc::clone(work);
                    slow.tasks.spawn(async move {
                        let done = deciding.await;
                        // The lease is given back only after this.
                        drop(under_way);
                        (ids, done)
                    });
                    return Ok(());
                }
            }
        }
    }

    /// Decides messages that belong together, the oldest first; usually it is one.
    async fn process(&self, rows: Vec<StoredInbound>) -> Result<(), StoreError> {
        let alone = rows.len() == 1;
        let mut together = Vec::new();
        for row in rows {
            let Some(read) = self.read(row).await? else { continue };
            if alone || self.stands_alone(&read).await? {
                self.settle(read, Vec::new()).await?;
            } else {
                together.push(read);
            }
        }
        match together.pop() {
            Some(last) => self.settle(last, together).await,
            None => Ok(()),
        }
    }

    /// Reads a message; none if it ended here: it cannot be read, is no message, or lies in the Sent folder.
    async fn read(&self, row: StoredInbound) -> Result<Option<Read>, StoreError> {
        let id = row.id;
        let received = Arc::new(row.received);
        let source = received.clone();
        crate::failpoint::reach("intake.parse.before");
        let engine = self.live.engine();
        let parsed = match self.isolation.run(move || reading::parse(&source, engine.settings())).await {
            Isolated::Done(parsed) => parsed,
            Isolated::Panicked => {
                self.quarantine(id, Cause::Panicked, "Reading it failed inside.").await?;
                return Ok(None);
            }
            Isolated::TooLong => {
                self.quarantine(id, Cause::TooLong, "It could not be read within the time limit.").await?;
                return Ok(None);
            }
        };
        let inbound = match parsed {
            Parsed::Message(inbound) => Arc::new(*inbound),
            Parsed::Nothing(what) => {
                self.store.ignore(id, &what, Timestamp::now()).await?;
                return Ok(None);
            }
        };
        let done = if received.role == FolderRole::Sent {
            sent::record(&self.store, &self.accounts.instance, id, &inbound).await?;
            true
        } else {
            Box::pin(self.take_staff_mail(id, &received, &inbound)).await?
                || sent::record_copy(&self.store, self.live.engine().settings(), id, &inbound).await?
        };
        Ok((!done).then_some(Read { id, inbound, received }))
    }

    /// Returns whether a message of a burst must be decided by itself: a guard speaks about it, or a person answered it.
    async fn stands_alone(&self, read: &Read) -> Result<bool, StoreError> {
        let now = Timestamp::now();
        let engine = self.live.engine();
        let breaker = engine.settings().limits.sends_per_ten_minutes;
        let ctx = self.store.context(read.id, &read.inbound, breaker, now).await?;
        let case = Case { inbound: &read.inbound, ctx: &ctx, settings: engine.settings(), now, proposal: None };
        let objects = !guard::objections(&case, Stage::Message).is_empty();
        Ok(objects || self.store.is_answered_by_person(read.id, &read.inbound).await?)
    }

    /// Decides a message, together with earlier ones that belong to it.
    async fn settle(&self, read: Read, earlier: Vec<Read>) -> Result<(), StoreError> {
        let Read { id, inbound: own, received } = read;
        for part in &earlier {
            self.take_evidence(part.id, &part.inbound, &part.received.raw).await?;
        }
        self.take_evidence(id, &own, &received.raw).await?;
        let inbound = if earlier.is_empty() {
            own.clone()
        } else {
            Arc::new(burst::joined(earlier.iter().map(|part| part.inbound.as_ref()), &own))
        };
        // Twice: the world may change once between reading and writing; a second time is a person's business.
        for second in [false, true] {
            let alone = if second { Some(self.commits.write().await) } else { None };
            let now = Timestamp::now();
            if let Some(ticket) = self.store.answered_by_person(id, &own, now).await? {
                tracing::info!(
                    inbound.id = id.0,
                    ticket.id = ticket.0,
                    "a person answered this in the mailbox already"
                );
                return Ok(());
            }
            crate::failpoint::reach("intake.parse.after");
            let engine = self.live.engine();
            let breaker = engine.settings().limits.sends_per_ten_minutes;
            let ctx = Arc::new(self.store.context(id, &inbound, breaker, now).await?);
            let (mut verdict, counters) = match self.decided(engine, &inbound, &ctx, now).await {
                Isolated::Done(decided) => decided,
                Isolated::Panicked => return self.quarantine(id, Cause::Panicked, "Deciding it failed inside.").await,
                Isolated::TooLong => {
                    return self.quarantine(id, Cause::TooLong, "It could not be decided within the time limit.").await;
                }
            };
            crate::failpoint::reach("intake.decide.after");
            let unanswered = self.doubted.look(id, &inbound, &mut verdict).await?;
            let mut commit = self.commit_of(id, &inbound, &ctx, verdict, unanswered, now);
            commit.counters = counters.unwrap_or(commit.counters);
            commit.envelope = envelope(&own, &commit.verdict);
            commit.joined = earlier.iter().map(|part| part.of(&commit.verdict)).collect();
            let beside = if second { None } else { Some(self.commits.read().await) };
            let done = self.write(&commit, &inbound, &received.raw).await?;
            drop((alone, beside));
            if done {
                return Ok(());
            }
        }
        self.quarantine(id, Cause::Contested, "Its conversation changed twice while it was being decided.").await
    }

    /// Decides by one engine from start to end, whatever is put in force meanwhile. Where others decide at the same time, in
    /// this process or another one, also up to which counts the decision holds.
    async fn decided(
        &self,
        engine: Arc<crate::engine::Engine>,
        inbound: &Arc<Inbound>,
        ctx: &Arc<Context>,
        now: Timestamp,
    ) -> Isolated<(Verdict, Option<Counters>)> {
        let (message, seen) = (inbound.clone(), ctx.clone());
        let shared = self.store.is_shared() || self.accounts.channels().nth(1).is_some();
        let decide = move || {
            let verdict = engine.decide(&message, &seen, now);
            let counters = shared.then(|| with_room(&engine, &message, &seen, &verdict, now));
            (verdict, counters)
        };
        self.isolation.run(decide).await
    }

    /// Commits a decision; returns whether the message is done with.
    async fn write(&self, commit: &Commit, inbound: &Inbound, raw: &[u8]) -> Result<bool, StoreError> {
        let id = commit.inbound;
        crate::failpoint::reach("intake.compose.after");
        // Noted once, and first: what is decided is not read again.
        self.note_bounce(id, inbound, raw, &commit.verdict, commit.now).await?;
        match self.store.commit(commit).await? {
            CommitOutcome::Committed { ticket, outbox, .. } => {
                crate::failpoint::reach("intake.commit.after");
                log(id, &commit.verdict, ticket.map(|ticket| ticket.0));
                if !outbox.is_empty() {
                    crate::failpoint::reach("intake.wake.before");
                    self.wake.outbox.notify_one();
                }
                Ok(true)
            }
            CommitOutcome::AlreadyDecided => Ok(true),
            CommitOutcome::Refused(refusal) => {
                tracing::info!(inbound.id = id.0, "the {} changed meanwhile, deciding again", changed(refusal));
                Ok(false)
            }
        }
    }

    fn commit_of(
        &self,
        inbound_id: InboundId,
        inbound: &Inbound,
        ctx: &Context,
        mut verdict: Verdict,
        unanswered_before: bool,
        now: Timestamp,
    ) -> Commit {
        let outbound = self.outbound(inbound_id, inbound, &verdict, now).unwrap_or_else(|error| {
            verdict.unsendable(&error.to_string());
            Vec::new()
        });
        let thread = ctx.thread.as_ref();
        Commit {
            inbound: inbound_id,
            envelope: envelope(inbound, &verdict),
            thread: thread
                .map_or(ThreadChoice::New, |thread| ThreadChoice::Existing { id: thread.id, epoch: thread.epoch }),
            beyond_limits: beyond_limits(inbound),
            over_cap: verdict.guards.iter().any(|guard| CAPS.contains(&guard.guard.as_str())),
            unanswered_before,
            counters: ctx.counters.clone(),
            verdict,
            outbound,
            stoppable_until: self.pace.stoppable_until(now),
            joined: Vec::new(),
            now,
        }
    }

    fn outbound(
        &self,
        id: InboundId,
        inbound: &Inbound,
        verdict: &Verdict,
        now: Timestamp,
    ) -> Result<Vec<NewOutbound>, outgoing::OutgoingError> {
        let mut rows = Vec::new();
        for message in &verdict.messages {
            let words = Words {
                key: format!("i{id}-{}", message.kind.as_str()),
                kind: message.kind,
                ticket: None,
                intents: message.intents.clone(),
                replies: message.replies.clone(),
                subject: message.subject.as_deref(),
                text: &message.text,
                html: message.html.as_deref(),
            };
            rows.extend(outgoing::compose(&self.accounts, inbound, &words, now)?);
        }
        Ok(rows)
    }

    async fn quarantine(&self, id: InboundId, cause: Cause, reason: &str) -> Result<(), StoreError> {
        let ticket = self.store.quarantine(id, cause, reason, Timestamp::now()).await?;
        tracing::warn!(inbound.id = id.0, ticket.id = ticket.0, "a message was put aside for a person: {reason}");
        Ok(())
    }
}

/// Returns why a message goes into quarantine although it was decided: part of it was not looked at.
fn beyond_limits(inbound: &Inbound) -> Option<String> {
    let said = inbound.notes.iter().find_map(|note| match note {
        Note::TooLarge => Some("It is larger than what is fetched: only its header was read."),
        Note::TooComplex => Some("It is nested deeper, or has more parts or header fields, than is read."),
        Note::Unparsable => Some("Its bytes could not be read as a mail."),
        _ => None,
    });
    said.map(str::to_owned)
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
        chat_key: inbound.conversation_key(),
        subject: inbound.subject.clone(),
        text: inbound.text.clone(),
        body_hash: inbound.body_hash,
        language: verdict.language.detected,
    }
}

fn changed(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Epoch => "conversation",
        Refusal::Counters => "count of answers",
        Refusal::Paused => "pause switch",
        Refusal::Restored => "restore mode",
    }
}

fn log(id: InboundId, verdict: &Verdict, ticket: Option<i64>) {
    let intents: Vec<String> = verdict.intents().iter().map(ToString::to_string).collect();
    tracing::info!(
        inbound.id = id.0,
        outcome = verdict.outcome.as_str(),
        intents = intents.join(","),
        guard = verdict.guards.first().map(|guard| guard.guard.as_str()),
        ticket.id = ticket,
        "message decided"
    );
}
