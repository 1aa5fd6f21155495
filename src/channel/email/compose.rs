//! A letter of ours to the bytes that go over the wire: pure, and the same letter gives the same bytes.
//!
//! What automatic mail must carry so that no other robot answers it, and what a person's mail must not: RFC 3834
//! section 3 and the practice of other desks. Everything that came from a buyer is cleaned before the mail builder sees
//! it, since that one panics on line breaks in names.

use std::time::SystemTime;

use jiff::Timestamp;
use lettre::{
    Address,
    address::Envelope,
    message::{
        Mailbox, Message, MultiPart, SinglePart,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
};
use sha2::{Digest as _, Sha256};

use crate::{
    channel::email::{EnvelopeSender, addresses, headers, ids, verp},
    model::{
        outbound::MailPayload,
        wire_id::{InstanceKey, Origin},
    },
    text::subject,
};

/// Characters of a subject before the ticket tag; RFC 5322 names no limit, clients show 80.
const MAX_SUBJECT: usize = 200;

/// Characters of a display name; a longer one says nothing more.
const MAX_NAME: usize = 100;

/// Ids kept at each end of References; the first names the thread, the last ones our place in it.
const MAX_REFERENCES_EACH_END: usize = 20;

/// Everything a mail is made of.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// The outbound key; fixes Message-ID, boundary and envelope sender.
    pub key: &'a str,
    /// A rule wrote it, not a person.
    pub automatic: bool,
    /// The shop's name.
    pub from_name: &'a str,
    /// The address the buyer wrote to.
    pub from_address: &'a str,
    /// The buyer's display name, as decoded.
    pub to_name: Option<&'a str>,
    /// The buyer's address.
    pub to_address: &'a str,
    /// The buyer's decoded subject, or the reply's own.
    pub subject: &'a str,
    /// The mail we answer; none for a mail that answers nothing.
    pub reply_to: Option<ReplyTo<'a>>,
    /// The ticket to be named in the subject.
    pub ticket: Option<i64>,
    /// The plain text.
    pub text: &'a str,
    /// The same as HTML.
    pub html: Option<&'a str>,
    /// When it was written.
    pub date: Timestamp,
    /// The installation that writes.
    pub instance: &'a InstanceKey,
    /// What to put into `MAIL FROM`.
    pub envelope_sender: EnvelopeSender,
}

/// What threading needs of the mail we answer; ids without angle brackets.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReplyTo<'a> {
    /// Its Message-ID, if it has exactly one.
    pub message_id: Option<&'a str>,
    /// Its References, oldest first.
    pub references: &'a [String],
    /// Its In-Reply-To.
    pub in_reply_to: &'a [String],
}

/// Why a letter cannot become a mail; always a matter for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// The address cannot be written into a mail.
    #[error("`{address}` is not an address mail can be sent to")]
    NotAnAddress {
        /// As found.
        address: String,
    },
    /// The address needs SMTPUTF8, which few servers take.
    #[error("`{address}` has letters beyond ASCII: write to it by hand, from a mailbox whose server speaks SMTPUTF8")]
    NotAscii {
        /// As found.
        address: String,
    },
    /// The mail builder refused.
    #[error("could not build the mail: {0}")]
    Builder(String),
}

/// Builds the mail.
pub fn compose(letter: &Letter<'_>) -> Result<MailPayload, ComposeError> {
    build(letter, "auto-replied", None)
}

/// Builds a mail to a person of the shop that nobody asked for (RFC 3834 section 5.2), whose answers go to an address of
/// its own; none if it takes no answers.
pub fn notice(letter: &Letter<'_>, answers_to: Option<&str>) -> Result<MailPayload, ComposeError> {
    build(letter, "auto-generated", answers_to)
}

fn build(letter: &Letter<'_>, submitted: &str, answers_to: Option<&str>) -> Result<MailPayload, ComposeError> {
    let from = mailbox(Some(letter.from_name), letter.from_address)?;
    let to = mailbox(letter.to_name, letter.to_address)?;
    let origin = if letter.automatic { Origin::Automatic } else { Origin::Human };
    let domain = letter.from_address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let message_id = letter.instance.message_id(origin, letter.key, domain);

    let envelope_from = verp::sender(from.email.as_ref(), letter.envelope_sender, letter.instance, origin, letter.key);
    let envelope_to = to.email.to_string();
    // Given, because the builder would read the addresses back from the header and refuse quoted ones.
    let envelope =
        Envelope::new(None, vec![to.email.clone()]).map_err(|error| ComposeError::Builder(error.to_string()))?;

    let mut builder = Message::builder()
        .envelope(envelope)
        .from(from)
        .to(to)
        .subject(subject_line(letter))
        .date(SystemTime::from(letter.date))
        .message_id(Some(format!("<{message_id}>")));
    if let Some(parent) =
        letter.reply_to.as_ref().and_then(|parent| parent.message_id).filter(|id| ids::is_repeatable(id))
    {
        builder = builder.in_reply_to(format!("<{parent}>"));
    }
    if let Some(references) = letter.reply_to.as_ref().and_then(references) {
        builder = builder.references(references);
    }
    if let Some(address) = answers_to {
        builder = builder.reply_to(mailbox(Some(letter.from_name), address)?);
    }
    if letter.automatic {
        builder = builder
            .header(AutoSubmitted(submitted.to_owned()))
            .header(AutoResponseSuppress("All".to_owned()))
            .header(Precedence("bulk".to_owned()))
            .header(Loop(letter.instance.instance_name()));
    }
    let text = body_text(letter.text);
    let plain = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(wire_text(&text));
    let built = match letter.html {
        Some(html) => {
            let html = SinglePart::builder().header(ContentType::TEXT_HTML).body(wire_text(&body_text(html)));
            let alternative = MultiPart::alternative().boundary(boundary(letter)).singlepart(plain).singlepart(html);
            builder.multipart(alternative)
        }
        None => builder.singlepart(plain),
    };
    let message = built.map_err(|error| ComposeError::Builder(error.to_string()))?;
    Ok(MailPayload { envelope_from, envelope_to, message_id, bytes: message.formatted(), text })
}

macro_rules! text_header {
    ($name:ident, $field:literal) => {
        #[derive(Clone)]
        struct $name(String);

        impl Header for $name {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($field)
            }

            fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self(value.to_owned()))
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), self.0.clone())
            }
        }
    };
}

// RFC 3834 section 5.
text_header!(AutoSubmitted, "Auto-Submitted");
// MS-OXCMAIL: Exchange and many desks honor it.
text_header!(AutoResponseSuppress, "X-Auto-Response-Suppress");
// RFC 3834 section 3.1.8; the only field some old responders know.
text_header!(Precedence, "Precedence");
// Tells our own mail when it comes back.
text_header!(Loop, "X-Loop");

fn mailbox(name: Option<&str>, address: &str) -> Result<Mailbox, ComposeError> {
    let address = address.trim();
    if !address.is_ascii() {
        return Err(ComposeError::NotAscii { address: headers::clean(address, MAX_NAME) });
    }
    let refused = || ComposeError::NotAnAddress { address: headers::clean(address, MAX_NAME) };
    if !addresses::is_real(address) {
        return Err(refused());
    }
    let (local, domain) = address.rsplit_once('@').ok_or_else(refused)?;
    let email = match Address::new(local, domain) {
        Ok(email) => email,
        // Old Japanese phones: two dots in a row or one at the end are right there, but must be quoted on the wire.
        Err(_) if is_dotted_atom(local) => Address::new_dangerous(format!("\"{local}\""), domain),
        Err(_) => return Err(refused()),
    };
    let name = name.map(|name| headers::clean(name, MAX_NAME)).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, email))
}

/// Nothing but atom characters and dots (RFC 5322 section 3.2.3), so that quoting it needs no escape.
fn is_dotted_atom(local: &str) -> bool {
    local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&byte))
}

fn subject_line(letter: &Letter<'_>) -> String {
    let cleaned = headers::clean(letter.subject, usize::MAX);
    let mut line = String::new();
    let words = if letter.reply_to.is_some() {
        line.push_str("Re:");
        subject::without_ticket_tags(subject::bare(&cleaned))
    } else {
        subject::without_ticket_tags(&cleaned)
    };
    let words = headers::clean(&words, MAX_SUBJECT);
    for part in [Some(words), letter.ticket.map(|ticket| format!("[#{ticket}]"))].into_iter().flatten() {
        if !line.is_empty() && !part.is_empty() {
            line.push(' ');
        }
        line.push_str(&part);
    }
    line
}

/// RFC 5322 section 3.6.4: the parent's References, or its In-Reply-To if that holds one id, and the parent's id.
fn references(parent: &ReplyTo<'_>) -> Option<String> {
    let ancestors = match (parent.references, parent.in_reply_to) {
        ([], [only]) => std::slice::from_ref(only),
        (references, _) => references,
    };
    let parent_id = parent.message_id.filter(|id| ids::is_repeatable(id));
    let mut all: Vec<&str> = ancestors
        .iter()
        .map(String::as_str)
        .filter(|id| ids::is_repeatable(id) && Some(*id) != parent_id)
        .chain(parent_id)
        .collect();
    if all.len() > 2 * MAX_REFERENCES_EACH_END {
        let tail = all.split_off(all.len() - MAX_REFERENCES_EACH_END);
        all.truncate(MAX_REFERENCES_EACH_END);
        all.extend(tail);
    }
    let listed: Vec<String> = all.iter().map(|id| format!("<{id}>")).collect();
    (!listed.is_empty()).then(|| listed.join(" "))
}

/// LF endings, no control characters beside tab.
fn body_text(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn wire_text(text: &str) -> String {
    text.replace('\n', "\r\n")
}

/// A boundary that neither part can contain by accident and nobody can guess from outside.
fn boundary(letter: &Letter<'_>) -> String {
    let mut hash = Sha256::new();
    hash.update(letter.instance.instance_name().as_bytes());
    hash.update([0]);
    hash.update(letter.key.as_bytes());
    hash.finalize().iter().take(15).fold("=_".to_owned(), |boundary, byte| format!("{boundary}{byte:02x}"))
}
