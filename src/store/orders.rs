//! The shop's own records of orders: readings of files, and what they say about the orders of one address.
//!
//! A file is read into rows beside those that count, a batch at a time, so that nobody waits long; [`Store::put_orders`]
//! puts the reading in force in one step. Of addresses only a keyed hash is kept: who never wrote to the shop is not known
//! to the store.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp, civil};
use serde::Serialize;

use crate::{
    model::{
        order::{
            self, LineStatus, Order, OrderFile, OrderLine, OrderSource, OrderStatus, address_key, fresh_since,
            number_key,
        },
        wire_id::InstanceKey,
    },
    store::{
        Store,
        database::{Row, Value, retried},
        error::StoreError,
        order_merge::{self, Merged, Told},
    },
};

/// Lines that one transaction writes: some tens of milliseconds for which others wait.
pub const BATCH: usize = 2_000;
/// Lines that one statement writes: on PostgreSQL each statement is a round trip.
const AT_ONCE: usize = 50;
/// Lines that one transaction deletes.
const DELETED_AT_ONCE: i64 = 5_000;
/// An address with more lines than this is nobody's: marketplaces and tills write one address for everybody.
const MAX_LINES: u32 = 1_000;
/// A reading that has not ended after so long belongs to a process that is gone.
const LOST_READING: SignedDuration = SignedDuration::from_hours(6);
/// So long a file that nobody renews is kept for people, who see it in tickets; then its lines are deleted.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The word of a status that needs a person.
const UNCLEAR: &str = "unclear";
/// Values of one line.
const COLUMNS: usize = 11;

/// A reading that has begun.
#[derive(Debug, Clone)]
pub struct OrderReading {
    id: i64,
    key: InstanceKey,
}

/// What a reading found, for people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderOutcome {
    /// Lines about orders.
    pub lines: u64,
    /// Lines without the buyer's address.
    pub without_email: u64,
    /// Problems.
    pub wrong: u64,
    /// The first of them in words; empty if there is none.
    pub note: String,
}

/// A file as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderFileSeen {
    /// Its name.
    pub name: String,
    /// The shop or marketplace.
    pub series: String,
    /// When it was last written.
    pub as_of: Timestamp,
    /// Its size in bytes.
    pub size: u64,
    /// By which columns and words it was read, as a hash.
    #[serde(skip)]
    pub how: String,
    /// It could not be used; the last reading before counts until it is too old.
    pub refused: bool,
    /// When it was read.
    pub read_at: Timestamp,
    /// Lines about orders.
    pub lines: u64,
    /// Lines without the buyer's address.
    pub without_email: u64,
    /// Problems.
    pub wrong: u64,
    /// The first problem, or why it was refused.
    pub note: String,
}

/// The lines of fresh files about every number of an address, and of older files one line for each number and series: an
/// order stands in the export of every day, and a buyer of many orders would have too many lines otherwise.
const ORDERS_OF: &str =
    "SELECT f.name AS name, f.series AS series, f.as_of AS as_of, l.line AS line, l.number AS number,
            l.number_key AS number_key, l.email_key AS email_key, l.status AS status, l.placed AS placed,
            l.shipped AS shipped, l.delivered AS delivered, l.carrier AS carrier, l.tracking AS tracking,
            f.lines - f.without_email AS addressed
     FROM order_line l JOIN order_file f ON f.id = l.file
     WHERE f.state = 'current' AND f.as_of >= $2
       AND l.number_key IN (SELECT m.number_key FROM order_line m WHERE m.email_key = $1)
     UNION ALL
     SELECT '', f.series, MAX(f.as_of), 0, MIN(l.number), l.number_key, MIN(l.email_key), NULL, MIN(l.placed),
            NULL, NULL, NULL, NULL, MAX(f.lines - f.without_email)
     FROM order_line l JOIN order_file f ON f.id = l.file
     WHERE f.state = 'current' AND f.as_of < $2
       AND l.number_key IN (SELECT m.number_key FROM order_line m WHERE m.email_key = $1)
     GROUP BY f.series, l.number_key
     ORDER BY as_of DESC, name, line LIMIT $3";

/// Writes several lines; the placeholders of all of them.
static INSERT_MANY: LazyLock<String> = LazyLock::new(|| insert(AT_ONCE));
/// Writes one line.
static INSERT_ONE: LazyLock<String> = LazyLock::new(|| insert(1));

fn insert(rows: usize) -> String {
    const HEAD: &str = "INSERT INTO order_line (file, line, number, number_key, email_key, status, placed, shipped, \
                        delivered, carrier, tracking) VALUES ";
    // A batch whose answer was lost is written again.
    const TAIL: &str = " ON CONFLICT (file, line) DO NOTHING";
    let row = |row: usize| {
        let values: Vec<String> = (1..=COLUMNS).map(|column| format!("${}", row * COLUMNS + column)).collect();
        format!("({})", values.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!("{HEAD}{}{TAIL}", rows.join(", "))
}

impl Store {
    /// Returns the same store for a shop that keeps records of orders: decisions see what files say that were written at
    /// most so long ago.
    #[must_use]
    pub fn with_orders(self, stale_after: Option<SignedDuration>) -> Self {
        Self { orders: stale_after, ..self }
    }

    /// Returns the orders under an address that are fresh enough to be spoken of, and what cannot be.
    pub async fn orders_for_decision(
        &self,
        address: Option<&str>,
        now: Timestamp,
    ) -> Result<(Vec<Order>, Option<String>), StoreError> {
        let (Some(stale_after), Some(address)) = (self.orders, address) else { return Ok((Vec::new(), None)) };
        let orders = self.merged_orders(address, fresh_since(stale_after, now)).await?;
        let orders = orders.into_iter().map(Merged::for_buyer).collect();
        let files = self.order_files().await?;
        let old = stale(&files, stale_after, now);
        let named: Vec<String> = old.iter().map(|file| format!("{} of {}", file.name, file.as_of)).collect();
        let missing = (!named.is_empty()).then(|| format!("too old to be spoken of: {}", named.join(", ")));
        Ok((orders, missing))
    }

    /// Begins to read a file. Nothing of it counts before [`Store::put_orders`].
    pub async fn begin_orders(&self, file: &OrderFile, how: &str, now: Timestamp) -> Result<OrderReading, StoreError> {
        let key = self.instance().await?.key;
        let id = self.note_file(file, how, "reading", "", now).await?;
        Ok(OrderReading { id, key })
    }

    /// Notes that a file could not be used, and why. What was read of it before counts until it is too old.
    pub async fn refuse_orders(
        &self,
        file: &OrderFile,
        how: &str,
        why: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.note_file(file, how, "refused", why, now).await.map(drop)
    }

    async fn note_file(
        &self,
        file: &OrderFile,
        how: &str,
        state: &str,
        note: &str,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        retried(|| async {
            let mut tx = self.db.beside("noting a file of orders").await?;
            // Why it could not be used last is said until it can be, or cannot for another reason.
            if state == "refused" {
                let last = "DELETE FROM order_file WHERE name = $1 AND state = 'refused'";
                tx.execute(last, &[(&file.name).into()]).await?;
            }
            let row = tx
                .one(
                    "INSERT INTO order_file (name, series, as_of, size, how, state, read_at, lines, without_email, wrong, note)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, $8) RETURNING id",
                    &[
                        (&file.name).into(),
                        (&file.series).into(),
                        file.as_of.into(),
                        number(file.size).into(),
                        how.into(),
                        state.into(),
                        now.into(),
                        note.into(),
                    ],
                )
                .await?;
            let id = row.get("id")?;
            tx.commit().await?;
            Ok(id)
        })
        .await
    }

    /// Writes lines of a reading, at best [`BATCH`] of them.
    pub async fn add_orders(&self, reading: &OrderReading, lines: &[OrderLine]) -> Result<(), StoreError> {
        retried(|| async {
            let mut tx = self.db.beside("writing lines about orders").await?;
            let mut groups = lines.chunks_exact(AT_ONCE);
            for group in &mut groups {
                let rows: Vec<Stored> = group.iter().map(|line| Stored::new(line, &reading.key)).collect();
                let values: Vec<Value<'_>> = rows.iter().flat_map(|row| row.values(reading.id)).collect();
                tx.execute(INSERT_MANY.as_str(), &values).await?;
            }
            for line in groups.remainder() {
                let row = Stored::new(line, &reading.key);
                tx.execute(INSERT_ONE.as_str(), &row.values(reading.id)).await?;
            }
            tx.commit().await
        })
        .await
    }

    /// Puts a reading in force in the place of the last one of the same file.
    pub async fn put_orders(&self, reading: &OrderReading, outcome: &OrderOutcome) -> Result<(), StoreError> {
        retried(|| async {
            let mut tx = self.db.beside("putting a file of orders in force").await?;
            let id = reading.id.into();
            let row = tx.first("SELECT name FROM order_file WHERE id = $1", &[id]).await?;
            let name: String = row.ok_or_else(|| tx.missing("file of orders", reading.id))?.get("name")?;
            let last = "UPDATE order_file SET state = 'gone' WHERE name = $1 AND state = 'current' AND id <> $2";
            tx.execute(last, &[(&name).into(), reading.id.into()]).await?;
            tx.execute("DELETE FROM order_file WHERE name = $1 AND state = 'refused'", &[(&name).into()]).await?;
            tx.execute(
                "UPDATE order_file SET state = 'current', lines = $2, without_email = $3, wrong = $4, note = $5 WHERE id = $1",
                &[
                    reading.id.into(),
                    number(outcome.lines).into(),
                    number(outcome.without_email).into(),
                    number(outcome.wrong).into(),
                    (&outcome.note).into(),
                ],
            )
            .await?;
            tx.commit().await
        })
        .await
    }

    /// Gives up a reading; nothing of it ever counted.
    pub async fn drop_orders(&self, reading: &OrderReading) -> Result<(), StoreError> {
        retried(|| async {
            let mut tx = self.db.beside("giving up a file of orders").await?;
            tx.execute("UPDATE order_file SET state = 'gone' WHERE id = $1", &[reading.id.into()]).await?;
            tx.commit().await
        })
        .await
    }

    /// Returns the files in force and those that could not be used, by name.
    pub async fn order_files(&self) -> Result<Vec<OrderFileSeen>, StoreError> {
        let rows = self
            .db
            .ask(
                "reading the files of orders",
                "SELECT name, series, as_of, size, how, state, read_at, lines, without_email, wrong, note
                 FROM order_file WHERE state IN ('current', 'refused') ORDER BY name, state",
                &[],
            )
            .await?;
        rows.iter().map(file_of).collect()
    }

    /// Returns the orders of an address for people, newest first, by files that were written at that moment or later. Older files
    /// only tell that another shop has the number too.
    pub async fn orders_of(&self, address: &str, fresh_since: Timestamp) -> Result<Vec<Order>, StoreError> {
        let orders = self.merged_orders(address, fresh_since).await?;
        Ok(orders.into_iter().map(|merged| merged.order).collect())
    }

    async fn merged_orders(&self, address: &str, fresh_since: Timestamp) -> Result<Vec<Merged>, StoreError> {
        let Some(key) = address_key(address) else { return Ok(Vec::new()) };
        let key = self.instance().await?.key.pseudonym(&key);
        let rows = self
            .db
            .ask(
                "reading the orders of an address",
                ORDERS_OF,
                &[(&key).into(), fresh_since.into(), (MAX_LINES + 1).into()],
            )
            .await?;
        if rows.len() > MAX_LINES as usize {
            return Ok(Vec::new());
        }
        let told = rows.iter().map(told_of).collect::<Result<Vec<Told>, StoreError>>()?;
        Ok(order_merge::merge(told, &key, fresh_since))
    }

    /// Deletes what no longer counts: readings that were replaced or lost, and files that nobody renewed for a month.
    /// Returns how many lines went.
    pub async fn tidy_orders(&self, now: Timestamp) -> Result<u64, StoreError> {
        let rows = self
            .db
            .ask(
                "looking for old files of orders",
                "SELECT id FROM order_file
                 WHERE state = 'gone' OR (state = 'reading' AND read_at < $1) OR (state <> 'reading' AND as_of < $2)
                 ORDER BY id",
                &[(now - LOST_READING).into(), (now - KEPT).into()],
            )
            .await?;
        let mut deleted = 0;
        for row in rows {
            deleted += self.delete_file(row.get("id")?).await?;
        }
        Ok(deleted)
    }

    async fn delete_file(&self, id: i64) -> Result<u64, StoreError> {
        let mut deleted = 0;
        loop {
            let gone = retried(|| async {
                let mut tx = self.db.beside("deleting an old file of orders").await?;
                let first = tx.one("SELECT MIN(line) AS line FROM order_line WHERE file = $1", &[id.into()]).await?;
                let gone = if let Some(first) = first.get::<Option<i64>>("line")? {
                    let lines = "DELETE FROM order_line WHERE file = $1 AND line < $2";
                    Some(tx.execute(lines, &[id.into(), (first + DELETED_AT_ONCE).into()]).await?)
                } else {
                    tx.execute("DELETE FROM order_file WHERE id = $1", &[id.into()]).await?;
                    None
                };
                tx.commit().await?;
                Ok(gone)
            })
            .await?;
            match gone {
                Some(lines) => deleted += lines,
                None => return Ok(deleted),
            }
        }
    }
}

/// Returns the files that are too old to be spoken of and that no newer one of their series replaced.
pub fn stale(files: &[OrderFileSeen], stale_after: SignedDuration, now: Timestamp) -> Vec<&OrderFileSeen> {
    let since = fresh_since(stale_after, now);
    // A file that could not be used belongs to no series.
    order::stale(files, |file| (if file.refused { "" } else { &file.series }, file.as_of), since)
        .filter(|file| !file.refused)
        .collect()
}

/// A line as it is stored.
struct Stored<'a> {
    line: &'a OrderLine,
    number_key: String,
    email_key: Option<String>,
    days: [Option<String>; 3],
}

impl<'a> Stored<'a> {
    fn new(line: &'a OrderLine, key: &InstanceKey) -> Self {
        let day = |day: Option<civil::Date>| day.map(|day| day.to_string());
        Self {
            number_key: number_key(&line.number),
            email_key: line.email.as_deref().and_then(address_key).map(|address| key.pseudonym(&address)),
            days: [day(line.placed), day(line.shipped), day(line.delivered)],
            line,
        }
    }

    fn values(&self, file: i64) -> [Value<'_>; COLUMNS] {
        let line = self.line;
        let status = line.status.map(|status| match status {
            LineStatus::Known(status) => status.as_str(),
            LineStatus::Unclear => UNCLEAR,
        });
        let [placed, shipped, delivered] = &self.days;
        [
            file.into(),
            number(line.line).into(),
            (&line.number).into(),
            (&self.number_key).into(),
            self.email_key.as_deref().into(),
            status.into(),
            placed.as_deref().into(),
            shipped.as_deref().into(),
            delivered.as_deref().into(),
            line.carrier.as_deref().into(),
            line.tracking.as_deref().into(),
        ]
    }
}

fn told_of(row: &Row) -> Result<Told, StoreError> {
    let day = |column: &str| -> Result<Option<civil::Date>, StoreError> {
        let written: Option<String> = row.get(column)?;
        written.map(|day| day.parse().map_err(|error| row.damaged(&error))).transpose()
    };
    let status = |word: &str| match OrderStatus::from_word(word) {
        Some(status) => LineStatus::Known(status),
        None => LineStatus::Unclear,
    };
    Ok(Told {
        series: row.get("series")?,
        source: OrderSource { file: row.get("name")?, line: count(row, "line")?, as_of: row.moment("as_of")? },
        number: row.get("number")?,
        number_key: row.get("number_key")?,
        email_key: row.get("email_key")?,
        addressed: count(row, "addressed")? > 0,
        status: row.get::<Option<String>>("status")?.as_deref().map(status),
        placed: day("placed")?,
        shipped: day("shipped")?,
        delivered: day("delivered")?,
        carrier: row.get("carrier")?,
        tracking: row.get("tracking")?,
    })
}

fn file_of(row: &Row) -> Result<OrderFileSeen, StoreError> {
    Ok(OrderFileSeen {
        name: row.get("name")?,
        series: row.get("series")?,
        as_of: row.moment("as_of")?,
        size: count(row, "size")?,
        how: row.get("how")?,
        refused: row.get::<String>("state")? == "refused",
        read_at: row.moment("read_at")?,
        lines: count(row, "lines")?,
        without_email: count(row, "without_email")?,
        wrong: count(row, "wrong")?,
        note: row.get("note")?,
    })
}

fn count(row: &Row, column: &str) -> Result<u64, StoreError> {
    u64::try_from(row.get::<i64>(column)?).map_err(|error| row.damaged(&error))
}

/// Sizes and line numbers are far below what a database's number holds.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
