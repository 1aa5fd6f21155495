//! An authenticator program, by RFC 6238's own words.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha1::Sha1;

/// Seconds for which a code is shown.
pub(crate) const STEP: i64 = 30;

/// Computes the code of a moment; blanks in the secret do not count.
pub(crate) fn code(secret: &str, at: Timestamp) -> String {
    let bits = |letter: u8| (0..5).rev().map(move |bit| (letter_value(letter) >> bit) & 1);
    let bits: Vec<u8> = secret.bytes().filter(|letter| !letter.is_ascii_whitespace()).flat_map(bits).collect();
    let bytes: Vec<u8> =
        bits.chunks_exact(8).map(|eight| eight.iter().fold(0, |byte, bit| (byte << 1) | bit)).collect();
    let step = at.as_second().div_euclid(STEP);
    let mut mac = Hmac::<Sha1>::new_from_slice(&bytes).expect("any length");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 15);
    let number = u32::from_be_bytes(digest[at..at + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

fn letter_value(letter: u8) -> u8 {
    if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter - b'A' }
}
