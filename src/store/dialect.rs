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

/// Returns whether the engine aborted a transaction that may be run again: PostgreSQL's serialization failure and
/// deadlock. Writers that take turns cause neither; engines that only speak PostgreSQL's dialect may.
pub(super) fn is_conflict(error: &sqlx::Error) -> bool {
    matches!(code(error).as_deref(), Some("40001" | "40P01"))
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
