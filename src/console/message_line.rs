//! A message in a list, with the way to its conversation: the first three cells of a row, in `pages/message_cells.html`.

use crate::{
    console::{
        labels,
        when::{Clock, Moment},
        words::{desk, lists::Words},
    },
    store::listed_message::ListedMessage,
};

/// What the cells show.
pub(super) struct MessageLine {
    pub(super) id: i64,
    /// Where it is read: the ticket that the list names, or its conversation.
    pub(super) href: String,
    pub(super) ticket: Option<i64>,
    pub(super) received: Moment,
    pub(super) channel: &'static str,
    pub(super) account: String,
    pub(super) sender: String,
    pub(super) language: Option<String>,
    pub(super) language_code: String,
    pub(super) subject: String,
    pub(super) preview: String,
}

impl MessageLine {
    /// Fills the cells.
    pub(super) fn of(message: ListedMessage, clock: &Clock) -> Self {
        let subject = Some(message.subject).filter(|subject| !subject.trim().is_empty());
        Self {
            id: message.id.0,
            href: match message.ticket {
                Some(ticket) => format!("/tickets/{ticket}"),
                None => format!("/conversations/{}", message.thread),
            },
            ticket: message.ticket.map(|ticket| ticket.0),
            received: clock.hour(message.received_at),
            channel: labels::channel(desk::Words::of(clock.tongue), message.channel),
            account: message.account.to_string(),
            sender: message.sender,
            language: message.language.map(|code| labels::language(clock.tongue, code)),
            language_code: message.language.map(|code| code.to_string()).unwrap_or_default(),
            subject: subject.unwrap_or_else(|| Words::of(clock.tongue).conversation.to_owned()),
            preview: message.preview,
        }
    }
}
