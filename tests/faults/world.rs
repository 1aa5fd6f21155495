//! One case's world: a shop with three mailboxes, a submission server, a store, and one or three processes over them.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant, SystemTime},
};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    chance::Chance,
    database::{Database, Progress},
    instance::{Ended, Instance, program},
    kills::TO_STOP,
    load::Load,
    mailroom::{self, ACCOUNTS, Mailroom},
    server::Server,
    sink::{Sink, Weather},
    support::shop,
    truth::Truth,
    volume::{Storage, Volume},
};

/// How long nothing may change before a case is given up. Retries wait a second, leases some seconds, verification a few; a
/// mailbox whose connections broke many times in a row is left alone for up to six minutes.
const STANDSTILL: Duration = Duration::from_mins(7);

/// The shop's own brakes must not hide what is tested; mail of a burst waits for seconds, not for hours.
const SETTINGS: &str = "limits:\n  answers_per_sender_day: 100000\n  answers_per_sender_week: 100000\n  \
                        sends_per_ten_minutes: 1000000\n  notices_per_sender_day: 100000\ndelivery:\n  retry_after: 1s\n  \
                        longest_pause: 1s\n";

/// How long proof is looked for; it is a setting since there is something to look for.
const PROOF: &str = "  verify_for: 3s\n";

/// Which database, and how many processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// PostgreSQL instead of SQLite.
    pub(crate) postgres: bool,
    /// Processes on one store.
    pub(crate) instances: usize,
}

/// Everything.
pub(crate) struct World {
    /// The mailboxes.
    pub(crate) mailroom: Mailroom,
    /// The submission server.
    pub(crate) sink: Sink,
    /// The mails.
    pub(crate) load: Load,
    /// The processes.
    pub(crate) instances: Vec<Instance>,
    /// The store, from outside.
    pub(crate) database: Database,
    /// The database server, when there is one.
    pub(crate) server: Option<Server>,
    /// What the outside saw.
    pub(crate) truth: Truth,
    /// What the seed decides.
    pub(crate) chance: Chance,
    /// Faults injected so far, other than those of the submission server.
    pub(crate) faults: u64,
    /// Of these, processes killed in the middle of their work.
    pub(crate) kills: u64,
    /// What a case wants said of itself, beside the table.
    pub(crate) notes: Vec<String>,
    store: String,
    folder: TempDir,
    // Last, so that nothing uses it any more when it is unmounted.
    volume: Option<Volume>,
}

/// Where the parts of a world are reached, for cases that put something between.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Detours {
    /// IMAP is spoken to this port.
    pub(crate) imap: Option<u16>,
}

impl World {
    /// Builds a world in which nothing runs and the program was never started.
    pub(crate) fn build(seed: u64, shape: Shape, storage: Storage) -> Self {
        let folder = TempDir::with_prefix("nightdesk-faults-").expect("the temporary folder is writable");
        let volume = (storage != Storage::Folder).then(|| Volume::mount(storage).expect("it was tried before"));
        let stored_in = volume.as_ref().map_or_else(|| folder.path().to_owned(), Volume::path);
        let truth = Truth::new(folder.path());
        let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_millis();
        let caps = Vec::<String>::new();
        truth.now("run", "began", json!({"unix_ms": unix, "order": "free", "caps": caps, "bound_ms": null}));
        let server = shape.postgres.then(Server::start);
        let store = server
            .as_ref()
            .map_or_else(|| format!("sqlite://{}", stored_in.join("nightdesk.db").display()), Server::url);
        let name = |number: usize| format!("n{number}");
        let world = Self {
            mailroom: Mailroom::start(truth.clone()),
            sink: Sink::start(seed, truth.clone()),
            load: Load::new(seed),
            instances: (1..=shape.instances)
                .map(|number| Instance::new(&name(number), folder.path(), truth.clone()))
                .collect(),
            database: Database::new(&store),
            server,
            truth,
            chance: Chance::new(seed),
            faults: 0,
            kills: 0,
            notes: Vec::new(),
            store,
            folder,
            volume,
        };
        shop::furnish(world.folder(), &shop::SPOKEN);
        world.configure(&world.store, Detours::default());
        world
    }

    /// Writes the configuration; it holds from the next start of a process.
    pub(crate) fn configure(&self, store: &str, detours: Detours) {
        let imap = detours.imap.unwrap_or(self.mailroom.dovecot.ports().imap);
        let accounts = mailroom::accounts(imap, self.sink.port());
        let text = format!(
            "shop:\n  name: Blue Lantern\n  languages: [en, zh]\nstore: {store:?}\naccounts:\n{accounts}\n{SETTINGS}{}",
            if looks_for_proof() { PROOF } else { "" },
        );
        fs::write(self.path("config.yaml"), text).expect("the folder is writable");
    }

    /// Returns the file system of its own.
    pub(crate) fn volume(&self) -> io::Result<&Volume> {
        self.volume.as_ref().ok_or_else(|| io::Error::other("this case has none"))
    }

    /// Returns the store's address.
    pub(crate) fn store(&self) -> String {
        self.store.clone()
    }

    /// Returns a file of the shop's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Leaves the folder where it is when the world ends, for somebody to look at.
    pub(crate) fn keep(&mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.folder.path().to_owned()
    }

    /// Puts so many mails into the mailboxes, by turns.
    pub(crate) fn post(&mut self, count: u64) {
        for _ in 0..count {
            let account = self.chance.one(&ACCOUNTS);
            self.mailroom.put(&self.load, self.load.write(account));
        }
    }

    /// Has something said beside the table.
    pub(crate) fn note(&mut self, words: String) {
        self.notes.push(words);
    }

    /// Counts a process that was killed in the middle of its work.
    pub(crate) fn count_kill(&mut self) {
        self.faults += 1;
        self.kills += 1;
    }

    /// Has the leases of dead processes run out, which would take them seconds.
    pub(crate) fn pass_leases(&mut self) {
        let dead: Vec<u32> = self.instances.iter_mut().flat_map(Instance::take_dead).collect();
        if self.server.is_some() && !dead.is_empty() {
            // It may be down at this moment; then they run out by themselves.
            drop(self.database.pass_leases_of(&dead));
        }
    }

    /// Starts every process that does not run.
    pub(crate) fn start_all(&mut self) {
        self.pass_leases();
        for instance in self.instances.iter_mut().filter(|instance| !instance.is_started()) {
            instance.start(None);
        }
    }

    /// Kills every process.
    pub(crate) fn kill_all(&mut self) {
        for instance in &mut self.instances {
            instance.kill();
        }
    }

    /// Runs another command of the program beside the processes; returns whether it succeeded.
    pub(crate) fn command(&self, arguments: &[&str], wish: Option<&str>) -> bool {
        let mut command = Command::new(program());
        command.arg("--config").arg(self.path("config.yaml")).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.env("NIGHTDESK_FAILPOINT_LOG", self.path("command.places"));
        if let Some(wish) = wish {
            command.env("NIGHTDESK_FAILPOINT", wish);
        }
        command.status().expect("the program starts").success()
    }

    /// Lets everything end without faults: fair weather, every process running, until all mail is dealt with; then stops
    /// the processes. The error says what does not end.
    pub(crate) fn drain(&mut self) -> Result<(), String> {
        self.sink.set(Weather::default());
        let mut last = (Progress::default(), 0);
        let mut moved = Instant::now();
        loop {
            self.restart_ended();
            let looked = Instant::now();
            let seen = self.database.progress().map(|progress| (progress, self.sink.dots()));
            match seen {
                Ok((progress, _)) if self.is_done(progress) => break,
                Ok(seen) if seen != last => (last, moved) = (seen, Instant::now()),
                Ok(_) | Err(_) => {}
            }
            if moved.elapsed() > STANDSTILL {
                self.kill_all();
                return Err(format!("nothing moved for {STANDSTILL:?}: {:?} of {} mails", last.0, self.load.count()));
            }
            // Looking at a store of many thousand mails must not be most of the work.
            thread::sleep((4 * looked.elapsed()).max(Duration::from_millis(40)));
        }
        self.stop_all()
    }

    /// Asks every process to end and waits for it; one that is killed or fails here is an error.
    pub(crate) fn stop_all(&mut self) -> Result<(), String> {
        for instance in &mut self.instances {
            instance.signal("-TERM");
        }
        for instance in &mut self.instances {
            match instance.wait(TO_STOP) {
                // Before the signal handler is in place the signal ends the process by itself.
                Ended::Code(0) | Ended::Signal(15) => {}
                other if instance.is_started() => {
                    instance.kill();
                    return Err(format!("{} did not end in order: {other:?}", instance.name));
                }
                other => return Err(format!("{} did not end in order: {other:?}", instance.name)),
            }
        }
        Ok(())
    }

    /// Starts processes again that ended by themselves, as a process manager does.
    pub(crate) fn restart_ended(&mut self) {
        for instance in &mut self.instances {
            if instance.is_started() {
                instance.wait(Duration::ZERO);
            }
        }
        self.start_all();
    }

    /// Waits until nobody talks to the submission server.
    pub(crate) fn quiet_sink(&self) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while !self.sink.is_idle() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Returns how often each place was reached, and how often a process died there, over all processes and commands.
    pub(crate) fn places(&mut self) -> BTreeMap<String, (u64, u64)> {
        let mut places: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for instance in &mut self.instances {
            for (place, count) in instance.reached() {
                places.entry(place.clone()).or_default().0 += count;
            }
            for (place, count) in instance.died_at() {
                places.entry(place.clone()).or_default().1 += count;
            }
        }
        let commands = fs::read_to_string(self.path("command.places")).unwrap_or_default();
        for place in commands.lines() {
            places.entry(place.to_owned()).or_default().0 += 1;
        }
        places
    }

    /// Returns the shop's folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn is_done(&self, progress: Progress) -> bool {
        progress.stored >= self.load.count() && progress.decided == progress.stored && progress.under_way == 0
    }

    /// Lets the first process note where the mailboxes stand: what came before is never answered.
    pub(crate) fn first_look(&mut self) {
        self.instances[0].start(None);
        let deadline = Instant::now() + STANDSTILL;
        let looked = |world: &Self| {
            let rows = world.database.all("SELECT COUNT(*) AS seen FROM folder WHERE folder = 'INBOX'");
            let seen = rows.ok().and_then(|rows| rows.first()?.get("seen")?.as_u64());
            seen == Some(ACCOUNTS.len() as u64)
        };
        while !looked(self) {
            let log = self.instances[0].log();
            assert!(Instant::now() < deadline, "the shop never looked into its mailboxes:\n{log}");
            thread::sleep(Duration::from_millis(10));
        }
        self.instances[0].kill();
    }
}

/// Says whether the program knows how long to look for proof of an uncertain message.
fn looks_for_proof() -> bool {
    static KNOWS: OnceLock<bool> = OnceLock::new();
    *KNOWS.get_or_init(|| {
        let folder = TempDir::with_prefix("nightdesk-schema-").expect("the temporary folder is writable");
        let asked = Command::new(program()).args(["schema", "config"]).current_dir(folder.path()).output();
        String::from_utf8_lossy(&asked.expect("the program starts").stdout).contains("verify_for")
    })
}
