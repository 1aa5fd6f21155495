//! A throw-away PostgreSQL cluster: started once per test process, one database per test, gone with the process.
//!
//! It listens on a Unix socket in its own folder, so no port can clash. A small shell holds the server; it stops the
//! server and removes the folder as soon as our end of its standard input closes, however this process ends.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions as _, Connection as _, Executor as _, postgres::PgConnectOptions};

use super::needs;

/// Who may come in: the role `locked` by password, everybody else at once, because proving a password costs a debug
/// build more than the test itself.
const LOGINS: &str = "local all locked scram-sha-256\nlocal all all trust\n";

/// How long the server may take to start on a busy machine.
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// Starts the server in the background, waits for the end of standard input, stops it at once and cleans up.
const WATCHDOG: &str = r#"
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections="$3" -c shared_buffers=32MB >"$2/log" 2>&1 &
server=$!
read -r _
kill -QUIT "$server"
wait "$server"
rm -rf "$2"
"#;

/// A running cluster.
pub(crate) struct Cluster {
    folder: PathBuf,
    databases: AtomicU32,
    /// Its standard input is the rope: the system lets go of it when this process ends.
    _watchdog: Child,
}

/// Returns the cluster of this process; none where somebody wished to do without PostgreSQL. Panics if it is missing.
pub(crate) fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER.get_or_init(|| start(400)).as_ref()
}

/// Returns a cluster of the caller's own, whose settings may be spoiled; gone when dropped.
pub(crate) fn own_cluster() -> Option<Cluster> {
    start(20)
}

impl Cluster {
    /// Returns the address of a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://nightdesk@localhost/{database}?host={}", self.folder.display())
    }

    /// Returns the server's socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    /// Makes an empty database and returns its name.
    pub(crate) async fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.administer(&format!("CREATE DATABASE {name}")).await;
        name
    }

    /// Makes a copy of a database that nobody is connected to, and returns its name.
    pub(crate) async fn copy(&self, template: &str) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.administer(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        name
    }

    /// Runs one statement as the administrator.
    pub(crate) async fn administer(&self, statement: &str) {
        let options: PgConnectOptions = self.url("postgres").parse().expect("the address is made above");
        let mut connection = options.connect().await.expect("the cluster runs");
        connection.execute(sqlx::AssertSqlSafe(statement.to_owned())).await.expect("the statement is well-formed");
        connection.close().await.expect("the cluster runs");
    }
}

/// Starts a cluster for so many connections.
fn start(connections: u32) -> Option<Cluster> {
    let programs = needs::has("postgresql").then(programs)??;
    let folder = tempfile::Builder::new().prefix("nightdesk-pg-").tempdir().expect("a temporary folder").keep();
    let user = unprivileged_user();
    if let Some(user) = &user {
        run(Command::new("chown").arg(user).arg(&folder));
    }
    initialize(&programs, &folder, user.as_deref());
    let mut watchdog = command("sh", user.as_deref());
    watchdog
        .args(["-c", WATCHDOG, "watchdog"])
        .arg(&programs)
        .arg(&folder)
        .arg(connections.to_string())
        .stdin(Stdio::piped());
    // Left open, they keep the test runner waiting for the end of its output.
    watchdog.stdout(Stdio::null()).stderr(Stdio::null());
    let watchdog = watchdog.spawn().expect("sh starts");
    wait_for(&folder);
    Some(Cluster { folder, databases: AtomicU32::new(0), _watchdog: watchdog })
}

/// Debian keeps the server's programs beside the path, by major version.
pub(crate) fn programs() -> Option<PathBuf> {
    let installed =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let mut found: Vec<PathBuf> = installed.filter(|folder| folder.join("initdb").is_file()).collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    found.pop().or_else(|| std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file()))
}

/// The server refuses to run as root; the package brings a user for it.
pub(crate) fn unprivileged_user() -> Option<String> {
    let id = |arguments: &[&str]| Command::new("id").args(arguments).output().ok().filter(|done| done.status.success());
    let own = id(&["-u"])?;
    if String::from_utf8_lossy(&own.stdout).trim() != "0" {
        return None;
    }
    Some(if id(&["-u", "postgres"]).is_some() { "postgres" } else { "nobody" }.to_owned())
}

pub(crate) fn command(program: impl AsRef<Path>, user: Option<&str>) -> Command {
    let Some(user) = user else { return Command::new(program.as_ref()) };
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--init-groups", "--"]).arg(program.as_ref()).current_dir("/");
    command
}

pub(crate) fn initialize(programs: &Path, folder: &Path, user: Option<&str>) {
    let mut initdb = command(programs.join("initdb"), user);
    initdb.args(["--username=nightdesk", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
    initdb.arg("-D").arg(folder.join("data"));
    run(&mut initdb);
    fs::write(folder.join("data/pg_hba.conf"), LOGINS).expect("the folder is ours");
}

pub(crate) fn run(command: &mut Command) {
    let done = command.output().expect("the program starts");
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn wait_for(folder: &Path) {
    let deadline = Instant::now() + START_TIMEOUT;
    let ready = || fs::read_to_string(folder.join("data/postmaster.pid")).is_ok_and(|text| text.contains("ready"));
    while !ready() {
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(Instant::now() < deadline, "PostgreSQL did not start: {log}");
        thread::sleep(Duration::from_millis(20));
    }
}
