//! Health and readiness over HTTP, for people and for process managers. Loopback by default; it tells no names.

use std::{collections::BTreeMap, fmt::Write as _, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    channel::email::status::FolderStatus,
    library::live::{Live, Refused, Stale, Standing},
    model::switch::Pause,
    service::{
        ServiceError,
        accounts::{Accounts, Down},
        lease::Held,
        orders::{self, Orders},
        sweep::{Found, Report},
    },
    store::{
        Store,
        error::StoreError,
        lease::{LeaseSeen, RunnerSeen},
        restore::Restore,
        status::Counts,
    },
};

/// A mailbox that was not read for so long needs a person: pauses between attempts end at five minutes, so this is three
/// attempts in a row, or an account that gave up.
const MAX_SILENCE: SignedDuration = SignedDuration::from_mins(15);

/// How long answers under way may take after a stop.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// What the pages look at.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub store: Store,
    pub accounts: Arc<Accounts>,
    pub held: Arc<Held>,
    pub live: Arc<Live>,
    pub found: Found,
    pub orders: Option<Orders>,
    pub started: Timestamp,
}

/// What `/status` says.
#[derive(Debug, Serialize)]
struct Status {
    started: Timestamp,
    paused: Option<String>,
    pauses: Vec<Pause>,
    restore: Option<Restore>,
    sweep: Report,
    rules: Standing,
    accounts: Vec<String>,
    processes: Vec<Process>,
    down: BTreeMap<String, Down>,
    mailboxes: BTreeMap<String, BTreeMap<String, FolderStatus>>,
    counts: Counts,
    orders: Option<orders::Standing>,
}

/// One process that serves the same store, and what it serves.
#[derive(Debug, Serialize)]
struct Process {
    id: String,
    host: String,
    pid: u32,
    started: Timestamp,
    seen: Timestamp,
    serves: Vec<String>,
}

/// Takes the port, so that a taken one is an error before anything else starts.
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, ServiceError> {
    TcpListener::bind(address).await.map_err(|source| ServiceError::Status { address, source })
}

/// Serves until told to stop: `/healthz` (the process answers), `/readyz` (the store answers
/// and every mailbox is read), `/status` (counts).
pub(super) async fn serve(listener: TcpListener, page: Page, stop: CancellationToken) {
    let router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/status", get(status))
        .with_state(page);
    let stopped = stop.clone();
    let served = axum::serve(listener, router).with_graceful_shutdown(async move { stopped.cancelled().await });
    let last_answers = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_ANSWERS).await;
    };
    // A client that connected and asks nothing, or never reads its answer, holds nobody up.
    tokio::select! {
        served = served.into_future() => if let Err(error) = served {
            tracing::error!("the status page ended: {error}");
        },
        () = last_answers => {}
    }
}

async fn ready(State(page): State<Page>) -> (StatusCode, String) {
    let paused = match page.store.paused().await {
        Ok(paused) => paused,
        Err(error) => return (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {error}\n")),
    };
    // Folders of accounts that another process serves are its business.
    let mut served = page.accounts.mailboxes();
    let since = page.held.since();
    served.retain(|account, _| since.contains_key(account));
    let mut silent = silent_folders(&served, &since, Timestamp::now());
    let gave_up =
        |(name, down): (String, Down)| format!("{name} gave up and tries again at {}: {}", down.next_try, down.reason);
    silent.extend(page.accounts.down().into_iter().map(gave_up));
    if !silent.is_empty() {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", silent.join("; ")));
    }
    let ready = paused.map_or_else(|| "ready\n".to_owned(), |reason| format!("ready, paused: {reason}\n"));
    let orders = match &page.orders {
        Some(orders) => orders.standing().await.map_or_else(|_| String::new(), |standing| exports(&standing)),
        None => String::new(),
    };
    (StatusCode::OK, ready + &rules(&page.live.standing()) + &orders)
}

/// Says what a seller should know of the folder of orders; nothing where all is well.
fn exports(standing: &orders::Standing) -> String {
    let mut said = String::new();
    if let Some(trouble) = &standing.trouble {
        let _infallible = writeln!(said, "orders: {trouble}");
    }
    for file in standing.files.iter().filter(|file| file.refused) {
        let _infallible = writeln!(said, "orders: {} is not used: {}", file.name, file.note);
    }
    for name in &standing.stale {
        let _infallible = writeln!(said, "orders: {name} is too old, buyers are not told of its orders");
    }
    said
}

/// Says what a seller should know of the rules in force; nothing where they are those of the files.
fn rules(standing: &Standing) -> String {
    let mut said = String::new();
    if let Some(Stale { since, refused }) = &standing.stale {
        let Refused { errors, first } = refused;
        let _infallible =
            writeln!(said, "rules: stale since {since}, the last good ones are in force; {errors} to mend: {first}");
    }
    if !standing.restart_to_apply.is_empty() {
        let _infallible = writeln!(said, "configuration: restart to apply {}", standing.restart_to_apply.join(", "));
    }
    said
}

async fn status(State(page): State<Page>) -> Result<Json<Status>, (StatusCode, String)> {
    let failed = |error: StoreError| (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n"));
    let counts = page.store.counts().await.map_err(failed)?;
    let paused = page.store.paused().await.map_err(failed)?;
    let switched = page.store.pauses().await.map_err(failed)?;
    let restore = page.store.restore().await.map_err(failed)?;
    let sweep = page.found.report();
    let (accounts, down) = (page.accounts.names(), page.accounts.down());
    let mailboxes = page.accounts.mailboxes();
    let rules = page.live.standing();
    let serving = page.store.standing().await.map_err(failed)?;
    let processes = processes(serving.runners, &serving.leases);
    let orders = match &page.orders {
        Some(orders) => Some(orders.standing().await.map_err(failed)?),
        None => None,
    };
    Ok(Json(Status {
        started: page.started,
        paused,
        pauses: switched,
        restore,
        sweep,
        rules,
        accounts,
        processes,
        down,
        mailboxes,
        counts,
        orders,
    }))
}

/// Returns the processes that live, with the accounts each of them serves.
fn processes(runners: Vec<RunnerSeen>, leases: &[LeaseSeen]) -> Vec<Process> {
    let living = runners.into_iter().filter(|seen| seen.lives);
    let process = |seen: RunnerSeen| Process {
        serves: leases
            .iter()
            .filter(|lease| lease.holder.as_ref() == Some(&seen.runner.id))
            .map(|lease| lease.account.to_string())
            .collect(),
        id: seen.runner.id,
        host: seen.runner.host,
        pid: seen.runner.pid,
        started: seen.started_at,
        seen: seen.seen_at,
    };
    living.map(process).collect()
}

/// Returns the folders that were not read for too long, each with what went wrong last.
fn silent_folders(
    mailboxes: &BTreeMap<String, BTreeMap<String, FolderStatus>>,
    since: &BTreeMap<String, Timestamp>,
    now: Timestamp,
) -> Vec<String> {
    let folders = mailboxes.iter().flat_map(|(account, folders)| folders.iter().map(move |folder| (account, folder)));
    let silent = folders.filter(|(account, (_, status))| {
        let last = status.last_poll.max(since.get(*account).copied());
        last.is_some_and(|last| now.duration_since(last) > MAX_SILENCE)
    });
    let said = silent.map(|(account, (folder, status))| {
        let why = status.last_error.as_ref().map_or("nothing went wrong that we know of", |(_, why)| why.as_str());
        format!("{account} {folder} was not read for more than {} minutes: {why}", MAX_SILENCE.as_mins())
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(last_poll: Option<&str>, error: Option<&str>) -> BTreeMap<String, BTreeMap<String, FolderStatus>> {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let status = FolderStatus {
            connected_since: None,
            last_poll: last_poll.map(at),
            last_error: error.map(|words| (at("2026-11-21T02:00:00Z"), words.to_owned())),
            ..FolderStatus::default()
        };
        BTreeMap::from([("support".to_owned(), BTreeMap::from([("INBOX".to_owned(), status)]))])
    }

    fn silent(last_poll: Option<&str>, error: Option<&str>, now: &str) -> Vec<String> {
        let since = "2026-11-21T01:00:00Z".parse().expect("a time");
        let since = BTreeMap::from([("support".to_owned(), since)]);
        silent_folders(&folder(last_poll, error), &since, now.parse().expect("a time"))
    }

    #[test]
    fn a_mailbox_that_is_read_is_ready() {
        assert!(silent(Some("2026-11-21T02:50:00Z"), Some("it broke once"), "2026-11-21T03:00:00Z").is_empty());
    }

    #[test]
    fn a_mailbox_that_gave_up_is_not_ready_and_says_why() {
        let said = silent(Some("2026-11-21T02:00:00Z"), Some("the login was refused"), "2026-11-21T02:16:00Z");
        assert_eq!(said, ["support INBOX was not read for more than 15 minutes: the login was refused"]);
    }

    #[test]
    fn a_mailbox_that_was_never_read_gets_its_time_from_when_it_is_served() {
        assert!(silent(None, None, "2026-11-21T01:14:00Z").is_empty());
        assert_eq!(silent(None, None, "2026-11-21T01:16:00Z").len(), 1);
    }
}
