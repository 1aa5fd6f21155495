//! The differences between SQLite and PostgreSQL, all of them.

/// Takes SQLite's write lock at once; a reading transaction that upgrades later would fail in spite of the busy
/// timeout.
pub(super) const SQLITE_WRITE: &str = "BEGIN IMMEDIATE";

/// Reads one snapshot.
pub(super) const SQLITE_READ: &str = "BEGIN DEFERRED";

/// Named, because a server's default may differ: after waiting for the row lock, statements must see what the previous
/// holder committed, which only READ COMMITTED promises.
pub(super) const POSTGRES_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// Reads one snapshot.
pub(super) const POSTGRES_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Makes writers on PostgreSQL take turns.
pub(super) const POSTGRES_TURN: &str = "SELECT id FROM switches WHERE id = 1 FOR UPDATE";

/// Lets the numbers of new messages, tickets and outgoing messages jump, on SQLite.
pub(super) const SQLITE_JUMP: &[&str] = &[
    "INSERT INTO sqlite_sequence (name, seq)
     SELECT t.name, 0 FROM (SELECT 'inbound' AS name UNION ALL SELECT 'ticket' UNION ALL SELECT 'outbox') t
     WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence s WHERE s.name = t.name) AND $1 > 0",
    "UPDATE sqlite_sequence SET seq = seq + $1 WHERE name IN ('inbound', 'ticket', 'outbox')",
];

/// The same on PostgreSQL.
pub(super) const POSTGRES_JUMP: &[&str] = &[
    "SELECT setval(pg_get_serial_sequence('inbound', 'id'), nextval(pg_get_serial_sequence('inbound', 'id')) + $1)",
    "SELECT setval(pg_get_serial_sequence('ticket', 'id'), nextval(pg_get_serial_sequence('ticket', 'id')) + $1)",
    "SELECT setval(pg_get_serial_sequence('outbox', 'id'), nextval(pg_get_serial_sequence('outbox', 'id')) + $1)",
];

/// Finds the holder's lease in a transaction that writes; one writer needs no lock on the row.
pub(super) const SQLITE_LEASE: &str = "SELECT fence FROM lease WHERE name = $1 AND holder = $2 AND fence = $3";

/// Finds the holder's lease and keeps everybody else from taking it until the transaction ends.
pub(super) const POSTGRES_LEASE: &str =
    "SELECT fence FROM lease WHERE name = $1 AND holder = $2 AND fence = $3 FOR SHARE";

/// Writes the words of a text into SQLite's full-text index.
pub(super) const SQLITE_KEEP_WORDS: &str = "INSERT INTO search_words (rowid, words) VALUES ($1, $2)";

/// The same on PostgreSQL; the words come with their places, so no parser of the server looks at them.
pub(super) const POSTGRES_KEEP_WORDS: &str = "INSERT INTO search_words (id, words) VALUES ($1, CAST($2 AS TSVECTOR))";

/// Takes a text out of SQLite's full-text index.
pub(super) const SQLITE_FORGET_WORDS: &str = "DELETE FROM search_words WHERE rowid = $1";

/// The same on PostgreSQL.
pub(super) const POSTGRES_FORGET_WORDS: &str = "DELETE FROM search_words WHERE id = $1";

/// The database's clock in Unix milliseconds.
pub(super) const SQLITE_CLOCK: &str = "SELECT CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER) AS now";

/// The server's clock in Unix milliseconds, not the beginning of the transaction: it may have waited for a lock.
pub(super) const POSTGRES_CLOCK: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now";

/// Returns whether the engine aborted a transaction that may be run again: PostgreSQL's serialization failure and
/// deadlock. Writers that take turns cause neither; engines that only speak PostgreSQL's dialect may.
pub(super) fn is_conflict(error: &sqlx::Error) -> bool {
    matches!(code(error).as_deref(), Some("40001" | "40P01"))
}

/// Returns whether two writers made the same row at once: the loser runs again and finds it (unique_violation).
pub(super) fn is_lost_race(error: &sqlx::Error) -> bool {
    code(error).as_deref() == Some("23505")
}

/// Returns whether the connection is gone, or the server ended it: classes 08 and 57P, an idle transaction that was
/// ended, and CockroachDB's "statement completion unknown".
pub(super) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        error => code(error).is_some_and(|code| {
            code.len() == 5 && (code.starts_with("08") || code.starts_with("57P") || code == "25P03" || code == "40003")
        }),
    }
}

/// Returns whether there was no room left: SQLITE_FULL, or PostgreSQL's disk_full.
pub(super) fn is_disk_full(error: &sqlx::Error) -> bool {
    is_sqlite(error, 13) || code(error).as_deref() == Some("53100")
}

/// Returns whether SQLite found something else than a database: SQLITE_CORRUPT and SQLITE_NOTADB.
pub(super) fn is_not_a_database(error: &sqlx::Error) -> bool {
    is_sqlite(error, 26) || is_sqlite(error, 11)
}

/// Returns whether SQLite could not open or write the file: SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM.
pub(super) fn is_not_writable(error: &sqlx::Error) -> bool {
    is_sqlite(error, 14) || is_sqlite(error, 8) || is_sqlite(error, 3)
}

/// Returns whether SQLite met another process's lock: SQLITE_BUSY.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    is_sqlite(error, 5)
}

/// Returns whether PostgreSQL refused the login: SQLSTATE class 28.
pub(super) fn is_login(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| code.len() == 5 && code.starts_with("28"))
}

/// Returns whether the PostgreSQL database named in the address does not exist.
pub(super) fn is_no_database(error: &sqlx::Error) -> bool {
    code(error).as_deref() == Some("3D000")
}

/// SQLite's extended codes carry the primary one in their low byte; PostgreSQL's codes have five characters.
fn is_sqlite(error: &sqlx::Error, primary: u32) -> bool {
    let Some(code) = code(error) else { return false };
    code.len() < 5 && code.parse::<u32>().is_ok_and(|code| code & 0xff == primary)
}

fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}
