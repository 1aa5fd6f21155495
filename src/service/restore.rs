//! Restore mode at work: a message of the time before gets an automatic answer only if it is certain that it has none, and
//! the mode ends when everything was looked through.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;

use crate::{
    channel::{Channel as _, email::status::FolderStatus},
    failpoint,
    model::{
        ids::{AccountName, InboundId},
        inbound::Inbound,
        outbound::Verification,
        verdict::Verdict,
    },
    service::accounts::{Accounts, AnyChannel},
    store::{Store, error::StoreError, restore::Restore},
};

/// While a mailbox is asked, its account waits, and soon the others, which begin their next turn together with it. One that
/// needed this long to say nothing is most likely away.
const SLOW: Duration = Duration::from_secs(5);

/// For so long it is not asked again; messages of its account are left to people meanwhile, as they would be after waiting.
const REST: Duration = Duration::from_mins(5);

/// What a ticket says of a message that may have its answer already.
const MAY_BE_ANSWERED: &str = "It may have been answered before the restore: look into the sent mail before writing.";

/// How a message ends of which the Sent folder holds the answer.
const ANSWERED_BEFORE: &str = "answered before the restore";

/// What is known of the past of one message.
#[derive(Debug, PartialEq, Eq)]
enum Past {
    /// Its answer was found.
    Answered(String),
    /// Nobody answered it.
    Unanswered,
    /// Nobody can say.
    Unknown(String),
}

/// Mailboxes that did not answer, until when they are left alone, and why.
#[derive(Debug, Default)]
struct Silent(BTreeMap<AccountName, (Instant, String)>);

impl Silent {
    /// Notes that a mailbox could not be asked at this moment, and how long that took.
    fn note(&mut self, account: &AccountName, took: Duration, reason: &str, now: Instant) {
        if took >= SLOW {
            let _before = self.0.insert(account.clone(), (now + REST, reason.to_owned()));
        }
    }

    /// Returns why a mailbox is not to be asked at this moment.
    fn reason(&self, account: &AccountName, now: Instant) -> Option<String> {
        self.0.get(account).filter(|(until, _)| now < *until).map(|(_, reason)| reason.clone())
    }
}

/// Looks into the past of messages that a restored store does not know.
#[derive(Debug, Clone)]
pub(super) struct Doubted {
    store: Store,
    accounts: Arc<Accounts>,
    /// Accounts whose Sent folder is known to hold what was sent through them.
    kept: Arc<Mutex<BTreeSet<AccountName>>>,
    silent: Arc<Mutex<Silent>>,
}

impl Doubted {
    pub(super) fn new(store: Store, accounts: Arc<Accounts>) -> Self {
        Self { store, accounts, kept: Arc::default(), silent: Arc::default() }
    }

    /// Holds back what a decision would say by itself, unless nobody can have answered the message before. Returns whether
    /// that is certain; it says nothing about a message that no restore throws a doubt on.
    pub(super) async fn look(
        &self,
        id: InboundId,
        inbound: &Inbound,
        verdict: &mut Verdict,
    ) -> Result<bool, StoreError> {
        if !verdict.speaks() || !self.store.is_doubtful(id).await? {
            return Ok(false);
        }
        let past = self.past(inbound).await?;
        failpoint::reach("restore.look.after");
        match past {
            Past::Unanswered => {
                tracing::info!(inbound.id = id.0, "nobody answered it before the restore");
                return Ok(true);
            }
            Past::Answered(proof) => {
                tracing::info!(inbound.id = id.0, "it was answered before the restore: {proof}");
                verdict.answered_before(ANSWERED_BEFORE);
            }
            Past::Unknown(why) => {
                tracing::info!(inbound.id = id.0, "it may have been answered before the restore: {why}");
                verdict.withhold(MAY_BE_ANSWERED);
            }
        }
        Ok(false)
    }

    async fn past(&self, inbound: &Inbound) -> Result<Past, StoreError> {
        let unknown = |why: &str| Ok(Past::Unknown(why.to_owned()));
        let Some(message_id) = inbound.mail.as_ref().and_then(|mail| mail.message_id.as_deref()) else {
            return unknown("it has no Message-ID that an answer could name");
        };
        let Some(channel) = self.accounts.channel(&inbound.account) else {
            return unknown("the account is not configured any more");
        };
        let begun = Instant::now();
        if let Some(reason) = self.silent().reason(&inbound.account, begun) {
            return Ok(Past::Unknown(reason));
        }
        match channel.answered(message_id).await {
            Verification::Found { proof } => Ok(Past::Answered(proof)),
            Verification::Unknown { reason } => {
                self.silent().note(&inbound.account, begun.elapsed(), &reason, Instant::now());
                Ok(Past::Unknown(reason))
            }
            Verification::Absent if self.keeps_sent_mail(&inbound.account, &channel).await? => Ok(Past::Unanswered),
            Verification::Absent => unknown("the folder of sent mail does not hold what was sent through this account"),
        }
    }

    fn silent(&self) -> MutexGuard<'_, Silent> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether the absence of an answer says anything: the newest mail that is known to have been sent lies in the
    /// Sent folder. Many providers keep there only what mail programs put there.
    async fn keeps_sent_mail(&self, account: &AccountName, channel: &AnyChannel) -> Result<bool, StoreError> {
        if self.kept.lock().unwrap_or_else(PoisonError::into_inner).contains(account) {
            return Ok(true);
        }
        let Some(newest) = self.store.newest_sent(account).await? else { return Ok(false) };
        let kept = matches!(channel.verify(&newest).await, Verification::Found { .. });
        if kept {
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(account.clone());
        }
        Ok(kept)
    }
}

/// Looks whether the store is a backup, and says whether restore mode is on; to be called before anything is sent.
pub(super) async fn notice(store: &Store) -> Result<(), StoreError> {
    if let Some(Restore { noticed_at, reason, .. }) = store.resume_restore(Timestamp::now()).await? {
        tracing::warn!(since = %noticed_at, "restore mode is on, what may have been answered is left to people: {reason}");
    }
    Ok(())
}

/// Ends restore mode when nothing of the time before is open: every mailbox was compared with the ledger since, every
/// message is decided, and nothing that may have left is still looked for. A process knows of its own comparisons only, so
/// where others serve accounts it never ends. Returns whether it ended.
pub(super) async fn end_if_worked_through(
    store: &Store,
    accounts: &Accounts,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(restore) = store.restore().await? else { return Ok(false) };
    let mailboxes = accounts.mailboxes();
    let compared = mailboxes.values().all(|folders| !folders.is_empty() && folders.values().all(is_compared(&restore)));
    if !compared || is_elsewhere(store, accounts).await? || !store.is_worked_through().await? {
        return Ok(false);
    }
    let ended = store.end_restore(None, now).await?;
    if ended {
        tracing::info!(since = %restore.noticed_at, "restore mode is over: everything from before was looked through");
    }
    Ok(ended)
}

/// Returns whether another process serves an account that this one does not have.
async fn is_elsewhere(store: &Store, accounts: &Accounts) -> Result<bool, StoreError> {
    let living = store.standing().await?.runners.into_iter().filter(|seen| seen.lives);
    Ok(living.flat_map(|seen| seen.runner.accounts).any(|account| accounts.channel(&account).is_none()))
}

fn is_compared(restore: &Restore) -> impl Fn(&FolderStatus) -> bool {
    |status| status.compared.is_some_and(|compared| compared.at > restore.noticed_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_that_lets_us_wait_is_left_alone_for_a_while_and_others_are_not() {
        let (shop, other) = (AccountName::from("shop"), AccountName::from("other"));
        let (mut silent, now) = (Silent::default(), Instant::now());
        silent.note(&shop, Duration::from_millis(3), "this id cannot be searched for", now);
        assert_eq!(silent.reason(&shop, now), None, "who answers at once costs nothing");
        silent.note(&shop, SLOW, "it says nothing", now);
        assert_eq!(silent.reason(&shop, now).as_deref(), Some("it says nothing"));
        assert_eq!(silent.reason(&other, now), None);
        assert_eq!(silent.reason(&shop, now + REST), None, "it is asked again");
    }
}
