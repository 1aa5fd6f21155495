//! What only one of the two databases can do wrong while it is opened: each time a message that says what to do.

use std::fs;

use nightdesk::store::{Store, open::OpenError};
use sqlx::{Connection as _, Executor as _};
use tempfile::TempDir;

use super::bench::{self, Backend, Bench, settings};
use crate::support::postgres;

/// A password that must never be in a message.
const PASSWORD: &str = "correct-horse-battery";

async fn open(url: &str) -> Store {
    Store::open(&settings(url)).await.expect("it opens")
}

async fn refusal(url: &str) -> OpenError {
    let error = Store::open(&settings(url)).await.expect_err("it must not open");
    assert!(!error.to_string().contains(PASSWORD), "{error}");
    error
}

#[tokio::test]
async fn a_folder_that_is_missing_is_named() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("missing/desk.db");
    let error = refusal(&format!("sqlite://{}", path.display())).await;
    assert!(matches!(&error, OpenError::NotWritable { path: named, .. } if *named == path), "{error}");
    assert!(error.to_string().contains("make sure that the folder exists"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("letter.txt");
    let text = "Dear colleague, this is not a database. ".repeat(100);
    fs::write(&path, &text).expect("the folder is ours");
    let error = refusal(&format!("sqlite://{}", path.display())).await;
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error}");
    assert_eq!(fs::read_to_string(&path).expect("still there"), text);
}

#[tokio::test]
async fn one_process_serves_a_file_and_others_work_beside_it() {
    let b = Bench::new(Backend::Sqlite).await;
    let serving = b.store.serve_alone().expect("nobody else serves it");
    let beside = open(&b.url).await;
    let error = beside.serve_alone().expect_err("it is served already");
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("another nightdesk is using"), "{error}");
    drop(serving);
    beside.serve_alone().expect("the right is free again");
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_read_the_file_and_another_name_is_the_same_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().expect("a temporary folder");
    let (file, alias) = (folder.path().join("desk.db"), folder.path().join("alias.db"));
    let store = open(&format!("sqlite://{}", file.display())).await;
    for end in ["", "-wal"] {
        let file = format!("{}{end}", file.display());
        assert_eq!(fs::metadata(&file).expect("it is there").permissions().mode() & 0o077, 0, "{file}");
    }
    std::os::unix::fs::symlink(&file, &alias).expect("the folder is ours");
    let _serving = store.serve_alone().expect("nobody else serves it");
    let error = open(&format!("sqlite://{}", alias.display())).await.serve_alone().expect_err("it is the same file");
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let b = Bench::new(Backend::Sqlite).await;
    let url = b.url.clone();
    let mut connection = sqlx::SqliteConnection::connect(&url).await.expect("the file opens");
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (99, 'later', 1, x'00', 0)";
    connection.execute(newer).await.expect("the table is there");
    connection.close().await.expect("closed");
    let _folder = b.released();
    let error = refusal(&url).await;
    assert!(matches!(error, OpenError::Newer { version: 99, .. }), "{error}");
}

#[tokio::test]
async fn an_address_of_another_kind_is_refused() {
    for url in ["mysql://root:correct-horse-battery@host/db", "/var/lib/desk.db", "sqlite://", "sqlite://:memory:"] {
        assert!(matches!(refusal(url).await, OpenError::Address { .. }));
    }
}

#[tokio::test]
async fn sqlite_keeps_what_it_acknowledged() {
    let b = Bench::new(Backend::Sqlite).await;
    assert!(b.file().with_extension("db-wal").exists(), "write-ahead log");
    let mut connection = sqlx::SqliteConnection::connect(&b.url).await.expect("the file opens");
    let loose: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM pragma_table_list
         WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%' AND name <> '_sqlx_migrations' AND strict = 0",
    )
        .fetch_one(&mut connection)
        .await
        .expect("well-formed");
    assert_eq!(loose, 0, "every table is STRICT");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_the_password() {
    let error = refusal(&format!("postgres://desk:{PASSWORD}@127.0.0.1:1/desk")).await;
    assert!(matches!(&error, OpenError::Unreachable { place, .. } if place == "127.0.0.1:1/desk"), "{error}");
}

#[tokio::test]
async fn a_wrong_password_or_database_is_said_without_the_password() {
    let Some(cluster) = postgres::cluster() else { return };
    let name = cluster.database().await;
    cluster.administer("CREATE ROLE locked LOGIN PASSWORD 'staple'").await;
    let wrong = cluster.url(&name).replace("nightdesk@", &format!("locked:{PASSWORD}@"));
    let error = refusal(&wrong).await;
    assert!(matches!(&error, OpenError::Login { user, .. } if user == "locked"), "{error}");
    let error = refusal(&cluster.url("nowhere")).await;
    assert!(matches!(&error, OpenError::Login { reason, .. } if reason.contains("nowhere")), "{error}");
}

#[tokio::test]
async fn a_server_that_forgets_commits_is_refused() {
    let Some(cluster) = postgres::cluster() else { return };
    let name = cluster.database().await;
    cluster.administer(&format!("ALTER DATABASE {name} SET synchronous_commit = off")).await;
    let error = refusal(&cluster.url(&name)).await;
    assert!(matches!(error, OpenError::Unsafe { setting: "synchronous_commit", .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_begins_to_forget_is_noticed_at_the_next_connection() {
    let Some(cluster) = postgres::cluster() else { return };
    let name = cluster.database().await;
    let store = Store::open(&settings(&cluster.url(&name))).await.expect("it opens");
    cluster.administer(&format!("ALTER DATABASE {name} SET synchronous_commit = off")).await;
    let drop_all = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    cluster.administer(&drop_all).await;
    let refused = store.set_paused(Some("sale"), "lin", bench::at(0)).await.expect_err("commits would be forgotten");
    assert!(refused.may_heal(), "{refused}");
    cluster.administer(&format!("ALTER DATABASE {name} RESET synchronous_commit")).await;
    store.set_paused(Some("sale"), "lin", bench::at(0)).await.expect("it goes on by itself");
}

#[tokio::test]
async fn processes_that_start_together_on_an_empty_server_all_open() {
    let Some(cluster) = postgres::cluster() else { return };
    let url = cluster.url(&cluster.database().await);
    let opening: Vec<_> = (0..3)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { Store::open(&settings(&url)).await.map(drop) })
        })
        .collect();
    for opened in opening {
        opened.await.expect("no panic").expect("it opens");
    }
}

#[tokio::test]
async fn a_server_that_dropped_its_connections_is_used_again() {
    let Some(cluster) = postgres::cluster() else { return };
    let name = cluster.database().await;
    let store = Store::open(&settings(&cluster.url(&name))).await.expect("it opens");
    let drop_all = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    cluster.administer(&drop_all).await;
    store.set_paused(Some("restart"), "lin", bench::at(0)).await.expect("a new connection is made");
}

/// A full disk makes SQLite roll back by itself, as this trigger does.
#[tokio::test]
async fn a_rollback_by_sqlite_itself_does_not_stop_the_store() {
    let b = Bench::new(Backend::Sqlite).await;
    let mut connection = sqlx::SqliteConnection::connect(&b.url).await.expect("the file opens");
    let trouble = "CREATE TRIGGER trouble BEFORE INSERT ON ledger WHEN NEW.source_key LIKE '%:13:%'
                   BEGIN SELECT RAISE(ROLLBACK, 'no room'); END";
    connection.execute(trouble).await.expect("well-formed");
    let batch = [bench::mail(12, 7, "fits", bench::at(0)), bench::mail(13, 7, "too big", bench::at(0))];
    b.store.receive(&batch, None, bench::at(0)).await.expect_err("no room");
    assert_eq!(b.number("SELECT COUNT(*) FROM inbound").await, 0, "all or nothing");
    b.store.receive(&batch[..1], None, bench::at(0)).await.expect("there is room again");
    assert_eq!(b.number("SELECT COUNT(*) FROM inbound").await, 1);
}
