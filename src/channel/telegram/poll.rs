//! The long-poll loop: ask, store, and only then move the offset.
//!
//! Every update is handed out at least once: Telegram repeats what a call with a higher offset has not confirmed, and
//! the store knows by key what it already has. The loop never compares update ids with older ones, because the first
//! id after a quiet week is random.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    channel::{
        Inbox, InboxError, ListenError,
        telegram::{
            api::{Api, Bot, CallError, Refusal},
            parse,
        },
    },
    model::{
        ids::AccountName,
        inbound::ChannelKind,
        receive::{FolderRole, ReceiveOutcome, Received, SourceKey},
    },
};

/// The first pause after a failure; doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause between two attempts: a server that is back should not wait longer for us.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// The pause after another program took over the poll: as long as a usual long poll, so that two do not flap.
const CONFLICT_PAUSE: Duration = Duration::from_secs(30);

/// So many conflicts in a row are no restart of ours that overlaps: two instances run.
const CONFLICTS_TO_ALARM: u32 = 3;

/// The longest wait Telegram may impose on polling; its own flood waits stay below an hour.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// Telegram forgets updates after a day, and an old offset would drop new ones if ids have started anew.
const OFFSET_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// An empty answer within this time was no long poll; without a pause a broken server would be asked in a hot loop.
const SHORT_POLL: Duration = Duration::from_millis(500);

/// Polls until something happens that no retry can mend. Safe to drop at any point.
pub(super) async fn run(api: &Api, account: &AccountName, poll_seconds: u32, inbox: &Inbox) -> ListenError {
    let mut poller = Poller { api, account, inbox, patience: Patience::default() };
    match poller.start().await {
        Ok(mark) => poller.rounds(mark, poll_seconds).await,
        Err(error) => error,
    }
}

struct Poller<'a> {
    api: &'a Api,
    account: &'a AccountName,
    inbox: &'a Inbox,
    patience: Patience,
}

impl Poller<'_> {
    /// Checks the token and asks the store how far we were.
    async fn start(&mut self) -> Result<Mark, ListenError> {
        if self.api.is_clear() {
            tracing::warn!(
                account = %self.account,
                "The bot's token travels unencrypted: `api_url` begins with http and leads to another machine."
            );
        }
        let bot: Bot = loop {
            match self.api.get_me().await {
                Ok(bot) => break bot,
                Err(error) => self.endure(&error).await?,
            }
        };
        let last = loop {
            match self.inbox.last_update(self.account).await {
                Ok(last) => break last,
                Err(error) => self.endure_store(&error).await,
            }
        };
        self.patience.clear();
        tracing::info!(
            account = %self.account, bot.id, bot.name = bot.username.as_deref(),
            "Telegram accepts the token; waiting for messages."
        );
        Ok(Mark { last })
    }

    async fn rounds(&mut self, mut mark: Mark, poll_seconds: u32) -> ListenError {
        loop {
            let asked = Instant::now();
            let offset = mark.offset(Timestamp::now());
            let batch = match self.api.get_updates(offset, poll_seconds).await {
                Ok(updates) => read(self.account, &updates, Timestamp::now()),
                Err(error) => Err(error),
            };
            match batch {
                Ok(batch) if batch.is_empty() => {
                    self.patience.clear();
                    tokio::time::sleep(SHORT_POLL.saturating_sub(asked.elapsed())).await;
                }
                Ok(batch) => self.store(batch, &mut mark).await,
                Err(error) => {
                    if let Err(error) = self.endure(&error).await {
                        return error;
                    }
                }
            }
        }
    }

    /// Moves the mark only when the store has committed. If it has not, Telegram will hand out the batch again.
    async fn store(&mut self, batch: Vec<Received>, mark: &mut Mark) {
        let newest = batch.iter().filter_map(update_id).max();
        match self.inbox.receive(batch, None).await {
            Ok(outcomes) => {
                let known = outcomes.iter().filter(|outcome| **outcome == ReceiveOutcome::Known).count();
                tracing::debug!(
                    account = %self.account, updates = outcomes.len(), known,
                    "Telegram updates were stored."
                );
                mark.last = newest.map(|id| (id, Timestamp::now()));
                self.patience.clear();
            }
            Err(error) => self.endure_store(&error).await,
        }
    }

    /// Waits as long as the failure demands, or says that waiting is of no use.
    async fn endure(&mut self, error: &CallError) -> Result<(), ListenError> {
        let account = self.account.clone();
        match self.patience.step(error) {
            Step::Wait(pause) => {
                let pause = jittered(pause);
                tracing::warn!(
                    account = %account, pause_s = pause.as_secs(), %error,
                    "Telegram cannot be asked for messages; trying again after a pause."
                );
                tokio::time::sleep(pause).await;
                Ok(())
            }
            Step::Alarm(pause) => {
                tracing::error!(
                    account = %account, %error,
                    "Another program polls Telegram with the same token: two instances are running. Stop one of them."
                );
                tokio::time::sleep(jittered(pause)).await;
                Ok(())
            }
            Step::Credentials(reason) => Err(ListenError::Credentials { account, reason }),
            Step::Webhook(reason) => Err(ListenError::Setup {
                account,
                reason: format!(
                    "a webhook is set for this bot, so it cannot be polled ({reason}). If no other program needs the \
                     webhook, remove it by calling the Bot API method deleteWebhook once, then start again"
                ),
            }),
        }
    }

    async fn endure_store(&mut self, error: &InboxError) {
        let pause = jittered(self.patience.fail());
        tracing::warn!(
            account = %self.account, pause_s = pause.as_secs(), %error,
            "Telegram updates could not be stored; Telegram will hand them out again."
        );
        tokio::time::sleep(pause).await;
    }
}

/// The last update that is safely stored, and when it was.
struct Mark {
    last: Option<(i64, Timestamp)>,
}

impl Mark {
    /// Returns the offset to ask with: 0, everything unconfirmed, if the last update is none or too old.
    fn offset(&self, now: Timestamp) -> i64 {
        match self.last {
            Some((id, at)) if now.duration_since(at) < OFFSET_LIFE => id.saturating_add(1),
            _ => 0,
        }
    }
}

/// What to do after a failed call.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Wait(Duration),
    Alarm(Duration),
    Credentials(String),
    Webhook(String),
}

/// Counts failures in a row.
#[derive(Debug, Default)]
struct Patience {
    failures: u32,
    conflicts: u32,
}

impl Patience {
    fn clear(&mut self) {
        *self = Self::default();
    }

    fn step(&mut self, error: &CallError) -> Step {
        match error {
            CallError::Refused(refusal) => self.refused(refusal),
            CallError::Connect(_) | CallError::Broken(_) | CallError::Foreign { .. } => Step::Wait(self.fail()),
        }
    }

    fn refused(&mut self, refusal: &Refusal) -> Step {
        match refusal.code {
            // The Bot API answers 404 when the path names no bot.
            401 | 404 => Step::Credentials(format!(
                "{} {}. Ask BotFather for the bot's present token (/token) and put it into the configuration",
                refusal.code, refusal.description
            )),
            409 if refusal.description.contains("webhook") => Step::Webhook(refusal.description.clone()),
            409 => {
                self.conflicts += 1;
                if self.conflicts < CONFLICTS_TO_ALARM {
                    Step::Wait(CONFLICT_PAUSE)
                } else {
                    Step::Alarm(CONFLICT_PAUSE)
                }
            }
            429 => {
                let pause = self.fail();
                let wait = refusal.retry_after.map(|seconds| Duration::from_secs(u64::from(seconds) + 1));
                Step::Wait(wait.unwrap_or(pause).min(LONGEST_WAIT))
            }
            _ => Step::Wait(self.fail()),
        }
    }

    /// Counts one more failure and returns the pause it costs.
    fn fail(&mut self) -> Duration {
        let doublings = self.failures.min(LONGEST_PAUSE.as_secs().ilog2() + 1);
        self.failures += 1;
        (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE)
    }
}

/// Adds up to a half, so that many bots do not come back in step. Never less than the pause that was asked for.
fn jittered(pause: Duration) -> Duration {
    // Without randomness the pause is merely not spread.
    let random = getrandom::u32().unwrap_or_default();
    pause + pause / 2 * (random % 1000) / 1000
}

/// Turns the updates of one answer into rows, in the server's order.
///
/// An update without a key can be neither stored nor confirmed. It must not hold up the others, so it is passed over;
/// an answer of nothing else counts as broken.
fn read(account: &AccountName, updates: &[Box<RawValue>], now: Timestamp) -> Result<Vec<Received>, CallError> {
    let rows: Vec<Received> = updates.iter().filter_map(|raw| row(account, raw, now)).collect();
    let keyless = updates.len() - rows.len();
    if keyless == 0 {
        return Ok(rows);
    }
    if rows.is_empty() {
        return Err(CallError::Foreign { status: 200, what: "updates without a whole-numbered update_id".to_owned() });
    }
    tracing::error!(account = %account, keyless, "Telegram sent updates without a whole-numbered update_id; they are lost.");
    Ok(rows)
}

fn row(account: &AccountName, update: &RawValue, now: Timestamp) -> Option<Received> {
    // Only the key is needed to keep an update; what else it holds may be unreadable.
    let Key { update_id } = serde_json::from_str(update.get()).ok()?;
    let taken = serde_json::from_str(update.get()).ok().and_then(|update| parse::received_at(&update));
    let raw = update.get().as_bytes().to_vec();
    Some(Received {
        channel: ChannelKind::Telegram,
        account: account.clone(),
        key: SourceKey::Telegram { update_id },
        size: raw.len() as u64,
        raw,
        received_at: taken.map_or(now, |at| at.min(now)),
        role: FolderRole::Inbox,
        reconciled: false,
    })
}

#[derive(Deserialize)]
struct Key {
    update_id: i64,
}

fn update_id(received: &Received) -> Option<i64> {
    match received.key {
        SourceKey::Telegram { update_id } => Some(update_id),
        SourceKey::Imap { .. } | SourceKey::Maildir { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u16, description: &str, retry_after: Option<u32>) -> CallError {
        CallError::Refused(Refusal { code, description: description.to_owned(), retry_after, migrate_to: None })
    }

    #[test]
    fn the_third_conflict_in_a_row_raises_the_alarm() {
        let conflict = refused(409, "Conflict: terminated by other getUpdates request", None);
        let mut patience = Patience::default();
        let steps = [patience.step(&conflict), patience.step(&conflict), patience.step(&conflict)];
        assert_eq!(steps, [Step::Wait(CONFLICT_PAUSE), Step::Wait(CONFLICT_PAUSE), Step::Alarm(CONFLICT_PAUSE)]);
        patience.clear();
        assert_eq!(patience.step(&conflict), Step::Wait(CONFLICT_PAUSE));
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_never_overflow() {
        let mut patience = Patience::default();
        let broken = CallError::Broken("reset".to_owned());
        let pauses: Vec<Step> = (0..100).map(|_| patience.step(&broken)).collect();
        let seconds = |s| Step::Wait(Duration::from_secs(s));
        assert_eq!(pauses[..7], [1, 2, 4, 8, 16, 32, 60].map(seconds));
        assert_eq!(pauses[99], seconds(60));
    }

    #[test]
    fn a_flood_wait_is_kept_and_bounded() {
        let mut patience = Patience::default();
        assert_eq!(patience.step(&refused(429, "", Some(5))), Step::Wait(Duration::from_secs(6)));
        assert_eq!(patience.step(&refused(429, "", Some(u32::MAX))), Step::Wait(LONGEST_WAIT));
    }

    #[test]
    fn jitter_only_lengthens_a_pause() {
        for _ in 0..1000 {
            let pause = jittered(CONFLICT_PAUSE);
            assert!(pause >= CONFLICT_PAUSE && pause < CONFLICT_PAUSE * 3 / 2, "{pause:?}");
        }
    }

    #[test]
    fn an_offset_older_than_a_day_is_forgotten() {
        let now = Timestamp::now();
        let stored = |hours| Mark { last: Some((41, now - SignedDuration::from_hours(hours))) };
        assert_eq!([stored(0).offset(now), stored(23).offset(now), stored(24).offset(now)], [42, 42, 0]);
        assert_eq!(Mark { last: None }.offset(now), 0);
    }
}
