//! Reads one stored update into an [`Inbound`]: pure, never fails on content, keeps what it does not understand.
//!
//! Facts are read from the JSON itself, because teloxide 0.17 stands at Bot API 9.1 and holds `business_connection_id`
//! and `is_from_offline` for some kinds of content only. teloxide's `Message` judges whether the message has the form
//! we take it for: what it refuses is still a message of a buyer and goes to a person, with [`Note::Unparsable`].
//! What an update means for the conversation (caps, take-over, menus) is not decided here.

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use teloxide::types::Message;

use crate::{
    channel::telegram::content,
    model::{
        inbound::{ChannelKind, Inbound, Mailbox, Note, TelegramFacts},
        language::Language,
        receive::Received,
    },
};

/// Longer texts are cut here; Telegram's own limit is 4,096 characters, so only a new kind of content can reach it.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// Names are shown on tickets and in greetings; Telegram allows 64 characters for each of the two parts.
const MAX_NAME_CHARS: usize = 129;

/// The update kinds that carry a message to us, and whether they are edits of an earlier one.
const MESSAGE_KINDS: &[(&str, bool)] =
    &[("message", false), ("edited_message", true), ("business_message", false), ("edited_business_message", true)];

/// The other update kinds of Bot API 10.1: none of them is a buyer's message.
const OTHER_KINDS: &[&str] = &[
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "deleted_business_messages",
    "guest_message",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
];

/// Message fields that show that no person wrote the message to us, most telling first (channels.md section 5.2).
const MACHINE_FIELDS: &[&str] = &[
    "sender_business_bot",
    "via_bot",
    "sender_chat",
    "guest_bot_caller_user",
    "guest_bot_caller_chat",
    "is_automatic_forward",
    "is_from_offline",
];

/// Content without a name in Bot API 10.1, or a message in a form that teloxide refuses.
const UNKNOWN: &str = "unknown content";

/// The account of Telegram itself: log-in codes and notices, which must never be answered.
const TELEGRAM_ITSELF: i64 = 777_000;

/// Why an update is recorded and never decided on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {
    /// The row holds no JSON object that we can read, or a message without a chat.
    #[error("the update cannot be read")]
    Unreadable,
    /// A kind of update that is no message.
    #[error("the update is of the kind `{0}`, which is no message of a buyer")]
    Kind(String),
    /// A message, but not in a chat with one buyer.
    #[error("the message was written in a chat of type `{0}`, not in a private chat")]
    Chat(String),
    /// Telegram reports an event in a private chat.
    #[error("the message reports an event (`{0}`) and says nothing")]
    Service(&'static str),
    /// The buyer pressed the button that opens a chat with a bot.
    #[error("the buyer opened the chat with /start and has not asked anything yet")]
    Start,
}

/// Returns the message that a stored update carries, or why there is none to decide on.
pub fn parse(received: &Received) -> Result<Inbound, Ignored> {
    let update: Value = serde_json::from_slice(&received.raw).map_err(|_| Ignored::Unreadable)?;
    let carrier = carrier(&update)?;
    let message = carrier.message;
    let chat_id = message["chat"]["id"].as_i64().ok_or(Ignored::Unreadable)?;
    match message["chat"]["type"].as_str() {
        Some("private") => {}
        other => return Err(Ignored::Chat(short(other.unwrap_or("unknown")))),
    }
    let (text, cut) = text(message);
    let unsupported = unsupported(message, &text)?;
    let understood = carrier.known && serde_json::from_value::<Message>(message.clone()).is_ok();
    let telegram = TelegramFacts {
        chat_id,
        message_id: message["message_id"].as_i64().and_then(|id| i32::try_from(id).ok()).unwrap_or_default(),
        business_connection_id: message["business_connection_id"].as_str().map(str::to_owned),
        private: true,
        name: name(&message["from"]),
        username: message["from"]["username"].as_str().map(short),
        machine: machine(message, chat_id),
        edited: carrier.edited,
        unsupported: if understood { unsupported } else { unsupported.or(Some(UNKNOWN)) },
    };
    let notes = [(!understood).then_some(Note::Unparsable), cut.then_some(Note::TextCut)];
    let written = moment(message, "date");
    Ok(Inbound {
        channel: ChannelKind::Telegram,
        account: received.account.clone(),
        received_at: taken(message).unwrap_or(received.received_at).min(received.received_at),
        sent_at: written,
        marketplace: None,
        relay: crate::model::profile::Relay::None,
        from: message["from"].is_object().then(|| Mailbox { name: telegram.name.clone(), address: String::new() }),
        subject: String::new(),
        elided: message["quote"]["text"].as_str().map(|quote| capped(quote).0.to_owned()).unwrap_or_default(),
        body_hash: hash(&text),
        text,
        language_hint: message["from"]["language_code"].as_str().and_then(language),
        attachments: content::attachments(message),
        mail: None,
        telegram: Some(telegram),
        notes: notes.into_iter().flatten().collect(),
    })
}

/// Returns when Telegram took the message that an update carries, or its newest edit; none if it carries none.
pub(super) fn received_at(update: &Value) -> Option<Timestamp> {
    taken(carrier(update).ok()?.message)
}

/// Where the message lies within its update.
struct Carrier<'a> {
    message: &'a Value,
    edited: bool,
    /// The kind of update is one we know to carry a message.
    known: bool,
}

fn carrier(update: &Value) -> Result<Carrier<'_>, Ignored> {
    let fields = update.as_object().ok_or(Ignored::Unreadable)?;
    for (kind, edited) in MESSAGE_KINDS {
        if let Some(message) = fields.get(*kind) {
            return Ok(Carrier { message, edited: *edited, known: true });
        }
    }
    let (kind, message) = fields.iter().find(|(name, _)| *name != "update_id").ok_or(Ignored::Unreadable)?;
    // A kind newer than this program: if it looks like a message of a buyer, a person must see it.
    let speaks = message["message_id"].is_i64() && message["date"].is_i64() && message["from"].is_object();
    if OTHER_KINDS.contains(&kind.as_str()) || !speaks || message["chat"]["type"] != "private" {
        return Err(Ignored::Kind(short(kind)));
    }
    Ok(Carrier { message, edited: false, known: false })
}

fn taken(message: &Value) -> Option<Timestamp> {
    moment(message, "edit_date").or_else(|| moment(message, "date"))
}

/// Reads a Unix time; Telegram writes 0 for a message that is no longer accessible.
fn moment(message: &Value, field: &str) -> Option<Timestamp> {
    let seconds = message[field].as_i64().filter(|seconds| *seconds > 0)?;
    Timestamp::from_second(seconds).ok()
}

/// Returns what the buyer wrote, and whether it was cut.
fn text(message: &Value) -> (String, bool) {
    let written = message["text"].as_str().or_else(|| message["caption"].as_str()).unwrap_or_default();
    let (kept, cut) = capped(written);
    (kept.to_owned(), cut)
}

fn capped(text: &str) -> (&str, bool) {
    if text.len() <= MAX_TEXT_BYTES {
        return (text, false);
    }
    (&text[..text.floor_char_boundary(MAX_TEXT_BYTES)], true)
}

/// Returns the content that a person must look at, if rules may not judge the text alone.
fn unsupported(message: &Value, text: &str) -> Result<Option<&'static str>, Ignored> {
    if message["forward_origin"].is_object() {
        // Somebody else's words: a rule must not take them for the buyer's question.
        return Ok(Some("forward_origin"));
    }
    let content = content::kind(message);
    match (text.trim().is_empty(), content) {
        (false, _) if message["text"].is_string() => {
            if is_start(text) {
                Err(Ignored::Start)
            } else {
                Ok(None)
            }
        }
        // A caption speaks for a photo or a file, but not for something nobody here has ever seen.
        (false, Some(_)) => Ok(None),
        (true, Some(content)) => Ok(Some(content)),
        (_, None) => content::event(message).map_or(Ok(Some(UNKNOWN)), |event| Err(Ignored::Service(event))),
    }
}

/// A press on "Start" sends `/start` or, from a link, `/start <payload>`.
fn is_start(text: &str) -> bool {
    text.trim().strip_prefix("/start").is_some_and(|rest| {
        let payload = rest.trim_start();
        rest.is_empty() || (payload.len() < rest.len() && !payload.contains(char::is_whitespace))
    })
}

fn machine(message: &Value, chat_id: i64) -> Option<&'static str> {
    let set = |field: &str| message[field].is_object() || message[field] == true;
    if let Some(field) = MACHINE_FIELDS.iter().find(|field| set(field)) {
        return Some(field);
    }
    let from = &message["from"];
    if from["is_bot"] == true {
        return Some("from.is_bot");
    }
    let author = from["id"].as_i64()?;
    if author == TELEGRAM_ITSELF {
        return Some("from.id 777000");
    }
    // The id of a private chat is the id of the other person: in a business chat anybody else is the owner.
    let owner = message["business_connection_id"].is_string() && author != chat_id;
    owner.then_some("business account owner")
}

fn name(from: &Value) -> Option<String> {
    let parts = [from["first_name"].as_str(), from["last_name"].as_str()];
    let written = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let visible = written.chars().filter(|c| content::is_plain(*c)).take(MAX_NAME_CHARS);
    let name = visible.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}

/// Reads the primary part of an IETF tag such as `zh-hans`.
fn language(tag: &str) -> Option<Language> {
    tag.split(['-', '_']).next()?.parse().ok()
}

fn hash(text: &str) -> [u8; 32] {
    let collapsed = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Sha256::digest(collapsed.as_bytes()).into()
}

/// Makes a word of Telegram's fit for a reason that people read.
fn short(word: &str) -> String {
    word.chars().filter(|c| content::is_plain(*c)).take(64).collect()
}
