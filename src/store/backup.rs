//! A copy of the store while it is in use, looked over before it gets its name.
//!
//! The copy carries the mark that it is one: a service that is started on it knows that the world went on meanwhile
//! (`restore.rs`).

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    str::FromStr as _,
};

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection, SqlitePool, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};

use crate::{
    failpoint,
    store::{Settings, Store, database::Pools, dialect, error::StoreError, once},
};

/// The tables whose rows are counted: rows are only ever added to them, so the copy holds no fewer than there were before
/// it was made and no more than there are afterwards.
const COUNTED: &str = "SELECT (SELECT COUNT(*) FROM inbound) + (SELECT COUNT(*) FROM ledger)
    + (SELECT COUNT(*) FROM thread) + (SELECT COUNT(*) FROM outbox) + (SELECT COUNT(*) FROM ticket)
    + (SELECT COUNT(*) FROM ticket_event) + (SELECT COUNT(*) FROM message_id)";

/// What the names of copies end with while they are made.
const PARTIAL: &str = ".partial";

/// An unfinished copy that nobody wrote to for so long was left behind by a process that was killed: writing one takes
/// minutes, looking it over as long again.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_hours(24);

/// A copy that was made and looked over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackedUp {
    /// Its size.
    pub bytes: u64,
    /// Received messages in it.
    pub messages: u64,
}

/// Why there is no copy; nothing lies under the name that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Nothing is overwritten.
    #[error("{} exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The store is on a server, which has tools of its own.
    #[error("the store is in PostgreSQL, which makes its backups itself")]
    Server,
    /// The copy is not what it must be.
    #[error("the copy was made and is not sound ({reason}): look after the disk, and try again")]
    Unsound {
        /// What is wrong with it.
        reason: String,
    },
    /// It could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The system gives no random bytes for the name of the unfinished copy.
    #[error(transparent)]
    Name(StoreError),
    /// No room for a second store.
    #[error("the disk is full: a copy needs as much room as the store; free some, or name a place on another disk")]
    DiskFull,
    /// The database refused.
    #[error("copying the store: {0}")]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        if dialect::is_disk_full(&error) { Self::DiskFull } else { Self::Database(error) }
    }
}

impl Store {
    /// Copies the store into a new file that only its owner can read, while others write: the copy is the state of one
    /// moment. It is checked, marked as a backup, and on the disk when this returns. Unfinished copies for the same file
    /// that were left behind long ago are removed.
    pub async fn backup(&self, path: &Path, now: Timestamp) -> Result<BackedUp, BackupError> {
        let Pools::Sqlite { read, .. } = &self.db.pools else { return Err(BackupError::Server) };
        if path.exists() {
            return Err(BackupError::Exists { path: path.to_owned() });
        }
        remove_left_behind(path, now);
        let partial = partial_of(path)?;
        create_private(&partial).map_err(|source| BackupError::Write { path: path.to_owned(), source })?;
        let made = copy(read, &partial, now).await;
        let named = made.and_then(|backed_up| name(&partial, path).map(|()| backed_up));
        if named.is_err() {
            // What is left of it is of no use; that it cannot be removed changes nothing about that.
            drop(fs::remove_file(&partial));
        }
        named
    }
}

/// Returns the command with which PostgreSQL makes a backup of that store; none for SQLite. It holds no password.
pub fn server_command(settings: &Settings, path: &Path) -> Option<String> {
    let url = settings.url.expose_secret();
    // The driver reads any scheme as its own.
    let options = PgConnectOptions::from_str(url).ok().filter(|_| url.starts_with("postgres"))?;
    let host = match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => options.get_host().to_owned(),
    };
    Some(format!(
        "pg_dump --format=custom --file={} --host={host} --port={} --username={} {}",
        path.display(),
        options.get_port(),
        options.get_username(),
        options.get_database().unwrap_or_default()
    ))
}

async fn copy(read: &SqlitePool, partial: &Path, now: Timestamp) -> Result<BackedUp, BackupError> {
    // Another name than this one would be another file, which everybody can read.
    let name = partial.to_str().ok_or_else(|| BackupError::Write {
        path: partial.to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidFilename, "the name is no UTF-8"),
    })?;
    let mut source = read.acquire().await?;
    let before: i64 = sqlx::query_scalar(COUNTED).fetch_one(&mut *source).await?;
    failpoint::reach("backup.copy.before");
    sqlx::query("VACUUM INTO $1").bind(name.to_owned()).execute(&mut *source).await?;
    failpoint::reach("backup.copy.after");
    let after: i64 = sqlx::query_scalar(COUNTED).fetch_one(&mut *source).await?;
    drop(source);
    let mut copy = SqliteConnectOptions::new().filename(partial).disable_statement_logging().connect().await?;
    mark(&mut copy, now).await?;
    let sound: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut copy).await?;
    if sound != "ok" {
        return Err(BackupError::Unsound { reason: sound });
    }
    let copied: i64 = sqlx::query_scalar(COUNTED).fetch_one(&mut copy).await?;
    if !(before..=after).contains(&copied) {
        return Err(BackupError::Unsound { reason: format!("{copied} rows, not {before} to {after}") });
    }
    let messages: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM inbound").fetch_one(&mut copy).await?;
    copy.close().await?;
    let bytes = sync(partial).map_err(|source| BackupError::Write { path: partial.to_owned(), source })?;
    Ok(BackedUp { bytes, messages: u64::try_from(messages).unwrap_or_default() })
}

/// Writes into the copy that it is one. A restore that the original is still worked through is another one than that.
async fn mark(copy: &mut SqliteConnection, now: Timestamp) -> Result<(), sqlx::Error> {
    let at = now.as_millisecond();
    sqlx::query("UPDATE restored SET ended_at = $1, ended_by = 'nightdesk' WHERE ended_at IS NULL")
        .bind(at)
        .execute(&mut *copy)
        .await?;
    sqlx::query(
        "INSERT INTO switch (scope, name, reason, actor, at) VALUES ('restore', '', $1, 'backup', $2)
         ON CONFLICT (scope, name) DO UPDATE SET reason = excluded.reason, actor = excluded.actor, at = excluded.at",
    )
    .bind(format!("this store is a backup made at {now:.0}"))
    .bind(at)
    .execute(copy)
    .await?;
    Ok(())
}

/// Gives the copy its name, which nothing may have meanwhile.
fn name(partial: &Path, path: &Path) -> Result<(), BackupError> {
    let refused = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists { path: path.to_owned() },
        _ => BackupError::Write { path: path.to_owned(), source },
    };
    failpoint::reach("backup.name.before");
    fs::hard_link(partial, path).map_err(refused)?;
    fs::remove_file(partial).map_err(refused)?;
    // Not every system can write a folder back; the file itself is on the disk.
    drop(File::open(folder_of(path)).and_then(|folder| folder.sync_all()));
    Ok(())
}

/// Writes the file back; returns its size.
fn sync(path: &Path) -> io::Result<u64> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

/// Returns the name under which a copy is made: one of its own each time, for what a killed process left behind must not
/// stop the next, and may be another's at work. No process id: in a container that is the same one each time.
fn partial_of(path: &Path) -> Result<PathBuf, BackupError> {
    let token = once::token().map_err(BackupError::Name)?;
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}{PARTIAL}", &token[..8]));
    Ok(PathBuf::from(name))
}

/// Removes unfinished copies for this file that were left behind. What cannot be looked at or removed stays.
fn remove_left_behind(path: &Path, now: Timestamp) {
    let Ok(entries) = fs::read_dir(folder_of(path)) else { return };
    for entry in entries.flatten().filter(|entry| is_partial_of(path, &entry.file_name())) {
        let written = entry.metadata().and_then(|metadata| metadata.modified());
        let written = written.ok().and_then(|written| Timestamp::try_from(written).ok());
        if written.is_some_and(|written| now.duration_since(written) > LEFT_BEHIND) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// Returns whether a file is an unfinished copy for this one, or its journal.
fn is_partial_of(path: &Path, name: &OsStr) -> bool {
    let token = || {
        let name = name.to_str()?;
        let rest = name.strip_prefix(path.file_name()?.to_str()?)?.strip_prefix('.')?;
        rest.strip_suffix("-journal").unwrap_or(rest).strip_suffix(PARTIAL)
    };
    token().is_some_and(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Returns the folder of a file.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Creates an empty file that only its owner can read.
fn create_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
