//! Several messages that one buyer wrote in one go: which belong together, and the one message that they make.

use crate::{model::inbound::Inbound, text::subject};

/// Messages that are decided together at most; who writes more than that without a pause writes no question.
pub const MOST: usize = 10;

/// Returns what messages of one burst have in common: the chat, the buyer and order of a marketplace, or the sender and the
/// subject of direct mail; none for a message that nobody can be named for.
pub fn key(inbound: &Inbound) -> Option<String> {
    if let Some(key) = inbound.conversation_key() {
        return Some(key);
    }
    let sender = inbound.sender_key()?;
    Some(format!("{sender}\n{}", subject::bare(&inbound.subject).to_lowercase()))
}

/// Returns the message that others make together with the one that came last: it is answered as this one, and says what
/// all of them say, in their order. What a later message corrects (an edited one of a chat) is said once.
pub fn joined<'a>(earlier: impl Iterator<Item = &'a Inbound>, last: &'a Inbound) -> Inbound {
    let mut kept: Vec<&Inbound> = Vec::new();
    for part in earlier.chain(std::iter::once(last)) {
        kept.retain(|before| !corrects(part, before));
        kept.push(part);
    }
    let text = kept.iter().map(|part| part.text.trim_end()).filter(|text| !text.is_empty());
    let mut whole = Inbound { text: text.collect::<Vec<_>>().join("\n"), ..last.clone() };
    for part in &kept[..kept.len() - 1] {
        whole.attachments.splice(0..0, part.attachments.iter().cloned());
        for note in &part.notes {
            if !whole.notes.contains(note) {
                whole.notes.push(note.clone());
            }
        }
        whole.language_hint = whole.language_hint.or(part.language_hint);
    }
    whole
}

/// Says whether a message is a later version of an earlier one.
fn corrects(later: &Inbound, earlier: &Inbound) -> bool {
    match (&later.telegram, &earlier.telegram) {
        (Some(later), Some(earlier)) => later.edited && later.message_id == earlier.message_id,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::inbound::{ChannelKind, TelegramFacts};

    fn said(message_id: i32, edited: bool, text: &str) -> Inbound {
        let telegram = TelegramFacts { chat_id: 7, message_id, edited, ..TelegramFacts::default() };
        let plain = Inbound::from_text(ChannelKind::Telegram, text, Timestamp::UNIX_EPOCH);
        Inbound { telegram: Some(telegram), from: None, ..plain }
    }

    #[test]
    fn parts_of_a_thought_are_read_in_their_order() {
        let parts = [said(1, false, "Hi"), said(2, false, "do you ship to Germany?")];
        let last = said(3, false, "and how long does it take");
        let whole = joined(parts.iter(), &last);
        assert_eq!(whole.text, "Hi\ndo you ship to Germany?\nand how long does it take");
        assert_eq!(whole.telegram.as_ref().map(|telegram| telegram.message_id), Some(3));
        assert_eq!(whole.body_hash, last.body_hash);
    }

    #[test]
    fn corrected_message_is_read_in_its_last_version() {
        let parts = [said(1, false, "ship to Germny?")];
        assert_eq!(joined(parts.iter(), &said(1, true, "ship to Germany?")).text, "ship to Germany?");
    }

    #[test]
    fn mails_about_different_things_do_not_belong_together() {
        let mail = |subject: &str| Inbound {
            subject: subject.to_owned(),
            ..Inbound::from_text(ChannelKind::Email, "x", Timestamp::UNIX_EPOCH)
        };
        assert_eq!(key(&mail("Re: My order")), key(&mail("my order")));
        assert_ne!(key(&mail("My order")), key(&mail("A lamp")));
    }
}
