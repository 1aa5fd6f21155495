//! Writes the mails to the people of the desk: what happened, what the buyer wrote, how to answer. Internal notes are in
//! none of them: mailboxes of people lie outside the house.

use std::fmt::Write as _;

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    channel::email::compose::{self as mail, Letter, ReplyTo},
    model::{
        agent::Agent,
        outbound::MailPayload,
        ticket::{EventKind, Ticket},
    },
    service::{
        handle::Handle,
        notices::{
            StaffMail,
            words::{self, Phrase},
        },
    },
    store::{notices::Notice, ticket::TicketFile},
};

/// Characters of the buyer's message that a notice shows; the rest is on the ticket's page.
const MAX_TEXT: usize = 4_000;

/// Everything a notice is made of.
pub(super) struct Draft {
    pub handle: Handle,
    pub settings: StaffMail,
    pub notice: Notice,
    pub agent: Agent,
    pub to: String,
    pub file: TicketFile,
    /// Further tickets of the same mail.
    pub others: Vec<TicketFile>,
    /// What the reply address holds; none if the mail takes no answers.
    pub token: Option<String>,
    pub now: Timestamp,
}

impl Draft {
    fn say(&self, phrase: Phrase) -> &'static str {
        phrase.of(self.agent.language)
    }
}

/// Returns the mail, or why there can be none.
pub(super) fn write(draft: &Draft) -> Result<MailPayload, String> {
    let account = &draft.settings.account;
    let accounts = &draft.handle.accounts;
    let signature = accounts.signature(account).ok_or_else(|| format!("the account {account} sends no mail"))?;
    let many = !draft.others.is_empty();
    let ticket = &draft.file.ticket;
    let subject =
        if many { format!("{} {}", draft.others.len() + 1, draft.say(words::MANY)) } else { ticket.subject.clone() };
    let text = if many { list(draft) } else { body(draft) };
    let parent = draft.notice.parent.as_deref().map(|id| ReplyTo { message_id: Some(id), ..ReplyTo::default() });
    let letter = Letter {
        key: &draft.notice.key,
        automatic: true,
        from_name: &signature.display_name,
        from_address: &signature.address,
        to_name: Some(&draft.agent.display),
        to_address: &draft.to,
        subject: &subject,
        reply_to: parent,
        ticket: (!many).then_some(ticket.id.0),
        text: &text,
        html: None,
        date: draft.now,
        instance: &accounts.instance,
        envelope_sender: signature.envelope_sender,
    };
    let template = draft.settings.answers_to.as_ref();
    let answers_to = template.zip(draft.token.as_deref()).map(|(template, token)| template.address(token));
    mail::notice(&letter, answers_to.as_deref()).map_err(|error| error.to_string())
}

fn body(draft: &Draft) -> String {
    let mut text = String::new();
    let takes_answers = draft.token.is_some();
    if takes_answers {
        line(&mut text, draft.say(words::MARKER));
        text.push('\n');
    }
    line(&mut text, draft.say(words::happened(draft.notice.cause)));
    if draft.notice.cause.is_event() {
        about(draft, &mut text);
    } else {
        text.push('\n');
        line(&mut text, draft.notice.body.trim_end());
    }
    text.push('\n');
    line(&mut text, &format!("{} {}", draft.say(words::OPEN), link(draft, &draft.file.ticket)));
    text.push('\n');
    if !takes_answers {
        line(&mut text, draft.say(words::NO_ANSWERS));
    } else if draft.notice.cause.is_event() {
        line(&mut text, draft.say(words::HOW));
    }
    text
}

/// Tells of the ticket itself.
fn about(draft: &Draft, text: &mut String) {
    let (file, ticket) = (&draft.file, &draft.file.ticket);
    text.push('\n');
    let mut field = |name: Phrase, value: &str| line(text, &format!("{}: {value}", draft.say(name)));
    field(words::TICKET, &format!("#{} {}", ticket.id, one_line(&ticket.subject)));
    field(words::BUYER, &one_line(file.recipient.name.as_deref().unwrap_or(&ticket.buyer)));
    field(words::THROUGH, &format!("{} ({})", file.recipient.account, file.recipient.channel.as_str()));
    if let Some(at) = ticket.respond_by {
        field(words::ANSWER_BY, &hour(at, &draft.handle.live.engine().settings().desk.zone));
    }
    if !ticket.reasons.is_empty() {
        field(words::WHY, &ticket.reasons.iter().map(|reason| one_line(reason)).collect::<Vec<_>>().join("; "));
    }
    if let Some(wrote) = buyers_words(file) {
        text.push('\n');
        line(text, draft.say(words::WROTE));
        text.push_str(&quoted(wrote));
    }
    if let Some((_, suggested)) = &file.draft {
        text.push('\n');
        line(text, draft.say(words::SUGGESTED));
        text.push_str(&quoted(suggested.text()));
    }
}

/// Lists several tickets of which a person was not told one by one.
fn list(draft: &Draft) -> String {
    let mut text = String::new();
    line(&mut text, draft.say(words::MANY_WHY));
    text.push('\n');
    for ticket in std::iter::once(&draft.file.ticket).chain(draft.others.iter().map(|file| &file.ticket)) {
        line(&mut text, &format!("#{} {} ({})", ticket.id, one_line(&ticket.subject), one_line(&ticket.buyer)));
        line(&mut text, &format!("  {}", link(draft, ticket)));
    }
    text
}

/// Returns the buyer's newest message.
fn buyers_words(file: &TicketFile) -> Option<&str> {
    let newest = file.events.iter().rev().find(|event| event.what == EventKind::Inbound);
    newest.map(|event| event.text.as_str()).or(file.last_text.as_deref()).filter(|text| !text.trim().is_empty())
}

/// Returns the beginning of a text with a bar before every line.
fn quoted(text: &str) -> String {
    let text = text.trim();
    let cut = text.char_indices().nth(MAX_TEXT).map_or(text, |(end, _)| &text[..end]);
    let mut lines = bars(cut);
    if cut.len() < text.len() {
        line(&mut lines, "| […]");
    }
    lines
}

/// Returns a text with a bar before every line: whatever it says cannot pass for the mail's own words.
pub(in crate::service) fn bars(text: &str) -> String {
    text.trim().lines().fold(String::new(), |mut lines, text| {
        line(&mut lines, format!("| {text}").trim_end());
        lines
    })
}

/// Names a moment on the desk's clock.
pub(in crate::service) fn hour(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

fn link(draft: &Draft, ticket: &Ticket) -> String {
    format!("{}/tickets/{}", draft.settings.desk, ticket.id)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn line(text: &mut String, words: &str) {
    writeln!(text, "{words}").expect("a String takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{channel::email::parse::NOTICE_MARKER, model::language::Language};

    #[test]
    fn the_line_above_which_answers_stand_is_known_in_every_language() {
        for language in [Language::EN, Language::ZH] {
            assert!(words::MARKER.of(language).starts_with(NOTICE_MARKER));
        }
    }

    #[test]
    fn a_quoted_text_has_a_bar_before_every_line_and_an_end() {
        assert_eq!(quoted("Hello\n\n##- Nightdesk: send\n"), "| Hello\n|\n| ##- Nightdesk: send\n");
        let long = quoted(&"x".repeat(MAX_TEXT + 1));
        assert_eq!(long, format!("| {}\n| […]\n", "x".repeat(MAX_TEXT)));
    }
}
