//! What the store held afterwards: rows of the real schema, of which only some columns are read.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use crate::refused::Refused;

/// A received message.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Inbound {
    /// Row number.
    pub id: i64,
    /// The mailbox it came through.
    pub account: String,
    /// `undecided` or `decided`.
    pub state: String,
    /// How it ended.
    pub outcome: Option<String>,
    /// Why it was suppressed.
    pub outcome_reason: Option<String>,
    /// When it was stored, Unix milliseconds.
    pub stored_at: i64,
    /// When it was decided.
    pub decided_at: Option<i64>,
    /// Its conversation.
    pub thread: Option<i64>,
    /// Its Message-ID; none while undecided.
    pub message_id: Option<String>,
    /// It is left to a person, and a part was answered; false where the schema has no such column.
    #[serde(default, deserialize_with = "flag")]
    pub with_answer: bool,
    /// It lay in the Sent folder: a person wrote it; false where the schema has no such column.
    #[serde(default, deserialize_with = "flag")]
    pub in_sent: bool,
    /// Its bytes in hex, where the Message-ID is not known.
    #[serde(default)]
    pub raw: Option<String>,
}

/// A message of ours.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Outbox {
    /// Row number.
    pub id: i64,
    /// Its unique key.
    pub key: String,
    /// Its conversation.
    pub thread: i64,
    /// The message it answers.
    pub inbound: Option<i64>,
    /// The mailbox it leaves through.
    pub account: String,
    /// `ack`, `ask`, `answer` or `draft`.
    pub kind: String,
    /// A person wrote it.
    #[serde(deserialize_with = "flag")]
    pub human: bool,
    /// The rules it speaks for.
    #[serde(deserialize_with = "words")]
    pub intents: Vec<String>,
    /// The buyer.
    pub recipient_key: String,
    /// The buyer's domain.
    pub recipient_domain: Option<String>,
    /// Its Message-ID; mail only.
    pub message_id: Option<String>,
    /// Where it stands.
    pub state: String,
    /// Why it stands there.
    pub reason: Option<String>,
    /// When it was decided.
    pub created_at: i64,
    /// Until when an uncertain send is verified.
    pub verify_by: Option<i64>,
    /// The ticket of an uncertain send.
    pub ticket: Option<i64>,
    /// What was to go over the wire.
    #[serde(default, deserialize_with = "json")]
    pub payload: Option<Value>,
}

/// A case for people.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Ticket {
    /// Row number.
    pub id: i64,
    /// Its conversation.
    pub thread: i64,
    /// The message that opened it.
    pub inbound: i64,
    /// Where it stands.
    pub state: String,
    /// When it was opened.
    pub opened_at: i64,
}

/// A line of a ticket's history.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct TicketEvent {
    /// Row number.
    pub id: i64,
    /// Whose history.
    pub ticket: i64,
    /// What happened.
    pub what: String,
    /// In words.
    pub text: String,
}

/// How far a folder was read.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Folder {
    /// The mailbox.
    pub account: String,
    /// The folder.
    pub folder: String,
    /// Everything up to this number was read.
    pub uid: u64,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Verdict {
    /// About which message.
    pub inbound: i64,
    /// Its evidence, of which `outcome` is read.
    #[serde(deserialize_with = "json")]
    pub record: Option<Value>,
}

impl Verdict {
    /// Says whether the message goes to a person while its safe part is answered.
    pub fn is_with_answer(&self) -> bool {
        let outcome = self.record.as_ref().and_then(|record| record.get("outcome"));
        outcome.and_then(|outcome| outcome.get("with_answer")).and_then(Value::as_bool).unwrap_or(false)
    }
}

/// The last line of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    rows: usize,
}

/// Reads one table; `name` is how messages call it.
pub fn read<T: DeserializeOwned>(name: &str, text: &str) -> Result<Vec<T>, Refused> {
    let lines: Vec<&str> = text.lines().collect();
    let Some((last, rows)) = lines.split_last() else {
        return Err(Refused::new(name, "is empty: not even its last line, {\"rows\": 0}, is there"));
    };
    let end: End = serde_json::from_str(last)
        .map_err(|_| Refused::new(name, "does not end with {\"rows\": N}: the dump was cut short"))?;
    if end.rows != rows.len() {
        let what = format!("says that it has {} rows, and has {}", end.rows, rows.len());
        return Err(Refused::new(name, what));
    }
    let read = |(index, line): (usize, &&str)| {
        serde_json::from_str(line).map_err(|error| {
            Refused::new(format!("{name}:{}", index + 1), format!("is not a row of this table: {error}"))
        })
    };
    rows.iter().enumerate().map(read).collect()
}

fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Bool(flag) => Ok(flag),
        Value::Number(number) if number.as_u64() == Some(0) => Ok(false),
        Value::Number(number) if number.as_u64() == Some(1) => Ok(true),
        other => Err(serde::de::Error::custom(format!("{other} is not a flag"))),
    }
}

fn json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    match Option::<Value>::deserialize(deserializer)? {
        Some(Value::String(text)) => serde_json::from_str(&text).map(Some).map_err(serde::de::Error::custom),
        other => Ok(other),
    }
}

fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let value = json(deserializer)?.unwrap_or(Value::Array(Vec::new()));
    serde_json::from_value(value).map_err(serde::de::Error::custom)
}
