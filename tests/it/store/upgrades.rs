//! Stores of earlier releases, with what they held, after the present schema was put over them.

use std::borrow::Cow;

use nightdesk::store::{Store, outbox::Recovered};
use sqlx::{
    AssertSqlSafe, PgPool, SqlSafeStr as _, SqlitePool,
    migrate::{Migration, MigrationType, Migrator},
};
use tempfile::TempDir;

use super::bench::{at, settings};
use crate::support::postgres;

const SQLITE: &str = include_str!("../../../src/store/sql/sqlite/0001-initial.sql");
const POSTGRES: &str = include_str!("../../../src/store/sql/postgres/0001-initial.sql");

/// Three buyers (`EMPTY` stands for no bytes, which the databases spell differently), each with a message and an answer: one sent, two uncertain of which one has its ticket.
const ROWS: &[&str] = &[
    "INSERT INTO thread (id, channel, account, participant, created_at, changed_at)
     VALUES (1, 'email', 'shop', 'a@x', 1, 1), (2, 'email', 'shop', 'b@x', 1, 1), (3, 'email', 'shop', 'c@x', 1, 1)",
    "INSERT INTO inbound (id, channel, account, source_key, raw, raw_sha256, size, in_junk, received_at, stored_at,
                          state, outcome, decided_at, thread)
     VALUES (1, 'email', 'shop', 'k1', EMPTY, EMPTY, 0, 0, 1, 1, 'decided', 'answered', 1, 1),
            (2, 'email', 'shop', 'k2', EMPTY, EMPTY, 0, 0, 1, 1, 'decided', 'answered', 1, 2),
            (3, 'email', 'shop', 'k3', EMPTY, EMPTY, 0, 0, 1, 1, 'decided', 'answered', 1, 3)",
    "INSERT INTO ticket (id, thread, inbound, state, urgency, subject, buyer, reasons, tags, opened_at, changed_at)
     VALUES (5, 2, 2, 'open', 1, 's', 'b', '[]', '[]', 1, 1)",
    "INSERT INTO outbox (id, key, thread, inbound, account, kind, human, epoch, recipient_key, intents, replies,
                         message_id, payload, state, phase, due_at, proof, reason, created_at, changed_at, settled_at)
     VALUES (11, 'i1-answer', 1, 1, 'shop', 'answer', 0, 0, 'a@x', '[]', '[]', 'm1', '{}', 'sent', 'dot', 1, '250',
             NULL, 1, 2, 2),
            (12, 'i2-answer', 2, 2, 'shop', 'answer', 0, 0, 'b@x', '[]', '[]', 'm2', '{}', 'uncertain', 'dot', 1, NULL,
             'lost', 1, 2, 2),
            (17, 'i3-answer', 3, 3, 'shop', 'answer', 0, 0, 'c@x', '[]', '[]', 'm3', '{}', 'uncertain', 'dot', 1, NULL,
             'lost', 1, 2, 2)",
];

/// Rows that must hold afterwards; each query counts them.
const AFTER: &[(&str, i64)] = &[
    ("SELECT COUNT(*) FROM outbox", 3),
    ("SELECT COUNT(*) FROM outbox WHERE id = 11 AND state = 'sent' AND proof = '250' AND settled_at = 2", 1),
    ("SELECT COUNT(*) FROM outbox WHERE id = 12 AND state = 'escalated' AND ticket = 5 AND settled_at = 2", 1),
    ("SELECT COUNT(*) FROM outbox WHERE id = 17 AND state = 'uncertain' AND verify_by = 2 AND settled_at IS NULL", 1),
];

fn first(sql: &'static str) -> Migrator {
    let sql = AssertSqlSafe(sql).into_sql_str();
    let migration = Migration::new(1, Cow::Borrowed("initial"), MigrationType::Simple, sql, false);
    Migrator::with_migrations(vec![migration])
}

#[tokio::test]
async fn messages_in_doubt_of_the_first_release_keep_their_tickets_on_sqlite() {
    let folder = TempDir::new().expect("a temporary folder");
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("desk.db").display());
    let pool = SqlitePool::connect(&url).await.expect("the folder is writable");
    first(SQLITE).run(&pool).await.expect("the first schema");
    for sql in ROWS {
        sqlx::query(AssertSqlSafe(sql.replace("EMPTY", "x''")))
            .execute(&pool)
            .await
            .expect("rows of the first release");
    }
    // A row that was erased since: its number must not come again.
    sqlx::query("UPDATE sqlite_sequence SET seq = 40 WHERE name = 'outbox'").execute(&pool).await.expect("runs");
    pool.close().await;
    let store = Store::open(&settings(url.trim_end_matches("?mode=rwc"))).await.expect("it is brought up to date");
    is_as_promised(&store).await;
    store.close().await;
    let pool = SqlitePool::connect(&url).await.expect("it is there");
    for (sql, count) in AFTER.iter().chain(&[("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'", 40)]) {
        let found: i64 = sqlx::query_scalar(AssertSqlSafe(*sql)).fetch_one(&pool).await.expect("runs");
        assert_eq!(found, *count, "{sql}");
    }
}

#[tokio::test]
async fn messages_in_doubt_of_the_first_release_keep_their_tickets_on_postgres() {
    let Some(cluster) = postgres::cluster() else { return };
    let url = cluster.url(&cluster.database().await);
    let pool = PgPool::connect(&url).await.expect("the server runs");
    first(POSTGRES).run(&pool).await.expect("the first schema");
    for sql in ROWS {
        sqlx::query(AssertSqlSafe(sql.replace("EMPTY", "''"))).execute(&pool).await.expect("rows of the first release");
    }
    let store = Store::open(&settings(&url)).await.expect("it is brought up to date");
    is_as_promised(&store).await;
    for (sql, count) in AFTER {
        let found: i64 = sqlx::query_scalar(AssertSqlSafe(*sql)).fetch_one(&pool).await.expect("runs");
        assert_eq!(found, *count, "{sql}");
    }
}

/// Nothing is sent again, and the one without a ticket is looked for once before it gets one.
async fn is_as_promised(store: &Store) {
    let nothing = store.recover(jiff::SignedDuration::from_mins(15), at(0)).await.expect("runs");
    assert_eq!(nothing, Recovered::default());
    assert_eq!(store.claim(at(9999), &[]).await.expect("runs"), None);
    let doubts = store.doubts(at(0)).await.expect("read");
    assert_eq!(doubts.iter().map(|doubt| doubt.message_id.as_deref()).collect::<Vec<_>>(), [Some("m3")]);
}
