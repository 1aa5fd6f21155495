//! `nightdesk demo`: the whole service on a folder of its own, with sample mails and a printed tour.
//!
//! It is the real service: a Maildir folder as the mailbox, SQLite as the store, the starter pack as rules. A second
//! start continues where the first one ended.

use std::{
    fs,
    io::{BufRead as _, ErrorKind, IsTerminal as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use tokio::{net::TcpListener, sync::mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{
        desk,
        exit::Exit,
        files::{Files, open_store},
        layout, output, reload,
        run::{start_log, stop_on_signal},
        runtime,
        samples::{self, SAMPLES},
    },
    console::{self, settings::Settings, setup},
    engine::guard::GUARDS,
    library,
    model::{agent_command::UNDO, ids::InboundId, outbound::OutboundKind},
    service::{Service, accounts::Accounts},
    store::{Store, activity::Activity},
};

/// Show the whole thing with sample mails in a folder; nothing to configure.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Where everything is kept; made if it does not exist
    #[arg(long, default_value = "nightdesk-demo", value_name = "FOLDER")]
    folder: PathBuf,
    /// End after the tour instead of waiting for Ctrl-C
    #[arg(long)]
    once: bool,
}

/// Marks a folder as ours, so that no other folder is ever written into.
const MARKER: &str = ".nightdesk-demo";
/// The sample shop's address.
const SHOP: &str = "shop@blue-lantern.example";
/// How long one sample may take before the tour goes on without it.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often the tour looks whether a sample was decided and sent.
const LOOK: Duration = Duration::from_millis(50);

/// The tour says what happens; the log only what fails.
const DEMO_LOG: &str = "warn";

/// The demo's configuration: a shop whose desk sleeps while its buyers write.
const CONFIG: &str = include_str!("samples/config.yaml");
/// A dated switch, so that delays have a cause to tell; the dates are filled in at the first start.
const SITUATIONS: &str = include_str!("samples/situations.yaml");

impl Demo {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        start_log(DEMO_LOG, false)?;
        let state = state_of(&self.folder)?;
        match state {
            State::Ours => {}
            State::New => fill(&self.folder)?,
            State::Foreign => {
                let folder = self.folder.display();
                return Ok(output::refusal(&format!("{folder} holds other files; name an empty folder with --folder")));
            }
        }
        let files = Files::read(&self.folder.join("config.yaml"))?.usable()?;
        runtime()?.block_on(serve(&self.folder, files, state == State::New, self.once))?;
        Ok(Exit::Success)
    }
}

/// What the folder is before the demo starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Absent or empty.
    New,
    /// Made by an earlier start.
    Ours,
    /// Somebody's files.
    Foreign,
}

fn state_of(folder: &Path) -> anyhow::Result<State> {
    if folder.join(MARKER).exists() {
        return Ok(State::Ours);
    }
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(if entries.next().is_some() { State::Foreign } else { State::New }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(State::New),
        Err(error) => Err(error).with_context(|| {
            format!("cannot use {} as the demo's folder; name another with --folder", folder.display())
        }),
    }
}

/// Makes the folder with everything the demo needs; the marker comes last, so that half a folder is never taken for one.
fn fill(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| {
        format!("cannot make the folder {}; name one you may write to with --folder", folder.display())
    })?;
    let write = |path: &str, text: &str| -> anyhow::Result<()> {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))
            .with_context(|| format!("cannot make {}", path.display()))?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    for (path, text) in library::starter_files() {
        write(&path, &text)?;
    }
    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let until = today.checked_add(jiff::Span::new().days(30))?;
    let from = today.checked_sub(jiff::Span::new().days(1))?;
    write(
        "replies/_situations.yaml",
        &SITUATIONS.replace("FROM", &from.to_string()).replace("UNTIL", &until.to_string()),
    )?;
    write("config.yaml", CONFIG)?;
    for part in ["inbox/new", "inbox/cur", "inbox/tmp"] {
        fs::create_dir_all(folder.join(part)).with_context(|| format!("cannot make {part}"))?;
    }
    write(MARKER, "This folder was made by `nightdesk demo`; delete it whenever you like.\n")
}

async fn serve(folder: &Path, mut files: Files, first: bool, once: bool) -> anyhow::Result<()> {
    let config = files.config.take().context("the demo has no configuration")?;
    let path = folder.join("config.yaml");
    let rules = output::counted(files.library.rules.rules().len(), "rule");
    let store = open_store(&config).await?;
    let lock = store.serve_alone()?;
    let instance = store.instance().await?;
    let accounts = Arc::new(Accounts::new(&config.accounts, instance.key.clone()));
    let live = reload::live(&path, reload::state(&path), &config, files, &instance.key);
    let stop = CancellationToken::new();
    stop_on_signal(stop.clone());
    let live = Arc::new(live);
    let mut service = Service::new(config.service.clone(), store.clone(), live.clone(), accounts.clone());
    let mut desk = None;
    if let Some(settings) = config.console.as_ref().filter(|_| !once) {
        let listener = listener(settings.listen).await?;
        let settings = Settings { listen: listener.local_addr()?, ..settings.clone() };
        let shop = desk::shop(&path, &config, &settings, &service, &accounts);
        service.beside("console", console::serve(listener, shop, stop.clone()));
        desk = setup::first_link(&store, &settings, Timestamp::now()).await?.or_else(|| Some(settings.url()));
    }
    let serving = tokio::spawn(service.run(stop.clone()));
    let tour = Tour { folder, store, stop: stop.clone(), seen: InboundId(0), desk };
    tour.show(first, rules, once).await?;
    stop.cancel();
    serving.await.context("the service ended badly")??;
    drop(lock);
    output::talk(&format!("\nStopped. Everything is in {}; the next start continues there.", folder.display()));
    Ok(())
}

/// Takes the port of the console; a demo that finds it taken listens on any other.
async fn listener(address: SocketAddr) -> anyhow::Result<TcpListener> {
    match console::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(_) => Ok(console::bind(SocketAddr::new(address.ip(), 0)).await?),
    }
}

/// What is printed while the service works.
struct Tour<'a> {
    folder: &'a Path,
    store: Store,
    stop: CancellationToken,
    seen: InboundId,
    /// Where the console is; none for a tour that ends by itself.
    desk: Option<String>,
}

impl Tour<'_> {
    async fn show(mut self, first: bool, rules: String, once: bool) -> anyhow::Result<()> {
        let folder = self.folder.display();
        let title = output::strong("Nightdesk demo: the shop “Blue Lantern” at night.");
        say(&format!("{title}\n{rules} in English and Chinese; everything is kept in {folder}/.\n"));
        if first {
            for (index, sample) in SAMPLES.iter().enumerate() {
                if self.stop.is_cancelled() {
                    return Ok(());
                }
                say(&output::strong(&format!("{}. {}", index + 1, sample.shows)));
                self.deliver(sample.name, &sample.mail(SHOP, Timestamp::now()))?;
                self.follow().await?;
            }
        } else {
            self.catch_up().await?;
            self.until_left().await?;
            say("Welcome back: the sample mails were handled at the first start.\n");
        }
        self.hints();
        if once {
            return Ok(());
        }
        self.listen().await
    }

    fn hints(&self) {
        let folder = self.folder.display();
        let (program, config) = (output::program(), format!("--config {folder}/config.yaml"));
        if let Some(desk) = &self.desk {
            say(&format!("The desk in your browser\n  {}\n", output::strong(desk)));
        }
        say("Now you, in another terminal:\n");
        for (does, command) in [
            ("The queue of the morning", format!("{program} ticket list {config}")),
            ("One case, and why a person must look", format!("{program} ticket show 1 {config}")),
            ("What would be answered, and why", format!("{program} explain \"is shipping free?\" {config}")),
        ] {
            say(&format!("  {does}\n    {}", output::strong(&command)));
        }
        let end = format!(
            "\nThe answers lie as mail in {folder}/outbox/new. Edit {folder}/rules and {folder}/replies, and start the \
             demo again to see what changes. Ctrl-C ends it."
        );
        say(&layout::block(&end, "", output::width()));
    }

    /// Takes what the person types as mails of new buyers until told to stop.
    async fn listen(&mut self) -> anyhow::Result<()> {
        let (lines, mut typed) = mpsc::channel(1);
        if std::io::stdin().is_terminal() {
            say("Or write as a buyer would: type a message here and press Enter.\n");
            // A thread of its own: reading a terminal cannot be interrupted, and the process must end all the same.
            std::thread::spawn(move || {
                for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                    if lines.blocking_send(line).is_err() {
                        break;
                    }
                }
            });
        }
        loop {
            let line = tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                line = typed.recv() => line,
            };
            let Some(line) = line else {
                self.stop.cancelled().await;
                return Ok(());
            };
            if line.trim().is_empty() {
                continue;
            }
            let number = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0);
            self.deliver(&format!("typed-{number}"), &samples::typed(line.trim(), SHOP, number, Timestamp::now()))?;
            self.follow().await?;
        }
    }

    /// Delivers a mail as a mail server does: written to `tmp`, then renamed into `new`.
    fn deliver(&self, name: &str, mail: &[u8]) -> anyhow::Result<()> {
        let inbox = self.folder.join("inbox");
        let file = format!("{}.{name}.demo", Timestamp::now().as_microsecond());
        let written = inbox.join("tmp").join(&file);
        fs::write(&written, mail).with_context(|| format!("cannot write {}", written.display()))?;
        fs::rename(&written, inbox.join("new").join(&file)).context("cannot deliver the sample mail")
    }

    /// Waits until the next message is decided and its answer is sent, and prints both.
    async fn follow(&mut self) -> anyhow::Result<()> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while tokio::time::Instant::now() < deadline && !self.stop.is_cancelled() {
            if let Some(activity) =
                self.store.activity(self.seen, 1).await?.into_iter().next().filter(Activity::is_settled)
            {
                self.seen = activity.id;
                say(&describe(&activity));
                return Ok(());
            }
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        say("   (still at work)\n");
        Ok(())
    }

    /// Waits until what earlier starts left to be sent has been tried: an answer that a person wrote meanwhile leaves
    /// with this start, however short it is, also one that could still be taken back for some seconds.
    async fn until_left(&self) -> anyhow::Result<()> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while tokio::time::Instant::now() < deadline && !self.stop.is_cancelled() {
            let sending = self.store.counts().await?.outbox.get("sending").copied().unwrap_or(0);
            if sending == 0 && self.store.due(Timestamp::now() + UNDO).await?.is_empty() {
                break;
            }
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        Ok(())
    }

    /// Skips what earlier starts have handled.
    async fn catch_up(&mut self) -> anyhow::Result<()> {
        loop {
            let more = self.store.activity(self.seen, 100).await?;
            let Some(last) = more.iter().rfind(|activity| activity.is_settled()) else { return Ok(()) };
            self.seen = last.id;
        }
    }
}

/// Returns what came in and what became of it, wrapped for the terminal.
fn describe(activity: &Activity) -> String {
    let width = output::width();
    let from = output::plain(activity.sender.as_deref().unwrap_or("somebody"));
    let text = output::plain(&activity.text).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut parts = vec![layout::block(&format!("{from}: “{text}”"), "   ", width)];
    for message in &activity.messages {
        let what = match message.kind {
            OutboundKind::Ack => "ack",
            OutboundKind::Ask => "question",
            OutboundKind::Answer => "answer",
            OutboundKind::Draft => "draft",
        };
        parts.push(output::strong(&format!("   → {what} ({})", message.state)));
        parts.push(layout::block(&output::plain(&message.text), "     │ ", width));
    }
    if let Some(ticket) = activity.ticket {
        parts.push(output::strong(&format!("   → ticket {ticket}")));
    } else if let Some(reason) = activity.reason.as_deref().filter(|_| activity.messages.is_empty()) {
        let words = GUARDS.iter().find(|guard| guard.id == reason).map_or(reason, |guard| guard.condition);
        parts.push(output::strong("   → recorded, no answer"));
        parts.push(layout::block(&format!("because: {words} ({reason})"), "     ", width));
    }
    parts.push(String::new());
    parts.join("\n")
}

fn say(text: &str) {
    output::data(text);
}
