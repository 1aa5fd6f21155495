//! Two tickets that are one case, and one ticket that is two.

use jiff::Timestamp;

use crate::{
    model::{
        agent_command::{Once, TicketChange},
        ids::{AgentName, InboundId, IntentId, ThreadId, TicketId},
        ticket::{EventKind, Ticket, TicketState, Urgency},
        verdict::{TicketPlan, Verdict},
    },
    store::{
        Store, change,
        database::{Row, Tx, resumed},
        error::StoreError,
        once::Call,
        outbox,
        ticket::{self, Case, ChangeOutcome, buyer_of, subject_of, urgency_rank},
        undo::{self, Target},
    },
};

/// What became of a split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SplitOutcome {
    /// The message has a ticket of its own.
    Split(TicketId),
    /// The message belongs to another conversation, or there is none of that number.
    NotHere,
    /// It is the only message of the ticket's own conversation.
    OnlyMessage,
    /// Somebody or something changed the ticket meanwhile; this is how it stands now.
    Conflict(Box<Ticket>),
    /// There is no such ticket.
    Gone,
}

impl Store {
    /// Lets a ticket go on in another one: it is closed, its conversations are those of the other ticket from now on, and
    /// what the buyer writes in them joins that one. Whatever waited for an answer waits there. `change` is the source's.
    ///
    /// A conflict tells which of the two stands in the way: the source if it was changed, the target if it is closed or goes
    /// on elsewhere itself.
    pub async fn merge_tickets(
        &self,
        from: TicketId,
        into: TicketId,
        by: &AgentName,
        change: &TicketChange,
        now: Timestamp,
    ) -> Result<ChangeOutcome, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("merging two tickets").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(ChangeOutcome::Changed);
            }
            let Some(source) = ticket::load(&mut tx, from).await? else { return Ok(ChangeOutcome::Gone) };
            let Some(target) = ticket::load(&mut tx, into).await? else { return Ok(ChangeOutcome::Gone) };
            if source.version != change.version {
                return Ok(ChangeOutcome::Conflict(Box::new(source)));
            }
            if target.state == TicketState::Closed || target.merged_into.is_some() || source.id == target.id {
                return Ok(ChangeOutcome::Conflict(Box::new(target)));
            }
            let mut before = undo::before(&mut tx, &source).await?;
            let threads = ticket::threads_of(&mut tx, &source).await?;
            before.moved = threads.iter().map(|thread| thread.0).collect();
            before.tickets = merged_here(&mut tx, from).await?;
            // The line of history that tells of the merge gives it the next version.
            before.target = Some(Target { ticket: target.clone(), version: target.version + 1 });
            // The clock of the source goes on in the target, so that closing it stops none.
            let stopped = change::apply(&mut tx, &source, by, change, before, now).await?;
            move_threads(&mut tx, &source, &target, &threads, now).await?;
            take_in(&mut tx, &source, &target, stopped).await?;
            let text = format!("ticket {from} goes on here: {}", source.subject);
            ticket::note(&mut tx, into, by.as_str(), EventKind::Merged, &text, now).await?;
            crate::failpoint::reach("store.merge.before");
            tx.commit().await?;
            crate::failpoint::reach("store.merge.after");
            Ok(ChangeOutcome::Changed)
        })
        .await
    }

    /// Lets one message of a ticket begin a conversation and a ticket of its own. What was said before stays; what answers
    /// the message by its id goes to the new conversation, what comes in the same chat does not. The only message of a
    /// conversation that was merged into the ticket takes the whole conversation along: so a wrong merge is parted.
    pub async fn split_ticket(
        &self,
        id: TicketId,
        message: InboundId,
        by: &AgentName,
        change: &TicketChange,
        now: Timestamp,
    ) -> Result<SplitOutcome, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("splitting a ticket").await?;
            if call.took_effect(&mut tx, doubt, now).await?
                && let Some(made) = ticket::of_inbound(&mut tx, message).await?
            {
                return Ok(SplitOutcome::Split(made));
            }
            let Some(ticket) = ticket::load(&mut tx, id).await? else { return Ok(SplitOutcome::Gone) };
            if ticket.version != change.version {
                return Ok(SplitOutcome::Conflict(Box::new(ticket)));
            }
            let threads = ticket::threads_of(&mut tx, &ticket).await?;
            let Some(from) = thread_of(&mut tx, message).await?.filter(|thread| threads.contains(thread)) else {
                return Ok(SplitOutcome::NotHere);
            };
            let other = other_message(&mut tx, from, message).await?;
            if other.is_none() && from == ticket.thread {
                return Ok(SplitOutcome::OnlyMessage);
            }
            let before = undo::before(&mut tx, &ticket).await?;
            let thread = match other {
                Some(_) => take_out(&mut tx, from, message, now).await?,
                None => part(&mut tx, from, now).await?,
            };
            let made = begin(&mut tx, &ticket, thread, message, by, now).await?;
            let rest = rest(&mut tx, &ticket, message, made).await?;
            if let Some(other) = other.filter(|_| ticket.inbound == message) {
                let values = [id.0.into(), other.0.into()];
                tx.execute("UPDATE ticket SET inbound = $2 WHERE id = $1", &values).await?;
            }
            if other.is_none() {
                // Whoever opens the ticket that was merged is shown where it goes on.
                let values = [made.0.into(), from.0.into(), id.0.into()];
                tx.execute(GOES_ON, &values).await?;
            }
            let text = format!("a message began ticket {made}");
            let once = change.once.clone().map(|once| Once { made: Some(made), ..once });
            let change = TicketChange { text, once, ..change.clone() };
            let _stopped = change::apply(&mut tx, &rest, by, &change, before, now).await?;
            crate::failpoint::reach("store.split.before");
            tx.commit().await?;
            crate::failpoint::reach("store.split.after");
            Ok(SplitOutcome::Split(made))
        })
        .await
    }
}

/// Tells a merged ticket where its conversation goes on.
const GOES_ON: &str = "UPDATE ticket SET merged_into = $1 WHERE thread = $2 AND merged_into = $3";

async fn merged_here(tx: &mut Tx, id: TicketId) -> Result<Vec<i64>, StoreError> {
    let rows = tx.all("SELECT id FROM ticket WHERE merged_into = $1 ORDER BY id", &[id.0.into()]).await?;
    rows.iter().map(|row| row.get("id")).collect()
}

async fn move_threads(
    tx: &mut Tx,
    source: &Ticket,
    target: &Ticket,
    threads: &[ThreadId],
    now: Timestamp,
) -> Result<(), StoreError> {
    for thread in threads.iter().filter(|thread| **thread != target.thread) {
        tx.execute(
            "UPDATE thread SET merged_into = $2, changed_at = $3,
               bot_off = (SELECT CASE WHEN t.bot_off = 1 THEN 1 ELSE thread.bot_off END FROM thread t WHERE t.id = $4),
               last_human_reply = (
                 SELECT CASE WHEN t.last_human_reply > COALESCE(thread.last_human_reply, 0) THEN t.last_human_reply
                        ELSE thread.last_human_reply END
                 FROM thread t WHERE t.id = $4)
             WHERE id = $1",
            &[thread.0.into(), target.id.0.into(), now.into(), target.thread.0.into()],
        )
        .await?;
    }
    tx.execute(
        "UPDATE ticket SET merged_into = $2 WHERE id = $1 OR merged_into = $1",
        &[source.id.0.into(), target.id.0.into()],
    )
    .await?;
    Ok(())
}

/// The target is as urgent, and due as soon, as both were; if the source waited for us, so does the target.
async fn take_in(tx: &mut Tx, source: &Ticket, target: &Ticket, stopped: Option<Timestamp>) -> Result<(), StoreError> {
    let ours = stopped.is_some() || matches!(source.state, TicketState::Open | TicketState::Claimed);
    let state = match (target.state, &target.assignee) {
        (TicketState::Waiting, Some(_)) if ours => TicketState::Claimed,
        (TicketState::Waiting, None) if ours => TicketState::Open,
        (state, _) => state,
    };
    let respond_by = target.respond_by.into_iter().chain(source.respond_by).chain(stopped).min();
    let new = |known: &[String], more: &[String]| -> Vec<String> {
        known.iter().chain(more.iter().filter(|word| !known.contains(word))).cloned().collect()
    };
    let reasons = tx.json(&new(&target.reasons, &source.reasons))?;
    let tags = tx.json(&new(&target.tags, &source.tags))?;
    tx.execute(
        "UPDATE ticket SET state = $2, urgency = $3, respond_by = $4, reasons = $5, tags = $6, snoozed_until = NULL
         WHERE id = $1",
        &[
            target.id.0.into(),
            state.as_str().into(),
            urgency_rank(target.urgency.max(source.urgency)).into(),
            respond_by.map(Timestamp::as_millisecond).into(),
            (&reasons).into(),
            (&tags).into(),
        ],
    )
    .await?;
    Ok(())
}

async fn thread_of(tx: &mut Tx, message: InboundId) -> Result<Option<ThreadId>, StoreError> {
    let row = tx
        .first("SELECT thread FROM inbound WHERE id = $1 AND thread IS NOT NULL AND in_sent = 0", &[message.0.into()])
        .await?;
    row.map(|row| row.get("thread").map(ThreadId)).transpose()
}

/// Returns the oldest other message of the buyer in a conversation.
async fn other_message(tx: &mut Tx, thread: ThreadId, message: InboundId) -> Result<Option<InboundId>, StoreError> {
    let row = tx
        .first(
            "SELECT id FROM inbound WHERE thread = $1 AND id <> $2 AND in_sent = 0 ORDER BY id LIMIT 1",
            &[thread.0.into(), message.0.into()],
        )
        .await?;
    row.map(|row| row.get("id").map(InboundId)).transpose()
}

/// Begins a conversation with a message of another one.
async fn take_out(tx: &mut Tx, from: ThreadId, message: InboundId, now: Timestamp) -> Result<ThreadId, StoreError> {
    let row = tx
        .one(
            "INSERT INTO thread (channel, account, participant, language, created_at, changed_at, last_human_reply)
             SELECT t.channel, t.account, t.participant, t.language, $2, $2, $2 FROM thread t WHERE t.id = $1
             RETURNING id",
            &[from.0.into(), now.into()],
        )
        .await?;
    let thread = ThreadId(row.get("id")?);
    tx.execute(
        "UPDATE message_id SET thread = $3
         WHERE thread = $1 AND message_id = (SELECT i.message_id FROM inbound i WHERE i.id = $2)",
        &[from.0.into(), message.0.into(), thread.0.into()],
    )
    .await?;
    tx.execute("UPDATE inbound SET thread = $2 WHERE id = $1", &[message.0.into(), thread.0.into()]).await?;
    Ok(thread)
}

/// Parts a conversation from the ticket it was merged into; a person has it, so the machine is silent there.
async fn part(tx: &mut Tx, thread: ThreadId, now: Timestamp) -> Result<ThreadId, StoreError> {
    tx.execute(
        "UPDATE thread SET merged_into = NULL, epoch = epoch + 1, last_human_reply = $2, changed_at = $2 WHERE id = $1",
        &[thread.0.into(), now.into()],
    )
    .await?;
    Ok(thread)
}

/// Opens the ticket of a message that begins one of its own.
async fn begin(
    tx: &mut Tx,
    ticket: &Ticket,
    thread: ThreadId,
    message: InboundId,
    by: &AgentName,
    now: Timestamp,
) -> Result<TicketId, StoreError> {
    silence(tx, message, now).await?;
    let row = tx
        .one(
            "SELECT i.subject, i.text, i.sender_name, i.sender_key, v.record
             FROM inbound i LEFT JOIN verdict v ON v.inbound = i.id WHERE i.id = $1",
            &[message.0.into()],
        )
        .await?;
    let word = |column| row.get::<Option<&str>>(column).map(Option::unwrap_or_default);
    let verdict: Option<Verdict> =
        if row.get::<Option<&str>>("record")?.is_some() { Some(row.json("record")?) } else { None };
    let plan = verdict.as_ref().and_then(|verdict| verdict.ticket.as_ref());
    let reasons = [format!("{by} took it out of ticket {}", ticket.id)];
    let case = Case {
        thread,
        inbound: message,
        urgency: plan.map_or(Urgency::Normal, |plan| plan.urgency),
        reasons: &reasons,
        intent: plan.and_then(|plan| plan.intent.as_ref()),
        tags: plan.map_or(&[], |plan| &plan.tags),
        subject: &subject_of(word("subject")?, word("text")?),
        buyer: buyer_of(row.get("sender_name")?, row.get("sender_key")?),
        respond_by: verdict.as_ref().and_then(|verdict| verdict.due.as_ref()).map(|due| due.at),
        now,
    };
    let made = ticket::open(tx, &case).await?;
    ticket::note(tx, made, by.as_str(), EventKind::Split, &format!("began in ticket {}", ticket.id), now).await?;
    ticket::note(tx, made, "buyer", EventKind::Inbound, word("text")?, now).await?;
    Ok(made)
}

/// Returns a ticket without what only that message gave it: labels, urgency, reasons and intent go with it. What people
/// said stays, and so does an urgency that something else may have raised. Reasons and intent are written here.
async fn rest(tx: &mut Tx, ticket: &Ticket, message: InboundId, made: TicketId) -> Result<Ticket, StoreError> {
    let mut rest = ticket.clone();
    let of_message = tx.all("SELECT record FROM verdict WHERE inbound = $1", &[message.0.into()]).await?;
    let Some(gone) = plans(&of_message)?.pop() else { return Ok(rest) };
    let of_ticket = [ticket.thread.0.into(), ticket.id.0.into()];
    let left = plans(&tx.all(LEFT, &of_ticket).await?)?;
    let rows = tx.all("SELECT what, text FROM ticket_event WHERE ticket = $1", &[ticket.id.0.into()]).await?;
    let (mut by_hand, mut raised) = (Vec::new(), false);
    for row in &rows {
        match row.word("what", EventKind::from_word)? {
            EventKind::Tagged => by_hand.push(row.get::<String>("text")?),
            EventKind::Urgency | EventKind::Alarm | EventKind::Rated | EventKind::Merged => raised = true,
            _ => {}
        }
    }
    let stays = |tag: &String| {
        !gone.tags.contains(tag)
            || left.iter().any(|plan| plan.tags.contains(tag))
            || by_hand.iter().any(|text| text.strip_prefix('+') == Some(tag.as_str()))
    };
    rest.tags.retain(stays);
    let told = |plan: &TicketPlan, reason: &String| plan.reasons.contains(reason);
    let foreign = rest.reasons.iter().any(|reason| !told(&gone, reason) && !left.iter().any(|plan| told(plan, reason)));
    rest.reasons.retain(|reason| !told(&gone, reason) || left.iter().any(|plan| told(plan, reason)));
    if rest.reasons.is_empty() {
        rest.reasons.push(format!("it is what is left beside ticket {made}"));
    }
    if rest.urgency == gone.urgency && !raised && !foreign {
        rest.urgency = left.iter().map(|plan| plan.urgency).max().unwrap_or(Urgency::Normal);
    }
    if rest.intent == gone.intent && !left.iter().any(|plan| plan.intent == gone.intent) {
        rest.intent = left.iter().rev().find_map(|plan| plan.intent.clone());
    }
    let reasons = tx.json(&rest.reasons)?;
    let values = [ticket.id.0.into(), rest.intent.as_ref().map(IntentId::as_str).into(), (&reasons).into()];
    tx.execute("UPDATE ticket SET intent = $2, reasons = $3 WHERE id = $1", &values).await?;
    Ok(rest)
}

/// What was decided about the messages of a ticket, the oldest first.
const LEFT: &str = "SELECT v.record FROM inbound i JOIN verdict v ON v.inbound = i.id
     WHERE i.thread IN (SELECT t.id FROM thread t WHERE t.id = $1 OR t.merged_into = $2) ORDER BY i.id";

/// Returns what decisions wanted of a ticket.
fn plans(rows: &[Row]) -> Result<Vec<TicketPlan>, StoreError> {
    let verdicts: Vec<Verdict> = rows.iter().map(|row| row.json("record")).collect::<Result<_, _>>()?;
    Ok(verdicts.into_iter().filter_map(|verdict| verdict.ticket).collect())
}

/// Leaves a message to a person whose answer was not begun, with those that joined it. Its values are the message and the
/// reason.
pub const TAKEN_OUT: &str = "\
    UPDATE inbound SET outcome = 'escalated', with_answer = 0, outcome_reason = $2
    WHERE outcome NOT IN ('escalated', 'suppressed') AND id IN (
      SELECT i.id FROM inbound i WHERE i.id = $1 AND i.joined IS NULL
      UNION ALL
      SELECT i.id FROM inbound i WHERE i.joined = $1)
      AND EXISTS (
        SELECT o.id FROM outbox o
        WHERE o.inbound = $1 AND o.human = 0 AND o.kind IN ('answer', 'ask') AND o.state IN ('ready', 'retry_at'))";

/// Whoever takes a message out answers it; what was about to be said to it is overtaken.
async fn silence(tx: &mut Tx, message: InboundId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(TAKEN_OUT, &[message.0.into(), outbox::TAKEN_OVER.into()]).await?;
    tx.execute(
        "UPDATE outbox SET state = 'cancelled', reason = $2, settled_at = $3, changed_at = $3
         WHERE inbound = $1 AND human = 0 AND state IN ('ready', 'retry_at')",
        &[message.0.into(), outbox::TAKEN_OVER.into(), now.into()],
    )
    .await?;
    Ok(())
}
