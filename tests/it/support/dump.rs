//! The store as `tests/checker/README.md` wants it, read by plain SQL from an SQLite file: the program's own reader could
//! be wrong in the same way as its writer.

use std::{fs, path::Path};

use serde_json::{Map, Value, json};
use sqlx::{Column as _, Connection as _, Row as _, SqliteConnection, TypeInfo as _, ValueRef as _, sqlite::SqliteRow};

use super::truth::hex;

/// The tables, and what is read of them.
const TABLES: &[(&str, &str)] = &[
    ("inbound", "SELECT *, CASE WHEN message_id IS NULL THEN raw END AS raw FROM inbound ORDER BY id"),
    ("outbox", "SELECT * FROM outbox ORDER BY id"),
    ("ticket", "SELECT * FROM ticket ORDER BY id"),
    ("ticket_event", "SELECT * FROM ticket_event ORDER BY id"),
    ("verdict", "SELECT inbound, json_object('outcome', json_extract(record, '$.outcome')) AS record FROM verdict"),
    ("folder", "SELECT account, folder, uid FROM folder"),
];

/// One row.
pub(crate) type Record = Map<String, Value>;

/// Writes the folder `dump` of a run.
pub(crate) async fn write(store: &Path, run: &Path) {
    let folder = run.join("dump");
    fs::create_dir_all(&folder).expect("the folder of the run is writable");
    for (table, sql) in TABLES {
        let rows = rows(store, sql).await;
        let mut text: String = rows.iter().map(|row| Value::Object(row.clone()).to_string() + "\n").collect();
        text += &(json!({"rows": rows.len()}).to_string() + "\n");
        fs::write(folder.join(format!("{table}.jsonl")), text).expect("the folder of the run is writable");
    }
}

/// Returns the rows of a query; a column that comes twice has its last value.
pub(crate) async fn rows(store: &Path, sql: &'static str) -> Vec<Record> {
    let url = format!("sqlite://{}?mode=ro", store.display());
    let mut connection = SqliteConnection::connect(&url).await.expect("the store's file");
    let rows = sqlx::query(sql).fetch_all(&mut connection).await.expect("a table of the store");
    connection.close().await.expect("nothing is written");
    rows.iter().map(record).collect()
}

fn record(row: &SqliteRow) -> Record {
    let value = |index: usize| {
        let raw = row.try_get_raw(index).expect("the column is there");
        if raw.is_null() {
            return Value::Null;
        }
        let kind = raw.type_info().name().to_owned();
        match kind.as_str() {
            "INTEGER" => json!(row.get::<i64, _>(index)),
            "BLOB" => json!(hex(row.get::<&[u8], _>(index))),
            _ => json!(row.get::<&str, _>(index)),
        }
    };
    row.columns().iter().enumerate().map(|(index, column)| (column.name().to_owned(), value(index))).collect()
}
