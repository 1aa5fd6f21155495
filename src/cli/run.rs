//! `nightdesk run`: the service in the foreground, until a signal.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use clap::Args;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::{
    cli::{
        desk,
        exit::Exit,
        files::{Files, Unusable, open_store},
        output, reload, runtime,
    },
    console::{self, setup},
    library::watch::State,
    replies::catalog::Catalog,
    service::{Service, ServiceError, accounts::Accounts},
};

/// Serve: read the mailboxes and bots of the configuration, answer, keep tickets.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Write log lines as JSON
    #[arg(long)]
    log_json: bool,
    /// The store was put back from a backup: begin as `nightdesk restored` does
    #[arg(long)]
    restored: bool,
}

/// What is logged unless RUST_LOG says otherwise. The IMAP library logs what it sends, passwords included, at trace
/// level, so it never gets below warnings.
const DEFAULT_LOG: &str = "warn,nightdesk=info";
/// Never more of the libraries that see secrets, whatever RUST_LOG says.
const QUIET: [&str; 4] = ["async_imap=warn", "imap_proto=warn", "lettre=warn", "hyper=warn"];

/// How long abandoned threads may hold up the end of the process.
const LAST_GRACE: std::time::Duration = std::time::Duration::from_secs(1);

impl Run {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        start_log(DEFAULT_LOG, self.log_json)?;
        if !config.exists() {
            return Err(Unusable::NoConfig(config.to_owned()).into());
        }
        let first = reload::state(config);
        let files = Files::read(config)?.complete()?;
        let runtime = runtime()?;
        let served = runtime.block_on(serve(config, first, files, self.restored));
        // A thread that still chews on a hostile message must not hold up the end.
        runtime.shutdown_timeout(LAST_GRACE);
        served?;
        Ok(Exit::Success)
    }
}

async fn serve(path: &Path, first: State, mut files: Files, restored: bool) -> anyhow::Result<()> {
    let config = files.config.take().context("there is no configuration")?;
    let store = open_store(&config).await?;
    let lock = store.serve_alone()?;
    if restored {
        store.begin_restore("it was started with --restored", "terminal", jiff::Timestamp::now()).await?;
    }
    let instance = store.instance().await?;
    let accounts = Arc::new(Accounts::new(&config.accounts, instance.key.clone()));
    let live = reload::live(path, first, &config, files, &instance.key);
    let engine = live.engine();
    tracing::info!(
        rules = engine.rules().rules().len(),
        rule_set = engine.hash(),
        accounts = accounts.names().join(","),
        "nightdesk is serving"
    );
    warn_of_examples(engine.replies(), engine.settings().tell_made_up_facts);
    let live = Arc::new(live);
    let mut service = Service::new(config.service.clone(), store.clone(), live.clone(), accounts.clone());
    let stop = CancellationToken::new();
    if let Some(settings) = &config.console {
        let listener = console::bind(settings.listen).await?;
        tracing::info!(url = settings.url(), "the console is open");
        let shop = desk::shop(path, &config, settings, &service, &accounts);
        if let Some(link) = setup::first_link(&shop.store, settings, jiff::Timestamp::now()).await? {
            output::talk(&format!("Nobody can sign in yet. The first admin opens, within a day: {link}"));
        }
        service.beside("console", console::serve(listener, shop, stop.clone()));
    }
    stop_on_signal(stop.clone());
    reread_on_signal(service.reread(), accounts)?;
    service.run(stop).await.map_err(advised)?;
    drop(lock);
    output::talk("Nightdesk stopped.");
    Ok(())
}

/// Adds what to do when every account gave up.
fn advised(error: ServiceError) -> anyhow::Error {
    match error {
        ServiceError::NoChannel(reason) => anyhow::anyhow!(
            "no account is left to serve: {}; mend it in the configuration, then start again",
            reason.trim_end_matches('.')
        ),
        error => error.into(),
    }
}

/// Says once, at the start, which values the starter pack made up, and whether buyers are told them.
fn warn_of_examples(replies: &Catalog, told: bool) {
    let made_up: Vec<String> = replies.made_up().into_iter().map(|example| example.what).collect();
    if !made_up.is_empty() {
        let what =
            if told { "buyers are told made-up values" } else { "answers that rest on made-up values are drafts" };
        tracing::warn!("{what} until you put in your own and remove `example: true`: {}", made_up.join(", "));
    }
}

/// Asks for an orderly stop on Ctrl-C and SIGTERM; a second signal ends the process at once.
pub(super) fn stop_on_signal(stop: CancellationToken) {
    tokio::spawn(async move {
        signal().await;
        stop.cancel();
        signal().await;
        std::process::exit(130);
    });
}

/// Has the files read at once whenever SIGHUP comes, changed or not, and accounts that gave up try again.
#[cfg(unix)]
fn reread_on_signal(reread: Arc<Notify>, accounts: Arc<Accounts>) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            reread.notify_one();
            accounts.try_again();
        }
    });
    Ok(())
}

/// There is no such signal here; edits are noticed by themselves.
#[cfg(not(unix))]
fn reread_on_signal(_reread: Arc<Notify>, _accounts: Arc<Accounts>) -> anyhow::Result<()> {
    Ok(())
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return wait_for_ctrl_c().await;
    };
    tokio::select! {
        () = wait_for_ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    wait_for_ctrl_c().await;
}

async fn wait_for_ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a signal handler the process can only be killed; waiting for ever keeps it serving.
        std::future::pending::<()>().await;
    }
}

/// Starts logging to stderr.
pub(super) fn start_log(default: &str, json: bool) -> anyhow::Result<()> {
    let wanted = std::env::var("RUST_LOG").unwrap_or_else(|_| default.to_owned());
    let filter =
        EnvFilter::try_new(format!("{wanted},{}", QUIET.join(","))).context("RUST_LOG cannot be understood")?;
    let registry = tracing_subscriber::registry().with(filter);
    if json {
        registry.with(fmt::layer().json().with_writer(std::io::stderr)).init();
    } else {
        registry
            .with(fmt::layer().with_writer(std::io::stderr).with_ansi(output::talk_is_colored()).with_target(false))
            .init();
    }
    Ok(())
}
