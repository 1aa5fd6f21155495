//! From words to an outgoing message: who signs it, to whom it goes, and its bytes, fixed for all attempts.

use jiff::Timestamp;

use crate::{
    channel::{
        email::{
            compose::{self as mail, Letter, ReplyTo},
            profile,
        },
        telegram::compose as telegram,
    },
    model::{
        ids::{IntentId, ReplyId, TicketId},
        inbound::{Inbound, MailFacts, Mailbox},
        outbound::{NewOutbound, OutboundKind, Payload},
        profile::Objection,
    },
    service::accounts::Accounts,
};

/// What is to be said in answer to a message.
#[derive(Debug, Clone)]
pub(super) struct Words<'a> {
    /// The unique key of the outbound row; chat messages that need several parts get a suffix.
    pub key: String,
    /// What it is to the buyer.
    pub kind: OutboundKind,
    /// The ticket, if a person answers.
    pub ticket: Option<TicketId>,
    /// The intents it speaks to.
    pub intents: Vec<IntentId>,
    /// The replies it is made of.
    pub replies: Vec<ReplyId>,
    /// The subject, if not the buyer's.
    pub subject: Option<&'a str>,
    /// Plain text.
    pub text: &'a str,
    /// HTML for mail.
    pub html: Option<&'a str>,
}

/// Why a message cannot be put on its way.
#[derive(Debug, thiserror::Error)]
pub enum OutgoingError {
    /// Nobody to answer.
    #[error("the message has no usable sender to answer")]
    NoRecipient,
    /// The account is gone.
    #[error("the account {0} is not configured any more")]
    NoAccount(crate::model::ids::AccountName),
    /// It cannot be written as a mail.
    #[error("the mail cannot be composed: {0}")]
    Mail(#[from] mail::ComposeError),
    /// It cannot be written as chat messages.
    #[error("the chat message cannot be composed: {0}")]
    Telegram(#[from] telegram::ComposeError),
    /// The marketplace does not take it.
    #[error(
        "{marketplace} does not take it: {}; take that out, or change what its profile forbids (docs/marketplaces.md)",
        .objections.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Forbidden {
        /// Its title.
        marketplace: String,
        /// What of the text it does not take.
        objections: Vec<Objection>,
    },
    /// A person's chat message is one message.
    #[error("the text is longer than one chat message may be; send it in parts")]
    TooLong,
}

/// Returns the outbound rows for an answer to that message: one mail, or one row per part of a long chat message.
pub(super) fn compose(
    accounts: &Accounts,
    inbound: &Inbound,
    words: &Words<'_>,
    now: Timestamp,
) -> Result<Vec<NewOutbound>, OutgoingError> {
    let payloads = match (&inbound.telegram, &inbound.mail) {
        (Some(facts), _) => telegram::compose(facts, words.text)?.into_iter().map(Payload::Telegram).collect(),
        (None, Some(facts)) => vec![letter(accounts, inbound, facts, words, now)?],
        (None, None) => return Err(OutgoingError::NoRecipient),
    };
    let recipient_key = inbound.sender_key().ok_or(OutgoingError::NoRecipient)?;
    let row = |(index, payload): (usize, Payload)| NewOutbound {
        key: if index == 0 { words.key.clone() } else { format!("{}-{}", words.key, index + 1) },
        account: inbound.account.clone(),
        kind: words.kind,
        human: words.ticket.is_some(),
        recipient_key: recipient_key.clone(),
        recipient_domain: inbound.sender_domain(),
        intents: words.intents.clone(),
        replies: words.replies.clone(),
        payload,
    };
    Ok(payloads.into_iter().enumerate().map(row).collect())
}

fn letter(
    accounts: &Accounts,
    inbound: &Inbound,
    facts: &MailFacts,
    words: &Words<'_>,
    now: Timestamp,
) -> Result<Payload, OutgoingError> {
    let to = author(inbound, facts, words).ok_or(OutgoingError::NoRecipient)?;
    let signature =
        accounts.signature(&inbound.account).ok_or_else(|| OutgoingError::NoAccount(inbound.account.clone()))?;
    let reply_to = ReplyTo {
        message_id: facts.message_id.as_deref(),
        references: &facts.references,
        in_reply_to: &facts.in_reply_to,
    };
    let direct = Letter {
        key: &words.key,
        automatic: words.ticket.is_none(),
        from_name: &signature.display_name,
        from_address: signature.address_for(facts),
        to_name: to.name.as_deref(),
        to_address: &to.address,
        subject: words.subject.unwrap_or(&inbound.subject),
        reply_to: Some(reply_to),
        ticket: words.ticket.map(|ticket| ticket.0),
        text: words.text,
        html: words.html,
        date: now,
        instance: &accounts.instance,
        envelope_sender: signature.envelope_sender,
    };
    let Some(relayed) = inbound.relay.read() else { return Ok(Payload::Mail(mail::compose(&direct)?)) };
    let text = profile::answer(relayed, words.text);
    let draft = words.kind == OutboundKind::Draft;
    let objections = if draft { Vec::new() } else { profile::objections(relayed, &text) };
    if !objections.is_empty() {
        return Err(OutgoingError::Forbidden { marketplace: relayed.profile.title.clone(), objections });
    }
    let letter = profile::addressed(relayed, Letter { text: &text, ..direct });
    Ok(Payload::Mail(mail::compose(&letter)?))
}

/// Returns whom to write to. A machine answers the author only (RFC 3834 section 4); a person's answer goes where the
/// author asks for answers, which is how shop forms name the buyer.
fn author<'m>(inbound: &'m Inbound, facts: &'m MailFacts, words: &Words<'_>) -> Option<&'m Mailbox> {
    // A profile knows who the buyer is, and that is whom the guards have looked at.
    if inbound.relay.read().is_some() {
        return inbound.from.as_ref();
    }
    match facts.reply_to.as_slice() {
        [asked] if words.ticket.is_some() && asked.address.contains('@') => Some(asked),
        _ => inbound.from.as_ref(),
    }
}
