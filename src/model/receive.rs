//! What a channel hands to the store in the first transaction, before anything is acknowledged.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{ids::AccountName, inbound::ChannelKind};

/// A message as it came, before parsing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The kind of channel.
    pub channel: ChannelKind,
    /// Which mailbox or bot.
    pub account: AccountName,
    /// The identity under which the server knows it; the ledger is unique on (account, key).
    pub key: SourceKey,
    /// The raw bytes: an RFC 5322 message, or the JSON of one Telegram update.
    pub raw: Vec<u8>,
    /// When the server took it.
    pub received_at: Timestamp,
    /// The size on the server; larger than `raw` when only the header was fetched.
    pub size: u64,
    /// What the folder it lies in is for; [`FolderRole::Inbox`] where there are no folders.
    pub role: FolderRole,
    /// It was missed when it came, and found by comparing the folder with the ledger.
    pub reconciled: bool,
}

/// What a folder is for (RFC 6154).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FolderRole {
    /// Buyers' mail.
    #[default]
    Inbox,
    /// `\Junk`: recorded, never answered.
    Junk,
    /// `\Sent`: what the shop wrote, by whichever program; recorded, and what a person wrote stops the machine.
    Sent,
}

/// The identity of a message on its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKey {
    /// RFC 9051 section 2.3.1.1: unique for ever within the account.
    Imap {
        /// Folder name, decoded from modified UTF-7.
        folder: String,
        /// UIDVALIDITY.
        uid_validity: u32,
        /// UID.
        uid: u32,
    },
    /// Bot API `update_id`; random after a week without updates, so never compared by size.
    Telegram {
        /// `update_id`.
        update_id: i64,
    },
    /// The unique part of a Maildir file name, without flags.
    Maildir {
        /// File name up to the colon.
        name: String,
    },
}

impl SourceKey {
    /// Returns the key as one text, unique within the account.
    pub fn as_text(&self) -> String {
        match self {
            Self::Imap { folder, uid_validity, uid } => format!("imap:{uid_validity}:{uid}:{folder}"),
            Self::Telegram { update_id } => format!("telegram:{update_id}"),
            Self::Maildir { name } => format!("maildir:{name}"),
        }
    }
}

/// How far a folder has been read; moves in the same transaction as the rows it vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderMark {
    /// Account.
    pub account: AccountName,
    /// Folder name, decoded.
    pub folder: String,
    /// UIDVALIDITY under which the mark holds.
    pub uid_validity: u32,
    /// Every UID up to and including this one is stored or confirmed gone.
    pub uid: u32,
    /// Messages up to this UID lay there at the first look and are never brought.
    pub first_uid: u32,
    /// Messages the server took before this moment are never answered.
    pub go_live: Timestamp,
}

/// What became of a received message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiveOutcome {
    /// A new row.
    Stored(crate::model::ids::InboundId),
    /// The ledger knew the key already.
    Known,
}
