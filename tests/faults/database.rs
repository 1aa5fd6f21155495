//! The store, read from outside by plain SQL: how far it is, and everything in it as the checker wants it.

use std::{collections::BTreeMap, fs, io::Write as _, path::Path, time::Duration};

use serde_json::{Map, Value};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions as _, Connection as _, PgConnection, Row as _, SqliteConnection,
    TypeInfo as _, ValueRef as _,
    postgres::{PgConnectOptions, PgRow},
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use tokio::runtime::Runtime;

use crate::truth::hex;

/// One row, by column.
pub(crate) type Record = Map<String, Value>;

/// The tables that the checker reads. `raw` is needed only of what has no Message-ID, and of a verdict its outcome.
const DUMPED: [(&str, &str); 5] = [
    (
        "inbound",
        "SELECT id, account, state, outcome, outcome_reason, stored_at, decided_at, thread, message_id, tries, in_sent, \
         CASE WHEN message_id IS NULL THEN raw END AS raw FROM inbound ORDER BY id",
    ),
    ("outbox", "SELECT * FROM outbox ORDER BY id"),
    ("ticket", "SELECT * FROM ticket ORDER BY id"),
    ("ticket_event", "SELECT id, ticket, what, text FROM ticket_event ORDER BY id"),
    ("verdict", "SELECT inbound, record FROM verdict ORDER BY inbound"),
];

/// How long a look may wait for a lock of the program.
const BUSY: Duration = Duration::from_secs(20);

/// How far the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Progress {
    /// Messages stored.
    pub(crate) stored: usize,
    /// Of them, decided.
    pub(crate) decided: usize,
    /// Messages of ours that wait or are on their way.
    pub(crate) under_way: usize,
}

/// A store.
pub(crate) struct Database {
    url: String,
    runtime: Runtime,
}

/// What is in the store.
#[derive(Debug, Default)]
pub(crate) struct Dump(BTreeMap<&'static str, Vec<Record>>);

enum Connected {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Database {
    /// The store at an address as the configuration writes it.
    pub(crate) fn new(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        Self { url: url.to_owned(), runtime }
    }

    /// Returns how far it is; the error says why it cannot be read.
    pub(crate) fn progress(&self) -> Result<Progress, sqlx::Error> {
        // Where the store looks for proof of uncertain messages, that ends as well.
        let looks_for_proof = self.all("SELECT verify_by FROM outbox LIMIT 1").is_ok();
        let waiting = if looks_for_proof {
            "'ready', 'sending', 'retry_at', 'uncertain'"
        } else {
            "'ready', 'sending', 'retry_at'"
        };
        let rows = self.all(&format!(
            "SELECT (SELECT COUNT(*) FROM inbound WHERE in_sent = 0) AS stored, (SELECT COUNT(*) FROM inbound WHERE \
             in_sent = 0 AND state = 'decided') AS decided, (SELECT COUNT(*) FROM outbox WHERE state IN ({waiting})) AS under_way",
        ))?;
        let count = |name: &str| {
            let value = rows.first().and_then(|row| row.get(name)).and_then(Value::as_u64).unwrap_or_default();
            usize::try_from(value).unwrap_or(usize::MAX)
        };
        Ok(Progress { stored: count("stored"), decided: count("decided"), under_way: count("under_way") })
    }

    /// Reads everything and writes it into the folder `dump` of that one.
    pub(crate) fn dump(&self, run: &Path) -> Result<Dump, sqlx::Error> {
        let folder = run.join("dump");
        fs::create_dir_all(&folder)?;
        let mut dump = Dump::default();
        for (table, statement) in DUMPED {
            let mut rows = self.all(statement)?;
            let mut text = Vec::new();
            for row in &mut rows {
                row.remove("payload");
                if let Some(Value::String(record)) = row.get("record") {
                    let record: Value = serde_json::from_str(record).unwrap_or_default();
                    row.insert("record".to_owned(), serde_json::json!({"outcome": record["outcome"]}));
                }
                serde_json::to_writer(&mut text, row).map_err(std::io::Error::other)?;
                text.push(b'\n');
            }
            writeln!(text, "{{\"rows\":{}}}", rows.len())?;
            fs::write(folder.join(format!("{table}.jsonl")), text)?;
            dump.0.insert(table, rows);
        }
        Ok(dump)
    }

    /// Runs a query.
    pub(crate) fn all(&self, statement: &str) -> Result<Vec<Record>, sqlx::Error> {
        self.runtime.block_on(async {
            let statement = AssertSqlSafe(statement.to_owned());
            match self.connect().await? {
                Connected::Sqlite(mut connection) => {
                    let rows = sqlx::query(statement).fetch_all(&mut connection).await;
                    // A clean goodbye, so that a look never leaves anything behind.
                    connection.close().await?;
                    Ok(rows?.iter().map(of_sqlite).collect())
                }
                Connected::Postgres(mut connection) => {
                    let rows = sqlx::query(statement).fetch_all(&mut connection).await;
                    connection.close().await?;
                    Ok(rows?.iter().map(of_postgres).collect())
                }
            }
        })
    }

    /// Has the leases of dead processes run out at once, as if their time had passed: the processes, by id, must be dead,
    /// for a living one keeps to its own clock.
    pub(crate) fn pass_leases_of(&self, dead: &[u32]) -> Result<(), sqlx::Error> {
        let list = dead.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let statements = [
            format!("UPDATE lease SET until = 0 WHERE holder IN (SELECT id FROM runner WHERE pid IN ({list}))"),
            format!("UPDATE runner SET seen_at = 0 WHERE pid IN ({list})"),
        ];
        for statement in statements {
            self.all(&statement)?;
        }
        Ok(())
    }

    /// Returns how many accounts a process holds.
    pub(crate) fn leases_of(&self, process: u32) -> Result<usize, sqlx::Error> {
        let held = format!("SELECT name FROM lease WHERE holder IN (SELECT id FROM runner WHERE pid = {process})");
        Ok(self.all(&held)?.len())
    }

    async fn connect(&self) -> Result<Connected, sqlx::Error> {
        if let Some(path) = self.url.strip_prefix("sqlite://") {
            let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY);
            return Ok(Connected::Sqlite(options.disable_statement_logging().connect().await?));
        }
        let options: PgConnectOptions = self.url.parse()?;
        Ok(Connected::Postgres(options.disable_statement_logging().connect().await?))
    }
}

impl Dump {
    /// Returns the rows of a table.
    pub(crate) fn of(&self, table: &str) -> &[Record] {
        self.0.get(table).map_or(&[], Vec::as_slice)
    }
}

/// Returns a text of a row; empty for null.
pub(crate) fn text<'r>(row: &'r Record, column: &str) -> &'r str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}

/// Returns a number of a row; none for null.
pub(crate) fn number(row: &Record, column: &str) -> Option<i64> {
    row.get(column).and_then(Value::as_i64)
}

fn of_sqlite(row: &SqliteRow) -> Record {
    let cell = |index: usize| {
        let value = row.try_get_raw(index).expect("the column is there");
        if value.is_null() {
            return Value::Null;
        }
        match value.type_info().name() {
            "INTEGER" => row.get::<i64, _>(index).into(),
            "REAL" => row.get::<f64, _>(index).into(),
            "BLOB" => hex(&row.get::<Vec<u8>, _>(index)).into(),
            _ => row.get::<String, _>(index).into(),
        }
    };
    row.columns().iter().map(|column| (column.name().to_owned(), cell(column.ordinal()))).collect()
}

fn of_postgres(row: &PgRow) -> Record {
    let cell = |index: usize| {
        let value = row.try_get_raw(index).expect("the column is there");
        if value.is_null() {
            return Value::Null;
        }
        match &*value.type_info().name().to_owned() {
            "INT8" => row.get::<i64, _>(index).into(),
            "INT4" => row.get::<i32, _>(index).into(),
            "INT2" => row.get::<i16, _>(index).into(),
            "BOOL" => i64::from(row.get::<bool, _>(index)).into(),
            "FLOAT8" => row.get::<f64, _>(index).into(),
            "BYTEA" => hex(&row.get::<Vec<u8>, _>(index)).into(),
            _ => row.get::<String, _>(index).into(),
        }
    };
    row.columns().iter().map(|column| (column.name().to_owned(), cell(column.ordinal()))).collect()
}
