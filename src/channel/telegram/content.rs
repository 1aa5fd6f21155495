//! What a message holds beside text: the closed lists of Bot API 10.1 (June 2026).

use serde_json::Value;

use crate::model::inbound::Attachment;

/// Content that only a person can judge. An animation also sets `document`, a venue also `location`, a live photo also
/// `photo`, so the telling one comes first.
const CONTENTS: &[&str] = &[
    "animation",
    "audio",
    "document",
    "live_photo",
    "paid_media",
    "photo",
    "sticker",
    "story",
    "video",
    "video_note",
    "voice",
    "rich_message",
    "checklist",
    "contact",
    "dice",
    "game",
    "poll",
    "venue",
    "location",
    "invoice",
    "successful_payment",
    "refunded_payment",
    "users_shared",
    "chat_shared",
    "gift",
    "unique_gift",
    "passport_data",
    "web_app_data",
    "checklist_tasks_done",
    "checklist_tasks_added",
];

/// Events that Telegram reports in private chats and that say nothing to a shop.
const EVENTS: &[&str] = &[
    "pinned_message",
    "message_auto_delete_timer_changed",
    "write_access_allowed",
    "connected_website",
    "chat_background_set",
    "proximity_alert_triggered",
    "boost_added",
    "gift_upgrade_sent",
    "paid_message_price_changed",
    "managed_bot_created",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
    "general_forum_topic_hidden",
    "general_forum_topic_unhidden",
    "video_chat_scheduled",
    "video_chat_started",
    "video_chat_ended",
    "video_chat_participants_invited",
];

/// The fields that hold a file with its size, and the media type where Telegram does not say it.
const FILES: &[(&str, &str)] = &[
    ("animation", "video/mp4"),
    ("audio", "audio/mpeg"),
    ("document", "application/octet-stream"),
    ("sticker", "image/webp"),
    ("video", "video/mp4"),
    ("video_note", "video/mp4"),
    ("voice", "audio/ogg"),
];

/// Names are shown on tickets; longer ones are cut.
const MAX_FILE_NAME_CHARS: usize = 128;

/// Returns the Bot API field that holds the content, if it is one that we know.
pub(super) fn kind(message: &Value) -> Option<&'static str> {
    first(CONTENTS, message)
}

/// Returns the event that the message reports, if it is one that says nothing to a shop.
pub(super) fn event(message: &Value) -> Option<&'static str> {
    first(EVENTS, message)
}

/// Returns the files of a message, by name only. An animation is told once, though it also sets `document`.
pub(super) fn attachments(message: &Value) -> Vec<Attachment> {
    // The sizes of a photo are the same picture, the largest last.
    if let Some(photo) = message["photo"].as_array().and_then(|sizes| sizes.last()) {
        return vec![attachment(photo, "photo", "image/jpeg")];
    }
    let file = FILES.iter().find(|(field, _)| message[*field].is_object());
    file.map(|(field, media_type)| attachment(&message[*field], field, media_type)).into_iter().collect()
}

/// Says whether a character may stand in a name that people read beside other text: no control character and none that
/// turns the direction of writing (Unicode UAX #9), by which `gpj.exe` can be made to look like a picture.
pub(super) fn is_plain(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn attachment(file: &Value, field: &str, media_type: &str) -> Attachment {
    let written = file["file_name"].as_str().unwrap_or_default();
    let last = written.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|c| is_plain(*c)).take(MAX_FILE_NAME_CHARS).collect();
    Attachment {
        name: if name.is_empty() { field.to_owned() } else { name },
        content_type: file["mime_type"].as_str().unwrap_or(media_type).to_ascii_lowercase(),
        size: file["file_size"].as_u64().unwrap_or_default(),
    }
}

fn first(names: &[&'static str], message: &Value) -> Option<&'static str> {
    names.iter().copied().find(|name| !message[*name].is_null())
}
