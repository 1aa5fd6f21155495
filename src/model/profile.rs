//! Marketplace mail profiles: how a marketplace or a web form writes to the shop, and what it takes for an answer.
//!
//! Plain data, read from files by `library`. Nothing here looks at a mail; `channel::email::profile` does.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, OnceLock},
};

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::model::{inbound::Mailbox, language::Language, mode::Mode, ticket::Urgency, time::ResponseClock};

/// All profiles in force, in the order in which mail is compared with them.
#[derive(Debug, Clone, Default)]
pub struct Profiles {
    /// The profiles, sorted by name.
    pub all: Vec<Arc<Profile>>,
    /// The names of those the shop says it sells on; `check` looks at their limits.
    pub used: BTreeSet<String>,
}

impl Profiles {
    /// Returns a profile by its name.
    pub fn get(&self, name: &str) -> Option<&Arc<Profile>> {
        self.all.iter().find(|profile| profile.name == name)
    }
}

/// One marketplace or one kind of web form.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its name: the stem of its file, and the word of `when: marketplace`.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Who brings messages of buyers.
    pub senders: Vec<Sender>,
    /// Who brings the marketplace's own notices only.
    pub notice_senders: Vec<Sender>,
    /// Where the buyer's address stands.
    pub customer: CustomerAt,
    /// The buyer's name in the author's, by the group `name`; without it the author's name is nobody's.
    pub buyer_name: Option<Pattern>,
    /// What its order numbers look like.
    pub order_number: Option<Pattern>,
    /// What the marketplace finds the conversation by; it stands in every answer.
    pub reference: Option<Reference>,
    /// What stands around the buyer's words.
    pub frame: Frame,
    /// What the marketplace adds to subjects.
    pub subject_noise: Vec<Pattern>,
    /// Its own notices.
    pub notices: Vec<Notice>,
    /// What it takes for an answer.
    pub answers: Answers,
    /// The highest mode of a rule.
    pub max_mode: Mode,
    /// Within which time the marketplace wants an answer.
    pub response: Option<ResponseClock>,
    /// An automatic answer stops that clock.
    pub automatic_counts: bool,
    /// A remark for people: what the figures rest on.
    pub about: String,
}

impl Profile {
    /// Returns a profile that recognises nothing and forbids nothing.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            title: name.to_owned(),
            senders: Vec::new(),
            notice_senders: Vec::new(),
            customer: CustomerAt::From,
            buyer_name: None,
            order_number: None,
            reference: None,
            frame: Frame::default(),
            subject_noise: Vec::new(),
            notices: Vec::new(),
            answers: Answers::default(),
            max_mode: Mode::Auto,
            response: None,
            automatic_counts: true,
            about: String::new(),
        }
    }
}

/// An address that a marketplace writes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Sender {
    /// The author's address, lower case; `*` stands for any letters but `@`.
    pub from: String,
    /// Domains one of which must have signed or sent it; the author's own always counts.
    pub vouched_by: Vec<String>,
    /// The language of the site, if its address tells.
    pub language: Option<Language>,
    /// The country of the site, if its address tells.
    pub country: Option<String>,
}

impl Sender {
    /// Returns whether an address is of this kind.
    pub fn matches(&self, address: &str) -> bool {
        let address = address.to_lowercase();
        let mut pieces = self.from.split('*');
        let first = pieces.next().unwrap_or_default();
        let Some(mut rest) = address.strip_prefix(first) else { return false };
        let pieces: Vec<&str> = pieces.collect();
        let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
        for piece in middle {
            let Some(at) = rest.find(piece) else { return false };
            if rest[..at].contains('@') {
                return false;
            }
            rest = &rest[at + piece.len()..];
        }
        rest.strip_suffix(last).is_some_and(|any| !any.contains('@'))
    }
}

/// Where the buyer's address stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum CustomerAt {
    /// The author is the buyer's alias at the marketplace.
    #[default]
    From,
    /// Reply-To names the buyer's alias at the marketplace, and nothing else.
    Alias,
    /// The form writes into Reply-To what somebody typed.
    ReplyTo,
    /// The form writes it above the message; the pattern's group `address` is it, its group `name` the name.
    Body(Pattern),
}

/// What the marketplace finds a conversation by.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// What it looks like.
    pub pattern: Pattern,
    /// A message without it cannot be answered by mail.
    pub required: bool,
}

/// What stands around the buyer's words.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Frame {
    /// Lines below which the buyer's words begin. Where some are written, one of them must be there.
    pub begins_after: Vec<Pattern>,
    /// Lines at which the buyer's words end.
    pub ends_before: Vec<Pattern>,
    /// Lines between the two that are not the buyer's.
    pub drop: Vec<Pattern>,
}

/// A notice of the marketplace itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// What it is, for people.
    pub title: String,
    /// What its subject looks like; any of them.
    pub subject: Vec<Pattern>,
    /// What becomes of it.
    pub becomes: NoticeEnd,
}

/// What becomes of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeEnd {
    /// It is kept and nobody is bothered.
    Silence,
    /// A person looks at it.
    Ticket,
    /// A person looks at it at once: a case, a claim, a chargeback.
    Urgent,
}

impl NoticeEnd {
    /// Every word as written in files.
    pub const WORDS: [(&'static str, Self); 3] =
        [("silence", Self::Silence), ("ticket", Self::Ticket), ("urgent", Self::Urgent)];

    /// Returns the word used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Ticket => "ticket",
            Self::Urgent => "urgent",
        }
    }

    /// Returns how urgent its ticket is.
    pub fn urgency(self) -> Urgency {
        match self {
            Self::Silence | Self::Ticket => Urgency::Normal,
            Self::Urgent => Urgency::Urgent,
        }
    }
}

/// What a marketplace takes for an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// HTML is kept; otherwise answers are plain text.
    pub html: bool,
    /// What must not stand in an answer.
    pub forbid: BTreeSet<Forbidden>,
    /// Domains to which links may lead although links are forbidden.
    pub links_to: Vec<String>,
    /// Words and phrases that must not stand in an answer.
    pub forbid_words: Vec<String>,
    /// Characters of an answer, its reference included.
    pub max_characters: Option<usize>,
    /// Bytes of all attachments together.
    pub max_attachment_bytes: Option<u64>,
    /// Kinds of attachments by the ending of their names; empty means any.
    pub attachment_types: Vec<String>,
    /// "A person will write" may go out by itself.
    pub acks: bool,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            html: true,
            forbid: BTreeSet::new(),
            links_to: Vec::new(),
            forbid_words: Vec::new(),
            max_characters: None,
            max_attachment_bytes: None,
            attachment_types: Vec::new(),
            acks: true,
        }
    }
}

/// A kind of content that a marketplace does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Forbidden {
    /// Web addresses.
    Links,
    /// E-mail addresses.
    Emails,
    /// Telephone numbers.
    Phones,
}

impl Forbidden {
    /// Every word as written in files.
    pub const WORDS: [(&'static str, Self); 3] =
        [("links", Self::Links), ("emails", Self::Emails), ("phones", Self::Phones)];

    /// Returns the word used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Links => "links",
            Self::Emails => "emails",
            Self::Phones => "phones",
        }
    }
}

/// One thing in a text that a marketplace would not take, displayed as a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objection {
    /// The address of a page, shortened.
    Link(String),
    /// An address or number at which the buyer could reach the shop elsewhere.
    Contact {
        /// What it is.
        kind: Forbidden,
        /// As it is written, shortened.
        written: String,
    },
    /// A word or phrase.
    Words(String),
    /// More characters than it takes.
    Length {
        /// So many the text has.
        characters: usize,
        /// So many are taken.
        most: usize,
    },
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(link) => write!(f, "links must not stand in it: “{link}”"),
            Self::Contact { kind, written } => {
                let what = match kind {
                    Forbidden::Links => "links",
                    Forbidden::Emails => "e-mail addresses",
                    Forbidden::Phones => "telephone numbers",
                };
                write!(f, "{what} must not stand in it: “{written}”")
            }
            Self::Words(words) => write!(f, "the words “{words}” must not stand in it"),
            Self::Length { characters, most } => write!(f, "it has {characters} characters, and {most} are taken"),
        }
    }
}

/// A regular expression, compiled when it is first asked for: there are hundreds, and a shop needs those of a few
/// marketplaces. Case does not matter, and `^` and `$` are the borders of lines.
#[derive(Clone)]
pub struct Pattern {
    written: Arc<str>,
    compiled: Arc<OnceLock<Option<Regex>>>,
}

/// Bytes of a compiled pattern; those of the shipped profiles stay below 100 KB.
const MAX_PATTERN_BYTES: usize = 1 << 20;

impl Pattern {
    /// Takes an expression as written. One that cannot be compiled matches nothing; who reads it from people asks
    /// [`Pattern::check`] first.
    pub fn new(written: &str) -> Self {
        Self { written: written.into(), compiled: Arc::default() }
    }

    /// Compiles it now.
    ///
    /// # Errors
    ///
    /// It is no expression, or a far too large one.
    pub fn check(&self) -> Result<(), regex::Error> {
        let regex = RegexBuilder::new(&self.written)
            .case_insensitive(true)
            .multi_line(true)
            .size_limit(MAX_PATTERN_BYTES)
            .build()?;
        self.compiled.get_or_init(|| Some(regex));
        Ok(())
    }

    /// Returns the expression as written.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Returns the compiled expression; none if it cannot be compiled.
    pub fn regex(&self) -> Option<&Regex> {
        if self.compiled.get().is_none() && self.check().is_err() {
            self.compiled.get_or_init(|| None);
        }
        self.compiled.get()?.as_ref()
    }

    /// Returns whether it stands in a text.
    pub fn stands_in(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.written)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

/// Whose relay or form brought a message.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Relay {
    /// Nobody's: direct mail, or a chat.
    #[default]
    None,
    /// It says it comes from a marketplace, and nothing proves that; what is missing, as a clause.
    Unproven(String),
    /// A marketplace's or form's, proven and read by its profile.
    Read(Box<Relayed>),
}

impl Relay {
    /// Returns what a profile read, if one did.
    pub fn read(&self) -> Option<&Relayed> {
        match self {
            Self::Read(relayed) => Some(relayed),
            Self::None | Self::Unproven(_) => None,
        }
    }
}

/// A mail as its profile read it.
#[derive(Debug, Clone, PartialEq)]
pub struct Relayed {
    /// The profile.
    pub profile: Arc<Profile>,
    /// The marketplace answers for who the buyer is: the address is an alias of its own. A form takes whatever is typed.
    pub proven: bool,
    /// The order it is about, if the marketplace names exactly one.
    pub order: Option<String>,
    /// The conversation: the same for all mails of a buyer about an order; none where nothing tells it from others.
    pub thread: Option<String>,
    /// What must stand in the answer.
    pub reference: Option<String>,
    /// The subject as the marketplace wrote it; answers keep it.
    pub subject: String,
    /// What was cut from the text, in the order of the mail.
    pub cut: Vec<String>,
    /// It is a notice of the marketplace itself.
    pub notice: Option<NoticeFound>,
    /// Why it cannot be read with certainty, as clauses; empty where it can.
    pub problems: Vec<String>,
    /// The country of the site it came from.
    pub country: Option<String>,
    /// The buyer, as the marketplace names them; none for notices.
    pub buyer: Option<Mailbox>,
}

impl Relayed {
    /// Returns whether a person wrote it, so that marks of machines on it mean nothing.
    pub fn is_message(&self) -> bool {
        self.notice.is_none()
    }

    /// Returns what is kept of it with the decision.
    pub fn record(&self) -> RelayRecord {
        RelayRecord {
            profile: self.profile.name.clone(),
            title: self.profile.title.clone(),
            thread: self.thread.clone(),
            order: self.order.clone(),
            reference: self.reference.clone(),
            notice: self.notice.as_ref().map(|notice| notice.title.clone()),
            cut: self.cut.clone(),
        }
    }
}

/// A notice of the marketplace itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeFound {
    /// What it is, for people.
    pub title: String,
    /// What becomes of it; none if the profile does not know it.
    pub becomes: Option<NoticeEnd>,
}

/// What a verdict keeps of how a mail was read by its profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayRecord {
    /// The profile's name.
    pub profile: String,
    /// Its name for people.
    pub title: String,
    /// The conversation.
    pub thread: Option<String>,
    /// The order, if the marketplace names exactly one.
    pub order: Option<String>,
    /// What must stand in the answer.
    pub reference: Option<String>,
    /// The marketplace's own notice it is.
    pub notice: Option<String>,
    /// What was cut from the text.
    pub cut: Vec<String>,
}
