//! What is so before a command runs: `given: …` lines of a case.
//!
//! | line | means |
//! |---|---|
//! | `shop` | a shop that works: `config.yaml` with a Maildir, one rule, one reply; files of the case stand |
//! | `mode PATH OCTAL` | the rights of a file or folder |
//! | `nobody` | commands run as a user without rights |
//! | `taken port` | a port in use; `{port}` in `config.yaml` is its number |
//! | `imap SCRIPT` | a scripted IMAP server; `{port}` in `config.yaml` is its port |
//! | `served` | another `nightdesk run` serves the folder |
//! | `newer schema` | the store was written by a later release |
//! | `disk SIZE` | `disk/` is a file system of that size |

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use sqlx::Connection as _;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{nightdesk, repository},
    support::{imap_script, until},
};

/// The user without rights.
const NOBODY: u32 = 65_534;

/// A folder and what runs beside it.
pub(crate) struct Given {
    pub(crate) folder: PathBuf,
    pub(crate) environment: Vec<(String, String)>,
    port: Option<u16>,
    nobody: bool,
    listener: Option<TcpListener>,
    server: Option<(Runtime, imap_script::ScriptedServer)>,
    served: Option<Child>,
    mounted: Option<PathBuf>,
}

impl Given {
    pub(crate) fn new(folder: &Path) -> Self {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("own folder");
        let folder = folder.to_owned();
        Self {
            folder,
            environment: Vec::new(),
            port: None,
            nobody: false,
            listener: None,
            server: None,
            served: None,
            mounted: None,
        }
    }

    /// Makes it so; an error says why this machine cannot.
    pub(crate) fn bring_about(&mut self, condition: &str) -> Result<(), String> {
        match condition.split_whitespace().collect::<Vec<_>>()[..] {
            ["shop"] => self.shop(),
            ["mode", path, mode] => {
                let mode = u32::from_str_radix(mode, 8).expect("an octal number");
                let rights = fs::Permissions::from_mode(mode);
                fs::set_permissions(self.folder.join(path), rights).expect("own file");
            }
            ["nobody"] => self.nobody = self.may_become_nobody()?,
            ["taken", "port"] => {
                let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
                self.fill_port(listener.local_addr().expect("bound").port());
                self.listener = Some(listener);
            }
            ["imap", script] => self.serve_imap(script),
            ["served"] => self.serve(),
            ["newer", "schema"] => self.age_store(),
            ["disk", size] => self.mount(size)?,
            _ => panic!("unknown condition {condition:?}"),
        }
        Ok(())
    }

    /// Returns the command as the user who runs it.
    pub(crate) fn command(&self, command: Command) -> Command {
        if !self.nobody || is_unprivileged() {
            return command;
        }
        let mut wrapped = Command::new("setpriv");
        wrapped.args([format!("--reuid={NOBODY}"), "--clear-groups".to_owned(), "--".to_owned()]);
        wrapped.arg(command.get_program()).args(command.get_args());
        wrapped.current_dir(&self.folder).env_clear().env("PATH", "/usr/bin:/bin").env("TZ", "UTC");
        wrapped
    }

    /// Returns what is shown by a word instead of what differs between runs.
    pub(crate) fn shown(&self) -> Vec<(String, &'static str)> {
        let mut shown = vec![(self.folder.display().to_string(), "<folder>")];
        shown.extend(self.port.map(|port| (port.to_string(), "<port>")));
        shown
    }

    /// A shop that works; what the case brings itself is left as it is.
    fn shop(&self) {
        for part in ["rules", "replies"] {
            if !self.folder.join(part).exists() {
                copy(&repository("tests/data/shop").join(part), &self.folder.join(part));
            }
        }
        if !self.folder.join("config.yaml").exists() {
            let config = repository("tests/data/shop/config.yaml");
            fs::copy(config, self.folder.join("config.yaml")).expect("own folder");
        }
        for part in ["inbox/new", "inbox/cur", "inbox/tmp"] {
            fs::create_dir_all(self.folder.join(part)).expect("own folder");
        }
    }

    fn may_become_nobody(&self) -> Result<bool, String> {
        if is_unprivileged() {
            return Ok(true);
        }
        // The program and the folder must be within the reach of a stranger.
        let probe = Command::new("setpriv")
            .args([format!("--reuid={NOBODY}"), "--clear-groups".to_owned(), "--".to_owned()])
            .args([env!("CARGO_BIN_EXE_nightdesk"), "--version"])
            .current_dir(&self.folder)
            .output();
        match probe {
            Ok(output) if output.status.success() => Ok(true),
            _ => Err("the tests run as root and cannot become another user (setpriv)".to_owned()),
        }
    }

    fn fill_port(&mut self, port: u16) {
        let path = self.folder.join("config.yaml");
        let text = fs::read_to_string(&path).expect("the case has a configuration");
        fs::write(&path, text.replace("{port}", &port.to_string())).expect("own folder");
        self.port = Some(port);
    }

    fn serve_imap(&mut self, script: &str) {
        let text = fs::read_to_string(self.folder.join(script)).expect("the case has the script");
        let runtime = Runtime::new().expect("a runtime");
        let steps = imap_script::read(&text);
        let server = runtime.block_on(imap_script::ScriptedServer::start(steps, CancellationToken::new()));
        self.fill_port(server.address.port());
        self.server = Some((runtime, server));
    }

    fn serve(&mut self) {
        let log = self.folder.join("served.log");
        let file = fs::File::create(&log).expect("own folder");
        let child = nightdesk(&self.folder).arg("run").stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn();
        self.served = Some(child.expect("the program starts"));
        until::until("the first service", || {
            fs::read_to_string(&log).ok().filter(|text| text.contains("nightdesk is serving"))
        });
    }

    /// Marks the store as one that a later release has changed.
    fn age_store(&self) {
        let made = nightdesk(&self.folder).args(["ticket", "list"]).status().expect("the program starts");
        assert!(made.success(), "the store is made by the first command");
        let path = format!("sqlite://{}", self.folder.join("nightdesk.db").display());
        let runtime = Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let mut store = sqlx::SqliteConnection::connect(&path).await.expect("the store opens");
            sqlx::query(
                "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'from the future', TRUE, x'00', 0)",
            )
            .execute(&mut store)
            .await
            .expect("the table is sqlx's");
            store.close().await.expect("the store closes");
        });
    }

    fn mount(&mut self, size: &str) -> Result<(), String> {
        let disk = self.folder.join("disk");
        fs::create_dir_all(&disk).expect("own folder");
        let options = format!("size={size},mode=0777");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&disk).output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            return Err("a small file system cannot be mounted here".to_owned());
        }
        self.mounted = Some(disk);
        Ok(())
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        if let Some(mut child) = self.served.take() {
            child.kill().expect("a child can be killed");
            child.wait().expect("a child can be waited for");
        }
        if let Some(disk) = self.mounted.take() {
            let unmounted = Command::new("umount").arg(&disk).status();
            assert!(unmounted.is_ok_and(|status| status.success()), "{} stays mounted", disk.display());
        }
    }
}

/// Returns whether the tests run without rights themselves: nothing of root's is theirs.
fn is_unprivileged() -> bool {
    fs::read_dir("/root").is_err()
}

/// Copies a folder, if it is there.
pub(crate) fn copy(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else { return };
    fs::create_dir_all(to).expect("own folder");
    for entry in entries {
        let path = entry.expect("readable").path();
        let target = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("own folder");
        }
    }
}
