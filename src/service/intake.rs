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
use jiff::Timestamp;
use tokio::sync::{RwLock, mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    channel::{FolderState, InboxError, InboxRequest, email},
    library::live::Live,
    model::{
        commit::{Commit, CommitOutcome, InboundEnvelope, Refusal, ThreadChoice},
        context::{Context, Counters},
        ids::{AccountName, InboundId},
        inbound::{Inbound, MailFacts, Note},
        outbound::NewOutbound,
        receive::FolderRole,
        verdict::{GuardAction, Verdict},
    },
    service::{
        Wake,
        accounts::Accounts,
        desk::{self, Desk, Slow},
        isolation::{Isolated, Isolation},
        lease::{Held, Work},
        outgoing::{self, Words},
        reading::{self, Parsed},
        restore::Doubted,
        room::with_room,
        sent,
    },
    store::{
        Store,
        error::StoreError,
        evidence::Evidence,
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
/// So many requests of channels are served at once.
const REQUESTS_AT_ONCE: usize = 4;
/// How often the table is looked at without being woken.
const POLL: Duration = Duration::from_secs(1);
/// How long to wait when the store fails before it is asked again.
const STORE_PAUSE: Duration = Duration::from_secs(2);
/// Parsing and deciding take microseconds; a message that needs this long is hostile and becomes a ticket. It is time on
/// the wall, so it leaves room for a machine that is busy with other things.
const MAX_TIME: Duration = Duration::from_secs(10);
/// Neighbors of a message that is chewed on longer than this are decided meanwhile.
const PATIENCE: Duration = Duration::from_secs(1);
/// So many messages of an account are chewed on at once; while there are more of them, the others wait, at most `MAX_TIME`.
const MAX_SLOW: usize = 4;
/// So many threads may be left to themselves. Threads cannot be ended, and each holds its message and may hold a
/// processor; beyond this the service ends, so that it is started anew without them. What they chewed on is in quarantine
/// by then.
const MAX_ABANDONED: usize = 4;
/// The guards that count how much was said: what they stop in a flood is one ticket for each sender.
const CAPS: [&str; 5] = ["F1", "F2", "F3", "F4", "F5"];
/// A message that was begun this often and never finished took the process down; it is not tried again. Not fewer: a
/// machine that fails and restarts several times in a row catches innocent messages in the middle as well.
const MAX_TRIES: u32 = 5;

/// The intake task.
#[derive(Debug, Clone)]
pub(super) struct Intake {
    store: Store,
    live: Arc<Live>,
    accounts: Arc<Accounts>,
    held: Arc<Held>,
    wake: Wake,
    isolation: Isolation,
    doubted: Doubted,
    /// Held alone by whoever decides a second time: accounts that are decided for at once must not overtake one another
    /// until a person has to look at it.
    commits: Arc<RwLock<()>>,
}

impl Intake {
    pub(super) fn new(store: Store, live: Arc<Live>, accounts: Arc<Accounts>, held: Arc<Held>, wake: Wake) -> Self {
        let doubted = Doubted::new(store.clone(), accounts.clone());
        Self {
            store,
            live,
            accounts,
            held,
            wake,
            isolation: Isolation::new(MAX_TIME),
            doubted,
            commits: Arc::default(),
        }
    }

    /// Returns the same under an account's lease.
    fn under(&self, work: &Work) -> Self {
        Self { store: work.store.clone(), ..self.clone() }
    }

    /// Answers the channels until the last of them is gone. An answer means: committed.
    pub(super) async fn serve(self, requests: mpsc::Receiver<InboxRequest>) {
        let requests = stream::unfold(requests, async |mut requests| Some((requests.recv().await?, requests)));
        requests.for_each_concurrent(REQUESTS_AT_ONCE, |request| self.answer(request)).await;
    }

    async fn answer(&self, request: InboxRequest) {
        let refused = |error: StoreError| {
            tracing::error!("the store refuses, nothing is acknowledged to the server: {error}");
            InboxError(error.to_string())
        };
        let not_ours = || InboxError("this process does not serve the account any more".to_owned());
        // A channel that went away while its request was served does not want the answer any more.
        let gone = || tracing::debug!("a channel left before its request was answered");
        match request {
            InboxRequest::Receive { batch, mark, done } => {
                crate::failpoint::reach("intake.receive.before");
                let account = batch.first().map(|first| &first.account).or(mark.as_ref().map(|mark| &mark.account));
                let Some(work) = account.and_then(|account| self.held.work(account)) else {
                    return done.send(Err(not_ours())).unwrap_or_else(|_| gone());
                };
                let stored = work.store.receive(&batch, mark.as_ref(), Timestamp::now()).await;
                crate::failpoint::reach("intake.receive.after");
                self.wake.received.notify_one();
                done.send(stored.map_err(refused)).unwrap_or_else(|_| gone());
            }
            InboxRequest::Folder { account, folder, done } => {
                let state = self.store.folder(&account, &folder).await;
                let state = state.map(|found| found.map(|(mark, newest)| FolderState { mark, newest }));
                done.send(state.map_err(refused)).unwrap_or_else(|_| gone());
            }
            InboxRequest::Renumber { mark, done } => {
                let Some(work) = self.held.work(&mark.account) else {
                    return done.send(Err(not_ours())).unwrap_or_else(|_| gone());
                };
                let replaced = work.store.renumber(&mark, Timestamp::now()).await;
                done.send(replaced.map_err(refused)).unwrap_or_else(|_| gone());
            }
            InboxRequest::Unknown { account, folder, uid_validity, uids, done } => {
                let unknown = self.store.unknown(&account, &folder, uid_validity, &uids).await;
                done.send(unknown.map_err(refused)).unwrap_or_else(|_| gone());
            }
            InboxRequest::LastUpdate { account, done } => {
                let last = self.store.last_update(&account).await;
                done.send(last.map_err(refused)).unwrap_or_else(|_| gone());
            }
        }
    }

    /// Decides what is stored and undecided until told to stop, or until too many threads are left to themselves.
    pub(super) async fn decide_until(self, stop: CancellationToken) {
        let mut desks = BTreeMap::new();
        while !stop.is_cancelled() {
            if self.isolation.abandoned() >= MAX_ABANDONED {
                tracing::error!(
                    "{MAX_ABANDONED} hostile messages, now in quarantine, hold a thread each that cannot be ended; the \
                     service ends so that it is started anew"
                );
                return;
            }
            match self.decide_round(&mut desks, &stop).await {
                Ok(0) => tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.wake.received.notified() => {}
                    () = desk::one_slow_ended(&mut desks) => {}
                    () = tokio::time::sleep(POLL) => {}
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
        let turns = desks.iter_mut().filter(|(account, _)| waiting.contains(account)).filter_map(|(account, desk)| {
            let work = Arc::new(self.held.work(account)?);
            Some(self.decide_for(account, work, desk, stop))
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
        Desk { begun, slow }: &mut Desk,
        stop: &CancellationToken,
    ) -> Result<usize, StoreError> {
        while slow.ids.len() >= MAX_SLOW && !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                () = slow.one_ended() => {}
            }
        }
        let rows = self.store.undecided_besides(BATCH, &slow.ids).await?;
        let count = rows.len();
        let first: Vec<InboundId> =
            rows.iter().filter(|row| row.tries == 0 && !begun.contains(&row.id)).map(|row| row.id).collect();
        self.store.first_tries(&first).await?;
        begun.extend(first);
        for row in rows {
            if stop.is_cancelled() || slow.ids.len() >= MAX_SLOW {
                break;
            }
            let started = std::time::Instant::now();
            let id = row.id;
            // Counted once in the life of a process: the count is about messages that take the process down, and a store
            // that fails for a while must not put innocent ones aside.
            if begun.insert(id) && self.store.tried(id).await? > MAX_TRIES {
                self.quarantine(id, Cause::Crashed, "It was begun several times and never finished.").await?;
            } else {
                self.process_or_pass(row, work, slow).await?;
            }
            begun.remove(&id);
            tracing::debug!(
                inbound.id = id.0,
                duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(0),
                "decided"
            );
        }
        Ok(count)
    }

    /// Decides one message, or goes on without it when it is chewed on for long: its neighbors do not wait. What waits for
    /// the store is waited for, so that the messages of a conversation are decided in their order.
    async fn process_or_pass(&self, row: StoredInbound, work: &Arc<Work>, slow: &mut Slow) -> Result<(), StoreError> {
        let intake = Self { isolation: self.isolation.apart(), ..self.clone() };
        let (id, isolation) = (row.id, intake.isolation.clone());
        let mut deciding = Box::pin(async move { intake.process(row).await });
        loop {
            match tokio::time::timeout(PATIENCE, &mut deciding).await {
                Ok(done) => return done,
                Err(_) if !isolation.is_at_work() => {}
                Err(_) => {
                    tracing::warn!(
                        inbound.id = id.0,
                        "a message takes long to read, its neighbors are decided meanwhile"
                    );
                    slow.ids.push(id);
                    let under_way = Arc::clone(work);
                    slow.tasks.spawn(async move {
                        let done = deciding.await;
                        // The lease is given back only after this.
                        drop(under_way);
                        (id, done)
                    });
                    return Ok(());
                }
            }
        }
    }

    async fn process(&self, row: StoredInbound) -> Result<(), StoreError> {
        let id = row.id;
        let received = Arc::new(row.received);
        let source = received.clone();
        crate::failpoint::reach("intake.parse.before");
        let engine = self.live.engine();
        let parsed = match self.isolation.run(move || reading::parse(&source, engine.settings())).await {
            Isolated::Done(parsed) => parsed,
            Isolated::Panicked => return self.quarantine(id, Cause::Panicked, "Reading it failed inside.").await,
            Isolated::TooLong => {
                return self.quarantine(id, Cause::TooLong, "It could not be read within the time limit.").await;
            }
        };
        let inbound = match parsed {
            Parsed::Message(inbound) => Arc::new(*inbound),
            Parsed::Nothing(what) => return self.store.ignore(id, &what, Timestamp::now()).await,
        };
        if received.role == FolderRole::Sent {
            return sent::record(&self.store, &self.accounts.instance, id, &inbound).await;
        }
        self.take_evidence(id, &inbound, &received.raw).await?;
        // Twice: the world may change once between reading and writing; a second time is a person's business.
        for second in [false, true] {
            let alone = if second { Some(self.commits.write().await) } else { None };
            let now = Timestamp::now();
            if let Some(ticket) = self.store.answered_by_person(id, &inbound, now).await? {
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

    /// A mail that knows the id of a message of ours proves that this message has left: an answer to it, or a report of
    /// any kind about it, failures too. Said again when the mail is decided again, which changes nothing.
    async fn take_evidence(&self, id: InboundId, inbound: &Inbound, raw: &[u8]) -> Result<(), StoreError> {
        let Some(mail) = &inbound.mail else { return Ok(()) };
        let proof = format!("the message {id} from outside knows it");
        for message_id in self.own_messages(mail, raw) {
            if let Evidence::Verified(outbox) = self.store.evidence(&message_id, &proof, Timestamp::now()).await? {
                tracing::info!(
                    inbound.id = id.0,
                    outbox.id = outbox.0,
                    "a message in doubt was sent: a mail speaks of it"
                );
            }
        }
        Ok(())
    }

    /// Marks the message that came back, if the mail is a report of a failure and proves that it speaks of one of ours: by
    /// the address it was sent to, or by the id it answers. Absence notes and receipts come from the null sender as well
    /// and mark nothing.
    async fn note_bounce(
        &self,
        id: InboundId,
        inbound: &Inbound,
        raw: &[u8],
        verdict: &Verdict,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // Another guard may have a person look at the report all the same: it says it comes from a marketplace, say.
        let bounce = verdict.guards.iter().any(|guard| guard.action == GuardAction::Bounce);
        let Some(mail) = inbound.mail.as_ref().filter(|_| bounce) else { return Ok(()) };
        let Some(report) = email::report::failure(raw) else { return Ok(()) };
        let Some(message_id) = self.own_messages(mail, raw).into_iter().next() else { return Ok(()) };
        let words = report.diagnostic.unwrap_or_default();
        let reason = format!("It could not be delivered: {} {words}", report.status);
        self.store.bounced(id, &message_id, reason.trim_end(), now).await?;
        Ok(())
    }

    /// Returns the Message-IDs of ours that a mail proves to know, the surest first: of the address it was sent to, then
    /// those it refers to, then those of a message it returns.
    fn own_messages(&self, mail: &MailFacts, raw: &[u8]) -> Vec<String> {
        let instance = &self.accounts.instance;
        let delivered = ["Delivered-To", "X-Original-To", "Envelope-To"].into_iter().flat_map(|name| mail.values(name));
        let addresses = mail.recipients.iter().map(|mailbox| mailbox.address.as_str()).chain(delivered);
        let by_address = addresses.filter_map(|address| {
            let own = email::verp::bounced(address, instance)?;
            let (_, domain) = address.rsplit_once('@')?;
            Some(instance.message_id(own.origin, &own.key, domain))
        });
        // Only reports are looked into: the raw bytes of any other mail may be large, and quote whatever they like.
        let is_report = mail.values("Content-Type").any(|kind| kind.to_ascii_lowercase().contains("multipart/report"));
        let returned = if is_report { email::report::returned_ids(raw) } else { Vec::new() };
        let named = mail.references.iter().chain(&mail.in_reply_to).cloned().chain(returned);
        let mut own: Vec<String> = Vec::new();
        for id in by_address.chain(named.filter(|id| instance.verify(id).is_some())) {
            if !own.contains(&id) {
                own.push(id);
            }
        }
        own
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
