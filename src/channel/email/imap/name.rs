//! Folder names as they travel: modified UTF-7 (RFC 3501 section 5.1.3), read leniently, because old servers and people's
//! mail programs leave names such as `R&D` as they are.

use base64::{
    Engine as _,
    alphabet::IMAP_MUTF7,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Returns a name as people write it; what is no modified UTF-7 stays as it is.
pub(super) fn decoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, from)) = rest.split_once('&') {
        out.push_str(before);
        let text = from.split_once('-').and_then(|(inside, after)| Some((shifted(inside)?, after)));
        let (text, after) = text.unwrap_or_else(|| ("&".to_owned(), from));
        out.push_str(&text);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Returns a name as it travels.
pub(super) fn encoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut beyond = Vec::new();
    for c in name.chars() {
        if !matches!(c, ' '..='~') {
            beyond.extend(c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
            continue;
        }
        shift(&mut beyond, &mut out);
        out.push(c);
        if c == '&' {
            out.push('-');
        }
    }
    shift(&mut beyond, &mut out);
    out
}

/// Reads what stands between `&` and `-`; none if that is not the encoding of a text.
fn shifted(inside: &str) -> Option<String> {
    if inside.is_empty() {
        return Some("&".to_owned());
    }
    let bytes = BASE64.decode(inside).ok()?;
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    (bytes.len() % 2 == 0 && !units.is_empty()).then(|| String::from_utf16(&units).ok())?
}

fn shift(beyond: &mut Vec<u8>, out: &mut String) {
    if !beyond.is_empty() {
        out.push('&');
        BASE64.encode_string(&*beyond, out);
        out.push('-');
        beyond.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::proptest;

    use super::*;

    #[test]
    fn names_travel_as_the_rfc_and_servers_write_them() {
        for (name, wire) in [
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("已发送", "&XfJT0ZAB-"),
            ("Отправленные", "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"),
            ("Gesendet & gelöscht", "Gesendet &- gel&APY-scht"),
            ("😀", "&2D3eAA-"),
            ("INBOX", "INBOX"),
        ] {
            assert_eq!(encoded(name), wire);
            assert_eq!(decoded(wire), name);
        }
    }

    #[test]
    fn names_that_were_never_encoded_stay_as_they_are() {
        for name in ["R&D-2026", "R&D", "a&b&c-d", "&AA-", "&2D0-", "&=-", "&-&", "Größe &x"] {
            let expected = if name == "&-&" { "&&" } else { name };
            assert_eq!(decoded(name), expected);
        }
    }

    proptest! {
        #[test]
        fn every_name_comes_back(name in ".*") {
            let wire = encoded(&name);
            assert!(wire.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{wire:?}");
            assert_eq!(decoded(&wire), name);
        }

        #[test]
        fn every_name_of_a_server_can_be_read(name in "[&A-Za-z0-9+,=/ -]{0,40}") {
            decoded(&name);
        }
    }
}
