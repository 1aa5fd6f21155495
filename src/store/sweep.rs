//! Finding what does not end by itself: every case gets a ticket with a reason, or goes on.
//!
//! Each kind of case is looked for in a reading transaction and put right in one of its own that looks again, so several
//! instances may sweep at once and a repeated sweep finds nothing.

use jiff::{SignedDuration, Timestamp};

use crate::{
    failpoint,
    model::{
        ids::{AccountName, InboundId, OutboxId, ThreadId},
        ticket::Urgency,
    },
    store::{
        Store,
        database::{Row, Tx, retried},
        delivery,
        error::StoreError,
        outbox::Settlement,
        quarantine::{self, Cause},
        rest,
        ticket::{self, Stored},
    },
};

/// Cases of one kind, or messages of one account, that one sweep puts right; the next goes on.
const AT_ONCE: u32 = 200;

/// What is attempted, for messages.
const LOOKING: &str = "looking for what does not end";

/// How far back a sweep looks at messages that have ended. What was wrong longer was found by an earlier sweep.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What is said of a send that stopped after its last bytes.
const STOPPED: &str = "the attempt stopped after the last bytes were written and never ended";

/// What is said of a message that nobody decided.
const PASSED_OVER: &str = "Nobody decided on it for a long time, while later messages were decided.";

/// After which time a thing that has not ended is looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// A message without a decision, while later ones of its account were decided.
    pub undecided: SignedDuration,
    /// A send that neither ended nor moved.
    pub sending: SignedDuration,
    /// A message of ours that was never sent.
    pub unsent: SignedDuration,
    /// A question of ours without an answer.
    pub unanswered: SignedDuration,
    /// How long a stopped send that may have left is looked for.
    pub verify_for: SignedDuration,
}

/// What a sweep found and put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Swept {
    /// Messages nobody decided: in quarantine now.
    pub undecided: u32,
    /// Sends that had stopped in the middle: ready again, or looked for.
    pub broken_off: u32,
    /// Messages of ours that were never sent: cancelled, and a ticket says so.
    pub unsent: u32,
    /// Messages counted as answered whose answer never left: escalated now.
    pub unanswered: u32,
    /// Escalated messages without a ticket: they have one now.
    pub without_ticket: u32,
    /// Questions of ours that nobody answered: a person knows now.
    pub unanswered_questions: u32,
}

impl Swept {
    /// Returns how many cases there were.
    pub fn total(&self) -> u32 {
        self.undecided
            + self.broken_off
            + self.unsent
            + self.unanswered
            + self.without_ticket
            + self.unanswered_questions
    }

    /// Adds what another sweep found.
    pub fn add(&mut self, other: &Self) {
        self.undecided += other.undecided;
        self.broken_off += other.broken_off;
        self.unsent += other.unsent;
        self.unanswered += other.unanswered;
        self.without_ticket += other.without_ticket;
        self.unanswered_questions += other.unanswered_questions;
    }
}

impl Store {
    /// Looks for everything that does not end by itself and puts it right.
    pub async fn sweep(&self, bounds: &Bounds, now: Timestamp) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        for account in self.waiting().await? {
            swept.undecided += self.put_aside_of(&account, now - bounds.undecided, now).await?;
        }
        for id in self.unfinished(BROKEN_OFF, now - bounds.sending).await? {
            swept.broken_off += u32::from(self.break_off(OutboxId(id), bounds, now).await?);
        }
        for id in self.unfinished(UNSENT, now - bounds.unsent).await? {
            swept.unsent += u32::from(self.give_up(OutboxId(id), now).await?);
        }
        swept.unanswered = self.escalate_all(Wrong::AnswerNeverLeft, now, now).await?;
        swept.without_ticket = self.escalate_all(Wrong::NoTicket, now, now).await?;
        let asked_before = now - bounds.unanswered;
        swept.unanswered_questions = self.escalate_all(Wrong::QuestionUnanswered, asked_before, now).await?;
        Ok(swept)
    }

    async fn unfinished(&self, sql: &'static str, before: Timestamp) -> Result<Vec<i64>, StoreError> {
        let mut tx = self.db.read(LOOKING).await?;
        let rows = tx.all(sql, &[before.into(), 0_i64.into(), AT_ONCE.into()]).await?;
        rows.iter().map(|row| row.get("id")).collect()
    }

    async fn escalate_all(&self, wrong: Wrong, before: Timestamp, now: Timestamp) -> Result<u32, StoreError> {
        let mut tx = self.db.read("looking for what ended wrongly").await?;
        let values = [before.into(), 0_i64.into(), AT_ONCE.into(), (now - LOOK_BACK).into()];
        let rows = tx.all(wrong.query(), &values).await?;
        drop(tx);
        let mut escalated = 0;
        for row in rows {
            escalated += u32::from(self.escalate(wrong, InboundId(row.get("id")?), before, now).await?);
        }
        Ok(escalated)
    }

    /// Puts messages of one account into quarantine that nobody decided. They are decided in the order of their ids, so
    /// that where one was not passed over, none behind it was: with a long queue one look per account is enough.
    async fn put_aside_of(&self, account: &AccountName, before: Timestamp, now: Timestamp) -> Result<u32, StoreError> {
        let mut aside = 0;
        for in_sent in [false, true] {
            while aside < AT_ONCE {
                let values = [before.into(), account.as_str().into(), in_sent.into()];
                let oldest = self.db.ask(LOOKING, OLDEST_UNDECIDED, &values).await?;
                let Some(oldest) = oldest.first() else { break };
                let id = InboundId(oldest.get("id")?);
                let passed = self.db.ask(LOOKING, UNDECIDED, &[before.into(), id.0.into()]).await?;
                if passed.is_empty() || !self.put_aside(id, before, now).await? {
                    break;
                }
                aside += 1;
            }
        }
        Ok(aside)
    }

    /// Puts a message into quarantine that nobody decided. One that was decided meanwhile, or that a person wants decided
    /// again, is left alone.
    async fn put_aside(&self, id: InboundId, before: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        retried(|| async {
            let mut tx = self.db.write("putting a message aside that nobody decided").await?;
            if tx.first(UNDECIDED, &[before.into(), id.0.into()]).await?.is_none() {
                return Ok(false);
            }
            quarantine::put_aside(&mut tx, id, Cause::Stuck, PASSED_OVER, now).await?;
            failpoint::reach("store.sweep.aside.before");
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Ends a send that stopped in the middle: by its phase it is ready again, or it may have left and is looked for.
    async fn break_off(&self, id: OutboxId, bounds: &Bounds, now: Timestamp) -> Result<bool, StoreError> {
        retried(|| async {
            let mut tx = self.db.write("ending a send that stopped").await?;
            let before = (now - bounds.sending).into();
            let ready = tx
                .execute(
                    "UPDATE outbox SET state = 'ready', due_at = $2, changed_at = $2
                     WHERE id = $1 AND state = 'sending' AND phase = 'before' AND changed_at < $3",
                    &[id.0.into(), now.into(), before],
                )
                .await?;
            let before = (now - bounds.sending).into();
            let doubted = tx
                .execute(
                    "UPDATE outbox SET state = 'uncertain', reason = $4, due_at = $2, looks = 0, changed_at = $2,
                       verify_by = CASE WHEN message_id IS NULL THEN $2 ELSE $5 END
                     WHERE id = $1 AND state = 'sending' AND phase = 'dot' AND changed_at < $3",
                    &[id.0.into(), now.into(), before, STOPPED.into(), rest::later(now, bounds.verify_for).into()],
                )
                .await?;
            failpoint::reach("store.sweep.send.before");
            tx.commit().await?;
            Ok(ready + doubted > 0)
        })
        .await
    }

    /// Gives up on a message that was never sent; a ticket says so.
    async fn give_up(&self, id: OutboxId, now: Timestamp) -> Result<bool, StoreError> {
        retried(|| async {
            let mut tx = self.db.write("giving up an old message").await?;
            let row = tx
                .first(
                    "SELECT COALESCE(leaves_at, created_at) AS created_at
                     FROM outbox WHERE id = $1 AND state IN ('ready', 'retry_at')",
                    &[id.0.into()],
                )
                .await?;
            let Some(row) = row else { return Ok(false) };
            let hours = now.duration_since(row.moment("created_at")?).as_hours();
            let reason = format!("it waited {hours} hours and is not sent any more");
            delivery::end(&mut tx, id, &Settlement::Failed { reason }, now).await?;
            failpoint::reach("store.sweep.unsent.before");
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Turns a message that ended wrongly into an escalated one with a ticket.
    async fn escalate(
        &self,
        wrong: Wrong,
        id: InboundId,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        retried(|| async {
            let mut tx = self.db.write("asking a person about a message that did not end").await?;
            let values = [before.into(), id.0.into(), 1_u32.into(), (now - LOOK_BACK).into()];
            let still = tx.first(wrong.query(), &values).await?;
            if still.is_none() {
                return Ok(false);
            }
            bring_up(&mut tx, wrong, id, now).await?;
            failpoint::reach("store.sweep.ticket.before");
            tx.commit().await?;
            Ok(true)
        })
        .await
    }
}

/// How a decided message may have ended wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    AnswerNeverLeft,
    NoTicket,
    QuestionUnanswered,
}

impl Wrong {
    fn query(self) -> &'static str {
        match self {
            Self::AnswerNeverLeft => UNANSWERED,
            Self::NoTicket => WITHOUT_TICKET,
            Self::QuestionUnanswered => UNANSWERED_QUESTIONS,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::AnswerNeverLeft => "The answer that was decided on never left.",
            Self::NoTicket => "It was left to a person, and no ticket said so.",
            Self::QuestionUnanswered => "We asked for something that is missing, and nobody answered for a day.",
        }
    }
}

// Every query takes the moment before which a thing is late. Those of undecided messages take the account and whether it is
// the Sent folder, or the message; all others one number to look at or 0 for all, and how many; those of decided messages
// also how far back to look. The order of what waits is that of its index, so that nothing else is read.

/// The first of an account in the order of decisions. What is decided again waits anew.
const OLDEST_UNDECIDED: &str = "\
    SELECT i.id FROM inbound i
    WHERE i.account = $2 AND i.in_sent = $3 AND i.state = 'undecided' AND i.stored_at < $1
      AND NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.inbound = i.id AND q.rerun_at >= $1)
    ORDER BY i.id LIMIT 1";

/// Still undecided, while a later message of the account was decided long ago. Mail of the Sent folder goes before all
/// others, so it passes nobody over.
const UNDECIDED: &str = "\
    SELECT i.id FROM inbound i
    WHERE i.id = $2 AND i.state = 'undecided' AND i.stored_at < $1
      AND EXISTS (
        SELECT 1 FROM inbound d
        WHERE d.account = i.account AND d.channel = i.channel AND d.in_sent = i.in_sent AND d.id > i.id
          AND d.decided_at < $1 AND d.decided_at > i.stored_at)
      AND NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.inbound = i.id AND q.rerun_at >= $1)";

const BROKEN_OFF: &str = "\
    SELECT id FROM outbox
    WHERE state = 'sending' AND changed_at < $1 AND (id = $2 OR $2 = 0)
    ORDER BY id LIMIT $3";

const UNSENT: &str = "\
    SELECT id FROM outbox
    WHERE state IN ('ready', 'retry_at') AND COALESCE(leaves_at, created_at) < $1
      AND (id = $2 OR $2 = 0)
    ORDER BY account, human, id LIMIT $3";

/// Answered or asked, and every message that did it was cancelled.
const UNANSWERED: &str = "\
    SELECT DISTINCT i.id FROM outbox o JOIN inbound i ON i.id = o.inbound
    WHERE o.state = 'cancelled' AND o.settled_at > $4 AND o.settled_at <= $1 AND o.human = 0
      AND o.kind IN ('answer', 'ask') AND i.outcome IN ('answered', 'asked') AND (i.id = $2 OR $2 = 0)
      AND NOT EXISTS (
        SELECT 1 FROM outbox l
        WHERE l.inbound = i.id AND l.human = 0 AND l.kind IN ('answer', 'ask') AND l.state <> 'cancelled')
    ORDER BY i.id LIMIT $3";

const WITHOUT_TICKET: &str = "\
    SELECT i.id FROM inbound i
    WHERE i.outcome = 'escalated' AND i.decided_at > $4 AND i.decided_at <= $1 AND (i.id = $2 OR $2 = 0)
      AND NOT EXISTS (SELECT 1 FROM ticket k WHERE k.thread = i.thread)
      AND NOT EXISTS (SELECT 1 FROM thread t WHERE t.id = i.thread AND t.last_human_reply >= i.received_at)
    ORDER BY i.id LIMIT $3";

/// Asked, the question left, the conversation still waits for its answer, and the buyer wrote nothing since.
const UNANSWERED_QUESTIONS: &str = "\
    SELECT i.id FROM inbound i JOIN thread t ON t.id = i.thread
    WHERE i.outcome = 'asked' AND i.decided_at < $1 AND i.decided_at > $4 AND (i.id = $2 OR $2 = 0)
      AND t.pending IS NOT NULL
      AND NOT EXISTS (
        SELECT 1 FROM inbound l WHERE l.thread = i.thread AND l.id > i.id AND l.outcome <> 'suppressed')
      AND NOT EXISTS (
        SELECT 1 FROM outbox o
        WHERE o.inbound = i.id AND o.kind = 'ask' AND o.state IN ('ready', 'sending', 'retry_at'))
    ORDER BY i.id LIMIT $3";

async fn bring_up(tx: &mut Tx, wrong: Wrong, id: InboundId, now: Timestamp) -> Result<(), StoreError> {
    let row = tx
        .first("SELECT thread, received_at FROM inbound WHERE id = $1", &[id.0.into()])
        .await?
        .ok_or_else(|| tx.missing("received message", id.0))?;
    let Some(thread) = row.get::<Option<i64>>("thread")?.map(ThreadId) else {
        return Err(row.damaged(&"a decided message without a conversation"));
    };
    if wrong == Wrong::QuestionUnanswered || !a_person_has_it(tx, thread, &row).await? {
        let stored = Stored { thread, inbound: id, urgency: Urgency::Normal, reason: wrong.reason(), now };
        ticket::raise_untold(tx, &stored).await?;
    }
    tx.execute(
        "UPDATE inbound SET outcome = 'escalated', outcome_reason = $2, with_answer = 0
         WHERE id = $1 OR joined = $1",
        &[id.0.into(), wrong.reason().into()],
    )
    .await?;
    Ok(())
}

/// Returns whether a person looks after the conversation already: there is a ticket that is not closed, or a person wrote
/// since the message came.
async fn a_person_has_it(tx: &mut Tx, thread: ThreadId, row: &Row) -> Result<bool, StoreError> {
    if ticket::open_of(tx, thread).await?.is_some() {
        return Ok(true);
    }
    let replied = tx
        .first("SELECT last_human_reply FROM thread WHERE id = $1", &[thread.0.into()])
        .await?
        .ok_or_else(|| tx.missing("conversation", thread.0))?
        .maybe_moment("last_human_reply")?;
    let received = row.moment("received_at")?;
    Ok(replied.is_some_and(|replied| replied >= received))
}
