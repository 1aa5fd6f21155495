//! Messages as lists show them: what people read of each before they open its conversation.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    model::{
        ids::{AccountName, InboundId, ThreadId, TicketId},
        inbound::ChannelKind,
        language::Language,
        satisfaction,
    },
    store::{database::Row, error::StoreError, inbound::channel_of, thread::language_of},
};

/// A message in a list. Messages that were decided together are one, the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedMessage {
    /// The message.
    pub id: InboundId,
    /// Its conversation.
    pub thread: ThreadId,
    /// Where it came in.
    pub account: AccountName,
    /// How.
    pub channel: ChannelKind,
    /// When.
    pub received_at: Timestamp,
    /// Who wrote it: name, else address; empty when nobody can be named.
    pub sender: String,
    /// Its subject.
    pub subject: String,
    /// The beginning of its text, without links that only the buyer may follow.
    pub preview: String,
    /// The language it is in, if that was seen.
    pub language: Option<Language>,
    /// The ticket of the conversation; which one, the list says.
    pub ticket: Option<TicketId>,
}

/// Reads one. The column `preview` holds more of the text than is shown, see [`satisfaction::preview`].
pub(super) fn listed_of(row: &Row) -> Result<ListedMessage, StoreError> {
    Ok(ListedMessage {
        id: InboundId(row.get("id")?),
        thread: ThreadId(row.get("thread")?),
        account: AccountName::new(row.get::<String>("account")?),
        channel: row.word("channel", channel_of)?,
        received_at: row.moment("received_at")?,
        sender: row.get("sender")?,
        subject: row.get("subject")?,
        preview: satisfaction::preview(row.get("preview")?),
        language: language_of(row, "language")?,
        ticket: row.get::<Option<i64>>("ticket")?.map(TicketId),
    })
}
