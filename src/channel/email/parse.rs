//! A received mail to an [`Inbound`]: pure, never fails, never panics. What cannot be read becomes a [`Note`], and the
//! rest is filled as well as it can be.
//!
//! The header facts come from our own reader (`headers`, `addresses`, `ids`), the body from `mail-parser` behind the
//! caps of `structure`; quotes and markup go to `text`.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use jiff::Timestamp;
use mail_parser::{
    DateTime, Message, MessageParser, MessagePart, MimeHeaders as _, PartType, decoders::charsets::map::charset_decoder,
};
use sha2::{Digest as _, Sha256};

use crate::{
    channel::email::{
        addresses, flatten, headers, ids,
        profile::{self, Recognized},
        structure,
        structure::Structure,
    },
    model::{
        inbound::{Attachment, ChannelKind, Inbound, MailFacts, Mailbox, Note, ReturnPath},
        profile::{Profiles, Relay},
        receive::{FolderRole, Received},
    },
    text::{html, quote, subject},
};

/// How the line begins above which people of the shop write their answers to notices, in every language.
pub const NOTICE_MARKER: &str = "##- Nightdesk";

/// How the first line of every automatic answer of ours begins, by language of the starter frames. A line that begins so
/// and has text above it is our own answer coming back.
pub const REPLY_MARKERS: &[&str] = &[
    "This is an automatic answer",
    "This is an automatic reply",
    "This is an automated reply",
    "这是自动回复",
    "这是一封自动回复",
    "此邮件为自动回复",
    NOTICE_MARKER,
];

/// Characters kept of a subject.
const MAX_SUBJECT: usize = 1_000;

/// Octets of new text that rules look at; a long customer mail has 4 KB.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;

/// Letters a text/plain part needs to be preferred over the HTML part.
const ENOUGH_LETTERS: usize = 20;

/// Characters kept of an attachment's name.
const MAX_FILE_NAME: usize = 120;

/// Attachments listed.
pub(super) const MAX_ATTACHMENTS: usize = 100;

/// Reads one mail as direct mail, whoever brought it.
pub fn parse(received: &Received) -> Inbound {
    parse_by(received, &Profiles::default(), &BTreeSet::new())
}

/// Reads one mail, by the profile of the marketplace that brought it if one of the `trusted` servers vouches for it.
pub fn parse_by(received: &Received, profiles: &Profiles, trusted: &BTreeSet<String>) -> Inbound {
    let block = headers::split(&received.raw);
    let structure = structure::walk(&received.raw);
    let mut notes = Vec::new();
    let facts = facts(received, &block, &structure);
    let subject = facts.values("Subject").next().map(|value| headers::clean(&headers::decode(value), MAX_SUBJECT));
    let sent_at = facts.values("Date").next().and_then(date);
    let from = addresses::sole_author(facts.values("From"));

    let body = if block.over || structure.over {
        notes.push(Note::TooComplex);
        Body::default()
    } else if block.body >= received.raw.len() && received.size > received.raw.len() as u64 {
        notes.push(Note::TooLarge);
        Body::default()
    } else {
        read_body(&received.raw, block.body, &structure, &mut notes)
    };
    if structure.types.iter().any(|media_type| is_unreadable(media_type)) || has_pgp_message(&body.text) {
        notes.push(Note::Unreadable);
    }
    let mut inbound = Inbound {
        channel: ChannelKind::Email,
        account: received.account.clone(),
        received_at: received.received_at,
        sent_at,
        marketplace: None,
        relay: Relay::None,
        from,
        subject: subject.unwrap_or_default(),
        text: String::new(),
        elided: String::new(),
        body_hash: [0; 32],
        language_hint: None,
        attachments: body.attachments,
        mail: Some(facts),
        telegram: None,
        notes,
    };
    let text = relayed(&mut inbound, body.text, profiles, trusted);
    fill_text(&mut inbound, &text);
    if let Some(relayed) = inbound.relay.read() {
        let elided = format!("{}\n{}", relayed.cut.join("\n"), inbound.elided);
        elided.trim().clone_into(&mut inbound.elided);
    }
    inbound
}

/// Reads a mail by its profile, if it has one; returns the text without what the marketplace wrote.
fn relayed(inbound: &mut Inbound, text: String, profiles: &Profiles, trusted: &BTreeSet<String>) -> String {
    let Some(facts) = &inbound.mail else { return text };
    let author = inbound.from.as_ref();
    let found = match profile::recognize(facts, author, profiles, trusted) {
        Recognized::No => return text,
        Recognized::Unproven(why) => {
            inbound.relay = Relay::Unproven(why);
            return text;
        }
        Recognized::Proven(found) => found,
    };
    let read = profile::read(&found, facts, author, &inbound.subject, &text);
    if read.relayed.notice.is_none() {
        inbound.from.clone_from(&read.relayed.buyer);
    }
    inbound.marketplace = Some(found.profile.name.clone());
    inbound.language_hint = read.language;
    inbound.subject = read.subject;
    inbound.relay = Relay::Read(Box::new(read.relayed));
    read.text
}

fn fill_text(inbound: &mut Inbound, text: &str) {
    let stripped = quote::strip(text, REPLY_MARKERS);
    if stripped.kept_all {
        inbound.notes.push(Note::QuoteKept);
    }
    if let Some(facts) = &mut inbound.mail {
        let has_block = stripped.forwarded || facts.part_types.iter().any(|media_type| media_type == "message/rfc822");
        let is_report = facts.part_types.first().is_some_and(|top| top == "multipart/report");
        facts.forwarded = stripped.forwarded || has_block && !is_report && subject::is_forward(&inbound.subject);
    }
    let (text, cut) = cut(stripped.reply);
    if cut {
        inbound.notes.push(Note::TextCut);
    }
    inbound.body_hash = Sha256::digest(headers::collapse(&text).as_bytes()).into();
    inbound.text = text;
    inbound.elided = self::cut(stripped.elided).0;
}

/// Cuts at the text cap, at a character boundary.
fn cut(mut text: String) -> (String, bool) {
    if text.len() <= MAX_TEXT_BYTES {
        return (text, false);
    }
    text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
    (text, true)
}

fn facts(received: &Received, block: &headers::Block, structure: &Structure) -> MailFacts {
    let mut facts = MailFacts {
        headers: block.fields.clone(),
        part_types: structure.types.clone(),
        calendar_method: structure.calendar_method,
        in_junk: received.role == FolderRole::Junk,
        size: received.size.max(received.raw.len() as u64),
        ..MailFacts::default()
    };
    let return_path = facts.values("Return-Path").next().map(return_path);
    facts.return_path = return_path.unwrap_or(ReturnPath::Absent);
    facts.from = mailboxes(&facts, &["From"]);
    facts.sender = mailboxes(&facts, &["Sender"]).into_iter().next();
    facts.reply_to = mailboxes(&facts, &["Reply-To"]);
    facts.recipients = mailboxes(&facts, &["To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc"]);
    facts.message_id = sole_id(&facts);
    facts.in_reply_to = all_ids(&facts, "In-Reply-To");
    facts.references = all_ids(&facts, "References");
    facts
}

fn mailboxes(facts: &MailFacts, names: &[&str]) -> Vec<Mailbox> {
    names.iter().flat_map(|name| facts.values(name)).flat_map(|value| addresses::parse(value).mailboxes).collect()
}

fn sole_id(facts: &MailFacts) -> Option<String> {
    let mut found = all_ids(facts, "Message-ID");
    if found.len() == 1 { found.pop() } else { None }
}

fn all_ids(facts: &MailFacts, name: &str) -> Vec<String> {
    facts.values(name).flat_map(ids::parse).collect()
}

/// `<>`, an empty field and the forms of `<MAILER-DAEMON>` that some servers write instead are the null sender.
fn return_path(value: &str) -> ReturnPath {
    let list = addresses::parse(value);
    let address = list.mailboxes.first().map_or("", |mailbox| mailbox.address.as_str());
    let local = address.split('@').next().unwrap_or("").trim_matches('"');
    if local.is_empty() || local.eq_ignore_ascii_case("mailer-daemon") {
        return ReturnPath::Null;
    }
    ReturnPath::Address(address.to_owned())
}

fn date(value: &str) -> Option<Timestamp> {
    let parsed = DateTime::parse_rfc822(value).filter(DateTime::is_valid)?;
    Timestamp::from_second(parsed.to_timestamp()).ok()
}

fn is_unreadable(media_type: &str) -> bool {
    matches!(
        media_type,
        "multipart/encrypted" | "application/pkcs7-mime" | "application/x-pkcs7-mime" | "message/partial"
    )
}

fn has_pgp_message(text: &str) -> bool {
    text.contains("-----BEGIN PGP MESSAGE-----")
}

#[derive(Default)]
struct Body {
    text: String,
    attachments: Vec<Attachment>,
}

fn read_body(raw: &[u8], start: usize, structure: &Structure, notes: &mut Vec<Note>) -> Body {
    // The parser promises not to panic, and has (0.11.3, 0.11.5, 0.11.6); a poison message must not stop the desk.
    let flat = flatten::flatten(raw);
    let attempt = catch_unwind(AssertUnwindSafe(|| {
        let message = MessageParser::default().parse(&flat)?;
        let mut found = Vec::new();
        let body = body_of(&message, structure, &mut found);
        Some((body, found))
    }));
    if let Ok(Some((body, found))) = attempt {
        notes.extend(found);
        return body;
    }
    if raw.is_empty() {
        return Body::default();
    }
    notes.push(Note::Unparsable);
    let rest = &raw[start.min(raw.len())..];
    let rest = &rest[..rest.len().min(MAX_TEXT_BYTES)];
    Body { text: String::from_utf8_lossy(rest).into_owned(), attachments: Vec::new() }
}

fn body_of(message: &Message<'_>, structure: &Structure, notes: &mut Vec<Note>) -> Body {
    let plain = joined(message, &message.text_body, |part| match &part.body {
        PartType::Text(text) if is_plain(part) => Some(text),
        _ => None,
    });
    let html = joined(message, &message.html_body, |part| match &part.body {
        PartType::Html(text) => Some(text),
        _ => None,
    });
    let bodies = message.text_body.iter().chain(&message.html_body).filter_map(|id| message.part(*id));
    if bodies.clone().any(has_unknown_charset) || is_garbled(&plain) || is_garbled(&html) {
        notes.push(Note::UnknownCharset);
    }
    if bodies.clone().any(|part| part.is_encoding_problem) {
        notes.push(Note::Unparsable);
    }
    let plain = if plain.is_empty() && html.is_empty() { undivided(message, notes) } else { plain };
    let plain = match structure.flowed {
        Some(delsp) => quote::unflow(&plain, delsp),
        None => plain,
    };
    let text = choose(plain, &html, notes);
    let attachments = message.attachments().take(MAX_ATTACHMENTS).map(attachment).collect();
    Body { text, attachments }
}

/// A multipart whose boundary never comes is one lump of text; better shown as it is than lost.
fn undivided(message: &Message<'_>, notes: &mut Vec<Note>) -> String {
    let is_multipart = |part: &&MessagePart<'_>| {
        part.content_type().is_some_and(|content_type| content_type.ctype().eq_ignore_ascii_case("multipart"))
    };
    match message.parts.first().filter(is_multipart).map(|part| &part.body) {
        Some(PartType::Text(text)) => {
            notes.push(Note::Unparsable);
            text.clone().into_owned()
        }
        _ => String::new(),
    }
}

/// text/plain if it says enough or nothing else is there; many phones send HTML only, many shops' forms a stub.
fn choose(plain: String, html: &str, notes: &mut Vec<Note>) -> String {
    if html.is_empty() || letters(&plain) >= ENOUGH_LETTERS && !is_stub(&plain) {
        return plain;
    }
    let converted = html::to_text(html);
    if letters(&converted.text) == 0 {
        return plain;
    }
    if converted.fallback {
        notes.push(Note::HtmlFallback);
    }
    converted.text
}

/// "Your client does not show HTML" is no text of the customer.
fn is_stub(plain: &str) -> bool {
    const MAX_STUB: usize = 300;
    let lower = plain.trim().to_lowercase();
    lower.len() <= MAX_STUB
        && lower.contains("html")
        && ["view", "support", "display", "client", "unterstützt", "anzeigen", "查看", "不支持"]
            .iter()
            .any(|word| lower.contains(word))
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

fn joined<'m>(
    message: &'m Message<'_>,
    ids: &[u32],
    text: impl Fn(&'m MessagePart<'m>) -> Option<&'m std::borrow::Cow<'m, str>>,
) -> String {
    let mut all = String::new();
    for part in ids.iter().filter_map(|id| message.part(*id)).filter_map(text) {
        if !all.is_empty() {
            all.push('\n');
        }
        all.push_str(part);
    }
    all
}

fn is_plain(part: &MessagePart<'_>) -> bool {
    part.content_type().is_none_or(|content_type| {
        !content_type.ctype().eq_ignore_ascii_case("text")
            || content_type.subtype().is_none_or(|subtype| {
                ["plain", "enriched", "richtext"].iter().any(|known| subtype.eq_ignore_ascii_case(known))
            })
    })
}

fn has_unknown_charset(part: &MessagePart<'_>) -> bool {
    part.content_type().and_then(|content_type| content_type.attribute("charset")).is_some_and(|charset| {
        !charset.is_empty() && charset_decoder(charset.as_bytes()).is_none() && !is_utf8(charset)
    })
}

/// Bytes of an undeclared charset leave replacement characters; a few are a slip, one in ten is not readable.
fn is_garbled(text: &str) -> bool {
    let replaced = text.chars().filter(|c| *c == '\u{FFFD}').count();
    replaced > 0 && replaced * 10 >= letters(text)
}

fn is_utf8(charset: &str) -> bool {
    ["utf-8", "utf8", "us-ascii", "ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known))
}

pub(super) fn attachment(part: &MessagePart<'_>) -> Attachment {
    let content_type = part.content_type().map_or_else(
        || "application/octet-stream".to_owned(),
        |content_type| {
            let subtype = content_type.subtype().unwrap_or("unknown");
            let declared = headers::clean(&format!("{}/{subtype}", content_type.ctype()), MAX_FILE_NAME).to_lowercase();
            flatten::original_type(&declared)
        },
    );
    let is_message = content_type == "message/rfc822" || content_type == "message/global";
    let name = part.attachment_name().map(file_name).filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| if is_message { "message.eml" } else { "file" }.to_owned());
    Attachment { name, content_type, size: part.len() as u64 }
}

/// Keeps the last path component, shown safely; the name is for people and never a path of ours.
fn file_name(declared: &str) -> String {
    let declared = headers::decode(declared);
    let last = declared.rsplit(['/', '\\']).next().unwrap_or("");
    let name = headers::clean(last, MAX_FILE_NAME);
    name.trim_start_matches('.').trim().to_owned()
}
