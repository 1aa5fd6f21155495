//! What the parties outside saw, as written down. The words and fields are those of README.md.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    chain::{Line, Span},
    refused::Refused,
};

/// One event and when it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// When.
    pub span: Span,
    /// File and line.
    pub place: String,
    /// What.
    pub event: Event,
}

/// What can happen outside.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// The run begins.
    Began(Began),
    /// The dump is complete.
    Dumped(Dumped),
    /// A mailbox took a mail.
    Delivered(Delivered),
    /// A mailbox shows the same mail once more.
    Again(Again),
    /// Somebody else deleted a mail.
    Removed(Removed),
    /// The sink was given a mail, or part of one.
    Transaction(Box<Transaction>),
    /// A person takes a conversation.
    TakeOver(TakeOver),
    /// A person gives it back.
    HandBack(HandBack),
    /// A person stops the machine.
    Pause(Switch),
    /// A person lets it go on.
    Resume(Switch),
    /// The harness breaks something.
    Fault(Fault),
    /// A process was started.
    Started(Process),
    /// It said that it is ready.
    Ready(Process),
    /// It is gone.
    Ended(Ended),
    /// The writer of this file ends.
    Closed {},
}

/// What holds for the run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Began {
    /// The wall clock, to translate moments of the store.
    pub unix_ms: i64,
    /// Whether answers keep the order of the mails.
    pub order: Order,
    /// How much may leave.
    pub caps: Vec<Cap>,
    /// How long a decision may take.
    pub bound_ms: Option<u64>,
}

/// Whether answers of one conversation keep the order of its mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// They do.
    Kept,
    /// Nobody promised it.
    Free,
}

/// At most so many messages in so much time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// Counted for each what.
    pub per: Per,
    /// The time.
    pub window_ms: i64,
    /// The number.
    pub at_most: usize,
    /// Kinds of outbox rows that count.
    pub kinds: Vec<String>,
}

/// What a cap counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// One buyer.
    Sender,
    /// One domain.
    Domain,
    /// One mailbox.
    Account,
    /// One conversation.
    Thread,
    /// Everything.
    Shop,
}

/// The moment of the dump.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dumped {
    /// The wall clock.
    pub unix_ms: i64,
}

/// A mail in a mailbox.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivered {
    /// Who it is: the left part of its Message-ID.
    pub nonce: String,
    /// The mailbox, as configured.
    pub account: String,
    /// The folder.
    pub folder: String,
    /// Who wrote it.
    pub from: String,
    /// Where an answer may go.
    pub reply_to: Option<String>,
    /// Mails of one conversation share it.
    pub conversation: String,
    /// What may become of it.
    pub expect: Expect,
    /// Its number on the server.
    #[serde(default)]
    pub uid: Option<u64>,
}

/// What may become of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// A person's question: answered, asked or escalated.
    Help,
    /// Only a person may settle it.
    Person,
    /// No automatic message.
    Silence,
    /// Anything.
    Any,
}

/// The same mail once more.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Again {
    /// Which.
    pub nonce: String,
    /// In which mailbox.
    pub account: String,
    /// Why.
    pub why: String,
}

/// A mail that somebody else deleted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removed {
    /// Which.
    pub nonce: String,
    /// In which mailbox.
    pub account: String,
}

/// One MAIL command and what followed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transaction {
    /// Which connection.
    pub connection: u64,
    /// How far it came.
    pub phase: Phase,
    /// Envelope sender.
    pub from: String,
    /// Envelope recipients.
    pub to: Vec<String>,
    /// The message's id.
    pub message_id: Option<String>,
    /// What it answers.
    pub in_reply_to: Option<String>,
    /// Addresses in `To`.
    pub header_to: Vec<String>,
    /// Addresses in `Cc` and `Bcc`.
    pub header_cc: Vec<String>,
    /// What it says of its author.
    pub auto_submitted: Option<String>,
    /// The message's bytes.
    pub sha256: Option<String>,
    /// Just before the go-ahead was written.
    pub data_ns: Option<u64>,
    /// Just after the final dot was read.
    pub dot_ns: Option<u64>,
    /// The sink keeps it.
    pub taken: bool,
    /// What the sink said last.
    pub reply: Option<String>,
    /// The sink could say it.
    pub written: bool,
}

/// How far a transaction came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The sender.
    Mail,
    /// A recipient.
    Rcpt,
    /// The wish to send the message.
    Data,
    /// Some of the message.
    Body,
    /// All of it.
    Dot,
}

/// A person takes a conversation.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakeOver {
    /// By its ticket.
    #[serde(default)]
    pub ticket: Option<i64>,
    /// By one of its mails.
    #[serde(default)]
    pub nonce: Option<String>,
    /// How.
    pub how: How,
    /// The program said that it is done.
    pub acknowledged: bool,
    /// An answer that keeps the machine silent for the rest of the run, as long as the shop's `human_silence_hours`.
    #[serde(default)]
    pub silent: bool,
}

/// How a person takes a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// For good, until it is handed back.
    Claim,
    /// By an answer through the program.
    Reply,
    /// By an answer from the mailbox.
    SentFolder,
    /// By switching the machine off in this conversation, until it is handed back.
    BotOff,
}

impl How {
    /// Says whether it lasts until somebody hands the conversation back.
    pub fn lasts(self) -> bool {
        matches!(self, Self::Claim | Self::BotOff)
    }
}

/// A person gives a conversation back.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandBack {
    /// By its ticket.
    #[serde(default)]
    pub ticket: Option<i64>,
    /// By one of its mails.
    #[serde(default)]
    pub nonce: Option<String>,
    /// The program said that it is done.
    pub acknowledged: bool,
}

/// A pause switch is moved.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// What it stops.
    pub scope: Scope,
    /// Which account or rule; empty for the others.
    pub name: String,
    /// The program said that it is done.
    pub acknowledged: bool,
}

/// What a pause stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything.
    Shop,
    /// One mailbox.
    Account,
    /// One rule.
    Rule,
    /// Everything, after a restore.
    Restore,
}

/// Something was broken on purpose.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// How.
    pub what: String,
    /// Whose.
    pub process: String,
    /// Where.
    pub place: Option<String>,
}

/// A process of the program.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Its name.
    pub process: String,
}

/// A process that is gone.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// Its name.
    pub process: String,
    /// How it ended.
    pub how: String,
}

/// Reads one line; `place` is how messages call it.
pub fn read(line: Line, place: String) -> Result<Seen, Refused> {
    let event: Event = serde_json::from_value(Value::Object(line.event))
        .map_err(|error| Refused::new(place.clone(), format!("is not an event of README.md: {error}")))?;
    let expected = party(&event);
    if expected.is_some_and(|expected| expected != line.party) {
        return Err(Refused::new(place, format!("party `{}` cannot see such an event", line.party)));
    }
    if let Event::Transaction(transaction) = &event {
        sound(transaction, line.span).map_err(|what| Refused::new(place.clone(), what))?;
    }
    Ok(Seen { span: line.span, place, event })
}

/// Returns who sees such an event; none if anybody does.
fn party(event: &Event) -> Option<&'static str> {
    match event {
        Event::Began(_) | Event::Dumped(_) => Some("run"),
        Event::Delivered(_) | Event::Again(_) | Event::Removed(_) => Some("mailbox"),
        Event::Transaction(_) => Some("sink"),
        Event::TakeOver(_) | Event::HandBack(_) | Event::Pause(_) | Event::Resume(_) => Some("agents"),
        Event::Fault(_) => Some("faults"),
        Event::Started(_) | Event::Ready(_) | Event::Ended(_) => Some("processes"),
        Event::Closed {} => None,
    }
}

/// A transaction must not contradict itself, or intervals would be compared that never were.
fn sound(transaction: &Transaction, span: Span) -> Result<(), String> {
    let Transaction { phase, data_ns, dot_ns, sha256, .. } = transaction;
    let came_to_dot = *phase == Phase::Dot;
    if dot_ns.is_some() != came_to_dot || sha256.is_some() != came_to_dot {
        return Err("`dot_ns` and `sha256` belong to phase `dot`, and to no other".to_owned());
    }
    if transaction.taken && !came_to_dot {
        return Err("a message that never came to its final dot cannot be taken".to_owned());
    }
    let mut moments = vec![span.start];
    moments.extend(data_ns);
    moments.extend(dot_ns);
    moments.push(span.end);
    if came_to_dot && data_ns.is_none() || !moments.is_sorted() {
        return Err("`start_ns`, `data_ns`, `dot_ns`, `end_ns` are not in this order".to_owned());
    }
    Ok(())
}
