//! Message-IDs that only this installation can make, and that it recognises again.
//!
//! `<ar.i42-answer.0123456789abcdef@shop.example>`: `ar` for an automatic reply, `hr` for a human's; then the outbound
//! key; then 16 hex digits of an HMAC-SHA-256 over both. The id is a function of the outbound key, so every attempt to
//! send carries the same id, and a forged one is told from ours without a look into the store.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The number of hex digits kept of the HMAC: 64 bits, out of reach for guessing by mail.
const TAG_DIGITS: usize = 16;

/// The secret of one installation, made at first start and kept in the store.
#[derive(Clone, PartialEq, Eq)]
pub struct InstanceKey([u8; 32]);

impl std::fmt::Debug for InstanceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InstanceKey(…)")
    }
}

/// Who is behind an outgoing message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A rule: ack, ask or answer.
    Automatic,
    /// A person.
    Human,
}

/// One of our own ids, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnId {
    /// Whether a rule or a person wrote the message.
    pub origin: Origin,
    /// The outbound key inside the id.
    pub key: String,
}

impl InstanceKey {
    /// Wraps the secret bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// Returns the public name of this installation, used in `X-Loop`.
    pub fn instance_name(&self) -> String {
        self.tag("instance")
    }

    /// Returns the Message-ID, without angle brackets, of the outbound message with that key.
    pub fn message_id(&self, origin: Origin, key: &str, domain: &str) -> String {
        let head = format!("{}.{key}", prefix(origin));
        let tag = self.tag(&head);
        format!("{head}.{tag}@{domain}")
    }

    /// Returns the parts of a Message-ID if this installation made it, whatever its domain.
    pub fn verify(&self, message_id: &str) -> Option<OwnId> {
        let message_id = message_id.trim().trim_start_matches('<').trim_end_matches('>');
        let (local, _) = message_id.rsplit_once('@')?;
        let (head, tag) = local.rsplit_once('.')?;
        let (prefix, key) = head.split_once('.')?;
        let origin = match prefix {
            "ar" => Origin::Automatic,
            "hr" => Origin::Human,
            _ => return None,
        };
        // Some servers change the case of ids; the tag is hex, so case carries nothing.
        (self.tag(head) == tag.to_ascii_lowercase()).then(|| OwnId { origin, key: key.to_owned() })
    }

    /// Returns what stands for an address where the address itself must not be kept: the same for the same address, and of no
    /// use without this key.
    pub fn pseudonym(&self, address_key: &str) -> String {
        self.tag(&format!("address {address_key}"))
    }

    fn tag(&self, head: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(head.as_bytes());
        hex(&mac.finalize().into_bytes()[..TAG_DIGITS / 2])
    }
}

/// Returns bytes as lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn prefix(origin: Origin) -> &'static str {
    match origin {
        Origin::Automatic => "ar",
        Origin::Human => "hr",
    }
}
