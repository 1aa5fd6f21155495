//! How attempts end: settled by delivery, found broken off at a restart, or bounced later.

use jiff::Timestamp;

use crate::{
    model::{
        ids::{InboundId, OutboxId, ThreadId, TicketId},
        outbound::OutboundKind,
        ticket::{EventKind, Urgency},
    },
    store::{
        Store, buyer,
        commit::{buyer_of, subject_of},
        database::{Row, Tx, resumed, retried},
        error::StoreError,
        once::Call,
        outbox::{self, Recovered, Settlement},
        thread::index_key,
        ticket::{self, Case},
    },
};

/// What a ticket says of a message nobody can be sure of.
const MAY_HAVE_BEEN_SENT: &str =
    "a message may have been sent: look into the sent mail or the chat before writing again";

/// What a ticket says of a send that a restart found broken off.
const BROKEN_OFF: &str = "the program ended after the last bytes were written and before the server's answer was read";

impl Store {
    /// Ends an attempt. Returns the ticket when a person must look: after `Failed` and `Uncertain`.
    ///
    /// The row must be `sending`. Two exceptions: repeating a settlement that was written changes nothing, and proof
    /// that arrives for an `uncertain` row is taken.
    pub async fn settle(
        &self,
        id: OutboxId,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Result<Option<TicketId>, StoreError> {
        retried(|| async {
            let mut tx = self.db.write("settling a send").await?;
            let sent = load(&mut tx, id).await?;
            let target = target_of(settlement);
            if sent.state == target {
                return Ok(None);
            }
            if sent.state != "sending" && !(sent.state == "uncertain" && target == "sent") {
                return Err(StoreError::NotSending { id, state: sent.state });
            }
            let ticket = write(&mut tx, &sent, settlement, now).await?;
            crate::failpoint::reach("store.settlement.before");
            tx.commit().await?;
            crate::failpoint::reach("store.settlement.after");
            Ok(ticket)
        })
        .await
    }

    /// Puts right what the last run left in the middle, before anything is claimed: rows of which nothing had left are
    /// ready again, rows that may have been delivered become uncertain and each gets its ticket. Under a lease, rows of
    /// its account: what the last holder left.
    pub async fn recover(&self, now: Timestamp) -> Result<Recovered, StoreError> {
        retried(|| async {
            let mut tx = self.db.write("recovering broken-off sends").await?;
            let requeued = tx
                .execute(
                    "UPDATE outbox SET state = 'ready', due_at = $1, changed_at = $1
                     WHERE state = 'sending' AND phase = 'before' AND ($2 IS NULL OR account = $2)",
                    &[now.into(), self.db.account().into()],
                )
                .await?;
            let rows = tx
                .all(
                    "SELECT id FROM outbox WHERE state = 'sending' AND ($1 IS NULL OR account = $1) ORDER BY id",
                    &[self.db.account().into()],
                )
                .await?;
            let mut recovered =
                Recovered { requeued: u32::try_from(requeued).unwrap_or(u32::MAX), ..Recovered::default() };
            for row in rows {
                let sent = load(&mut tx, OutboxId(row.get("id")?)).await?;
                let settlement = Settlement::Uncertain { reason: BROKEN_OFF.to_owned() };
                recovered.uncertain.extend(write(&mut tx, &sent, &settlement, now).await?);
            }
            crate::failpoint::reach("store.recovery.before");
            tx.commit().await?;
            crate::failpoint::reach("store.recovery.after");
            Ok(recovered)
        })
        .await
    }

    /// Notes that a message of ours came back. Returns the ticket it was noted on: the thread's open one, or a new one
    /// when the message was an answer or a person's; none for acks and questions without a ticket, and for ids that are
    /// not ours. A permanent failure switches automatic answers to the recipient off.
    pub async fn bounced(
        &self,
        message_id: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Option<TicketId>, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("noting a bounce").await?;
            let noted = call.took_effect(&mut tx, doubt, now).await?;
            let key = index_key(message_id);
            let row = tx
                .first("SELECT id FROM outbox WHERE message_id = $1 ORDER BY id DESC LIMIT 1", &[key.as_ref().into()])
                .await?;
            let Some(row) = row else { return Ok(None) };
            let sent = load(&mut tx, OutboxId(row.get("id")?)).await?;
            if noted {
                return ticket::open_of(&mut tx, sent.thread).await;
            }
            if is_permanent(reason) {
                buyer::suppress(&mut tx, &sent.recipient_key, now).await?;
            }
            let open = ticket::open_of(&mut tx, sent.thread).await?;
            let ticket = match open {
                Some(ticket) => {
                    ticket::note(&mut tx, ticket, "nightdesk", EventKind::Delivery, reason, now).await?;
                    Some(ticket)
                }
                None if sent.human || sent.kind == OutboundKind::Answer => {
                    Some(trouble(&mut tx, &sent, "our message came back", reason, now).await?)
                }
                None => None,
            };
            crate::failpoint::reach("store.bounce.before");
            tx.commit().await?;
            crate::failpoint::reach("store.bounce.after");
            Ok(ticket)
        })
        .await
    }
}

/// What is needed of an outbox row to end it.
struct Sent {
    id: OutboxId,
    state: String,
    kind: OutboundKind,
    human: bool,
    thread: ThreadId,
    inbound: Option<InboundId>,
    recipient_key: String,
}

async fn load(tx: &mut Tx, id: OutboxId) -> Result<Sent, StoreError> {
    let row = tx
        .first("SELECT state, kind, human, thread, inbound, recipient_key FROM outbox WHERE id = $1", &[id.0.into()])
        .await?
        .ok_or_else(|| tx.missing("outgoing message", id.0))?;
    Ok(Sent {
        id,
        state: row.get("state")?,
        kind: row.word("kind", OutboundKind::from_word)?,
        human: row.flag("human")?,
        thread: ThreadId(row.get("thread")?),
        inbound: row.get::<Option<i64>>("inbound")?.map(InboundId),
        recipient_key: row.get("recipient_key")?,
    })
}

/// Ends a message by that settlement, whatever state it was seen in.
pub(super) async fn end(tx: &mut Tx, id: OutboxId, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError> {
    let sent = load(tx, id).await?;
    write(tx, &sent, settlement, now).await?;
    Ok(())
}

fn target_of(settlement: &Settlement) -> &'static str {
    match settlement {
        Settlement::Sent { .. } => "sent",
        Settlement::RetryAt { .. } => "retry_at",
        Settlement::Failed { .. } => "cancelled",
        Settlement::Uncertain { .. } => "uncertain",
    }
}

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
            if sent.state == "uncertain"
                && let Some(ticket) = ticket::open_of(tx, sent.thread).await?
            {
                let text = format!("the uncertain message was sent after all: {proof}");
                ticket::note(tx, ticket, "nightdesk", EventKind::Delivery, &text, now).await?;
            }
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
        Settlement::Uncertain { reason } => {
            tx.execute(
                "UPDATE outbox SET state = 'uncertain', reason = $2, settled_at = $3, changed_at = $3 WHERE id = $1",
                &[sent.id.0.into(), reason.into(), now.into()],
            )
            .await?;
            trouble(tx, sent, MAY_HAVE_BEEN_SENT, reason, now).await.map(Some)
        }
    }
}

/// A message whose answer will never arrive is a person's case.
async fn unanswered(tx: &mut Tx, inbound: InboundId, reason: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE inbound SET outcome = 'escalated', outcome_reason = $2
         WHERE id = $1 AND outcome IN ('answered', 'asked')",
        &[inbound.0.into(), reason.into()],
    )
    .await?;
    Ok(())
}

/// Opens or extends the thread's ticket and writes the server's words into its history.
async fn trouble(tx: &mut Tx, sent: &Sent, what: &str, words: &str, now: Timestamp) -> Result<TicketId, StoreError> {
    let row = tx
        .first(
            "SELECT id, subject, text, sender_name, sender_key FROM inbound
             WHERE thread = $1 ORDER BY CASE WHEN id = $2 THEN 0 ELSE 1 END, id DESC LIMIT 1",
            &[sent.thread.0.into(), sent.inbound.map_or(0, |inbound| inbound.0).into()],
        )
        .await?
        .ok_or_else(|| tx.missing("message in the thread", sent.thread.0))?;
    let reasons = [what.to_owned()];
    let case = Case {
        thread: sent.thread,
        inbound: InboundId(row.get("id")?),
        urgency: Urgency::High,
        reasons: &reasons,
        intent: None,
        tags: &[],
        subject: &subject_of(text(&row, "subject")?, text(&row, "text")?),
        buyer: buyer_of(row.get("sender_name")?, row.get("sender_key")?),
        now,
    };
    let ticket = ticket::raise(tx, &case).await?;
    ticket::note(tx, ticket, "nightdesk", EventKind::Delivery, words, now).await?;
    Ok(ticket)
}

fn text<'r>(row: &'r Row, column: &str) -> Result<&'r str, StoreError> {
    Ok(row.get::<Option<&str>>(column)?.unwrap_or_default())
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
