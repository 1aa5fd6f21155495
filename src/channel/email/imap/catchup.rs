//! Which messages to fetch, and when the mark may move. Everything about not losing and not repeating a message stands
//! in this file.
//!
//! The mark moves only together with the messages it vouches for, in one [`Inbox::receive`], and only after the server
//! said `OK` to every command that led there. A message that a tagged `OK` left out is gone, or was never there: the mark
//! does not move for it.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use tracing::{error, info, warn};

use crate::{
    channel::{
        FolderState, Inbox,
        email::imap::{
            command::Commands,
            error::ImapError,
            session::{self, Listed, Part, Selected},
        },
    },
    failpoint,
    model::{
        ids::AccountName,
        inbound::ChannelKind,
        receive::{FolderMark, FolderRole, ReceiveOutcome, Received, SourceKey},
    },
};

/// Messages per transaction: enough to be quick, few enough to be repeated cheaply after a break.
const MAX_BATCH: usize = 50;

/// Bytes per transaction; a batch of large messages must not fill the memory.
const MAX_BATCH_BYTES: usize = 16 * 1024 * 1024;

/// Of larger messages in the Sent folder only the header is fetched: pictures that the shop sends itself.
const MAX_SENT_BYTES: u64 = 256 * 1024;

/// How far back to look when a server numbers its messages anew: longer than any weekend of a broken mailbox.
const BACKFILL_DAYS: i64 = 7;

/// A server's clock may be behind ours by so much; nobody waits longer for it to be set.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_hours(1);

/// After so many connections lost over one message, only its header is asked for.
const MAX_LOSSES: u32 = 3;

/// No number can follow the last one, and a server that takes -1 for "none" writes it so: the mark never stands there.
const LAST_UID: u32 = u32::MAX;

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
    /// What the folder is for.
    pub(super) role: FolderRole,
    /// Of larger messages only the header is fetched.
    pub(super) max_message_bytes: u64,
    /// Where messages go.
    pub(super) inbox: &'a Inbox,
}

/// How messages come in, beside the messages themselves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    /// UIDVALIDITY under which their UIDs hold.
    pub(super) uid_validity: u32,
    /// They were missed before.
    pub(super) reconciled: bool,
}

/// What entering a folder led to.
#[derive(Debug)]
pub(super) struct Entered {
    /// Where to go on from.
    pub(super) mark: FolderMark,
    /// The folder was searched by date just now.
    pub(super) searched: bool,
}

/// A message whose fetch ended a connection, and how often; survives reconnects.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    uid: u32,
    losses: u32,
    /// New mail was stored since this was last asked.
    progress: bool,
}

impl Place<'_> {
    /// Returns the mark to go on from in a folder just selected: the stored one, or a new one after the first look or
    /// after the server numbered its messages anew.
    pub(super) async fn enter(
        &self,
        commands: &mut Commands,
        selected: Selected,
        trouble: &mut Trouble,
    ) -> Result<Entered, ImapError> {
        let known = self.inbox.folder(self.account, self.folder).await?;
        let before = known.as_ref().map(|known| known.mark.uid_validity);
        let (uid_validity, uid_next) = (self.validity(selected, before), selected.uid_next);
        let Some(known) = known else {
            return Ok(Entered { mark: self.first_look(uid_validity, uid_next).await?, searched: true });
        };
        if known.mark.uid_validity == uid_validity && known.mark.uid < uid_next {
            return Ok(Entered { mark: known.mark, searched: false });
        }
        let mark = self.backfill(commands, uid_validity, uid_next, &known, trouble).await?;
        Ok(Entered { mark, searched: true })
    }

    /// Looks again at a folder that has been open for a while: under an open folder a mailbox may be restored or numbered
    /// anew, and a mark that went too far hides everything behind it. True if the folder was searched by date for that.
    pub(super) async fn look_again(
        &self,
        commands: &mut Commands,
        mark: &mut FolderMark,
        trouble: &mut Trouble,
    ) -> Result<bool, ImapError> {
        let selected = session::select(commands, self.folder).await?;
        if selected.uid_validity.is_none() {
            // The numbers of such a server hold as long as the connection, and to enter means to read the days again.
            return Ok(false);
        }
        let entered = self.enter(commands, selected, trouble).await?;
        *mark = entered.mark;
        Ok(entered.searched)
    }

    /// Returns the server's UIDVALIDITY. A server without one promises its numbers for one session only (RFC 9051 section
    /// 2.3.1.1), so each session gets a number of its own: the folder is searched by date, and the store recognises what
    /// it has by its bytes.
    fn validity(&self, selected: Selected, before: Option<u32>) -> u32 {
        selected.uid_validity.unwrap_or_else(|| {
            warn!(account = %self.account, folder = self.folder,
                "The server names no UIDVALIDITY; after each connection the last days are read again.");
            before.map_or(1, |before| before.wrapping_add(1).max(1))
        })
    }

    /// Fetches and stores everything above the mark; returns how many messages were new.
    pub(super) async fn catch_up(
        &self,
        commands: &mut Commands,
        mark: &mut FolderMark,
        trouble: &mut Trouble,
    ) -> Result<usize, ImapError> {
        // Whatever is announced from here on ends the next IDLE at once.
        commands.forget_news();
        let listed = session::list_above(commands, mark.uid).await?;
        failpoint::reach("imap.list.after");
        let arrival = Arrival { uid_validity: mark.uid_validity, reconciled: false };
        self.take_in(commands, &listed, Some(mark), arrival, trouble).await
    }

    /// A folder never read before: nothing old is imported, and nothing that came before now is ever answered.
    async fn first_look(&self, uid_validity: u32, uid_next: u32) -> Result<FolderMark, ImapError> {
        let mark = FolderMark {
            account: self.account.clone(),
            folder: self.folder.to_owned(),
            uid_validity,
            uid: uid_next - 1,
            first_uid: uid_next - 1,
            go_live: Timestamp::now(),
        };
        failpoint::reach("imap.first_look.before");
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
        after: u32,
        uid_next: u32,
        known: &FolderState,
        trouble: &mut Trouble,
    ) -> Result<FolderMark, ImapError> {
        let before = known.mark.uid_validity;
        let fields = (self.account, self.folder);
        if after > before {
            info!(account = %fields.0, folder = fields.1, before, after, "The server numbered its messages anew.");
        } else {
            // RFC 9051 section 2.3.1.1: UIDVALIDITY must rise, and UIDNEXT never falls below a UID given away.
            error!(account = %fields.0, folder = fields.1, before, after,
                "The server went back in its numbering. Was the mailbox restored from a backup? Mail that it lost stays \
                 here, mail that it has is compared with ours; look whether the folder is complete.");
        }
        let day = backfill_day(known.newest.unwrap_or(known.mark.go_live));
        let uids = session::search_since(commands, day).await?;
        let arrival = Arrival { uid_validity: after, reconciled: false };
        let received = self.bring(commands, &uids, Some(earliest(&known.mark)), arrival, trouble).await?;
        let mark = FolderMark { uid_validity: after, uid: uid_next - 1, first_uid: 0, ..known.mark.clone() };
        failpoint::reach("imap.renumbered.before");
        self.inbox.renumber(mark.clone()).await?;
        failpoint::reach("imap.renumbered.after");
        info!(account = %fields.0, folder = fields.1, messages = received, "Read the folder again since {day}.");
        Ok(mark)
    }

    /// Fetches and stores these messages, with `since` only those the server took from then on; returns how many were
    /// new. The mark stays.
    pub(super) async fn bring(
        &self,
        commands: &mut Commands,
        uids: &[u32],
        since: Option<Timestamp>,
        arrival: Arrival,
        trouble: &mut Trouble,
    ) -> Result<usize, ImapError> {
        let mut received = 0;
        for chunk in uids.chunks(MAX_BATCH) {
            let set: Vec<String> = chunk.iter().map(u32::to_string).collect();
            let mut listed = session::list(commands, &set.join(",")).await?;
            let young = |message: &Listed| since.zip(message.taken_at).is_none_or(|(since, taken)| taken >= since);
            listed.retain(|message| chunk.contains(&message.uid) && young(message));
            received += self.take_in(commands, &listed, None, arrival, trouble).await?;
        }
        Ok(received)
    }

    /// Fetches what was listed and stores it in batches; with a `mark`, moves it along. Returns how many were new. What came
    /// before a break is stored as well: a connection that breaks again and again gets to the end all the same.
    async fn take_in(
        &self,
        commands: &mut Commands,
        listed: &[Listed],
        mut mark: Option<&mut FolderMark>,
        arrival: Arrival,
        trouble: &mut Trouble,
    ) -> Result<usize, ImapError> {
        let (mut batch, mut bytes, mut total) = (Vec::new(), 0, 0);
        let mut brought = None;
        for (index, message) in listed.iter().enumerate() {
            let broken = match self.fetch(commands, *message, trouble).await {
                Ok(Some(raw)) => {
                    bytes += raw.len();
                    batch.push(self.received(*message, raw, arrival));
                    brought = Some(message.uid).filter(|uid| *uid < LAST_UID).or(brought);
                    None
                }
                Ok(None) => None,
                Err(error) => Some(error),
            };
            let last = index + 1 == listed.len() || broken.is_some();
            if batch.is_empty() || !last && batch.len() < MAX_BATCH && bytes < MAX_BATCH_BYTES {
                broken.map_or(Ok(()), Err)?;
                continue;
            }
            let moved = mark.as_deref().zip(brought).map(|(mark, uid)| FolderMark { uid, ..mark.clone() });
            failpoint::reach("imap.batch.before");
            let outcomes = self.inbox.receive(std::mem::take(&mut batch), moved.clone()).await?;
            failpoint::reach("imap.batch.after");
            let stored = outcomes.iter().filter(|outcome| matches!(outcome, ReceiveOutcome::Stored(_))).count();
            trouble.progress |= stored > 0;
            total += stored;
            bytes = 0;
            if let (Some(mark), Some(moved)) = (mark.as_deref_mut(), moved) {
                *mark = moved;
            }
            broken.map_or(Ok(()), Err)?;
        }
        Ok(total)
    }

    /// Of larger messages only the header comes. Of what the shop wrote itself, the header tells nearly everything.
    fn most_bytes(&self) -> u64 {
        match self.role {
            FolderRole::Sent => self.max_message_bytes.min(MAX_SENT_BYTES),
            FolderRole::Inbox | FolderRole::Junk => self.max_message_bytes,
        }
    }

    async fn fetch(
        &self,
        commands: &mut Commands,
        message: Listed,
        trouble: &mut Trouble,
    ) -> Result<Option<Vec<u8>>, ImapError> {
        let part = if message.size > self.most_bytes() || trouble.is_hopeless(message.uid) {
            Part::Header
        } else {
            Part::Whole
        };
        if trouble.is_lost(message.uid) {
            trouble.end();
            error!(account = %self.account, folder = self.folder, imap.uid = message.uid,
                "a message cannot be fetched and is stored without its content");
            return Ok(Some(Vec::new()));
        }
        failpoint::reach("imap.fetch.before");
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
                failpoint::reach("imap.fetch.after");
                trouble.end();
                Ok(raw)
            }
        }
    }

    fn received(&self, message: Listed, raw: Vec<u8>, arrival: Arrival) -> Received {
        let now = Timestamp::now();
        let size = message.size.max(raw.len() as u64);
        Received {
            channel: ChannelKind::Email,
            account: self.account.clone(),
            key: SourceKey::Imap {
                folder: self.folder.to_owned(),
                uid_validity: arrival.uid_validity,
                uid: message.uid,
            },
            raw,
            received_at: message.taken_at.map_or(now, |taken_at| taken_at.min(now)),
            size,
            role: self.role,
            reconciled: arrival.reconciled,
        }
    }
}

impl Trouble {
    fn begin(&mut self, uid: u32) {
        if self.uid != uid {
            (self.uid, self.losses) = (uid, 0);
        }
        self.losses += 1;
    }

    fn end(&mut self) {
        (self.uid, self.losses) = (0, 0);
    }

    /// Returns whether new mail was stored since the last call.
    pub(super) fn take_progress(&mut self) -> bool {
        std::mem::take(&mut self.progress)
    }

    fn is_hopeless(&self, uid: u32) -> bool {
        self.uid == uid && self.losses >= MAX_LOSSES
    }

    fn is_lost(&self, uid: u32) -> bool {
        self.uid == uid && self.losses >= MAX_TOTAL_LOSSES
    }
}

/// Returns the moment before which the server cannot have taken a message that came after the first look.
pub(super) fn earliest(mark: &FolderMark) -> Timestamp {
    mark.go_live.checked_sub(CLOCK_SLACK).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Returns the day to search from. SEARCH compares days in the server's zone, hence one day more.
fn backfill_day(newest: Timestamp) -> Date {
    let start =
        newest.checked_sub(SignedDuration::from_hours(24 * (BACKFILL_DAYS + 1))).unwrap_or(Timestamp::UNIX_EPOCH);
    start.to_zoned(TimeZone::UTC).date()
}
