//! Opening the store: connections with the guarantees the promises rest on, schema, instance. What cannot be
//! guaranteed refuses to start here, with what to do about it.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    str::FromStr as _,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, PgPool, SqliteConnection, SqlitePool,
    migrate::MigrateError,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::store::{
    Settings, Store,
    database::{Db, Pools, Value},
    dialect,
    error::StoreError,
    migration,
};

/// Releases before this one can corrupt a WAL database (the WAL-reset race of 3.7.0 to 3.51.2).
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

/// Readers beside the one writer: context, tickets and status rarely overlap more.
const SQLITE_READERS: u32 = 4;

/// Writers take turns anyway; the rest are readers.
const POSTGRES_CONNECTIONS: u32 = 8;

/// How long a statement waits for a lock of another program (a backup, a person with a shell) on the SQLite file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a caller waits for a free connection before it hears that the database cannot be reached.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// No statement here takes more than milliseconds; one that takes this long is stuck. Changes of the schema are not held to
/// it: an index over a large store takes its time, and what was given up would be begun anew at each start.
const STATEMENT_TIMEOUT: &str = "30s";

/// A transaction that sits idle lost its process, or its process was stopped; the server ends it so that others get
/// their turn. Less than a lease lasts: a stopped process must not hold up whoever takes over.
const IDLE_TRANSACTION_TIMEOUT: &str = "10s";

/// A connection that was used so short a time ago is taken as it is; one that rested longer is asked first whether it still
/// works. Asking each time is a round trip for each transaction.
const FRESH: Duration = Duration::from_secs(1);

/// Statements that a connection keeps prepared: more than there are, so that none is prepared twice.
const PREPARED: usize = 400;

/// What the server must not switch off: each makes it forget commits that it acknowledged, after a power cut or a crash
/// of the machine.
const NEVER_OFF: [&str; 3] = ["fsync", "full_page_writes", "synchronous_commit"];

/// Processes that start at the same moment on one PostgreSQL database change the schema at once; whoever loses tries
/// again and finds it changed. Each round brings somebody one step on, so this is enough for a few processes and a long
/// history.
const MIGRATION_ATTEMPTS: u32 = 30;

/// The pause between two of them.
const MIGRATION_PAUSE: Duration = Duration::from_millis(50);

/// Why the store could not be opened, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither `sqlite://` nor `postgres://`.
    #[error(
        "the store's address must be `sqlite:///path/to/file.db` or `postgres://user:password@host/database`: {reason}"
    )]
    Address {
        /// What is wrong with it; never the address itself, which may hold a password.
        reason: String,
    },
    /// The file or its folder cannot be written.
    #[error("cannot create or write {}: {reason}; make sure that the folder exists and that this user may write \
             in it", path.display())]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The file holds something else.
    #[error("{} is not a Nightdesk database, or it is damaged: name another file, or restore it from a \
             backup", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// Another Nightdesk works on the file.
    #[error("another nightdesk is using {}: stop it first, or give this one a file of its own", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A newer Nightdesk changed the schema.
    #[error("{place} was written by a newer nightdesk (schema {version}): run that version or a later one")]
    Newer {
        /// The file or the server.
        place: String,
        /// The schema version found.
        version: i64,
    },
    /// No room.
    #[error("the disk is full: free space at {place} and start again")]
    DiskFull {
        /// The file or the server.
        place: String,
    },
    /// The linked SQLite is too old to be safe.
    #[error("this program was built with SQLite {found}, which can damage databases: build it with 3.51.3 or later")]
    OldSqlite {
        /// Its version.
        found: String,
    },
    /// A setting without which acknowledged messages can be lost in a power cut.
    #[error("{place}: {setting} is `{found}`, so acknowledged messages could be lost: set it to `{needed}`")]
    Unsafe {
        /// The file or the server.
        place: String,
        /// The setting.
        setting: &'static str,
        /// Its value.
        found: String,
        /// The value it needs.
        needed: &'static str,
    },
    /// The server does not answer.
    #[error("cannot reach PostgreSQL at {place}: {reason}; is it running, and are host and port right?")]
    Unreachable {
        /// Host, port and database.
        place: String,
        /// The system's words.
        reason: String,
    },
    /// The server refuses user, password or database.
    #[error("PostgreSQL at {place} refuses the login of user `{user}`: {reason}")]
    Login {
        /// Host, port and database.
        place: String,
        /// The user name.
        user: String,
        /// The server's words.
        reason: String,
    },
    /// Anything else the database says while it is set up.
    #[error("cannot set up the store at {place}: {reason}")]
    SetUp {
        /// The file or the server.
        place: String,
        /// The database's words.
        reason: String,
    },
}

/// The right to serve a SQLite store alone. On PostgreSQL it guards nothing: there, each account has a lease.
#[derive(Debug)]
pub struct ServingLock {
    _file: Option<File>,
}

impl Store {
    /// Opens the store, creating file and tables when missing.
    pub async fn open(settings: &Settings) -> Result<Self, OpenError> {
        let url = settings.url.expose_secret();
        let store = if let Some(path) = url.strip_prefix("sqlite://") {
            open_sqlite(Path::new(path)).await?
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            open_postgres(url).await?
        } else {
            return Err(OpenError::Address { reason: "it starts with neither".to_owned() });
        };
        let place = store.db.place.to_string();
        let mut secret = [0; 32];
        if let Err(error) = getrandom::fill(&mut secret) {
            return Err(OpenError::SetUp { place, reason: format!("the system gives no random bytes: {error}") });
        }
        store.found(&secret, Timestamp::now()).await.map_err(|error| match error {
            StoreError::DiskFull { place, .. } => OpenError::DiskFull { place },
            other => OpenError::SetUp { place, reason: other.to_string() },
        })?;
        Ok(store)
    }

    /// Makes sure that this process alone serves the store: receives, decides, sends. The right lasts until the guard is
    /// dropped or the process dies, however it dies. Commands that only read or act on tickets work beside it.
    pub fn serve_alone(&self) -> Result<ServingLock, OpenError> {
        let file = self.file.as_deref().map(lock_file).transpose()?;
        Ok(ServingLock { _file: file })
    }

    /// Writes everything back into the main file and closes all connections.
    pub async fn close(&self) {
        match &self.db.pools {
            Pools::Sqlite { write, read } => {
                crate::failpoint::reach("store.close.before");
                read.close().await;
                // A failed checkpoint loses nothing: the log is read at the next start.
                if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(write).await {
                    tracing::warn!(%error, "could not fold the write-ahead log into the database file");
                }
                crate::failpoint::reach("store.checkpoint.after");
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }

    /// Keeps the installation's secret; at every start but the first there is one already.
    async fn found(&self, secret: &[u8; 32], now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.db.write("founding the installation").await?;
        tx.execute(
            "INSERT INTO instance (id, secret, created_at) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING",
            &[Value::Bytes(secret), now.into()],
        )
        .await?;
        crate::failpoint::reach("store.founding.before");
        tx.commit().await
    }
}

async fn open_sqlite(path: &Path) -> Result<Store, OpenError> {
    if path.as_os_str().is_empty() || path.as_os_str() == ":memory:" {
        return Err(OpenError::Address { reason: "it names no file".to_owned() });
    }
    // One file under two names is still one file.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    create_private(path)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .pragma("trusted_schema", "OFF")
        .statement_cache_capacity(PREPARED)
        .disable_statement_logging();
    let writer = options.clone().journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    let refused = |error: sqlx::Error| sqlite_error(path, &error);
    // The one writer lives as long as the store: no idle or age limit.
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .after_release(|connection, _| Box::pin(is_usable(connection)))
        .connect_with(writer)
        .await
        .map_err(refused)?;
    check_sqlite(&write, path).await?;
    let migrator = migration::migrator(migration::SQLITE);
    crate::failpoint::reach("store.migration.before");
    migrator.run(&write).await.map_err(|error| migrate_error(&path.display().to_string(), error, refused))?;
    crate::failpoint::reach("store.migration.after");
    let read = SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .after_release(|connection, _| Box::pin(is_usable(connection)))
        .connect_with(options.read_only(true))
        .await
        .map_err(refused)?;
    let place = Arc::from(path.display().to_string());
    Ok(Store {
        db: Db { pools: Pools::Sqlite { write, read }, place, fence: None },
        file: Some(Arc::from(path.as_path())),
        usual: Arc::default(),
        orders: None,
    })
}

/// Returns whether a connection may be used again. On a full disk SQLite rolls a transaction back by itself; the driver's
/// own rollback then fails and it believes for ever to be inside a transaction. Such a connection is closed, and the pool
/// opens another.
async fn is_usable(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // The driver works its queue in order: once it answers, the rollback of a dropped transaction was tried.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// Takes the lock that keeps a second process away. The system drops it when the process dies, however it dies.
fn lock_file(path: &Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let refused = |error: io::Error| file_error(path, &error);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&name).map_err(refused)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(refused(error)),
    }
}

/// Creates a missing file so that only its owner can read the mail in it; SQLite gives its log the same permissions.
fn create_private(path: &Path) -> Result<(), OpenError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(file_error(path, &error)),
        _ => Ok(()),
    }
}

fn file_error(path: &Path, error: &io::Error) -> OpenError {
    match error.kind() {
        io::ErrorKind::StorageFull => OpenError::DiskFull { place: path.display().to_string() },
        _ => OpenError::NotWritable { path: path.to_owned(), reason: error.to_string() },
    }
}

/// Makes sure that the guarantees are in force, not only asked for.
async fn check_sqlite(write: &SqlitePool, path: &Path) -> Result<(), OpenError> {
    let refused = |error: sqlx::Error| sqlite_error(path, &error);
    let place = path.display().to_string();
    let found: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(write).await.map_err(refused)?;
    if version_of(&found) < OLDEST_SQLITE {
        return Err(OpenError::OldSqlite { found });
    }
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(write).await.map_err(refused)?;
    if journal != "wal" {
        return Err(OpenError::Unsafe { place, setting: "journal_mode", found: journal, needed: "wal" });
    }
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(write).await.map_err(refused)?;
    if synchronous != 2 {
        let found = synchronous.to_string();
        return Err(OpenError::Unsafe { place, setting: "synchronous", found, needed: "2" });
    }
    let foreign_keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(write).await.map_err(refused)?;
    if foreign_keys != 1 {
        let found = foreign_keys.to_string();
        return Err(OpenError::Unsafe { place, setting: "foreign_keys", found, needed: "1" });
    }
    Ok(())
}

fn version_of(text: &str) -> (u32, u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}

fn sqlite_error(path: &Path, error: &sqlx::Error) -> OpenError {
    let (path, place) = (path.to_owned(), path.display().to_string());
    if dialect::is_disk_full(error) {
        return OpenError::DiskFull { place };
    }
    if dialect::is_not_a_database(error) {
        return OpenError::NotADatabase { path };
    }
    if dialect::is_busy(error) {
        return OpenError::InUse { path };
    }
    if dialect::is_not_writable(error) {
        return OpenError::NotWritable { path, reason: error.to_string() };
    }
    OpenError::SetUp { place, reason: error.to_string() }
}

async fn open_postgres(url: &str) -> Result<Store, OpenError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| OpenError::Address { reason: error.to_string() })?
        .application_name("nightdesk")
        .options([
            ("statement_timeout", STATEMENT_TIMEOUT),
            ("idle_in_transaction_session_timeout", IDLE_TRANSACTION_TIMEOUT),
        ])
        .statement_cache_capacity(PREPARED)
        .disable_statement_logging();
    let database = options.get_database().unwrap_or_default();
    let place = match options.get_socket() {
        Some(folder) => format!("{}/{database}", folder.display()),
        None => format!("{}:{}/{database}", options.get_host(), options.get_port()),
    };
    let user = options.get_username().to_owned();
    let server = Server { place, user };
    // Asked beforehand, because the pool would try a refused connection again and again.
    let mut first = options.connect().await.map_err(|error| server.refused(&error))?;
    if let Some(setting) = switched_off(&mut first).await.map_err(|error| server.refused(&error))? {
        return Err(OpenError::Unsafe { place: server.place, setting, found: "off".to_owned(), needed: "on" });
    }
    let patient = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options.clone().options([("statement_timeout", "0")]));
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, rest| {
            Box::pin(async move {
                if rest.idle_for > FRESH {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(|connection, _| {
            Box::pin(async move {
                match switched_off(connection).await? {
                    Some(setting) => Err(sqlx::Error::Configuration(Box::new(Forgetful(setting)))),
                    None => Ok(()),
                }
            })
        })
        .connect_with(options)
        .await
        .map_err(|error| server.refused(&error))?;
    crate::failpoint::reach("store.schema.before");
    server.migrate(&patient).await?;
    patient.close().await;
    crate::failpoint::reach("store.schema.after");
    let db = Db { pools: Pools::Postgres(pool), place: Arc::from(server.place.as_str()), fence: None };
    Ok(Store { db, file: None, usual: Arc::default(), orders: None })
}

/// The server forgets what it acknowledged, because this setting is off. Looked at on every new connection, for settings
/// change while we run.
#[derive(Debug, thiserror::Error)]
#[error("PostgreSQL's {0} is off, so acknowledged messages could be lost: set it to on")]
struct Forgetful(&'static str);

/// Returns the setting that makes the server forget, if there is one. Engines that lack a setting have no way to turn it
/// off.
async fn switched_off(connection: &mut PgConnection) -> Result<Option<&'static str>, sqlx::Error> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM pg_settings
         WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off' ORDER BY name",
    )
    .fetch_all(connection)
    .await?;
    Ok(NEVER_OFF.into_iter().find(|setting| names.iter().any(|name| name == setting)))
}

/// Whom we talk to, for messages; never holds a password.
struct Server {
    place: String,
    user: String,
}

impl Server {
    async fn migrate(&self, pool: &PgPool) -> Result<(), OpenError> {
        let refused = |error: sqlx::Error| self.refused(&error);
        let migrator = migration::migrator(migration::POSTGRES);
        for _ in 1..MIGRATION_ATTEMPTS {
            match migrator.run(pool).await {
                Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..)) => {
                    tokio::time::sleep(MIGRATION_PAUSE).await;
                }
                result => return result.map_err(|error| migrate_error(&self.place, error, refused)),
            }
        }
        migrator.run(pool).await.map_err(|error| migrate_error(&self.place, error, refused))
    }

    fn refused(&self, error: &sqlx::Error) -> OpenError {
        let place = self.place.clone();
        let reason = error.to_string();
        if dialect::is_disk_full(error) {
            return OpenError::DiskFull { place };
        }
        if dialect::is_login(error) || dialect::is_no_database(error) {
            return OpenError::Login { place, user: self.user.clone(), reason };
        }
        match error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Tls(_) => {
                OpenError::Unreachable { place, reason }
            }
            _ => OpenError::SetUp { place, reason },
        }
    }
}

fn migrate_error(place: &str, error: MigrateError, refused: impl FnOnce(sqlx::Error) -> OpenError) -> OpenError {
    let place = place.to_owned();
    match error {
        MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => {
            OpenError::Newer { place, version }
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => refused(error),
        other => OpenError::SetUp { place, reason: other.to_string() },
    }
}
