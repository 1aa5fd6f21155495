//! One received message, parsed: the same shape whether it came by mail or by Telegram.
//!
//! Parsing never fails on content. What could not be understood becomes a [`Note`]; guards decide what that means.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{ids::AccountName, language::Language, profile::Relay};

/// The kind of channel a message came through; the word rules use in `when: channel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// Mail, from an IMAP mailbox or a Maildir folder.
    Email,
    /// A Telegram chat with the shop's bot.
    Telegram,
}

impl ChannelKind {
    /// Returns the word used in files and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Telegram => "telegram",
        }
    }
}

/// One message as the engine sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Inbound {
    /// Where it came in.
    pub channel: ChannelKind,
    /// Which mailbox or bot.
    pub account: AccountName,
    /// When the server took it (IMAP `INTERNALDATE`, Telegram `date`); never later than the moment we stored it.
    pub received_at: Timestamp,
    /// When the sender says it was written (RFC 5322 `Date`), if that could be read.
    pub sent_at: Option<Timestamp>,
    /// The marketplace whose relay brought it, by the name of its mail profile; none for direct mail and for chats.
    pub marketplace: Option<String>,
    /// Whose relay or form brought it, and how its profile read it.
    pub relay: Relay,
    /// Who wrote it: the single valid author, or none (guard B10 then speaks).
    pub from: Option<Mailbox>,
    /// The decoded subject; empty for Telegram.
    pub subject: String,
    /// The new text: without quote, signature and markup. Rules see this and nothing else of the body.
    pub text: String,
    /// What quote stripping removed. Never matched by rules.
    pub elided: String,
    /// SHA-256 of the new text with white space collapsed; with the Message-ID it tells duplicates.
    pub body_hash: [u8; 32],
    /// The language the sender's client claims (Telegram `language_code`), if any.
    pub language_hint: Option<Language>,
    /// Files that came along, by name only.
    pub attachments: Vec<Attachment>,
    /// What only mail has.
    pub mail: Option<MailFacts>,
    /// What only Telegram has.
    pub telegram: Option<TelegramFacts>,
    /// What the parser could not read or had to cut.
    pub notes: Vec<Note>,
}

impl Inbound {
    /// Returns a message that consists of text only, as `match`, `test`, `explain` and the benches decide on.
    pub fn from_text(channel: ChannelKind, text: &str, at: Timestamp) -> Self {
        Self {
            channel,
            account: AccountName::new("text"),
            received_at: at,
            sent_at: Some(at),
            marketplace: None,
            relay: Relay::None,
            from: Some(Mailbox { name: None, address: "buyer@example.com".to_owned() }),
            subject: String::new(),
            text: text.to_owned(),
            elided: String::new(),
            body_hash: [0; 32],
            language_hint: None,
            attachments: Vec::new(),
            mail: None,
            telegram: None,
            notes: Vec::new(),
        }
    }

    /// Returns the key of the person behind the message, by which caps are counted: the lower-cased address, or the
    /// Telegram chat.
    pub fn sender_key(&self) -> Option<String> {
        if let Some(telegram) = &self.telegram {
            return Some(telegram.chat_key());
        }
        self.from.as_ref().map(|mailbox| mailbox.address.to_lowercase())
    }

    /// Returns the key of the conversation where the message names it: the Telegram chat, or the buyer and order of a
    /// marketplace; none for direct mail, whose conversations are found by the ids it refers to.
    pub fn conversation_key(&self) -> Option<String> {
        if let Some(telegram) = &self.telegram {
            // The number of a private chat is the person's, and the same for every bot that person writes to.
            return Some(format!("{}@{}", telegram.chat_key(), self.account));
        }
        self.relay.read()?.thread.as_ref().map(|thread| format!("mail:{}:{thread}", self.account))
    }

    /// Returns the lower-cased domain of the author, for the caps per domain; none for Telegram, and for the relay of a
    /// marketplace, behind which all its buyers write from one domain.
    pub fn sender_domain(&self) -> Option<String> {
        let relayed = self.relay.read().is_some_and(|relayed| relayed.proven);
        if self.telegram.is_some() || relayed {
            return None;
        }
        let address = &self.from.as_ref()?.address;
        address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase())
    }
}

/// A person's name and address as they appear in a mail header (RFC 5322 section 3.4), decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// The display name, control characters removed.
    pub name: Option<String>,
    /// `local@domain`, as written. For Telegram it is empty.
    pub address: String,
}

/// A file that came with a message; its bytes stay in the raw row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The name shown to people, path parts and control characters removed.
    pub name: String,
    /// The declared media type, lower case.
    pub content_type: String,
    /// Decoded size in bytes.
    pub size: u64,
}

/// Facts that only a mail has, kept as written so that a guard can name its evidence.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MailFacts {
    /// Every header field of the top level in order, unfolded, undecoded.
    pub headers: Vec<HeaderField>,
    /// The topmost `Return-Path`, written by the delivering server.
    pub return_path: ReturnPath,
    /// All mailboxes of all `From` fields, valid or not.
    pub from: Vec<Mailbox>,
    /// The `Sender` field.
    pub sender: Option<Mailbox>,
    /// The `Reply-To` field.
    pub reply_to: Vec<Mailbox>,
    /// To, Cc, Bcc, Resent-To, Resent-Cc and Resent-Bcc together.
    pub recipients: Vec<Mailbox>,
    /// The Message-ID without angle brackets, if there is exactly one usable id.
    pub message_id: Option<String>,
    /// Ids named by In-Reply-To, without angle brackets.
    pub in_reply_to: Vec<String>,
    /// Ids named by References, oldest first, without angle brackets.
    pub references: Vec<String>,
    /// Media types of all parts, lower case, the top one first, nested messages included.
    pub part_types: Vec<String>,
    /// A `text/calendar` part carries a METHOD (RFC 5546).
    pub calendar_method: bool,
    /// The message lies in a folder with the `\Junk` attribute (RFC 6154).
    pub in_junk: bool,
    /// The message embeds a forwarded mail with its header block.
    pub forwarded: bool,
    /// Size of the whole message on the server in octets.
    pub size: u64,
}

impl MailFacts {
    /// Returns the values of all fields of that name, compared without case, in order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value.as_str())
    }
}

/// One header field, unfolded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderField {
    /// The field name as written.
    pub name: String,
    /// The value with folding white space collapsed, encoded words left alone.
    pub value: String,
}

/// The envelope sender as far as the final delivery recorded it (RFC 5321 section 4.4).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ReturnPath {
    /// The server wrote none: unknown, not null.
    #[default]
    Absent,
    /// `<>`: the sender is a machine that wants no answer (RFC 3834 section 2).
    Null,
    /// An address.
    Address(String),
}

/// Facts that only a Telegram message has (Bot API `Message`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TelegramFacts {
    /// `chat.id`.
    pub chat_id: i64,
    /// `message_id`, answered with `reply_parameters`.
    pub message_id: i32,
    /// `business_connection_id`; a business chat is apart from a bot chat of the same id.
    pub business_connection_id: Option<String>,
    /// The chat is private.
    pub private: bool,
    /// The author's name: first and last.
    pub name: Option<String>,
    /// The author's `username`.
    pub username: Option<String>,
    /// `from.is_bot`, `via_bot`, `sender_chat`, `sender_business_bot` or `is_automatic_forward`: why this is a machine.
    pub machine: Option<&'static str>,
    /// The update is an edit of an earlier message.
    pub edited: bool,
    /// Content that is not text (voice, sticker, photo without caption …), by its Bot API field name.
    pub unsupported: Option<&'static str>,
}

impl TelegramFacts {
    /// Returns the key of the chat: the business connection, if any, and the chat id.
    pub fn chat_key(&self) -> String {
        match &self.business_connection_id {
            Some(connection) => format!("telegram:{connection}:{}", self.chat_id),
            None => format!("telegram:{}", self.chat_id),
        }
    }
}

/// What a parser wants a person to know about a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// More than the size cap: only the header was fetched or read.
    TooLarge,
    /// MIME nesting, part count or header size over the cap; the rest was not read.
    TooComplex,
    /// The parser gave up on the bytes; text is whatever could be saved.
    Unparsable,
    /// Encrypted or partial content (`multipart/encrypted`, `application/pkcs7-mime`, `message/partial`).
    Unreadable,
    /// A charset nobody knows.
    UnknownCharset,
    /// HTML over the size or depth cap was converted by the plain fallback.
    HtmlFallback,
    /// Quote stripping would have removed everything, so the whole text was kept.
    QuoteKept,
    /// The text was longer than the matching cap and was cut.
    TextCut,
}
