//! Which messages to fetch, and when the mark may move. Everything about not losing and not repeating a message stands
//! in this file.
//!
//! The mark moves only together with the messages it vouches for, in one [`Inbox::receive`], and only after the server
//! said `OK` to every command that led there. A message that a tagged `OK` left out is gone.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use tracing::{info, warn};

use crate::{
    channel::{
        FolderState, Inbox,
        email::imap::{
            command::Commands,
            error::ImapError,
            session::{self, Listed, Part, Selected},
        },
    },
    model::{
        ids::AccountName,
        inbound::ChannelKind,
        receive::{FolderMark, Received, SourceKey},
    },
};

/// Messages per transaction: enough to be quick, few enough to be repeated cheaply after a break.
const MAX_BATCH: usize = 50;

/// Bytes per transaction; a batch of large messages must not fill the memory.
const MAX_BATCH_BYTES: usize = 16 * 1024 * 1024;

/// How far back to look when a server numbers its messages anew: longer than any weekend of a broken mailbox.
const BACKFILL_DAYS: i64 = 7;

/// After so many connections lost over one message, only its header is asked for.
const MAX_LOSSES: u32 = 3;

/// After so many, half an hour of growing pauses, the message is stored without content: it becomes a ticket, stays on
/// the server, and no longer holds up what came after it.
const MAX_TOTAL_LOSSES: u32 = 12;

/// One folder of one account, as it is read.
#[derive(Debug)]
pub(super) struct Place<'a> {
    /// Account.
    pub(super) account: &'a AccountName,
    /// Folder name, decoded.
    pub(super) folder: &'a str,
    /// It has the `\Junk` attribute.
    pub(super) in_junk: bool,
    /// Of larger messages only the header is fetched.
    pub(super) max_message_bytes: u64,
    /// Where messages go.
    pub(super) inbox: &'a Inbox,
}

/// A message whose fetch ended a connection, and how often; survives reconnects.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    uid: u32,
    losses: u32,
}

impl Place<'_> {
    /// Returns the mark to go on from in a folder just selected: the stored one, or a new one after the first look or
    /// after the server numbered its messages anew.
    pub(super) async fn enter(
        &self,
        commands: &mut Commands,
        selected: Selected,
        trouble: &mut Trouble,
    ) -> Result<FolderMark, ImapError> {
        let Some(known) = self.inbox.folder(self.account, self.folder).await? else {
            return self.first_look(selected).await;
        };
        if known.mark.uid_validity == selected.uid_validity && known.mark.uid < selected.uid_next {
            return Ok(known.mark);
        }
        self.backfill(commands, selected, &known, trouble).await
    }

    /// Fetches and stores everything above the mark; returns how many messages came.
    pub(super) async fn catch_up(
        &self,
        commands: &mut Commands,
        mark: &mut FolderMark,
        trouble: &mut Trouble,
    ) -> Result<usize, ImapError> {
        // Whatever is announced from here on ends the next IDLE at once.
        commands.forget_news();
        let listed = session::list_above(commands, mark.uid).await?;
        crate::failpoint::reach("imap.list.after");
        let uid_validity = mark.uid_validity;
        self.take_in(commands, &listed, Some(mark), uid_validity, trouble).await
    }

    /// A folder never read before: nothing old is imported, and nothing that came before now is ever answered.
    async fn first_look(&self, selected: Selected) -> Result<FolderMark, ImapError> {
        let mark = FolderMark {
            account: self.account.clone(),
            folder: self.folder.to_owned(),
            uid_validity: selected.uid_validity,
            uid: selected.uid_next - 1,
            go_live: Timestamp::now(),
        };
        crate::failpoint::reach("imap.first_look.before");
        self.inbox.receive(Vec::new(), Some(mark.clone())).await?;
        info!(account = %self.account, folder = self.folder, "First look into the folder; older mail stays untouched.");
        Ok(mark)
    }

    /// The server numbered its messages anew. Whatever it took since shortly before the newest stored message is
    /// fetched again under its new number; the store recognises what it has. The mark moves at the very end, so a
    /// break in the middle starts over.
    async fn backfill(
        &self,
        commands: &mut Commands,
        selected: Selected,
        known: &FolderState,
        trouble: &mut Trouble,
    ) -> Result<FolderMark, ImapError> {
        let (before, after) = (known.mark.uid_validity, selected.uid_validity);
        let fields = (self.account, self.folder);
        if after > before {
            info!(account = %fields.0, folder = fields.1, before, after, "The server numbered its messages anew.");
        } else {
            // RFC 9051 section 2.3.1.1: UIDVALIDITY must rise, and UIDNEXT never falls below a UID given away.
            warn!(account = %fields.0, folder = fields.1, before, after, "The server went back in its numbering.");
        }
        let day = backfill_day(known.newest.unwrap_or(known.mark.go_live));
        let uids = session::search_since(commands, day).await?;
        let mut received = 0;
        for chunk in uids.chunks(MAX_BATCH) {
            let set: Vec<String> = chunk.iter().map(u32::to_string).collect();
            let listed = session::list(commands, &set.join(",")).await?;
            received += self.take_in(commands, &listed, None, after, trouble).await?;
        }
        let uid = selected.uid_next - 1;
        let mark = FolderMark { uid_validity: after, uid, ..known.mark.clone() };
        crate::failpoint::reach("imap.renumbered.before");
        self.inbox.receive(Vec::new(), Some(mark.clone())).await?;
        info!(account = %fields.0, folder = fields.1, messages = received, "Read the folder again since {day}.");
        Ok(mark)
    }

    /// Fetches what was listed and stores it in batches; with a `mark`, moves it along.
    async fn take_in(
        &self,
        commands: &mut Commands,
        listed: &[Listed],
        mut mark: Option<&mut FolderMark>,
        uid_validity: u32,
        trouble: &mut Trouble,
    ) -> Result<usize, ImapError> {
        let (mut batch, mut bytes, mut total) = (Vec::new(), 0, 0);
        for (index, message) in listed.iter().enumerate() {
            if let Some(raw) = self.fetch(commands, *message, trouble).await? {
                bytes += raw.len();
                batch.push(self.received(*message, raw, uid_validity));
            }
            let last = index + 1 == listed.len();
            if !last && batch.len() < MAX_BATCH && bytes < MAX_BATCH_BYTES {
                continue;
            }
            total += batch.len();
            let moved = mark.as_deref().map(|mark| FolderMark { uid: message.uid, ..mark.clone() });
            crate::failpoint::reach("imap.batch.before");
            self.inbox.receive(std::mem::take(&mut batch), moved.clone()).await?;
            crate::failpoint::reach("imap.batch.after");
            bytes = 0;
            if let (Some(mark), Some(moved)) = (mark.as_deref_mut(), moved) {
                *mark = moved;
            }
        }
        Ok(total)
    }

    async fn fetch(
        &self,
        commands: &mut Commands,
        message: Listed,
        trouble: &mut Trouble,
    ) -> Result<Option<Vec<u8>>, ImapError> {
        let part = if message.size > self.max_message_bytes || trouble.is_hopeless(message.uid) {
            Part::Header
        } else {
            Part::Whole
        };
        if trouble.is_lost(message.uid) {
            *trouble = Trouble::default();
            tracing::error!(account = %self.account, imap.uid = message.uid, "a message cannot be fetched and is stored without its content");
            return Ok(Some(Vec::new()));
        }
        crate::failpoint::reach("imap.fetch.before");
        trouble.begin(message.uid);
        let mut fetched = session::fetch(commands, message.uid, part).await;
        if fetched.as_ref().is_err_and(|error| error.is_refusal("EXPUNGEISSUED")) {
            // RFC 5530: another client removed it; after NOOP the server's view is fresh.
            session::refresh(commands).await?;
            fetched = session::fetch(commands, message.uid, part).await;
        }
        match fetched {
            Err(error) if error.is_refusal("EXPUNGEISSUED") => Ok(None),
            Err(error) => Err(error),
            Ok(raw) => {
                crate::failpoint::reach("imap.fetch.after");
                *trouble = Trouble::default();
                Ok(raw)
            }
        }
    }

    fn received(&self, message: Listed, raw: Vec<u8>, uid_validity: u32) -> Received {
        let now = Timestamp::now();
        let size = message.size.max(raw.len() as u64);
        Received {
            channel: ChannelKind::Email,
            account: self.account.clone(),
            key: SourceKey::Imap { folder: self.folder.to_owned(), uid_validity, uid: message.uid },
            raw,
            received_at: message.taken_at.map_or(now, |taken_at| taken_at.min(now)),
            size,
            in_junk: self.in_junk,
        }
    }
}

impl Trouble {
    fn begin(&mut self, uid: u32) {
        if self.uid != uid {
            *self = Self { uid, losses: 0 };
        }
        self.losses += 1;
    }

    fn is_hopeless(&self, uid: u32) -> bool {
        self.uid == uid && self.losses >= MAX_LOSSES
    }

    fn is_lost(&self, uid: u32) -> bool {
        self.uid == uid && self.losses >= MAX_TOTAL_LOSSES
    }
}

/// Returns the day to search from. SEARCH compares days in the server's zone, hence one day more.
fn backfill_day(newest: Timestamp) -> Date {
    let start =
        newest.checked_sub(SignedDuration::from_hours(24 * (BACKFILL_DAYS + 1))).unwrap_or(Timestamp::UNIX_EPOCH);
    start.to_zoned(TimeZone::UTC).date()
}
