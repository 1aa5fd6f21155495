//! What becomes of a message that may have left: it is looked for until its time is up, taken for sent as soon as it is
//! seen outside, and else brought before a person, once.

use jiff::Timestamp;

use crate::{
    failpoint,
    model::{
        delivery::{DeliveryEvent, DeliveryState},
        ids::{AccountName, OutboxId, TicketId},
        ticket::EventKind,
    },
    store::{
        Store,
        database::{Row, Tx, resumed, retried},
        delivery::{self, Sent},
        error::StoreError,
        next,
        thread::index_key,
        ticket,
    },
};

/// What a ticket says of a message nobody can be sure of.
const MAY_HAVE_BEEN_SENT: &str =
    "a message may have been sent: look into the sent mail or the chat before writing again";

/// Messages of one account looked for in one round; the next round takes the next ones.
const ROUND: u32 = 100;

/// What a proof from outside has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The message was in doubt; now it is known to have left.
    Verified(OutboxId),
    /// The message is ours and was not in doubt.
    Known(OutboxId),
    /// No message of ours has this id.
    Unknown,
}

/// A message that may have left and is due to be looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The row.
    pub id: OutboxId,
    /// Which mailbox or bot sent it, or not.
    pub account: AccountName,
    /// Our Message-ID without angle brackets; none for a chat message.
    pub message_id: Option<String>,
    /// How often it was looked for.
    pub looks: u32,
    /// After the look at this moment a person is asked.
    pub verify_by: Timestamp,
}

impl Store {
    /// Takes a proof from outside that the message with this id (without angle brackets) has left: it was seen in the
    /// folder of sent mail, a delivery report speaks of it, a later mail answers it. The caller has made sure that the id
    /// is one of ours. A message in doubt is `verified_sent` from then on, also when its ticket was made already; the
    /// ticket gets a note.
    pub async fn evidence(&self, message_id: &str, proof: &str, now: Timestamp) -> Result<Evidence, StoreError> {
        let Some((id, state)) = self.state_of(message_id).await? else { return Ok(Evidence::Unknown) };
        // Most mails that name a message of ours are answers to one that nobody doubts: no turn is taken for them.
        if state.after(DeliveryEvent::Seen).is_none() {
            return Ok(Evidence::Known(id));
        }
        resumed(async |doubt| {
            let mut tx = self.db.write("taking a proof that a message left").await?;
            let sent = delivery::load(&mut tx, id).await?;
            if sent.state.after(DeliveryEvent::Seen).is_none() {
                let mine = doubt && sent.state == DeliveryState::VerifiedSent;
                return Ok(if mine { Evidence::Verified(sent.id) } else { Evidence::Known(sent.id) });
            }
            failpoint::reach("store.evidence.before");
            found(&mut tx, &sent, proof, now).await?;
            tx.commit().await?;
            failpoint::reach("store.evidence.after");
            Ok(Evidence::Verified(sent.id))
        })
        .await
    }

    async fn state_of(&self, message_id: &str) -> Result<Option<(OutboxId, DeliveryState)>, StoreError> {
        let mut tx = self.db.read("looking for a message of ours").await?;
        let key = index_key(message_id);
        let row = tx
            .first(
                "SELECT id, state FROM outbox WHERE message_id = $1 ORDER BY id DESC LIMIT 1",
                &[key.as_ref().into()],
            )
            .await?;
        row.map(|row| Ok((OutboxId(row.get("id")?), row.word("state", DeliveryState::from_word)?))).transpose()
    }

    /// Returns the messages in doubt that are due to be looked for, account by account, the longest due first: of each so
    /// many that those of an account nobody looks after keep no others waiting.
    pub async fn doubts(&self, now: Timestamp) -> Result<Vec<Doubt>, StoreError> {
        let mut tx = self.db.read("reading what may have been sent").await?;
        let accounts =
            tx.all("SELECT DISTINCT account FROM outbox WHERE state = 'uncertain' ORDER BY account", &[]).await?;
        let mut doubts = Vec::new();
        for account in &accounts {
            let rows = tx
                .all(
                    "SELECT id, account, message_id, looks, verify_by FROM outbox
                     WHERE state = 'uncertain' AND account = $3 AND (due_at <= $1 OR changed_at > $4)
                     ORDER BY due_at, id LIMIT $2",
                    &[now.into(), ROUND.into(), account.get::<&str>("account")?.into(), next::latest(now).into()],
                )
                .await?;
            for row in &rows {
                doubts.push(doubt_of(row)?);
            }
        }
        Ok(doubts)
    }

    /// Notes that a message in doubt was looked for and not seen; the next look is due at `again`.
    pub async fn look_again(&self, id: OutboxId, again: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        retried(|| async {
            let mut tx = self.db.write("noting a look for a message").await?;
            tx.execute(
                "UPDATE outbox SET looks = looks + 1, due_at = $2, changed_at = $3
                 WHERE id = $1 AND state = 'uncertain'",
                &[id.0.into(), again.into(), now.into()],
            )
            .await?;
            tx.commit().await
        })
        .await
    }

    /// Brings a message in doubt before a person, with what the last look has shown. Returns the ticket, the same one if
    /// it was made already; none if the message was found meanwhile.
    pub async fn escalate_doubt(
        &self,
        id: OutboxId,
        seen: &str,
        now: Timestamp,
    ) -> Result<Option<TicketId>, StoreError> {
        retried(|| async {
            let mut tx = self.db.write("asking a person about a message in doubt").await?;
            let sent = delivery::load(&mut tx, id).await?;
            if sent.state == DeliveryState::Escalated {
                return Ok(sent.ticket);
            }
            if sent.state.after(DeliveryEvent::NotFound).is_none() {
                return Ok(None);
            }
            failpoint::reach("store.escalation.before");
            let reason = sent.reason.as_deref().unwrap_or_default();
            let words = if seen.is_empty() { reason.to_owned() } else { format!("{reason}; {seen}") };
            let ticket = delivery::trouble(&mut tx, &sent, MAY_HAVE_BEEN_SENT, &words, now).await?;
            tx.execute(
                "UPDATE outbox SET state = 'escalated', ticket = $2, settled_at = $3, changed_at = $3 WHERE id = $1",
                &[id.0.into(), ticket.0.into(), now.into()],
            )
            .await?;
            tx.commit().await?;
            failpoint::reach("store.escalation.after");
            Ok(Some(ticket))
        })
        .await
    }
}

/// Ends the doubt about a message; the caller has looked at its state.
pub(super) async fn found(tx: &mut Tx, sent: &Sent, proof: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE outbox SET state = 'verified_sent', proof = $2, settled_at = $3, changed_at = $3 WHERE id = $1",
        &[sent.id.0.into(), proof.into(), now.into()],
    )
    .await?;
    if sent.scheduled {
        delivery::answered(tx, sent.thread, now).await?;
    }
    if let Some(ticket) = sent.ticket {
        let text = format!("the message in doubt was sent after all: {proof}");
        ticket::note(tx, ticket, "nightdesk", EventKind::Delivery, &text, now).await?;
    }
    Ok(())
}

fn doubt_of(row: &Row) -> Result<Doubt, StoreError> {
    Ok(Doubt {
        id: OutboxId(row.get("id")?),
        account: AccountName::new(row.get::<String>("account")?),
        message_id: row.get("message_id")?,
        looks: row.count("looks")?,
        verify_by: row.moment("verify_by")?,
    })
}
