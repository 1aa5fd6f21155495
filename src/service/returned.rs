//! What mails from outside prove about messages of ours: that they left, or that they came back.

use jiff::Timestamp;

use crate::{
    channel::email,
    model::{
        ids::InboundId,
        inbound::{Inbound, MailFacts},
        verdict::{GuardAction, Verdict},
    },
    service::intake::Intake,
    store::error::StoreError,
    store::evidence::Evidence,
};

impl Intake {
    /// A mail that knows the id of a message of ours proves that this message has left: an answer to it, or a report of
    /// any kind about it, failures too. Said again when the mail is decided again, which changes nothing.
    pub(super) async fn take_evidence(&self, id: InboundId, inbound: &Inbound, raw: &[u8]) -> Result<(), StoreError> {
        let Some(mail) = &inbound.mail else { return Ok(()) };
        let proof = format!("the message {id} from outside knows it");
        for message_id in self.own_messages(mail, raw) {
            if let Evidence::Verified(outbox) = self.store.evidence(&message_id, &proof, Timestamp::now()).await? {
                tracing::info!(
                    inbound.id = id.0,
                    outbox.id = outbox.0,
                    "a message in doubt was sent: a mail speaks of it"
                );
            }
        }
        Ok(())
    }

    /// Marks the message that came back, if the mail is a report of a failure and proves that it speaks of one of ours: by
    /// the address it was sent to, or by the id it answers. Absence notes and receipts come from the null sender as well
    /// and mark nothing.
    pub(super) async fn note_bounce(
        &self,
        id: InboundId,
        inbound: &Inbound,
        raw: &[u8],
        verdict: &Verdict,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // Another guard may have a person look at the report all the same: it says it comes from a marketplace, say.
        let bounce = verdict.guards.iter().any(|guard| guard.action == GuardAction::Bounce);
        let Some(mail) = inbound.mail.as_ref().filter(|_| bounce) else { return Ok(()) };
        let Some(report) = email::report::failure(raw) else { return Ok(()) };
        let Some(message_id) = self.own_messages(mail, raw).into_iter().next() else { return Ok(()) };
        let words = report.diagnostic.unwrap_or_default();
        let reason = format!("It could not be delivered: {} {words}", report.status);
        self.store.bounced(id, &message_id, reason.trim_end(), now).await?;
        Ok(())
    }

    /// Returns the Message-IDs of ours that a mail proves to know, the surest first: of the address it was sent to, then
    /// those it refers to, then those of a message it returns.
    pub(super) fn own_messages(&self, mail: &MailFacts, raw: &[u8]) -> Vec<String> {
        let instance = &self.accounts.instance;
        let delivered = ["Delivered-To", "X-Original-To", "Envelope-To"].into_iter().flat_map(|name| mail.values(name));
        let addresses = mail.recipients.iter().map(|mailbox| mailbox.address.as_str()).chain(delivered);
        let by_address = addresses.filter_map(|address| {
            let own = email::verp::bounced(address, instance)?;
            let (_, domain) = address.rsplit_once('@')?;
            Some(instance.message_id(own.origin, &own.key, domain))
        });
        // Only reports are looked into: the raw bytes of any other mail may be large, and quote whatever they like.
        let is_report = mail.values("Content-Type").any(|kind| kind.to_ascii_lowercase().contains("multipart/report"));
        let returned = if is_report { email::report::returned_ids(raw) } else { Vec::new() };
        let named = mail.references.iter().chain(&mail.in_reply_to).cloned().chain(returned);
        let mut own: Vec<String> = Vec::new();
        for id in by_address.chain(named.filter(|id| instance.verify(id).is_some())) {
            if !own.contains(&id) {
                own.push(id);
            }
        }
        own
    }
}
