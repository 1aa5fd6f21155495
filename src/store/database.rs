//! One way to run a statement on either database: transactions, bound values, rows.
//!
//! **Why writers take turns on PostgreSQL.** The promises are about more than rows: caps count rows that do not exist
//! yet, and after a pause or a takeover was acknowledged no claim may commit. SERIALIZABLE would keep the counts right
//! but not the second promise (it may order a claim before a pause that was acknowledged earlier), and it would abort
//! and retry under load. So each writing transaction first locks the one row of `switches` under READ COMMITTED: what
//! was proved with SQLite's single writer holds word for word, nothing aborts, and several hundred transactions a
//! second remain, far beyond what a shop receives. Reading transactions take no lock.

use std::{borrow::Cow, fmt::Display, future::Future, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{
    Database, Decode, Encode, Executor, IntoArguments, PgPool, Postgres, Row as _, Sqlite, SqlitePool, Transaction,
    Type, postgres::PgRow, query::Query, sqlite::SqliteRow,
};

use crate::store::{dialect, error::StoreError, indexing, lease::Fence};

/// How often a whole transaction is run before its abort is reported: enough for a busy moment, short enough that the
/// caller's own retry, which waits longer, takes over.
const MAX_ATTEMPTS: u32 = 6;

/// The pause before the second attempt; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// The pools.
#[derive(Debug, Clone)]
pub(super) struct Db {
    pub(super) pools: Pools,
    /// The file or the server, for messages; never holds a password.
    pub(super) place: Arc<str>,
    /// The lease under which this handle writes; none for people's acts, and where one process serves alone.
    pub(super) fence: Option<Arc<Fence>>,
}

#[derive(Debug, Clone)]
pub(super) enum Pools {
    /// One writer, so that nothing ever meets SQLITE_BUSY, and readers that cannot write.
    Sqlite {
        write: SqlitePool,
        read: SqlitePool,
    },
    Postgres(PgPool),
}

impl Db {
    /// Begins a transaction that may write; no other one of these runs until it ends.
    pub(super) async fn write(&self, doing: &'static str) -> Result<Tx, StoreError> {
        let mut tx = self.beside(doing).await?;
        if matches!(tx.connection, Connection::Postgres(_)) {
            tx.execute(dialect::POSTGRES_TURN, &[]).await?;
        }
        Ok(tx)
    }

    /// Begins a transaction that may write beside others, for steps whose promises rest on their own rows alone: unique
    /// keys and statements that look at the state they change.
    pub(super) async fn beside(&self, doing: &'static str) -> Result<Tx, StoreError> {
        let begun = match &self.pools {
            Pools::Sqlite { write, .. } => write.begin_with(dialect::SQLITE_WRITE).await.map(Connection::Sqlite),
            Pools::Postgres(pool) => pool.begin_with(dialect::POSTGRES_WRITE).await.map(Connection::Postgres),
        };
        let mut tx = self.begun(doing, begun)?;
        if let Some(fence) = &self.fence {
            fence.check(&mut tx, doing).await?;
        }
        Ok(tx)
    }

    /// Returns the account this handle works for; none if it works for all.
    pub(super) fn account(&self) -> Option<&str> {
        self.fence.as_deref().map(Fence::account)
    }

    /// Begins a transaction that reads one snapshot, on another connection if the first one turns out to be dead.
    pub(super) async fn read(&self, doing: &'static str) -> Result<Tx, StoreError> {
        retried(|| self.read_once(doing)).await
    }

    async fn read_once(&self, doing: &'static str) -> Result<Tx, StoreError> {
        let begun = match &self.pools {
            Pools::Sqlite { read, .. } => read.begin_with(dialect::SQLITE_READ).await.map(Connection::Sqlite),
            Pools::Postgres(pool) => pool.begin_with(dialect::POSTGRES_READ).await.map(Connection::Postgres),
        };
        self.begun(doing, begun)
    }

    /// Asks one question; its answer is a snapshot by itself, so no transaction is begun for it.
    pub(super) async fn ask(
        &self,
        doing: &'static str,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        retried(|| self.ask_once(doing, sql, values)).await
    }

    async fn ask_once(
        &self,
        doing: &'static str,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let rows = match &self.pools {
            Pools::Sqlite { read, .. } => {
                every(read, sql, values).await.map(|rows| rows.into_iter().map(Cells::Sqlite).collect())
            }
            Pools::Postgres(pool) => {
                every(pool, sql, values).await.map(|rows| rows.into_iter().map(Cells::Postgres).collect())
            }
        };
        let rows: Vec<Cells> = rows.map_err(|cause| store_error(doing, &self.place, cause))?;
        Ok(rows.into_iter().map(|cells| Row { cells, doing }).collect())
    }

    fn begun(&self, doing: &'static str, begun: Result<Connection, sqlx::Error>) -> Result<Tx, StoreError> {
        let place = Arc::clone(&self.place);
        match begun {
            Ok(connection) => Ok(Tx { connection, doing, place }),
            Err(cause) => Err(store_error(doing, &place, cause)),
        }
    }
}

/// Runs a whole transaction again while the engine aborts it for the sake of others, or the connection is lost. For
/// transactions that find out by themselves what they have written already.
pub(super) async fn retried<T, F, R>(mut once: F) -> Result<T, StoreError>
where
    F: FnMut() -> R,
    R: Future<Output = Result<T, StoreError>>,
{
    resumed(|_| once()).await
}

/// The same for transactions that must be told: `once` gets whether an earlier attempt may have been written although
/// its answer was lost.
pub(super) async fn resumed<T, F, R>(mut once: F) -> Result<T, StoreError>
where
    F: FnMut(bool) -> R,
    R: Future<Output = Result<T, StoreError>>,
{
    let mut pause = FIRST_PAUSE;
    let mut doubt = false;
    for _ in 1..MAX_ATTEMPTS {
        match once(doubt).await {
            Err(error) if error.is_passing() => {
                doubt |= error.is_in_doubt();
                tokio::time::sleep(pause).await;
            }
            Err(error) if doubt => return Err(error.doubted()),
            result => return result,
        }
        pause *= 2;
    }
    let last = once(doubt).await;
    if doubt { last.map_err(StoreError::doubted) } else { last }
}

/// An open transaction. Dropped without [`Tx::commit`], it never happened.
#[derive(Debug)]
pub(super) struct Tx {
    connection: Connection,
    doing: &'static str,
    place: Arc<str>,
}

#[derive(Debug)]
enum Connection {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// Runs a statement; returns how many rows it changed.
    pub(super) async fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let done = match &mut self.connection {
            Connection::Sqlite(tx) => bound(sql, values).execute(&mut **tx).await.map(|done| done.rows_affected()),
            Connection::Postgres(tx) => bound(sql, values).execute(&mut **tx).await.map(|done| done.rows_affected()),
        };
        done.map_err(|cause| store_error(self.doing, &self.place, cause))
    }

    /// Runs a query; returns all its rows.
    pub(super) async fn all(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        let doing = self.doing;
        let rows = match &mut self.connection {
            Connection::Sqlite(tx) => {
                every(&mut **tx, sql, values).await.map(|rows| rows.into_iter().map(Cells::Sqlite).collect())
            }
            Connection::Postgres(tx) => {
                every(&mut **tx, sql, values).await.map(|rows| rows.into_iter().map(Cells::Postgres).collect())
            }
        };
        let rows: Vec<Cells> = rows.map_err(|cause| store_error(doing, &self.place, cause))?;
        Ok(rows.into_iter().map(|cells| Row { cells, doing }).collect())
    }

    /// Runs a query; returns its first row, if there is one.
    pub(super) async fn first(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Option<Row>, StoreError> {
        Ok(self.all(sql, values).await?.into_iter().next())
    }

    /// Runs a query that always has a row.
    pub(super) async fn one(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Row, StoreError> {
        self.first(sql, values).await?.ok_or_else(|| self.damaged(&"a row that is always there is gone"))
    }

    /// Lets the numbers of new rows jump by so many; returns from where on new messages are numbered. Two statements, for
    /// each engine keeps its numbers in a way of its own.
    pub(super) async fn jump_numbers(&mut self, by: i64) -> Result<i64, StoreError> {
        let sql = match &self.connection {
            Connection::Sqlite(_) => dialect::SQLITE_JUMP,
            Connection::Postgres(_) => dialect::POSTGRES_JUMP,
        };
        for statement in sql {
            self.all(statement, &[by.into()]).await?;
        }
        let newest = self.one("SELECT COALESCE(MAX(id), 0) AS newest FROM inbound", &[]).await?;
        Ok(newest.get::<i64>("newest")? + by + 1)
    }

    /// Makes everything durable. Returns after the disk has it.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        let done = match self.connection {
            Connection::Sqlite(tx) => tx.commit().await,
            Connection::Postgres(tx) => tx.commit().await,
        };
        done.map_err(|cause| {
            if dialect::is_lost(&cause) {
                return StoreError::InDoubt { doing: self.doing, cause };
            }
            store_error(self.doing, &self.place, cause)
        })
    }

    /// Returns the database's clock.
    pub(super) async fn clock(&mut self) -> Result<Timestamp, StoreError> {
        let sql = match self.connection {
            Connection::Sqlite(_) => dialect::SQLITE_CLOCK,
            Connection::Postgres(_) => dialect::POSTGRES_CLOCK,
        };
        self.one(sql, &[]).await?.moment("now")
    }

    /// Finds a lease by name, holder and fence, and keeps it from changing until this transaction ends.
    pub(super) async fn locked_lease(&mut self, lease: &[Value<'_>]) -> Result<Option<Row>, StoreError> {
        let sql = match self.connection {
            Connection::Sqlite(_) => dialect::SQLITE_LEASE,
            Connection::Postgres(_) => dialect::POSTGRES_LEASE,
        };
        self.first(sql, lease).await
    }

    /// Writes the words a text is found by.
    pub(super) async fn keep_words(&mut self, id: i64, words: &[String]) -> Result<(), StoreError> {
        let (sql, words) = match self.connection {
            Connection::Sqlite(_) => (dialect::SQLITE_KEEP_WORDS, indexing::as_row(words)),
            Connection::Postgres(_) => (dialect::POSTGRES_KEEP_WORDS, indexing::as_vector(words)),
        };
        self.execute(sql, &[id.into(), (&words).into()]).await?;
        Ok(())
    }

    /// Takes a text out of the index.
    pub(super) async fn forget_words(&mut self, id: i64) -> Result<(), StoreError> {
        let sql = match self.connection {
            Connection::Sqlite(_) => dialect::SQLITE_FORGET_WORDS,
            Connection::Postgres(_) => dialect::POSTGRES_FORGET_WORDS,
        };
        self.execute(sql, &[id.into()]).await?;
        Ok(())
    }

    /// Returns the error for a record that cannot be read back.
    pub(super) fn damaged(&self, reason: &dyn Display) -> StoreError {
        StoreError::Damaged { doing: self.doing, reason: reason.to_string() }
    }

    /// Returns the error for a row that is not there.
    pub(super) fn missing(&self, what: &'static str, id: i64) -> StoreError {
        StoreError::Missing { doing: self.doing, what, id }
    }

    /// Writes a value as JSON.
    pub(super) fn json<T: Serialize + ?Sized>(&self, value: &T) -> Result<String, StoreError> {
        serde_json::to_string(value).map_err(|error| self.damaged(&error))
    }
}

/// A value bound to `$n`.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    Int(Option<i64>),
    Text(Option<Cow<'a, str>>),
    Bytes(&'a [u8]),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Int(Some(value.into()))
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Int(Some(value.into()))
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(Some(value.as_millisecond()))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Some(storable(value)))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::from(value.as_str())
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(value: Option<&'a str>) -> Self {
        Self::Text(value.map(storable))
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

/// Customers' text may hold U+0000, which PostgreSQL's TEXT refuses; both databases keep U+FFFD instead.
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

async fn every<'v, 'c, DB, E>(
    executor: E,
    sql: &'static str,
    values: &'v [Value<'_>],
) -> Result<Vec<DB::Row>, sqlx::Error>
where
    DB: Database,
    E: Executor<'c, Database = DB>,
    DB::Arguments: IntoArguments<DB>,
    Option<i64>: Encode<'v, DB> + Type<DB>,
    Option<&'v str>: Encode<'v, DB> + Type<DB>,
    &'v [u8]: Encode<'v, DB> + Type<DB>,
{
    bound(sql, values).fetch_all(executor).await
}

fn bound<'v, DB>(sql: &'static str, values: &'v [Value<'_>]) -> Query<'static, DB, DB::Arguments>
where
    DB: Database,
    Option<i64>: Encode<'v, DB> + Type<DB>,
    Option<&'v str>: Encode<'v, DB> + Type<DB>,
    &'v [u8]: Encode<'v, DB> + Type<DB>,
{
    values.iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Int(value) => query.bind(*value),
        Value::Text(value) => query.bind(value.as_deref()),
        Value::Bytes(value) => query.bind(*value),
    })
}

/// A row read from either database.
#[derive(Debug)]
pub(super) struct Row {
    cells: Cells,
    doing: &'static str,
}

#[derive(Debug)]
enum Cells {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// Returns the value of a column.
    pub(super) fn get<'r, T>(&'r self, column: &str) -> Result<T, StoreError>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        let value = match &self.cells {
            Cells::Sqlite(row) => row.try_get(column),
            Cells::Postgres(row) => row.try_get(column),
        };
        value.map_err(|cause| self.damaged(&cause))
    }

    /// Returns a flag.
    pub(super) fn flag(&self, column: &str) -> Result<bool, StoreError> {
        Ok(self.get::<i64>(column)? != 0)
    }

    /// Returns a number that is never negative.
    pub(super) fn count(&self, column: &str) -> Result<u32, StoreError> {
        u32::try_from(self.get::<i64>(column)?).map_err(|error| self.damaged(&error))
    }

    /// Returns a moment.
    pub(super) fn moment(&self, column: &str) -> Result<Timestamp, StoreError> {
        self.millis(self.get(column)?)
    }

    /// Returns a moment that may be unknown.
    pub(super) fn maybe_moment(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        self.get::<Option<i64>>(column)?.map(|millis| self.millis(millis)).transpose()
    }

    /// Returns a value kept as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        serde_json::from_str(self.get(column)?).map_err(|error| self.damaged(&format!("{column}: {error}")))
    }

    /// Returns a closed word, such as a state, by its reader.
    pub(super) fn word<T>(&self, column: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
        let word: &str = self.get(column)?;
        read(word).ok_or_else(|| self.damaged(&format!("{column}: `{word}` is no known word")))
    }

    /// Returns the error for a cell that cannot be read back.
    pub(super) fn damaged(&self, reason: &dyn Display) -> StoreError {
        StoreError::Damaged { doing: self.doing, reason: reason.to_string() }
    }

    fn millis(&self, millis: i64) -> Result<Timestamp, StoreError> {
        Timestamp::from_millisecond(millis).map_err(|error| self.damaged(&error))
    }
}

fn store_error(doing: &'static str, place: &str, cause: sqlx::Error) -> StoreError {
    if dialect::is_disk_full(&cause) {
        return StoreError::DiskFull { doing, place: place.to_owned() };
    }
    StoreError::Database { doing, cause }
}
