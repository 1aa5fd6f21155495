//! What the engine may know for one decision, read in one snapshot.

use jiff::{SignedDuration, Timestamp};

use crate::{
    model::{
        context::Context,
        ids::{InboundId, ThreadId},
        inbound::Inbound,
    },
    store::{
        Store, buyer,
        counters::{self, Subject},
        database::{Tx, Value},
        error::StoreError,
        switches,
        thread::{self, Found},
    },
};

/// How far back the same Message-ID with the same text is a duplicate (guard A2).
const DUPLICATE_WINDOW: SignedDuration = SignedDuration::from_hours(90 * 24);

impl Store {
    /// Reads the state of the world for the decision on one message. Everything in it that a decision may rest on is
    /// checked again by [`Store::commit`].
    ///
    /// How many messages the shop sent in ten minutes is counted exactly from `breaker` on; below it, it may be given too
    /// high, as long as it stays below.
    pub async fn context(
        &self,
        id: InboundId,
        inbound: &Inbound,
        breaker: u32,
        now: Timestamp,
    ) -> Result<Context, StoreError> {
        let author = inbound.from.as_ref().filter(|_| inbound.telegram.is_none());
        let author = author.map(|mailbox| mailbox.address.as_str());
        let (orders, orders_missing) = self.orders_for_decision(author, now).await?;
        let mut tx = self.db.read("reading the context of a message").await?;
        let sender_key = inbound.sender_key();
        let sender_domain = inbound.sender_domain();
        let chat_key = inbound.telegram.as_ref().map(crate::model::inbound::TelegramFacts::chat_key);
        let mut found = thread::find(&mut tx, inbound, sender_key.as_deref()).await?;
        // A message that is decided again stays where its ticket is.
        let own = own(&mut tx, id).await?;
        if own.thread.is_some() {
            found = Found { thread: thread::state_of(&mut tx, own.thread).await?, unverified: None };
        }
        let buyer = match &sender_key {
            Some(key) => buyer::find(&mut tx, key).await?,
            None => None,
        };
        let subject = Subject {
            inbound: id,
            sender_key: sender_key.as_deref(),
            sender_domain: sender_domain.as_deref(),
            chat_key: chat_key.as_deref(),
            body_hash: &inbound.body_hash,
        };
        let mut counters = counters::count(&mut tx, &subject, breaker, now).await?;
        counters.sends_shop_usual = self.usual.at(&mut tx, now).await?;
        Ok(Context {
            thread: found.thread,
            unverified_thread: found.unverified,
            buyer,
            orders,
            orders_missing,
            duplicate_of: duplicate_of(&mut tx, id, inbound).await?,
            counters,
            switches: switches::seen_from(&mut tx, &inbound.account).await?,
            go_live: own.go_live,
        })
    }
}

/// Finds a message decided earlier with the same Message-ID and the same text, from whichever account. Only decided
/// rows have both, so of two that are decided at once the second sees the first, whichever was stored first.
async fn duplicate_of(tx: &mut Tx, id: InboundId, inbound: &Inbound) -> Result<Option<InboundId>, StoreError> {
    let Some(message_id) = inbound.mail.as_ref().and_then(|mail| mail.message_id.as_deref()) else { return Ok(None) };
    let received = inbound.received_at;
    let row = tx
        .first(
            "SELECT id FROM inbound
             WHERE message_id = $1 AND body_hash = $2 AND id <> $3 AND received_at >= $4 AND received_at <= $5
               AND in_junk <= $6
             ORDER BY id LIMIT 1",
            &[
                thread::index_key(message_id).as_ref().into(),
                Value::Bytes(&inbound.body_hash),
                id.0.into(),
                (received - DUPLICATE_WINDOW).into(),
                (received + DUPLICATE_WINDOW).into(),
                // What a person took out of the junk folder was never looked at before.
                inbound.mail.as_ref().is_some_and(|mail| mail.in_junk).into(),
            ],
        )
        .await?;
    row.map(|row| row.get("id").map(InboundId)).transpose()
}

/// What the message's own row says.
struct Own {
    /// The conversation of the ticket in which it is decided again.
    thread: Option<ThreadId>,
    go_live: Option<Timestamp>,
}

async fn own(tx: &mut Tx, id: InboundId) -> Result<Own, StoreError> {
    let row = tx
        .first(
            "SELECT COALESCE(f.go_live, s.first_seen) AS go_live,
                    (SELECT i.thread FROM quarantine q WHERE q.inbound = i.id AND q.left_at IS NULL) AS thread
             FROM inbound i
             LEFT JOIN folder f ON f.account = i.account AND f.folder = i.folder
             LEFT JOIN account_seen s ON s.account = i.account
             WHERE i.id = $1",
            &[id.0.into()],
        )
        .await?
        .ok_or_else(|| tx.missing("received message", id.0))?;
    Ok(Own { thread: row.get::<Option<i64>>("thread")?.map(ThreadId), go_live: row.maybe_moment("go_live")? })
}
