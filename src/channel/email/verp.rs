//! Envelope senders that name the message they carried (variable envelope return path), so that a bounce which quotes
//! nothing still finds its outbox row, and a forged one does not.

use crate::{
    channel::email::EnvelopeSender,
    model::wire_id::{InstanceKey, Origin, OwnId},
};

/// RFC 5321 section 4.5.3.1.1.
const MAX_LOCAL_PART: usize = 64;

/// Returns the address behind an envelope sender of ours that names a message; none if it names none.
pub fn plain(envelope_sender: &str) -> Option<String> {
    let (local, domain) = envelope_sender.rsplit_once('@')?;
    let (plain, detail) = local.rsplit_once("+b")?;
    detail.contains('-').then(|| format!("{plain}@{domain}"))
}

/// Returns the `MAIL FROM` for the message with that key; the plain address where the detail would not fit.
pub fn sender(address: &str, kind: EnvelopeSender, instance: &InstanceKey, origin: Origin, key: &str) -> String {
    match kind {
        EnvelopeSender::Null => String::new(),
        EnvelopeSender::Same => address.to_owned(),
        EnvelopeSender::Verp => detailed(address, instance, origin, key).unwrap_or_else(|| address.to_owned()),
    }
}

fn detailed(address: &str, instance: &InstanceKey, origin: Origin, key: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let message_id = instance.message_id(origin, key, domain);
    let tag = message_id.rsplit_once('@')?.0.rsplit_once('.')?.1;
    let detailed = format!("{local}+b{key}-{tag}");
    let plain = detailed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-_.".contains(&byte));
    (plain && detailed.len() <= MAX_LOCAL_PART).then(|| format!("{detailed}@{domain}"))
}

/// Returns which message of ours bounced, if this recipient address is an envelope sender of ours.
pub fn bounced(address: &str, instance: &InstanceKey) -> Option<OwnId> {
    let (local, domain) = address.rsplit_once('@')?;
    let (_, detail) = local.rsplit_once("+b")?;
    let (key, tag) = detail.rsplit_once('-')?;
    ["ar", "hr"].iter().find_map(|prefix| instance.verify(&format!("{prefix}.{key}.{tag}@{domain}")))
}
