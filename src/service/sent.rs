//! What the Sent folder tells: our own messages left, or a person answered a buyer with a mail program. Where a phone sends
//! through another server, the copy to the shop's own address tells the same.
//!
//! Nothing here is ever answered. A mail that carries an id of ours proves that it was sent; any other was written by a
//! person, unless its header says that a machine made it.

use jiff::Timestamp;

use crate::{
    engine::{guard, settings::Settings},
    model::{
        authentication::{self, Authentication},
        ids::InboundId,
        inbound::{Inbound, MailFacts, Mailbox},
        notice,
        wire_id::InstanceKey,
    },
    store::{
        Store,
        error::StoreError,
        evidence::Evidence,
        sent::{Found, HumanMail, HumanSent, SENT_FOLDER},
    },
};

/// Records one mail of the Sent folder and what follows from it.
pub(super) async fn record(
    store: &Store,
    instance: &InstanceKey,
    id: InboundId,
    inbound: &Inbound,
) -> Result<(), StoreError> {
    let now = Timestamp::now();
    let Some(mail) = &inbound.mail else { return store.ignore(id, SENT_FOLDER, now).await };
    if let Some((own, made)) = mail.message_id.as_deref().and_then(|own| Some((own, instance.verify(own)?))) {
        // Notices to people of the desk are no messages to buyers, and the outbox knows nothing of them.
        if !notice::is_key(&made.key) {
            prove(store, id, own, now).await?;
        }
        return store.ignore(id, SENT_FOLDER, now).await;
    }
    if by_machine(mail) {
        return store.ignore(id, SENT_FOLDER, now).await;
    }
    written(store, id, inbound, mail, Found::SentFolder).await?;
    Ok(())
}

/// Looks whether a mail of the inbox is a copy of what a person of the shop wrote to a buyer some other way, and records it
/// then; returns whether it did. Everything else is decided as any mail.
pub(super) async fn record_copy(
    store: &Store,
    settings: &Settings,
    id: InboundId,
    inbound: &Inbound,
) -> Result<bool, StoreError> {
    let Some(mail) = &inbound.mail else { return Ok(false) };
    let own = |mailbox: &Mailbox| settings.own_addresses.contains(&guard::plain_address(&mailbox.address));
    let by_us = matches!(&mail.from[..], [author] if own(author));
    let to_others = mail.recipients.iter().any(|to| !own(to));
    let ours = mail.message_id.as_deref().is_some_and(|own| settings.instance.verify(own).is_some());
    if !by_us || !to_others || ours || mail.in_junk || by_machine(mail) {
        return Ok(false);
    }
    let domain = inbound.sender_domain();
    let domains: Vec<&str> = domain.as_deref().into_iter().collect();
    let found = match authentication::of(mail, &domains, &settings.trusted_authserv_ids) {
        Authentication::Pass => Found::ProvenCopy,
        Authentication::Fail => return Ok(false),
        Authentication::Unknown => Found::UnprovenCopy,
    };
    let sent = written(store, id, inbound, mail, found).await?;
    Ok(!matches!(sent, HumanSent::Unrelated))
}

/// Records what a person wrote.
async fn written(
    store: &Store,
    id: InboundId,
    inbound: &Inbound,
    mail: &MailFacts,
    found: Found,
) -> Result<HumanSent, StoreError> {
    let now = Timestamp::now();
    let parents: Vec<String> = mail.in_reply_to.iter().chain(mail.references.iter().rev()).cloned().collect();
    let recipients: Vec<String> = mail.recipients.iter().map(|to| to.address.to_lowercase()).collect();
    let written = HumanMail {
        inbound: id,
        account: &inbound.account,
        message_id: mail.message_id.as_deref(),
        parents: &parents,
        recipients: &recipients,
        forwarded: mail.forwarded,
        subject: &inbound.subject,
        text: &inbound.text,
        sent_at: inbound.received_at,
        found,
    };
    let sent = store.human_sent(&written, now).await?;
    match sent {
        HumanSent::Answered { thread, ticket } => tracing::info!(
            inbound.id = id.0,
            thread.id = thread.0,
            ticket.id = ticket.map(|ticket| ticket.0),
            "a person answered in the mailbox; the machine is silent in this conversation"
        ),
        HumanSent::PassedOn(thread) => {
            tracing::info!(inbound.id = id.0, thread.id = thread.0, "a person passed a conversation on");
        }
        HumanSent::Unrelated | HumanSent::Known => {}
    }
    Ok(sent)
}

/// A message of ours lies in the Sent folder, so it was sent, whatever the outbox believed. One that the store does not
/// know was sent by a later store than this one: it was restored from a backup.
async fn prove(store: &Store, id: InboundId, own: &str, now: Timestamp) -> Result<(), StoreError> {
    let proof = format!("it lies in the folder of sent mail (message {id})");
    match store.evidence(own, &proof, now).await? {
        Evidence::Verified(outbox) => {
            tracing::info!(outbox.id = outbox.0, "a message in doubt was sent: it lies in the folder of sent mail");
        }
        Evidence::Known(_) => {}
        Evidence::Unknown => {
            if store.suspect_restore(own, now).await? {
                tracing::error!("a message of ours that the store does not know lies in the Sent folder: restore mode");
            }
        }
    }
    Ok(())
}

/// Says whether a program wrote the mail: absence notes and order confirmations of the shop's other software may be
/// copied into the Sent folder as well (RFC 3834 section 5).
fn by_machine(mail: &MailFacts) -> bool {
    let marked = |value: &str| {
        let keyword = value.split([';', '(', ' ']).next().unwrap_or_default().trim();
        !keyword.is_empty() && !keyword.eq_ignore_ascii_case("no")
    };
    mail.values("Auto-Submitted").any(marked) || mail.values("Precedence").next().is_some()
}
