//! What can be searched, and what is searched for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{
    ids::{AccountName, ThreadId, TicketId},
    ticket::TicketState,
    wire_id::hex,
};

/// Stands between the parts of a document, so that no phrase runs from one to the next, and in every document, so that
/// there is something to find where only exclusions are given. No folded word holds it.
pub const BETWEEN: &str = "·";

/// So much of an account's name is in its word; two that begin alike are told apart by their rows.
const ACCOUNT_BYTES: usize = 24;

/// Returns the word that stands for an account in every document of it: hexadecimal, because a name may hold any sign.
pub fn account_word(account: &AccountName) -> String {
    let name = account.as_str().as_bytes();
    format!("a:{}", hex(&name[..name.len().min(ACCOUNT_BYTES)]))
}

/// Returns the account of what belongs to none: a note about a buyer. Its word is in none of the accounts' own.
pub fn no_account() -> AccountName {
    AccountName::new(String::new())
}

/// Returns the word that stands for a conversation in every document of it.
pub fn thread_word(thread: ThreadId) -> String {
    format!("t:{thread}")
}

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// A message that came in.
    Inbound,
    /// A message of ours, of a person or of the machine; drafts aside.
    Outbox,
    /// What a person wrote for colleagues: a note, or how a case ended.
    Event,
    /// What a person noted of a buyer. It belongs to no account: whoever may see the buyer may see it.
    BuyerNote,
}

impl DocumentKind {
    /// Returns the word used in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbox => "outbox",
            Self::Event => "event",
            Self::BuyerNote => "buyer_note",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Inbound, Self::Outbox, Self::Event, Self::BuyerNote];
        all.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A text that is to be made searchable, with everything it can be found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its number; later documents have higher ones.
    pub id: i64,
    /// What it is.
    pub kind: DocumentKind,
    /// Its row in the table of its kind.
    pub source: i64,
    /// The conversation; none for machine mail that belongs to none, and for a note about a buyer.
    pub thread: Option<ThreadId>,
    /// The mailbox or bot; [`no_account`] for a note about a buyer.
    pub account: AccountName,
    /// When it was received or written.
    pub at: Timestamp,
    /// Names and addresses of the buyer it is about.
    pub buyer: Vec<String>,
    /// Names and addresses of whoever wrote it.
    pub from: Vec<String>,
    /// The subject; empty where there is none.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// Words that follow one another, as the index has them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phrase {
    /// The words; never empty.
    pub words: Vec<String>,
    /// The last one may go on.
    pub prefix: bool,
}

/// What is searched for. The default finds everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchQuery {
    /// All of these occur.
    pub all: Vec<Phrase>,
    /// None of these does.
    pub none: Vec<Phrase>,
    /// The conversation's newest ticket has this label.
    pub tag: Option<String>,
    /// The conversation's newest ticket stands there.
    pub state: Option<TicketState>,
    /// Only what belongs to this ticket.
    pub ticket: Option<TicketId>,
}

impl SearchQuery {
    /// Returns whether nothing at all was asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
