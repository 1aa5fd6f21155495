//! What a person may want to see of a mail beside its text: its HTML and its files, read from the stored bytes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::{Message, MessageParser, PartType};

use crate::{
    channel::email::{
        flatten, headers,
        parse::{self, MAX_ATTACHMENTS},
        structure,
    },
    model::{inbound::Attachment, receive::Received},
    text::html,
};

/// The HTML of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Html {
    /// It has none, or nobody can read the mail.
    Nothing,
    /// It has some that is too large or nested too deep to be shown.
    TooComplex,
    /// As the sender wrote it. A stranger's: it must be cleaned before it is shown.
    Raw(String),
}

/// Returns the HTML of a mail; several parts stand one below the other.
pub fn html(received: &Received) -> Html {
    let raw = read(received, |message| {
        let parts = message.html_body.iter().filter_map(|id| message.part(*id));
        let htmls = parts.filter_map(|part| match &part.body {
            PartType::Html(text) => Some(text.as_ref()),
            _ => None,
        });
        htmls.collect::<Vec<_>>().join("\n<hr>\n")
    });
    match raw {
        Some(raw) if raw.trim().is_empty() => Html::Nothing,
        Some(raw) if html::is_tame(&raw) => Html::Raw(raw),
        Some(_) => Html::TooComplex,
        None => Html::Nothing,
    }
}

/// Returns whether a mail has HTML, and its files as they are listed in
/// [`Inbound`](crate::model::inbound::Inbound).
pub fn extras(received: &Received) -> (bool, Vec<Attachment>) {
    read(received, |message| {
        let mut bodies = message.html_body.iter().filter_map(|id| message.part(*id));
        let html = bodies.any(|part| matches!(part.body, PartType::Html(_)));
        (html, message.attachments().take(MAX_ATTACHMENTS).map(parse::attachment).collect())
    })
    .unwrap_or_default()
}

/// Returns one file with its decoded bytes, by its place in [`extras`].
pub fn file(received: &Received, place: usize) -> Option<(Attachment, Vec<u8>)> {
    read(received, |message| {
        let part = message.attachments().take(MAX_ATTACHMENTS).nth(place)?;
        Some((parse::attachment(part), part.contents().to_vec()))
    })?
}

/// Reads the mail behind the same caps as [`parse`]; none if it is over one of them or the parser gives up.
fn read<T>(received: &Received, look: impl FnOnce(&Message<'_>) -> T) -> Option<T> {
    if headers::split(&received.raw).over || structure::walk(&received.raw).over {
        return None;
    }
    let flat = flatten::flatten(&received.raw);
    // The parser promises not to panic, and has; a poison mail must not end the page of its ticket.
    catch_unwind(AssertUnwindSafe(|| MessageParser::default().parse(&flat).map(|message| look(&message)))).ok()?
}
