//! The sums of reports: what came in, how it ended, how long buyers waited, what was recognized, how the queue stands.
//!
//! Each sum reads the rows of its days by an index that holds all it needs; none reads a message's bytes.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};

use crate::{
    model::{
        agent_command::DraftOutcome,
        closing::{CloseResult, Compensation},
        figures::{
            CaseCount, Days, DraftCount, Ending, Figures, IntentCount, Overdue, Queue, Responder, SLOT, Said, Volume,
            Wait,
        },
        ids::{AccountName, IntentId, TicketId},
    },
    store::{
        Store,
        database::{Row, Tx, Value},
        error::StoreError,
        inbound::channel_of,
        queue::{AROUND, named},
        unrecognized,
    },
};

/// A person who writes later than this after an automatic answer has another reason to.
const PERSON_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How many tickets past their clock are named; the others are counted.
const OVERDUE_NAMED: u32 = 20;

/// Counts messages by slot, channel and ending. Its values are those of [`Store::figures`]: the first moment, the one after
/// the last, the accounts and what stands around each, then how long a person has and the length of a slot.
pub const VOLUME: &str = include_str!("sql/figures-volume.sql");
/// Counts how long messages waited; its values are the first four of [`VOLUME`].
pub const WAITS: &str = include_str!("sql/figures-waits.sql");
/// Counts what was recognized; its values are those of [`WAITS`].
pub const INTENTS: &str = include_str!("sql/figures-intents.sql");
/// Counts what became of drafts; its values are those of [`WAITS`].
pub const DRAFTS: &str = include_str!("sql/figures-drafts.sql");

impl Store {
    /// Counts what reports show of some days: of these accounts, or of all. How the queue stands is told as of `now`.
    ///
    /// The figures are those of one snapshot.
    pub async fn figures(
        &self,
        days: &Days,
        accounts: Option<&[AccountName]>,
        now: Timestamp,
    ) -> Result<Figures, StoreError> {
        let named = named(accounts);
        let named = named.as_deref();
        let mut tx = self.db.read("counting for a report").await?;
        let mut waits = Vec::new();
        for (from, to) in days.each() {
            waits.push(waits_of(&mut tx, from, to, named).await?);
        }
        let volume = volume(&mut tx, days, named).await?;
        let intents = intents(&mut tx, days.from(), days.to(), named).await?;
        Ok(Figures {
            days: days.clone(),
            unrecognized: unrecognized::count(&mut tx, days, named).await?,
            volume,
            waits,
            acks: acks(&mut tx, days, named).await?,
            intents,
            drafts: drafts(&mut tx, days, named).await?,
            queue: queue(&mut tx, named, now).await?,
            overdue: overdue(&mut tx, named, now).await?,
        })
    }

    /// Counts the cases closed in those days that had to say how they ended, by cause, result and compensation: of these
    /// accounts, or of all.
    pub async fn closed_cases(
        &self,
        days: &Days,
        accounts: Option<&[AccountName]>,
    ) -> Result<Vec<CaseCount>, StoreError> {
        let named = named(accounts);
        let rows = self
            .db
            .ask(
                "counting closed cases",
                "SELECT k.cause, k.result, k.compensation, COUNT(*) AS tickets FROM ticket k
                 WHERE k.cause IS NOT NULL AND k.closed_at >= $1 AND k.closed_at < $2
                   AND ($3 IS NULL OR REPLACE($3, $4 || k.account || $4, '') <> $3)
                 GROUP BY k.cause, k.result, k.compensation",
                &span(days.from(), days.to(), named.as_deref()),
            )
            .await?;
        rows.iter().map(case_of).collect()
    }

    /// Counts what was recognized in each of some days: of these accounts, or of all.
    pub async fn intents_by_day(
        &self,
        days: &Days,
        accounts: Option<&[AccountName]>,
    ) -> Result<Vec<Vec<IntentCount>>, StoreError> {
        let named = named(accounts);
        let mut tx = self.db.read("counting what was recognized").await?;
        let mut counts = Vec::new();
        for (from, to) in days.each() {
            counts.push(intents(&mut tx, from, to, named.as_deref()).await?);
        }
        Ok(counts)
    }
}

/// Returns the values that statements of reports begin with.
pub(super) fn span(from: Timestamp, to: Timestamp, named: Option<&str>) -> Vec<Value<'_>> {
    vec![from.into(), to.into(), named.into(), AROUND.into()]
}

async fn volume(tx: &mut Tx, days: &Days, named: Option<&str>) -> Result<Vec<Volume>, StoreError> {
    let mut values = span(days.from(), days.to(), named);
    let slot = millis(SLOT);
    values.extend([millis(PERSON_WITHIN).into(), slot.into()]);
    let rows = tx.all(VOLUME, &values).await?;
    rows.iter()
        .map(|row| {
            let begun = row.get::<i64>("slot")?.saturating_mul(slot);
            let begun = Timestamp::from_millisecond(begun).map_err(|error| row.damaged(&error))?;
            Ok(Volume {
                at: begun.max(days.from()),
                channel: row.word("channel", channel_of)?,
                ending: ending(row)?,
                messages: row.count("messages")?.into(),
            })
        })
        .collect()
}

fn millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn ending(row: &Row) -> Result<Ending, StoreError> {
    let alone = row.flag("alone")?;
    row.word("outcome", |word| match word {
        "answered" if alone => Some(Ending::Resolved),
        "answered" => Some(Ending::Answered),
        "asked" => Some(Ending::Asked),
        "escalated" => Some(Ending::Escalated),
        "suppressed" => Some(Ending::Suppressed),
        _ => None,
    })
}

async fn waits_of(tx: &mut Tx, from: Timestamp, to: Timestamp, named: Option<&str>) -> Result<Vec<Wait>, StoreError> {
    let rows = tx.all(WAITS, &span(from, to, named)).await?;
    rows.iter()
        .map(|row| {
            Ok(Wait {
                by: if row.flag("person")? { Responder::Person } else { Responder::Rule },
                seconds: row.count("seconds")?.into(),
                messages: row.count("messages")?.into(),
            })
        })
        .collect()
}

async fn intents(
    tx: &mut Tx,
    from: Timestamp,
    to: Timestamp,
    named: Option<&str>,
) -> Result<Vec<IntentCount>, StoreError> {
    let rows = tx.all(INTENTS, &span(from, to, named)).await?;
    let mut counts = Vec::new();
    for row in &rows {
        counts.push(IntentCount {
            intent: IntentId::new(row.get::<String>("intent")?),
            said: row.word("said", Said::from_word)?,
            first: row.flag("first")?,
            messages: row.count("messages")?.into(),
        });
    }
    // Databases sort letters differently.
    counts.sort_by(|a, b| (&a.intent, a.said, Reverse(a.first)).cmp(&(&b.intent, b.said, Reverse(b.first))));
    Ok(counts)
}

/// Counts by the day on which people decided, whenever the draft was made.
async fn drafts(tx: &mut Tx, days: &Days, named: Option<&str>) -> Result<Vec<DraftCount>, StoreError> {
    let rows = tx.all(DRAFTS, &span(days.from(), days.to(), named)).await?;
    let count = |row: &Row| {
        Ok(DraftCount {
            rule: IntentId::new(row.get::<String>("intent")?),
            outcome: row.word("outcome", DraftOutcome::from_word)?,
            drafts: row.count("drafts")?.into(),
        })
    };
    rows.iter().map(count).collect()
}

fn case_of(row: &Row) -> Result<CaseCount, StoreError> {
    let word = |column| row.get::<Option<&str>>(column);
    Ok(CaseCount {
        cause: row.get("cause")?,
        result: word("result")?.and_then(CloseResult::from_word),
        compensation: word("compensation")?
            .map(|text| text.parse::<Compensation>().map_err(|error| row.damaged(&error)))
            .transpose()?,
        tickets: row.count("tickets")?.into(),
    })
}

async fn acks(tx: &mut Tx, days: &Days, named: Option<&str>) -> Result<u64, StoreError> {
    let row = tx
        .one(
            "SELECT COUNT(*) AS acks FROM outbox o
             WHERE o.human = 0 AND o.created_at >= $1 AND o.created_at < $2 AND o.kind = 'ack'
               AND o.state IN ('sent', 'verified_sent')
               AND ($3 IS NULL OR REPLACE($3, $4 || o.account || $4, '') <> $3)",
            &span(days.from(), days.to(), named),
        )
        .await?;
    Ok(row.count("acks")?.into())
}

async fn queue(tx: &mut Tx, named: Option<&str>, now: Timestamp) -> Result<Queue, StoreError> {
    let rows = tx
        .all(
            "SELECT k.state, COUNT(*) AS tickets, COUNT(CASE WHEN k.respond_by < $1 THEN 1 END) AS overdue
             FROM ticket k JOIN thread t ON t.id = k.thread
             WHERE k.state IN ('open', 'claimed')
               AND ($2 IS NULL OR REPLACE($2, $3 || t.account || $3, '') <> $2)
             GROUP BY k.state",
            &[now.into(), named.into(), AROUND.into()],
        )
        .await?;
    let mut queue = Queue::default();
    for row in &rows {
        let tickets = u64::from(row.count("tickets")?);
        match row.get::<&str>("state")? {
            "open" => queue.open = tickets,
            _ => queue.claimed = tickets,
        }
        queue.overdue += u64::from(row.count("overdue")?);
    }
    Ok(queue)
}

async fn overdue(tx: &mut Tx, named: Option<&str>, now: Timestamp) -> Result<Vec<Overdue>, StoreError> {
    let rows = tx
        .all(
            "SELECT k.id, k.subject, k.respond_by FROM ticket k JOIN thread t ON t.id = k.thread
             WHERE k.state IN ('open', 'claimed') AND k.respond_by < $1
               AND ($2 IS NULL OR REPLACE($2, $3 || t.account || $3, '') <> $2)
             ORDER BY k.respond_by, k.id LIMIT $4",
            &[now.into(), named.into(), AROUND.into(), OVERDUE_NAMED.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Overdue {
                ticket: TicketId(row.get("id")?),
                subject: row.get("subject")?,
                respond_by: row.moment("respond_by")?,
            })
        })
        .collect()
}
