//! What the caps count. Counts are read from the rows themselves, so they cannot drift from what was sent.
//!
//! The shop's last ten minutes are read every time, twice for each message. Below what makes a difference, their number is
//! taken from the numbers of the first and the last row, whatever lies between.
//!
//! `+human`: without statistics SQLite would look through all messages of the week by the shop's index; a sign keeps a
//! column out of the choice of the index, and the recipient's few rows are read instead.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    model::{
        context::Counters,
        ids::{InboundId, ReplyId},
    },
    store::{
        database::{Tx, Value},
        error::StoreError,
        thread::index_key,
    },
};

/// A day of the caps.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A week of the caps.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The window of the breaker for the whole shop, and of repeated bodies.
const TEN_MINUTES: SignedDuration = SignedDuration::from_mins(10);

/// The window of Telegram's own cap.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The days whose busiest ten minutes make the usual load.
const USUAL_DAYS: usize = 7;

/// So long the usual load counts as known. It is a median of seven days, of which today is one, so a minute changes it by
/// next to nothing; reading it goes through all messages of a week.
const USUAL_LASTS: SignedDuration = SignedDuration::from_mins(1);

/// Whose messages are counted.
pub(super) struct Subject<'a> {
    pub(super) inbound: InboundId,
    pub(super) sender_key: Option<&'a str>,
    pub(super) sender_domain: Option<&'a str>,
    pub(super) chat_key: Option<&'a str>,
    pub(super) body_hash: &'a [u8; 32],
}

/// Counts everything but [`Counters::sends_shop_usual`], which only ever loosens a cap and is read by [`usual`].
/// [`Counters::sends_shop_ten_minutes`] is exact from `breaker` on, and below it may be too high, but not `breaker`.
pub(super) async fn count(
    tx: &mut Tx,
    subject: &Subject<'_>,
    breaker: u32,
    now: Timestamp,
) -> Result<Counters, StoreError> {
    let key = subject.sender_key.map(index_key);
    let row = tx
        .one(
            COUNTS,
            &[
                (now - TEN_MINUTES).into(),
                subject.sender_domain.map(index_key).as_deref().into(),
                (now - DAY).into(),
                (now - WEEK).into(),
                subject.chat_key.map(index_key).as_deref().into(),
                (now - HOUR).into(),
                subject.inbound.0.into(),
                key.as_deref().into(),
                Value::Bytes(subject.body_hash),
                i64::try_from(TEN_MINUTES.as_millis()).unwrap_or(i64::MAX).into(),
            ],
        )
        .await?;
    let mut counters = Counters {
        sends_shop_ten_minutes: match row.count("at_most")? {
            most if most < breaker => most,
            _ => tx.one(SHOP, &[(now - TEN_MINUTES).into()]).await?.count("shop")?,
        },
        answers_domain_day: row.count("day")?,
        answers_domain_week: row.count("week")?,
        sends_chat_hour: row.count("chat")?,
        same_body_ten_minutes: row.count("repeats")?,
        ..Counters::default()
    };
    if let Some(key) = key {
        count_sender(tx, &key, now, &mut counters).await?;
    }
    Ok(counters)
}

/// All counts that are one number, in one statement, for each is a round trip; what is not known counts nothing.
///
/// `at_most` are all rows since the first automatic one of the ten minutes: at least as many as [`SHOP`] counts, save those that
/// a process with a slower clock wrote.
///
/// Repeats are other decided messages of this sender with the same text that came within ten minutes of this one, before it
/// or after it: whichever is decided second sees the first.
const COUNTS: &str = "SELECT
     COALESCE((SELECT MAX(id) FROM outbox) + 1
       - (SELECT id FROM outbox WHERE human = 0 AND created_at > $1 ORDER BY created_at LIMIT 1), 0) AS at_most,
     (SELECT COUNT(*) FROM outbox
      WHERE recipient_domain = $2 AND created_at > $3 AND +human = 0 AND kind = 'answer' AND state <> 'cancelled') AS day,
     (SELECT COUNT(*) FROM outbox
      WHERE recipient_domain = $2 AND created_at > $4 AND +human = 0 AND kind = 'answer' AND state <> 'cancelled') AS week,
     (SELECT COUNT(*) FROM outbox
      WHERE recipient_key = $5 AND created_at > $6 AND +human = 0 AND kind <> 'draft' AND state <> 'cancelled') AS chat,
     (SELECT COUNT(*) FROM inbound i JOIN inbound own ON own.id = $7
      WHERE i.sender_key = $8 AND i.body_hash = $9 AND i.received_at >= own.received_at - $10
        AND i.received_at <= own.received_at + $10 AND i.id <> $7) AS repeats";

/// The automatic messages of the whole shop.
const SHOP: &str = "SELECT COUNT(*) AS shop FROM outbox
     WHERE kind <> 'draft' AND human = 0 AND created_at > $1 AND state <> 'cancelled'";

/// Counts what goes to one person, by row: a person gets few.
async fn count_sender(tx: &mut Tx, key: &str, now: Timestamp, counters: &mut Counters) -> Result<(), StoreError> {
    let rows = tx
        .all(
            "SELECT kind, replies, created_at FROM outbox
             WHERE recipient_key = $1 AND created_at > $2 AND +human = 0 AND kind <> 'draft' AND state <> 'cancelled'",
            &[key.into(), (now - WEEK).into()],
        )
        .await?;
    let mut replies = BTreeSet::new();
    for row in rows {
        let today = row.moment("created_at")? > now - DAY;
        match row.get::<&str>("kind")? {
            "answer" => {
                counters.answers_sender_week += 1;
                counters.answers_sender_day += u32::from(today);
            }
            _ => counters.notices_sender_day += u32::from(today),
        }
        if today {
            replies.extend(row.json::<Vec<ReplyId>>("replies")?);
        }
    }
    counters.replies_sender_day = replies.into_iter().collect();
    Ok(())
}

/// The usual load as it was read last, for all handles of a store.
#[derive(Debug, Default)]
pub(super) struct Usual(Mutex<Option<(Timestamp, u32)>>);

impl Usual {
    /// Returns the usual load at that moment, read anew when it is older than [`USUAL_LASTS`].
    pub(super) async fn at(&self, tx: &mut Tx, now: Timestamp) -> Result<u32, StoreError> {
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known {
            Some((read_at, usual)) if (read_at..read_at + USUAL_LASTS).contains(&now) => Ok(usual),
            _ => {
                let read = usual(tx, now).await?;
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, read));
                Ok(read)
            }
        }
    }
}

/// Returns the median over the last seven days of each day's busiest ten minutes; days without answers count as 0.
async fn usual(tx: &mut Tx, now: Timestamp) -> Result<u32, StoreError> {
    let rows = tx
        .all(
            "SELECT day, MAX(answers) AS busiest FROM (
               SELECT ($1 - created_at) / 86400000 AS day, ($1 - created_at) / 600000 AS bucket, COUNT(*) AS answers
               FROM outbox
               WHERE kind <> 'draft' AND human = 0 AND created_at > $2 AND created_at <= $1 AND state <> 'cancelled'
               GROUP BY 1, 2) AS buckets
             GROUP BY day",
            &[now.into(), (now - WEEK).into()],
        )
        .await?;
    let mut busiest = [0; USUAL_DAYS];
    for (slot, row) in busiest.iter_mut().zip(rows) {
        *slot = row.count("busiest")?;
    }
    busiest.sort_unstable();
    Ok(busiest[USUAL_DAYS / 2])
}

/// Returns whether any cap is nearer than it was: a count rose, or a reply went out that had not.
pub(super) fn grown(before: &Counters, after: &Counters) -> bool {
    after.answers_sender_day > before.answers_sender_day
        || after.answers_sender_week > before.answers_sender_week
        || after.answers_domain_day > before.answers_domain_day
        || after.answers_domain_week > before.answers_domain_week
        || after.notices_sender_day > before.notices_sender_day
        || after.sends_chat_hour > before.sends_chat_hour
        || after.sends_shop_ten_minutes > before.sends_shop_ten_minutes
        || after.same_body_ten_minutes > before.same_body_ten_minutes
        || after.replies_sender_day.iter().any(|reply| !before.replies_sender_day.contains(reply))
}
