//! Looks for messages that may have left: in the folder of sent mail, at growing intervals, until their time is up; then
//! a ticket asks a person. Never sends anything.
//!
//! Delivery reports and answers to such a message are proofs as well; intake hands them to the store by itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    channel::Channel as _,
    failpoint,
    model::{
        ids::AccountName,
        outbound::{Payload, Verification},
    },
    service::{
        Wake,
        accounts::{Accounts, AnyChannel},
        lease::{Held, Work},
    },
    store::{
        Store,
        error::StoreError,
        evidence::{Doubt, Evidence},
    },
};

/// How often the outbox is looked at without being woken.
const POLL: Duration = Duration::from_millis(500);

/// How long to wait when the store fails before it is asked again.
const STORE_PAUSE: Duration = Duration::from_secs(2);

/// The pause after the first look; doubled each time. Providers that keep sent mail by themselves do it within seconds.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// How long a message that may have left is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifySchedule {
    /// From the attempt to the last look.
    pub verify_for: SignedDuration,
}

impl Default for VerifySchedule {
    fn default() -> Self {
        // Sent folders know at once, most bounces come within minutes, and a buyer at night can wait so long.
        Self { verify_for: SignedDuration::from_mins(15) }
    }
}

impl VerifySchedule {
    /// Returns until when a message is looked for whose attempt ended now. A chat message cannot be looked for, so a
    /// person is asked at once.
    pub fn verify_by(self, payload: &Payload, now: Timestamp) -> Timestamp {
        match payload {
            Payload::Mail(_) => now.checked_add(self.verify_for).unwrap_or(Timestamp::MAX),
            Payload::Telegram(_) => now,
        }
    }
}

/// Returns when to look next after that many looks; the last look is at `verify_by`.
fn next_look(looks: u32, verify_by: Timestamp, now: Timestamp) -> Timestamp {
    let factor = 2_i32.saturating_pow(looks.min(16));
    let pause = FIRST_PAUSE.checked_mul(factor).unwrap_or(SignedDuration::MAX);
    now.checked_add(pause).unwrap_or(verify_by).min(verify_by)
}

/// The verifying task.
#[derive(Debug)]
pub(super) struct Verifier {
    store: Store,
    accounts: Arc<Accounts>,
    held: Arc<Held>,
    wake: Wake,
}

impl Verifier {
    pub(super) fn new(store: Store, accounts: Arc<Accounts>, held: Arc<Held>, wake: Wake) -> Self {
        Self { store, accounts, held, wake }
    }

    /// Looks until told to stop. A look that is under way then is given up: it is repeated after the next start. Accounts
    /// do not wait for one another.
    pub(super) async fn run_until(self, stop: CancellationToken) {
        let mut looks = JoinSet::new();
        let mut busy: BTreeSet<AccountName> = BTreeSet::new();
        while !stop.is_cancelled() {
            if let Err(error) = self.begin(&mut looks, &mut busy).await {
                tracing::error!("messages in doubt cannot be settled until the store works: {error}");
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(STORE_PAUSE) => {}
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.doubt.notified() => {}
                Some(done) = looks.join_next() => match done {
                    Ok(account) => drop(busy.remove(&account)),
                    Err(panic) => {
                        tracing::error!("a look for a message failed inside: {panic}");
                        busy.clear();
                    }
                },
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Begins to look for what is due, account by account.
    async fn begin(
        &self,
        looks: &mut JoinSet<AccountName>,
        busy: &mut BTreeSet<AccountName>,
    ) -> Result<(), StoreError> {
        let mut due: BTreeMap<AccountName, Vec<Doubt>> = BTreeMap::new();
        for doubt in self.store.doubts(Timestamp::now()).await? {
            due.entry(doubt.account.clone()).or_default().push(doubt);
        }
        for (account, doubts) in due {
            let Some(work) = self.held.work(&account).filter(|_| !busy.contains(&account)) else { continue };
            busy.insert(account.clone());
            let channel = self.accounts.channel(&account);
            looks.spawn(async move {
                if let Err(error) = look_for(&work, channel.as_deref(), doubts).await {
                    tracing::warn!(account = account.as_str(), "messages in doubt stay so for now: {error}");
                    // Due again at once, and the store needs a moment.
                    tokio::time::sleep(STORE_PAUSE).await;
                }
                account
            });
        }
        Ok(())
    }
}

/// Looks for messages of one account.
async fn look_for(work: &Work, channel: Option<&AnyChannel>, doubts: Vec<Doubt>) -> Result<(), StoreError> {
    // What could not be looked at for one message is not tried again for the next one of the same round.
    let mut unknown = None;
    for doubt in doubts {
        let seen = match unknown.clone() {
            Some(reason) => Verification::Unknown { reason },
            None => look(channel, &doubt).await,
        };
        if let Verification::Unknown { reason } = &seen {
            unknown = Some(reason.clone());
        }
        failpoint::reach("verify.look.after");
        conclude(&work.store, &doubt, seen, Timestamp::now()).await?;
    }
    Ok(())
}

/// Writes what a look has shown.
async fn conclude(store: &Store, doubt: &Doubt, seen: Verification, now: Timestamp) -> Result<(), StoreError> {
    let (id, account) = (doubt.id.0, doubt.account.as_str());
    let words = match (seen, &doubt.message_id) {
        (Verification::Found { proof }, Some(message_id)) => {
            if let Evidence::Verified(_) = store.evidence(message_id, &proof, now).await? {
                tracing::info!(outbox.id = id, account, "a message in doubt was sent: it was found");
            }
            return Ok(());
        }
        (Verification::Found { .. } | Verification::Absent, _) => "it is not among the sent mail".to_owned(),
        (Verification::Unknown { reason }, _) => format!("it could not be looked for: {reason}"),
    };
    if now < doubt.verify_by {
        let again = next_look(doubt.looks, doubt.verify_by, now);
        return store.look_again(doubt.id, again, now).await;
    }
    if let Some(ticket) = store.escalate_doubt(doubt.id, &words, now).await? {
        tracing::warn!(
            outbox.id = id,
            account,
            ticket.id = ticket.0,
            "a message may have been sent and was not found in time; a ticket asks a person"
        );
    }
    Ok(())
}

async fn look(channel: Option<&AnyChannel>, doubt: &Doubt) -> Verification {
    match (channel, &doubt.message_id) {
        (Some(channel), Some(message_id)) => channel.verify(message_id).await,
        (Some(_), None) => Verification::Unknown { reason: "a chat cannot be searched".to_owned() },
        (None, _) => Verification::Unknown { reason: "the account is not configured any more".to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_grow_apart_and_the_last_one_is_at_the_end() {
        let begin = Timestamp::UNIX_EPOCH;
        let verify_by = begin + VerifySchedule::default().verify_for;
        let mut seconds = Vec::new();
        let mut now = begin;
        while now < verify_by {
            now = next_look(u32::try_from(seconds.len()).expect("few"), verify_by, now);
            seconds.push(now.as_second());
        }
        assert_eq!(seconds, [5, 15, 35, 75, 155, 315, 635, 900]);
    }
}
