//! One-time codes of authenticator programs (RFC 6238 over RFC 4226), the picture such a program scans, and the codes for
//! the day the telephone is lost.
//!
//! SHA-1, 30 seconds, six digits: what every program supports. HMAC-SHA-1 is not weakened by SHA-1's collisions.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use qrcodegen::{QrCode, QrCodeEcc};
use secrecy::{ExposeSecret as _, SecretString};
use sha1::Sha1;

use crate::console::guard::secret::{self, NoRandomness};

/// Seconds of one step.
const STEP_SECONDS: i64 = 30;

/// Digits of a code.
const DIGITS: usize = 6;

/// How many steps a clock may be off, in either direction (RFC 6238 section 5.2 recommends one).
const STEPS_OFF: i64 = 1;

/// Bytes of a secret: as many as the hash has (RFC 4226 section 4, R6).
const SECRET_BYTES: usize = 20;

/// How many recovery codes there are.
pub const RECOVERY_CODES: usize = 10;

/// Bytes of a recovery code: 80 bits, out of reach for guessing even with the store in hand.
const RECOVERY_BYTES: usize = 10;

/// White around the picture, in modules (ISO/IEC 18004 asks for four).
const QUIET: i32 = 4;

/// The alphabet of base 32 (RFC 4648 section 6).
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Returns a new secret in base 32, as authenticator programs read it.
pub fn fresh() -> Result<SecretString, NoRandomness> {
    let mut bytes = [0; SECRET_BYTES];
    secret::fill(&mut bytes)?;
    Ok(SecretString::from(base32(&bytes)))
}

/// Returns whether a secret that came back from a form is one that could have been made here.
pub fn is_sound(secret: &SecretString) -> bool {
    bytes_of(secret.expose_secret()).is_some_and(|bytes| bytes.len() == SECRET_BYTES)
}

/// Returns the time step of a code that somebody typed, if it is one of now; blanks in it do not count. Whether the step
/// was used before, the store knows.
pub fn step_of(kept: &SecretString, typed: &str, now: Timestamp) -> Option<i64> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let key = bytes_of(kept.expose_secret())?;
    let here = now.as_second().div_euclid(STEP_SECONDS);
    let mut found = None;
    for step in here - STEPS_OFF..=here + STEPS_OFF {
        // All are computed, so that the time tells nothing.
        if secret::same(&code(&key, step)?, &typed) {
            found = Some(step);
        }
    }
    found
}

/// Returns the code of a step; none only for a time before 1970.
fn code(key: &[u8], step: i64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).ok()?;
    mac.update(&u64::try_from(step).ok()?.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[digest.len() - 1] & 0x0f);
    let four: [u8; 4] = digest.get(offset..offset + 4)?.try_into().ok()?;
    let number = u32::from_be_bytes(four) & 0x7fff_ffff;
    let digits = format!("{number:010}");
    Some(digits[digits.len() - DIGITS..].to_owned())
}

/// Returns the address that hands a secret to an authenticator program.
pub fn address(kept: &SecretString, shop: &str, login: &str) -> String {
    let quoted = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let issuer = quoted(&format!("Nightdesk {shop}"));
    format!(
        "otpauth://totp/{issuer}:{}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
        quoted(login),
        kept.expose_secret()
    )
}

/// Returns an address as a picture: SVG without a style, black on white in dark pages too. None if the address is too
/// long for one.
pub fn picture(address: &str) -> Option<String> {
    let code = QrCode::encode_text(address, QrCodeEcc::Medium).ok()?;
    let side = code.size() + 2 * QUIET;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in 0..code.size() {
            if code.get_module(x, y) {
                let _infallible = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
            }
        }
    }
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" width=\"220\" height=\"220\" \
         shape-rendering=\"crispEdges\" aria-hidden=\"true\"><rect width=\"{side}\" height=\"{side}\" \
         fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>"
    ))
}

/// Returns new recovery codes, as people write them down: `k3mp-77qa-…`.
pub fn recovery_codes() -> Result<Vec<String>, NoRandomness> {
    let one = || {
        let mut bytes = [0; RECOVERY_BYTES];
        secret::fill(&mut bytes)?;
        let letters: Vec<char> = base32(&bytes).to_lowercase().chars().collect();
        Ok(letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
    };
    std::iter::repeat_with(one).take(RECOVERY_CODES).collect()
}

/// Returns what is kept of a recovery code, however it was typed: hyphens, blanks and capitals do not count.
pub fn recovery_hash(typed: &str) -> String {
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    secret::hash(&format!("recovery {plain}"))
}

/// Returns whether somebody typed a recovery code rather than a code of a program.
pub fn looks_like_recovery(typed: &str) -> bool {
    typed.chars().filter(char::is_ascii_alphanumeric).count() > DIGITS
}

fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(ALPHABET[(held >> bits) as usize & 31]));
        }
    }
    if bits > 0 {
        out.push(char::from(ALPHABET[(held << (5 - bits)) as usize & 31]));
    }
    out
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 5 / 8);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|known| known.eq_ignore_ascii_case(&letter))?;
        held = (held << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(held >> bits).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, SHA-1; six digits are the last of its eight.
    const VECTORS: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    fn kept() -> SecretString {
        SecretString::from(base32(b"12345678901234567890"))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        for (second, digits) in VECTORS {
            assert_eq!(step_of(&kept(), digits, at(second)), Some(second / 30), "{second}");
        }
    }

    #[test]
    fn a_code_of_the_step_before_and_after_counts_and_no_other() {
        let second = 1_234_567_890;
        for (off, counts) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            let found = step_of(&kept(), "005924", at(second + off));
            assert_eq!(found, counts.then_some(second / 30), "{off} s");
        }
        for typed in ["", "005925", "5924", "0059240", "abcdef"] {
            assert_eq!(step_of(&kept(), typed, at(second)), None, "{typed}");
        }
        assert_eq!(step_of(&kept(), " 005 924 ", at(second)), Some(second / 30), "as programs show it");
        assert_eq!(step_of(&SecretString::from("no base 32!"), "005924", at(second)), None);
    }

    #[test]
    fn base_32_is_that_of_the_standard() {
        for (plain, encoded) in
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(base32(plain.as_bytes()), encoded);
            assert_eq!(bytes_of(encoded).as_deref(), Some(plain.as_bytes()));
        }
    }

    #[test]
    fn a_program_reads_shop_and_name_from_the_address_whatever_stands_in_them() {
        let said = address(&kept(), "Tea & Co: 茶", "lin");
        assert!(said.starts_with("otpauth://totp/Nightdesk%20Tea%20%26%20Co%3A%20"), "{said}");
        assert!(said.contains(":lin?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer="), "{said}");
        let picture = picture(&said).expect("short enough");
        assert!(picture.starts_with("<svg ") && !picture.contains("style"), "the pages allow no styles");
    }

    #[test]
    fn recovery_codes_differ_and_are_taken_as_people_type_them() {
        let codes = recovery_codes().expect("random");
        assert_eq!(codes.iter().collect::<std::collections::BTreeSet<_>>().len(), RECOVERY_CODES);
        assert!(codes.iter().all(|code| code.len() == 19 && looks_like_recovery(code)), "{codes:?}");
        let code = &codes[0];
        assert_eq!(recovery_hash(code), recovery_hash(&code.to_uppercase().replace('-', " ")));
        assert_ne!(recovery_hash(code), recovery_hash(&codes[1]));
        assert!(!looks_like_recovery("123 456"));
    }
}
