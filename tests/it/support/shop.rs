//! A seller's folder and the real program over it: started, killed and started again as an operator or the machine
//! would do it. Everything is asked from outside: by commands, by the log, and by the store's own reader.
//!
//! The folder is what `init` writes, with two changes that keep tests true in later years: the dates until which the
//! sample facts hold, and a situation that is always in force. Its rules are in two languages, where a test does not want all.

use std::{
    fmt::Write as _,
    fs::{self, File},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use nightdesk::{
    model::{ids::InboundId, ticket::Ticket},
    store::{Settings, Store, activity::Activity, lease::Standing},
};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{postgres, until::within};

/// How long a whole way through the program may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(45);

/// SIGKILL.
const KILLED: i32 = 9;

/// Rows looked at; no test writes more.
const MANY: u32 = 500;

/// The sample facts end on a day; tests must not.
const NEVER_EXPIRES: &str = "valid_until: 2099-12-31";

/// The languages of the starter pack.
const LANGUAGES: [&str; 12] = ["ar", "de", "en", "es", "fr", "it", "ja", "ko", "pl", "pt", "ru", "zh"];

/// What the customers of most tests write in. A start with the rules of two languages takes half the time of one with twelve,
/// and the tests start the program some hundred times; the whole pack has tests of its own.
pub(crate) const SPOKEN: [&str; 2] = ["en", "zh"];

/// A folder with configuration, rules and replies, and the program if it runs.
pub(crate) struct Shop {
    folder: TempDir,
    store: String,
    running: Option<Child>,
    starts: u32,
    runtime: Runtime,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    /// Exit code.
    pub(crate) code: i32,
    /// What a script would read.
    pub(crate) out: String,
    /// What a person would read.
    pub(crate) err: String,
}

impl Shop {
    /// Furnishes a folder over SQLite. `accounts` are entries of the list, `more` is further top-level YAML.
    pub(crate) fn open(accounts: &str, more: &str) -> Self {
        let folder = TempDir::with_prefix("nightdesk-shop-").expect("the temporary folder is writable");
        let store = format!("sqlite://{}", folder.path().join("nightdesk.db").display());
        Self::furnish(folder, store, &SPOKEN, accounts, more)
    }

    /// The same over an empty PostgreSQL database; none where somebody wished to do without PostgreSQL.
    pub(crate) fn on_postgres(accounts: &str, more: &str) -> Option<Self> {
        let cluster = postgres::cluster()?;
        let folder = TempDir::with_prefix("nightdesk-shop-").expect("the temporary folder is writable");
        let database = runtime().block_on(cluster.database());
        Some(Self::furnish(folder, cluster.url(&database), &SPOKEN, accounts, more))
    }

    /// Furnishes another folder over the same database, for another process.
    pub(crate) fn beside(&self, accounts: &str, more: &str) -> Self {
        let folder = TempDir::with_prefix("nightdesk-shop-").expect("the temporary folder is writable");
        Self::furnish(folder, self.store.clone(), &SPOKEN, accounts, more)
    }

    /// The same with the pack in all its languages, for mail that is in others than English and Chinese.
    pub(crate) fn of_all_languages(accounts: &str, more: &str) -> Self {
        let folder = TempDir::with_prefix("nightdesk-shop-").expect("the temporary folder is writable");
        let store = format!("sqlite://{}", folder.path().join("nightdesk.db").display());
        Self::furnish(folder, store, &LANGUAGES, accounts, more)
    }

    fn furnish(folder: TempDir, store: String, languages: &[&str], accounts: &str, more: &str) -> Self {
        furnish(folder.path(), languages);
        let shop = Self { folder, store, running: None, starts: 0, runtime: runtime() };
        shop.configure(accounts, more);
        shop
    }

    /// Writes the configuration anew; it holds from the next start.
    pub(crate) fn configure(&self, accounts: &str, more: &str) {
        let store = &self.store;
        let text = format!(
            "shop:\n  name: Blue Lantern\n  languages: [en, zh]\nstore: {store:?}\naccounts:\n{accounts}\n{more}\n"
        );
        fs::write(self.path("config.yaml"), text).expect("the folder is writable");
    }

    /// Starts the program and waits until it reads its first mailbox.
    pub(crate) fn start(&mut self) {
        self.launch();
        self.until_reading();
    }

    /// Waits until the program, started just now, reads its first mailbox.
    pub(crate) fn until_reading(&mut self) {
        until_in("the program to read a mailbox", || {
            assert!(self.is_running(), "it ended at once");
            self.present_log().contains("Reading the mailbox").then_some(())
        });
    }

    /// Waits until that many mailboxes are read: what comes in before the first look is older mail and stays untouched.
    pub(crate) fn until_reading_all(&self, count: usize) {
        until_in("all mailboxes to be read", || {
            (self.present_log().matches("Reading the mailbox").count() >= count).then_some(())
        });
    }

    /// Starts the program and waits for nothing.
    pub(crate) fn launch(&mut self) {
        self.launch_with(None);
    }

    /// Starts the program with a fail point, as `NIGHTDESK_FAILPOINT` names it, and waits for nothing.
    pub(crate) fn launch_with(&mut self, failpoint: Option<&str>) {
        self.launch_in(failpoint.map(|plan| ("NIGHTDESK_FAILPOINT", plan)));
    }

    /// Starts the program with more in its environment, and waits for nothing.
    pub(crate) fn launch_in<'a>(&mut self, environment: impl IntoIterator<Item = (&'a str, &'a str)>) {
        assert!(self.running.is_none(), "it runs already");
        self.starts += 1;
        let log = File::create(self.log_file()).expect("the folder is writable");
        // setpriv passes our process id on and has the kernel end the program when this test is killed.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", env!("CARGO_BIN_EXE_nightdesk"), "run", "--config"]);
        command.arg(self.path("config.yaml")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command.env_remove("RUST_LOG").env("NO_COLOR", "1").envs(environment);
        self.running = Some(command.spawn().expect("setpriv is part of util-linux"));
    }

    /// Ends the program in the middle of whatever it does.
    pub(crate) fn kill(&mut self) {
        let mut child = self.running.take().expect("it runs");
        child.kill().expect("the child is ours");
        child.wait().expect("the child is ours");
    }

    /// Asks the program to stop and returns how it ended.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        self.ask_to_stop();
        self.wait_for_end()
    }

    /// Sends SIGTERM.
    pub(crate) fn ask_to_stop(&self) {
        self.signal("-TERM");
    }

    /// Sends a signal, as `kill` names it.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.running.as_ref().expect("it runs").id().to_string();
        let done = Command::new("kill").args([signal, &id]).status().expect("kill is installed");
        assert!(done.success(), "the program is gone already:\n{}", self.log());
    }

    /// Waits until the program has ended.
    pub(crate) fn wait_for_end(&mut self) -> ExitStatus {
        let child = self.running.as_mut().expect("it was started");
        let ended = within(PATIENCE, || child.try_wait().expect("the child is ours"));
        let status = ended.unwrap_or_else(|| panic!("the program does not end"));
        self.running = None;
        status
    }

    /// Returns whether the program is still there.
    pub(crate) fn is_running(&mut self) -> bool {
        self.running.as_mut().is_some_and(|child| child.try_wait().expect("the child is ours").is_none())
    }

    /// Returns how much memory the program holds, in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let id = self.running.as_ref().expect("it runs").id();
        let status = fs::read_to_string(format!("/proc/{id}/status")).expect("the program is alive");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line about memory");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Waits until the present run has logged these words.
    pub(crate) fn until_logged(&self, words: &str) {
        until_in(&format!("`{words}` in the log"), || self.present_log().contains(words).then_some(()));
    }

    /// Returns what the present or last run logged.
    pub(crate) fn present_log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Returns what all runs logged.
    pub(crate) fn log(&self) -> String {
        (1..=self.starts).fold(String::new(), |mut all, run| {
            let text = fs::read_to_string(self.path(&format!("run-{run}.log"))).unwrap_or_default();
            writeln!(all, "--- run {run}\n{text}").expect("writing to a String never fails");
            all
        })
    }

    /// Runs another command of the program on this folder, beside the running service.
    pub(crate) fn command(&self, arguments: &[&str]) -> Said {
        let mut command = program();
        command.arg("--config").arg(self.path("config.yaml")).args(arguments);
        let done = command.output().expect("the program starts");
        Said {
            code: done.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&done.stdout).into_owned(),
            err: String::from_utf8_lossy(&done.stderr).into_owned(),
        }
    }

    /// Runs a command of the program that is killed when it comes to a place.
    pub(crate) fn killed_at(&self, place: &str, arguments: &[&str]) {
        let mut command = program();
        command.arg("--config").arg(self.path("config.yaml")).args(arguments);
        command.env("NIGHTDESK_FAILPOINT", format!("{place}:1:kill"));
        let done = command.output().expect("the program starts");
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.signal(), Some(KILLED), "{arguments:?} never came to {place}: {said}");
    }

    /// Runs a command that must succeed; returns what it wrote to standard output.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let said = self.command(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
        said.out
    }

    /// Returns every ticket, closed ones too, as `ticket list` knows them.
    pub(crate) fn tickets(&self) -> Vec<Ticket> {
        let listed = self.succeed(&["ticket", "list", "--all", "--json"]);
        let mut tickets: Vec<Ticket> =
            listed.lines().map(|line| serde_json::from_str(line).expect("one ticket per line")).collect();
        tickets.sort_by_key(|ticket| ticket.id.0);
        tickets
    }

    /// Returns what became of every message received.
    pub(crate) fn activity(&self) -> Vec<Activity> {
        self.with_store(async |store| store.activity(InboundId(0), MANY).await.expect("the store is readable"))
    }

    /// Returns how many messages ended in silence, copies from the Sent folder among them.
    pub(crate) fn silent(&self) -> u64 {
        let counts = self.with_store(async |store| store.counts().await.expect("the store is readable"));
        counts.inbound.get("suppressed").copied().unwrap_or(0) + counts.sent_folder
    }

    /// Waits until that many messages are decided and nothing they caused is on its way; returns them all.
    pub(crate) fn until_settled(&self, count: usize) -> Vec<Activity> {
        let mut last = Vec::new();
        let settled = within(PATIENCE, || {
            last = self.activity();
            let retried =
                last.iter().flat_map(|activity| &activity.messages).any(|message| message.state == "retry_at");
            let done = last.len() >= count && !retried && last.iter().all(Activity::is_settled);
            if !done {
                thread::sleep(Duration::from_millis(50));
            }
            done.then_some(())
        });
        assert!(settled.is_some(), "waited {PATIENCE:?} for {count} settled messages, found {last:#?}");
        last
    }

    /// Returns a file of the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns who lives and who holds what.
    pub(crate) fn standing(&self) -> Standing {
        self.with_store(async |store| store.standing().await.expect("the store is readable"))
    }

    /// Changes rows of a store that is a file, beside the running service: what only time brings about.
    pub(crate) fn change(&self, statements: &str) {
        self.runtime.block_on(async {
            let pool = sqlx::SqlitePool::connect(&self.store).await.expect("the store is a file");
            let done = sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned())).execute(&pool).await;
            done.unwrap_or_else(|error| panic!("{statements}: {error}"));
            pool.close().await;
        });
    }

    fn with_store<T>(&self, look: impl AsyncFnOnce(&Store) -> T) -> T {
        // Opened for each look, so that a kill leaves the files as only the killed program left them.
        let settings = Settings { url: SecretString::from(self.store.clone()) };
        self.runtime.block_on(async {
            let store = Store::open(&settings).await.expect("the store opens beside the service");
            let seen = look(&store).await;
            store.close().await;
            seen
        })
    }

    fn log_file(&self) -> PathBuf {
        self.path(&format!("run-{}.log", self.starts))
    }
}

impl Drop for Shop {
    #[expect(clippy::print_stderr, reason = "a failure is explained by the service's log")]
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            // An error means that it is gone already.
            drop(child.kill());
            drop(child.wait());
        }
        if thread::panicking() {
            eprintln!("{}", self.log());
        }
    }
}

/// Looks until there is something to see, for as long as a whole way through the program may take.
pub(crate) fn until_in<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, look).unwrap_or_else(|| panic!("waited {PATIENCE:?} for {what}"))
}

/// Writes what `init` writes into a folder, with facts that never end, the situation of the tests, and rules in these
/// languages only.
pub(crate) fn furnish(target: &Path, languages: &[&str]) {
    let made = program().args(["init", "--yes"]).arg(target).output().expect("the program starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for facts in fs::read_dir(target.join("replies/_facts")).expect("init writes facts") {
        let path = facts.expect("the folder is readable").path();
        let text = fs::read_to_string(&path).expect("a text file");
        let lasting: Vec<String> = text.lines().map(lasting).collect();
        fs::write(&path, lasting.join("\n")).expect("the folder is writable");
    }
    let situations = include_str!("../../data/pipeline/situations.yaml");
    fs::write(target.join("replies/_situations.yaml"), situations).expect("the folder is writable");
    if languages.len() < LANGUAGES.len() {
        speak_only(&target.join("rules"), languages);
    }
}

/// Leaves of the rules only what they have in these languages.
fn speak_only(rules: &Path, languages: &[&str]) {
    let folders = fs::read_dir(rules).expect("init writes rules");
    let files = folders.flat_map(|folder| {
        let folder = folder.expect("the folder is readable").path();
        fs::read_dir(folder).expect("init writes folders of rules")
    });
    for file in files {
        let path = file.expect("the folder is readable").path();
        let text = fs::read_to_string(&path).expect("a text file");
        let mut wanted = true;
        let mut kept = String::new();
        for line in text.lines() {
            // A language begins a block two blanks deep; what is less deep ends it.
            match line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')) {
                Some(key) => {
                    let code = key.split(':').next().unwrap_or_default();
                    wanted = !LANGUAGES.contains(&code) || languages.contains(&code);
                }
                None if !line.starts_with(' ') => wanted = true,
                None => {}
            }
            if wanted {
                kept.push_str(line);
                kept.push('\n');
            }
        }
        fs::write(&path, kept).expect("the folder is writable");
    }
}

fn lasting(line: &str) -> String {
    match line.split_once("valid_until:") {
        Some((indent, _)) => format!("{indent}{NEVER_EXPIRES}"),
        None => line.to_owned(),
    }
}

fn program() -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_nightdesk")));
    command.stdin(Stdio::null()).env_remove("RUST_LOG").env("NO_COLOR", "1");
    command
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts")
}
