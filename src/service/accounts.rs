//! The shop's mailboxes, bots and folders: how each is reached, how it signs, and what happens when one gives up.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use serde::Serialize;
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    channel::{
        Channel, Inbox, ListenError, PhaseLog,
        email::{self, EmailChannel, EnvelopeSender, status::FolderStatus},
        folder::{self, FolderChannel},
        telegram::{self, TelegramChannel},
    },
    model::{
        ids::AccountName,
        inbound::MailFacts,
        outbound::{MailPayload, Outbound, Receipt, Verification},
        wire_id::InstanceKey,
    },
};

/// How long an account that gave up is left alone: providers lock accounts after a few refused logins in a row, and
/// open them again after less than this.
const REST: Duration = Duration::from_hours(1);

/// A channel that listened for so long had worked. What ends it then came from outside and may pass; what ends it before
/// is most likely a mistake in the configuration.
const WORKED: Duration = Duration::from_mins(5);

/// One account as configured.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a process holds a handful of these")]
pub enum AccountSettings {
    /// A mailbox behind IMAP and SMTP.
    Email(email::Settings),
    /// A Maildir folder.
    Folder(folder::Settings),
    /// A Telegram bot.
    Telegram(telegram::Settings),
}

impl AccountSettings {
    /// Returns the account's name.
    pub fn name(&self) -> &AccountName {
        match self {
            Self::Email(settings) => &settings.name,
            Self::Folder(settings) => &settings.name,
            Self::Telegram(settings) => &settings.name,
        }
    }

    fn open(&self) -> AnyChannel {
        match self {
            Self::Email(settings) => AnyChannel::Email(EmailChannel::new(settings.clone())),
            Self::Folder(settings) => AnyChannel::Folder(FolderChannel::new(settings.clone())),
            Self::Telegram(settings) => AnyChannel::Telegram(TelegramChannel::new(settings.clone())),
        }
    }

    fn signature(&self) -> Option<Signature> {
        match self {
            Self::Email(settings) => Some(Signature {
                address: settings.address.clone(),
                display_name: settings.display_name.clone(),
                aliases: settings.aliases.clone(),
                envelope_sender: settings.envelope_sender,
            }),
            Self::Folder(settings) => Some(Signature {
                address: settings.address.clone(),
                display_name: settings.display_name.clone(),
                aliases: Vec::new(),
                envelope_sender: EnvelopeSender::Same,
            }),
            Self::Telegram(_) => None,
        }
    }
}

/// How a mailbox signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The visible support address.
    pub address: String,
    /// The shop's display name.
    pub display_name: String,
    /// Other addresses of the same mailbox.
    pub aliases: Vec<String>,
    /// What stands in `MAIL FROM`.
    pub envelope_sender: EnvelopeSender,
}

impl Signature {
    /// Returns the address the buyer wrote to, if it is one of this mailbox, else the main one.
    pub fn address_for(&self, mail: &MailFacts) -> &str {
        let named = |own: &&String| mail.recipients.iter().any(|to| to.address.eq_ignore_ascii_case(own));
        std::iter::once(&self.address).chain(&self.aliases).find(named).unwrap_or(&self.address)
    }
}

/// An account that gave up, until its next try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Down {
    /// When it gave up.
    pub since: Timestamp,
    /// Why.
    pub reason: String,
    /// When it tries again by itself; SIGHUP makes it try at once.
    pub next_try: Timestamp,
}

/// All accounts.
#[derive(Debug)]
pub struct Accounts {
    channels: BTreeMap<AccountName, Arc<AnyChannel>>,
    signatures: BTreeMap<AccountName, Signature>,
    down: Mutex<BTreeMap<AccountName, Down>>,
    /// An account has worked in this run.
    worked: AtomicBool,
    again: Notify,
    /// The installation's secret, for Message-IDs.
    pub instance: InstanceKey,
}

impl Accounts {
    /// Opens every account; nothing connects yet.
    pub fn new(settings: &[AccountSettings], instance: InstanceKey) -> Self {
        let channels = settings.iter().map(|account| (account.name().clone(), Arc::new(account.open()))).collect();
        let signature = |account: &AccountSettings| Some((account.name().clone(), account.signature()?));
        Self {
            channels,
            signatures: settings.iter().filter_map(signature).collect(),
            down: Mutex::default(),
            worked: AtomicBool::new(false),
            again: Notify::new(),
            instance,
        }
    }

    /// Listens to one channel until told to stop. One that gives up tries again after an hour, or when
    /// [`Self::try_again`] is called. Returns an error only when every account gave up and none has ever worked: then
    /// somebody sits before the terminal and wants to know.
    pub async fn listen(&self, channel: &AnyChannel, inbox: Inbox, stop: CancellationToken) -> Result<(), ListenError> {
        loop {
            let begun = Instant::now();
            let Err(error) = channel.listen(inbox.clone(), stop.clone()).await else { return Ok(()) };
            if begun.elapsed() >= WORKED {
                self.worked.store(true, Ordering::Relaxed);
            }
            if self.give_up(channel.name(), &error) {
                tracing::error!(account = %channel.name(), "a channel stopped and needs a person: {error}");
                return Err(error);
            }
            tracing::error!(account = %channel.name(),
                "a channel stopped and needs a person; it tries again in {} minutes, or at SIGHUP: {error}",
                REST.as_secs() / 60);
            let stopped = tokio::select! {
                () = stop.cancelled() => true,
                () = tokio::time::sleep(REST) => false,
                () = self.again.notified() => false,
            };
            // Once it is not ours any more, how it is doing is for another process to say.
            self.lock_down().remove(channel.name());
            if stopped {
                return Ok(());
            }
            tracing::info!(account = %channel.name(), "trying an account again that had given up");
        }
    }

    /// Makes every account try at once that gave up.
    pub fn try_again(&self) {
        self.again.notify_waiters();
    }

    /// Returns the accounts that gave up.
    pub fn down(&self) -> BTreeMap<String, Down> {
        self.lock_down().iter().map(|(name, down)| (name.to_string(), down.clone())).collect()
    }

    /// Notes that an account gave up; true if that leaves nothing to run for.
    fn give_up(&self, name: &AccountName, error: &ListenError) -> bool {
        let since = Timestamp::now();
        let next_try = since.checked_add(REST).unwrap_or(since);
        let mut down = self.lock_down();
        down.insert(name.clone(), Down { since, reason: error.to_string(), next_try });
        down.len() == self.channels.len() && !self.worked.load(Ordering::Relaxed)
    }

    fn lock_down(&self) -> std::sync::MutexGuard<'_, BTreeMap<AccountName, Down>> {
        self.down.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the channels in the order of their names.
    pub fn channels(&self) -> impl Iterator<Item = Arc<AnyChannel>> {
        self.channels.values().cloned()
    }

    /// Returns the names of all accounts, sorted.
    pub fn names(&self) -> Vec<String> {
        self.channels.keys().map(ToString::to_string).collect()
    }

    /// Returns how the folders of every mailbox are doing; accounts of other kinds have no folders.
    pub fn mailboxes(&self) -> BTreeMap<String, BTreeMap<String, FolderStatus>> {
        let mailbox = |(name, channel): (&AccountName, &Arc<AnyChannel>)| match &**channel {
            AnyChannel::Email(channel) => Some((name.to_string(), channel.status().folders())),
            AnyChannel::Folder(_) | AnyChannel::Telegram(_) => None,
        };
        self.channels.iter().filter_map(mailbox).collect()
    }

    /// Returns one channel.
    pub fn channel(&self, name: &AccountName) -> Option<Arc<AnyChannel>> {
        self.channels.get(name).cloned()
    }

    /// Returns how a mailbox signs; none for a bot and for accounts that are gone from the configuration.
    pub fn signature(&self, name: &AccountName) -> Option<&Signature> {
        self.signatures.get(name)
    }
}

/// One channel of any kind.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a process holds a handful of these")]
pub enum AnyChannel {
    /// A mailbox.
    Email(EmailChannel),
    /// A folder.
    Folder(FolderChannel),
    /// A bot.
    Telegram(TelegramChannel),
}

impl AnyChannel {
    /// Makes one attempt to send a mail that answers no buyer, as [`Channel::send`] does.
    pub async fn post(&self, mail: &MailPayload, phase: &PhaseLog) -> Receipt {
        match self {
            Self::Email(channel) => channel.post(mail, phase).await,
            Self::Folder(channel) => channel.post(mail, phase).await,
            Self::Telegram(_) => Receipt::Failed { reason: "a bot sends no mail".to_owned() },
        }
    }
}

impl Channel for AnyChannel {
    fn name(&self) -> &AccountName {
        match self {
            Self::Email(channel) => channel.name(),
            Self::Folder(channel) => channel.name(),
            Self::Telegram(channel) => channel.name(),
        }
    }

    async fn listen(&self, inbox: Inbox, stop: CancellationToken) -> Result<(), ListenError> {
        match self {
            Self::Email(channel) => channel.listen(inbox, stop).await,
            Self::Folder(channel) => channel.listen(inbox, stop).await,
            Self::Telegram(channel) => channel.listen(inbox, stop).await,
        }
    }

    async fn send(&self, outbound: &Outbound, phase: &PhaseLog) -> Receipt {
        match self {
            Self::Email(channel) => channel.send(outbound, phase).await,
            Self::Folder(channel) => channel.send(outbound, phase).await,
            Self::Telegram(channel) => channel.send(outbound, phase).await,
        }
    }

    async fn answered(&self, message_id: &str) -> Verification {
        match self {
            Self::Email(channel) => channel.answered(message_id).await,
            Self::Folder(channel) => channel.answered(message_id).await,
            Self::Telegram(channel) => channel.answered(message_id).await,
        }
    }

    async fn verify(&self, message_id: &str) -> Verification {
        match self {
            Self::Email(channel) => channel.verify(message_id).await,
            Self::Folder(channel) => channel.verify(message_id).await,
            Self::Telegram(channel) => channel.verify(message_id).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn missing(name: &str) -> AccountSettings {
        AccountSettings::Folder(folder::Settings {
            name: name.into(),
            address: "shop@example.com".to_owned(),
            display_name: "Shop".to_owned(),
            inbox: "missing/inbox".into(),
            outbox: "missing/outbox".into(),
            poll_millis: 50,
        })
    }

    #[tokio::test]
    async fn an_account_that_gave_up_and_is_given_back_is_no_longer_told_of() {
        let accounts = Arc::new(Accounts::new(&[missing("one"), missing("two")], InstanceKey::new([7; 32])));
        let (inbox, _requests) = Inbox::pair(1);
        let (stop, listening) = (CancellationToken::new(), accounts.clone());
        let stopped = stop.clone();
        let listener = tokio::spawn(async move {
            let channel = listening.channels().next().expect("two accounts");
            listening.listen(&channel, inbox, stopped).await
        });
        while accounts.down().is_empty() {
            tokio::task::yield_now().await;
        }
        stop.cancel();
        listener.await.expect("no panic").expect("it was told to stop");
        assert!(accounts.down().is_empty(), "another process serves it now");
    }
}
