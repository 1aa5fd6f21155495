//! A store with a past: as many decided messages and sent answers as a busy shop has in weeks, all of them within the last
//! seven days, where the caps look. Written by plain SQL, one statement for each table. SQLite gets no statistics, because
//! the program makes none.

use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};

/// The account whose past it is.
pub(crate) const ACCOUNT: &str = "shop0";

/// `{n}` is the number of a message; `{at}` its moment, the first a week ago.
const TABLES: [&str; 8] = [
    "INSERT INTO buyer (key, first_seen, changed_at) SELECT {who}, {at}, {at} FROM numbers",
    "INSERT INTO thread (id, channel, account, participant, language, created_at, changed_at)
     SELECT n, 'email', '{account}', {who}, 'en', {at}, {at} FROM numbers",
    "INSERT INTO inbound (id, channel, account, source_key, folder, uid_validity, raw, raw_sha256, size, in_junk,
       received_at, stored_at, tries, state, outcome, decided_at, thread, sender_key, sender_domain, message_id,
       subject, text, body_hash, language)
     SELECT n, 'email', '{account}', 'imap:9:' || n || ':INBOX', 'INBOX', 9, {raw}, {hash}, 700, 0,
       {at}, {at}, 1, 'decided', 'answered', {at}, n, {who}, {domain}, 'old' || n || '@past.example',
       'Question', 'do you offer free shipping to Canada?', {hash}, 'en' FROM numbers",
    "INSERT INTO ledger (account, source_key, inbound, noted_at)
     SELECT '{account}', 'imap:9:' || n || ':INBOX', n, {at} FROM numbers",
    "INSERT INTO message_id (message_id, thread, account, ours)
     SELECT 'old' || n || '@past.example', n, '{account}', 0 FROM numbers",
    "INSERT INTO message_id (message_id, thread, account, ours)
     SELECT 'ours' || n || '@shop.example', n, '{account}', 1 FROM numbers",
    "INSERT INTO verdict (inbound, decided_at, rule_set_hash, record) SELECT n, {at}, 'past', {record} FROM numbers",
    "INSERT INTO outbox (key, thread, inbound, account, kind, human, epoch, recipient_key, recipient_domain, intents,
       replies, message_id, payload, state, phase, attempts, due_at, proof, created_at, changed_at, settled_at)
     SELECT 'past' || n, n, n, '{account}', 'answer', 0, 0, {who}, {domain}, '[\"shipping_cost\"]',
       '[\"shipping_cost\"]', 'ours' || n || '@shop.example', {payload}, 'sent', 'dot', 1, {at}, '250 taken',
       {at}, {at}, {at} FROM numbers",
];

/// Fills the store behind this address; its schema is there.
pub(crate) async fn fill(url: &str, rows: u32) {
    if let Some(path) = url.strip_prefix("sqlite://") {
        let mut connection = SqliteConnection::connect(&format!("sqlite://{path}")).await.expect("the store is there");
        connection.execute("BEGIN").await.expect("nobody else writes");
        for table in TABLES {
            let numbers = format!(
                "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows}) "
            );
            let sql = numbers + &statement(table, rows, "zeroblob(700)", "randomblob(32)", "printf('%01500d', 0)");
            connection.execute(sqlx::AssertSqlSafe(sql)).await.expect("the schema is known");
        }
        connection.execute("COMMIT").await.expect("there is room");
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.expect("there is room");
        connection.close().await.expect("nothing is open");
        return;
    }
    let mut connection = PgConnection::connect(url).await.expect("the server runs");
    for table in TABLES {
        let (into, select) = table.split_once("SELECT").expect("a statement of the list");
        let numbers = format!("{into} WITH numbers AS (SELECT n FROM generate_series(1, {rows}) n) SELECT {select}");
        let hash = "sha256(CAST(CAST(n AS TEXT) AS BYTEA))";
        let sql = statement(&numbers, rows, "decode(repeat('00', 700), 'hex')", hash, "repeat('0', 1500)");
        connection.execute(sqlx::AssertSqlSafe(sql)).await.expect("the schema is known");
    }
    for table in ["thread", "inbound"] {
        let sql = format!("SELECT setval(pg_get_serial_sequence('{table}', 'id'), {rows})");
        connection.execute(sqlx::AssertSqlSafe(sql)).await.expect("the schema is known");
    }
    connection.execute("VACUUM ANALYZE").await.expect("the server runs");
    connection.close().await.expect("nothing is open");
}

fn statement(table: &str, rows: u32, raw: &str, hash: &str, long: &str) -> String {
    let week = 7 * 24 * 3_600_000_i64;
    let begin = jiff::Timestamp::now().as_millisecond() - week;
    table
        .replace("{at}", &format!("({begin} + {} * n)", week / i64::from(rows.max(1))))
        .replace("{who}", "'old.' || n || '@past' || (n % 5000) || '.example'")
        .replace("{domain}", "'past' || (n % 5000) || '.example'")
        .replace("{account}", ACCOUNT)
        .replace("{raw}", raw)
        .replace("{hash}", hash)
        .replace("{record}", long)
        .replace("{payload}", long)
}
