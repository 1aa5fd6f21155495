//! One folder for as long as the service runs: connect, read, wait for news, and again after every break.

use std::{panic::AssertUnwindSafe, sync::atomic::Ordering, time::Duration};

use async_imap::imap_proto::NameAttribute;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    channel::{
        Inbox, ListenError,
        email::{
            Secret, SentFolder,
            imap::{
                Account,
                backoff::{Backoff, jittered, random},
                catchup::{Place, Trouble},
                command::{Commands, Woken},
                connection,
                error::{Consequence, ImapError},
                login, name,
                reconcile::Comparing,
                search, session,
            },
        },
    },
    model::receive::{FolderMark, FolderRole},
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

/// How often to look whether the mailbox has a folder by now that it did not have.
const LOOK_AGAIN: Duration = Duration::from_hours(1);

/// How long buyers' mail waits, after each login, until what people sent is read.
const SENT_FIRST: Duration = Duration::from_secs(10);

/// Time for a goodbye when the service stops.
const LOGOUT: Duration = Duration::from_secs(1);

/// Which folder to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// By name.
    Named(String),
    /// The one with the `\Junk` attribute.
    Junk,
    /// The one with the `\Sent` attribute or a usual name, or the one of this name.
    Sent(Option<String>),
}

/// What outlives the connections of one folder.
#[derive(Debug, Default)]
struct Memory {
    trouble: Trouble,
    comparing: Comparing,
}

/// Why one connection ended without an error.
enum Ended {
    Stopped,
    NoSuchFolder,
}

/// Reads one folder until told to stop; returns early only if no retry can mend what is wrong. All but the `first` wait
/// for a login that works.
pub(super) async fn keep(
    account: &Account<'_>,
    target: &Target,
    first: bool,
    inbox: &Inbox,
    stop: &CancellationToken,
) -> Result<(), ListenError> {
    if !first {
        let mut progress = account.progress.subscribe();
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            in_now = progress.wait_for(|progress| progress.logged_in) => drop(in_now),
        }
    }
    let mut backoff = Backoff::default();
    let mut memory = Memory::default();
    loop {
        let started = Instant::now();
        let one = AssertUnwindSafe(connection(account, target, inbox, stop, &mut memory)).catch_unwind();
        let ended = one.await;
        if target.role() == FolderRole::Sent {
            let none = matches!(ended, Ok(Ok(Ended::NoSuchFolder)));
            account.progress.send_modify(|progress| progress.sent_read = none);
        }
        let error = match ended {
            Ok(Ok(Ended::Stopped)) => return Ok(()),
            Ok(Ok(Ended::NoSuchFolder)) => {
                account.status.forget(target.label());
                info!(account = %account.settings.name, folder = target.label(),
                    "The mailbox marks no folder so; nothing to record there.");
                // Many mail programs make the folder for sent mail when they first need it.
                if rest(stop, LOOK_AGAIN).await.is_stopped() {
                    return Ok(());
                }
                continue;
            }
            Ok(Err(error)) => error,
            // The response parser is the only code that meets unchecked bytes; a panic there costs one connection.
            Err(_) => ImapError::Protocol { during: "reading", what: "its answer made the parser give up".to_owned() },
        };
        account.status.failed(target.label(), Timestamp::now(), error.to_string());
        give_up(account, &error)?;
        let wait = backoff.after(started.elapsed(), memory.trouble.take_progress(), random());
        warn!(account = %account.settings.name, folder = target.label(), error = %error,
            "Lost the mailbox; trying again in {} s.", wait.as_secs().max(1));
        if rest(stop, wait).await.is_stopped() {
            return Ok(());
        }
    }
}

/// How a pause ended.
enum Rested {
    Whole,
    Stopped,
}

impl Rested {
    fn is_stopped(&self) -> bool {
        matches!(self, Self::Stopped)
    }
}

async fn rest(stop: &CancellationToken, wait: Duration) -> Rested {
    tokio::select! {
        () = stop.cancelled() => Rested::Stopped,
        () = sleep(wait) => Rested::Whole,
    }
}

impl Target {
    fn label(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Junk => "\\Junk",
            Self::Sent(_) => "\\Sent",
        }
    }

    fn role(&self) -> FolderRole {
        match self {
            Self::Named(_) => FolderRole::Inbox,
            Self::Junk => FolderRole::Junk,
            Self::Sent(_) => FolderRole::Sent,
        }
    }

    /// Returns the folder's decoded name; none if the mailbox has no such folder, or if it is read as an inbox anyway.
    async fn find(&self, account: &Account<'_>, commands: &mut Commands) -> Result<Option<String>, ImapError> {
        let found = match self {
            Self::Named(name) => return Ok(Some(name.clone())),
            Self::Sent(Some(name)) => Some(name.clone()),
            Self::Sent(None) => search::sent_folder(commands).await?.map(|wire| name::decoded(&wire)),
            Self::Junk => session::special_folder(commands, &NameAttribute::Junk).await?,
        };
        Ok(found.filter(|name| !account.settings.imap.folders.contains(name)))
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
    memory: &mut Memory,
) -> Result<Ended, ImapError> {
    let mut commands = tokio::select! {
        () = stop.cancelled() => return Ok(Ended::Stopped),
        commands = log_in(account) => commands?,
    };
    let ended = tokio::select! {
        () = stop.cancelled() => Ok(Ended::Stopped),
        ended = serve(account, target, inbox, &mut commands, memory) => ended,
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
    account.progress.send_modify(|progress| progress.logged_in = true);
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
    memory: &mut Memory,
) -> Result<Ended, ImapError> {
    let Some(folder) = target.find(account, commands).await? else { return Ok(Ended::NoSuchFolder) };
    if target.role() == FolderRole::Inbox {
        let mut progress = account.progress.subscribe();
        // Late is better than never: a folder of sent mail that cannot be read must not hold up buyers' mail.
        drop(timeout(SENT_FIRST, progress.wait_for(|progress| progress.sent_read)).await);
    }
    let place = Place {
        account: &account.settings.name,
        folder: &folder,
        role: target.role(),
        max_message_bytes: account.settings.imap.max_message_bytes,
        inbox,
    };
    let selected = match session::select(commands, &folder).await {
        Err(error @ ImapError::Refused { .. }) => return Err(missing(&place, commands, error).await?),
        other => other?,
    };
    let entered = place.enter(commands, selected, &mut memory.trouble).await?;
    if entered.searched {
        memory.comparing.searched();
    }
    account.status.connected(target.label(), target.role(), Timestamp::now());
    if target.role() == FolderRole::Inbox {
        info!(account = %account.settings.name, folder, "Reading the mailbox.");
    } else {
        info!(account = %account.settings.name, folder, "Watching a folder beside it.");
    }
    let mut mark = entered.mark;
    watch(account, target, &place, commands, &mut mark, memory).await
}

/// A folder that was never there is a mistake in the settings; one that was read before may come back.
async fn missing(place: &Place<'_>, commands: &mut Commands, error: ImapError) -> Result<ImapError, ImapError> {
    if place.inbox.folder(place.account, place.folder).await?.is_some()
        || session::exists(commands, place.folder).await?
    {
        return Ok(error);
    }
    let setting = if place.role == FolderRole::Sent { "sent" } else { "folders" };
    let folder = place.folder;
    Ok(ImapError::Setup(format!("the mailbox has no folder {folder:?}; create it or correct `{setting}`")))
}

/// Catches up and waits, for ever.
async fn watch(
    account: &Account<'_>,
    target: &Target,
    place: &Place<'_>,
    commands: &mut Commands,
    mark: &mut FolderMark,
    memory: &mut Memory,
) -> Result<Ended, ImapError> {
    let mut pushes = commands.can("IDLE");
    let mut silent_finds = 0;
    let mut unannounced = false;
    // The folder was selected a moment ago.
    let mut is_fresh = true;
    loop {
        let before = mark.clone();
        let found = place.catch_up(commands, mark, &mut memory.trouble).await?;
        account.status.polled(target.label(), Timestamp::now());
        if target.role() == FolderRole::Sent {
            account.progress.send_modify(|progress| progress.sent_read = true);
        }
        silent_finds = if unannounced && found > 0 { silent_finds + 1 } else { 0 };
        if pushes && silent_finds >= MAX_SILENT_FINDS {
            warn!(account = %account.settings.name, folder = place.folder,
                "The server does not announce new mail; looking every {} s instead.", account.settings.imap.poll_seconds);
            pushes = false;
        }
        // New mail first: what was just fetched needs no comparison.
        if memory.comparing.is_due() {
            if !is_fresh && place.look_again(commands, mark, &mut memory.trouble).await? {
                memory.comparing.searched();
            } else if let Some(compared) =
                place.reconcile(commands, &before, &mut memory.comparing, &mut memory.trouble).await?
            {
                account.status.compared(target.label(), compared);
            }
        }
        is_fresh = false;
        unannounced = wait_for_news(account, place, commands, &mut pushes).await?;
        if unannounced || !pushes {
            session::refresh(commands).await?;
        }
    }
}

/// Waits until there may be new mail; true if the time was up without a word of the server. Where IDLE is refused, it is
/// not tried again on this connection.
async fn wait_for_news(
    account: &Account<'_>,
    place: &Place<'_>,
    commands: &mut Commands,
    pushes: &mut bool,
) -> Result<bool, ImapError> {
    let poll_seconds = account.settings.imap.poll_seconds.max(1);
    if !*pushes {
        sleep(Duration::from_secs(u64::from(poll_seconds))).await;
        return Ok(false);
    }
    match commands.idle(Instant::now() + jittered(SAFETY_POLL, random())).await {
        Ok(Woken::News) => Ok(false),
        Ok(Woken::Deadline) => Ok(true),
        Err(ImapError::Refused { command: "IDLE", words, .. }) => {
            warn!(account = %account.settings.name, folder = place.folder, reason = words,
                "The server refuses to announce new mail; looking every {poll_seconds} s instead.");
            *pushes = false;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Returns the targets of an account: its folders, the junk folder if wanted, and the one for sent mail.
pub(super) fn targets(folders: &[String], junk: bool, sent: &SentFolder) -> Vec<Target> {
    let named = folders.iter().cloned().map(Target::Named);
    let sent = match sent {
        SentFolder::Auto => Some(Target::Sent(None)),
        SentFolder::Named(name) => Some(Target::Sent(Some(name.clone()))),
        SentFolder::Off => None,
    };
    named.chain(junk.then_some(Target::Junk)).chain(sent).collect()
}
