//! The second net: now and then, what the server has is compared with what the ledger knows, and what was missed is
//! brought. Nothing should ever be found here; what is found was announced to nobody, or left out of an answer.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use tokio::time::Instant;
use tracing::{debug, error, warn};

use crate::{
    channel::email::{
        imap::{
            catchup::{Arrival, Place, Trouble, earliest},
            command::Commands,
            error::ImapError,
            session,
        },
        status::Compared,
    },
    failpoint,
    model::receive::FolderMark,
};

/// How often: a mail that was missed is found within a working hour.
const EVERY: Duration = Duration::from_hours(1);

/// How far back: longer than a closed shop's holidays between two looks.
const WINDOW: SignedDuration = SignedDuration::from_hours(14 * 24);

/// UIDs asked for in one search: the answer's line stays far below the limit of a line.
const RANGE: u32 = 40_000;

/// When comparisons with loss follow one another so often, the server's answers cannot be relied on.
const ALARM: u32 = 2;

/// When the next comparison is due and what the last ones found; survives reconnects, so that a server that cannot be
/// searched is not asked again with every connection.
#[derive(Debug, Default)]
pub(super) struct Comparing {
    next: Option<Instant>,
    losses_in_a_row: u32,
}

impl Comparing {
    /// Says whether to compare now.
    pub(super) fn is_due(&self) -> bool {
        self.next.is_none_or(|next| Instant::now() >= next)
    }

    /// Notes that the folder was searched by date just now.
    pub(super) fn searched(&mut self) {
        self.next = Some(Instant::now() + EVERY);
    }
}

impl Place<'_> {
    /// Compares the last days of the folder, up to the mark, with the ledger, and brings what is missing; none if the
    /// server refuses to search, or if there is nothing yet to compare.
    pub(super) async fn reconcile(
        &self,
        commands: &mut Commands,
        mark: &FolderMark,
        comparing: &mut Comparing,
        trouble: &mut Trouble,
    ) -> Result<Option<Compared>, ImapError> {
        comparing.searched();
        let Some(uids) = self.recent(commands, mark).await? else { return Ok(None) };
        let listed = uids.len();
        let unknown = self.inbox.unknown(self.account, self.folder, mark.uid_validity, uids).await?;
        failpoint::reach("imap.reconcile.before");
        let arrival = Arrival { uid_validity: mark.uid_validity, reconciled: true };
        // Under the first numbers, the mark of the first look tells what is old; under later ones only the date does.
        let since = (mark.first_uid == 0).then(|| earliest(mark));
        let missed = self.bring(commands, &unknown, since, arrival, trouble).await?;
        failpoint::reach("imap.reconcile.after");
        self.judge(comparing, listed, missed);
        Ok(Some(Compared { at: Timestamp::now(), listed, missed }))
    }

    /// Returns the UIDs of the last days between the first look and the mark, from the newest range down to the first
    /// one without any.
    async fn recent(&self, commands: &mut Commands, mark: &FolderMark) -> Result<Option<Vec<u32>>, ImapError> {
        let day = first_day(mark, Timestamp::now());
        let (mut uids, mut high) = (Vec::new(), mark.uid);
        while high > mark.first_uid {
            let low = high.saturating_sub(RANGE - 1).max(mark.first_uid + 1);
            let found = match session::search_range_since(commands, (low, high), day).await {
                Err(error @ ImapError::Refused { .. }) => {
                    warn!(account = %self.account, folder = self.folder, error = %error,
                        "The folder could not be compared with what was stored.");
                    return Ok(None);
                }
                found => found?,
            };
            let within = uids.len();
            uids.extend(found.into_iter().filter(|uid| (low..=high).contains(uid)));
            if uids.len() == within {
                break;
            }
            high = low - 1;
        }
        Ok(Some(uids))
    }

    fn judge(&self, comparing: &mut Comparing, listed: usize, missed: usize) {
        let (account, folder) = (self.account, self.folder);
        if missed == 0 {
            comparing.losses_in_a_row = 0;
            debug!(account = %account, folder, listed, "The folder and the ledger agree.");
            return;
        }
        comparing.losses_in_a_row = comparing.losses_in_a_row.saturating_add(1);
        if comparing.losses_in_a_row < ALARM {
            warn!(account = %account, folder, listed, missed, "Mail was missed when it came, and is brought now.");
        } else {
            error!(account = %account, folder, listed, missed, in_a_row = comparing.losses_in_a_row,
                "Mail was missed again. This server leaves mail out of its answers; answers are late by up to an hour. \
                 Please tell its provider.");
        }
    }
}

/// Returns the day to search from. SEARCH compares days in the server's zone, hence one day more.
fn first_day(mark: &FolderMark, now: Timestamp) -> Date {
    let start = now.checked_sub(WINDOW).unwrap_or(Timestamp::UNIX_EPOCH).max(earliest(mark));
    let start = start.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::UNIX_EPOCH);
    start.to_zoned(TimeZone::UTC).date()
}
