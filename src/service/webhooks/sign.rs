//! How the other side knows that a call is ours: the headers of Standard Webhooks (standardwebhooks.com, version 1).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// What a secret of that standard begins with; base64 follows.
const PREFIX: &str = "whsec_";

/// Shorter keys could be guessed; the standard asks for as many bytes.
const MIN_BYTES: usize = 24;

/// A secret that both sides know. Debug does not print it.
#[derive(Debug, Clone)]
pub struct HookSecret(SecretString);

impl HookSecret {
    /// Takes `whsec_` with the base64 of 24 bytes or more, or any other text of 24 bytes or more; none if it is shorter or
    /// its base64 is broken.
    pub fn new(text: SecretString) -> Option<Self> {
        let long_enough = key(text.expose_secret())?.len() >= MIN_BYTES;
        long_enough.then_some(Self(text))
    }

    /// Returns the value of the header `webhook-signature`.
    pub(super) fn signature(&self, id: &str, timestamp: i64, body: &str) -> String {
        let key = key(self.0.expose_secret()).unwrap_or_default();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of every length");
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

fn key(text: &str) -> Option<Vec<u8>> {
    match text.strip_prefix(PREFIX) {
        Some(encoded) => STANDARD.decode(encoded).ok(),
        None => Some(text.as_bytes().to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::HookSecret;

    #[test]
    fn the_signature_is_that_of_the_standards_own_example() {
        // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
        let secret = HookSecret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()).expect("24 bytes");
        let signature = secret.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_that_could_be_guessed_is_none() {
        assert!(HookSecret::new("hunter2".into()).is_none());
        assert!(HookSecret::new("whsec_aHVudGVyMg==".into()).is_none());
        assert!(HookSecret::new("whsec_%%%".into()).is_none());
        let long = HookSecret::new("a text of more than 24 bytes".into()).expect("long enough");
        assert!(!format!("{long:?}").contains("24 bytes"), "it is not printed");
    }
}
