//! Conversations: which one a message belongs to, and what the engine may know of it.

use std::{borrow::Cow, fmt::Write as _};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::{
    model::{
        ids::{ThreadId, TicketId},
        inbound::{ChannelKind, Inbound},
        language::Language,
        outbound::OutboundKind,
        thread::{PendingAsk, Said, ThreadState},
        ticket::TicketState,
    },
    store::{
        database::{Row, Tx, storable},
        error::StoreError,
    },
};

/// How many ids of In-Reply-To and References are looked up, newest first: longer chains are loops or attacks.
const MAX_REFERENCES: usize = 40;

/// How many of our automatic messages the engine sees of one thread; caps stop a conversation long before.
const MAX_SAID: u32 = 100;

/// PostgreSQL refuses index entries over 2,704 bytes, and whoever writes to us chooses these texts; mail itself allows
/// 998 bytes a line (RFC 5322 section 2.1.1).
const MAX_KEY_BYTES: usize = 1000;

/// What a message's references lead to.
pub(super) struct Found {
    /// The conversation with this sender.
    pub(super) thread: Option<ThreadState>,
    /// A referenced conversation with somebody else.
    pub(super) unverified: Option<ThreadId>,
}

/// Finds the thread of a message: by chat for Telegram, by buyer and order for a marketplace's mail, by the ids it refers
/// to for other mail, newest reference first.
pub(super) async fn find(tx: &mut Tx, inbound: &Inbound, sender: Option<&str>) -> Result<Found, StoreError> {
    let key = inbound.conversation_key();
    if let Some(key) = &key {
        // Chats that began before keys named their account.
        let old = inbound.telegram.as_ref().map(crate::model::inbound::TelegramFacts::chat_key);
        let row = tx
            .first(
                "SELECT id FROM thread WHERE chat_key = $1 OR (chat_key = $2 AND account = $3)
                 ORDER BY CASE WHEN chat_key = $1 THEN 0 ELSE 1 END LIMIT 1",
                &[
                    index_key(key).as_ref().into(),
                    old.as_deref().map(index_key).as_deref().into(),
                    inbound.account.as_str().into(),
                ],
            )
            .await?;
        let id = row.map(|row| row.get("id").map(ThreadId)).transpose()?;
        if id.is_some() || inbound.telegram.is_some() {
            return Ok(Found { thread: state_of(tx, id).await?, unverified: None });
        }
    }
    let Some(mail) = &inbound.mail else { return Ok(Found { thread: None, unverified: None }) };
    let sender: Vec<_> = sender.map(index_key).into_iter().collect();
    let referred = referred(tx, mail.in_reply_to.iter().chain(mail.references.iter().rev()), &sender).await?;
    match referred.theirs {
        // What a marketplace's mail refers to may be about another order of the same buyer.
        Some(thread) if key.is_some() && is_keyed(tx, thread).await? => Ok(Found { thread: None, unverified: None }),
        Some(thread) => Ok(Found { thread: state_of(tx, Some(thread)).await?, unverified: None }),
        None => Ok(Found { thread: None, unverified: referred.others }),
    }
}

/// Returns whether a conversation is known by its own key.
async fn is_keyed(tx: &mut Tx, thread: ThreadId) -> Result<bool, StoreError> {
    let row = tx.first("SELECT id FROM thread WHERE id = $1 AND chat_key IS NOT NULL", &[thread.0.into()]).await?;
    Ok(row.is_some())
}

/// Where the ids that a mail refers to lead.
pub(super) struct Referred {
    /// The first conversation with one of those people.
    pub(super) theirs: Option<ThreadId>,
    /// The first conversation with somebody else; looked for only as long as there is none of theirs.
    pub(super) others: Option<ThreadId>,
}

/// Finds the conversations that ids lead to, the nearest id first. `people` are keys as [`index_key`] makes them. Of the
/// many conversations that strangers may give one id, one is read: the newest with one of these people, else the newest.
pub(super) async fn referred(
    tx: &mut Tx,
    ids: impl Iterator<Item = &String>,
    people: &[Cow<'_, str>],
) -> Result<Referred, StoreError> {
    let people = if people.is_empty() { String::new() } else { format!("\n{}\n", people.join("\n")) };
    let mut others = None;
    for id in ids.take(MAX_REFERENCES) {
        let row = tx
            .first(
                "SELECT t.id,
                        CAST(CASE WHEN REPLACE($2, '\n' || t.participant || '\n', '') <> $2 THEN 1 ELSE 0 END AS BIGINT)
                          AS theirs
                 FROM message_id m JOIN thread t ON t.id = m.thread
                 WHERE m.message_id = $1 ORDER BY theirs DESC, t.id DESC LIMIT 1",
                &[index_key(id).as_ref().into(), (&people).into()],
            )
            .await?;
        let Some(row) = row else { continue };
        let thread = ThreadId(row.get("id")?);
        if row.flag("theirs")? {
            return Ok(Referred { theirs: Some(thread), others });
        }
        others = others.or(Some(thread));
    }
    Ok(Referred { theirs: None, others })
}

/// Reads a thread as the engine sees it.
pub(super) async fn state_of(tx: &mut Tx, id: Option<ThreadId>) -> Result<Option<ThreadState>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    let row = tx
        .first(
            "SELECT t.epoch, t.participant, t.language, t.pending, t.last_human_reply, t.bot_off, k.id AS ticket, k.state
             FROM thread t LEFT JOIN ticket k ON k.state <> 'closed' AND (k.thread = t.id OR k.id = t.merged_into)
             WHERE t.id = $1 ORDER BY k.id DESC LIMIT 1",
            &[id.0.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(ThreadState {
        id,
        epoch: row.get("epoch")?,
        participant: row.get("participant")?,
        open_ticket: row.get::<Option<i64>>("ticket")?.map(TicketId),
        claimed: row.get::<Option<&str>>("state")? == Some(TicketState::Claimed.as_str()),
        bot_off: row.flag("bot_off")?,
        last_human_reply: row.maybe_moment("last_human_reply")?,
        said: said(tx, id).await?,
        pending: pending_of(&row)?,
        language: language_of(&row, "language")?,
    }))
}

/// Reads what the engine said from the outbox: a message that was cancelled was not said.
async fn said(tx: &mut Tx, thread: ThreadId) -> Result<Vec<Said>, StoreError> {
    let rows = tx
        .all(
            "SELECT kind, intents, replies, created_at FROM outbox
             WHERE thread = $1 AND human = 0 AND kind <> 'draft' AND state <> 'cancelled' ORDER BY id DESC LIMIT $2",
            &[thread.0.into(), MAX_SAID.into()],
        )
        .await?;
    rows.iter()
        .rev()
        .map(|row| {
            Ok(Said {
                kind: row.word("kind", OutboundKind::from_word)?,
                intents: row.json("intents")?,
                replies: row.json("replies")?,
                at: row.moment("created_at")?,
            })
        })
        .collect()
}

fn pending_of(row: &Row) -> Result<Option<PendingAsk>, StoreError> {
    match row.get::<Option<&str>>("pending")? {
        Some(_) => row.json("pending").map(Some),
        None => Ok(None),
    }
}

/// Reads a language that may be unknown.
pub(super) fn language_of(row: &Row, column: &str) -> Result<Option<Language>, StoreError> {
    let code: Option<&str> = row.get(column)?;
    code.map(|code| code.parse().map_err(|error| row.damaged(&error))).transpose()
}

/// A conversation to begin.
pub(super) struct NewThread<'a> {
    pub(super) channel: ChannelKind,
    pub(super) account: &'a str,
    pub(super) participant: &'a str,
    pub(super) chat_key: Option<&'a str>,
    pub(super) language: Option<Language>,
    pub(super) pending: Option<&'a str>,
}

/// Begins a conversation.
pub(super) async fn create(tx: &mut Tx, new: &NewThread<'_>, now: Timestamp) -> Result<ThreadId, StoreError> {
    let chat_key = new.chat_key.map(index_key);
    let row = tx
        .one(
            "INSERT INTO thread (channel, account, participant, chat_key, language, pending, created_at, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING id",
            &[
                new.channel.as_str().into(),
                new.account.into(),
                index_key(new.participant).as_ref().into(),
                chat_key.as_deref().into(),
                new.language.as_ref().map(Language::as_str).into(),
                new.pending.into(),
                now.into(),
            ],
        )
        .await?;
    Ok(ThreadId(row.get("id")?))
}

/// Returns the epoch of a thread; none if there is no such thread.
pub(super) async fn epoch(tx: &mut Tx, id: ThreadId) -> Result<Option<i64>, StoreError> {
    let row = tx.first("SELECT epoch FROM thread WHERE id = $1", &[id.0.into()]).await?;
    row.map(|row| row.get("epoch")).transpose()
}

/// Registers a Message-ID, so that answers to it find the thread.
pub(super) async fn register(
    tx: &mut Tx,
    message_id: &str,
    thread: ThreadId,
    account: &str,
    ours: bool,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO message_id (message_id, thread, account, ours) VALUES ($1, $2, $3, $4)
         ON CONFLICT (message_id, thread) DO NOTHING",
        &[index_key(message_id).as_ref().into(), thread.0.into(), account.into(), ours.into()],
    )
    .await?;
    Ok(())
}

/// Returns a text that strangers choose as it is kept in an indexed column: itself, or its hash when it is too long.
pub(super) fn index_key(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_KEY_BYTES {
        return storable(text);
    }
    let mut key = "sha256:".to_owned();
    for byte in Sha256::digest(text.as_bytes()) {
        write!(key, "{byte:02x}").expect("a String takes everything");
    }
    Cow::Owned(key)
}
