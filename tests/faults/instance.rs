//! One process of the program: started with or without a wish to die at a named place, killed, stopped, continued.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::truth::Truth;

/// The kernel kills the program when the thread that started it ends, however that ends.
const WITH_ITS_PARENT: [&str; 4] = ["setpriv", "--pdeathsig", "KILL", "--"];

/// Time between two looks at a process.
const PAUSE: Duration = Duration::from_millis(1);

/// One place for one process, with its log.
pub(crate) struct Instance {
    /// `n1`, `n2`, `n3`.
    pub(crate) name: String,
    folder: PathBuf,
    running: Option<Child>,
    starts: u32,
    truth: Truth,
    /// What stands before the program, such as `strace` and its arguments.
    pub(crate) wrap: Vec<String>,
    /// Further variables of its environment.
    pub(crate) environment: Vec<(String, String)>,
    reached: BTreeMap<String, u64>,
    died_at: BTreeMap<String, u64>,
    dead: Vec<u32>,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It killed itself at the place it was told.
    AtPlace,
    /// It ended by itself with that code.
    Code(i32),
    /// Another signal ended it.
    Signal(i32),
    /// It did not end in time.
    NotYet,
}

impl Instance {
    /// A place for a process over the configuration in that folder.
    pub(crate) fn new(name: &str, folder: &Path, truth: Truth) -> Self {
        Self {
            name: name.to_owned(),
            folder: folder.to_owned(),
            running: None,
            starts: 0,
            truth,
            wrap: Vec::new(),
            environment: Vec::new(),
            reached: BTreeMap::new(),
            died_at: BTreeMap::new(),
            dead: Vec::new(),
        }
    }

    /// Starts the program; `wish` is a value of `NIGHTDESK_FAILPOINT`.
    pub(crate) fn start(&mut self, wish: Option<&str>) {
        assert!(self.running.is_none(), "{} runs already", self.name);
        self.starts += 1;
        let log = File::options().append(true).create(true).open(self.log_file()).expect("the folder is writable");
        let mut command = Command::new(WITH_ITS_PARENT[0]);
        command.args(&WITH_ITS_PARENT[1..]);
        if !self.wrap.is_empty() {
            command.args(&self.wrap).args(WITH_ITS_PARENT);
        }
        command.arg(program()).arg("run").arg("--config");
        command.arg(self.folder.join("config.yaml")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command.env_remove("RUST_LOG").env("NO_COLOR", "1").env("NIGHTDESK_FAILPOINT_LOG", self.places_file());
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        if let Some(wish) = wish {
            command.env("NIGHTDESK_FAILPOINT", wish);
        }
        self.running = Some(command.spawn().expect("setpriv is part of util-linux"));
        self.truth.now("processes", "started", json!({"process": self.name}));
    }

    /// Says whether it was started and has not been seen to end.
    pub(crate) fn is_started(&self) -> bool {
        self.running.is_some()
    }

    /// Says whether the process still runs; its end is seen to by [`Self::wait`].
    pub(crate) fn lives(&self) -> bool {
        let id = self.id();
        // The state follows the name, which stands in parentheses; a zombie has ended.
        let state = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        state.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
    }

    /// Says whether it has looked into a mailbox since it was started: by then everything else is under way.
    pub(crate) fn is_reading(&self) -> bool {
        fs::read_to_string(self.places_file()).is_ok_and(|places| places.contains("imap.list."))
    }

    /// Waits for its end. A death by SIGKILL that nobody else sent is one at its place.
    pub(crate) fn wait(&mut self, patience: Duration) -> Ended {
        let deadline = Instant::now() + patience;
        loop {
            let Some(child) = self.running.as_mut() else { return Ended::NotYet };
            if let Some(status) = child.try_wait().expect("the child is ours") {
                let place = self.ended(status);
                return match (status.signal(), status.code()) {
                    (Some(9), _) => {
                        if let Some(place) = place {
                            self.truth.fault("kill", &self.name, Some(&place));
                            *self.died_at.entry(place).or_default() += 1;
                        }
                        Ended::AtPlace
                    }
                    (Some(signal), _) => Ended::Signal(signal),
                    (None, code) => Ended::Code(code.unwrap_or(-1)),
                };
            }
            if Instant::now() > deadline {
                return Ended::NotYet;
            }
            thread::sleep(PAUSE);
        }
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) fn kill(&mut self) {
        let Some(child) = self.running.as_mut() else { return };
        self.truth.fault("kill", &self.name, None);
        // What is wrapped dies first, and its wrapper follows: the other way round it would live on for a moment.
        let wrapped = if self.wrap.is_empty() { None } else { only_child(child.id()) };
        match wrapped {
            Some(id) => drop(Command::new("kill").args(["-KILL", &id]).stderr(Stdio::null()).status()),
            // An error means that it is gone already.
            None => drop(child.kill()),
        }
        let status = child.wait().expect("the child is ours");
        self.ended(status);
    }

    /// Returns the id of its process; zero if it was not started.
    pub(crate) fn id(&self) -> u32 {
        self.running.as_ref().map(Child::id).unwrap_or_default()
    }

    /// Sends a signal, as `kill` names it.
    pub(crate) fn signal(&self, signal: &str) {
        let Some(child) = &self.running else { return };
        let what = match signal {
            "-STOP" => "stop",
            "-CONT" => "continue",
            "-TERM" => "terminate",
            _ => "signal",
        };
        self.truth.fault(what, &self.name, None);
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).stderr(Stdio::null()).status();
        sent.expect("kill is installed");
    }

    /// Returns the ids of processes that died since this was asked last.
    pub(crate) fn take_dead(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.dead)
    }

    /// Returns how often each place was reached.
    pub(crate) fn reached(&mut self) -> &BTreeMap<String, u64> {
        self.count_places();
        &self.reached
    }

    /// Returns how often it died at each place.
    pub(crate) fn died_at(&self) -> &BTreeMap<String, u64> {
        &self.died_at
    }

    /// Returns what all its runs logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn ended(&mut self, status: ExitStatus) -> Option<String> {
        self.dead.extend(self.running.take().map(|child| child.id()));
        let how = match (status.signal(), status.code()) {
            (Some(signal), _) => format!("signal {signal}"),
            (None, code) => format!("exit {}", code.unwrap_or(-1)),
        };
        self.truth.now("processes", "ended", json!({"process": self.name, "how": how}));
        self.count_places()
    }

    /// Adds up the places of the log and empties it; returns the last one.
    fn count_places(&mut self) -> Option<String> {
        let text = fs::read_to_string(self.places_file()).unwrap_or_default();
        if self.running.is_none() {
            drop(fs::remove_file(self.places_file()));
            for place in text.lines() {
                *self.reached.entry(place.to_owned()).or_default() += 1;
            }
        }
        text.lines().last().map(str::to_owned)
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }

    fn places_file(&self) -> PathBuf {
        self.folder.join(format!("{}.places", self.name))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            // An error means that it is gone already.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Returns the process that a process has started.
fn only_child(id: u32) -> Option<String> {
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).ok()?;
    children.split_whitespace().next().map(str::to_owned)
}

/// Returns the program under test: the one cargo built beside this suite, or `NIGHTDESK_PROGRAM`.
pub(crate) fn program() -> PathBuf {
    std::env::var_os("NIGHTDESK_PROGRAM").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_nightdesk")), PathBuf::from)
}
