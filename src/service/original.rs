//! Received messages as they came, for people who want to see more than the text: HTML, files, and all of the bytes.

use crate::{
    channel::email::original::{self, Html},
    model::{
        inbound::{Attachment, ChannelKind},
        receive::Received,
    },
};

/// What of a message can be shown beside its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// It has no HTML.
    Nothing,
    /// It has some that is too large or nested too deep to be shown.
    TooComplex,
    /// As the sender wrote it: whoever shows it cleans it first.
    Raw(String),
}

/// What a message brought beside its text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extras {
    /// It has HTML.
    pub html: bool,
    /// Its files that can be downloaded; those of a chat lie at Telegram.
    pub files: Vec<Attachment>,
}

/// Returns what a message brought beside its text.
pub fn extras(received: &Received) -> Extras {
    match received.channel {
        ChannelKind::Email => {
            let (html, files) = original::extras(received);
            Extras { html, files }
        }
        ChannelKind::Telegram => Extras::default(),
    }
}

/// Returns the HTML of a message. Reading takes time by its size: it belongs onto a thread that may block.
pub fn page(received: &Received) -> Page {
    match received.channel {
        ChannelKind::Email => match original::html(received) {
            Html::Nothing => Page::Nothing,
            Html::TooComplex => Page::TooComplex,
            Html::Raw(html) => Page::Raw(html),
        },
        ChannelKind::Telegram => Page::Nothing,
    }
}

/// Returns one file of a message with its bytes, by its place in [`extras`].
pub fn file(received: &Received, place: usize) -> Option<(Attachment, Vec<u8>)> {
    match received.channel {
        ChannelKind::Email => original::file(received, place),
        ChannelKind::Telegram => None,
    }
}
