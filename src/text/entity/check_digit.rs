//! Check digits of parcel numbers, each with its source. Letters come in lower case, as folding leaves them.

use crate::text::entity::passage::is_digits;

/// Returns whether a number is one of the Universal Postal Union (S10-12): two letters, eight digits, their check digit
/// (weights 8 6 4 2 3 5 9 7, modulo 11), two letters.
pub(in crate::text) fn is_postal(number: &str) -> bool {
    const WEIGHTS: [u32; 8] = [8, 6, 4, 2, 3, 5, 9, 7];
    let letters = |range: std::ops::Range<usize>| number[range].bytes().all(|byte| byte.is_ascii_lowercase());
    if number.len() != 13 || !number.is_ascii() || !letters(0..2) || !letters(11..13) || !is_digits(&number[2..11]) {
        return false;
    }
    let sum: u32 = digits(&number[2..10]).zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    let check = match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        check => check,
    };
    digits(&number[10..11]).next() == Some(check)
}

/// Returns whether a number is one of UPS: `1Z`, fifteen letters and digits, their check digit. Letters count as their
/// place in the alphabet, plus two, modulo ten; digits on even places count twice.
pub(in crate::text) fn is_ups(number: &str) -> bool {
    let Some(rest) = number.strip_prefix("1z").filter(|rest| rest.len() == 16) else { return false };
    let value = |byte: u8| match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'a'..=b'z' => Some((u32::from(byte - b'a') + 2) % 10),
        _ => None,
    };
    let Some(values) = rest.bytes().map(value).collect::<Option<Vec<u32>>>() else { return false };
    let sum: u32 =
        values[..15].iter().enumerate().map(|(at, value)| if at % 2 == 1 { value * 2 } else { *value }).sum();
    rest.as_bytes()[15].is_ascii_digit() && values[15] == (10 - sum % 10) % 10
}

/// Returns whether digits are one of USPS (Publication 199, IMpb): 20 or 22 digits, the longer ones beginning with 91 to
/// 95, check digit modulo ten with weights three and one from the right.
pub(in crate::text) fn is_usps(number: &str) -> bool {
    let service = matches!(number.get(..2), Some("91" | "92" | "93" | "94" | "95"));
    match number.len() {
        22 => service && is_modulo_ten(number),
        30 | 34 => number.starts_with("420") && is_usps(&number[number.len() - 22..]),
        _ => false,
    }
}

/// Returns whether digits are a parcel of DHL in Germany: twenty digits behind the company's prefix 00340434 (a GS1 SSCC
/// with its leading zeros), check digit as all of GS1.
pub(in crate::text) fn is_dhl_parcel(number: &str) -> bool {
    number.len() == 20 && number.starts_with("0034") && is_modulo_ten(number)
}

/// Returns whether digits are an air waybill of DHL Express: ten digits, the last one the others modulo seven.
pub(in crate::text) fn is_dhl_express(number: &str) -> bool {
    number.len() == 10
        && is_digits(number)
        && number[..9].parse::<u64>().is_ok_and(|rest| Some(rest % 7) == number[9..].parse().ok())
}

/// Returns whether digits are one of FedEx: twelve (Express; weights 3 1 7 from the left, modulo eleven, then ten),
/// fifteen (Ground; weights one and three from the right) or 20 and 22 (Ground 96).
pub(in crate::text) fn is_fedex(number: &str) -> bool {
    if !is_digits(number) {
        return false;
    }
    match number.len() {
        12 => {
            let sum: u32 =
                digits(&number[..11]).zip([3, 1, 7].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
            digits(&number[11..]).next() == Some(sum % 11 % 10)
        }
        15 | 20 => is_modulo_ten(number),
        22 => number.starts_with("96") && is_modulo_ten(&number[7..]),
        _ => false,
    }
}

/// GS1's check digit: weights three and one, from the digit before the check digit to the left.
fn is_modulo_ten(number: &str) -> bool {
    let (rest, check) = number.split_at(number.len() - 1);
    let weights = [3, 1].into_iter().cycle();
    let sum: u32 = rest.bytes().rev().zip(weights).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    digits(check).next() == Some((10 - sum % 10) % 10)
}

fn digits(text: &str) -> impl Iterator<Item = u32> {
    text.bytes().map(|byte| u32::from(byte - b'0'))
}
