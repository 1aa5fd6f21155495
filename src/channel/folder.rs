//! A Maildir as a channel: new files are mail, answers are files. `demo` runs on it, and so does a shop behind a local
//! mail server that delivers into folders.
//!
//! It never deletes. A file in `new/` is identified by its unique name; after the commit it moves to `cur/`, and if that
//! fails nothing is lost, because the ledger knows the name.

use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    fs,
    io::{AsyncReadExt as _, AsyncWriteExt as _},
};
use tokio_util::sync::CancellationToken;

use crate::{
    channel::{Channel, Inbox, InboxError, ListenError, PhaseLog, email::headers},
    model::{
        ids::AccountName,
        inbound::ChannelKind,
        outbound::{Concern, MailPayload, Outbound, Payload, Phase, Receipt, Verification},
        receive::{FolderRole, Received, SourceKey},
    },
};

/// Messages handed over in one transaction: few, because each may be as large as [`MAX_MESSAGE_BYTES`].
const BATCH: usize = 8;

/// Octets of a message that are read; of a larger one only the header.
const MAX_MESSAGE_BYTES: u64 = 25 * 1024 * 1024;

/// One Maildir to read and one to write.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Account name.
    pub name: AccountName,
    /// The address answers come from.
    pub address: String,
    /// The name beside it.
    pub display_name: String,
    /// The Maildir that is read.
    pub inbox: PathBuf,
    /// The Maildir answers are written to; made if missing.
    pub outbox: PathBuf,
    /// Milliseconds between two looks.
    pub poll_millis: u64,
}

/// The channel.
#[derive(Debug)]
pub struct FolderChannel {
    settings: Settings,
}

impl FolderChannel {
    /// Returns the channel; nothing is opened yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// Checks what only a person can mend.
    async fn check(&self) -> Result<(), ListenError> {
        let setup = |reason: String| ListenError::Setup { account: self.settings.name.clone(), reason };
        let inbox = &self.settings.inbox;
        let new = inbox.join("new");
        match fs::read_dir(&new).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound && fs::metadata(inbox).await.is_ok() => {
                Err(setup(format!(
                    "{} is not a Maildir: the folder `new` is missing; make `new`, `cur` and `tmp` in it, or set \
                     `inbox` to another folder",
                    inbox.display()
                )))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(setup(format!(
                "the folder {} does not exist; make it a Maildir with `new`, `cur` and `tmp`, or set `inbox` to another \
                 folder",
                inbox.display()
            ))),
            Err(error) => Err(setup(format!(
                "cannot read {}: {error}; give the user that runs Nightdesk the right to read and write it",
                new.display()
            ))),
        }
    }

    /// One look at `new/`. Returns whether a full batch was found, so that more may wait.
    async fn look(&self, inbox: &Inbox, done: &mut HashSet<String>) -> io::Result<bool> {
        let new = self.settings.inbox.join("new");
        let mut names = file_names(&new).await?;
        done.retain(|name| names.binary_search(name).is_ok());
        names.retain(|name| !done.contains(name));
        let is_full = names.len() > BATCH;
        names.truncate(BATCH);
        let mut batch = Vec::new();
        let mut taken = Vec::new();
        for name in names {
            match read(&new.join(&name), &self.settings.name, &name).await {
                Ok(received) => {
                    batch.push(received);
                    taken.push(name);
                }
                // Another program moved it away.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::warn!(account = %self.settings.name, file = %name, %error, "a message in the folder cannot be read");
                    done.insert(name);
                }
            }
        }
        if batch.is_empty() {
            return Ok(is_full);
        }
        inbox.receive(batch, None).await.map_err(io::Error::other)?;
        for name in taken {
            self.shelve(&name).await;
            done.insert(name);
        }
        Ok(is_full)
    }

    /// Moves a stored message to `cur/`. A failure is harmless: the ledger knows the name.
    async fn shelve(&self, name: &str) {
        let from = self.settings.inbox.join("new").join(name);
        let target = if name.contains(':') { name.to_owned() } else { format!("{name}:2,") };
        if let Err(error) = fs::rename(&from, self.settings.inbox.join("cur").join(target)).await {
            tracing::debug!(account = %self.settings.name, file = %name, %error, "a stored message stays in `new`");
        }
    }

    /// Makes one attempt to hand over a mail, as [`Channel::send`] does.
    pub async fn post(&self, mail: &MailPayload, phase: &PhaseLog) -> Receipt {
        match self.deliver(mail, phase).await {
            Ok(name) => Receipt::Sent { proof: name },
            // Until the rename succeeds nothing lies in `new`, so another attempt is safe.
            Err(error) => Receipt::Retry {
                reason: format!("cannot write to {}: {error}", self.settings.outbox.display()),
                after_seconds: None,
                // The store's refusal is about this message, a folder that cannot be written about all.
                concerns: match error.get_ref() {
                    Some(cause) if cause.is::<InboxError>() => Concern::Message,
                    _ => Concern::Account,
                },
            },
        }
    }

    async fn deliver(&self, mail: &MailPayload, phase: &PhaseLog) -> io::Result<String> {
        let outbox = &self.settings.outbox;
        for part in ["tmp", "new", "cur"] {
            fs::create_dir_all(outbox.join(part)).await?;
        }
        let name = file_name(&mail.message_id);
        if self.is_delivered(&name).await? {
            return Ok(name);
        }
        let draft = outbox.join("tmp").join(&name);
        let mut file = fs::File::create(&draft).await?;
        file.write_all(&mail.bytes).await?;
        file.sync_all().await?;
        drop(file);
        phase.reach(Phase::Dot).await.map_err(io::Error::other)?;
        fs::rename(&draft, outbox.join("new").join(&name)).await?;
        sync_folder(&outbox.join("new")).await;
        Ok(name)
    }

    /// A repeat finds what an earlier attempt has written, even when a mail reader has flagged it since.
    async fn is_delivered(&self, name: &str) -> io::Result<bool> {
        let flagged = format!("{name}:");
        for part in ["new", "cur"] {
            let names = file_names(&self.settings.outbox.join(part)).await?;
            if names.iter().any(|known| known == name || known.starts_with(&flagged)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Channel for FolderChannel {
    fn name(&self) -> &AccountName {
        &self.settings.name
    }

    async fn listen(&self, inbox: Inbox, stop: CancellationToken) -> Result<(), ListenError> {
        self.check().await?;
        let pause = Duration::from_millis(self.settings.poll_millis.max(1));
        let mut done = HashSet::new();
        loop {
            let look = tokio::select! {
                look = self.look(&inbox, &mut done) => look,
                () = stop.cancelled() => return Ok(()),
            };
            match look {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(account = %self.settings.name, %error, "the folder could not be read; trying again");
                    self.check().await?;
                }
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => return Ok(()),
            }
        }
    }

    async fn send(&self, outbound: &Outbound, phase: &PhaseLog) -> Receipt {
        let Payload::Mail(mail) = &outbound.payload else {
            return Receipt::Failed { reason: "a folder takes mail only".to_owned() };
        };
        self.post(mail, phase).await
    }

    async fn answered(&self, _message_id: &str) -> Verification {
        Verification::Unknown { reason: "files of a folder cannot be searched by what they answer".to_owned() }
    }

    async fn verify(&self, message_id: &str) -> Verification {
        let name = file_name(message_id);
        match self.is_delivered(&name).await {
            Ok(true) => Verification::Found { proof: format!("{name} lies in {}", self.settings.outbox.display()) },
            Ok(false) => Verification::Absent,
            Err(error) => Verification::Unknown {
                reason: format!("cannot look into {}: {error}", self.settings.outbox.display()),
            },
        }
    }
}

async fn read(path: &Path, account: &AccountName, name: &str) -> io::Result<Received> {
    let file = fs::File::open(path).await?;
    let metadata = file.metadata().await?;
    let mut raw = Vec::new();
    if metadata.len() > MAX_MESSAGE_BYTES {
        file.take(headers::MAX_BYTES as u64).read_to_end(&mut raw).await?;
        raw.truncate(headers::split(&raw).body);
    } else {
        file.take(MAX_MESSAGE_BYTES).read_to_end(&mut raw).await?;
    }
    let now = Timestamp::now();
    let modified = metadata.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
    let unique = name.split(':').next().unwrap_or(name).to_owned();
    Ok(Received {
        channel: ChannelKind::Email,
        account: account.clone(),
        key: SourceKey::Maildir { name: unique },
        raw,
        // A copied file may have a time that is still to come.
        received_at: modified.map_or(now, |modified| modified.min(now)),
        size: metadata.len(),
        role: FolderRole::Inbox,
        reconciled: false,
    })
}

/// Returns the names of the files in a folder in order, without dot files.
async fn file_names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    let mut entries = fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if !name.starts_with('.') && entry.file_type().await.is_ok_and(|kind| kind.is_file()) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// The Message-ID is ours and unique to installation and outbound key, so it names the file.
fn file_name(message_id: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '+');
    message_id.chars().map(|c| if is_plain(c) { c } else { '_' }).collect()
}

/// Makes the rename survive a power cut; where a folder cannot be synced the system does it in its own time.
async fn sync_folder(folder: &Path) {
    if let Ok(folder) = fs::File::open(folder).await {
        let _synced = folder.sync_all().await;
    }
}
