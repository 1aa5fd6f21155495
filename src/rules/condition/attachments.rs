//! `attachments: present`: what came along with the message.

use crate::{
    diagnostic::yaml::Node,
    model::inbound::Attachment,
    rules::condition::{Condition, Kind, Place, ReadCondition, Scene, words},
};

pub(super) const KIND: Kind = Kind {
    name: "attachments",
    summary: "Files came along (`present`), none did (`absent`), or at least one of these kinds did: `image`, `video`, \
              `audio`, `pdf`, `document`, `archive`, `other`.",
    example: "[image, video]",
    read,
};

const WORDS: &[&str] = &["present", "absent", "image", "video", "audio", "pdf", "document", "archive", "other"];

/// Kinds by the beginning of the media type, the ending of the name where senders declare anything.
const FILES: &[(&str, &[&str], &[&str])] = &[
    ("image", &["image/"], &["jpg", "jpeg", "png", "gif", "webp", "heic", "bmp"]),
    ("video", &["video/"], &["mp4", "mov", "avi", "mkv", "webm", "3gp"]),
    ("audio", &["audio/"], &["mp3", "m4a", "ogg", "oga", "wav", "amr"]),
    ("pdf", &["application/pdf"], &["pdf"]),
    (
        "document",
        &["text/", "application/msword", "application/rtf", "application/vnd.ms-", "application/vnd.o"],
        &["doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "csv", "txt", "rtf"],
    ),
    (
        "archive",
        &["application/zip", "application/x-7z", "application/x-rar", "application/vnd.rar", "application/gzip"],
        &["zip", "rar", "7z", "gz", "tar"],
    ),
];

/// Words of [`WORDS`].
#[derive(Debug)]
struct Attachments(Vec<&'static str>);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    let word = |written: &str| WORDS.iter().copied().find(|word| *word == written);
    Ok(Box::new(Attachments(words::read(place, node, WORDS, word)?)))
}

/// Says what a file is: by its media type, and where that says nothing by the ending of its name.
fn kind(file: &Attachment) -> &'static str {
    let by_type = FILES.iter().find(|(_, types, _)| types.iter().any(|start| file.content_type.starts_with(start)));
    let ending = file.name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
    let by_name = || FILES.iter().find(|(_, _, endings)| endings.contains(&ending.as_str()));
    by_type.or_else(by_name).map_or("other", |(kind, _, _)| kind)
}

impl Condition for Attachments {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        let files = scene.moment.attachments;
        Some(self.0.iter().any(|word| match *word {
            "present" => !files.is_empty(),
            "absent" => files.is_empty(),
            wanted => files.iter().any(|file| kind(file) == wanted),
        }))
    }

    fn wanted(&self) -> String {
        format!("attachments {}", words::either(&self.0))
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        let mut kinds: Vec<&str> = scene.moment.attachments.iter().map(kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.is_empty() { "no attachment".to_owned() } else { format!("attachments {}", kinds.join(", ")) }
    }
}
