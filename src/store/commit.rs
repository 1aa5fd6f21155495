//! The second transaction: one decision with everything it changes, or nothing of it.

use crate::{
    failpoint,
    model::{
        commit::{Commit, CommitOutcome, InboundEnvelope, Refusal, ThreadChoice},
        ids::{InboundId, OutboxId, ThreadId, TicketId},
        language::Language,
        outbound::{NewOutbound, OutboundKind},
        search::DocumentKind,
        ticket::EventKind,
        verdict::Outcome,
    },
    store::{
        Store, burst,
        buyer::{self, Learned},
        counters::{self, Subject},
        database::{Row, Tx, Value, resumed},
        error::StoreError,
        indexing,
        outbox::{self, Entry},
        quarantine::{self, Cause},
        recognized, restore, sent, switches,
        thread::{self, NewThread, index_key},
        ticket::{self, Case, buyer_of, subject_of},
    },
};

/// Below this the detector's guess alone decides nothing, so it is not remembered either (`verdict::LanguageChoice`).
const SURE: f64 = 0.5;

impl Store {
    /// Writes a decision: buyer, thread, message, verdict, ticket with its history, outbox rows, threading ids.
    ///
    /// Refused, with nothing written, when the world changed since the context was read: the thread's epoch moved, a
    /// person answered in the mailbox or the chat got a thread meanwhile, a counter grew, or the shop was paused and the
    /// decision sends something.
    pub async fn commit(&self, commit: &Commit) -> Result<CommitOutcome, StoreError> {
        resumed(|doubt| self.commit_once(commit, doubt)).await
    }

    async fn commit_once(&self, commit: &Commit, doubt: bool) -> Result<CommitOutcome, StoreError> {
        let mut tx = self.db.write("committing a decision").await?;
        let message_id = commit.envelope.message_id.as_deref().map(index_key);
        let row = tx
            .first(LOOK, &[commit.inbound.0.into(), message_id.as_deref().into()])
            .await?
            .ok_or_else(|| tx.missing("received message", commit.inbound.0))?;
        if row.get::<&str>("state")? == "decided" {
            let earlier = if doubt { written(&mut tx, commit).await? } else { None };
            return Ok(earlier.unwrap_or(CommitOutcome::AlreadyDecided));
        }
        if let Some(refusal) = refusal(&mut tx, commit, &row).await? {
            return Ok(CommitOutcome::Refused(refusal));
        }
        if !burst::is_undecided(&mut tx, &commit.joined).await? {
            return Ok(CommitOutcome::Refused(Refusal::Epoch));
        }
        let account: String = row.get("account")?;
        learn(&mut tx, commit).await?;
        let settled = settle_thread(&mut tx, commit, &account).await?;
        let thread = settled.id;
        decide(&mut tx, commit, thread).await?;
        burst::join(&mut tx, commit, thread, &account).await?;
        recognized::note(&mut tx, commit).await?;
        if let Some(message_id) = &commit.envelope.message_id {
            thread::register(&mut tx, message_id, thread, &account, false).await?;
        }
        let ticket = settle_ticket(&mut tx, commit, &settled).await?;
        match (&commit.beyond_limits, ticket) {
            (Some(why), Some(ticket)) => {
                quarantine::put(&mut tx, commit.inbound, Cause::Limits, why, ticket, commit.now).await?;
            }
            _ if row.flag("quarantined")? => {
                quarantine::leave(&mut tx, commit.inbound, &commit.envelope, commit.now).await?;
            }
            _ => {}
        }
        let outbox = queue(&mut tx, commit, &settled, ticket).await?;
        failpoint::reach("store.decision.before");
        tx.commit().await?;
        failpoint::reach("store.decision.after");
        Ok(CommitOutcome::Committed { thread, ticket, outbox })
    }
}

/// The message, and which of the rare things that could stand against its decision there are at all; only those are looked
/// at. Whoever writes one of them takes turns with this transaction.
const LOOK: &str = "SELECT i.state, i.account,
            (SELECT COUNT(*) FROM quarantine q WHERE q.inbound = i.id) AS quarantined,
            (SELECT COUNT(*) FROM switch s) AS switched,
            (SELECT COUNT(*) FROM restored r) AS restored,
            (SELECT COUNT(*) FROM human_answer h WHERE h.message_id = $2) AS answered
     FROM inbound i WHERE i.id = $1";

/// Returns what an earlier attempt of this very decision wrote, whose answer was lost; none if somebody else decided.
async fn written(tx: &mut Tx, commit: &Commit) -> Result<Option<CommitOutcome>, StoreError> {
    let record = tx.json(&commit.verdict)?;
    let row = tx
        .first(
            "SELECT i.thread FROM inbound i JOIN verdict v ON v.inbound = i.id
             WHERE i.id = $1 AND i.decided_at = $2 AND v.record = $3",
            &[commit.inbound.0.into(), commit.now.into(), (&record).into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let thread = ThreadId(row.get("thread")?);
    let rows = tx.all("SELECT id FROM outbox WHERE inbound = $1 ORDER BY id", &[commit.inbound.0.into()]).await?;
    Ok(Some(CommitOutcome::Committed {
        thread,
        ticket: ticket::open_of(tx, thread).await?,
        outbox: rows.iter().map(|row| row.get("id").map(OutboxId)).collect::<Result<_, _>>()?,
    }))
}

async fn refusal(tx: &mut Tx, commit: &Commit, look: &Row) -> Result<Option<Refusal>, StoreError> {
    let current = match commit.thread {
        ThreadChoice::Existing { id, epoch } => thread::epoch(tx, id).await? == Some(epoch),
        ThreadChoice::New => match &commit.envelope.chat_key {
            Some(chat) => tx
                .first("SELECT id FROM thread WHERE chat_key = $1", &[index_key(chat).as_ref().into()])
                .await?
                .is_none(),
            None => true,
        },
    };
    let answered = match &commit.envelope.message_id {
        Some(message_id) if look.flag("answered")? => {
            sent::person_answered(tx, commit.inbound, message_id).await?.is_some()
        }
        _ => false,
    };
    if !current || answered {
        return Ok(Some(Refusal::Epoch));
    }
    let automatic = |outbound: &&NewOutbound| !outbound.human && outbound.kind != OutboundKind::Draft;
    let sends: Vec<NewOutbound> = commit.outbound.iter().filter(automatic).cloned().collect();
    if look.flag("switched")? && switches::forbids(tx, &sends).await?.is_some() {
        return Ok(Some(Refusal::Paused));
    }
    let questionable = look.flag("restored")? && !sends.is_empty() && !commit.unanswered_before;
    if questionable && restore::doubtful(tx, commit.inbound).await? {
        return Ok(Some(Refusal::Restored));
    }
    let envelope = &commit.envelope;
    let subject = Subject {
        inbound: commit.inbound,
        sender_key: envelope.sender_key.as_deref(),
        sender_domain: envelope.sender_domain.as_deref(),
        chat_key: envelope.chat_key.as_deref(),
        body_hash: &envelope.body_hash,
    };
    let more = commit.counters.sends_shop_ten_minutes.saturating_add(1);
    let counters = counters::count(tx, &subject, more, commit.now).await?;
    Ok(counters::grown(&commit.counters, &counters).then_some(Refusal::Counters))
}

async fn learn(tx: &mut Tx, commit: &Commit) -> Result<(), StoreError> {
    let Some(key) = commit.envelope.sender_key.as_deref() else { return Ok(()) };
    let choice = &commit.verdict.language;
    let learned = Learned {
        key,
        name: commit.envelope.sender_name.as_deref(),
        language: choice.detected.filter(|_| choice.confidence >= SURE),
        country: commit.verdict.learned.get("country").map(String::as_str),
    };
    buyer::learn(tx, &learned, commit.now).await
}

/// The conversation a decision belongs to.
struct Settled {
    id: ThreadId,
    /// It was begun by this decision: it has no ticket yet, and no person acted in it.
    fresh: bool,
}

/// Creates or updates the thread. Machine mail leaves a known thread as it was: an out-of-office note must not make us
/// forget the question we asked.
async fn settle_thread(tx: &mut Tx, commit: &Commit, account: &str) -> Result<Settled, StoreError> {
    let envelope = &commit.envelope;
    let pending = match &commit.verdict.pending {
        Some(pending) => Some(tx.json(pending)?),
        None => None,
    };
    match commit.thread {
        ThreadChoice::New => {
            // A flood of one sender is one case.
            if commit.over_cap
                && let Some(sender) = envelope.sender_key.as_deref()
                && let Some(thread) = ticket::of_sender(tx, sender, account).await?
            {
                return Ok(Settled { id: thread, fresh: false });
            }
            let new = NewThread {
                channel: envelope.channel,
                account,
                participant: envelope.sender_key.as_deref().unwrap_or_default(),
                chat_key: envelope.chat_key.as_deref(),
                language: envelope.language,
                pending: pending.as_deref(),
            };
            Ok(Settled { id: thread::create(tx, &new, commit.now).await?, fresh: true })
        }
        ThreadChoice::Existing { id, .. } => {
            if !is_suppressed(commit) {
                tx.execute(
                    "UPDATE thread SET language = COALESCE($2, language), pending = $3, changed_at = $4 WHERE id = $1",
                    &[
                        id.0.into(),
                        envelope.language.as_ref().map(Language::as_str).into(),
                        pending.as_deref().into(),
                        commit.now.into(),
                    ],
                )
                .await?;
            }
            Ok(Settled { id, fresh: false })
        }
    }
}

async fn decide(tx: &mut Tx, commit: &Commit, thread: ThreadId) -> Result<(), StoreError> {
    end(tx, commit, commit.inbound, &commit.envelope, thread).await?;
    let record = tx.json(&commit.verdict)?;
    tx.execute(
        "INSERT INTO verdict (inbound, decided_at, rule_set_hash, record) VALUES ($1, $2, $3, $4)",
        &[
            commit.inbound.0.into(),
            commit.verdict.decided_at.into(),
            (&commit.verdict.rule_set_hash).into(),
            (&record).into(),
        ],
    )
    .await?;
    Ok(())
}

/// Ends one of the messages that a decision is about.
pub(super) async fn end(
    tx: &mut Tx,
    commit: &Commit,
    id: InboundId,
    envelope: &InboundEnvelope,
    thread: ThreadId,
) -> Result<(), StoreError> {
    let InboundEnvelope { sender_key, sender_domain, sender_name, message_id, subject, text, .. } = envelope;
    let reason = match &commit.verdict.outcome {
        Outcome::Suppressed { reason } => Some(reason.as_str()),
        _ => None,
    };
    tx.execute(
        "UPDATE inbound SET state = 'decided', outcome = $2, outcome_reason = $3, with_answer = $14, decided_at = $4,
           thread = $5, sender_key = $6, sender_domain = $7, sender_name = $8, message_id = $9, subject = $10, text = $11,
           body_hash = $12, language = $13, joined = $15
         WHERE id = $1",
        &[
            id.0.into(),
            commit.verdict.outcome.as_str().into(),
            reason.into(),
            commit.now.into(),
            thread.0.into(),
            sender_key.as_deref().map(index_key).as_deref().into(),
            sender_domain.as_deref().map(index_key).as_deref().into(),
            sender_name.as_deref().into(),
            message_id.as_deref().map(index_key).as_deref().into(),
            subject.into(),
            text.into(),
            Value::Bytes(&envelope.body_hash),
            envelope.language.as_ref().map(Language::as_str).into(),
            matches!(commit.verdict.outcome, Outcome::Escalated { with_answer: true }).into(),
            (id != commit.inbound).then_some(commit.inbound.0).into(),
        ],
    )
    .await?;
    indexing::queue(tx, DocumentKind::Inbound, id.0).await
}

/// Opens, extends or reopens the ticket the verdict asks for. Without that, a person's message still joins the
/// history of the thread's open ticket; machine mail does not.
async fn settle_ticket(tx: &mut Tx, commit: &Commit, thread: &Settled) -> Result<Option<TicketId>, StoreError> {
    let envelope = &commit.envelope;
    let ticket = match &commit.verdict.ticket {
        Some(plan) => {
            let case = Case {
                thread: thread.id,
                inbound: commit.inbound,
                urgency: plan.urgency,
                reasons: &plan.reasons,
                intent: plan.intent.as_ref(),
                tags: &plan.tags,
                subject: &subject_of(&envelope.subject, &envelope.text),
                buyer: buyer_of(envelope.sender_name.as_deref(), envelope.sender_key.as_deref()),
                respond_by: commit.verdict.due.as_ref().map(|due| due.at),
                now: commit.now,
            };
            Some(ticket::raise(tx, &case).await?)
        }
        None if is_suppressed(commit) || thread.fresh => None,
        None => ticket::open_of(tx, thread.id).await?,
    };
    if let Some(ticket) = ticket {
        for part in commit.joined.iter().map(|part| &part.envelope).chain([envelope]) {
            ticket::note(tx, ticket, "buyer", EventKind::Inbound, &part.text, commit.now).await?;
        }
        if !thread.fresh {
            ticket::buyer_wrote(tx, ticket, commit.now).await?;
        }
    }
    Ok(ticket)
}

async fn queue(
    tx: &mut Tx,
    commit: &Commit,
    settled: &Settled,
    ticket: Option<TicketId>,
) -> Result<Vec<OutboxId>, StoreError> {
    let thread = settled.id;
    let epoch = if settled.fresh { 0 } else { thread::epoch(tx, thread).await?.unwrap_or_default() };
    let mut ids = Vec::with_capacity(commit.outbound.len());
    if commit.verdict.not_before.is_none() && !commit.outbound.is_empty() && !settled.fresh {
        // Who writes is awake: what waited for the morning goes first, so that the answer to the new message can follow.
        outbox::wake(tx, thread, commit.stoppable_until, commit.now).await?;
    }
    for outbound in &commit.outbound {
        let draft = outbound.kind == OutboundKind::Draft;
        if draft {
            outbox::drop_draft(tx, thread, "a newer draft replaced it", commit.now).await?;
        }
        let entry = Entry { thread, inbound: Some(commit.inbound), epoch, now: commit.now };
        let id = outbox::insert(tx, outbound, &entry).await?;
        if !draft {
            outbox::hold(tx, id, commit.verdict.not_before, commit.stoppable_until).await?;
        }
        ids.push(id);
        if let Some(ticket) = ticket {
            let what = if draft { EventKind::Draft } else { EventKind::Automatic };
            ticket::note(tx, ticket, "nightdesk", what, outbound.payload.text(), commit.now).await?;
        }
    }
    Ok(ids)
}

fn is_suppressed(commit: &Commit) -> bool {
    matches!(commit.verdict.outcome, Outcome::Suppressed { .. })
}
