//! Cuts a reply into the `sendMessage` calls that carry it: pure, no markup, no escaping.
//!
//! We send no `parse_mode`, so a reply's text arrives as it is written and nothing in it can be taken for markup.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::model::{inbound::TelegramFacts, outbound::TelegramPayload};

/// The longest text of one message, in UTF-16 code units (Bot API `sendMessage`: 1 to 4,096 characters, which Telegram
/// counts as UTF-16).
pub const MAX_UNITS: usize = 4096;

/// A break is taken only if it leaves at least this share of a full message before it; otherwise a short first
/// paragraph would travel alone in front of a long one.
const LEAST_SHARE: usize = 4;

/// Marks that end a sentence at once, as in Chinese and Japanese.
const DENSE_ENDS: &[char] = &['。', '！', '？', '…'];

/// Marks that end a sentence when white space follows.
const SPACED_ENDS: &[char] = &['.', '!', '?'];

/// Why a text cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// Telegram refuses an empty message.
    #[error("the reply to chat {chat_id} is empty: Telegram sends no message without a visible character")]
    Empty {
        /// The chat.
        chat_id: i64,
    },
}

/// Returns the messages that carry `text` to the chat of `telegram`, in order; at least one.
///
/// Each holds at most [`MAX_UNITS`] and is one outbox row of its own. The first quotes the buyer's message.
pub fn compose(telegram: &TelegramFacts, text: &str) -> Result<Vec<TelegramPayload>, ComposeError> {
    let clean = clean(text);
    let pieces = split(clean.trim());
    if pieces.is_empty() {
        return Err(ComposeError::Empty { chat_id: telegram.chat_id });
    }
    // A message id of 0 marks a message that Telegram has only scheduled: it cannot be quoted yet.
    let quoted = (telegram.message_id > 0).then_some(telegram.message_id);
    let payloads = pieces.into_iter().enumerate().map(|(index, piece)| TelegramPayload {
        chat_id: telegram.chat_id,
        business_connection_id: telegram.business_connection_id.clone(),
        reply_to_message_id: if index == 0 { quoted } else { None },
        text: piece.to_owned(),
    });
    Ok(payloads.collect())
}

/// Unifies line ends and drops control characters, which Telegram would drop or refuse.
fn clean(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

/// Returns the pieces, none of them empty, in order; only white space between them is lost.
fn split(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(cut(rest));
        if is_visible(piece) {
            pieces.push(piece.trim_end());
        }
        rest = after.trim_start();
    }
    pieces
}

/// Telegram refuses a text of nothing but white space and invisible formatting characters.
fn is_visible(text: &str) -> bool {
    let invisible = |c: char| c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}');
    !text.chars().all(invisible)
}

/// Returns where the first piece of `rest` ends: after a paragraph, a line, a sentence, a word or a character,
/// whichever comes first in this order within one message.
fn cut(rest: &str) -> usize {
    let window = window(rest);
    if window == rest.len() {
        return window;
    }
    let least = window / LEAST_SHARE;
    let full = &rest[..window];
    let breaks = [after(full, "\n\n"), after(full, "\n"), after_sentence(full), full.rfind(char::is_whitespace)];
    breaks.into_iter().flatten().find(|at| *at > least).unwrap_or(window)
}

/// Returns the longest prefix within [`MAX_UNITS`] that ends between two user-perceived characters.
fn window(rest: &str) -> usize {
    let mut units = 0;
    for (at, grapheme) in rest.grapheme_indices(true) {
        units += grapheme.encode_utf16().count();
        if units > MAX_UNITS {
            // One "character" of thousands of combining marks is an attack: cut it at a code point.
            return if at == 0 { code_points(rest) } else { at };
        }
    }
    rest.len()
}

/// Returns the longest prefix within [`MAX_UNITS`] that ends between two code points.
fn code_points(rest: &str) -> usize {
    let mut units = 0;
    for (at, c) in rest.char_indices() {
        units += c.len_utf16();
        if units > MAX_UNITS {
            return at;
        }
    }
    rest.len()
}

fn after(text: &str, mark: &str) -> Option<usize> {
    text.rfind(mark).map(|at| at + mark.len())
}

fn after_sentence(text: &str) -> Option<usize> {
    let mut best = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let spaced = SPACED_ENDS.contains(&c) && chars.peek().is_some_and(|(_, next)| next.is_whitespace());
        if spaced || DENSE_ENDS.contains(&c) {
            best = Some(at + c.len_utf8());
        }
    }
    best
}
