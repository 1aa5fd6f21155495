//! How attempts end: settled by delivery, found broken off at a restart, or bounced later.

use jiff::{SignedDuration, Timestamp};

use crate::{
    failpoint,
    model::{
        delivery::{DeliveryEvent, DeliveryState},
        ids::{InboundId, OutboxId, ThreadId, TicketId},
        outbound::{Outbound, OutboundKind},
        ticket::{EventKind, Urgency},
    },
    store::{
        Store, buyer,
        database::{Tx, resumed, retried},
        error::StoreError,
        evidence,
        once::{self, Call},
        outbox::{self, Recovered, Settlement},
        rest, sent,
        thread::index_key,
        ticket::{self, Stored},
    },
};

/// What is said of a send that a restart found broken off.
const BROKEN_OFF: &str = "the program ended after the last bytes were written and before the server's answer was read";

/// What a ticket's history says of a reply that waited for its hour.
const LEFT: &str = "the reply that waited for its hour has left";

impl Store {
    /// Ends an attempt. Returns the ticket when a person must look: after `Failed`.
    ///
    /// The row must be `sending`. Two exceptions: repeating a settlement that was written changes nothing, and the
    /// server's own word is taken for a row that was given up as uncertain meanwhile.
    pub async fn settle(
        &self,
        id: OutboxId,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Result<Option<TicketId>, StoreError> {
        retried(|| async {
            let mut tx = self.db.write("settling a send").await?;
            if let Settlement::Sent { proof } = settlement
                && accepted(&mut tx, id, proof, now).await?
            {
                return keep(tx).await.map(|()| None);
            }
            let sent = load(&mut tx, id).await?;
            if sent.state == target_of(settlement) {
                return Ok(None);
            }
            let event = event_of(settlement);
            let next = sent.state.after(event).ok_or_else(|| not_sending(&sent))?;
            let ticket = match settlement {
                Settlement::Sent { proof } if next == DeliveryState::VerifiedSent => {
                    evidence::found(&mut tx, &sent, proof, now).await?;
                    None
                }
                _ => write(&mut tx, &sent, settlement, now).await?,
            };
            keep(tx).await?;
            Ok(ticket)
        })
        .await
    }

    /// Ends an attempt that the server took, as [`Store::settle`] does, and takes the next message of the same account, as
    /// [`Store::claim`] does, in one transaction: while something waits, each message needs one durable step less. For
    /// handles under a lease.
    pub async fn settle_and_claim(
        &self,
        id: OutboxId,
        proof: &str,
        now: Timestamp,
    ) -> Result<Option<Outbound>, StoreError> {
        let token = once::token()?;
        let done = resumed(|doubt| self.settle_and_claim_once(id, proof, now, &token, doubt)).await;
        if let (Err(error), Some(fence)) = (&done, &self.db.fence)
            && error.may_heal()
        {
            fence.remember_claim(token);
        }
        if let Some(next) = done? {
            return Ok(next);
        }
        self.settle(id, &Settlement::Sent { proof: proof.to_owned() }, now).await?;
        Ok(None)
    }

    /// Returns none if the row was not being sent any more and nothing was written.
    async fn settle_and_claim_once(
        &self,
        id: OutboxId,
        proof: &str,
        now: Timestamp,
        token: &str,
        doubt: bool,
    ) -> Result<Option<Option<Outbound>>, StoreError> {
        let mut tx = self.db.write("settling a send and claiming the next").await?;
        if doubt && let Some(next) = outbox::claimed_by(&mut tx, token).await? {
            return Ok(Some(Some(next)));
        }
        if !accepted(&mut tx, id, proof, now).await? {
            return Ok(None);
        }
        let next = outbox::take(&mut tx, now, &[], self.db.account(), token).await?;
        keep(tx).await?;
        Ok(Some(next))
    }

    /// Puts right what the last run left in the middle, before anything is claimed: rows of which nothing had left are
    /// ready again, rows that may have left become uncertain and are looked for so long. An account that rests is tried
    /// soon, because a start is often a person's mending. Under a lease, rows of its account: what the last holder left.
    pub async fn recover(&self, verify_for: SignedDuration, now: Timestamp) -> Result<Recovered, StoreError> {
        retried(|| async {
            let mut tx = self.db.write("recovering broken-off sends").await?;
            let requeued = tx
                .execute(
                    "UPDATE outbox SET state = 'ready', due_at = $1, changed_at = $1
                     WHERE state = 'sending' AND phase = 'before' AND ($2 IS NULL OR account = $2)",
                    &[now.into(), self.db.account().into()],
                )
                .await?;
            let uncertain = tx
                .execute(
                    "UPDATE outbox SET state = 'uncertain', reason = $2, due_at = $1, looks = 0, changed_at = $1,
                       verify_by = CASE WHEN message_id IS NULL THEN $1 ELSE $3 END
                     WHERE state = 'sending' AND phase = 'dot' AND ($4 IS NULL OR account = $4)",
                    &[now.into(), BROKEN_OFF.into(), rest::later(now, verify_for).into(), self.db.account().into()],
                )
                .await?;
            rest::shorten(&mut tx, self.db.account(), now).await?;
            failpoint::reach("store.recovery.before");
            tx.commit().await?;
            failpoint::reach("store.recovery.after");
            let count = |rows: u64| u32::try_from(rows).unwrap_or(u32::MAX);
            Ok(Recovered { requeued: count(requeued), uncertain: count(uncertain) })
        })
        .await
    }

    /// Notes that a message of ours came back. Returns the ticket it was noted on: the thread's open one, or a new one
    /// when the message was an answer or a person's; none for acks and questions without a ticket, and for ids that are
    /// not ours. A permanent failure switches automatic answers to the recipient off. One `report` is noted once, so it
    /// is noted before it is decided: a process that ends in between decides it again.
    pub async fn bounced(
        &self,
        report: InboundId,
        message_id: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Option<TicketId>, StoreError> {
        let call = &Call::about("noting the bounce", report);
        resumed(async |_| {
            let mut tx = self.db.write("noting a bounce").await?;
            let noted = call.took_effect(&mut tx, true, now).await?;
            let key = index_key(message_id);
            let row = tx
                .first("SELECT id FROM outbox WHERE message_id = $1 ORDER BY id DESC LIMIT 1", &[key.as_ref().into()])
                .await?;
            let Some(row) = row else { return Ok(None) };
            let sent = load(&mut tx, OutboxId(row.get("id")?)).await?;
            if noted {
                return ticket::open_of(&mut tx, sent.thread).await;
            }
            // What came back had left.
            if sent.state.after(DeliveryEvent::Seen).is_some() {
                evidence::found(&mut tx, &sent, reason, now).await?;
            }
            if is_permanent(reason) {
                buyer::suppress(&mut tx, &sent.recipient_key, now).await?;
            }
            let open = ticket::open_of(&mut tx, sent.thread).await?;
            let ticket = match open {
                // A ticket that waits for the buyer would wait for ever: the buyer has no answer.
                _ if sent.human || sent.kind == OutboundKind::Answer => {
                    Some(trouble(&mut tx, &sent, "our message came back", reason, now).await?)
                }
                Some(ticket) => {
                    ticket::note(&mut tx, ticket, "nightdesk", EventKind::Delivery, reason, now).await?;
                    Some(ticket)
                }
                None => None,
            };
            failpoint::reach("store.bounce.before");
            tx.commit().await?;
            failpoint::reach("store.bounce.after");
            Ok(ticket)
        })
        .await
    }
}

/// What is needed of an outbox row to end it.
pub(super) struct Sent {
    pub(super) id: OutboxId,
    pub(super) state: DeliveryState,
    pub(super) kind: OutboundKind,
    pub(super) human: bool,
    pub(super) scheduled: bool,
    pub(super) account: String,
    pub(super) thread: ThreadId,
    pub(super) inbound: Option<InboundId>,
    pub(super) recipient_key: String,
    pub(super) reason: Option<String>,
    pub(super) ticket: Option<TicketId>,
}

pub(super) async fn load(tx: &mut Tx, id: OutboxId) -> Result<Sent, StoreError> {
    let row = tx
        .first(
            "SELECT state, kind, human, scheduled, account, thread, inbound, recipient_key, reason, ticket
             FROM outbox WHERE id = $1",
            &[id.0.into()],
        )
        .await?
        .ok_or_else(|| tx.missing("outgoing message", id.0))?;
    Ok(Sent {
        id,
        state: row.word("state", DeliveryState::from_word)?,
        kind: row.word("kind", OutboundKind::from_word)?,
        human: row.flag("human")?,
        scheduled: row.flag("scheduled")?,
        account: row.get("account")?,
        thread: ThreadId(row.get("thread")?),
        inbound: row.get::<Option<i64>>("inbound")?.map(InboundId),
        recipient_key: row.get("recipient_key")?,
        reason: row.get("reason")?,
        ticket: row.get::<Option<i64>>("ticket")?.map(TicketId),
    })
}

/// Ends a message by that settlement, whatever state it is in; the caller has looked at it.
pub(super) async fn end(tx: &mut Tx, id: OutboxId, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError> {
    let sent = load(tx, id).await?;
    write(tx, &sent, settlement, now).await?;
    Ok(())
}

fn target_of(settlement: &Settlement) -> DeliveryState {
    match settlement {
        Settlement::Sent { .. } => DeliveryState::Sent,
        Settlement::RetryAt { .. } => DeliveryState::RetryAt,
        Settlement::Failed { .. } => DeliveryState::Cancelled,
        Settlement::Uncertain { .. } => DeliveryState::Uncertain,
    }
}

fn event_of(settlement: &Settlement) -> DeliveryEvent {
    match settlement {
        Settlement::Sent { .. } => DeliveryEvent::Accepted,
        Settlement::RetryAt { .. } => DeliveryEvent::Deferred,
        Settlement::Failed { .. } => DeliveryEvent::Refused,
        Settlement::Uncertain { .. } => DeliveryEvent::Lost,
    }
}

fn not_sending(sent: &Sent) -> StoreError {
    StoreError::NotSending { id: sent.id, state: sent.state.as_str().to_owned() }
}

/// Makes the end of an attempt durable.
async fn keep(tx: Tx) -> Result<(), StoreError> {
    failpoint::reach("store.settlement.before");
    tx.commit().await?;
    failpoint::reach("store.settlement.after");
    Ok(())
}

/// Ends the attempt of a row that is being sent and was taken; returns whether there was one. The usual end of a message
/// in as few statements as there can be.
async fn accepted(tx: &mut Tx, id: OutboxId, proof: &str, now: Timestamp) -> Result<bool, StoreError> {
    let row = tx
        .first(
            "UPDATE outbox SET state = 'sent', proof = $2, settled_at = $3, changed_at = $3
             WHERE id = $1 AND state = 'sending' RETURNING account, thread, scheduled",
            &[id.0.into(), proof.into(), now.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(false) };
    rest::over(tx, row.get("account")?).await?;
    if row.flag("scheduled")? {
        answered(tx, ThreadId(row.get("thread")?), now).await?;
    }
    Ok(true)
}

/// A reply that waited for its hour has left: the buyer waits for a person no more, and the machine's silence begins.
pub(super) async fn answered(tx: &mut Tx, thread: ThreadId, now: Timestamp) -> Result<(), StoreError> {
    for each in sent::conversations(tx, thread).await? {
        tx.execute(
            "UPDATE thread SET last_human_reply = $2, changed_at = $2 WHERE id = $1",
            &[each.0.into(), now.into()],
        )
        .await?;
    }
    let Some(ticket) = ticket::open_of(tx, thread).await? else { return Ok(()) };
    tx.execute("UPDATE ticket SET respond_by = NULL WHERE id = $1 AND state = 'waiting'", &[ticket.0.into()]).await?;
    ticket::note(tx, ticket, "nightdesk", EventKind::Delivery, LEFT, now).await
}

/// Ends the attempt of a row that is being sent.
async fn write(
    tx: &mut Tx,
    sent: &Sent,
    settlement: &Settlement,
    now: Timestamp,
) -> Result<Option<TicketId>, StoreError> {
    match settlement {
        Settlement::Sent { proof } => {
            tx.execute(
                "UPDATE outbox SET state = 'sent', proof = $2, settled_at = $3, changed_at = $3 WHERE id = $1",
                &[sent.id.0.into(), proof.into(), now.into()],
            )
            .await?;
            rest::over(tx, &sent.account).await?;
            Ok(None)
        }
        Settlement::RetryAt { at, reason } => {
            tx.execute(
                "UPDATE outbox SET state = 'retry_at', phase = 'before', due_at = $2, reason = $3, changed_at = $4
                 WHERE id = $1",
                &[sent.id.0.into(), (*at).into(), reason.into(), now.into()],
            )
            .await?;
            Ok(None)
        }
        Settlement::Failed { reason } => {
            outbox::cancel(tx, sent.id, reason, now).await?;
            if let (Some(inbound), OutboundKind::Answer | OutboundKind::Ask) = (sent.inbound, sent.kind) {
                unanswered(tx, inbound, reason).await?;
            }
            trouble(tx, sent, "a message to the buyer could not be delivered", reason, now).await.map(Some)
        }
        Settlement::Uncertain { reason, verify_by } => {
            tx.execute(
                "UPDATE outbox SET state = 'uncertain', reason = $2, verify_by = $3, due_at = $4, looks = 0,
                   changed_at = $4
                 WHERE id = $1",
                &[sent.id.0.into(), reason.into(), (*verify_by).into(), now.into()],
            )
            .await?;
            Ok(None)
        }
    }
}

/// A message whose answer will never arrive is a person's case.
async fn unanswered(tx: &mut Tx, inbound: InboundId, reason: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE inbound SET outcome = 'escalated', with_answer = 0,
           outcome_reason = CASE WHEN outcome = 'escalated' THEN outcome_reason ELSE $2 END
         WHERE (id = $1 OR joined = $1) AND outcome IN ('answered', 'asked', 'escalated')",
        &[inbound.0.into(), reason.into()],
    )
    .await?;
    Ok(())
}

/// Opens or extends the thread's ticket and writes the server's words into its history.
pub(super) async fn trouble(
    tx: &mut Tx,
    sent: &Sent,
    what: &str,
    words: &str,
    now: Timestamp,
) -> Result<TicketId, StoreError> {
    let row = tx
        .first(
            "SELECT id FROM inbound
             WHERE thread = $1 ORDER BY CASE WHEN id = $2 THEN 0 ELSE 1 END, id DESC LIMIT 1",
            &[sent.thread.0.into(), sent.inbound.map_or(0, |inbound| inbound.0).into()],
        )
        .await?
        .ok_or_else(|| tx.missing("message in the thread", sent.thread.0))?;
    let inbound = InboundId(row.get("id")?);
    let stored = Stored { thread: sent.thread, inbound, urgency: Urgency::High, reason: what, now };
    let (ticket, _) = ticket::raise_stored(tx, &stored).await?;
    ticket::note(tx, ticket, "nightdesk", EventKind::Delivery, words, now).await?;
    Ok(ticket)
}

/// Returns whether a bounce says that later attempts fail as well: an enhanced status of class 5 (RFC 3463), or the
/// word.
fn is_permanent(reason: &str) -> bool {
    let status = |word: &str| {
        let mut parts = word.trim_matches(|sign: char| !sign.is_ascii_digit()).split('.');
        parts.next() == Some("5") && parts.clone().count() == 2 && parts.all(|part| part.parse::<u16>().is_ok())
    };
    reason.to_ascii_lowercase().contains("permanent") || reason.split_whitespace().any(status)
}
