//! A PostgreSQL server of one case's own: stopped at once in the middle of its work, and started again.

use std::{
    net::{Ipv4Addr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::support::{ports, postgres};

/// How long the server may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running (or stopped) server; gone when dropped.
pub(crate) struct Server {
    folder: TempDir,
    port: u16,
    user: Option<String>,
    running: Option<Child>,
}

impl Server {
    /// Says whether PostgreSQL is installed.
    pub(crate) fn is_installed() -> bool {
        postgres::programs().is_some()
    }

    /// Makes an empty cluster and starts it.
    pub(crate) fn start() -> Self {
        let folder = TempDir::with_prefix("nightdesk-pg-").expect("the temporary folder is writable");
        let user = postgres::unprivileged_user();
        if let Some(user) = &user {
            postgres::run(Command::new("chown").arg(user).arg(folder.path()));
        }
        postgres::initialize(&programs(), folder.path(), user.as_deref());
        let logins = "local all all trust\nhost all all 127.0.0.1/32 trust\n";
        std::fs::write(folder.path().join("data/pg_hba.conf"), logins).expect("the folder is ours");
        let [port] = ports::free();
        let mut server = Self { folder, port, user, running: None };
        server.launch();
        server
    }

    /// Returns the address of its database.
    pub(crate) fn url(&self) -> String {
        url_at(self.port)
    }

    /// Returns where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Stops it as `pg_ctl stop -m immediate` does: no checkpoint, no goodbye.
    pub(crate) fn stop_immediately(&mut self) {
        let Some(mut child) = self.running.take() else { return };
        let sent = Command::new("kill").args(["-QUIT", &child.id().to_string()]).status();
        sent.expect("kill is installed");
        child.wait().expect("the child is ours");
    }

    /// Starts it on the same files.
    pub(crate) fn launch(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let data = self.folder.path().join("data");
        // The kernel ends it with the thread of its case: a case that is left alone must not leave a server behind.
        let mut server = postgres::command("setpriv", self.user.as_deref());
        server.args(["--pdeathsig", "QUIT", "--"]).arg(programs().join("postgres"));
        server.arg("-D").arg(&data).arg("-k").arg(self.folder.path()).arg("-p").arg(self.port.to_string());
        server.args(["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=100", "-c", "shared_buffers=32MB"]);
        server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.running = Some(server.spawn().expect("PostgreSQL starts"));
        let deadline = Instant::now() + PATIENCE;
        while !self.is_ready(&data) {
            assert!(Instant::now() < deadline, "PostgreSQL did not start");
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn is_ready(&self, data: &Path) -> bool {
        let said = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        let id = self.running.as_ref().map(|child| child.id().to_string()).unwrap_or_default();
        // The first line is the process: the file of a run before must not be believed.
        said.lines().next() == Some(&id)
            && said.contains("ready")
            && TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop_immediately();
    }
}

/// Returns the address of a database behind a port of this machine.
pub(crate) fn url_at(port: u16) -> String {
    format!("postgres://nightdesk@127.0.0.1:{port}/postgres?sslmode=disable")
}

fn programs() -> std::path::PathBuf {
    postgres::programs().expect("PostgreSQL is installed")
}
