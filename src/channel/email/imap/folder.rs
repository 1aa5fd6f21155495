//! One folder for as long as the service runs: connect, read, wait for news, and again after every break.

use std::{panic::AssertUnwindSafe, sync::atomic::Ordering, time::Duration};

use futures_util::FutureExt as _;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    channel::{
        Inbox, ListenError,
        email::{
            Secret,
            imap::{
                Account,
                backoff::{Backoff, jittered, random},
                catchup::{Place, Trouble},
                command::{Commands, Woken},
                connection,
                error::{Consequence, ImapError},
                login, session,
            },
        },
    },
    model::receive::FolderMark,
};

/// IDLE is left after this time whatever came or did not come, to look for ourselves. Servers and middleboxes drop a
/// silent connection, or only its pushes, some time after ten minutes; and a dead one is noticed only by writing.
const SAFETY_POLL: Duration = Duration::from_mins(5);

/// When this many looks in a row find mail that IDLE did not announce, IDLE does not work here.
const MAX_SILENT_FINDS: u32 = 2;

/// Refused logins before the account is given up; providers lock an account after a few more.
const MAX_REFUSALS: u32 = 3;

/// What to do about a refused password.
const CHECK_PASSWORD: &str =
    "check `user` and `password` under `imap`; a provider with two-step login wants an app password";

/// What to do about a refused access token.
const CHECK_CONSENT: &str = "check `user` under `imap`, and that its owner consented to reading this mailbox";

/// Time for a goodbye when the service stops.
const LOGOUT: Duration = Duration::from_secs(1);

/// Which folder to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// By name.
    Named(String),
    /// The one with the `\Junk` attribute.
    Junk,
}

/// Why one connection ended without an error.
enum Ended {
    Stopped,
    NoJunkFolder,
}

/// Reads one folder until told to stop; returns early only if no retry can mend what is wrong.
pub(super) async fn keep(
    account: &Account<'_>,
    target: &Target,
    inbox: &Inbox,
    stop: &CancellationToken,
) -> Result<(), ListenError> {
    let mut backoff = Backoff::default();
    let mut trouble = Trouble::default();
    loop {
        let started = Instant::now();
        let one = AssertUnwindSafe(connection(account, target, inbox, stop, &mut trouble)).catch_unwind();
        let error = match one.await {
            Ok(Ok(Ended::Stopped)) => return Ok(()),
            Ok(Ok(Ended::NoJunkFolder)) => {
                account.status.forget(target.label());
                info!(account = %account.settings.name, "The mailbox has no junk folder; nothing to record there.");
                return Ok(());
            }
            Ok(Err(error)) => error,
            // The response parser is the only code that meets unchecked bytes; a panic there costs one connection.
            Err(_) => ImapError::Protocol { during: "reading", what: "its answer made the parser give up".to_owned() },
        };
        account.status.failed(target.label(), Timestamp::now(), error.to_string());
        give_up(account, &error)?;
        let wait = backoff.after(started.elapsed(), random());
        warn!(account = %account.settings.name, folder = target.label(), error = %error,
            "Lost the mailbox; trying again in {} s.", wait.as_secs().max(1));
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = sleep(wait) => {}
        }
    }
}

impl Target {
    fn label(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Junk => "\\Junk",
        }
    }
}

/// Turns an error into the end of the account if people must act.
fn give_up(account: &Account<'_>, error: &ImapError) -> Result<(), ListenError> {
    let name = account.settings.name.clone();
    let hopeless = |reason| ListenError::Credentials { account: name.clone(), reason };
    match error.consequence(account.was_in.load(Ordering::Relaxed)) {
        Consequence::Again => Ok(()),
        Consequence::Setup => Err(ListenError::Setup { account: name, reason: error.to_string() }),
        Consequence::LoginHopeless => Err(hopeless(error.to_string())),
        Consequence::LoginRefused => {
            let refusals = account.refusals.fetch_add(1, Ordering::Relaxed) + 1;
            if refusals < MAX_REFUSALS {
                return Ok(());
            }
            let ImapError::Login { words, .. } = error else { return Err(hopeless(error.to_string())) };
            let advice = match account.settings.imap.login.secret {
                Secret::Password(_) => CHECK_PASSWORD,
                Secret::OAuth2(_) => CHECK_CONSENT,
            };
            Err(hopeless(format!("{words} ({advice})")))
        }
    }
}

/// One connection's life.
async fn connection(
    account: &Account<'_>,
    target: &Target,
    inbox: &Inbox,
    stop: &CancellationToken,
    trouble: &mut Trouble,
) -> Result<Ended, ImapError> {
    let mut commands = tokio::select! {
        () = stop.cancelled() => return Ok(Ended::Stopped),
        commands = log_in(account) => commands?,
    };
    let ended = tokio::select! {
        () = stop.cancelled() => Ok(Ended::Stopped),
        ended = serve(account, target, inbox, &mut commands, trouble) => ended,
    };
    if ended.is_ok() {
        commands.log_out(LOGOUT).await;
    }
    ended
}

async fn log_in(account: &Account<'_>) -> Result<Commands, ImapError> {
    let settings = &account.settings.imap;
    let opened = connection::open(settings, &account.tls).await?;
    let mut commands = opened.commands;
    if opened.preauthenticated {
        commands.ask_capabilities().await?;
    } else {
        login::log_in(&mut commands, &settings.login, account.tokens).await?;
    }
    account.was_in.store(true, Ordering::Relaxed);
    account.refusals.store(0, Ordering::Relaxed);
    session::identify(&mut commands).await?;
    Ok(commands)
}

/// Reads the folder for as long as the connection holds.
async fn serve(
    account: &Account<'_>,
    target: &Target,
    inbox: &Inbox,
    commands: &mut Commands,
    trouble: &mut Trouble,
) -> Result<Ended, ImapError> {
    let folder = match target {
        Target::Named(name) => name.clone(),
        Target::Junk => match session::junk_folder(commands).await? {
            Some(name) => name,
            None => return Ok(Ended::NoJunkFolder),
        },
    };
    let place = Place {
        account: &account.settings.name,
        folder: &folder,
        in_junk: *target == Target::Junk,
        max_message_bytes: account.settings.imap.max_message_bytes,
        inbox,
    };
    let selected = match session::select(commands, &folder).await {
        Err(error @ ImapError::Refused { .. }) => return Err(missing(&place, commands, error).await?),
        other => other?,
    };
    let mut mark = place.enter(commands, selected, trouble).await?;
    account.status.connected(target.label(), Timestamp::now());
    info!(account = %account.settings.name, folder, "Reading the mailbox.");
    watch(account, target, &place, commands, &mut mark, trouble).await
}

/// A folder that was never there is a mistake in the settings; one that was read before may come back.
async fn missing(place: &Place<'_>, commands: &mut Commands, error: ImapError) -> Result<ImapError, ImapError> {
    if place.inbox.folder(place.account, place.folder).await?.is_some()
        || session::exists(commands, place.folder).await?
    {
        return Ok(error);
    }
    let folder = place.folder;
    Ok(ImapError::Setup(format!("the mailbox has no folder {folder:?}; create it or correct `folders`")))
}

/// Catches up and waits, for ever.
async fn watch(
    account: &Account<'_>,
    target: &Target,
    place: &Place<'_>,
    commands: &mut Commands,
    mark: &mut FolderMark,
    trouble: &mut Trouble,
) -> Result<Ended, ImapError> {
    let mut pushes = commands.can("IDLE");
    let mut silent_finds = 0;
    let mut unannounced = false;
    loop {
        let found = place.catch_up(commands, mark, trouble).await?;
        account.status.polled(target.label(), Timestamp::now());
        silent_finds = if unannounced && found > 0 { silent_finds + 1 } else { 0 };
        if pushes && silent_finds >= MAX_SILENT_FINDS {
            warn!(account = %account.settings.name, folder = place.folder,
                "The server does not announce new mail; looking every {} s instead.", account.settings.imap.poll_seconds);
            pushes = false;
        }
        unannounced = false;
        if pushes {
            match commands.idle(Instant::now() + jittered(SAFETY_POLL, random())).await {
                Ok(Woken::News) => continue,
                Ok(Woken::Deadline) => unannounced = true,
                Err(ImapError::Refused { command: "IDLE", words, .. }) => {
                    warn!(account = %account.settings.name, folder = place.folder, reason = words,
                        "The server refuses to announce new mail; looking every {} s instead.",
                        account.settings.imap.poll_seconds);
                    pushes = false;
                }
                Err(error) => return Err(error),
            }
        } else {
            sleep(Duration::from_secs(u64::from(account.settings.imap.poll_seconds.max(1)))).await;
        }
        session::refresh(commands).await?;
    }
}

/// Returns the targets of an account: its folders, and the junk folder if wanted.
pub(super) fn targets(folders: &[String], junk: bool) -> Vec<Target> {
    let named = folders.iter().cloned().map(Target::Named);
    named.chain(junk.then_some(Target::Junk)).collect()
}
