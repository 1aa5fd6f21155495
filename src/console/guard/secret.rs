//! Secrets that the door makes: sessions, links, tokens. 256 random bits go out, only their SHA-256 stays; nobody can
//! try 2²⁵⁶ of them, so no slow hash is needed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::model::wire_id::hex;

/// Random bytes of a secret.
const BYTES: usize = 32;

/// The system gave no random bytes; without them no secret is made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes: {0}")]
pub struct NoRandomness(pub String);

/// Returns a new secret: 43 characters that stand in an address or a header as they are.
pub fn fresh() -> Result<SecretString, NoRandomness> {
    let mut bytes = [0; BYTES];
    fill(&mut bytes)?;
    Ok(SecretString::from(URL_SAFE_NO_PAD.encode(bytes)))
}

/// Fills a buffer with random bytes of the system.
pub(super) fn fill(bytes: &mut [u8]) -> Result<(), NoRandomness> {
    getrandom::fill(bytes).map_err(|error| NoRandomness(error.to_string()))
}

/// Returns what is kept of a secret.
pub fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// Returns what the forms of a session must bring along. Whoever does not know the session's secret cannot make it, and
/// the secret cannot be read from it.
pub fn form_token(session: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(b"form ");
    digest.update(session.as_bytes());
    hex(&digest.finalize())
}

/// Compares two secrets in a time that tells nothing about where they differ.
pub fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn no_secret_comes_twice_and_each_stands_in_an_address() {
        let (one, other) = (fresh().expect("random"), fresh().expect("random"));
        assert_ne!(one.expose_secret(), other.expose_secret());
        assert_eq!(one.expose_secret().len(), 43);
        assert!(one.expose_secret().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    }

    #[test]
    fn what_forms_bring_along_is_neither_the_secret_nor_what_is_kept_of_it() {
        let token = form_token("s");
        assert!(token != "s" && token != hash("s") && token != form_token("t"));
        assert!(same(&token, &form_token("s")) && !same(&token, "") && !same(&token, &token[1..]));
    }
}
