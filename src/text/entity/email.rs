//! E-mail addresses; value in lower case.
//!
//! Folding keeps an address whole, so a word with `@` and a host name is one. Whether it can receive mail is not asked.

use crate::{model::verdict::EntityFound, text::entity::passage::Passage};

/// The kind's name.
pub const KIND: &str = "email";

/// Longest address (RFC 5321 section 4.5.3.1.3: a path of 256 octets with its brackets).
const MAX_BYTES: usize = 254;

/// Returns the addresses in a text, in order.
pub fn find(passage: &Passage<'_>) -> Vec<EntityFound> {
    let addresses = (0..passage.len()).filter(|at| is_address(passage.form(*at)));
    addresses.map(|at| passage.found(KIND, passage.form(at).to_owned(), at..at + 1)).collect()
}

fn is_address(word: &str) -> bool {
    let Some((local, host)) = word.split_once('@') else { return false };
    let Some((_, ending)) = host.rsplit_once('.') else { return false };
    let label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    word.len() <= MAX_BYTES
        && !local.is_empty()
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && host.split('.').all(label)
        && ending.len() >= 2
        && ending.bytes().all(|byte| byte.is_ascii_lowercase())
}
