//! Mails as buyers write them, and a look at mails as they arrive.

use std::sync::atomic::{AtomicU32, Ordering};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{Timestamp, fmt::rfc2822};
use mail_parser::MessageParser;

use super::{post::SHOP, smtp_relay::Relayed};

/// A mail to the shop.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// `From`, an address.
    pub(crate) from: String,
    /// `From`, a name.
    pub(crate) name: String,
    /// `Subject`.
    pub(crate) subject: String,
    /// Message-ID with its brackets; a new one for each letter.
    pub(crate) id: String,
    /// More header lines, such as `In-Reply-To: <…>`.
    pub(crate) more: Vec<String>,
    /// The text.
    pub(crate) text: String,
}

impl Letter {
    /// A mail of a person who writes for the first time.
    pub(crate) fn new(from: &str, subject: &str, text: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let stamp = Timestamp::now().as_microsecond();
        Self {
            from: from.to_owned(),
            name: "Anna Berg".to_owned(),
            subject: subject.to_owned(),
            id: format!("<{stamp}.{number}@mua.example.net>"),
            more: Vec::new(),
            text: text.to_owned(),
        }
    }

    /// The answer that a person's mail program makes of a mail of ours: quoted below, in the thread.
    pub(crate) fn answering(from: &str, mail: &Relayed, text: &str) -> Self {
        let id = header(mail, "Message-ID").expect("our mails carry an id");
        let references = header(mail, "References").unwrap_or_default();
        let subject = subject(mail);
        let quoted: Vec<String> = text_of(mail).lines().map(|line| format!("> {line}")).collect();
        let text = format!("{text}\n\nOn Sat, Nov 21, 2026 at 10:00 AM Blue Lantern wrote:\n{}", quoted.join("\n"));
        let mut letter = Self::new(from, &subject, &text);
        letter.more = vec![format!("In-Reply-To: {id}"), format!("References: {references} {id}")];
        letter
    }

    /// Adds a header line.
    pub(crate) fn with(mut self, line: &str) -> Self {
        self.more.push(line.to_owned());
        self
    }

    /// Returns the whole mail, lines ending in LF.
    pub(crate) fn raw(&self) -> String {
        let date = now();
        let more = self.more.iter().fold(String::new(), |lines, line| lines + line + "\n");
        format!(
            "From: {} <{}>\nTo: Blue Lantern <{SHOP}>\nSubject: {}\nDate: {date}\nMessage-ID: {}\n{more}\
             MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{}\n",
            encoded(&self.name),
            self.from,
            encoded(&self.subject),
            self.id,
            self.text,
        )
    }
}

/// Returns this moment as mails write it.
pub(crate) fn now() -> String {
    rfc2822::to_string(&Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC)).expect("a moment of our era")
}

/// Returns a header field of a mail, unfolded; none if it is missing. Panics if it is there twice.
pub(crate) fn header(mail: &Relayed, name: &str) -> Option<String> {
    let head = mail.data.split("\r\n\r\n").next().unwrap_or_default();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let values: Vec<&str> = unfolded
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .filter(|(field, _)| field.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
        .collect();
    assert!(values.len() < 2, "{name} stands there {} times: {head}", values.len());
    values.first().map(|value| (*value).to_owned())
}

/// Returns the subject, decoded.
pub(crate) fn subject(mail: &Relayed) -> String {
    let parsed = MessageParser::default().parse(mail.data.as_bytes()).expect("our mails can be read");
    parsed.subject().expect("our mails have a subject").to_owned()
}

/// Returns the plain text part, decoded.
pub(crate) fn text_of(mail: &Relayed) -> String {
    let parsed = MessageParser::default().parse(mail.data.as_bytes()).expect("our mails can be read");
    parsed.body_text(0).expect("our mails have a text").into_owned()
}

/// Returns the HTML part, decoded; none if there is none.
pub(crate) fn html_of(mail: &Relayed) -> Option<String> {
    let parsed = MessageParser::default().parse(mail.data.as_bytes()).expect("our mails can be read");
    let part = parsed.html_bodies().find(|part| part.is_text_html())?;
    Some(part.text_contents()?.to_owned())
}

fn encoded(words: &str) -> String {
    if words.is_ascii() { words.to_owned() } else { format!("=?UTF-8?B?{}?=", STANDARD.encode(words)) }
}
